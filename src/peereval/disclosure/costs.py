"""Costs: bases, contacts that few had, and what a few respondents cost."""

import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import chain

import polars as pl

from peereval.columns import post, pre
from peereval.costing import ALL_ANSWERED, TOTAL
from peereval.disclosure.counts import by, unfit_columns
from peereval.disclosure.means import settle_sizes
from peereval.disclosure.populations import of_groups
from peereval.disclosure.settling import Settled
from peereval.disclosure.sheet import Row, Sheet, order_of_groups
from peereval.labels import fold
from peereval.studies import ALL, Question, Scenario, Study

#: What is computed of cost and gain of the respondents, not of draws.
_EXACT = ("net_cost_per_participant", "gain", "net_monetary_benefit", "cost_per_unit_gained")
_COSTS = ("cost", "cost_sensitivity", "cost_concentration", "cost_effectiveness")


def protect_costs(sheet: Sheet) -> None:
    """Costs of groups that may be shown; nothing from which a contact kept back could be had."""
    order = order_of_groups(sheet.study)
    groups = of_groups(sheet.study, order)
    for key, places in sheet.places("phase", "comparison", analysis=_COSTS).items():
        shown: dict[str, Settled] = {}
        for outcome, mine in by(sheet, places, "outcome").items():
            sized = by(sheet, mine, "group")
            sizes = {name: float(max(sheet.rows[place]["n"] for place in these))
                     for name, these in sized.items()}  # fmt: skip
            shown[outcome] = settle_sizes(sheet, sizes, unfit_columns(sheet, sized), groups, order)
        hidden = _hidden_questions(sheet, key)
        for group, mine in by(sheet, places, "group").items():
            for place in mine:
                settled = shown[sheet.rows[place]["outcome"]]
                if group and not settled.shows(group):
                    rule = settled.why.get(group, "differencing")
                    sheet.withhold(place, rule, bare=True)
            _linked(sheet, mine, hidden.get(group, set()))
            _own_and_together(sheet, mine)
            few = _levels_of_few(sheet, mine)
            for place in mine:
                _of_few(sheet, place, few)
        _labels_beside_costs(sheet, key, by(sheet, places, "outcome"))
        for outcome, mine in by(sheet, places, "outcome").items():
            if outcome in sheet.study.scores:
                _gained(sheet, key, outcome, mine)


def _gained(sheet: Sheet, key: tuple[str, ...], outcome: str, places: Sequence[int]) -> None:
    """Cost and gain of those with both: not if few more have the cost, or the outcome, alone.

    Shares of draws stay: they are of neither. What a gain is worth at a threshold is the two again.
    """
    base, study = sheet.protection.base, sheet.study
    n = max((sheet.rows[p]["n"] for p in places), default=0)
    treated = next((sheet.rows[p]["n"] for p in places
                    if sheet.rows[p]["estimand"] == "net_cost_per_participant"), n)  # fmt: skip
    known = {row["group"]: row["n"] for row in _analysed(sheet, key, outcome)}
    control = study.contrast[1] if study.contrast and n > treated else ""
    of_gain = [treated - known.get(study.cost_group, treated)]
    of_gain += [n - treated, n - treated - known.get(control, n - treated)]
    of_cost = [treated, *(treated - row["n"] for row in _costed(sheet, key))]
    few_gained, few_costed = (any(0 < abs(size) < base for size in sizes)
                              for sizes in (of_gain, of_cost))  # fmt: skip
    linked = any(p in sheet.withheld for p in sheet.where(
        analysis="did", estimand="did", phase=key[0], comparison=key[1], outcome=outcome
    ))  # fmt: skip
    for place in places:
        estimand = sheet.rows[place]["estimand"]
        if estimand in _EXACT and (few_gained or (few_costed and estimand != "gain")):
            sheet.withhold(place, "differencing", bare=True)
        elif estimand in _EXACT and linked:
            sheet.withhold(place, "linked", bare=True)


def _analysed(sheet: Sheet, key: tuple[str, ...], outcome: str) -> Iterator[Row]:
    for place in sheet.where(analysis="flow", estimand="n_analysed", phase=key[0],
                             comparison=key[1], outcome=outcome):  # fmt: skip
        yield sheet.rows[place]


def _costed(sheet: Sheet, key: tuple[str, ...]) -> Iterator[Row]:
    for place in sheet.where(analysis="cost", estimand="cost_pre", phase=key[0],
                             comparison=key[1], outcome=TOTAL):  # fmt: skip
        yield sheet.rows[place]


def _labels_beside_costs(
    sheet: Sheet, key: tuple[str, ...], costs: Mapping[str, Sequence[int]]
) -> None:
    """No label of a question is shown beside its cost where another label is kept back.

    The cost is a sum of how many gave each label, times what the unit-cost file says: with the
    sum of those kept back it gives each of them.
    """
    phase, comparison = key
    labels = sheet.places("outcome", analysis="contact_distribution", phase=phase,
                          comparison=comparison)  # fmt: skip
    for (question,), places in labels.items():
        shown = [p for p in costs.get(question, ()) if p not in sheet.withheld]
        hidden = [p for p in places if p in sheet.withheld and sheet.kinds[p] == "margin"]
        if shown and hidden:
            because = str(sheet.rows[hidden[0]]["estimate_id"])
            # Of all the same rule is said: which are kept back for their own sake would be told.
            for place in places:
                sheet.withheld.pop(place, None)
                sheet.withhold(place, "linked", because)


