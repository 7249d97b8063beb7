"""Counts before and after: shares of answers, bands and change, and what tests say of them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from msgspec import Struct

from peereval.disclosure.populations import Populations, of_groups
from peereval.disclosure.settling import Counts, Settled, Table, settle
from peereval.disclosure.sheet import Sheet, order_of_groups

#: Method -> what a test of one share shows of it, the first that is there.
_PARTS = ("share_improved", "share_deteriorated", "share_no_reliable_change")
_TESTS = ("paired_t", "paired_cr2", "mcnemar_exact", "mcnemar_midp", "newcombe")


def protect_counts(sheet: Sheet) -> None:
    """Shares before and after, moves between categories, and shares who changed reliably."""
    groups = of_groups(sheet.study, order_of_groups(sheet.study))
    order = order_of_groups(sheet.study)
    prevalences = sheet.places("phase", "comparison", "outcome", "level",
                               analysis="prevalence_change")  # fmt: skip
    for places in prevalences.values():
        _yes_or_no(sheet, places, groups, order)
    distributions = sheet.places("phase", "comparison", "outcome", analysis="contact_distribution")
    for places in distributions.values():
        _categories(sheet, places, groups, order)
    bands = sheet.places(
        "phase", "comparison", "outcome", analysis=("band_change", "band_migration")
    )
    for places in bands.values():
        _categories(sheet, places, groups, order)
    keys = ("method", "phase", "comparison", "outcome")
    for places in sheet.places(*keys, analysis="individual_change", kind="part").values():
        _parts(sheet, places, groups, order)
    for places in sheet.places("phase", "comparison", "outcome", analysis="individual_change",
                               kind="part").values():  # fmt: skip
        _between_thresholds(sheet, places)


# --- one share before and after -----------------------------------------------------------


class TwoByTwo(Struct, frozen=True):
    """Respondents who were in a category before, after, and who moved in and out of it."""

    n: float
    before: float
    after: float
    moved: float

    @property
    def margins(self) -> Counts:
        """In the category and not: before, and after."""
        return np.array([[c, self.n - c] for c in (self.before, self.after)])

    @property
    def moves(self) -> Counts:
        """In it at both times, moved into it, out of it, and never in it."""
        into = (self.moved + self.after - self.before) / 2
        out = self.moved - into
        return np.array([[self.before - out, into, out, self.n - self.before - into]])


def two_by_two(sheet: Sheet, places: Iterable[int]) -> TwoByTwo | None:
    """The counts behind the rows of one share; None where there are none.

    How many moved is in the standard error of the t-test of the change, as in a reader's hands.
    """
    rows = {(row["method"], row["estimand"]): place for place in places
            if (row := sheet.rows[place])}  # fmt: skip
    shares = [rows.get(("share", name)) for name in ("share_pre", "share_post")]
    if shares[0] is None or shares[1] is None:
        return None
    before, after = (sheet.count(place) for place in shares if place is not None)
    n = float(sheet.rows[shares[0]]["n"])
    test = rows.get(("paired_t", "share_change"))
    error = (sheet.rows[test]["std_error"] or 0.0) if test is not None else 0.0
    mean = (after - before) / n if n else 0.0
    return TwoByTwo(n, before, after, float(round(error**2 * n * (n - 1) + n * mean**2)))


def _yes_or_no(
    sheet: Sheet, places: Sequence[int], groups: Populations, order: Sequence[str]
) -> None:
    by_group = by(sheet, places, "group")
    tables = {g: t for g, mine in by_group.items() if (t := two_by_two(sheet, mine)) is not None}
    show_two_by_two(sheet, by_group, tables, groups, order)


def show_two_by_two(
    sheet: Sheet,
    by_column: Mapping[str, Sequence[int]],
    tables: Mapping[str, TwoByTwo],
    columns: Populations,
    order: Sequence[str],
    unfit: frozenset[str] = frozenset(),
) -> None:
    """Shares of the columns that may be shown together; tests of those whose moves may be too."""
    protection = sheet.protection
    sizes = {name: table.n for name, table in tables.items()}
    unfit |= unfit_columns(sheet, by_column)
    known = known_columns(sheet, by_column)
    shares = settle(
        Table(sizes, {name: t.margins for name, t in tables.items()}, unfit, known),
        columns, protection, order,
    )  # fmt: skip
    kept = {name: tables[name].moves for name in shares.shown}
    moves = settle(Table({name: sizes[name] for name in kept}, kept), columns, protection, order)
    # Categories of moves are shown all or none: a test is of all of them.
    tested = {name for name, hidden in moves.shown.items() if not hidden}
    shown = set(shares.shown) - _narrowed(tables, set(shares.shown), tested, columns, protection)
    for name, places in by_column.items():
        if name not in tables:
            continue
        for place in places:
            is_test = sheet.kinds[place] == "moves"
            if name not in shown:
                rule = shares.why.get(name, "table_of_moves")
                sheet.withhold(place, rule, _first_unsafe(by_column, shares, sheet, rule))
            elif is_test and name not in tested:
                sheet.withhold(place, "table_of_moves")


def _narrowed(
    tables: Mapping[str, TwoByTwo],
    shown: set[str],
    tested: set[str],
    columns: Populations,
    protection: Any,
) -> set[str]:
    """Columns whose moves, kept back, their shares and the moves of others nearly give.

    In a set whose moves are known the moves out of a category add up to those of its columns, each
    of which lies between what its shares allow.
    """
    untested = shown - tested
    if not tested or not untested:
        return set()
    names = columns.names
    for row in columns.derived(frozenset(tested)):
        whole = sum(times * tables[name].moves for name, times in zip(names, row, strict=True)
                    if times)  # fmt: skip
        inside = [name for name in untested if columns.within(name, row)]
        disjoint = [
            n
            for n in inside
            if not any(columns.members[n] & columns.members[m] for m in inside if m != n)
        ]
        if not disjoint:
            continue
        out = float(np.asarray(whole)[0, 2])
        bounds = {name: _bounds(tables[name]) for name in disjoint}
        covered = sum(tables[name].n for name in disjoint)
        loose = float(np.asarray(whole).sum()) - covered
        for name, (low, high) in bounds.items():
            others = [bounds[other] for other in disjoint if other != name]
            least = max(low, out - sum(top for _, top in others) - loose)
            most = min(high, out - sum(bottom for bottom, _ in others))
            if most - least < min(protection.threshold, high - low):
                return untested
    return set()


def _bounds(table: TwoByTwo) -> tuple[float, float]:
    """How few and how many can have moved out of a category, given the shares."""
    return max(0.0, table.before - table.after), min(table.before, table.n - table.after)


# --- several categories before and after ----------------------------------------------------


def _categories(
    sheet: Sheet, places: Sequence[int], groups: Populations, order: Sequence[str]
) -> None:
    """Shares of bands (or labels), moves between them, and tests of both."""
    margins = [place for place in places if sheet.kinds[place] == "margin"]
    levels = list(dict.fromkeys(sheet.rows[place]["level"] for place in margins))
    by_group = by(sheet, places, "group")
    cells, sizes = dict[str, Counts](), dict[str, float]()
    for name, mine in by_group.items():
        counts = np.zeros((2, len(levels)))
        for place in mine:
            row = sheet.rows[place]
            if sheet.kinds[place] == "margin":
                time = int(row["estimand"] == "share_post")
                counts[time, levels.index(row["level"])] = sheet.count(place)
                sizes[name] = float(row["n"])
        if name in sizes:
            cells[name] = counts
    settled = settle(
        Table(sizes, cells, unfit_columns(sheet, by_group), known_columns(sheet, by_group)),
        groups,
        sheet.protection,
        order,
    )
    whole = [name for name, hidden in settled.shown.items() if not hidden]
    moves = {name: table for name in whole
             if (table := _moves(sheet, by_group[name], levels)) is not None}  # fmt: skip
    tested = _settled_whole(moves, sizes, groups, sheet, order)
    into = _settled_whole(
        {name: _collapsed(table, _worst(sheet, by_group[name], levels))
         for name, table in moves.items()}, sizes, groups, sheet, order,
    )  # fmt: skip
    for name, mine in by_group.items():
        if name not in cells:
            continue
        for place in mine:
            _withhold_category(sheet, place, name, levels, settled, tested, into)


def _withhold_category(
    sheet: Sheet,
    place: int,
    name: str,
    levels: Sequence[str],
    settled: Settled,
    tested: set[str],
    into: set[str],
) -> None:
    row = sheet.rows[place]
    if name not in settled.shown:
        sheet.withhold(place, settled.why.get(name, "differencing"))
    elif sheet.kinds[place] == "margin":
        if levels.index(row["level"]) in settled.shown[name]:
            sheet.withhold(place, "small_count")
    elif name not in (into if row["estimand"] == "share_change" else tested):
        sheet.withhold(place, "table_of_moves")


def _moves(sheet: Sheet, places: Iterable[int], levels: Sequence[str]) -> Counts | None:
    """How many moved from each category to each, if the results say so."""
    found = np.full((len(levels), len(levels)), np.nan)
    for place in places:
        row = sheet.rows[place]
        one, _, two = row["level"].partition(">")
        if row["estimand"] == "share_moved" and one in levels and two in levels:
            found[levels.index(one), levels.index(two)] = sheet.count(place)
    return None if np.isnan(found).any() else found


def _worst(sheet: Sheet, places: Iterable[int], levels: Sequence[str]) -> int:
    named = [sheet.rows[place]["level"] for place in places
             if sheet.rows[place]["estimand"] == "share_change"]  # fmt: skip
    return levels.index(named[0]) if named and named[0] in levels else 0


def _collapsed(moves: Counts, category: int) -> Counts:
    """Moves into and out of one category: in it at both times, in, out, and never."""
    both = moves[category, category]
    out, into = moves[category].sum() - both, moves[:, category].sum() - both
    return np.array([both, into, out, moves.sum() - both - into - out])


def _settled_whole(
    tables: Mapping[str, Counts],
    sizes: Mapping[str, float],
    groups: Populations,
    sheet: Sheet,
    order: Sequence[str],
) -> set[str]:
    """Columns of which every cell may be shown; no other's could then be had."""
    flat = {name: table.reshape(1, -1) for name, table in tables.items()}
    table = Table({name: sizes[name] for name in flat}, flat)
    settled = settle(table, groups, sheet.protection, order)
    return {name for name, hidden in settled.shown.items() if not hidden}


