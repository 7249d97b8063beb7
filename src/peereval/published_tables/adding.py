"""Whether rows, columns, bases and subgroups come to what is printed as their sum."""

from collections.abc import Iterable, Sequence
from fractions import Fraction

from peereval.published_tables.cells import Cell
from peereval.published_tables.findings import Notebook
from peereval.published_tables.possible import bases_add, fitting
from peereval.published_tables.rounding import named_range, shown
from peereval.published_tables.table import Column, PublishedTable, Row, Total

#: Kinds whose total column is the sum of its parts; of the others it is their mean by base.
_ADDED = ("count", "money")


def check_adding(notebook: Notebook) -> None:
    """``PUB012`` to ``PUB016``: sums over rows, over columns, of bases and over subgroups."""
    table = notebook.table
    if table.kind == "share" and table.answers == "one":
        for column in table.columns:
            _comes_to_all(notebook, column)
    for total in table.totals:
        for column in table.columns:
            _row_total(notebook, total, column)
    for column in table.columns:
        if column.total_of:
            _base_total(notebook, column)
            for row in table.rows:
                _column_total(notebook, row, column)


# --- shares of one answer each ---------------------------------------------------------------


def _comes_to_all(notebook: Notebook, column: Column) -> None:
    """``PUB012``: shares of single answers come to 100, and their counts to the base."""
    table, rows = notebook.table, notebook.table.parts()
    cells = [row.cells[column.id] for row in rows]
    if not rows or any(cell.value is None for cell in cells):
        notebook.leave(f"whether {column.title!r} comes to 100: not every row has a number")
        return
    notebook.look("columns that come to 100")
    fix = "See whether a row is missing or printed twice, or whether several answers could be given"
    low, high = _limits(cells)
    if not low <= 100 <= high:
        total = shown(sum(map(_value, cells), Fraction(0)), _most_decimals(cells))
        found = f"the rows come to {total}, and rounding explains {_span(100, cells)}"
        notebook.find("PUB012", found, fix, column=column)
        return
    base = {row.bases[column.id] for row in rows}
    counts = [fitting(table, row, column.id) for row in rows]
    if len(base) == 1 and all(counts):
        (n,) = base
        fewest, most = _count_limits(counts)
        if n is not None and not fewest <= n <= most:
            found = (f"whole numbers of respondents behind these rows come to "
                     f"{named_range(range(fewest, most + 1))}; the base is {n:,}")  # fmt: skip
            notebook.find("PUB012", found, fix, column=column)


# --- rows that are the sum of others ---------------------------------------------------------


def _row_total(notebook: Notebook, total: Total, column: Column) -> None:
    table = notebook.table
    row, parts = table.row(total.row), [table.row(name) for name in total.of]
    whole, cells = row.cells[column.id], [part.cells[column.id] for part in parts]
    if whole.value is None or any(cell.value is None for cell in cells):
        notebook.leave(f"the total in row {row.name!r}: not every number is printed")
        return
    notebook.look("totals of rows")
    if row.kind != "share":
        _sum(notebook, row, column, whole, cells, "rows")
    elif table.answers == "one":
        _share_of_one_answer(notebook, row, column, parts)
    else:
        _share_of_any(notebook, row, column, whole, cells)


def _share_of_one_answer(
    notebook: Notebook, row: Row, column: Column, parts: Sequence[Row]
) -> None:
    """``PUB013``: a net of answers that exclude each other is their sum."""
    whole, cells = row.cells[column.id], [part.cells[column.id] for part in parts]
    counts = [fitting(notebook.table, part, column.id) for part in parts]
    net = fitting(notebook.table, row, column.id)
    same = {part.bases[column.id] for part in (row, *parts)}
    if len(same) == 1 and net and all(counts):
        fewest, most = _count_limits(counts)
        if net[-1] < fewest or most < net[0]:
            found = (f"{whole.text} is printed ({named_range(net)} respondents); "
                     f"its rows come to {named_range(range(fewest, most + 1))}")  # fmt: skip
            notebook.find("PUB013", found, "See which rows it is of", row, column)
        return
    low, high = _limits(cells)
    if _high(whole) < low or high < _low(whole):
        _say_sum(notebook, row, column, whole, cells, "rows")


