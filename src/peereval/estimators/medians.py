"""Medians and quartiles of numbers that people gave, and how two sets of them differ.

Numbers come as whole numbers of a denominator, so everything up to the last division is exact.
Respondents are taken as independent.
"""

from bisect import bisect_left
from math import floor, sqrt
from typing import Any

import numpy as np
from scipy import special

from peereval.estimators.changes import Changes
from peereval.estimators.estimate import Estimate, probability
from peereval.estimators.proportions import compare_shares
from peereval.estimators.sums import NO_PAIRS
from peereval.moments import Integers
from peereval.plurals import count_of

NOBODY = "nobody gave a number"
#: As in R, the rank sum test is exact with fewer in both than this, if no two are tied.
FEWEST_FOR_NORMAL = 50


def quartiles(values: Integers, denominator: int) -> tuple[float, float, float]:
    """Lower quartile, median and upper quartile (Hyndman & Fan 1996, type 7); not of nothing."""
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75]) / denominator
    return float(low), float(middle), float(high)


def median(values: Integers, denominator: int, level: float) -> Estimate:
    """Median with the interval of order statistics, which follows from the binomial alone.

    Its limits are the k-th values from both ends, k as large as keeps the level (Conover 1999,
    section 3.2): it covers at least as often as it says. Too few values have no interval.
    """
    n = len(values)
    if not n:
        return Estimate(reason=NOBODY)
    k = _rank(n, level)
    ordered = np.sort(values)
    limits = (ordered[k - 1], ordered[n - k]) if k else None
    return Estimate(
        float(np.quantile(ordered, 0.5)) / denominator,
        ci_low=float(limits[0]) / denominator if limits else None,
        ci_high=float(limits[1]) / denominator if limits else None,
        ci_level=level,
        n=n,
        note="" if limits else "no interval: too few values",
    )


def _rank(n: int, level: float) -> int:
    """How far from both ends the limits of a median are; 0 if there are none."""
    below = special.bdtr(np.arange(n // 2 + 1), n, 0.5)
    return int(np.searchsorted(below, (1 - level) / 2, side="right"))


def sign_test(changes: Changes, level: float) -> Estimate:
    """Median change with its interval (see `median`), and the exact sign test.

    The test leaves out pairs without change, as is usual (Conover 1999, section 3.4); the
    estimate and its interval do not. The statistic is the number of pairs that rose.
    """
    counts: dict[str, Any] = {"n": changes.n, "n_organisations": changes.n_organisations}
    up = int(changes.counts[changes.values > 0].sum())
    down = int(changes.counts[changes.values < 0].sum())
    if not up + down:
        return Estimate(reason="nobody changed" if changes.n else NO_PAIRS, **counts)
    found = median(np.repeat(changes.values, changes.counts), changes.denominator, level)
    still = changes.n - up - down
    said = ""
    if still:
        said = f"{count_of(still, 'pair')} without change counted in the estimate, not in the test"
    return Estimate(
        found.value,
        statistic=up,
        p_value=probability(2 * float(special.bdtr(min(up, down), up + down, 0.5))),
        ci_low=found.ci_low,
        ci_high=found.ci_high,
        ci_level=level,
        note="; ".join(filter(None, (found.note, said, "pairs taken as independent"))),
        **counts,
    )


# --- two sets of numbers --------------------------------------------------------------------


def mood(one: Integers, two: Integers, denominator: int, level: float) -> Estimate:
    """Median of the first less that of the second, and Mood's median test.

    That is the chi-square test, without correction, of how many are above the median of both
    together (Mood 1950); Fisher's exact test where an expected count is below 5.
    """
    n = len(one) + len(two)
    if not len(one) or not len(two):
        return Estimate(n=n, reason="nobody gave a number in one of the columns")
    middle = float(np.quantile(np.concatenate([one, two]), 0.5))
    above, also = ((int((values > middle).sum()), len(values)) for values in (one, two))
    method, found = compare_shares(above, also, level, "fisher")
    if found.reason:
        return Estimate(n=n, reason="no number is above the median of both columns")
    z = found.statistic
    difference = float(np.quantile(one, 0.5)) - float(np.quantile(two, 0.5))
    return Estimate(
        difference / denominator,
        statistic=None if z is None else z * z,
        df=None if z is None else 1,
        p_value=found.p_value,
        n=n,
        note=f"Fisher's exact test: {found.note}" if method == "fisher" else "",
    )


def mann_whitney(one: Integers, two: Integers, denominator: int, level: float) -> Estimate:
    """Hodges-Lehmann shift of the first against the second, and the rank sum test.

    The estimate is the median of all differences of a number of the first and one of the second
    (Hodges & Lehmann 1963). The statistic is R's W, Mann and Whitney's U of the first (1947);
    exact under `FEWEST_FOR_NORMAL` in both columns without ties, else normal, corrected for ties
    and continuity. Limits are the k-th differences from both ends, k by the normal distribution
    without ties, as Hollander & Wolfe (1999, 4.3) have it for large samples.
    """
    from scipy.stats import mannwhitneyu

    n = len(one) + len(two)
    if not len(one) or not len(two):
        return Estimate(n=n, reason="nobody gave a number in one of the columns")
    different = len(np.unique(np.concatenate([one, two])))
    if different == 1:
        return Estimate(n=n, reason="everyone gave the same number")
    exact = different == n and max(len(one), len(two)) < FEWEST_FOR_NORMAL
    tested = mannwhitneyu(one, two, method="exact" if exact else "asymptotic")
    differences = _Differences(one, two)
    low, high = differences.limits(level)
    how = "exact p" if exact else "normal approximation, corrected for ties and continuity"
    return Estimate(
        differences.median() / denominator,
        statistic=float(tested.statistic),
        p_value=probability(float(tested.pvalue)),
        ci_low=None if low is None else low / denominator,
        ci_high=None if high is None else high / denominator,
        ci_level=level,
        n=n,
        note=how if low is not None else f"{how}; no interval: too few values",
    )


class _Differences:
    """All differences of a number of the first and one of the second, without listing them.

    Different numbers are few, and differences are counted by them: a million respondents have
    as many different numbers of pupils as a hundred have.
    """

    def __init__(self, one: Integers, two: Integers) -> None:
        self.values, self.counts = np.unique(one, return_counts=True)
        self.others, theirs = np.unique(two, return_counts=True)
        self.before = np.concatenate(([0], np.cumsum(theirs)))
        self.n_one, self.n_two = len(one), len(two)
        self.n = self.n_one * self.n_two

    def median(self) -> float:
        """The middle difference, or the mean of the two in the middle."""
        return (self.at((self.n + 1) // 2) + self.at(self.n // 2 + 1)) / 2

    def limits(self, level: float) -> tuple[int, int] | tuple[None, None]:
        """Differences that are equally far from both ends."""
        spread = sqrt(self.n * (self.n_one + self.n_two + 1) / 12)
        k = floor(self.n / 2 + 0.5 + float(special.ndtri((1 - level) / 2)) * spread)
        return (self.at(k), self.at(self.n + 1 - k)) if k >= 1 else (None, None)

    def at(self, rank: int) -> int:
        """The difference that is ``rank``-th from the lowest."""
        least = int(self.values[0] - self.others[-1])
        span = range(least, int(self.values[-1] - self.others[0]) + 1)
        return span[bisect_left(span, rank, key=self._up_to)]

    def _up_to(self, most: int) -> int:
        """How many differences are at most ``most``."""
        first = np.searchsorted(self.others, self.values - most, side="left")
        return int(self.counts @ (self.n_two - self.before[first]))
