"""Means, variances and totals from exact sums."""

from math import sqrt

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from peereval.moments import ClusterSums

Numbers = NDArray[np.float64]

NO_PAIRS = "no matched pairs"
ONE_PAIR = "one matched pair: a standard error needs two"
SAME_CHANGE = "every pair changed by the same amount, so there is nothing to test against"

# Up to here whole numbers are doubles as well, so that arrays divide them as exactly as Python.
_EXACT = 1 << 53


class Totals(Struct, frozen=True):
    """Whole-number totals of a set of pairs, over all organisations."""

    n: int
    pre: int
    post: int
    pre_sq: int
    post_sq: int
    pre_post: int
    denominator: int

    @property
    def change(self) -> int:
        """Sum of after minus before."""
        return self.post - self.pre

    @property
    def change_sq(self) -> int:
        """Sum of squared changes."""
        return self.post_sq + self.pre_sq - 2 * self.pre_post

    def mean(self, total: int) -> float:
        """A total as a mean in the unit of the score."""
        return total / (self.n * self.denominator)

    def scatter(self, total: int, squares: int) -> int:
        """n times the sum of squared deviations, exactly; 0 means no variation at all."""
        return self.n * squares - total * total

    def sd(self, total: int, squares: int) -> float:
        """Standard deviation (n - 1) in the unit of the score."""
        return sqrt(self.scatter(total, squares) / (self.n * (self.n - 1))) / self.denominator

    @property
    def sd_change(self) -> float:
        """Standard deviation of change."""
        return self.sd(self.change, self.change_sq)

    @property
    def change_varies(self) -> bool:
        """Whether any two pairs changed by different amounts."""
        return self.scatter(self.change, self.change_sq) > 0


def totals(sums: ClusterSums) -> Totals:
    """Totals over organisations, in whole numbers of any size."""
    n, before, after, before_sq, after_sq, product = sums.totals
    return Totals(n, before, after, before_sq, after_sq, product, sums.denominator)


def residual_sums(sums: ClusterSums, scale: int) -> Numbers:
    """By organisation, the sum of changes less the mean change, times n, over ``scale``.

    In whole numbers of any size up to the division: exact, and 0 where nothing varies.
    """
    size, total = sums.size, totals(sums).change
    n, changes = sums.n, sums.sum_post - sums.sum_pre
    largest = size * int(np.abs(changes).max(initial=0)) + abs(total) * int(n.max(initial=0))
    if max(largest, scale) >= _EXACT:
        n, changes = n.astype(object), changes.astype(object)
    shares: Numbers = ((size * changes - total * n) / scale).astype(np.float64)
    return shares


def why_no_test(whole: Totals) -> str:
    """Why a change cannot be tested, or an empty text."""
    if whole.n == 0:
        return NO_PAIRS
    if whole.n == 1:
        return ONE_PAIR
    return "" if whole.change_varies else SAME_CHANGE
