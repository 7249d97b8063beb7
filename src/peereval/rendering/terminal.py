"""The terminal screen after a run: what was lost and why, then what changed."""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl
from rich.console import Console
from rich.markup import escape

from peereval.catalogue import is_note
from peereval.errors import split_accepted
from peereval.pipeline import Matching, Run, Scoring
from peereval.rendering.findings import show_findings, show_recognised
from peereval.rendering.flow_chart import about_answers, show_flow
from peereval.rendering.numbers import NOTHING, fixed, interval, p_text
from peereval.rendering.tables import number_table
from peereval.studies import Comparison, Phase, Study

_WIDTH = 110
#: Below this many respondents a screen shows no mean: it could be somebody's own answer.
FEWEST_SHOWN = 10


def console(stderr: bool = False) -> Console:
    """A console no narrower than the tables need when it is not a terminal."""
    made = Console(stderr=stderr, highlight=False)
    return made if made.is_terminal else Console(stderr=stderr, highlight=False, width=_WIDTH)


def show_run(run: Run, screen: Console) -> None:
    """The whole screen of a run."""
    screen.print()
    screen.print(run.study.title, style="bold", markup=False)
    show_losses(run, screen)
    for phase in run.study.phases:
        for comparison in run.study.comparisons:
            if phase.id in comparison.phases:
                screen.print()
                _show_changes(run, phase, comparison, screen)
                if run.study.contrast:
                    screen.print()
                    _show_differences(run, phase, comparison, screen)
    show_sensitivity(run.tables["results"], run.study, screen)
    screen.print(_footnote(run.study))


# --- what was found -----------------------------------------------------------------------


def show_losses(matching: Matching, screen: Console) -> None:
    """Where the rows of the exports went, by phase and comparison, and what was found."""
    show_recognised(matching.recognised, screen)
    screen.print()
    show_flow(matching, screen)
    _show_findings(matching, screen)


def show_scored(scored: Scoring, screen: Console) -> None:
    """What the exports were taken for, and what was found in their cells."""
    show_recognised(scored.recognised, screen)
    screen.print()
    for said in about_answers(scored.tables):
        screen.print(said, markup=False)
    _show_findings(scored, screen)


def _show_findings(scored: Scoring, screen: Console) -> None:
    """Findings; notes are for `check`, for the flow of respondents has said as much."""
    still_open, accepted = split_accepted(scored.findings, scored.study.accepted)
    doubtful = [finding for finding in still_open if not is_note(finding.code)]
    if doubtful or accepted:
        show_findings((), doubtful, accepted, screen)


# --- what changed -------------------------------------------------------------------------


def _show_changes(run: Run, phase: Phase, comparison: Comparison, screen: Console) -> None:
    numbers = ("n", "before", "after", "change", f"{run.study.ci_level:.0%} interval", "p")
    title = f"{phase.title}: {comparison.title}"
    table = number_table(screen, title, "Outcome", numbers, ["better"])
    rows = rows_by_id(run.tables["results"].filter(phase=phase.id, comparison=comparison.id))
    for outcome in phase.outcomes:
        table.add_row(*_change_cells(rows, run.study, f"{phase.id}.{comparison.id}.all.{outcome}"))
    screen.print(table)


def rows_by_id(results: pl.DataFrame) -> dict[str, dict[str, Any]]:
    """Rows of `results` by their id: a missing one fails loudly where it is asked for."""
    return {row["estimate_id"]: row for row in results.iter_rows(named=True)}


def _change_cells(rows: Mapping[str, Mapping[str, Any]], study: Study, where: str) -> list[str]:
    score = study.scores[where.rsplit(".", 1)[1]]
    before = rows[f"paired.descriptive.{where}.mean_pre"]
    after = rows[f"paired.descriptive.{where}.mean_post"]
    change, mark = _headline(rows, f"paired.paired_cr2.{where}", f"paired.paired_t.{where}")
    shown = [fixed(before["estimate"], 1), fixed(after["estimate"], 1), *_estimate(change, mark)]
    if before["n"] < FEWEST_SHOWN:
        shown = [NOTHING] * len(shown)
    return [escape(score.title), f"{before['n']:,}", *shown, score.better]


def _headline(
    rows: Mapping[str, Mapping[str, Any]], clustered: str, plain: str
) -> tuple[Mapping[str, Any], str]:
    """The clustered row, or the plain one with its mark where clustering was not possible."""
    estimand = "did" if ".did_cr2." in clustered else "mean_change"
    row = rows[f"{clustered}.{estimand}"]
    if row["status"] == "ok":
        return row, ""
    row = rows[f"{plain}.{estimand}"]
    return row, "†" if row["status"] == "ok" else ""


