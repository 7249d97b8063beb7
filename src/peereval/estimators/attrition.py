"""Who was followed up: the difference of two shares, and standardised differences before."""

from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy import special

from peereval.estimators.estimate import Estimate
from peereval.estimators.shares import wilson

Integers = NDArray[np.int64]

#: Standardised differences before: up to the first a group needs no adjustment, above the second
#: adjustment does not suffice (What Works Clearinghouse). Austin (2009) looks from 0.1 on.
ALIKE, NOTABLE, TOO_FAR = 0.05, 0.1, 0.25

_ALL_OR_NONE = "everyone, or nobody, of those who answered before was followed up"


def differential(
    one: tuple[int, int], two: tuple[int, int], level: float, n_organisations: int
) -> Estimate:
    """Share of the first less share of the second, (count, n) each, taken as independent.

    The interval is Newcombe's hybrid of the two of Wilson (1998, Stat Med 17:873, method 10).
    Not estimable when a group is empty.
    """
    n = one[1] + two[1]
    if not one[1] or not two[1]:
        reason = "one group has no eligible respondents before"
        return Estimate(n=n, n_organisations=n_organisations, reason=reason)
    a, b = one[0] / one[1], two[0] / two[1]
    (low_a, high_a), (low_b, high_b) = (wilson(*part, level) for part in (one, two))
    return Estimate(
        a - b,
        ci_low=a - b - sqrt((a - low_a) ** 2 + (high_b - b) ** 2),
        ci_high=a - b + sqrt((high_a - a) ** 2 + (b - low_b) ** 2),
        ci_level=level,
        n=n,
        n_organisations=n_organisations,
    )


def difference_of_means(one: Integers, two: Integers, level: float) -> Estimate:
    """Mean of the first less mean of the second, over the pooled standard deviation.

    ``one`` and ``two``: whole numbers, one a respondent. The standard error is that of Hedges &
    Olkin (1985, ch. 5, without their correction), respondents taken as independent. Not estimable
    with an empty group, fewer than three respondents, or values that do not vary.
    """
    n_one, n_two = len(one), len(two)
    if not n_one or not n_two:
        return Estimate(n=n_one + n_two, reason=_ALL_OR_NONE)
    totals = [int(part.sum()) for part in (one, two)]
    # n times the sum of squared deviations, exactly: 0 means that nothing varies.
    scatters = [
        len(part) * int((part * part).sum()) - total * total
        for part, total in zip((one, two), totals, strict=True)
    ]
    if n_one + n_two < 3 or not any(scatters):
        return Estimate(n=n_one + n_two, reason="values before do not vary within the groups")
    squares = scatters[0] / n_one + scatters[1] / n_two
    apart = (totals[0] * n_two - totals[1] * n_one) / (n_one * n_two)
    return _standardised(apart / sqrt(squares / (n_one + n_two - 2)), n_one, n_two, level)


def difference_of_shares(one: tuple[int, int], two: tuple[int, int], level: float) -> Estimate:
    """Share of the first less share of the second, standardised; (count, n) each.

    Divided by the root of the mean of the two variances p (1 - p) (Austin 2009, Commun Stat
    Simul Comput 38:1228). Not estimable with an empty group, or where all or none have it in
    both.
    """
    n = one[1] + two[1]
    if not one[1] or not two[1]:
        return Estimate(n=n, reason=_ALL_OR_NONE)
    a, b = one[0] / one[1], two[0] / two[1]
    variance = (a * (1 - a) + b * (1 - b)) / 2
    if variance <= 0:
        return Estimate(n=n, reason="all or none have it in both groups")
    return _standardised((a - b) / sqrt(variance), one[1], two[1], level)


def _standardised(value: float, n_one: int, n_two: int, level: float) -> Estimate:
    n = n_one + n_two
    std_error = sqrt(n / (n_one * n_two) + value * value / (2 * n))
    margin = float(special.ndtri((1 + level) / 2)) * std_error
    return Estimate(
        value,
        std_error,
        ci_low=value - margin,
        ci_high=value + margin,
        ci_level=level,
        n=n,
        note=in_words(value),
    )


def in_words(difference: float) -> str:
    """What a standardised difference before means for an estimate of those followed up."""
    size = abs(difference)
    if size <= ALIKE:
        return "up to 0.05: alike before"
    if size <= NOTABLE:
        return "0.05 to 0.25: adjustment is needed; up to 0.1: small"
    if size <= TOO_FAR:
        return "0.05 to 0.25: adjustment is needed; above 0.1: not small"
    return "above 0.25: too different for adjustment to be enough"
