"""The difference of two independent shares or means, as survey tables test it."""

from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy import special

from peereval.estimators.attrition import differential
from peereval.estimators.estimate import Estimate, probability, t_estimate

#: The z test needs every expected count to be at least the first; the N-1 test the second
#: (Campbell 2007, Stat Med 26:3661).
ENOUGH_FOR_Z, ENOUGH_FOR_N1 = 5, 1

#: Chances that differ by less than this are alike: two ways of rounding one number.
_NO_MORE_LIKELY = 1 + 1e-7

Count = tuple[int, int]


def compare_shares(one: Count, two: Count, level: float, small: str) -> tuple[str, Estimate]:
    """Method, and share of the first less share of the second; each as (count, base).

    The pooled z test (no correction for continuity) where every expected count is 5 or more;
    else ``small``: ``fisher`` or ``n1_chi_square``, which gives way to Fisher's below 1. The
    interval is Newcombe's (1998, Stat Med 17:873, method 10). Respondents are taken as
    independent. Not estimable with an empty base, or where all or none chose it.
    """
    n, chosen = one[1] + two[1], one[0] + two[0]
    if not one[1] or not two[1]:
        return "pooled_z", Estimate(n=n, reason="nobody answered in one of the columns")
    if chosen in (0, n):
        return "pooled_z", Estimate(n=n, reason="everyone, or nobody, in both columns chose it")
    expected = min(base * part / n for base in (one[1], two[1]) for part in (chosen, n - chosen))
    method = "pooled_z" if expected >= ENOUGH_FOR_Z else small
    if method == "n1_chi_square" and expected < ENOUGH_FOR_N1:
        method = "fisher"
    statistic, p_value = _TESTS[method](one, two)
    interval = differential(one, two, level, 0)
    note = "" if method == "pooled_z" else f"an expected count is {expected:.1f}, below 5"
    return method, Estimate(
        interval.value,
        statistic=statistic,
        p_value=probability(p_value),
        ci_low=interval.ci_low,
        ci_high=interval.ci_high,
        ci_level=level,
        n=n,
        note=note,
    )


def pooled_z(one: Count, two: Count) -> tuple[float, float]:
    """z of two shares with their pooled variance, and its two-sided p; not all or none."""
    pooled = (one[0] + two[0]) / (one[1] + two[1])
    error = sqrt(pooled * (1 - pooled) * (1 / one[1] + 1 / two[1]))
    z = (one[0] / one[1] - two[0] / two[1]) / error
    return z, 2 * float(special.ndtr(-abs(z)))


def n1_chi_square(one: Count, two: Count) -> tuple[float, float]:
    """Pearson's chi-square times (N - 1) / N, signed root (E. S. Pearson 1947), and its p."""
    n = one[1] + two[1]
    z = pooled_z(one, two)[0] * sqrt((n - 1) / n)
    return z, 2 * float(special.ndtr(-abs(z)))


def fisher(one: Count, two: Count) -> tuple[None, float]:
    """p of Fisher's exact test (1922): tables no likelier than the one found, as in R and SPSS."""
    (a, n), (c, m) = one, two
    tables = np.arange(max(0, a + c - m), min(n, a + c) + 1)
    chances = np.exp(_log_choose(n, tables) + _log_choose(m, a + c - tables))
    found = chances[a - tables[0]] * _NO_MORE_LIKELY
    return None, min(1.0, float(chances[chances <= found].sum() / chances.sum()))


def _log_choose(n: int, k: NDArray[np.int64]) -> NDArray[np.float64]:
    """Logarithm of the ways to choose k of n, less its largest: only their ratios count."""
    ways = -special.gammaln(k + 1.0) - special.gammaln(n - k + 1.0)
    return np.asarray(ways - ways.max())


_TESTS = {"pooled_z": pooled_z, "n1_chi_square": n1_chi_square, "fisher": fisher}

#: Number of values, their sum, and the sum of their squares: whole numbers.
Sums = tuple[int, int, int]


def mean_of(sums: Sums, level: float) -> Estimate:
    """Mean with Student's interval, respondents taken as independent.

    Without an interval where values do not vary or there is only one.
    """
    n, total, _ = sums
    if not n:
        return Estimate(reason="nobody answered")
    variance = _variance(sums)
    if not variance:
        return Estimate(total / n, n=n, note="no interval: the values do not vary")
    found = t_estimate(total / n, sqrt(variance / n), n - 1, level, n, 0)
    # That a mean is 0 is nobody's question.
    return Estimate(
        found.value, found.std_error, df=found.df, ci_low=found.ci_low, ci_high=found.ci_high,
        ci_level=level, n=n,
    )  # fmt: skip


def compare_means(one: Sums, two: Sums, level: float) -> Estimate:
    """Mean of the first less mean of the second by Welch's t-test (1947), independent."""
    n = one[0] + two[0]
    parts = [_variance(sums) / sums[0] if sums[0] > 1 else 0.0 for sums in (one, two)]
    if min(one[0], two[0]) < 2 or not sum(parts):
        return Estimate(n=n, reason="a column has fewer than two values, or none vary")
    df = sum(parts) ** 2 / sum(
        part**2 / (sums[0] - 1) for part, sums in zip(parts, (one, two), strict=True)
    )
    difference = one[1] / one[0] - two[1] / two[0]
    return t_estimate(difference, sqrt(sum(parts)), df, level, n, 0)


def _variance(sums: Sums) -> float:
    """With n - 1; 0 for fewer than two values. Exact until the division."""
    n, total, squares = sums
    return (n * squares - total * total) / (n * (n - 1)) if n > 1 else 0.0
