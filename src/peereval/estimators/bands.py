"""Distribution over the bands of a score, before and after."""

from collections.abc import Iterator
from math import isfinite
from typing import Any

import numpy as np
import polars as pl
from msgspec.structs import replace
from numpy.typing import NDArray
from scipy import special

from peereval.estimators.estimate import Estimate, Key, probability
from peereval.plurals import count_of
from peereval.scales import Band, Score


def band_rows(
    key: Key, counts: pl.DataFrame, band: Band, score: Score, n_organisations: int
) -> Iterator[dict[str, Any]]:
    """Shares of each level before and after, and the test that they are the same.

    ``counts``: pairs by value before and after (columns pre, post, n).
    """
    table = band_table(counts, band, score)
    n = int(table.sum())
    for position, (level, _, _) in enumerate(band.levels):
        for estimand, margin in (
            ("share_pre", table.sum(axis=1)),
            ("share_post", table.sum(axis=0)),
        ):
            found = cell_share(int(margin[position]), n, n_organisations)
            yield key.row("share", estimand, found, level)
    test = stuart_maxwell(table)
    yield key.row("stuart_maxwell", "marginal_homogeneity", with_counts(test, n, n_organisations))


def band_table(counts: pl.DataFrame, band: Band, score: Score) -> NDArray[np.int64]:
    """Pairs by level before (rows) and after (columns): shape (levels, levels)."""
    bounds = [float(low * score.denominator) for _, _, low in band.levels]
    table = np.zeros((len(bounds), len(bounds)), dtype=np.int64)
    before, after = (
        np.searchsorted(bounds, counts[name].to_numpy(), side="right") - 1
        for name in ("pre", "post")
    )
    np.add.at(table, (before, after), counts["n"].to_numpy())
    return table


def cell_share(count: int, n: int, n_organisations: int) -> Estimate:
    """A cell or a margin of a table as a share of all its pairs."""
    if not n:
        return Estimate(reason="no matched pairs")
    return Estimate(count / n, n=n, n_organisations=n_organisations)


def with_counts(test: Estimate, n: int, n_organisations: int) -> Estimate:
    """A test of a table, with how many pairs and organisations stand behind it."""
    return replace(test, n=n, n_organisations=n_organisations)


def stuart_maxwell(table: NDArray[np.int64]) -> Estimate:
    """Stuart-Maxwell test of marginal homogeneity (Stuart 1955; Maxwell 1970).

    ``table``: pairs by category before (rows) and after (columns), shape (k, k). The
    statistic is d' S^- d with d the differences of the margins; its degrees of freedom
    are the rank of S, which is k - 1 unless a category neither gains nor loses anyone or
    the moves fall into separate islands. Not estimable if nobody moved.
    """
    if not table.sum():
        return Estimate(reason="no matched pairs")
    moved = table - np.diag(np.diag(table))
    if not moved.sum():
        return Estimate(reason="nobody moved from one band to another")
    d = (moved.sum(axis=1) - moved.sum(axis=0)).astype(float)
    both = (moved + moved.T).astype(float)
    s = np.diag(both.sum(axis=1)) - both
    df = int(np.linalg.matrix_rank(s))
    statistic = float(d @ np.linalg.pinv(s, hermitian=True) @ d)
    if not isfinite(statistic):
        return Estimate(reason="the test statistic could not be computed")
    freedom = f"{count_of(df, 'degree')} of freedom: not every band exchanged anyone"
    return Estimate(
        statistic=statistic,
        df=df,
        p_value=probability(float(special.chdtrc(df, statistic))),
        note=freedom if df < len(d) - 1 else "",
    )


def bowker(table: NDArray[np.int64]) -> Estimate:
    """Bowker's test of symmetry (1948, JASA 43:572): as many moved one way as the other.

    ``table``: pairs by category before (rows) and after (columns), shape (k, k). As R's
    ``mcnemar.test`` without correction; where two categories have no move between them (there R
    gives none) they are left out, with their degree of freedom. Pairs are taken as
    independent. Not estimable if nobody moved.
    """
    if not table.sum():
        return Estimate(reason="no matched pairs")
    above = np.triu_indices(len(table), 1)
    up, down = table[above].astype(float), table.T[above].astype(float)
    moved = up + down > 0
    df, possible = int(moved.sum()), len(up)
    if not df:
        return Estimate(reason="nobody moved from one band to another")
    statistic = float(((up - down)[moved] ** 2 / (up + down)[moved]).sum())
    left_out = f"{count_of(possible - df, 'pair')} of bands without a move between them left out"
    return Estimate(
        statistic=statistic,
        df=df,
        p_value=probability(float(special.chdtrc(df, statistic))),
        note=left_out if df < possible else "",
    )
