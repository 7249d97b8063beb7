"""Rows -> a polars table with the columns of the vocabulary; a table -> its parts."""

from collections.abc import Iterable
from typing import Any

import polars as pl

from peereval.columns import Column

_TYPES = {"text": pl.String, "integer": pl.Int64, "number": pl.Float64, "flag": pl.Boolean}


def schema_of(columns: Iterable[Column]) -> pl.Schema:
    """Names and types of the columns of a table, as polars has them."""
    return pl.Schema({column.name: _TYPES[column.type] for column in columns})


def table_of(rows: list[dict[str, Any]], columns: Iterable[Column]) -> pl.DataFrame:
    """A table of rows, one each, in which every column of the table is a key."""
    return pl.DataFrame(rows, schema=schema_of(columns), orient="row", infer_schema_length=None)


def parts_by(table: pl.DataFrame, *columns: str) -> dict[tuple[Any, ...], pl.DataFrame]:
    """The rows of a table by what they hold in ``columns``, in the order in which that is met."""
    # What a part holds is read off its first row: asked of polars, each is a query of its own.
    parts = table.partition_by(columns)
    return {tuple(part[name][0] for name in columns): part for part in parts}
