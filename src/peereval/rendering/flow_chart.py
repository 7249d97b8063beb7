"""What became of every response, on the screen: from the invitation to the estimate."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

import polars as pl
from msgspec import Struct, field
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from peereval.columns import pre
from peereval.pairing import UNPAIRED, outcome_names
from peereval.pairing.loose_ends import TWO_ROLES, groups_of_both
from peereval.pipeline import Matching
from peereval.plurals import count_of
from peereval.rendering.tables import number_table
from peereval.studies import Comparison, Phase, Study

#: Ledger status -> heading of its column.
_LOST = {
    "test_response": "tests",
    "unfinished": "unfinished",
    "excluded": "excluded",
    "no_id": "no id",
    "duplicate": "duplicates",
}
_COMPARED = {
    "unmatched": "unmatched",
    "phase_differs": "other phase",
    "conflict": "conflict",
    "unscored": "unscored",
    "pooled": "pooled",
    "used": "paired",
}
_HEADINGS = ("invited", "responded", *_LOST.values(), "eligible", "responses",
             *_COMPARED.values(), "matched", "analysed")  # fmt: skip
#: Columns that are there even if nothing is in them.
_ALWAYS = {"responded", "eligible", "responses", "unmatched", "paired", "matched", "analysed"}
_KINDS = {
    "identical": "the same answers",
    "more_complete": "one more complete",
    "contradictory": "contradictory",
}
_CONFLICTS = {
    "organisation": "another organisation",
    "phase": "another questionnaire version",
    "year_group": "an impossible year group",
    "dates": "the follow-up dated first",
}
_MOST_REASONS = 6


class _Line(Struct, frozen=True):
    """One line of a table: its title and its cells by heading; a line without cells is a title."""

    title: str
    cells: Mapping[str, str] = field(default_factory=dict)


def show_flow(matching: Matching, screen: Console) -> None:
    """Who was invited and responded, where the responses went, and what was odd about them."""
    counts = _counts(matching)
    screen.print(_table(screen, "Who responded", _responded(matching, counts)))
    screen.print()
    if matching.study.comparisons:
        screen.print(_table(screen, "Where the responses went", _compared(matching, counts)))
        screen.print()
    for said in _remarks(matching):
        screen.print(said, markup=False)
    for phase in matching.study.phases:
        if _nobody(matching, counts, phase):
            screen.print(
                f"Nobody of {phase.title} was found at two occasions: are the ids written alike?",
                style="bold",
                markup=False,
            )


class _Counts(Struct, frozen=True):
    """Rows of the exports by phase and occasion, and of the ledger by comparison and status too."""

    rows: Mapping[tuple[str, str], int]
    fates: Mapping[tuple[str, str, str, str], int]


def _counts(matching: Matching) -> _Counts:
    rows = matching.tables["scores"].group_by("phase", "occasion").len()
    fates = matching.tables["ledger"].group_by("phase", "occasion", "comparison", "status").len()
    return _Counts(
        {(phase, occasion): n for phase, occasion, n in rows.iter_rows()},
        {(phase, *fate, status): n for phase, *fate, status, n in fates.iter_rows()},
    )


def _table(screen: Console, title: str, lines: Iterable[_Line]) -> Table:
    """The lines under the headings that they have; a column with nothing in it is left out."""
    lines = list(lines)
    headings = [name for name in _HEADINGS if any(name in line.cells for line in lines)]
    shown = [
        name
        for name in headings
        if name in _ALWAYS or any(line.cells.get(name, "0") != "0" for line in lines)
    ]
    table = number_table(screen, title, "", shown)
    for line in lines:
        indent = "  " if line.cells else ""
        table.add_row(f"{indent}{escape(line.title)}", *(line.cells.get(n, "") for n in shown))
    return table


# --- responses ----------------------------------------------------------------------------


def _responded(matching: Matching, counts: _Counts) -> Iterator[_Line]:
    study = matching.study
    invited = {(each.phase, each.occasion): each.n for each in study.invited}
    together = [occasion for occasion in study.occasions if ("", occasion) in invited]
    if together:
        yield _Line("All")
    for occasion in together:
        yield _Line(study.occasion_titles[occasion], {"invited": _n(invited["", occasion])})
    for phase in study.phases:
        yield _Line(phase.title)
        for occasion in study.occasions:
            asked = invited.get((phase.id, occasion))
            # Nothing is worth a line where something was to be expected.
            if asked or (phase.id, occasion) in counts.rows or _is_compared(study, phase, occasion):
                first = {} if asked is None else {"invited": _n(asked)}
                cells = first | _response_cells(counts, phase.id, occasion)
                yield _Line(study.occasion_titles[occasion], cells)
    nowhere = [key for key in counts.rows if not all(key)]
    if nowhere:
        yield _Line("Occasion or phase not known")
    for phase_id, occasion in nowhere:
        words = [p.title for p in study.phases if p.id == phase_id]
        words += [study.occasion_titles[occasion]] if occasion else []
        yield _Line(", ".join(words) or "neither", _response_cells(counts, phase_id, occasion))


def _is_compared(study: Study, phase: Phase, occasion: str) -> bool:
    return any(
        phase.id in comparison.phases and occasion in chain(*comparison.pairs)
        for comparison in study.comparisons
    )


def _response_cells(counts: _Counts, phase: str, occasion: str) -> dict[str, str]:
    lost = {status: counts.fates.get((phase, occasion, "", status), 0) for status in UNPAIRED}
    responded = counts.rows.get((phase, occasion), 0)
    return (
        {"responded": _n(responded)}
        | {heading: _n(lost[status]) for status, heading in _LOST.items()}
        | {"eligible": _n(responded - sum(lost.values()))}
    )


def _nobody(matching: Matching, counts: _Counts, phase: Phase) -> bool:
    """Whether a phase that is compared has responses, and no pair."""
    compared = any(phase.id in comparison.phases for comparison in matching.study.comparisons)
    responded = any(its_phase == phase.id for its_phase, _ in counts.rows)
    paired = (matching.tables["pairs"]["phase"] == phase.id).any()
    return compared and responded and not paired


# --- comparisons --------------------------------------------------------------------------


def _compared(matching: Matching, counts: _Counts) -> Iterator[_Line]:
    for phase in matching.study.phases:
        mine = [each for each in matching.study.comparisons if phase.id in each.phases]
        if mine:
            yield _Line(phase.title)
        for comparison in mine:
            cells = _comparison_cells(matching, counts, phase, comparison)
            yield _Line(comparison.title, cells)


def _comparison_cells(
    matching: Matching, counts: _Counts, phase: Phase, comparison: Comparison
) -> dict[str, str]:
    by = dict.fromkeys(_COMPARED, 0)
    for (its_phase, _, its_comparison, status), n in counts.fates.items():
        if (its_phase, its_comparison) == (phase.id, comparison.id):
            by[status] += n
    here = (pl.col("phase") == phase.id) & (pl.col("comparison") == comparison.id)
    outcomes = [o for o in outcome_names(matching.study) if phase.id in matching.study.phases_of(o)]
    row = (
        matching.tables["pairs"]
        .select(
            pl.col("counted").filter(here).sum(),
            *(pl.col(pre(name)).filter(here).count() for name in outcomes),
        )
        .row(0)
    )
    return (
        {"responses": _n(sum(by.values()))}
        | {heading: _n(by[status]) for status, heading in _COMPARED.items()}
        | {"matched": _n(row[0])}
        | ({"analysed": _range(row[1:])} if outcomes else {})
    )


def _range(numbers: Iterable[int]) -> str:
    """The fewest and the most, of the outcomes of a phase."""
    low, high = min(numbers, default=0), max(numbers, default=0)
    return _n(low) if low == high else f"{_n(low)} to {_n(high)}"


def _n(number: int) -> str:
    return f"{number:,}"


# --- remarks ------------------------------------------------------------------------------


def _remarks(matching: Matching) -> Iterator[str]:
    """One sentence for each kind of oddity that there is."""
    study, tables = matching.study, matching.tables
    lost = tables["ledger"].group_by("status").len()
    n = dict(lost.iter_rows())
    if n.get("duplicate"):
        yield _about_duplicates(tables["duplicates"], n["duplicate"], study)
    if n.get("no_id"):
        yield f"{count_of(n['no_id'], 'row has|rows have')} no respondent id and cannot be matched"
    if n.get("excluded"):
        yield f"{count_of(n['excluded'], 'row was|rows were')} set aside by the study: " + _listed(
            tables["ledger"].filter(pl.col("status") == "excluded"), "reason"
        )
    if tables["conflicts"].height:
        yield _about_conflicts(tables["conflicts"])
    if both := list(_both_roles(matching)):
        among = groups_of_both(study)
        yield f"Both mentor and mentee, counted among {among}: {', '.join(both)}"
    if made := list(_id_steps(tables["id_steps"])):
        yield f"Ids were made alike: {', '.join(made)}"
    if undecided := tables["near_misses"].filter(decision="").height:
        yield (
            f"{count_of(undecided, 'pair of unmatched ids is|pairs of unmatched ids are')} nearly "
            "alike: see restricted/near_misses.csv, for a person to decide"
        )
    yield from about_answers(tables)


def _about_duplicates(duplicates: pl.DataFrame, n_lost: int, study: Study) -> str:
    by = dict(duplicates.group_by("kind").len().iter_rows())
    kinds = ", ".join(f"{_n(by[kind])} {words}" for kind, words in _KINDS.items() if kind in by)
    second = count_of(n_lost, "row was a second answer|rows were second answers")
    kept = "none" if study.duplicates == "drop" else study.duplicates.replace("_", " ")
    return (
        f"{second} of a respondent at one occasion (kept: {kept}); "
        f"of {count_of(duplicates.height, 'respondent')}: {kinds}"
    )


def _about_conflicts(conflicts: pl.DataFrame) -> str:
    by = {(kind, done): n for kind, done, n in conflicts.group_by("kind", "done").len().iter_rows()}
    parts = [
        f"{_n(by[kind, done])} {words} ({done})"
        for kind, words in _CONFLICTS.items()
        for done in ("kept", "dropped")
        if (kind, done) in by
    ]
    return f"Pairs whose two responses contradict each other: {', '.join(parts)}"


def _both_roles(matching: Matching) -> Iterator[str]:
    """By comparison, how many of the matched respondents are mentor and mentee at once."""
    if not matching.study.groups:
        return
    matched = matching.tables["pairs"].filter("counted")
    for comparison in matching.study.comparisons:
        here = matched.filter(comparison=comparison.id)
        if both := here.filter(role=TWO_ROLES).height:
            yield f"{_n(both)} of {_n(here.height)} matched ({comparison.title})"


def _id_steps(steps: pl.DataFrame) -> Iterator[str]:
    """What each step changed, and how many more respondents it found at two occasions."""
    matched = steps["n_matched"].to_list()
    for before, row in zip(matched, steps[1:].iter_rows(named=True), strict=False):
        if row["n_changed"]:
            more = row["n_matched"] - before
            yield f"{row['step']} changed {_n(row['n_changed'])} ({more:+,} matched)"


def about_answers(tables: Mapping[str, pl.DataFrame]) -> Iterator[str]:
    """Sentences about the cells of the exports: changed, missing, not understood."""
    if tables["changes"].height:
        cells = count_of(tables["changes"].height, "cell was|cells were")
        yield f"{cells} changed before use: {_listed(tables['changes'], 'reason')}"
    if tables["missing"].height:
        by = (
            tables["missing"]
            .group_by("reason")
            .agg(pl.col("n").sum())
            .sort("n", "reason", descending=True)
        )
        said = ", ".join(f"{reason} {_n(n)}" for reason, n in by.iter_rows())
        yield f"Answers missing for a reason: {said}"
    n_strange = int(tables["faults"]["n"].sum())
    if n_strange:
        yield f"{count_of(n_strange, 'answer was|answers were')} not understood: counted as missing"


def _listed(rows: pl.DataFrame, column: str) -> str:
    """What a column holds, most frequent first, with how often."""
    by = rows.group_by(pl.col(column).cast(pl.String)).len().sort("len", column, descending=True)
    shown = [f"{text} ({_n(n)})" for text, n in by.head(_MOST_REASONS).iter_rows()]
    more = f" and {by.height - _MOST_REASONS} more" if by.height > _MOST_REASONS else ""
    return ", ".join(shown) + more
