"""The stages in order: exports -> answers -> scores -> pairs -> moments -> results."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from time import perf_counter
from typing import TYPE_CHECKING

import narwhals.stable.v2 as nw
import polars as pl

from peereval.columns import post, pre
from peereval.engines import Engine, Frame, open_engine
from peereval.errors import Fault
from peereval.moments import Moments, summarise
from peereval.pairing import pair_scores, refuse_duplicates, write_ledger
from peereval.reading import read_sources
from peereval.scoring import in_units, score_answers
from peereval.studies import Study, refuse_unsourced

if TYPE_CHECKING:
    import pandas as pd

_TOGETHER = 100_000

#: Called after each stage with its name and what it counted.
Progress = Callable[[str, str], None]


def _silent(_stage: str, _said: str) -> None:
    pass


@dataclass(frozen=True, repr=False)
class Matching:
    """Scores, pairs and ledger of a study, with what was found on the way.

    ``tables`` holds polars tables by name. The properties give the same tables as
    pandas, for notebooks; scores are in the units of their scales.
    """

    study: Study
    engine: str
    tables: Mapping[str, pl.DataFrame]
    findings: tuple[Fault, ...]
    seconds: Mapping[str, float] = field(default_factory=dict)

    def __repr__(self) -> str:
        # Shown in notebooks, which are saved and shared: counts only, never a row.
        rows = ", ".join(f"{name}: {table.height:,}" for name, table in self.tables.items())
        return f"<{type(self).__name__} of {self.study.title!r}; rows of {rows}>"

    @cached_property
    def scores(self) -> "pd.DataFrame":
        """One row per export row, one column per outcome and characteristic."""
        return self.tables["scores"].to_pandas()

    @cached_property
    def pairs(self) -> "pd.DataFrame":
        """One row per matched respondent and comparison: ``pre_`` and ``post_`` of each outcome."""
        return self.tables["pairs"].to_pandas()

    @cached_property
    def ledger(self) -> "pd.DataFrame":
        """One row per export row and comparison: where it went, and why."""
        return self.tables["ledger"].to_pandas()

    @cached_property
    def faults(self) -> "pd.DataFrame":
        """One row per column and value that was not understood."""
        return self.tables["faults"].to_pandas()

    @cached_property
    def changes(self) -> "pd.DataFrame":
        """One row per cell of an export that was changed before it was used."""
        return self.tables["changes"].to_pandas()


@dataclass(frozen=True, repr=False)
class Run(Matching):
    """A whole analysis: everything of `Matching`, and the results."""

    moments: Moments | None = None

    @cached_property
    def results(self) -> "pd.DataFrame":
        """One row per estimate."""
        return self.tables["results"].to_pandas()


class _Clock:
    """Says what each stage did, and how long it took."""

    def __init__(self, progress: Progress) -> None:
        self.progress, self.seconds, self.last = progress, dict[str, float](), perf_counter()

    def done(self, stage: str, said: str) -> None:
        now = perf_counter()
        self.seconds[stage], self.last = round(now - self.last, 3), now
        self.progress(stage, said)


def score_study(study: Study, engine: str = "polars", progress: Progress = _silent) -> pl.DataFrame:
    """`scores` of a study, in the units of its scales: one row per export row."""
    clock = _Clock(progress)
    machine = open_engine(engine)
    scored = _scored(study, machine, clock)
    return _for_people(_by_row(machine.fetch(scored.scores)), scored, study)


def match_study(study: Study, engine: str = "polars", progress: Progress = _silent) -> Matching:
    """Scores, pairs and ledger of a study; nothing is estimated."""
    clock = _Clock(progress)
    matching, _ = _matched(study, open_engine(engine), clock)
    return matching


def analyse(study: Study, engine: str = "polars", progress: Progress = _silent) -> Run:
    """The whole evaluation of a study.

    ``engine`` carries scoring, pairing and moments: ``polars``, ``pandas`` or
    ``duckdb``, with the same results. Raises ``PeerevalError`` subclasses for anything
    wrong with the study or its exports.
    """
    from peereval.estimating import estimate_all

    clock = _Clock(progress)
    machine = open_engine(engine)
    matching, pairs = _matched(study, machine, clock)
    moments = summarise(pairs, study, machine)
    clock.done("summed", f"{moments.cells.height:,} cells, {moments.histograms.height:,} counts")
    results = estimate_all(moments, _responses(matching.tables["scores"]), study)
    blank = results.filter(pl.col("status") != "ok").height
    clock.done("estimated", f"{results.height:,} estimates, {blank:,} of them not estimable")
    return Run(
        study,
        engine,
        {**matching.tables, "results": results},
        matching.findings,
        clock.seconds,
        moments,
    )


def _responses(scores: pl.DataFrame) -> pl.DataFrame:
    """Input rows by phase, occasion and organisation."""
    # By small numbers: a group-by of texts holds them all again, side by side.
    keys = ("phase", "occasion", "organisation")
    words = [scores[name].cast(pl.Categorical) for name in keys]
    return pl.DataFrame(words).group_by(keys).len("n")


@dataclass(frozen=True, slots=True)
class _Scored:
    """Scores of all exports, and what reading them found (see `Answers`)."""

    scores: Frame
    characteristics: pl.DataFrame
    faults: pl.DataFrame
    changes: pl.DataFrame
    findings: tuple[Fault, ...]


def _scored(study: Study, machine: Engine, clock: _Clock) -> _Scored:
    """Exports are read one after the other and scored some at a time.

    Small ones together, for a plan costs the same for ten rows as for ten thousand; large ones
    alone, so that no two are held as answers.
    """
    parts, waiting, rows = list[Frame](), list[pl.DataFrame](), 0
    described = list[pl.DataFrame]()
    faults, changes, findings = list[pl.DataFrame](), list[pl.DataFrame](), list[Fault]()
    for answers in read_sources(study):
        waiting.append(answers.frame)
        described.append(answers.characteristics)
        faults.append(answers.faults)
        changes.append(answers.changes)
        findings += answers.findings
        rows += answers.frame.height
        if sum(frame.height for frame in waiting) >= _TOGETHER:
            parts.append(_score_some(waiting, study, machine))
            waiting = []
    if waiting:
        parts.append(_score_some(waiting, study, machine))
    clock.done(
        "scored",
        f"{rows:,} rows of {len(study.sources)} exports: {len(study.outcomes)} scores from "
        f"{len(study.item_columns)} questions",
    )
    scores = machine.keep(nw.concat(parts))
    return _Scored(
        scores,
        pl.concat(described),
        pl.concat(faults),
        pl.concat(changes),
        tuple(findings),
    )


def _score_some(frames: list[pl.DataFrame], study: Study, machine: Engine) -> Frame:
    return machine.keep(score_answers(machine.send(pl.concat(frames)), study))


def _matched(study: Study, machine: Engine, clock: _Clock) -> tuple[Matching, Frame]:
    refuse_unsourced(study)
    scored = _scored(study, machine, clock)
    scores = scored.scores
    refuse_duplicates(scores, study, machine)
    lazy_pairs, lazy_fates = pair_scores(scores, study, machine)
    fates = machine.fetch(lazy_fates)
    pairs = machine.fetch(lazy_pairs).sort("pre_row", "post_row", "comparison")
    del lazy_pairs, lazy_fates  # they hold the steps before, and those are large
    fetched = _by_row(machine.fetch(scores))
    ledger = write_ledger(fates, fetched, study)
    clock.done("matched", f"{int(pairs['counted'].sum()):,} respondents with a pair")
    tables = {
        "scores": _for_people(fetched, scored, study),
        "pairs": in_units(pairs, study.scores, (pre(""), post(""))),
        "ledger": ledger,
        "faults": scored.faults,
        "changes": scored.changes,
    }
    matching = Matching(study, machine.name, tables, scored.findings, clock.seconds)
    return matching, machine.send(pairs)


def _for_people(scores: pl.DataFrame, scored: _Scored, study: Study) -> pl.DataFrame:
    """Scores in the units of their scales, with the characteristics; both in reading order."""
    return in_units(scores, study.scores).hstack(scored.characteristics.get_columns())


def _by_row(frame: pl.DataFrame) -> pl.DataFrame:
    """In the order of the exports on every engine; not copied if it already is."""
    return frame if frame["row"].is_sorted() else frame.sort("row")
