"""Net cost beside a gain: cost of a unit gained, quadrants of the plane, net monetary benefit.

Of two numbers that were estimated on the same respondents, and draws of both together (Briggs,
O'Brien & Blackhouse 2002, Annual Review of Public Health 23:377). Cost is net cost: positive
costs money; gain is positive where the outcome got better.
"""

from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy import special

from peereval.estimators.estimate import Estimate

Numbers = NDArray[np.float64]

#: Quadrants of the cost-effectiveness plane, and what they mean.
QUADRANTS = {
    "north_east": "better at a higher cost",
    "north_west": "worse at a higher cost",
    "south_east": "better at a lower cost",
    "south_west": "worse at a lower cost",
}


def quadrant_shares(cost: Numbers, gain: Numbers) -> dict[str, float]:
    """Share of draws in each quadrant; a draw without any gain is with those that got worse."""
    north, east = cost > 0, gain > 0
    inside = (north & east, north & ~east, ~north & east, ~north & ~east)
    return {name: float(where.mean()) for name, where in zip(QUADRANTS, inside, strict=True)}


def in_words(shares: dict[str, float]) -> str:
    """Shares of draws by quadrant, those that hold none left out."""
    return ", ".join(f"{share:.0%} {QUADRANTS[name]}" for name, share in shares.items() if share)


def why_no_ratio(cost: float, gain: Estimate, shares: dict[str, float]) -> str:
    """Why net cost is not divided by the gain, or an empty text.

    A ratio means something only where the outcome surely got better and net cost is positive:
    on the other sides of the plane the same number means the opposite, or nothing.
    """
    if gain.reason:
        return gain.reason
    said = f"draws: {in_words(shares)}"
    if gain.ci_low is None or gain.ci_high is None:
        return f"the gain has no interval; {said}"
    if gain.ci_low <= 0 <= gain.ci_high:
        return f"the interval of the gain holds 0, so a unit of it could cost anything; {said}"
    if gain.ci_high < 0:
        return f"the outcome got worse: there is no gain to divide by; {said}"
    if cost <= 0:
        return f"it got better at no net cost, so a unit of it costs nothing; {said}"
    return ""


def ratio_limits(cost: Numbers, gain: Numbers, level: float) -> tuple[float, float] | None:
    """Percentile limits of cost / gain over draws.

    A draw without a gain costs more than any other for a unit of it; None where that reaches
    the upper limit.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        drawn = np.where(gain > 0, cost / gain, np.inf)
    ends = ((1 - level) / 2, (1 + level) / 2)
    # Of values of the data: between a number and infinity there is nothing.
    low, high = (float(np.quantile(drawn, end, method="inverted_cdf")) for end in ends)
    return (low, high) if np.isfinite([low, high]).all() else None


def fieller_limits(
    cost: float, gain: float, covariance: Numbers, level: float
) -> tuple[float, float] | None:
    """Limits of cost / gain by Fieller (1954), from the covariance matrix of the two.

    The ratios R for which cost - R gain is not significantly different from 0 (normal). None
    where that is no interval: the gain itself is not significantly different from 0.
    """
    z = float(special.ndtri((1 + level) / 2))
    square = gain**2 - z**2 * float(covariance[1, 1])
    if square <= 0:
        return None
    product = cost * gain - z**2 * float(covariance[0, 1])
    rest = cost**2 - z**2 * float(covariance[0, 0])
    root = sqrt(max(product**2 - square * rest, 0.0))
    return (product - root) / square, (product + root) / square


def covariance_of(cost: Numbers, gain: Numbers) -> Numbers:
    """Covariance matrix of draws of cost and gain (n - 1)."""
    matrix: Numbers = np.cov(np.vstack([cost, gain]))
    return matrix


def correlation_of(cost: Numbers, gain: Numbers) -> float | None:
    """Correlation of draws; None where one of the two does not vary."""
    matrix = covariance_of(cost, gain)
    spread = sqrt(float(matrix[0, 0])) * sqrt(float(matrix[1, 1]))
    size = float(np.abs(cost).max() * np.abs(gain).max())
    if spread <= 1e-12 * size:
        return None
    return float(np.clip(matrix[0, 1] / spread, -1, 1))
