"""Standardised mean changes, each by its own name."""

from collections.abc import Callable
from math import exp, isfinite, lgamma, log, sqrt
from typing import Any

from scipy import special

from peereval.estimators.estimate import Estimate
from peereval.estimators.sums import Totals, totals, why_no_test
from peereval.moments import ClusterSums


def effect_sizes(sums: ClusterSums, level: float) -> dict[str, Estimate]:
    """d_z and g_av of one group's change, with intervals.

    d_z is mean change over the standard deviation of change; its interval inverts the
    non-central t distribution (Cumming & Finch 2001). g_av is mean change over the mean
    of the two standard deviations (Lakens 2013), times Hedges' exact correction with
    n - 1 degrees of freedom; its interval is that of d_z in the same units (Algina &
    Keselman 2003). Pairs are taken as independent.
    """
    whole = totals(sums)
    counts: dict[str, Any] = {"n": whole.n, "n_organisations": sums.n_organisations}
    reason = why_no_test(whole)
    if reason:
        return {name: Estimate(reason=reason, **counts) for name in ("d_z", "g_av")}
    d_z = whole.mean(whole.change) / whole.sd_change
    limits = d_z_interval(d_z, whole.n, level)
    note = "" if limits else "the interval could not be computed"
    low, high = limits or (None, None)
    first = Estimate(d_z, ci_low=low, ci_high=high, ci_level=level, note=note, **counts)
    return {"d_z": first, "g_av": _g_av(whole, first, counts)}


def _g_av(whole: Totals, d_z: Estimate, counts: dict[str, Any]) -> Estimate:
    average = (whole.sd(whole.pre, whole.pre_sq) + whole.sd(whole.post, whole.post_sq)) / 2
    if whole.n == 2:
        return Estimate(reason="two matched pairs: the correction for bias is 0", **counts)
    factor = hedges_correction(whole.n - 1) * whole.sd_change / average

    def scaled(value: float | None) -> float | None:
        return None if value is None else value * factor

    return Estimate(
        scaled(d_z.value),
        ci_low=scaled(d_z.ci_low),
        ci_high=scaled(d_z.ci_high),
        ci_level=d_z.ci_level,
        note=d_z.note,
        **counts,
    )


def hedges_correction(df: int) -> float:
    """J, the exact small-sample correction (Hedges 1981, eq. 6e): about 1 - 3 / (4 df - 1)."""
    return exp(lgamma(df / 2) - log(sqrt(df / 2)) - lgamma((df - 1) / 2))


def d_z_interval(d_z: float, n: int, level: float) -> tuple[float, float] | None:
    """Limits of d_z for n pairs; None where the distribution cannot be computed."""
    t, df = d_z * sqrt(n), n - 1
    low = _noncentrality(t, df, (1 + level) / 2)
    high = _noncentrality(t, df, (1 - level) / 2)
    if low is None or high is None:
        return None
    return low / sqrt(n), high / sqrt(n)


def _noncentrality(t: float, df: int, probability: float) -> float | None:
    """The non-centrality at which P(T <= t) is ``probability`` (it falls as that rises)."""

    def excess(centre: float) -> float:
        return float(special.nctdtr(df, centre, t)) - probability

    reach = 5.0 + abs(t) / sqrt(df)
    low, high = t - reach, t + reach
    for _ in range(60):
        if excess(low) > 0 > excess(high):
            return _bisect(excess, low, high)
        low, high = t - 2 * (t - low), t + 2 * (high - t)
    return None


def _bisect(falling: Callable[[float], float], low: float, high: float) -> float | None:
    while True:
        middle = (low + high) / 2
        if not isfinite(falling(middle)):
            return None
        if middle in (low, high):
            return middle
        low, high = (middle, high) if falling(middle) > 0 else (low, middle)
