"""One export as it is written, whatever its format."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from peereval.errors import Fault, SourceError

#: Header row of a table that has nothing above it.
HEADER = 1


@dataclass(frozen=True, slots=True)
class Cells:
    """Columns of an export: text, or the numbers of a format that has types.

    ``rows`` are the row numbers as a spreadsheet shows them, one for each row of
    ``frame``. Rows without anything in them are left out, but not of Parquet, where a
    program and not a person made them.
    """

    frame: pl.DataFrame
    rows: pl.Series


@dataclass(frozen=True, slots=True)
class Export:
    """An export whose columns are known and whose cells are read when asked for."""

    file: str
    columns: list[str]
    read: Callable[[list[str]], Cells]


def unreadable(
    path: Path, what: str, fix: str, row: int | None = None, column: str = ""
) -> SourceError:
    """The error for a file whose content is not what its ending says."""
    fault = Fault("SRC003", what, fix, path.name, row, column)
    return SourceError(f"{path.name} cannot be read", [fault])


def named(path: Path, header: Sequence[str]) -> dict[str, int]:
    """Column name -> position, of the columns that have a name.

    Raises ``SourceError`` if two share one, or if none has any.
    """
    names = [name.strip() for name in header]
    repeated = [name for name in dict.fromkeys(names) if name and names.count(name) > 1]
    if repeated:
        # By position, not by name: where the headings are missing, they are somebody's answers.
        places = [
            " and ".join(str(number) for number, other in enumerate(names, 1) if other == name)
            for name in repeated
        ]
        fix = "Rename one, or put the headings above the answers"
        raise SourceError(
            f"{path.name} cannot be read",
            [
                Fault("SRC004", f"columns {place} have the same heading", fix, path.name, HEADER)
                for place in places
            ],
        )
    if not any(names):
        raise unreadable(path, "it has no header", "The first row must name the columns", HEADER)
    return {name: position for position, name in enumerate(names) if name}


def text_cells(
    rows: Sequence[Sequence[str]], numbers: Sequence[int], columns: dict[str, int]
) -> Cells:
    """Cells of the wanted columns (name -> position), from rows of text."""
    kept = [(n, row) for n, row in zip(numbers, rows, strict=True) if any(row)]
    frame = pl.DataFrame(
        {name: [row[position] for _, row in kept] for name, position in columns.items()},
        schema=dict.fromkeys(columns, pl.String),
    )
    return Cells(frame, pl.Series("rows", [n for n, _ in kept], dtype=pl.Int64))
