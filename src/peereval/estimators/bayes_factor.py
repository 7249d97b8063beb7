"""Bayes factor of a change."""

from math import exp, log, log1p, pi, sqrt
from typing import Any

import numpy as np
from scipy import special

from peereval.estimators.estimate import Estimate
from peereval.estimators.sums import totals, why_no_test
from peereval.moments import ClusterSums

#: Scale of the Cauchy prior of d_z, "medium" in R's BayesFactor and in JASP.
PRIOR_SCALE = 0.707
#: Beyond this the square of t is no number.
MOST_T = 1e150
#: Beyond this logarithm, of the factor or of its inverse, the numbers of a computer are about
#: to end.
LARGEST = 690.0
#: The integrand is gone where g is below exp(-8), and falls at least with 1 / g once g is beyond
#: t squared: at exp(60) times that nothing is left.
_STEP, _FIRST, _BEYOND = 1 / 32, -8.0, 60.0


def bayes_factor(sums: ClusterSums) -> Estimate:
    """How much more likely the changes are with a change of the mean than without (BF10).

    Of the paired t-test, with a Cauchy prior of scale 0.707 on d_z (Rouder, Speckman, Sun, Morey &
    Iverson 2009, Psychonomic Bulletin & Review 16:225, eq. 1). The statistic is Student's t. Pairs
    are taken as independent. Not estimable where the t-test is not, where the factor or
    t are beyond the numbers of a computer.
    """
    whole = totals(sums)
    counts: dict[str, Any] = {"n": whole.n, "n_organisations": sums.n_organisations}
    reason = why_no_test(whole)
    if reason:
        return Estimate(reason=reason, **counts)
    t = whole.mean(whole.change) / whole.sd_change * sqrt(whole.n)
    factor = _of_t(t, whole.n)
    if factor is None:
        return Estimate(
            reason=f"t is {t:.3g}: the Bayes factor is too large to be computed", **counts
        )
    return Estimate(factor, statistic=t, df=whole.n - 1, note=_in_words(factor), **counts)


def _of_t(t: float, n: int) -> float | None:
    """The integral of eq. 1 over the logarithm of g: smooth, and gone at both ends.

    The trapezium rule has all digits of such an integral (Trefethen & Weideman 2014, SIAM Review
    56:385). Both likelihoods are kept as logarithms, for their ratio is a number when they are not.
    """
    if abs(t) > MOST_T:
        return None
    df = n - 1
    log_g = np.arange(_FIRST, _BEYOND + log1p(t * t / df), _STEP)
    spread = 1 + n * PRIOR_SCALE**2 * np.exp(log_g)
    density = -0.5 * (log(2 * pi) + log_g + np.exp(-log_g) + np.log(spread))
    likelihood = np.log1p(t * t / df) - np.log1p(t * t / (spread * df))
    logarithm = float(special.logsumexp(density + (df + 1) / 2 * likelihood)) + log(_STEP)
    return exp(logarithm) if abs(logarithm) < LARGEST else None


def _in_words(factor: float) -> str:
    times = f"{max(factor, 1 / factor):.3g} times as likely"
    sides = ("with", "without") if factor >= 1 else ("without", "with")
    return f"the data are {times} {sides[0]} a change as {sides[1]}; pairs taken as independent"
