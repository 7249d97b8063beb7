"""Parquet files: typed, so codes need no reading as text."""

from contextlib import AbstractContextManager
from pathlib import Path

import polars as pl

from peereval.reading.export import (
    HEADER,
    Cells,
    Export,
    Recognised,
    library,
    named,
    refused,
    responses,
)
from peereval.reading.headings import MOST_COLUMNS, marks
from peereval.reading.platforms import recognise_platform
from peereval.studies import AS_FOUND, Layout

#: Cells that any file may have, and how many more for each byte of a larger one.
_MOST_CELLS = 100_000_000
_RATIO = 200
#: Bytes of a file that is looked through before it is read, and rows looked at in one go.
_LOOKED_THROUGH = 4 << 20
_BATCH = 1 << 16


def open_parquet(path: Path, layout: Layout = AS_FOUND) -> Export:
    """A Parquet export; row numbers are those of a sheet with one header row."""
    _refuse_damaged(path)
    with _whole(path):
        schema = pl.read_parquet_schema(path)
    if len(schema) > MOST_COLUMNS:
        what = f"there are more than {MOST_COLUMNS:,} columns"
        raise refused(path, "009", what, "Export only the questions that are needed")
    columns = named(path, list(schema))
    platform = None if layout.platform else recognise_platform([list(schema)])

    def read(wanted: list[str]) -> Cells:
        for name in wanted:
            if schema[name].is_nested():
                what = "it holds lists or tables, not single answers"
                raise refused(path, "003", what, "Give each answer a column", column=name)
        most = max(_MOST_CELLS, _RATIO * path.stat().st_size) // len(wanted)
        with _whole(path):
            frame = pl.read_parquet(path, columns=wanted, n_rows=most + 1)
        if frame.height > most:
            what = f"it has more than {most:,} rows, which cannot be answers in so small a file"
            raise refused(path, "008", what, "Write it again")
        last = HEADER + frame.height
        rows = pl.int_range(HEADER + 1, last + 1, dtype=pl.Int64, eager=True)
        return responses(path, frame, rows)

    recognised = Recognised("Parquet", platform.platform if platform else "")
    tests, unfinished = marks(dict(enumerate(columns)), platform)
    return Export(path.name, list(columns), read, recognised, tests=tests, unfinished=unfinished)


def _whole(path: Path) -> AbstractContextManager[None]:
    return library(path, "it is not a whole Parquet file", "Write it again")


def _refuse_damaged(path: Path) -> None:
    """Raise ``SourceError`` if a file is damaged inside, as only reading it shows.

    The library that reads it fast may end the whole program there, so another one goes first:
    through small files, for in larger ones it takes time and a chance hit is far less likely.
    """
    if path.stat().st_size > _LOOKED_THROUGH:
        return
    import pyarrow.parquet

    with _whole(path), pyarrow.parquet.ParquetFile(path) as file:
        cells = 0
        for batch in file.iter_batches(_BATCH, use_threads=False):
            cells += batch.num_rows * batch.num_columns
            if cells > _MOST_CELLS:
                return
