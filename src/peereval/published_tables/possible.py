"""Shares and means that no whole number of respondents, or of points, can give."""

from collections.abc import Iterator
from fractions import Fraction

from peereval.published_tables.cells import Cell
from peereval.published_tables.findings import Notebook
from peereval.published_tables.rounding import (
    could_fail,
    listed,
    named_range,
    neighbours,
    shown,
    whole_numbers,
)
from peereval.published_tables.table import Column, PublishedTable, Row


def check_possible(notebook: Notebook) -> None:
    """``PUB011``: impossible shares; ``PUB021``, ``PUB022``: impossible means."""
    table = notebook.table
    for row in table.rows:
        if row.kind == "share" and table.weighted:
            notebook.leave("whole numbers behind shares: they are weighted")
        for column in table.columns:
            cell = row.cells[column.id]
            if cell.value is None:
                continue
            if row.kind == "mean":
                _in_range(notebook, row, column, cell)
            units = table.units(row, column.id)
            if units is not None:
                _possible(notebook, row, column, cell, units)
            elif row.kind in ("share", "mean") and not table.weighted:
                notebook.leave(_unknown(row))


def _unknown(row: Row) -> str:
    if row.kind == "share":
        return "whole numbers behind shares in columns without a base"
    return "whole numbers behind means without a base, or without a score or a denominator"


def fitting(table: PublishedTable, row: Row, column: str) -> range | None:
    """Whole numbers that give what a cell prints; None if it prints none, or anything may.

    Of shares: numbers of respondents, from none to all.
    """
    units, cell = table.units(row, column), row.cells[column]
    if units is None or cell.value is None:
        return None
    found = whole_numbers(cell, units)
    base = row.bases[column]
    if row.kind == "share" and base is not None:
        return range(max(found.start, 0), min(found.stop, base + 1))
    return found


def _possible(notebook: Notebook, row: Row, column: Column, cell: Cell, units: Fraction) -> None:
    notebook.look(f"{row.kind}s against their bases")
    if could_fail(cell, units):
        notebook.look(f"{row.kind}s against their bases that could have failed")
    if fitting(notebook.table, row, column.id):
        return
    if row.kind == "share":
        _impossible_share(notebook, row, column, cell, units)
        return
    near = " or ".join(shown(k / units, cell.decimals + 1) for k in neighbours(cell, units))
    base = row.bases[column.id]
    found = f"{cell.text} is printed; whole scores of {base:,} respondents give {near}"
    if row.denominator and row.denominator > 1:
        found += f" (denominator {row.denominator})"
    notebook.find("PUB021", found, "Ask for the base and the sum behind it", row, column)


def _impossible_share(
    notebook: Notebook, row: Row, column: Column, cell: Cell, units: Fraction
) -> None:
    assert cell.value is not None
    base = row.bases[column.id]
    found = f"{_per_cent(cell)} is printed, which no whole number of {base:,} respondents gives"
    if 0 <= cell.value <= 100:
        near = (f"{k} of {base:,} is {shown(k / units, cell.decimals)}%"
                for k in neighbours(cell, units))  # fmt: skip
        found += f": {listed(near)}"
    hints = "; ".join(_by_the_others(notebook.table, row, column))
    fix = "Ask for the count behind it, or for the base of this row"
    notebook.find("PUB011", found, f"{hints}. {fix}" if hints else fix, row, column)


def _per_cent(cell: Cell) -> str:
    return cell.text if "%" in cell.text else f"{shown(cell.value or Fraction(0), cell.decimals)}%"


def _by_the_others(table: PublishedTable, row: Row, column: Column) -> Iterator[str]:
    """What the share would have to be for totals and subgroups that are possible to agree."""
    base = row.bases[column.id]
    for total in table.columns:
        if not base or column.id not in (total.id, *total.total_of) or not total.total_of:
            continue
        others = [name for name in (total.id, *total.total_of) if name != column.id]
        ranges = {name: fitting(table, row, name) for name in others}
        if not all(ranges.values()) or not bases_add(row, total):
            continue
        low, high = _left_over(total, ranges, column.id)
        low, high = max(low, 0), min(high, base)
        if low <= high:
            decimals = row.cells[column.id].decimals
            each = [shown(Fraction(100 * k, base), decimals) for k in dict.fromkeys((low, high))]
            counts = named_range(range(low, high + 1))
            yield f"The other columns of the row need {counts} of {base:,}, {' to '.join(each)}%"


def _left_over(total: Column, ranges: dict[str, range | None], missing: str) -> tuple[int, int]:
    """Fewest and most that a column must hold for a total column and its parts to agree."""
    parts = [found for name in total.total_of if (found := ranges.get(name))]
    low, high = sum(part[0] for part in parts), sum(part[-1] for part in parts)
    whole = ranges.get(total.id)
    if missing == total.id or not whole:
        return low, high
    return whole[0] - high, whole[-1] - low


def bases_add(row: Row, total: Column) -> bool:
    """Whether the bases of the parts come to the base of the total; False if one is unknown."""
    parts = [base for name in total.total_of if (base := row.bases[name]) is not None]
    return len(parts) == len(total.total_of) and sum(parts) == row.bases[total.id]


def _in_range(notebook: Notebook, row: Row, column: Column, cell: Cell) -> None:
    score = row.score
    if score is None or cell.value is None:
        return
    notebook.look("means against the range of their score")
    if cell.value + cell.half < score.low or cell.value - cell.half > score.high:
        low, high = (shown(end, 0) if end.denominator == 1 else f"{float(end):g}"
                     for end in (score.low, score.high))  # fmt: skip
        found = f"{cell.text} is printed; {score.title} goes from {low} to {high}"
        notebook.find("PUB022", found, "See which score it is, and how it was coded", row, column)
