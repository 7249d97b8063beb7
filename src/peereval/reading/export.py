"""One export file -> a table as it is written, whatever its format."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from peereval.errors import Fault, SourceError


@dataclass(frozen=True, slots=True)
class Export:
    """The cells of one export, as text (or as numbers where the format has types).

    ``rows`` are the row numbers as a spreadsheet shows them.
    """

    file: str
    columns: list[str]
    read: Callable[[list[str]], pl.DataFrame]
    first_row: int = 2


def open_export(path: Path, sheet: str = "") -> Export:
    """The export at ``path``, its columns known and its cells not yet read.

    CSV and other delimited text, Excel (``sheet`` by name, default the first),
    Parquet and SPSS (.sav) by the ending of the name. Raises ``SourceError`` if the
    file is not there, cannot be read as its ending says, or has no usable header.
    """
    if not path.is_file():
        raise SourceError(
            "An export is not there",
            [
                Fault(
                    "SRC001",
                    f"there is no file {path.name!r} in {str(path.parent)!r}",
                    "Put it there, or say where the exports are with --data",
                    file=path.name,
                )
            ],
        )
    export = _opener(path)(path, sheet)
    repeated = sorted({name for name in export.columns if export.columns.count(name) > 1})
    if repeated:
        raise SourceError(
            f"{path.name} cannot be read",
            [
                Fault("SRC004", "two columns have this name", "Rename one", path.name, column=name)
                for name in repeated
            ],
        )
    return export


def _opener(path: Path) -> Callable[[Path, str], Export]:
    ending = path.suffix.lower()
    if ending in (".csv", ".tsv", ".txt"):
        from peereval.reading.delimited import open_delimited

        return open_delimited
    if ending in (".xlsx", ".xlsm", ".xls", ".ods"):
        from peereval.reading.excel import open_excel

        return open_excel
    if ending in (".parquet", ".pq"):
        from peereval.reading.parquet import open_parquet

        return open_parquet
    if ending in (".sav", ".zsav"):
        from peereval.reading.spss import open_spss

        return open_spss
    raise SourceError(
        f"{path.name} cannot be read",
        [
            Fault(
                "SRC002",
                f"the ending {ending!r} is not known",
                "Export as .csv, .xlsx, .parquet or .sav",
                file=path.name,
            )
        ],
    )


def unreadable(path: Path, what: str, fix: str, row: int | None = None) -> SourceError:
    """The error for a file whose content is not what its ending says."""
    return SourceError(f"{path.name} cannot be read", [Fault("SRC003", what, fix, path.name, row)])
