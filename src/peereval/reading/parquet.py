"""Parquet files: typed, so codes need no reading as text."""

from pathlib import Path

import polars as pl

from peereval.reading.export import HEADER, Cells, Export, named, unreadable


def open_parquet(path: Path, _sheet: str = "") -> Export:
    """A Parquet export; row numbers are those of a sheet with one header row."""
    try:
        schema = pl.read_parquet_schema(path)
    except (pl.exceptions.PolarsError, OSError):
        raise _broken(path) from None
    columns = named(path, list(schema))

    def read(wanted: list[str]) -> Cells:
        for name in wanted:
            if schema[name].is_nested():
                what = "it holds lists or tables, not single answers"
                raise unreadable(path, what, "Give each answer a column", column=name)
        try:
            frame = pl.read_parquet(path, columns=wanted)
        except (pl.exceptions.PolarsError, OSError):
            raise _broken(path) from None
        last = HEADER + frame.height
        rows = pl.int_range(HEADER + 1, last + 1, dtype=pl.Int64, eager=True)
        return Cells(frame, rows)

    return Export(path.name, list(columns), read)


def _broken(path: Path) -> Exception:
    return unreadable(path, "it is not a whole Parquet file", "Write it again")
