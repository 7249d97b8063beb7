"""The contrast of two groups, the control group weighted to be like the treated before.

Controls count by their odds of being treated, given what was known before: the estimate is of the
effect on the treated (Hirano & Imbens 2001, Health Serv Outcomes Res Methodol 2:259). Weights are
taken as known.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from peereval.estimators.attrition import (
    difference_of_means,
    difference_of_shares,
    in_words,
)
from peereval.estimators.clustered import too_few
from peereval.estimators.covariates import covariates
from peereval.estimators.estimate import Estimate
from peereval.estimators.selection import chances_of_follow_up
from peereval.estimators.weighted_means import NOT_CLUSTERED, Weighted, weighted_cr2
from peereval.moments import Integers

Numbers = NDArray[np.float64]

_TELLS_APART = (
    "what was known before tells exactly who was treated, at least for some respondents: there is "
    "nobody in the other group to compare them with"
)


class Compared(Struct, frozen=True):
    """Pairs of both groups: whole numbers before and after, who is treated, and weights.

    ``weight``: 1 for the treated, for controls their odds of being treated; or a text, why there
    are none. ``organisation``: its number. All of shape (n,).
    """

    before: Integers
    after: Integers
    treated: NDArray[np.bool_]
    organisation: Integers
    weight: Numbers | str
    denominator: int


def known_before(rows: pl.DataFrame, number: str, words: Sequence[str], fewest: int) -> Numbers:
    """What weights are made from, shape (n, p): one score, and levels of some characteristics.

    As `covariates`, but without the column that rare levels share where even together they are
    fewer than ``fewest``: a handful of respondents is soon all in one group, by chance, and then
    nobody could be weighted. They count with the most frequent level.
    """
    design = covariates(rows, [number], words, fewest)
    flags = np.isin(design, (0.0, 1.0)).all(axis=0)
    few = flags & (design.sum(axis=0) < fewest)
    few[0] = False
    return design[:, ~few]


def odds_weights(design: Numbers, treated: NDArray[np.bool_]) -> Numbers | str:
    """Weights of all pairs, by logistic regression of being treated on ``design``; or why none.

    ``design``: what was known before, shape (n, p), with a column of 1. There are none where a
    group is empty, or where somebody was certain to be treated or not to be.
    """
    if treated.all() or not treated.any():
        return "one group has no matched pairs" if len(treated) else "no matched pairs"
    # The model of being followed up, of being treated.
    chances = chances_of_follow_up(design, treated)
    if isinstance(chances, str):
        return _TELLS_APART
    return np.where(treated, 1.0, chances / (1 - chances))


def did_weighted(pairs: Compared, level: float, clustered: bool, n_organisations: int) -> Estimate:
    """Mean change of the treated less the weighted mean change of the controls, with CR2.

    Not estimable without weights, without organisations, below `FEWEST_ORGANISATIONS`, when one
    organisation holds a whole group, or when the means of organisations do not vary.
    """
    counts: dict[str, Any] = {"n": len(pairs.treated), "n_organisations": n_organisations}
    reason = pairs.weight if isinstance(pairs.weight, str) else ""
    reason = reason or ("" if clustered else NOT_CLUSTERED) or too_few(n_organisations)
    if reason or isinstance(pairs.weight, str):
        return Estimate(reason=reason, **counts)
    change = (pairs.after - pairs.before) / pairs.denominator
    _, place = np.unique(pairs.organisation, return_inverse=True)
    groups = [
        Weighted(change[mine], pairs.weight[mine], place[mine])
        for mine in (pairs.treated, ~pairs.treated)
    ]
    found = weighted_cr2(groups, level, n_organisations)
    if found.reason:
        return found
    controls = groups[1]
    largest = float(controls.weight.max() / controls.weight.mean())
    note = (
        f"{len(groups[0].weight):,} treated; {len(controls.weight):,} controls weighted to be as "
        f"many as {controls.effective:.0f}, the largest weight {largest:.1f} times their mean"
    )
    return replace(found, note=note)


def balance_before(pairs: Compared, level: float) -> tuple[Estimate, Estimate]:
    """Standardised difference of the values before: unweighted, with interval, and weighted.

    Both are divided by the pooled standard deviation without weights, so that they differ by the
    weights alone (Stuart 2010, Stat Sci 25:1).
    """
    treated, before = pairs.treated, pairs.before
    if reason := _one_empty(treated):
        return _none(reason, len(treated))
    plain = difference_of_means(before[treated], before[~treated], level)
    # Less their mean, in whole numbers: the same whatever is added to all of them.
    off = (before * len(before) - int(before.sum())).astype(float)
    squares = sum(float(part.var() * len(part)) for part in (off[treated], off[~treated]))
    spread = (squares / (len(before) - 2)) ** 0.5 if len(before) > 2 else 0.0
    return plain, _weighted(pairs, off, spread, plain)


def balance_of_share(
    pairs: Compared, there: NDArray[np.bool_], level: float
) -> tuple[Estimate, Estimate]:
    """As `balance_before`, of the share of those who are ``there`` (in a level, say)."""
    treated = pairs.treated
    if reason := _one_empty(treated):
        return _none(reason, len(treated))
    one, two = ((int(there[mine].sum()), int(mine.sum())) for mine in (treated, ~treated))
    plain = difference_of_shares(one, two, level)
    spread = (sum(k / n * (1 - k / n) for k, n in (one, two)) / 2) ** 0.5
    return plain, _weighted(pairs, there.astype(float), spread, plain)


def _one_empty(treated: NDArray[np.bool_]) -> str:
    if treated.any() and not treated.all():
        return ""
    return "one group has no matched pairs" if len(treated) else "no matched pairs"


def _none(reason: str, n: int) -> tuple[Estimate, Estimate]:
    return Estimate(n=n, reason=reason), Estimate(n=n, reason=reason)


def _weighted(pairs: Compared, values: Numbers, spread: float, plain: Estimate) -> Estimate:
    """The difference of weighted means over ``spread``; not where ``plain`` is not either."""
    reason = plain.reason or (pairs.weight if isinstance(pairs.weight, str) else "")
    if reason or isinstance(pairs.weight, str):
        return Estimate(n=plain.n, reason=reason)
    means = [
        float(pairs.weight[mine] @ values[mine] / pairs.weight[mine].sum())
        for mine in (pairs.treated, ~pairs.treated)
    ]
    value = (means[0] - means[1]) / spread
    return Estimate(value, n=plain.n, note=in_words(value))