def _estimate(row: Mapping[str, Any], mark: str) -> list[str]:
    limits = interval(row["ci_low"], row["ci_high"], 2) or NOTHING
    return [fixed(row["estimate"], 2) + mark, limits, p_text(row["p_value"])]


def _show_differences(run: Run, phase: Phase, comparison: Comparison, screen: Console) -> None:
    """Difference in change of the two groups of the contrast, outcome by outcome."""
    titles = {group.id: group.title for group in run.study.groups}
    one, two = run.study.contrast or ("", "")
    title = f"Change of {titles[one].lower()} less change of {titles[two].lower()}"
    numbers = ("n", "difference", f"{run.study.ci_level:.0%} interval", "p")
    table = number_table(screen, title, "Outcome", numbers, ["better"])
    rows = rows_by_id(run.tables["results"].filter(phase=phase.id, comparison=comparison.id))
    for outcome in phase.outcomes:
        score = run.study.scores[outcome]
        where = f"{phase.id}.{comparison.id}.{one}_v_{two}.{outcome}"
        row, mark = _headline(rows, f"did.did_cr2.{where}", f"did.did_ols.{where}")
        shown = _estimate(row, mark) if row["n"] >= FEWEST_SHOWN else [NOTHING] * 3
        table.add_row(escape(score.title), f"{row['n']:,}", *shown, score.better)
    screen.print(table)


# --- what near misses would change --------------------------------------------------------


def show_sensitivity(results: pl.DataFrame, study: Study, screen: Console) -> None:
    """Headline estimates beside those with every near miss of an id accepted.

    Of everyone, and of the contrast; those that would stay the same are left out. Nothing where
    `results` has no rows of near misses.
    """
    rows = rows_by_id(results.filter(pl.col("analysis").is_in(["paired", "did", "near_misses"])))
    if "near_misses" not in {row["analysis"] for row in rows.values()}:
        return
    numbers = ("n", "as matched", "n", "all accepted", f"{study.ci_level:.0%} interval", "p")
    screen.print("\nIf every near miss of an id were one respondent", style="bold")
    moved = False
    for phase in study.phases:
        for comparison in study.comparisons:
            if lines := list(_moved(rows, study, phase, comparison)):
                title = f"{phase.title}: {comparison.title}"
                table = number_table(screen, title, "Outcome", numbers)
                for line in lines:
                    table.add_row(*line)
                screen.print(table)
                moved = True
    screen.print("What is not listed would stay the same." if moved else "Nothing would move.")


def _moved(
    rows: Mapping[str, Mapping[str, Any]], study: Study, phase: Phase, comparison: Comparison
) -> Iterator[list[str]]:
    """Cells of the estimates that near misses would move."""
    kinds = {"all": ("paired", "paired_cr2", "paired_t")}
    if study.contrast:
        kinds["_v_".join(study.contrast)] = ("did", "did_cr2", "did_ols")
    for group, (kind, *ways) in kinds.items():
        for outcome in phase.outcomes if phase.id in comparison.phases else ():
            where = f"{phase.id}.{comparison.id}.{group}.{outcome}"
            now, mark = _headline(rows, *(f"{kind}.{way}.{where}" for way in ways))
            then, other = _headline(rows, *(f"near_misses.{way}.{where}" for way in ways))
            if (now["n"], now["estimate"]) != (then["n"], then["estimate"]):
                title = study.scores[outcome].title + ("" if group == "all" else ", difference")
                yield [escape(title), *_moved_cells(now, mark, then, other)]


def _moved_cells(
    now: Mapping[str, Any], mark: str, then: Mapping[str, Any], other: str
) -> list[str]:
    shown = [_estimate(now, mark)[0], *_estimate(then, other)]
    if now["n"] < FEWEST_SHOWN:
        shown = [NOTHING] * len(shown)
    return [f"{now['n']:,}", shown[0], f"{then['n']:,}", *shown[1:]]


def _footnote(study: Study) -> str:
    text = "Matched respondents. Interval and p: CR2, clustered by organisation"
    return (
        f"\n{text} († taken as independent, where clustering was not possible). Fewer than "
        f"{FEWEST_SHOWN} are not shown."
        + ("" if study.organisation else " The study names no organisation column.")
    )
