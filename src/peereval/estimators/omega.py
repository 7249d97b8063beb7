"""McDonald's omega: the share of a score's variance that is due to what its items share."""

from collections.abc import Sequence

import numpy as np

from peereval.estimators.estimate import Estimate
from peereval.estimators.factors import Numbers, factors_of, rotate
from peereval.estimators.reliability import left_out, scatter, varying, why_too_few
from peereval.item_moments import ItemSums

_FEW_ITEMS = "fewer than three items that vary: one common factor needs three"


def omega_total(sums: ItemSums) -> Estimate:
    """Omega of one common factor (McDonald 1999, eq. 6.20b).

    The square of the sum of the loadings over that and the sum of the error variances, of the
    covariances of the complete answers, one factor fitted by maximum likelihood. Not estimable
    with fewer than three items that vary, where their covariances have no inverse, or without a
    proper solution.
    """
    kept = varying(sums)
    reason = why_too_few(sums) or (_FEW_ITEMS if len(kept) < 3 else "")
    if reason:
        return Estimate(n=sums.n, reason=reason)
    spreads, correlations = correlations_of(sums, kept)
    factor = factors_of(correlations, 1)
    if factor.reason:
        return Estimate(n=sums.n, reason=factor.reason)
    loadings = factor.loadings[:, 0] * spreads
    common = float(loadings.sum()) ** 2
    value = common / (common + float(np.sum(factor.uniquenesses * spreads**2)))
    against = loadings.min() < 0 < loadings.max()
    turned = "an item goes against the others: is it reversed as it should be?" if against else ""
    notes = [left_out(sums, kept), turned]
    return Estimate(value, n=sums.n, note="; ".join(note for note in notes if note))


def omega_hierarchical(sums: ItemSums, parts: Sequence[Sequence[str]]) -> Estimate:
    """Omega of the general factor of a score made of ``parts`` (items of each sub-score).

    Schmid & Leiman (1957), as Zinbarg, Revelle, Yovel & Li (2005, Psychometrika 70:123): as many
    factors as parts by maximum likelihood, rotated obliquely, one factor of their correlations,
    and what each item has of that; its square sum over the variance of the score. Not
    estimable with fewer than three parts, or where either step has no proper solution.
    """
    kept = varying(sums)
    reason = why_too_few(sums) or ("fewer than three sub-scores" if len(parts) < 3 else "")
    if reason:
        return Estimate(n=sums.n, reason=reason)
    names = [sums.items[place] for place in kept]
    keys = np.array([[float(name in part) for part in parts] for name in names])
    if not keys.any(axis=0).all():
        return Estimate(n=sums.n, reason="no item of one sub-score varies")
    spreads, correlations = correlations_of(sums, kept)
    general = general_loadings(correlations, keys)
    if isinstance(general, str):
        return Estimate(n=sums.n, reason=general)
    variance = float(spreads @ correlations @ spreads)
    value = float(general @ spreads) ** 2 / variance
    return Estimate(value, n=sums.n, note=left_out(sums, kept))


def general_loadings(correlations: Numbers, keys: Numbers) -> Numbers | str:
    """Loadings of items on the general factor of a correlation matrix; or why there are none.

    ``keys`` (k, m) says with 1 which items each of the ``m`` parts holds.
    """
    first = factors_of(correlations, keys.shape[1])
    if first.reason:
        return first.reason
    rotated = rotate(first.loadings, keys)
    if rotated is None:
        return "the rotation of the factors does not settle"
    loadings, among = rotated
    second = factors_of(among, 1)
    if second.reason:
        return f"of the sub-scores' factors: {second.reason}"
    top = second.loadings[:, 0]
    return np.asarray(loadings @ (top if top.sum() > 0 else -top))


def correlations_of(sums: ItemSums, kept: Sequence[int]) -> tuple[Numbers, Numbers]:
    """Standard deviations (k,) and correlations (k, k) of the items that are kept."""
    spread = scatter(sums)[np.ix_(kept, kept)] / (sums.n * (sums.n - 1))
    covariances = spread.astype(np.float64)
    spreads = np.sqrt(np.diag(covariances))
    return spreads, np.asarray(covariances / np.outer(spreads, spreads))
