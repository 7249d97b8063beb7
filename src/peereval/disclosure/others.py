"""Rows beside the headlines: levels of two groups, occasions, near misses, scales."""

from collections.abc import Mapping, Sequence

import polars as pl

from peereval.disclosure.counts import by, unfit_columns
from peereval.disclosure.means import Bases, settle_sizes
from peereval.disclosure.populations import of_groups
from peereval.disclosure.sheet import Sheet, level_word, order_of_groups
from peereval.studies import ALL

_Key = tuple[str, str, str]


def protect_levels(sheet: Sheet) -> None:
    """Standardised differences of shares: each is made of two counts, which it gives away.

    Every count of one level in one of the two groups must be nobody or enough, and so must those
    of the group that are of other levels.
    """
    contrast = sheet.study.contrast
    sizes = _level_sizes(sheet) if contrast else {}
    for place in sheet.where(kind="level_shares"):
        row = sheet.rows[place]
        if row["level"] == "" or row["status"] != "ok":
            continue
        characteristic = next((name for name in sheet.study.characteristics
                               if row["level"].startswith(f"{name}_")), "")  # fmt: skip
        if row["analysis"] == "attrition":
            enough = _attrition_enough(sheet, place)
        else:
            of = sizes.get((row["phase"], row["comparison"], characteristic), {})
            enough = _enough(of, row["level"], sheet)
        if not enough:
            sheet.withhold(place, "small_count")


def _attrition_enough(sheet: Sheet, place: int) -> bool:
    """Whether a level has enough of those followed up and of those who were not."""
    row = sheet.rows[place]
    found = sheet.followed_up.get((row["phase"], row["comparison"], row["level"]))
    return found is not None and all(
        part == 0 or part >= sheet.protection.threshold for part in found
    )


def _enough(of: Mapping[str, tuple[int, int]], level: str, sheet: Sheet) -> bool:
    least = sheet.protection.threshold
    if level not in of:
        return False
    totals = [sum(pair[which] for pair in of.values()) for which in (0, 1)]
    return all(
        (part == 0 or part >= least) and (total - part == 0 or total - part >= least)
        for part, total in zip(of[level], totals, strict=True)
    )


def _level_sizes(sheet: Sheet) -> dict[_Key, dict[str, tuple[int, int]]]:
    """(phase, comparison, characteristic) -> level -> the fewest of any outcome in each group."""
    if sheet.moments is None or not sheet.study.contrast:
        return {}
    roles = {group.id: list(group.roles) for group in sheet.study.groups}
    one, two = (pl.col("role").is_in(roles[name]) for name in sheet.study.contrast)
    keys = ("phase", "comparison", "characteristic", "level")
    counted = sheet.moments.subgroups.group_by(*keys, "outcome").agg(
        pl.col("n").filter(one).sum().alias("one"), pl.col("n").filter(two).sum().alias("two")
    )
    fewest = counted.group_by(keys).agg(pl.col("one", "two").min())
    found: dict[_Key, dict[str, tuple[int, int]]] = {}
    for phase, comparison, name, level, n_one, n_two in fewest.iter_rows():
        of = found.setdefault((phase, comparison, name), {})
        of[f"{name}_{level_word(level)}"] = (n_one, n_two)
    return found


def protect_occasions(sheet: Sheet, bases: Mapping[_Key, Bases]) -> None:
    """Respondents with all occasions: groups among themselves, and beside those of comparisons."""
    order = order_of_groups(sheet.study)
    groups = of_groups(sheet.study, order)
    p = sheet.protection
    compared: dict[tuple[str, str], list[Bases]] = {}
    for (phase, _, outcome), of in bases.items():
        compared.setdefault((phase, outcome), []).append(of)
    for places in sheet.places("phase", "outcome", "level", "method",
                               analysis="occasions").values():  # fmt: skip
        by_group = by(sheet, places, "group")
        sizes = {name: float(sheet.rows[mine[0]]["n"]) for name, mine in by_group.items()}
        settled = settle_sizes(sheet, sizes, unfit_columns(sheet, by_group), groups, order)
        for place in places:
            row = sheet.rows[place]
            if not settled.shows(row["group"]):
                rule = settled.why.get(row["group"], "differencing")
                sheet.withhold(place, rule, bare=True)
                continue
            for known in compared.get((row["phase"], row["outcome"]), ()):
                n = known.sizes.get(row["group"])
                if n is not None and 0 < abs(n - row["n"]) < p.base:
                    sheet.withhold(place, "occasions", bare=True)


