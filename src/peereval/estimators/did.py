"""Difference-in-differences: mean change of the treated group less that of the control group."""

from collections.abc import Iterator
from math import sqrt
from typing import Any

from peereval.estimators.clustered import contrast_cr2, n_together
from peereval.estimators.estimate import Estimate, Key, t_estimate
from peereval.estimators.sums import Totals, totals
from peereval.moments import ClusterSums


def did_rows(
    key: Key, treated: ClusterSums, control: ClusterSums, level: float
) -> Iterator[dict[str, Any]]:
    """Every row about the difference in change of two groups in one outcome."""
    yield key.row("did_ols", "did", did_ols(treated, control, level))
    yield key.row("did_cr2", "did", contrast_cr2((treated, control), level))


def did_ols(treated: ClusterSums, control: ClusterSums, level: float) -> Estimate:
    """Least squares of change on group: the pooled-variance t-test of two mean changes.

    ``treated`` and ``control``: exact sums over the same organisations in the same order.
    With two occasions this is the two-way fixed-effects estimate. Pairs are taken as
    independent; df = n - 2. Not estimable when a group is empty, when there are fewer
    than three pairs, or when change does not vary within the groups.
    """
    one, two = totals(treated), totals(control)
    n, organisations = one.n + two.n, n_together((treated, control))
    reason = _why_not(one, two)
    if reason:
        return Estimate(n=n, n_organisations=organisations, reason=reason)
    pooled = (_squares(one) + _squares(two)) / (n - 2)
    return t_estimate(
        one.mean(one.change) - two.mean(two.change),
        sqrt(pooled * (1 / one.n + 1 / two.n)),
        n - 2,
        level,
        n,
        organisations,
        note=f"{one.n} treated, {two.n} control",
    )


def _squares(whole: Totals) -> float:
    """Sum of squared deviations of change, in squared units."""
    return whole.scatter(whole.change, whole.change_sq) / (whole.n * whole.denominator**2)


def _why_not(one: Totals, two: Totals) -> str:
    if not one.n or not two.n:
        return "one group has no matched pairs" if one.n or two.n else "no matched pairs"
    if one.n + two.n < 3:
        return "one matched pair in each group: a standard error needs more"
    if not one.change_varies and not two.change_varies:
        return "change does not vary within either group, so there is nothing to test against"
    return ""