def _hidden_questions(sheet: Sheet, key: tuple[str, ...]) -> dict[str, set[str]]:
    """Group -> questions of which the shares before and after are kept back."""
    phase, comparison = key
    found: dict[str, set[str]] = {}
    for place in sheet.where(analysis="prevalence_change", kind="margin", phase=phase,
                             comparison=comparison):  # fmt: skip
        if place in sheet.withheld:
            row = sheet.rows[place]
            found.setdefault(row["group"], set()).add(row["outcome"])
    return found


def _linked(sheet: Sheet, places: Sequence[int], hidden: set[str]) -> None:
    """What would give the contacts of a question away, of which the shares are kept back.

    All contacts less the others are those of one question: a second is then kept back too, that
    with the lowest cost.
    """
    means = {
        sheet.rows[place]["outcome"]: abs(sheet.rows[place]["estimate"] or 0.0) for place in places
        if sheet.rows[place]["estimand"] == "cost_pre"
    }  # fmt: skip
    mine = sorted(hidden & set(means))
    if not mine:
        return
    others = sorted((name for name in means if name not in (*mine, TOTAL)),
                    key=lambda name: (means[name], name))  # fmt: skip
    if len(mine) == 1 and others:
        mine.append(others[0])
    because = {sheet.rows[place]["outcome"]: sheet.rows[place]["estimate_id"] for place in places}
    for place in places:
        row = sheet.rows[place]
        part = row["level"] not in ("", ALL_ANSWERED) and not row["level"].startswith("top_")
        if row["outcome"] in mine:
            sheet.withhold(place, "linked")
        elif part and row["level"] not in ("before", "after"):
            sheet.withhold(place, "linked", str(because[mine[0]]))


def _of_few(sheet: Sheet, place: int, few: AbstractSet[str]) -> None:
    """What a few respondents cost: the top, what is cut off at the top, answers of few.

    ``few``: levels of answers that few gave.
    """
    row, p = sheet.rows[place], sheet.protection
    kind = sheet.kinds[place]
    share = _share_at_top(row["level"])
    if kind == "one" or (share is not None and row["n"] * share < p.base):
        sheet.withhold(place, "single_points")
    elif (kind == "count" and 0 < (row["estimate"] or 0) < p.threshold) or row["level"] in few:
        sheet.withhold(place, "small_count")


def _own_and_together(sheet: Sheet, places: Sequence[int]) -> None:
    """A question's cost of those who answered it: not if few of them did not answer them all.

    The costs of those who did add up to all contacts, so what is left would be of those few.
    """
    n = next((sheet.rows[p]["n"] for p in places if sheet.rows[p]["outcome"] == TOTAL), None)
    for place in places:
        row = sheet.rows[place]
        if n is not None and 0 < abs(row["n"] - n) < sheet.protection.base:
            sheet.withhold(place, "differencing", bare=True)


def _share_at_top(level: str) -> float | None:
    top = re.fullmatch(r"top_(\d+):(?:before|after)", level)
    cut = re.fullmatch(r"winsorised:(\d+)", level)
    return int(top[1]) / 100 if top else (100 - int(cut[1])) / 100 if cut else None


def _labels_changed(study: Study, level: str) -> dict[str, set[int]]:
    """Question -> codes of the answers that a row counts otherwise, or takes alone.

    With the prices of the unit-cost file the row says how many of these answers there were.
    """
    about = re.fullmatch(r"label:(.*):(?:before|after)|contacts:(.*?)(?::(?:low|high))?", level)
    if about:
        label = fold(about[1] or about[2])
        return {q.id: {q.codes[label]} for q in study.questions if q.unit_cost and label in q.codes}
    for scenario in study.cost_uncertainty.scenarios:
        if level == f"scenario:{scenario.id}":
            return {q.id: codes for q in study.questions if q.id not in scenario.without
                    if (codes := _counted_otherwise(q, scenario))}  # fmt: skip
    return {}


def _counted_otherwise(question: Question, scenario: Scenario) -> set[int]:
    """Codes of a question that stand for other contacts in a scenario."""
    others = scenario.contacts.get(question.table, {}) if question.unit_cost else {}
    codes = {question.codes[label] for label in others}
    if question.id in scenario.caps:
        most = question.contacts[scenario.caps[question.id]]
        codes |= {code for code, each in enumerate(question.contacts) if each > most}
    return codes


def _levels_of_few(sheet: Sheet, places: Sequence[int]) -> set[str]:
    """Levels of rows of a group of which few respondents gave one of the answers to a question."""
    study, moments = sheet.study, sheet.moments
    changed = {level: codes for level in {sheet.rows[place]["level"] for place in places}
               if (codes := _labels_changed(study, level))}  # fmt: skip
    if not changed or moments is None:
        return set(changed)
    row = sheet.rows[places[0]]
    here = moments.contacts.filter(phase=row["phase"], comparison=row["comparison"])
    if row["group"] != ALL:
        roles = {group.id: list(group.roles) for group in study.groups}
        here = here.filter(pl.col("role").is_in(roles.get(str(row["group"]), [])))
    asked = {
        level: [(column(question), code) for question, codes in of.items() for code in codes
                for column in (pre, post)]
        for level, of in changed.items()
    }  # fmt: skip
    # One look at the answers for all of them: a filter each was a sixth of disclosure control.
    each = list(dict.fromkeys(chain.from_iterable(asked.values())))
    given = here.select(
        pl.col("n").filter(pl.col(column) == code).sum().alias(f"{column} {code}")
        for column, code in each
    ).row(0)
    few = {what for what, n in zip(each, given, strict=True) if 0 < n < sheet.protection.threshold}
    return {level for level, of in asked.items() if not few.isdisjoint(of)}