def _share_of_any(
    notebook: Notebook, row: Row, column: Column, whole: Cell, cells: Sequence[Cell]
) -> None:
    """``PUB013``: a net of answers that can go together is no less than any, no more than all."""
    least, most = max(map(_low, cells)), sum(map(_high, cells))
    if _high(whole) < least or most < _low(whole):
        between = f"{shown(max(map(_value, cells)), whole.decimals)} to " + shown(
            min(sum(map(_value, cells), Fraction(0)), Fraction(100)), whole.decimals
        )
        found = f"{whole.text} is printed; who gave any of its answers is {between}"
        notebook.find("PUB013", found, "See which rows it is of", row, column)


def _sum(
    notebook: Notebook, row: Row, column: Column, whole: Cell, cells: Sequence[Cell], of: str
) -> None:
    """``PUB013``: no sum of the parts, however rounded; ``PUB014``: money that rounding explains.

    Counts are not rounded: they add, or they do not.
    """
    total = sum(map(_value, cells), Fraction(0))
    if total == whole.value:
        return
    low, high = (total, total) if row.kind == "count" else _limits(cells)
    if row.kind != "count" and low <= _high(whole) and _low(whole) <= high:
        if row.kind == "money":
            _say_money(notebook, row, column, whole, total, of)
        return
    _say_sum(notebook, row, column, whole, cells, of)


def _say_sum(
    notebook: Notebook, row: Row, column: Column, whole: Cell, cells: Sequence[Cell], of: str
) -> None:
    decimals = _most_decimals([whole, *cells])
    total = shown(sum(map(_value, cells), Fraction(0)), decimals)
    found = f"{whole.text} is printed; its {of} come to {total}"
    if row.kind != "count":
        found += f", and rounding explains {_span(None, cells, whole)} at most"
    notebook.find("PUB013", found, f"See which {of} it is of, and each of them", row, column)


def _say_money(
    notebook: Notebook, row: Row, column: Column, whole: Cell, total: Fraction, of: str
) -> None:
    gap = shown(abs(total - _value(whole)), whole.decimals)
    found = (f"{whole.text} is printed; the {of} printed come to {shown(total, whole.decimals)}, "
             f"{gap} apart. Rounding before and after adding explains it")  # fmt: skip
    fix = f"Print the sum of the {of} that are shown, or say that they are rounded"
    notebook.find("PUB014", found, fix, row, column)


# --- columns that are the total of others ----------------------------------------------------


def _base_total(notebook: Notebook, total: Column) -> None:
    """``PUB015``: bases of the parts come to that of the total; rows with their own bases too."""
    if total.base is None and all(row.kind in _ADDED for row in notebook.table.rows):
        return
    seen = set()
    for row in notebook.table.rows:
        bases = [row.bases[name] for name in (total.id, *total.total_of)]
        if None in bases or tuple(bases) in seen:
            continue
        seen.add(tuple(bases))
        notebook.look("bases of totals")
        if not bases_add(row, total):
            parts = [base for base in bases[1:] if base is not None]
            said = " + ".join(f"{base:,}" for base in parts)
            found = f"the base is {bases[0]:,}; its parts come to {said} = {sum(parts):,}"
            fix = "See whether some respondents are in no part, or in two"
            own = row if row.bases[total.id] != total.base else None
            notebook.find("PUB015", found, fix, own, total)
    if not seen:
        notebook.leave(f"whether bases come to that of {total.title!r}: not all are given")


