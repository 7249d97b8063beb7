"""The terminal screen after a run: what was lost and why, then what changed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl
from rich.console import Console
from rich.markup import escape

from peereval.catalogue import is_note
from peereval.errors import split_accepted
from peereval.judging import HEADLINES, declared, verdict_of
from peereval.pipeline import Matching, Run, Scoring
from peereval.plurals import count_of
from peereval.rendering.claims import show_claims
from peereval.rendering.costs import show_costs
from peereval.rendering.findings import show_findings, show_recognised
from peereval.rendering.flow_chart import about_answers, show_flow
from peereval.rendering.numbers import NOTHING, fixed, interval, p_text
from peereval.rendering.programme import show_programme
from peereval.rendering.tables import number_table
from peereval.rendering.tabulations import show_tabulations
from peereval.significance import alpha_of
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
            # A phase may have bands and questions alone: those are in the results, not on screen.
            if phase.id in comparison.phases and phase.outcomes:
                screen.print()
                _show_changes(run, phase, comparison, screen)
                if run.study.contrast:
                    screen.print()
                    _show_differences(run, phase, comparison, screen)
    show_costs(run.tables["results"], run.study, screen)
    show_programme(run.tables["results"], run.study, screen)
    _show_agreement(run.tables["results"], screen)
    show_sensitivity(run.tables["results"], run.study, screen)
    show_claims(run.tables["claims"], run.study, screen)
    if run.study.outcomes:
        screen.print(_footnote(run.study))
        _show_evidence(run.tables["results"], screen)
    show_tabulations(run.tables["results"], run.study, screen)


def show_protection(run: Run, screen: Console) -> None:
    """What may be published of a run, and that its screen may not."""
    if not run.study.protection.on:
        screen.print("DISCLOSURE CONTROL IS OFF. NOT FOR PUBLICATION.", style="bold")
        return
    kept, results = run.tables["suppressions"].height, run.tables["results"].height
    screen.print(
        f"{kept:,} of {results:,} results are kept back in what was written "
        "(restricted/suppressions.csv). This screen is for the evaluator: it keeps back less, and "
        "is not for publication.",
        markup=False,
    )
    there, fewest = (
        run.tables["results"]["n_organisations"].max(),
        run.study.protection.organisations,
    )
    if isinstance(there, int) and 0 < there < fewest:
        few = count_of(there, "organisation")
        screen.print(
            f"Most are kept back because all respondents are of {few}, and a report shows nothing "
            f"of fewer than {fewest}. See organisations/; for a report that stays within: "
            "organisations = 1 under [disclosure] in the study.",
            markup=False,
        )


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
    numbers = ("n", "before", "after", "change", *_test_heads(run.study))
    title = f"{phase.title}: {comparison.title}"
    table = number_table(screen, title, "Outcome", numbers, ["reading"], "could see")
    rows = rows_by_id(run.tables["results"].filter(phase=phase.id, comparison=comparison.id))
    for outcome in phase.outcomes:
        where = f"{phase.id}.{comparison.id}.all.{outcome}"
        ends = (rows[f"paired.descriptive.{where}.mean_{end}"] for end in ("pre", "post"))
        means = [fixed(end["estimate"], 1) for end in ends]
        table.add_row(*_cells(rows, run.study, "paired", where, means))
    screen.print(table)


def _test_heads(study: Study) -> tuple[str, ...]:
    adjusted = ("adjusted", "could see") if study.statistics.depth == "full" else ()
    return (f"{study.ci_level:.0%} interval", "p", *adjusted)


def _cells(
    rows: Mapping[str, Mapping[str, Any]],
    study: Study,
    analysis: str,
    where: str,
    means: Sequence[str] = (),
) -> list[str]:
    """Cells of one outcome: its headline, what it could have seen, and what that comes to."""
    score = study.scores[where.rsplit(".", 1)[1]]
    row, mark = _headline(rows, study, analysis, where)
    shown = [*means, *_estimate(row, mark)]
    reading = _reading(row, rows, study)
    if study.statistics.depth == "full":
        seen = rows.get(f"clustering.normal_theory.{where}.minimum_detectable_effect", {})
        sought = seen.get("estimate") if reading.startswith("undecided") else None
        shown += [p_text(row["p_adjusted"]), "" if sought is None else f"{sought:.2f} SD"]
    if row["n"] < FEWEST_SHOWN:
        shown, reading = [NOTHING] * len(shown), ""
    return [escape(score.title), f"{row['n']:,}", *shown, reading]


def _reading(row: Mapping[str, Any], rows: Mapping[str, Mapping[str, Any]], study: Study) -> str:
    """What a headline comes to, in one or two words; at the depth of headlines what is better."""
    if study.statistics.depth != "full":
        return f"{row['better']} is better" if row["better"] else ""
    way = "changed"
    if row["better"] and row["estimate"] is not None:
        way = "better" if (row["estimate"] > 0) == (row["better"] == "higher") else "worse"
    if row["p_adjusted"] is not None and row["p_adjusted"] >= alpha_of(study.ci_level):
        way += " unadjusted"
    code = verdict_of(row, rows, study.ci_level)
    return {
        "change": way,
        "small_change": f"{way}, small",
        "small": "small at most",
        "undecided": "undecided",
    }.get(code, "")


def rows_by_id(results: pl.DataFrame) -> dict[str, dict[str, Any]]:
    """Rows of `results` by their id: a missing one fails loudly where it is asked for."""
    return {row["estimate_id"]: row for row in results.iter_rows(named=True)}


def _headline(
    rows: Mapping[str, Mapping[str, Any]], study: Study, analysis: str, where: str
) -> tuple[Mapping[str, Any], str]:
    """The declared row, or the plain one with its mark where the declared has no number."""
    ways = (declared(study, analysis), HEADLINES[analysis])
    return _first(rows, *(f"{analysis}.{method}.{where}.{estimand}" for method, estimand in ways))


def _first(
    rows: Mapping[str, Mapping[str, Any]], wanted: str, plain: str
) -> tuple[Mapping[str, Any], str]:
    """The row wanted; the plain one with its mark where only that has a number."""
    if rows[wanted]["status"] == "ok" or rows[plain]["status"] != "ok":
        return rows[wanted], ""
    return rows[plain], "†"


def _estimate(row: Mapping[str, Any], mark: str) -> list[str]:
    limits = interval(row["ci_low"], row["ci_high"], 2) or NOTHING
    return [fixed(row["estimate"], 2) + mark, limits, p_text(row["p_value"])]


def _show_differences(run: Run, phase: Phase, comparison: Comparison, screen: Console) -> None:
    """Difference in change of the two groups of the contrast, outcome by outcome."""
    titles = {group.id: group.title for group in run.study.groups}
    one, two = run.study.contrast or ("", "")
    title = f"Change of {titles[one].lower()} less change of {titles[two].lower()}"
    if declared(run.study, "did")[1] != HEADLINES["did"][1]:
        both = f"{titles[one]} less {titles[two].lower()}"
        title = f"{both} after, adjusted for before († change less change)"
    numbers = ("n", "difference", *_test_heads(run.study))
    table = number_table(screen, title, "Outcome", numbers, ["reading"])
    rows = rows_by_id(run.tables["results"].filter(phase=phase.id, comparison=comparison.id))
    for outcome in phase.outcomes:
        where = f"{phase.id}.{comparison.id}.{one}_v_{two}.{outcome}"
        table.add_row(*_cells(rows, run.study, "did", where))
    screen.print(table)


def _show_evidence(results: pl.DataFrame, screen: Console) -> None:
    """How strong the design is, of change and of the contrast."""
    levels = rows_by_id(results.filter(analysis="evidence_level"))
    for name, what in (("paired", "Change"), ("did", "Contrast")):
        row = levels.get(f"evidence_level.maryland.{name}.maryland_level")
        if row:
            screen.print(
                f"{what}: level {row['estimate']:.0f} of 5 on the Maryland scale, {row['note']}.",
                markup=False,
            )


def _show_agreement(results: pl.DataFrame, screen: Console) -> None:
    """How many tests there are, how far other estimators agree, and where to see them."""
    tests = results.filter(analysis="families", status="ok")["estimate"].to_list()
    if tests:
        families = count_of(len(tests), "family|families")
        screen.print(f"\n{count_of(int(sum(tests)), 'test')}, judged together in {families}.")
    shares = results.filter(analysis="agreement", status="ok")["estimate"].to_list()
    if shares:
        whole = sum(share == 1 for share in shares)
        screen.print(
            f"Other estimators: all agree with {whole} of "
            f"{count_of(len(shares), 'headline')}. "
            "Side by side: peereval methods OUT OUTCOME"
        )


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
    groups = {"all": ("paired", "paired_cr2", "paired_t", "mean_change")}
    if study.contrast:
        groups["_v_".join(study.contrast)] = ("did", "did_cr2", "did_ols", "did")
    for group, (kind, *ways, estimand) in groups.items():
        for outcome in phase.outcomes if phase.id in comparison.phases else ():
            where = f"{phase.id}.{comparison.id}.{group}.{outcome}.{estimand}"
            now, mark = _first(rows, *(f"{kind}.{way}.{where}" for way in ways))
            then, other = _first(rows, *(f"near_misses.{way}.{where}" for way in ways))
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


def _methods(study: Study) -> str:
    """The headline estimators, and whether they know about organisations."""
    analyses = ("paired", "did") if study.contrast else ("paired",)
    methods = [declared(study, analysis)[0] for analysis in analyses]
    plain = [name for name in methods if name in (method for method, _ in HEADLINES.values())]
    known = [name for name in methods if name not in plain]
    said = []
    if known:
        said.append(
            f"{' and '.join(known)}, clustered by organisation († taken as independent, where "
            "clustering was not possible)"
        )
    if plain:
        said.append(f"{' and '.join(plain)}, respondents taken as independent")
    return "; ".join(said)


def _footnote(study: Study) -> str:
    lines = [
        f"\nMatched respondents. Interval and p: {_methods(study)}. Fewer than {FEWEST_SHOWN} are "
        "not shown."
    ]
    if not study.organisation:
        lines[0] += " The study names no organisation column."
    if study.statistics.depth == "full":
        lines.append(
            "Adjusted: p among the tests judged together; unadjusted: it does not hold there. "
            "Small: smaller than the smallest effect of interest "
            f"({study.statistics.smallest_effect:g} SD before, unless the study says otherwise). "
            "Undecided is no sign that nothing changed: an effect of the size it could see (80% "
            "power) may be there."
        )
    return "\n".join(lines)
