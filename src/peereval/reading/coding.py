"""Cells as written -> codes, with everything that was not understood counted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from math import isnan
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
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value).strip()


def code_column(
    cells: pl.Series, codes: Mapping[str, Any], missing: frozenset[str], first_row: int, dtype: Any
) -> tuple[pl.Series, list[Unread]]:
    """The codes of one column, and the values that are neither code nor declared missing.

    Work is done once a distinct value, not once a row. Blank cells and ``missing``
    texts are missing and not reported.
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
    if all(value == code and type(value) is type(code) for value, code in known.items()):
        coded = _keep(cells, known, dtype)
    else:
        coded = cells.replace_strict(
            list(known), list(known.values()), default=None, return_dtype=dtype
        )
    return coded.alias(cells.name), _unread(cells, strange, first_row)


def _keep(cells: pl.Series, known: Mapping[Any, Any], dtype: Any) -> pl.Series:
    """Values that already are their code need no look-up; the others become missing."""
    if not known:
        return pl.Series(cells.name, [None] * len(cells), dtype=dtype)
    if cells.n_unique() == len(known) + (cells.null_count() > 0):
        return cells.cast(dtype)
    mask = cells.is_in(list(known))
    return pl.select(pl.when(mask).then(cells)).to_series().cast(dtype)


def _unread(cells: pl.Series, strange: Mapping[Any, str], first_row: int) -> list[Unread]:
    if not strange:
        return []
    found = (
        pl.DataFrame({"value": cells})
        .with_row_index("position")
        .filter(pl.col("value").is_in(list(strange)))
        .group_by("value", maintain_order=True)
        .agg(pl.len().alias("n"), pl.col("position").min())
    )
    return [
        Unread(strange[value], n, first_row + position)
        for value, n, position in found.select("value", "n", "position").iter_rows()
    ]
