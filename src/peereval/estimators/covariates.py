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
        columns.append(standardised(column))
        if column.null_count() >= fewest:
            columns.append(column.is_null().to_numpy().astype(float))
    for name in words:
        columns += _levels(rows[name], fewest)
    return np.column_stack(columns)


def standardised(column: pl.Series) -> Numbers:
    """Whole numbers less their mean, over their standard deviation (n); 0 where missing.

    Computed from n x - sum, a whole number: the same whatever is added to all of them.
    """
    there = column.is_not_null()
    known = column.filter(there).to_numpy().astype(np.int64)
    n, total = len(known), int(known.sum())
    largest = int(np.abs(known).max(initial=0))
    # Squares of large numbers need not fit 64 bits, and would wrap without a word.
    exact = known if largest**2 * n < 2**62 else known.astype(object)
    scatter = n * int((exact * exact).sum()) - total * total
    z = np.zeros(len(there))
    if scatter > 0:
        z[there.to_numpy()] = (known * n - total).astype(float) / float(scatter) ** 0.5
    return z


def _levels(column: pl.Series, fewest: int) -> list[Numbers]:
    number = pl.all().cast(pl.String).fill_null("").rank("dense").cast(pl.Int64) - 1
    level = column.to_frame().select(number).to_series().to_numpy()
    times = np.bincount(level)
    # The most frequent first, of those as frequent the first by name.
    order = np.argsort(-times, kind="stable")
    frequent = order[times[order] >= fewest]
    shown = [(level == each).astype(float) for each in frequent[1:]]
    rare = ~np.isin(level, frequent)
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
