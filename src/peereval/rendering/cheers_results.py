"""Numbers of an economic evaluation in sentences: parameters, main results, how sure they are."""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from peereval.costing import TOTAL, costed_questions
from peereval.costs import UnitCost
from peereval.pipeline import Run
from peereval.rendering.cost_readings import (
    FEWEST_SHOWN,
    acceptability,
    few_counted,
    net_reading,
    reading,
)
from peereval.rendering.numbers import fixed, interval
from peereval.studies import Comparison, Phase, Study

__all__ = [
    "FEWEST_SHOWN", "counted_pairs", "main_results", "parameters", "uncertainty_effects",
]  # fmt: skip

Row = Mapping[str, Any]
_NOTHING = "No cost could be estimated."


def _rows(run: Run) -> dict[str, Row]:
    """Results about costs as they may be published: a base that is kept back counts nobody."""
    wanted = pl.col("analysis").str.starts_with("cost") | (pl.col("analysis") == "programme_cost")
    found = run.tables["released"].filter(wanted).with_columns(pl.col("n").fill_null(0))
    return {row["estimate_id"]: row for row in found.iter_rows(named=True)}


def _places(study: Study) -> Iterator[tuple[Phase, Comparison, str]]:
    """Phases and comparisons with costs, and how rows about their total are called."""
    for phase in study.phases:
        for comparison in study.comparisons:
            if phase.id in comparison.phases and costed_questions(study, phase.id):
                yield phase, comparison, f"{phase.id}.{comparison.id}.{study.cost_group}.{TOTAL}"


def counted_pairs(run: Run) -> str:
    """How many respondents costs stand on, by phase and comparison."""
    rows, parts = _rows(run), []
    for phase, comparison, place in _places(run.study):
        row = rows.get(f"cost.descriptive.{place}.saving_per_respondent")
        if row and row["n"] >= FEWEST_SHOWN:
            parts.append(f"{phase.title}, {comparison.title}: {row['n']:,} matched respondents")
    return f"Costs stand on {'; '.join(parts)}." if parts else ""


# --- what went in -------------------------------------------------------------------------


def parameters(study: Study) -> str:
    """Every unit cost, contacts of every label and quantity of the programme, with its range."""
    costs = {q.unit_cost.id: q.unit_cost for q in study.questions if q.unit_cost}
    lines = study.programme.costs if study.programme else ()
    costs |= {line.unit_cost.id: line.unit_cost for line in lines}
    declared = study.cost_uncertainty
    spread = "quartiles" if declared.ranges == "quartiles" else "limits of 95%"
    parts = [
        f"Unit costs ({study.currency}; gamma, spread from low and high as {spread}, else "
        f"coefficient of variation {declared.cv:g}): "
        + "; ".join(_unit_cost(cost) for cost in costs.values())
    ]
    labels = {(q.table, label.text): label for q in study.questions if q.unit_cost
              for label in q.labels}  # fmt: skip
    said = [f"{text} {_range(each.base, each.low, each.high)}"
            for (_, text), each in labels.items()]  # fmt: skip
    if said:
        parts.append(f"Contacts in a term (PERT): {'; '.join(said)}")
    used = [
        f"{line.title} {_range(line.quantity, line.quantity_low, line.quantity_high)} {line.unit}"
        for line in lines
    ]
    if used:
        parts.append(f"Quantities (PERT): {'; '.join(used)}")
    return ". ".join(parts) + "."


def _unit_cost(cost: UnitCost) -> str:
    name = cost.definition if cost.id.startswith("programme:") else cost.id
    return f"{name} {_range(cost.value, cost.low, cost.high)} {cost.unit}"


def _range(base: Any, low: Any, high: Any) -> str:
    value = f"{float(base):,g}"
    if low is None or high is None or low == high:
        return value
    return f"{value} ({float(low):,g} to {float(high):,g})"


# --- what came out ------------------------------------------------------------------------


def main_results(run: Run) -> str:
    """Cost change, net cost and cost of a unit gained, each with its interval."""
    study, rows = run.study, _rows(run)
    parts = [*_programme_costs(study, rows), *_cost_changes(study, rows), *_gains(study, rows)]
    return "\n".join(parts) or _NOTHING


def _programme_costs(study: Study, rows: Mapping[str, Row]) -> Iterator[str]:
    for phase in study.phases:
        place = f"programme_cost.declared.{phase.id}.{study.cost_group}"
        each = rows.get(f"{place}.programme_cost_per_participant")
        if each:
            whole = fixed(rows[f"{place}.programme_cost"]["estimate"], 2)
            yield (
                f"{phase.title}: the programme cost {study.currency} {whole}, "
                f"{fixed(each['estimate'], 2)} per participant."
            )


