"""Tables drawn as text, and their comparison with what peereval computes.

Columns are separated by spaces, or by ``|`` where a cell holds spaces. ``-`` is a missing
cell, ``·`` a space that must be seen::

    id    when  mood
    k1    b1    3
    ·k2·  b1    -
"""

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import polars as pl

Row = dict[str, str]

BLANK = "-"


def read_table(text: str) -> list[Row]:
    """Rows of a drawn table as header -> cell; a missing cell is an empty text."""
    lines = [line for line in text.splitlines() if line.strip()]
    header, *rows = [_cells(line, "|" in lines[0]) for line in lines]
    for row in rows:
        assert len(row) == len(header), f"{len(row)} cells under {len(header)} columns: {row}"
    return [dict(zip(header, row, strict=True)) for row in rows]


def _cells(line: str, ruled: bool) -> list[str]:
    cells = [cell.strip() for cell in line.split("|")] if ruled else line.split()
    return ["" if cell == BLANK else cell.replace("·", " ") for cell in cells]


def write_csv(rows: Iterable[Row], path: Path) -> None:
    """Rows as an export; cells are written as they are."""
    rows = list(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def assert_table(frame: pl.DataFrame, drawn: str) -> None:
    """``frame`` holds exactly the drawn rows, in any order, in the columns drawn."""
    wanted = read_table(drawn)
    columns = list(wanted[0]) if wanted else drawn.replace("|", " ").split()
    got = [tuple(_shown(cell) for cell in row) for row in frame.select(columns).iter_rows()]
    assert sorted(got) == sorted(tuple(row.values()) for row in wanted)


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.12g}" if isinstance(value, float) else str(value)