# --- three ways of changing -----------------------------------------------------------------


def _parts(sheet: Sheet, places: Sequence[int], groups: Populations, order: Sequence[str]) -> None:
    by_group = by(sheet, places, "group")
    cells, sizes = dict[str, Counts](), dict[str, float]()
    for name, mine in by_group.items():
        of = {sheet.rows[place]["estimand"]: place for place in mine}
        if all(part in of and sheet.rows[of[part]]["status"] == "ok" for part in _PARTS):
            cells[name] = np.array([[sheet.count(of[part]) for part in _PARTS]])
            sizes[name] = float(sheet.rows[of[_PARTS[0]]]["n"])
    settled = settle(
        Table(sizes, cells, unfit_columns(sheet, by_group), known_columns(sheet, by_group)),
        groups,
        sheet.protection,
        order,
    )
    for name, mine in by_group.items():
        for place in mine:
            part = _PARTS.index(sheet.rows[place]["estimand"])
            if name in cells and not settled.shows(name, part):
                sheet.withhold(place, settled.why.get(name, "small_count"))


def _between_thresholds(sheet: Sheet, places: Sequence[int]) -> None:
    """Of two thresholds of change the second is kept back if few changed by as much as one alone.

    In all groups, since a group less another is a third.
    """
    by_method = by(sheet, places, "method")
    first, *others = by_method.values()
    known = {_part_of(sheet, place): place for place in first if place not in sheet.withheld}
    for later in others:
        apart = [
            sheet.count(place) - sheet.count(known[part])
            for place in later if (part := _part_of(sheet, place)) in known
        ]  # fmt: skip
        if any(0 < abs(count) < sheet.protection.threshold for count in apart):
            sheet.withhold_all(later, "differencing")