def _cost_changes(study: Study, rows: Mapping[str, Row]) -> Iterator[str]:
    for phase, comparison, place in _places(study):
        row = rows.get(f"cost.descriptive.{place}.saving_per_respondent")
        if row is None or row["estimate"] is None or row["n"] < FEWEST_SHOWN:
            yield f"{phase.title}, {comparison.title}: no mean is shown."
            continue
        drawn = rows.get(f"cost.cost_bootstrap.{place}.saving_per_respondent", {})
        limits = interval(drawn.get("ci_low"), drawn.get("ci_high"), 2)
        word = (reading(drawn) if drawn else "") or "cost change"
        yield (
            f"{phase.title}, {comparison.title}: {word} of {fixed(row['estimate'], 2)} "
            f"{study.currency} per respondent, before minus after "
            f"({limits or 'without an interval'}; {row['n']:,} respondents)."
        )
        name = f"{phase.title}, {comparison.title}"
        yield from (f"{name}: {said}" for said in _net_cost(study, rows, place))


def _net_cost(study: Study, rows: Mapping[str, Row], place: str) -> Iterator[str]:
    before = f"cost_effectiveness.{{}}.{place}.net_cost_per_"
    for what in ("participant", "respondent"):
        row = rows.get(before.format("descriptive") + what)
        drawn = rows.get(before.format("programme_psa") + what)
        if row is None or drawn is None or row["estimate"] is None or row["n"] < FEWEST_SHOWN:
            continue
        limits = interval(drawn["ci_low"], drawn["ci_high"], 2) or "without an interval"
        said = net_reading(drawn) or "undecided"
        cost = f"{fixed(row['estimate'], 2)} {study.currency} per {what}"
        yield f"net cost of {cost} ({limits}: {said})."


def _gains(study: Study, rows: Mapping[str, Row]) -> Iterator[str]:
    for place, title in _outcome_places(study):
        gain = rows.get(f"cost_effectiveness.programme_bootstrap.{place}.gain")
        if gain is None or gain["estimate"] is None or few_counted(rows, place):
            continue
        ratio = rows[f"cost_effectiveness.programme_psa.{place}.cost_per_unit_gained"]
        said = f"no cost of a unit gained: {ratio['note']}"
        if ratio["estimate"] is not None:
            limits = interval(ratio["ci_low"], ratio["ci_high"], 2) or "without an interval"
            said = f"{study.currency} {fixed(ratio['estimate'], 2)} for each unit ({limits})"
        limits = interval(gain["ci_low"], gain["ci_high"], 2) or "without an interval"
        yield f"{title}: gain {fixed(gain['estimate'], 2)} ({limits}); {said}."


def _outcome_places(study: Study) -> Iterator[tuple[str, str]]:
    """How rows about an outcome of the programme are called, and what people call it."""
    for phase in study.phases:
        for comparison in study.comparisons:
            for outcome in study.programme.outcomes if study.programme else ():
                place = f"{phase.id}.{comparison.id}.{study.cost_group}.{outcome}"
                title = f"{study.scores[outcome].title} ({phase.title}, {comparison.title})"
                yield place, title


# --- how sure -----------------------------------------------------------------------------


def uncertainty_effects(run: Run) -> str:
    """What respondents, prices and weights do to the results."""
    study, rows = run.study, _rows(run)
    parts = [
        sentence
        for phase, comparison, place in _places(study)
        for sentence in _about_total(study, rows, f"{phase.title}, {comparison.title}", place)
    ]
    for place, title in _outcome_places(study):
        before = f"cost_effectiveness.programme_psa.{place}"
        shares = acceptability(rows, before, study.programme) if study.programme else {}
        ratio = rows.get(f"{before}.cost_per_unit_gained")
        if shares and ratio and not few_counted(rows, place):
            said = ", ".join(f"{100 * share:.0f}% at {worth}" for worth, share in shares.items())
            parts.append(f"{title}: worth its cost with a probability of {said}.")
    return "\n".join(parts) or "Not computed at this depth."


def _about_total(study: Study, rows: Mapping[str, Row], name: str, place: str) -> Iterator[str]:
    fell = rows.get(f"cost.cost_bootstrap.{place}.probability_cost_fell")
    if fell is None or fell["estimate"] is None or fell["n"] < FEWEST_SHOWN:
        return
    said = [f"the cost of contacts fell in {100 * fell['estimate']:.0f}% of draws"]
    share = rows.get(f"cost_sensitivity.cost_psa.{place}.share_of_variance_parameters")
    if share and share["estimate"] is not None:
        said.append(f"{100 * share['estimate']:.0f}% of the variance is of prices and weights")
    swings = [row for key, row in rows.items()
              if key.startswith(f"cost_sensitivity.one_way.{place}.")
              and row["estimand"] == "swing" and row["estimate"] is not None]  # fmt: skip
    if swings:
        widest = max(swings, key=lambda row: row["estimate"])
        said.append(
            f"{widest['level'].partition(':')[2]} moves it most, by {fixed(widest['estimate'], 2)} "
            f"{study.currency} ({widest['note']})"
        )
    turn = rows.get(f"cost_concentration.concentration.{place}.n_to_turn_sign")
    if turn and turn["estimate"] is not None:
        said.append(f"its sign turns without {turn['estimate']:.0f} respondents")
    yield f"{name}: {', '.join(said)}."