def _column_total(notebook: Notebook, row: Row, total: Column) -> None:
    whole, cells = row.cells[total.id], [row.cells[name] for name in total.total_of]
    if whole.value is None or any(cell.value is None for cell in cells):
        return
    if row.kind in _ADDED:
        notebook.look("totals of columns")
        _sum(notebook, row, total, whole, cells, "columns")
    elif notebook.table.weighted:
        notebook.leave("totals recovered from subgroups: the shares are weighted")
    elif bases_add(row, total):
        notebook.look("totals recovered from subgroups")
        if not (row.kind == "share" and _recovered_counts(notebook, row, total)):
            _recovered_mean(notebook, row, total, whole, cells)


def _recovered_counts(notebook: Notebook, row: Row, total: Column) -> bool:
    """Whether whole numbers could be compared; ``PUB016`` if those of the parts miss the total."""
    names = (total.id, *total.total_of)
    ranges = [found for name in names if (found := fitting(notebook.table, row, name))]
    if len(ranges) < len(names):
        return _any_impossible(notebook.table, row, names)  # said already, with what it should be
    whole, *parts = ranges
    fewest, most = _count_limits(parts)
    if whole[-1] < fewest or most < whole[0]:
        base = row.bases[total.id] or 1
        decimals = row.cells[total.id].decimals
        each = [shown(Fraction(100 * k, base), decimals) for k in dict.fromkeys((fewest, most))]
        said = (
            f"{row.cells[total.id].text} is printed ({named_range(whole)} of {base:,}); its parts "
            f"come to {named_range(range(fewest, most + 1))}, {' to '.join(each)}%"
        )
        notebook.find("PUB016", said, "See each of the columns", row, total)
    return True


def _any_impossible(table: PublishedTable, row: Row, names: Iterable[str]) -> bool:
    ranges = [fitting(table, row, name) for name in names]
    return any(found is not None and not found for found in ranges)


def _recovered_mean(
    notebook: Notebook, row: Row, total: Column, whole: Cell, cells: Sequence[Cell]
) -> None:
    """``PUB016``: the mean of the parts, each weighted by its base, and what rounding can do."""
    bases = [row.bases[name] or 0 for name in total.total_of]
    n = sum(bases)
    low = sum((_low(c) * b for c, b in zip(cells, bases, strict=True)), Fraction(0)) / n
    high = sum((_high(c) * b for c, b in zip(cells, bases, strict=True)), Fraction(0)) / n
    if _high(whole) < low or high < _low(whole):
        digits = whole.decimals + 1
        found = (f"{whole.text} is printed; its parts, weighted by their bases, come to "
                 f"{shown(low, digits)} to {shown(high, digits)}")  # fmt: skip
        notebook.find("PUB016", found, "See each of the columns and their bases", row, total)


# --- limits of what is rounded ---------------------------------------------------------------


def _value(cell: Cell) -> Fraction:
    assert cell.value is not None
    return cell.value


def _low(cell: Cell) -> Fraction:
    return _value(cell) - cell.half


def _high(cell: Cell) -> Fraction:
    return _value(cell) + cell.half


def _limits(cells: Sequence[Cell]) -> tuple[Fraction, Fraction]:
    return sum(map(_low, cells), Fraction(0)), sum(map(_high, cells), Fraction(0))


def _count_limits(ranges: Iterable[range | None]) -> tuple[int, int]:
    known = [found for found in ranges if found]
    return sum(found[0] for found in known), sum(found[-1] for found in known)


def _most_decimals(cells: Iterable[Cell]) -> int:
    return max(cell.decimals for cell in cells)


def _span(centre: int | None, cells: Sequence[Cell], whole: Cell | None = None) -> str:
    """What rounding of the cells allows: a range about the centre, or how far apart."""
    halves = sum((cell.half for cell in (*cells, *([whole] if whole else []))), Fraction(0))
    digits = _most_decimals(cells) + 1
    if centre is None:
        return f"{shown(halves, digits)} of difference"
    return f"{shown(centre - halves, digits)} to {shown(centre + halves, digits)}"
