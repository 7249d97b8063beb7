"""Standardised mean changes, each by its own name."""

from functools import lru_cache
from math import exp, lgamma, log, sqrt
from typing import Any

from msgspec.structs import replace
from scipy import special

from peereval.estimators.clustered import contrast_cr2
from peereval.estimators.did import did_ols
from peereval.estimators.estimate import Estimate
from peereval.estimators.roots import root
from peereval.estimators.sums import Totals, totals, why_no_test
from peereval.moments import ClusterSums

FLAT_BEFORE = "everyone has the same value before"


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
    return {"d_z": first, "g_av": _corrected(_d_av(whole, first))}


def more_effect_sizes(sums: ClusterSums, level: float) -> dict[str, Estimate]:
    """d_av, d_rm and Glass's delta of one group's change, and g_z, g_rm and g_glass.

    d_av is mean change over the mean of the two standard deviations, d_rm over the standard
    deviation of change as it would be without the correlation r, sd / sqrt(2 (1 - r)) (both
    Lakens 2013, Frontiers in Psychology 4:863); their intervals are that of d_z in the same units
    (Algina & Keselman 2003), which for d_rm is too narrow (91 to 94 in a hundred) where the effect
    is large, the correlation high and the deviations differ. Glass's delta is over the standard
    deviation before, with the interval of Bonett (2008, Psychological Methods 13:99), which does
    not take the two standard deviations as equal. Each g is its d (or delta: Becker 1988) and its
    limits times Hedges' exact correction with n - 1 degrees of freedom. Pairs are taken as
    independent.
    """
    whole, d_z = totals(sums), effect_sizes(sums, level)["d_z"]
    if d_z.reason:
        return dict.fromkeys(("d_av", "d_rm", "glass_delta", "g_z", "g_rm", "g_glass"), d_z)
    d_rm, delta = _d_rm(whole, d_z), _glass_delta(whole, d_z, level)
    return {
        "d_av": _d_av(whole, d_z),
        "d_rm": d_rm,
        "glass_delta": delta,
        "g_z": _corrected(d_z),
        "g_rm": _corrected(d_rm),
        "g_glass": _corrected(delta),
    }


def g_baseline(treated: ClusterSums, control: ClusterSums, level: float) -> Estimate:
    """Difference-in-differences over the pooled standard deviation before, Hedges-corrected.

    Both groups over the same organisations in the same order. n - 2 degrees of freedom in the
    correction. The interval is that of the difference in the same units, clustered (CR2) where
    that can be had, else of least squares; it takes the standard deviation as known.
    """
    clustered = contrast_cr2((treated, control), level)
    contrast = did_ols(treated, control, level) if clustered.reason else clustered
    if contrast.reason:
        return contrast
    parts = [totals(treated), totals(control)]
    df = sum(part.n for part in parts) - 2
    squares = [part.scatter(part.pre, part.pre_sq) / part.n for part in parts]
    spread = sqrt(sum(squares) / df) / treated.denominator
    reason = FLAT_BEFORE if not spread else "three matched pairs: the correction for bias is 0"
    if not spread or df < 2:
        return Estimate(n=contrast.n, n_organisations=contrast.n_organisations, reason=reason)
    how = "least squares, pairs taken as independent" if clustered.reason else "CR2"
    note = f"interval from {how}"
    return replace(_scaled(contrast, hedges_correction(df) / spread), note=note)


# --- one size from another ------------------------------------------------------------------


def _scaled(size: Estimate, factor: float) -> Estimate:
    """An effect size and its limits in other units; what else was known of it does not hold."""

    def times(value: float | None) -> float | None:
        return None if value is None else value * factor

    return Estimate(
        times(size.value),
        ci_low=times(size.ci_low),
        ci_high=times(size.ci_high),
        ci_level=size.ci_level,
        n=size.n,
        n_organisations=size.n_organisations,
        note=size.note,
    )


def _refused(size: Estimate, reason: str) -> Estimate:
    return Estimate(n=size.n, n_organisations=size.n_organisations, reason=reason)


def _corrected(size: Estimate) -> Estimate:
    if size.reason:
        return size
    if size.n == 2:
        return _refused(size, "two matched pairs: the correction for bias is 0")
    return _scaled(size, hedges_correction(size.n - 1))


def _d_av(whole: Totals, d_z: Estimate) -> Estimate:
    average = (whole.sd(whole.pre, whole.pre_sq) + whole.sd(whole.post, whole.post_sq)) / 2
    return _scaled(d_z, whole.sd_change / average)


def _d_rm(whole: Totals, d_z: Estimate) -> Estimate:
    product = whole.n * whole.pre_post - whole.pre * whole.post
    before = whole.scatter(whole.pre, whole.pre_sq)
    after = whole.scatter(whole.post, whole.post_sq)
    if not before or not after:
        return _refused(d_z, "everyone has the same value at one of the occasions")
    if product > 0 and product * product == before * after:
        return _refused(d_z, "before and after are perfectly correlated")
    correlation = product / sqrt(before * after)
    return _scaled(d_z, sqrt(2 * (1 - correlation)))


def _glass_delta(whole: Totals, d_z: Estimate, level: float) -> Estimate:
    spread = whole.sd(whole.pre, whole.pre_sq)
    if not spread:
        return _refused(d_z, FLAT_BEFORE)
    delta, df = whole.mean(whole.change) / spread, whole.n - 1
    std_error = sqrt(delta**2 / (2 * df) + (whole.sd_change / spread) ** 2 / df)
    margin = float(special.ndtri((1 + level) / 2)) * std_error
    low, high = delta - margin, delta + margin
    return replace(d_z, value=delta, ci_low=low, ci_high=high, note="")


# --- the two parts of every size ------------------------------------------------------------


def hedges_correction(df: int) -> float:
    """J, the exact small-sample correction (Hedges 1981, eq. 6e): about 1 - 3 / (4 df - 1)."""
    return exp(lgamma(df / 2) - log(sqrt(df / 2)) - lgamma((df - 1) / 2))


@lru_cache(maxsize=4096)
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
            return root(excess, low, high)
        low, high = t - 2 * (t - low), t + 2 * (high - t)
    return None
