"""Cells as written -> codes, with everything that was not understood counted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from math import isfinite, isnan
from typing import Any

import polars as pl

from peereval.labels import fold


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


def code_column(
    cells: pl.Series, codes: Mapping[str, Any], missing: frozenset[str], rows: pl.Series, dtype: Any
) -> tuple[pl.Series, list[Unread]]:
    """The codes of one column, and the values that are neither code nor declared missing.

    ``rows``: the row number of each cell. Work is done once a distinct value, not once a
    row. Blank cells and ``missing`` texts are missing and not reported.
    """
    known: dict[Any, Any] = {}
    strange: dict[Any, str] = {}
    for value in cells.unique(maintain_order=True).to_list():
        text = as_text(value)
        folded = fold(text)
        if folded in codes:
            known[value] = codes[folded]
        elif text and folded not in missing:
            strange[value] = text
    if not known:
        coded = pl.Series([None] * len(cells), dtype=dtype)
    elif _are_codes(cells, known):
        coded = cells.cast(dtype)
    else:
        coded = cells.replace_strict(
            list(known), list(known.values()), default=None, return_dtype=dtype
        )
    return coded.alias(cells.name), _unread(cells, strange, rows)


def _are_codes(cells: pl.Series, known: Mapping[Any, Any]) -> bool:
    """Whether every cell already is its code, or blank: no look-up is needed then."""
    if not cells.dtype.is_integer() or any(value != code for value, code in known.items()):
        return False
    return cells.n_unique() == len(known) + (cells.null_count() > 0)


def _unread(cells: pl.Series, strange: Mapping[Any, str], rows: pl.Series) -> list[Unread]:
    if not strange:
        return []
    found = (
        pl.DataFrame({"value": cells, "row": rows})
        .filter(pl.col("value").is_in(list(strange)))
        .group_by("value", maintain_order=True)
        .agg(pl.len().alias("n"), pl.col("row").min())
    )
    return [Unread(strange[value], n, row) for value, n, row in found.iter_rows()]
