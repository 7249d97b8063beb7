"""Cells as written -> codes, with everything that was not understood counted."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from math import isfinite, isnan
from typing import Any

import polars as pl

from peereval.labels import fold

#: A whole number as a table with blanks in it was saved: 4.0 means 4.
_WHOLE = re.compile(r"-?\d+\.0+")


@dataclass(frozen=True, slots=True)
class Unread:
    """A value that means nothing in its column: what, how often, where first."""

    value: str
    n: int
    first_row: int


def as_text(value: Any) -> str:
    """A cell as a person reads it: 12.0 is ``12``, no value is an empty text."""
    if value is None or (isinstance(value, float) and isnan(value)):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float | Decimal) and isfinite(value) and value == int(value):
        return str(int(value))
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value).strip()


def fold_answer(text: str) -> str:
    """An answer as it is compared with labels and codes."""
    folded = fold(text)
    return folded.partition(".")[0] if _WHOLE.fullmatch(folded) else folded


def code_column(
    cells: pl.Series, codes: Mapping[str, Any], missing: frozenset[str], rows: pl.Series, dtype: Any
) -> tuple[pl.Series, list[Unread]]:
    """As `code_columns`, for one column."""
    coded, unread = code_columns(cells.to_frame(), codes, missing, rows, dtype)
    return coded.to_series(), unread.get(cells.name, [])


def code_columns(
    cells: pl.DataFrame,
    codes: Mapping[str, Any],
    missing: frozenset[str],
    rows: pl.Series,
    dtype: Any,
) -> tuple[pl.DataFrame, dict[str, list[Unread]]]:
    """The codes of columns that share their codes, and what is neither code nor missing.

    ``cells``: columns of one type; ``rows``: the row number of each row. Work is done once
    a distinct value, not once a cell. Blank cells and ``missing`` texts are missing and not
    reported; other values that are not understood become missing and are, by column.
    """
    distinct = cells.select(pl.all().unique(maintain_order=True).implode()).row(0)
    known: dict[Any, Any] = {}
    strange: dict[Any, str] = {}
    for value in dict.fromkeys(value for values in distinct for value in values):
        text = as_text(value)
        folded = fold_answer(text)
        if not text or folded in missing or fold(text) in missing:
            continue
        if folded in codes:
            known[value] = codes[folded]
        else:
            strange[value] = text
    unread = {
        name: _unread(cells[name], {v: strange[v] for v in values if v in strange}, rows)
        for name, values in zip(cells.columns, distinct, strict=True)
        if strange and not strange.keys().isdisjoint(values)
    }
    every = dict.fromkeys(value for values in distinct for value in values if value is not None)
    if known and known == {value: value for value in every} and _are_integers(cells):
        return cells.cast(dtype), unread  # every cell already is its code
    return _look_up(cells, known, dtype), unread


def _are_integers(cells: pl.DataFrame) -> bool:
    return all(kind.is_integer() for kind in cells.dtypes)


def _look_up(cells: pl.DataFrame, known: Mapping[Any, Any], dtype: Any) -> pl.DataFrame:
    if not known:
        nothing = pl.repeat(None, cells.height, dtype=dtype, eager=True)
        return pl.DataFrame([nothing.alias(name) for name in cells.columns])
    found = pl.all().replace_strict(
        list(known), list(known.values()), default=None, return_dtype=dtype
    )
    return cells.select(found)


def _unread(cells: pl.Series, strange: Mapping[Any, str], rows: pl.Series) -> list[Unread]:
    found = (
        pl.DataFrame({"value": cells, "row": rows})
        .filter(pl.col("value").is_in(list(strange)))
        .group_by("value", maintain_order=True)
        .agg(pl.len().alias("n"), pl.col("row").min())
    )
    return [Unread(strange[value], n, row) for value, n, row in found.iter_rows()]
