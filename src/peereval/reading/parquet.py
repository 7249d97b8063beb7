"""Parquet files: typed, so codes need no reading as text."""

from pathlib import Path

import polars as pl

from peereval.reading.export import Export, unreadable


def open_parquet(path: Path, _sheet: str = "") -> Export:
    """A Parquet export; row numbers are those of a sheet with one header row."""
    try:
        columns = list(pl.read_parquet_schema(path))
    except (pl.exceptions.PolarsError, OSError):
        raise unreadable(path, "it is not a Parquet file", "Write it again") from None

    def read(wanted: list[str]) -> pl.DataFrame:
        return pl.read_parquet(path, columns=wanted)

    return Export(path.name, columns, read)
