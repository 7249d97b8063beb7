"""Change of cost on a screen: each contact with its interval, and what it does not say."""

from collections.abc import Mapping
from typing import Any

import polars as pl
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.text import Text

from peereval.costing import TERM_NOTES, TOTAL, costed_questions
from peereval.estimating.cost_scenarios import WINSORISED
from peereval.rendering.cost_readings import FEWEST_SHOWN, reading
from peereval.rendering.numbers import NOTHING, fixed, interval
from peereval.rendering.tables import number_table
from peereval.studies import Comparison, Phase, Study

Row = Mapping[str, Any]


def show_costs(results: pl.DataFrame, study: Study, screen: Console) -> None:
    """A table for each phase and comparison with costs; nothing where there are none."""
    shown = [
        (phase, comparison)
        for phase in study.phases
        for comparison in study.comparisons
        if phase.id in comparison.phases and costed_questions(study, phase.id)
    ]
    costs = results.filter(pl.col("analysis").str.starts_with("cost"))
    rows = {row["estimate_id"]: row for row in costs.iter_rows(named=True)}
    for phase, comparison in shown if study.statistics.depth == "full" else ():
        screen.print()
        _show(rows, study, phase, comparison, screen)
    if shown and study.statistics.depth == "full":
        screen.print(perspective(study), style="dim", markup=False)
        waiting = [each for each in study.cost_uncertainty.scenarios if each.waiting]
        if waiting:
            names = "; ".join(each.title for each in waiting)
            said = f"Scenarios not run, for a value is not given (COST010): {names}"
            screen.print(said, style="dim", markup=False)


def perspective(study: Study) -> str:
    """Whose costs these are, in which prices, and what is left out."""
    costs = [question.unit_cost for question in study.questions if question.unit_cost]
    years = ", ".join(dict.fromkeys(cost.price_year for cost in costs))
    return (
        f"Costs of contacts alone, to whoever provides them, in prices of {years}: what the "
        "programme cost is not in them, and nothing is discounted. "
        f"Before and after of one group: {TERM_NOTES[study.cost_uncertainty.term]}. "
        "Intervals: bootstrap of organisations, then respondents."
    )


def _show(
    rows: Mapping[str, Row], study: Study, phase: Phase, comparison: Comparison, screen: Console
) -> None:
    level = f"{study.ci_level:.0%} interval"
    numbers = ("n", "before", "after", "before - after", level, "P(fell)")
    title = f"Cost change per respondent, {study.currency}: {phase.title}: {comparison.title}"
    table = number_table(screen, title, "Contact", numbers, ["reading"])
    titles = {q.id: q.title for q in costed_questions(study, phase.id)} | {TOTAL: "All contacts"}
    for outcome, name in titles.items():
        place = f"{phase.id}.{comparison.id}.{study.cost_group}.{outcome}"
        table.add_row(escape(name), *_cells(rows, place))
    screen.print(table)
    place = f"{phase.id}.{comparison.id}.{study.cost_group}.{TOTAL}"
    for line in (*_beside(rows, place), *_otherwise(rows, place, study)):
        screen.print(Padding(Text(line, style="dim"), (0, 0, 0, 4)))


def _cells(rows: Mapping[str, Row], place: str) -> list[str]:
    before, after, saving = (
        rows[f"cost.descriptive.{place}.{name}"]
        for name in ("cost_pre", "cost_post", "saving_per_respondent")
    )
    drawn = rows[f"cost.cost_bootstrap.{place}.saving_per_respondent"]
    fell = rows[f"cost.cost_bootstrap.{place}.probability_cost_fell"]["estimate"]
    if saving["n"] < FEWEST_SHOWN:
        return [f"{saving['n']:,}", *[NOTHING] * 5, ""]
    return [
        f"{saving['n']:,}",
        *(fixed(row["estimate"], 2) for row in (before, after, saving)),
        interval(drawn["ci_low"], drawn["ci_high"], 2) or NOTHING,
        NOTHING if fell is None else f"{100 * fell:.0f}%",
        reading(drawn),
    ]


def _beside(rows: Mapping[str, Row], place: str) -> list[str]:
    """What to know about the total: prices and weights, how few it hangs on."""
    lines: list[str] = []
    if f"cost_sensitivity.cost_psa.{place}.saving_per_respondent" not in rows:
        return lines
    joint = rows[f"cost_sensitivity.cost_psa.{place}.saving_per_respondent"]
    share = rows[f"cost_sensitivity.cost_psa.{place}.share_of_variance_parameters"]["estimate"]
    if joint["n"] >= FEWEST_SHOWN and joint["ci_low"] is not None and share is not None:
        limits = interval(joint["ci_low"], joint["ci_high"], 2)
        lines.append(
            f"With prices and weights uncertain too: {fixed(joint['estimate'], 2)} {limits}; "
            f"{100 * share:.0f}% of the variance is theirs."
        )
    turn = rows[f"cost_concentration.concentration.{place}.n_to_turn_sign"]
    if turn["estimate"] is not None and turn["n"] >= FEWEST_SHOWN:
        lines.append(
            f"Without the {turn['estimate']:.0f} respondents that count most for it the total "
            "would have the other sign."
        )
    return lines


def _otherwise(rows: Mapping[str, Row], place: str, study: Study) -> list[str]:
    """A line for the total of each scenario that was run, and with its highest costs pulled in."""
    said = []
    levels = {f"scenario:{each.id}": each.title for each in study.cost_uncertainty.scenarios}
    levels |= {f"winsorised:{p}": f"costs above the {p}th percentile set to it" for p in WINSORISED}
    for level, title in levels.items():
        row = rows.get(f"cost_sensitivity.paired_cr2.{place}.{level}.saving_per_respondent")
        if row and row["n"] >= FEWEST_SHOWN and row["estimate"] is not None:
            limits = interval(row["ci_low"], row["ci_high"], 2)
            said.append(f"  {title}: {fixed(row['estimate'], 2)} {limits}")
    return ["The total counted otherwise:", *said] if said else []
