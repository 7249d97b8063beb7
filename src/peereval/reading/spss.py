"""SPSS files (.sav): value labels stand for the numbers that they name."""

from pathlib import Path
from typing import Any

from peereval.reading.coding import as_text
from peereval.reading.export import HEADER, Cells, Export, named, text_cells, unreadable


def open_spss(path: Path, _sheet: str = "") -> Export:
    """An SPSS export. A labelled number is read as its label, a user-missing one as blank."""
    import pyreadstat

    try:
        data, meta = pyreadstat.read_sav(str(path), user_missing=True, output_format="dict")
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, UnicodeDecodeError):
        raise unreadable(path, "it is not an SPSS file", "Save it again as .sav") from None
    columns = named(path, meta.column_names)

    def cell(column: str, value: Any) -> str:
        if _is_missing(value, meta.missing_ranges.get(column, [])):
            return ""
        labels = meta.variable_value_labels.get(column, {})
        return str(labels[value]) if value in labels else as_text(value)

    def read(wanted: list[str]) -> Cells:
        by_column = [[cell(name, value) for value in data[name]] for name in columns]
        rows = list(zip(*by_column, strict=True))
        numbers = range(HEADER + 1, HEADER + 1 + len(rows))
        return text_cells(rows, numbers, {name: columns[name] for name in wanted})

    return Export(path.name, list(columns), read)


def _is_missing(value: Any, ranges: list[Any]) -> bool:
    return any(
        isinstance(value, type(bound["lo"])) and bound["lo"] <= value <= bound["hi"]
        for bound in ranges
    )
