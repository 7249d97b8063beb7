"""A programme's net cost on a screen, and what was gained for it."""

from collections.abc import Mapping
from typing import Any

import polars as pl
from rich.console import Console
from rich.markup import escape

from peereval.costing import TOTAL
from peereval.rendering.cost_readings import (
    FEWEST_SHOWN,
    acceptability,
    few_counted,
    net_reading,
)
from peereval.rendering.numbers import NOTHING, fixed, interval
from peereval.rendering.tables import number_table
from peereval.studies import Comparison, Phase, Programme, Study

Row = Mapping[str, Any]
#: So many thresholds have their probability on a screen; all of them are in the results.
_SHOWN = 4


def show_programme(results: pl.DataFrame, study: Study, screen: Console) -> None:
    """Net cost by phase and comparison, then for each what a unit of each outcome cost.

    Nothing without a programme, or at the depth of headlines.
    """
    programme = study.programme
    if programme is None or study.statistics.depth != "full":
        return
    found = results.filter(pl.col("analysis").is_in(["programme_cost", "cost_effectiveness"]))
    rows = {row["estimate_id"]: row for row in found.iter_rows(named=True)}
    shown = [
        (phase, comparison)
        for phase in study.phases if programme.costs_of(phase.id)
        for comparison in study.comparisons if phase.id in comparison.phases
    ]  # fmt: skip
    if shown:
        _show_net_costs(rows, study, shown, screen)
    for phase, comparison in shown:
        _show_gains(rows, study, phase, comparison, screen)


def _show_net_costs(
    rows: Mapping[str, Row], study: Study, shown: list[tuple[Phase, Comparison]], screen: Console
) -> None:
    level = f"{study.ci_level:.0%} interval"
    numbers = ("n", "programme", "contacts fell by", "net cost", level, "P(below 0)")
    title = f"Net cost of the programme per participant, {study.currency}"
    table = number_table(screen, title, "Phase", numbers, ["reading"])
    for phase, comparison in shown:
        table.add_row(
            escape(f"{phase.title}: {comparison.title}"),
            *_net_cells(rows, study, phase, comparison),
        )
    screen.print()
    screen.print(table)
    said = (
        f"Programme cost less the fall in the cost of contacts: positive costs more. Perspective: "
        f"{study.perspective}. Intervals: respondents, prices and quantities drawn together."
    )
    screen.print(said, style="dim", markup=False)


def _net_cells(
    rows: Mapping[str, Row], study: Study, phase: Phase, comparison: Comparison
) -> list[str]:
    group = study.cost_group
    each = "programme_cost_per_participant"
    cost = rows[f"programme_cost.declared.{phase.id}.{group}.{each}"]["estimate"]
    place = f"{phase.id}.{comparison.id}.{group}.{TOTAL}"
    net = rows.get(f"cost_effectiveness.descriptive.{place}.net_cost_per_participant")
    if net is None or net["n"] < FEWEST_SHOWN or net["estimate"] is None:
        n = NOTHING if net is None else f"{net['n']:,}"
        return [n, fixed(cost, 2), *[NOTHING] * 4, ""]
    drawn = rows[f"cost_effectiveness.programme_psa.{place}.net_cost_per_participant"]
    below = rows[f"cost_effectiveness.programme_psa.{place}.probability_net_cost_negative"]
    share = below["estimate"]
    return [
        f"{net['n']:,}",
        fixed(cost, 2),
        fixed(cost - net["estimate"], 2),
        fixed(net["estimate"], 2),
        interval(drawn["ci_low"], drawn["ci_high"], 2) or NOTHING,
        NOTHING if share is None else f"{100 * share:.0f}%",
        net_reading(drawn),
    ]


def _show_gains(
    rows: Mapping[str, Row], study: Study, phase: Phase, comparison: Comparison, screen: Console
) -> None:
    level, programme = f"{study.ci_level:.0%} interval", study.programme
    title = f"What was gained for it: {phase.title}: {comparison.title}"
    numbers = ("n", "gain", level, f"{study.currency} a unit", level)
    table, lines, shown = number_table(screen, title, "Outcome", numbers), list[str](), list[str]()
    for outcome in programme.outcomes if programme else ():
        place = f"{phase.id}.{comparison.id}.{study.cost_group}.{outcome}"
        gain = rows.get(f"cost_effectiveness.programme_bootstrap.{place}.gain")
        if gain is not None and programme:
            name = study.scores[outcome].title
            table.add_row(escape(name), *_gain_cells(rows, place, gain))
            shown += [] if few_counted(rows, place) else [place]
            lines += [f"{name}: {said}" for said in _beside(rows, study, programme, place)]
    if table.row_count:
        screen.print()
        screen.print(table)
    if any(_ratio_of(rows, place)["estimate"] is not None for place in shown):
        lines.append(
            f"{study.currency} a unit: mean net cost of the draws / their mean gain, a little "
            "different from the net cost above divided by the gain."
        )
    for line in lines:
        screen.print(line, style="dim", markup=False)


def _ratio_of(rows: Mapping[str, Row], place: str) -> Row:
    return rows[f"cost_effectiveness.programme_psa.{place}.cost_per_unit_gained"]


def _gain_cells(rows: Mapping[str, Row], place: str, gain: Row) -> list[str]:
    ratio = _ratio_of(rows, place)
    if few_counted(rows, place):
        return [f"{gain['n']:,}", *[NOTHING] * 4]
    return [
        f"{gain['n']:,}",
        fixed(gain["estimate"], 2),
        interval(gain["ci_low"], gain["ci_high"], 2) or NOTHING,
        fixed(ratio["estimate"], 2),
        interval(ratio["ci_low"], ratio["ci_high"], 2) or NOTHING,
    ]


def _beside(rows: Mapping[str, Row], study: Study, programme: Programme, place: str) -> list[str]:
    """Why a unit has no cost, and how likely the programme is to be worth it."""
    before = f"cost_effectiveness.programme_psa.{place}"
    ratio = _ratio_of(rows, place)
    if few_counted(rows, place):
        return []
    lines = [] if ratio["status"] == "ok" else [f"{ratio['note']}."]
    shares = acceptability(rows, before, programme)
    few = dict(list(shares.items())[:: -(-len(shares) // _SHOWN)]) if shares else {}
    if few:
        said = ", ".join(f"{100 * share:.0f}% at {worth}" for worth, share in few.items())
        lines.append(
            f"worth its cost with a probability of {said} {study.currency} a unit (no threshold "
            "is official)."
        )
    return lines
