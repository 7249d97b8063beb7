"""Excel workbooks, and OpenDocument sheets."""

from pathlib import Path

from peereval.errors import nearest
from peereval.reading.coding import as_text
from peereval.reading.export import Cells, Export, named, text_cells, unreadable


def open_excel(path: Path, sheet: str = "") -> Export:
    """One sheet (default the first); its first row that is not blank is the header."""
    rows = [[as_text(cell) for cell in row] for row in _sheet(path, sheet)]
    top = next((number for number, row in enumerate(rows) if any(row)), None)
    if top is None:
        raise unreadable(path, "the sheet is empty", "Name another with sheet = ")
    columns = named(path, rows[top])
    numbers = range(top + 2, len(rows) + 1)

    def read(wanted: list[str]) -> Cells:
        return text_cells(rows[top + 1 :], numbers, {name: columns[name] for name in wanted})

    return Export(path.name, list(columns), read)


def _sheet(path: Path, sheet: str) -> list[list[object]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        workbook = CalamineWorkbook.from_path(path)
        if sheet and sheet not in workbook.sheet_names:
            there = ", ".join(map(repr, workbook.sheet_names))
            fix = nearest(sheet, workbook.sheet_names) or f"There are {there}"
            raise unreadable(path, f"there is no sheet {sheet!r}", fix)
        found = workbook.get_sheet_by_name(sheet or workbook.sheet_names[0])
        rows = found.to_python(skip_empty_area=False)
    except (CalamineError, IndexError):
        raise unreadable(path, "it is not a workbook", "Save it again as .xlsx") from None
    return [list(row) for row in rows]