def _part_of(sheet: Sheet, place: int) -> tuple[str, str]:
    row = sheet.rows[place]
    return row["group"], row["estimand"]


# --- shared ---------------------------------------------------------------------------------


def by(sheet: Sheet, places: Iterable[int], key: str) -> dict[str, list[int]]:
    """Places by what their rows have in a column."""
    found: dict[str, list[int]] = {}
    for place in places:
        found.setdefault(sheet.rows[place][key], []).append(place)
    return found


def unfit_columns(sheet: Sheet, by_column: Mapping[str, Iterable[int]]) -> frozenset[str]:
    """Columns whose respondents are of too few organisations."""
    return frozenset(
        name for name, places in by_column.items() if any(sheet.unfit(place) for place in places)
    )


def known_columns(sheet: Sheet, by_column: Mapping[str, Iterable[int]]) -> frozenset[str]:
    """Columns of which an earlier release has the same number, of as many respondents."""
    return frozenset(
        name
        for name, places in by_column.items()
        if sheet.public and any(sheet.rows[p]["estimate_id"] in sheet.public for p in places)
    )


def _first_unsafe(
    by_column: Mapping[str, Sequence[int]], settled: Settled, sheet: Sheet, rule: str
) -> str:
    """For what is kept back because of another column: a row of that one."""
    if rule != "differencing":
        return ""
    others = [name for name, why in settled.why.items() if why != "differencing"]
    return str(sheet.rows[by_column[others[0]][0]]["estimate_id"]) if others else ""
