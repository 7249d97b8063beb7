"""Excel workbooks, and OpenDocument sheets."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import polars as pl
from msgspec import Struct

from peereval.errors import Fault, nearest
from peereval.plurals import count_of
from peereval.reading.coding import as_text
from peereval.reading.contents import kind_of
from peereval.reading.export import (
    Cells,
    Export,
    Recognised,
    library,
    many_rows,
    refused,
    responses,
    without_errors,
    without_headings,
)
from peereval.reading.headings import SAMPLE, Columns, as_export, find_columns
from peereval.reading.sheets import Found, look_through
from peereval.studies import AS_FOUND, Layout

#: First row and column, and last ones, of cells that are merged, counted from 0.
Merged = tuple[tuple[int, int], tuple[int, int]]

_FORMATS = {"ods": "OpenDocument"}
_MOST_MERGED = 100_000


class _Sheet(Struct, frozen=True):
    """One sheet: its cells, which of them are merged, and what was found in it before."""

    name: str
    rows: list[list[Any]]
    merged: list[Merged]
    found: Found


def open_excel(path: Path, layout: Layout = AS_FOUND) -> Export:
    """One sheet: the one that the layout names, or the first with a table in it.

    Its header is the first row that is no title and not blank. Numbers, dates and the values
    of formulas are text as a person reads them; errors, and formulas that were never
    computed, are blank and findings.
    """
    kind = kind_of(path)
    found = look_through(path) if kind != "xls" else {}
    book = _open(path)
    chosen, others, doubts = _chosen(path, book, layout)
    sheet = _sheet(path, chosen, found)
    columns = find_columns(path, _top(sheet), layout, sheet.name, _groups(sheet))

    def read(wanted: list[str]) -> Cells:
        return _read(path, sheet, columns, wanted)

    form, hidden = _FORMATS.get(kind, "Excel"), tuple(_hidden(book))
    recognised = Recognised(form, sheet=sheet.name, other_sheets=tuple(others), notes=hidden)
    return as_export(path, columns, read, recognised, doubts)


# --- the workbook and its sheets ----------------------------------------------------------


def _workbook(path: Path) -> AbstractContextManager[None]:
    return library(path, "it is not a whole workbook", "Save it again as .xlsx")


def _open(path: Path) -> Any:
    from python_calamine import CalamineWorkbook, PasswordError

    locked = None
    # By content: a workbook of the newer kind may well be called .xls.
    with path.open("rb") as file, _workbook(path):
        try:
            return CalamineWorkbook.from_filelike(file)
        except PasswordError:
            locked = refused(path, "011", "the workbook has a password", "Save it without one")
    raise locked


def _sheet(path: Path, read: Any, found: Mapping[str, Found]) -> _Sheet:
    with _workbook(path):
        rows = read.to_python(skip_empty_area=False)
        merged = read.merged_cell_ranges or []
    if len(merged) > _MOST_MERGED:
        what = f"more than {_MOST_MERGED:,} of its cells are merged"
        raise refused(path, "008", what, "Undo the merging, or export it again")
    return _Sheet(read.name, rows, merged, found.get(read.name, Found()))


def _chosen(path: Path, book: Any, layout: Layout) -> tuple[Any, list[str], list[Fault]]:
    """The sheet to read, the names of the others, and what is doubtful about the choice."""
    names = _names(book)
    if layout.sheet and layout.sheet not in names:
        fix = nearest(layout.sheet, names) or f"There are {_listed(names)}"
        raise refused(path, "017", f"there is no sheet {layout.sheet!r}", fix)
    with _workbook(path):
        sheets = [book.get_sheet_by_name(name) for name in names if layout.sheet in ("", name)]
    tables = [sheet for sheet in sheets if min(sheet.height, sheet.width) > 1]
    filled = [sheet for sheet in sheets if sheet.height]
    if not filled:
        fix = "Export it again, or name another sheet with sheet ="
        raise refused(path, "006", "the sheet is empty", fix)
    chosen = (tables or filled)[0]
    others = [name for name in names if name != chosen.name]
    return chosen, others, _unread(path, chosen.name, [each.name for each in tables[1:]])


def _names(book: Any) -> list[str]:
    """Names of the sheets that hold cells, hidden ones last."""
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    sheets = [each for each in book.sheets_metadata if each.typ == SheetTypeEnum.WorkSheet]
    shown = [each.name for each in sheets if each.visible == SheetVisibleEnum.Visible]
    return shown + [each.name for each in sheets if each.visible != SheetVisibleEnum.Visible]


def _hidden(book: Any) -> list[str]:
    from python_calamine import SheetVisibleEnum

    names = [each.name for each in book.sheets_metadata if each.visible != SheetVisibleEnum.Visible]
    return [f"Hidden in the workbook: {_listed(names)}"] if names else []


def _unread(path: Path, chosen: str, others: list[str]) -> list[Fault]:
    if not others:
        return []
    what = f"only this sheet is read; there are answers or other tables in {_listed(others)} too"
    fix = "Name the right one with sheet =, or make each a source"
    return [Fault("SRC026", what, fix, path.name, sheet=chosen)]


def _listed(names: Sequence[str]) -> str:
    more = " and others" if len(names) > 10 else ""
    return ", ".join(map(repr, names[:10])) + more


# --- headings -----------------------------------------------------------------------------


def _top(sheet: _Sheet) -> list[list[str]]:
    """The first rows; what is merged over several of them stands in each.

    So a column whose heading is as high as a title and a heading beside it has its name.
    """
    top = [[as_text(cell) for cell in row] for row in sheet.rows[:SAMPLE]]
    for (first, column), (last, _) in sheet.merged:
        for row in top[first + 1 : last + 1]:
            if column < len(row):
                row[column] = top[first][column]
    return top


def _groups(sheet: _Sheet) -> frozenset[int]:
    """Rows in which some cell reaches over several columns."""
    return frozenset(
        row
        for (first, left), (last, right) in sheet.merged
        if right > left
        for row in range(first, min(last + 1, SAMPLE))
    )


# --- cells --------------------------------------------------------------------------------


def _read(path: Path, sheet: _Sheet, columns: Columns, wanted: list[str]) -> Cells:
    first = columns.first_row
    body = enumerate(sheet.rows[first - 1 :], first)
    kept = [(n, row) for n, row in body if any(map(_is_filled, row))]
    positions = {name: columns.positions[name] for name in wanted}
    frame = pl.DataFrame(
        {name: [as_text(row[at]) for _, row in kept] for name, at in positions.items()},
        schema=dict.fromkeys(wanted, pl.String),
    )
    rows = pl.Series("rows", [n for n, _ in kept], dtype=pl.Int64)
    errors = {name: _below(sheet.found.errors.get(at, ()), first) for name, at in positions.items()}
    frame, rows, findings = without_headings(path, frame, rows, sheet.name)
    frame, found = without_errors(path, frame, rows, errors, sheet.name)
    findings += found
    for name, at in positions.items():
        formulas = _below(sheet.found.formulas.get(at, ()), first)
        findings += _without_value(path, sheet, name, formulas)
        findings += _merged(path, sheet, name, at, first)
    return responses(path, frame, rows, findings, sheet.name)


def _is_filled(cell: Any) -> bool:
    return bool(cell.strip()) if isinstance(cell, str) else cell is not None


def _below(rows: Iterable[int], first: int) -> list[int]:
    return [row for row in rows if row >= first]


def _without_value(path: Path, sheet: _Sheet, column: str, rows: list[int]) -> list[Fault]:
    if not rows:
        return []
    what = f"{count_of(len(rows), 'formula has|formulas have')} no value: counted as blank"
    fix = "Open the workbook in a spreadsheet, let it compute, and save it"
    return [many_rows(path, "023", what, fix, rows, column, sheet.name)]


def _merged(path: Path, sheet: _Sheet, column: str, at: int, first_row: int) -> list[Fault]:
    """What is merged has its value in its first cell only, and the others are blank."""
    here = [
        (max(first + 1 + (at == left), first_row), min(last + 1, len(sheet.rows)))
        for (first, left), (last, right) in sheet.merged
        if left <= at <= right
    ]
    rows: list[int] = []
    for begin, end in sorted(here):
        rows += range(max(begin, rows[-1] + 1 if rows else 0), end + 1)
    if not rows:
        return []
    merged = count_of(len(rows), "cell is merged|cells are merged")
    what = f"{merged} with another above or beside: counted as blank"
    fix = "Undo the merging and write the value into each cell, if that is meant"
    return [many_rows(path, "025", what, fix, rows, column, sheet.name)]
