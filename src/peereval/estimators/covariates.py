"""What is known of respondents before, as the columns of a regression."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

# A column of whose square this share is left by the columns before it says nothing new.
_NOTHING_NEW = 1e-10


def covariates(
    rows: pl.DataFrame, numbers: Sequence[str], words: Sequence[str], fewest: int
) -> Numbers:
    """Columns by respondent, shape (n, p), the first of them 1.

    ``numbers``: whole numbers, standardised; who lacks one has their mean, and a column of its
    own says so (Rosenbaum & Rubin 1984, J Am Stat Assoc 79:516, appendix). ``words``: one column
    for each level but the most frequent, who lacks one being a level. Nothing has a column that
    fewer than ``fewest`` respondents share: rare levels have one together, or, where even
    together they are too few, count with the most frequent.
    """
    columns = [np.ones(rows.height)]
    for name in numbers:
        column = rows[name]
        missing = column.is_null().to_numpy()
        columns.append(standardised(column))
        if missing.sum() >= fewest:
            columns.append(missing.astype(float))
    for name in words:
        columns += _levels(rows[name], fewest)
    return np.column_stack(columns)


def standardised(column: pl.Series) -> Numbers:
    """Whole numbers less their mean, over their standard deviation (n); 0 where missing.

    Computed from n x - sum, a whole number: the same whatever is added to all of them.
    """
    known = column.drop_nulls().cast(pl.Int64)
    n, total = known.len(), int(known.sum())
    squares = int((known.cast(pl.Int128) ** 2).sum())
    scatter = n * squares - total * total
    if scatter <= 0:
        return np.zeros(column.len())
    off = (column.cast(pl.Int64) * n - total).fill_null(0)
    z: Numbers = off.to_numpy().astype(float) / float(scatter) ** 0.5
    return z


def _levels(column: pl.Series, fewest: int) -> list[Numbers]:
    texts = column.cast(pl.String).fill_null("")
    found = texts.value_counts(name="n").sort("n", texts.name, descending=[True, False])
    frequent = [level for level, n in found.iter_rows() if n >= fewest]
    shown = [(texts == level).to_numpy().astype(float) for level in frequent[1:]]
    rare = (~texts.is_in(frequent)).to_numpy()
    return [*shown, rare.astype(float)] if rare.sum() >= max(fewest, 1) else shown


def independent(design: Numbers) -> Numbers:
    """The columns of ``design`` that the columns before them do not already say."""
    products = design.T @ design
    lengths = np.sqrt(np.diag(products))
    lengths[lengths == 0] = 1.0
    left = products / np.outer(lengths, lengths)
    kept = []
    # Each column that is kept is taken out of the products of all others, as Cholesky does.
    for place in range(len(left)):
        if left[place, place] > _NOTHING_NEW:
            kept.append(place)
            row = left[place] / left[place, place]
            left = left - np.outer(left[:, place], row)
    return np.asarray(design[:, kept], dtype=float)