def protect_comparisons(sheet: Sheet, bases: Mapping[_Key, Bases]) -> None:
    """Two comparisons of nearly the same responses: the later one is kept back."""
    order = [comparison.id for comparison in sheet.study.comparisons]
    p = sheet.protection
    for (phase, comparison, outcome), known in bases.items():
        for other in order[: order.index(comparison)]:
            beside = bases.get((phase, other, outcome))
            if beside is None:
                continue
            for group, n in known.sizes.items():
                if group not in beside.sizes or not n:
                    continue
                if abs(n - beside.sizes[group]) < p.base and _nearly_same(
                    sheet, phase, (other, comparison)
                ):
                    sheet.withhold_all(
                        (q for q in sheet.where(phase=phase, comparison=comparison,
                                                outcome=outcome, group=group)), "occasions"
                    )  # fmt: skip


def _nearly_same(sheet: Sheet, phase: str, comparisons: Sequence[str]) -> bool:
    """Whether the responses before (or after) of two comparisons differ by few, but do differ."""
    if sheet.pairs is None:
        return True
    for column in ("pre_row", "post_row"):
        one, two = (
            sheet.pairs.filter(phase=phase, comparison=name)[column].unique()
            for name in comparisons
        )
        both = one.is_in(two.implode()).sum()
        apart = one.len() + two.len() - 2 * both
        if both > 0 and 0 < apart < 2 * sheet.protection.base:
            return True
    return False


def protect_near_misses(sheet: Sheet) -> None:
    """Headlines with near misses accepted: not beside those without, if few were added."""
    keys = ("method", "phase", "comparison", "group", "outcome", "level", "estimand")
    headlines = {
        tuple(sheet.rows[place][key] for key in keys): place
        for place in sheet.where(analysis=("paired", "did"))
    }
    for place in sheet.where(kind="near"):
        row = sheet.rows[place]
        other = headlines.get(tuple(row[key] for key in keys))
        if other is None or other in sheet.withheld:
            sheet.withhold(place, "linked", bare=True)
            continue
        beside = sheet.rows[other]
        few = abs(row["n"] - beside["n"]) < sheet.protection.base
        if few and (row["n"], row["estimate"]) != (beside["n"], beside["estimate"]):
            sheet.withhold(place, "near_misses", str(beside["estimate_id"]), bare=True)


def protect_shares(sheet: Sheet) -> None:
    """Shares by themselves: at the floor, at the ceiling, without an answer."""
    p = sheet.protection
    for place in sheet.where(kind="share"):
        row, count = sheet.rows[place], sheet.count(place)
        if row["status"] != "ok":
            continue
        if any(0 < part < p.threshold for part in (count, row["n"] - count)):
            sheet.withhold(place, "small_count")
        elif row["n"] < p.low_base and count in (0, row["n"]):
            sheet.withhold(place, "nobody_or_all")
    _all_items_or_none(sheet)


def _all_items_or_none(sheet: Sheet) -> None:
    """Who left out an item: how many left out any is in two bases, and less those of the items
    that are shown it is of the others.
    """
    items: dict[tuple[str, ...], list[int]] = {}
    for place in sheet.where(analysis="reliability", estimand="share_missing"):
        row = sheet.rows[place]
        occasion, _, _ = row["level"].partition(":")
        items.setdefault((row["phase"], row["outcome"], occasion), []).append(place)
    for places in items.values():
        held = [place for place in places if place in sheet.withheld]
        if held:
            because = str(sheet.rows[held[0]]["estimate_id"])
            sheet.withhold_all(places, "differencing", because)


def protect_followed_up(sheet: Sheet, bases: Mapping[_Key, Bases]) -> None:
    """Those not followed up: their mean is in the difference, and how many in the bases."""
    for place in sheet.where(analysis="attrition", kind=("followed_up", "level_shares")):
        row = sheet.rows[place]
        known = bases.get((row["phase"], row["comparison"], row["outcome"]))
        if known is None or not row["outcome"]:
            continue
        if 0 < row["n"] - known.sizes.get(ALL, 0) < sheet.protection.base:
            sheet.withhold(place, "small_base")
