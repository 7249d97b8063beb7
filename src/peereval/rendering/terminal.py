"""The terminal screen after a run: what was lost and why, then what changed."""

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from peereval.errors import Fault
from peereval.pipeline import Matching, Run
from peereval.rendering.numbers import NOTHING, fixed, interval, p_text
from peereval.studies import Comparison, Phase, Study

_WIDTH = 110
#: Below this many respondents a screen shows no mean: it could be somebody's own answer.
FEWEST_SHOWN = 10
_MOST_FINDINGS = 8


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
    screen.print(_footnote(run.study))


# --- what was lost ------------------------------------------------------------------------


def show_losses(matching: Matching, screen: Console) -> None:
    """Where the rows of the exports went, by phase and comparison, and what was found."""
    ledger = matching.tables["ledger"]
    screen.print(_flow_table(matching, ledger))
    duplicates = ledger.filter(status="duplicate").height
    no_id = ledger.filter(status="no_id").height
    if duplicates:
        screen.print(
            f"{duplicates:,} row(s) were second answers of a respondent at one occasion "
            f"(kept: {matching.study.duplicates.replace('_', ' ')})"
        )
    if no_id:
        screen.print(f"{no_id:,} row(s) have no respondent id and cannot be matched")
    for phase in matching.study.phases:
        if not _anyone(matching, phase):
            screen.print(
                f"Nobody of {phase.title} was found at two occasions: are the ids written alike?",
                style="bold",
                markup=False,
            )
    if changed := matching.tables["changes"].height:
        screen.print(f"{changed:,} id(s) had spaces around them, which do not count")
    _show_findings(matching.findings, screen)


def _flow_table(matching: Matching, ledger: pl.DataFrame) -> Table:
    table = Table(title="Where the responses went", title_justify="left", box=None, pad_edge=False)
    table.add_column("", no_wrap=True, min_width=36)
    for name in ("rows", "unmatched", "unscored", "pooled", "paired", "respondents"):
        table.add_column(name, justify="right", no_wrap=True)
    for phase in matching.study.phases:
        table.add_row(escape(phase.title))
        for comparison in matching.study.comparisons:
            if phase.id in comparison.phases:
                table.add_row(*_flow_cells(matching, ledger, phase, comparison))
    return table


def _flow_cells(
    matching: Matching, ledger: pl.DataFrame, phase: Phase, comparison: Comparison
) -> Iterable[str]:
    mine = ledger.filter(phase=phase.id, comparison=comparison.id)
    by = dict(mine.group_by(pl.col("status").cast(pl.String)).len().iter_rows())
    pairs = matching.tables["pairs"].filter(
        pl.col("n_outcomes") > 0, phase=phase.id, comparison=comparison.id
    )
    unmatched = by.get("unmatched", 0) + by.get("phase_differs", 0)
    counts = (mine.height, unmatched, by.get("unscored", 0), by.get("pooled", 0),
              by.get("used", 0), pairs["respondent"].n_unique())  # fmt: skip
    return (escape(f"  {comparison.title}"), *(f"{n:,}" for n in counts))


def _anyone(matching: Matching, phase: Phase) -> bool:
    here = matching.tables["scores"].filter(phase=phase.id).height
    return not here or matching.tables["pairs"].filter(phase=phase.id).height > 0


def _show_findings(findings: tuple[Fault, ...], screen: Console) -> None:
    if not findings:
        return
    total = sum(fault.count for fault in findings)
    screen.print(f"\n{total:,} answer(s) were not understood and count as missing:")
    for fault in sorted(findings, key=lambda f: -f.count)[:_MOST_FINDINGS]:
        screen.print(f"  {fault}", soft_wrap=True, markup=False)
    if len(findings) > _MOST_FINDINGS:
        screen.print(f"  and {len(findings) - _MOST_FINDINGS} more, all in run.json")


# --- what changed -------------------------------------------------------------------------


def _show_changes(run: Run, phase: Phase, comparison: Comparison, screen: Console) -> None:
    table = Table(
        title=escape(f"{phase.title}: {comparison.title}"),
        title_justify="left",
        pad_edge=False,
        box=None,
    )
    table.add_column("Outcome", no_wrap=True, min_width=36)
    for name in ("n", "before", "after", "change"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column(f"{run.study.ci_level:.0%} interval", justify="right", no_wrap=True)
    table.add_column("p", justify="right", no_wrap=True)
    table.add_column("better", no_wrap=True)
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
    estimand = "did" if clustered.startswith("did") else "mean_change"
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
    table = Table(title=escape(title), title_justify="left", pad_edge=False, box=None)
    table.add_column("Outcome", no_wrap=True, min_width=36)
    for name in ("n", "difference", f"{run.study.ci_level:.0%} interval", "p"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("better", no_wrap=True)
    rows = rows_by_id(run.tables["results"].filter(phase=phase.id, comparison=comparison.id))
    for outcome in phase.outcomes:
        score = run.study.scores[outcome]
        where = f"{phase.id}.{comparison.id}.{one}_v_{two}.{outcome}"
        row, mark = _headline(rows, f"did.did_cr2.{where}", f"did.did_ols.{where}")
        shown = _estimate(row, mark) if row["n"] >= FEWEST_SHOWN else [NOTHING] * 3
        table.add_row(escape(score.title), f"{row['n']:,}", *shown, score.better)
    screen.print(table)


def _footnote(study: Study) -> str:
    text = "Matched respondents. Interval and p: CR2, clustered by organisation"
    return (
        f"\n{text} († taken as independent, where clustering was not possible). Fewer than "
        f"{FEWEST_SHOWN} are not shown."
        + ("" if study.organisation else " The study names no organisation column.")
    )
