"""Bayes factor of a change."""

import warnings
from math import sqrt
from typing import Any

from peereval.estimators.estimate import Estimate
from peereval.estimators.sums import totals, why_no_test
from peereval.moments import ClusterSums

#: Scale of the Cauchy prior of d_z, "medium" in R's BayesFactor and in JASP.
PRIOR_SCALE = 0.707
#: From t = 440 on the integral misses its peak without a word; up to here it is right.
MOST_T = 100.0
#: Above this the numbers of a computer are about to end.
LARGEST = 1e300


def bayes_factor(sums: ClusterSums) -> Estimate:
    """How much more likely the changes are with a change of the mean than without (BF10).

    Of the paired t-test, with a Cauchy prior of scale 0.707 on d_z (Rouder, Speckman, Sun, Morey &
    Iverson 2009, Psychonomic Bulletin & Review 16:225, eq. 1). The statistic is Student's t. Pairs
    are taken as independent. Not estimable where the t-test is not, where t is beyond `MOST_T` or
    the factor above `LARGEST`.
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
    if abs(t) > MOST_T:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what pingouin imports, not of what it does here
        from pingouin import bayesfactor_ttest
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # an integral that did not converge is no number
        try:
            factor = float(bayesfactor_ttest(t, n, paired=True, r=PRIOR_SCALE))
        except (ArithmeticError, Warning):
            return None
    return factor if 0 < factor < LARGEST else None


def _in_words(factor: float) -> str:
    times = f"{max(factor, 1 / factor):.3g} times as likely"
    sides = ("with", "without") if factor >= 1 else ("without", "with")
    return f"the data are {times} {sides[0]} a change as {sides[1]}; pairs taken as independent"
