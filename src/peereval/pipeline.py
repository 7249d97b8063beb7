"""The stages in order: exports -> answers -> scores -> pairs -> moments -> results."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import narwhals.stable.v2 as nw
import polars as pl
from msgspec import Struct

from peereval.clock import Clock
from peereval.coding_sheets import CodingSheet, join_codes, read_coding_sheets
from peereval.columns import post, pre
from peereval.decisions import (
    apply_decisions,
    find_stale,
    given_ids,
    read_decisions,
    refuse_spoilt,
    refuse_two_at_once,
)
from peereval.diagnostics import diagnose_answers
from peereval.engines import Engine, Frame, open_engine
from peereval.errors import Fault
from peereval.identifiers import find_in_ids, id_steps
from peereval.item_moments import ItemMoments
from peereval.moments import Moments, sum_cells, summarise
from peereval.pairing import (
    UNPAIRED,
    AnswerSheets,
    find_conflicts,
    find_duplicates,
    find_loose_ends,
    pair_scores,
    refuse_duplicates,
    write_ledger,
)
from peereval.quotations import Quotations, choose_quotations
from peereval.reading import Answers, read_sources
from peereval.reading.export import Recognised
from peereval.scoring import in_units, score_answers
from peereval.studies import Study, answers_declared_missing, prices_in_doubt, refuse_unsourced
from peereval.tabulating import TableAnswers, find_in_tables

if TYPE_CHECKING:
    import pandas as pd

    from peereval.estimating import Material
    from peereval.near_misses import NearMisses

_TOGETHER = 100_000

#: Called after each stage with its name and what it counted.
Progress = Callable[[str, str], None]


#: Called with the answers of an export as they are read, and what is doubtful about them.
Watch = Callable[[Answers, list[Fault]], None]


def _silent(_stage: str, _said: str) -> None:
    pass


@dataclass(frozen=True, repr=False)
class Scoring:
    """Scores of a study, with what was found on the way.

    ``tables`` holds polars tables by name. The properties give the same tables as
    pandas, for notebooks; scores are in the units of their scales. ``recognised`` says what
    each export was taken for.
    """

    study: Study
    engine: str
    tables: Mapping[str, pl.DataFrame]
    findings: tuple[Fault, ...]
    seconds: dict[str, float] = field(default_factory=dict)
    recognised: tuple[tuple[str, Recognised], ...] = ()

    def __repr__(self) -> str:
        # Shown in notebooks, which are saved and shared: counts only, never a row.
        rows = ", ".join(f"{name}: {table.height:,}" for name, table in self.tables.items())
        return f"<{type(self).__name__} of {self.study.title!r}; rows of {rows}>"

    @cached_property
    def scores(self) -> "pd.DataFrame":
        """One row per export row, one column per outcome and characteristic."""
        return self.tables["scores"].to_pandas()

    @cached_property
    def faults(self) -> "pd.DataFrame":
        """One row per column and value that was not understood."""
        return self.tables["faults"].to_pandas()

    @cached_property
    def changes(self) -> "pd.DataFrame":
        """One row per cell of an export that was changed before it was used."""
        return self.tables["changes"].to_pandas()


@dataclass(frozen=True, repr=False)
class Matching(Scoring):
    """Everything of `Scoring`, and who was matched with whom."""

    @cached_property
    def pairs(self) -> "pd.DataFrame":
        """One row per matched respondent and comparison: ``pre_`` and ``post_`` of each outcome."""
        return self.tables["pairs"].to_pandas()

    @cached_property
    def ledger(self) -> "pd.DataFrame":
        """One row per export row and comparison: where it went, and why."""
        return self.tables["ledger"].to_pandas()

    @cached_property
    def near_misses(self) -> "pd.DataFrame":
        """One row per pair of unmatched ids so alike that one may be a typing error."""
        return self.tables["near_misses"].to_pandas()


@dataclass(frozen=True, repr=False)
class Run(Matching):
    """A whole analysis: everything of `Matching`, and the results."""

    moments: Moments | None = None

    @cached_property
    def results(self) -> "pd.DataFrame":
        """One row per estimate, all of them: for the evaluator, not for publication."""
        return self.tables["results"].to_pandas()

    @cached_property
    def released(self) -> "pd.DataFrame":
        """Results that may be published: as `results`, with what is kept back blank."""
        return self.tables["released"].to_pandas()

    @cached_property
    def claims(self) -> "pd.DataFrame":
        """One row per published claim and outcome that the study names: what survives."""
        return self.tables["claims"].to_pandas()


class _Clock(Clock):
    """Says what each stage did, too."""

    progress: Progress = _silent

    def tell(self, stage: str, said: str) -> None:
        """Count a stage as done, and say what it did."""
        self.done(stage)
        self.progress(stage, said)


def score_study(study: Study, engine: str = "polars", progress: Progress = _silent) -> Scoring:
    """Scores of a study, one row per export row; nothing is matched."""
    clock = _Clock(progress=progress)
    machine = open_engine(engine)
    scored = _scored(study, machine, clock)
    found = scored.found
    scores = _for_people(_by_row(machine.fetch(scored.scores)), found, study)
    tables = {"scores": scores, **found.tables()}
    findings = tuple(found.findings)
    return Scoring(study, engine, tables, findings, clock.seconds, tuple(found.recognised))


def match_study(study: Study, engine: str = "polars", progress: Progress = _silent) -> Matching:
    """Scores, pairs and ledger of a study; nothing is estimated."""
    refuse_unsourced(study)
    return look_through(study, engine, progress)


def look_through(
    study: Study, engine: str = "polars", progress: Progress = _silent, watch: Watch | None = None
) -> Matching:
    """As `match_study`, also of a study that has no export yet of an occasion it compares.

    ``watch`` is called with the answers of each export and what is doubtful about them.
    """
    return _matched(study, open_engine(engine), _Clock(progress=progress), watch).matching


def analyse(study: Study, engine: str = "polars", progress: Progress = _silent) -> Run:
    """The whole evaluation of a study.

    ``engine`` carries scoring, pairing and moments: ``polars``, ``pandas`` or
    ``duckdb``, with the same results. Raises ``PeerevalError`` subclasses for anything
    wrong with the study or its exports.
    """
    from peereval.estimating.organisations import organisation_table

    refuse_unsourced(study)
    study, sheets = read_coding_sheets(study)
    clock = _Clock(progress=progress)
    machine = open_engine(engine)
    items, table_answers = ItemMoments(study), TableAnswers(study)
    full = study.statistics.depth == "full"

    def take(answers: Answers, _: list[Fault]) -> None:
        if full:  # no headline is made from items
            items.add(answers.frame)
        table_answers.add(answers.frame)

    matched = _matched(study, machine, clock, take)
    material = _material(matched, items, study, machine)
    cells, histograms = material.moments.cells, material.moments.histograms
    clock.tell("summed", f"{cells.height:,} cells, {histograms.height:,} counts")
    estimated = _estimated(matched, material, table_answers, sheets, machine)
    organisations = organisation_table(material)
    results = estimated.results
    blank = results.filter(pl.col("status") != "ok").height
    clock.tell("estimated", f"{results.height:,} estimates, {blank:,} of them not estimable")
    tables, findings = _protected(estimated, organisations, material)
    kept = tables["suppressions"].height
    clock.tell("protected", f"{kept:,} of {results.height:,} results kept back")
    return Run(
        study,
        engine,
        {**matched.matching.tables, **tables, **estimated.quotations.tables},
        findings,
        clock.seconds,
        matched.matching.recognised,
        material.moments,
    )


def _material(matched: "_Matched", items: ItemMoments, study: Study, machine: Engine) -> "Material":
    """What estimates are made from: sums of the pairs, and the tables beside them."""
    from peereval.estimating import GroupSums, Material

    matching = matched.matching
    known, responses = _characteristics(matching, study), _responses(matching)
    moments = summarise(machine.send(matched.pairs), study, machine, known)
    return Material(
        study,
        moments,
        GroupSums(moments.cells, study),
        responses,
        matched.scores,
        matched.pairs,
        matching.tables["ledger"],
        known,
        items,
    )


class _Estimated(Struct, frozen=True):
    """Every result, the quotations that were chosen, and what was found so far."""

    results: pl.DataFrame
    quotations: Quotations
    findings: tuple[Fault, ...]


def _estimated(
    matched: "_Matched",
    material: "Material",
    table_answers: TableAnswers,
    sheets: tuple[CodingSheet, ...],
    machine: Engine,
) -> _Estimated:
    """Estimates of scores, questions, costs and tables; then what they come to together."""
    from peereval.estimating import estimate_all
    from peereval.judging import find_in_results

    study, matching = material.study, matched.matching
    results, quotations = estimate_all(material), Quotations()
    findings = matching.findings
    if study.tables:
        tabulated = _tabulated(material, table_answers, sheets)
        results.extend(tabulated.results)
        quotations, findings = tabulated.quotations, (*findings, *tabulated.findings)
    if (matching.tables["near_misses"]["decision"] == "").any():
        results.extend(_if_accepted(matched, study, machine))
    if study.statistics.depth == "full":
        results = _judged(results, study)
        findings = (*findings, *find_in_results(results, study))
    return _Estimated(results, quotations, findings)


def _tabulated(
    material: "Material", table_answers: TableAnswers, sheets: tuple[CodingSheet, ...]
) -> _Estimated:
    """Survey tables, how far coders agree, and quotations."""
    from peereval.estimating import result_table
    from peereval.estimating.coders import coder_rows
    from peereval.estimating.tabulations import tabulation_rows

    study, scores = material.study, material.scores
    sheet = table_answers.sheet(scores, material.ledger, material.characteristics, study)
    sheet, codings, found = join_codes(sheet, scores, sheets, study)
    rows = [*tabulation_rows(study, sheet, material.pairs), *coder_rows(codings, study)]
    quotations = choose_quotations(codings, sheet, scores, study)
    findings = (*find_in_tables(sheet, study), *found, *quotations.findings)
    return _Estimated(result_table(rows), quotations, findings)


def _protected(
    estimated: _Estimated, organisations: pl.DataFrame, material: "Material"
) -> tuple[dict[str, pl.DataFrame], tuple[Fault, ...]]:
    """Tables of a run with what may be published of them, and every finding."""
    from peereval.disclosure import find_in_release, followed_up, release, release_organisations
    from peereval.estimating import plane_table
    from peereval.judging import judge_claims

    study, results, pairs = material.study, estimated.results, material.pairs
    released = release(results, study, material.moments, pairs, followed_up(results, material))
    tables = {
        "results": results,
        "claims": released.claims(judge_claims(results, study)),
        "released": released.results,
        "suppressions": released.log,
        "organisations": release_organisations(organisations, study.protection, pairs),
        "cost_effectiveness": released.planes(plane_table(material)),
    }
    return tables, (*estimated.findings, *find_in_release(released, study))


def _if_accepted(matched: "_Matched", study: Study, machine: Engine) -> pl.DataFrame:
    """Headline estimates of the pairs that there would be if every near miss were accepted."""
    from peereval.near_misses import accepting
    from peereval.sensitivity import near_miss_estimates

    accepted = accepting(matched.matching.tables["near_misses"], study, matched.scores)
    scores = apply_decisions(matched.scores, accepted, study).frame
    pairs = pair_scores(machine.send(scores), study, machine).pairs
    # Headlines alone: the other estimators are not asked what near misses would do to them.
    return near_miss_estimates(sum_cells(pairs, study, machine), study)


def _judged(results: pl.DataFrame, study: Study) -> pl.DataFrame:
    """Results with adjusted p values, whether methods agree, and how strong the design is."""
    from peereval.estimating import result_table
    from peereval.judging import adjust, agreement_rows, evidence_rows

    adjusted, families = adjust(results, study)
    more = [*families, *agreement_rows(results, study), *evidence_rows(results)]
    return adjusted.extend(result_table(more))


def _characteristics(matching: Matching, study: Study) -> pl.DataFrame:
    """What is known of the respondent of each export row besides answers."""
    return matching.tables["scores"].select("row", *study.characteristics)


def _responses(matching: Matching) -> pl.DataFrame:
    """Input rows by phase, occasion, organisation and role, and whether they are eligible."""
    scores, ledger = matching.tables["scores"], matching.tables["ledger"]
    # By small numbers: a group-by of texts holds them all again, side by side.
    keys = ("phase", "occasion", "organisation", "role")
    words = [scores[name].cast(pl.Categorical) for name in keys]
    lost = ledger.filter(pl.col("status").is_in(UNPAIRED))["row"]
    eligible = ~scores["row"].is_in(lost.implode()).alias("eligible")
    return pl.DataFrame([*words, eligible]).group_by(*keys, "eligible").len("n")


# --- scoring ------------------------------------------------------------------------------


class _Found:
    """What reading finds besides the answers, collected one export after the other."""

    def __init__(self, study: Study, watch: Watch | None) -> None:
        self.study, self.sheets, self.watch = study, AnswerSheets(study), watch
        self.decisions = read_decisions(study.decisions, study) if study.decisions else None
        self.parts = dict[str, list[pl.DataFrame]]()
        self.findings = [*answers_declared_missing(study), *prices_in_doubt(study)]
        self.recognised = list[tuple[str, Recognised]]()

    def take(self, answers: Answers) -> pl.DataFrame:
        """The answers of one export, ids as decided; everything else about it is kept."""
        findings = [*answers.findings, *diagnose_answers(answers, self.study)]
        if self.watch:
            self.watch(answers, findings)
        self.findings += findings
        self.recognised += answers.recognised
        frame = answers.frame
        parts = {name: getattr(answers, name) for name in _READ}
        if self.decisions is not None and self.study.decisions:
            refuse_spoilt(frame, self.decisions, self.study.decisions)
            applied = apply_decisions(frame, self.decisions, self.study)
            frame = applied.frame
            parts["changes"] = pl.concat([parts["changes"], applied.changes])
            parts["decided"] = applied.found
            parts["given"] = given_ids(answers.frame, self.decisions, self.study)
        written = pl.col("respondent_as_written").fill_null("")
        changed = frame.filter(written != pl.col("respondent").fill_null(""))
        parts["renamed"] = changed.select(
            "row", pl.col("respondent_as_written").alias("as_written")
        )
        for name, part in parts.items():
            self.parts.setdefault(name, []).append(part)
        self.sheets.add(frame)
        return frame

    def table(self, name: str) -> pl.DataFrame:
        """What was kept under a name, of all exports."""
        return pl.concat(self.parts[name])

    def tables(self) -> dict[str, pl.DataFrame]:
        """The tables that go on as they are."""
        return {name: self.table(name) for name in ("faults", "changes", "missing")}


_READ = ("characteristics", "faults", "changes", "missing")


class _Scored(Struct, frozen=True):
    """Scores of all exports, and what was found on the way."""

    scores: Frame
    found: _Found


def _scored(study: Study, machine: Engine, clock: _Clock, watch: Watch | None = None) -> _Scored:
    """Exports are read one after the other and scored some at a time.

    Small ones together, for a plan costs the same for ten rows as for ten thousand; large ones
    alone, so that no two are held as answers.
    """
    parts, waiting, rows = list[Frame](), list[pl.DataFrame](), 0
    found = _Found(study, watch)
    for answers in read_sources(study):
        waiting.append(found.take(answers))
        rows += waiting[-1].height
        if sum(frame.height for frame in waiting) >= _TOGETHER:
            parts.append(_score_some(waiting, study, machine))
            waiting = []
    if waiting:
        parts.append(_score_some(waiting, study, machine))
    if found.decisions is not None and study.decisions:
        refuse_two_at_once(found.decisions, found.table("given"), study, study.decisions)
    clock.tell(
        "scored",
        f"{rows:,} rows of {len(study.sources)} exports: {len(study.outcomes)} scores from "
        f"{len(study.item_columns)} questions",
    )
    scores = machine.keep(nw.concat(parts))
    return _Scored(scores, found)


def _score_some(frames: list[pl.DataFrame], study: Study, machine: Engine) -> Frame:
    return machine.keep(score_answers(machine.send(pl.concat(frames)), study))


# --- matching -----------------------------------------------------------------------------


class _Matched(Struct, frozen=True):
    """A matching as people see it; and its scores and pairs as whole numbers."""

    matching: Matching
    scores: pl.DataFrame
    pairs: pl.DataFrame


def _matched(study: Study, machine: Engine, clock: _Clock, watch: Watch | None = None) -> _Matched:
    scored = _scored(study, machine, clock, watch)
    scores, found = scored.scores, scored.found
    refuse_duplicates(scores, study, machine)
    paired = pair_scores(scores, study, machine)
    fates, contradictions = machine.fetch(paired.fates), machine.fetch(paired.contradictions)
    pairs = machine.fetch(paired.pairs).sort("pre_row", "post_row", "comparison")
    del paired  # it holds the steps before, and those are large
    # In one piece: of columns in pieces that differ, every selection copies the whole table.
    fetched = _by_row(machine.fetch(scores)).rechunk()
    del scored, scores
    conflicts = find_conflicts(contradictions, fetched, study)
    ledger = write_ledger(fates, fetched, study)
    duplicates = find_duplicates(fetched, ledger, found.sheets, study)
    del found.sheets  # every answer of the study, packed
    loose_ends = find_loose_ends(pairs, contradictions, ledger, study)
    clock.tell("matched", f"{int(pairs['counted'].sum()):,} respondents with a pair")
    ids = _look_at_ids(fetched, ledger, found, study)
    clock.tell("compared", f"{ids.near_misses.table.height:,} near misses among unmatched ids")
    tables = {
        "scores": _for_people(fetched, found, study),
        "pairs": in_units(pairs, study.scores, (pre(""), post(""))),
        "ledger": ledger,
        **found.tables(),
        "id_steps": ids.steps,
        "duplicates": duplicates.table,
        "conflicts": conflicts.table,
        "near_misses": ids.near_misses.table,
    }
    findings = (
        *found.findings,
        *ids.findings,
        *duplicates.findings,
        *conflicts.findings,
        *loose_ends,
    )
    recognised = tuple(found.recognised)
    matching = Matching(study, machine.name, tables, findings, clock.seconds, recognised)
    return _Matched(matching, fetched, pairs)


class _Ids(Struct, frozen=True):
    """What was found about the ids of a study."""

    steps: pl.DataFrame
    near_misses: "NearMisses"
    findings: tuple[Fault, ...]


def _look_at_ids(scores: pl.DataFrame, ledger: pl.DataFrame, found: _Found, study: Study) -> _Ids:
    """What each step of normalising did, and which unmatched ids are nearly alike."""
    from peereval.near_misses import find_near_misses

    steps = id_steps(scores, found.table("renamed"), study)
    near = find_near_misses(scores, ledger, found.table("characteristics"), study, found.decisions)
    findings = [*find_in_ids(scores, steps, study), *near.findings]
    if found.decisions is not None and study.decisions:
        findings += find_stale(found.parts["decided"], study.decisions)
    return _Ids(steps, near, tuple(findings))


def _for_people(scores: pl.DataFrame, found: _Found, study: Study) -> pl.DataFrame:
    """Scores in the units of their scales, with the characteristics; both in reading order."""
    return in_units(scores, study.scores).hstack(found.table("characteristics").get_columns())


def _by_row(frame: pl.DataFrame) -> pl.DataFrame:
    """In the order of the exports on every engine; not copied if it already is."""
    return frame if frame["row"].is_sorted() else frame.sort("row")
