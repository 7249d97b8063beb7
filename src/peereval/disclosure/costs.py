"""Costs: bases, contacts that few had, and what a few respondents cost."""

import re
from collections.abc import Mapping, Sequence

import polars as pl

from peereval.columns import post, pre
from peereval.costing import ALL_ANSWERED, TOTAL
from peereval.disclosure.counts import by, unfit_columns
from peereval.disclosure.means import settle_sizes
from peereval.disclosure.populations import of_groups
from peereval.disclosure.settling import Settled
from peereval.disclosure.sheet import Sheet, order_of_groups
from peereval.labels import fold
from peereval.studies import ALL

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
            few: dict[str, bool] = {}
            for place in mine:
                _of_few(sheet, place, few)


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


def _of_few(sheet: Sheet, place: int, few: dict[str, bool]) -> None:
    """What a few respondents cost: the top, what is cut off at the top, answers of few.

    ``few``: labels that few gave, as far as they have been looked at.
    """
    row, p = sheet.rows[place], sheet.protection
    kind = sheet.kinds[place]
    share = _share_at_top(row["level"])
    label = _label(row["level"])
    if label and label not in few:
        few[label] = _few_chose(sheet, row, label)
    if kind == "one" or (share is not None and row["n"] * share < p.base):
        sheet.withhold(place, "single_points")
    elif (kind == "count" and 0 < (row["estimate"] or 0) < p.threshold) or few.get(label):
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


def _label(level: str) -> str:
    """The label of answers that a row is about."""
    about = re.fullmatch(r"label:(.*):(?:before|after)|contacts:(.*?)(?::(?:low|high))?", level)
    return (about[1] or about[2]) if about else ""


def _few_chose(sheet: Sheet, row: Mapping[str, object], label: str) -> bool:
    """Whether few respondents of a group gave a label, before or after, to any costed question."""
    moments, study = sheet.moments, sheet.study
    if moments is None:
        return True
    roles = {group.id: list(group.roles) for group in study.groups}
    here = moments.contacts.filter(phase=row["phase"], comparison=row["comparison"])
    if row["group"] != ALL:
        here = here.filter(pl.col("role").is_in(roles.get(str(row["group"]), [])))
    for column in (pre, post):
        chose = [
            pl.col(column(question.id)) == question.codes[fold(label)]
            for question in study.questions
            if question.unit_cost and fold(label) in question.codes
        ]
        n = here.filter(pl.any_horizontal(chose))["n"].sum() if chose else 0
        if 0 < n < sheet.protection.threshold:
            return True
    return False
