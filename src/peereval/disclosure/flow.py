"""How many there are: bases by group, and how many were lost between two of them."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np

from peereval.disclosure.counts import by, known_columns, unfit_columns
from peereval.disclosure.means import settle_sizes
from peereval.disclosure.populations import Populations, of_groups
from peereval.disclosure.settling import Settled, Table, settle
from peereval.disclosure.sheet import Sheet, order_of_groups
from peereval.studies import ALL

#: Counts that follow from one another, the first the widest.
_STEPS = ("n_invited", "n_responses", "n_eligible")


def protect_flow(sheet: Sheet) -> None:
    """Counts of respondents by group, and steps by which very few, or nearly all, were lost."""
    order = order_of_groups(sheet.study)
    groups = of_groups(sheet.study, order)
    for estimand in ("n_eligible", "n_matched"):
        for places in sheet.places("phase", "comparison", "level", analysis="flow",
                                   estimand=estimand).values():  # fmt: skip
            by_group = {name or ALL: mine for name, mine in by(sheet, places, "group").items()}
            sizes = {name: float(sheet.rows[mine[0]]["n"]) for name, mine in by_group.items()}
            unfit = unfit_columns(sheet, by_group)
            settled = settle_sizes(
                sheet, sizes, unfit, groups, order, known_columns(sheet, by_group)
            )
            for name, mine in by_group.items():
                if not settled.shows(name):
                    rule = settled.why.get(name, "differencing")
                    sheet.withhold(mine[0], rule, bare=True)
    for places in sheet.places("phase", "level", analysis="flow", group="").values():
        of = {sheet.rows[place]["estimand"]: place for place in places}
        steps = [of[name] for name in _STEPS if name in of]
        for wider, narrower in pairwise(steps):
            lost = sheet.rows[wider]["n"] - sheet.rows[narrower]["n"]
            if 0 < lost < sheet.protection.threshold:
                because = str(sheet.rows[narrower]["estimate_id"])
                sheet.withhold(wider, "differencing", because, bare=True)


def protect_attrition(sheet: Sheet) -> None:
    """Retention, and those followed up against those who were not: both must be enough."""
    order = order_of_groups(sheet.study)
    groups = of_groups(sheet.study, order)
    for places in sheet.places("phase", "comparison", analysis="attrition").values():
        settled, known = _retention(sheet, places, groups, order)
        for place in places:
            row = sheet.rows[place]
            named = row["group"].split("_v_")
            hidden = [name for name in named if name in known and not settled.shows(name)]
            if row["method"] == "quantiles":
                _over_organisations(sheet, place)
            elif ALL in known and not settled.shows(ALL):
                sheet.withhold(place, settled.why[ALL])
            elif hidden and sheet.kinds[place] == "retention":
                sheet.withhold(place, settled.why[hidden[0]] if len(named) == 1 else "linked")


def _retention(
    sheet: Sheet, places: Iterable[int], groups: Populations, order: Sequence[str]
) -> tuple[Settled, frozenset[str]]:
    """Groups whose retention may be shown, and those of which there is one."""
    of = {
        sheet.rows[place]["group"]: place for place in places
        if sheet.kinds[place] == "retention" and sheet.rows[place]["method"] == "wilson"
        and sheet.rows[place]["status"] == "ok"
    }  # fmt: skip
    sizes = {name: float(sheet.rows[place]["n"]) for name, place in of.items()}
    cells = {name: np.array([[sheet.count(place), sizes[name] - sheet.count(place)]])
             for name, place in of.items()}  # fmt: skip
    by_group = {name: [place] for name, place in of.items()}
    table = Table(sizes, cells, unfit_columns(sheet, by_group), known_columns(sheet, by_group))
    return settle(table, groups, sheet.protection, order), frozenset(of)


def _over_organisations(sheet: Sheet, place: int) -> None:
    """No lowest and highest; quartiles of organisations enough that none is next to the end."""
    row = sheet.rows[place]
    few = row["n_organisations"] < 4 * sheet.protection.organisations
    if row["level"] in ("lowest", "highest") or few:
        sheet.withhold(place, "single_points")
