"""Excel workbooks, and OpenDocument sheets."""

from pathlib import Path

import polars as pl

from peereval.errors import nearest
from peereval.reading.coding import as_text
from peereval.reading.export import Export, unreadable


def open_excel(path: Path, sheet: str = "") -> Export:
    """One sheet (default the first); its first row that is not blank is the header."""
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        workbook = CalamineWorkbook.from_path(path)
        if sheet and sheet not in workbook.sheet_names:
            fix = nearest(sheet, workbook.sheet_names) or f"There are {workbook.sheet_names}"
            raise unreadable(path, f"there is no sheet {sheet!r}", fix)
        rows = workbook.get_sheet_by_name(sheet or workbook.sheet_names[0]).to_python(
            skip_empty_area=False
        )
    except CalamineError:
        raise unreadable(path, "it is not a workbook", "Save it again as .xlsx") from None
    top = next((i for i, row in enumerate(rows) if any(str(c).strip() for c in row)), None)
    if top is None:
        raise unreadable(path, "the sheet is empty", "Name another with sheet = ")
    header = [as_text(cell) for cell in rows[top]]
    named = {name: position for position, name in enumerate(header) if name}

    def read(columns: list[str]) -> pl.DataFrame:
        cells = {name: [as_text(row[named[name]]) for row in rows[top + 1 :]] for name in columns}
        return pl.DataFrame(cells, schema=dict.fromkeys(columns, pl.String))

    return Export(path.name, [name for name in header if name], read, first_row=top + 2)
