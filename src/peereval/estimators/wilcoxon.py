"""Wilcoxon signed-rank test, and the Hodges-Lehmann estimate of the change.

Both are computed from the different changes and their counts: scores come in whole steps, so
a million pairs have a few dozen different changes. (Wilcoxon 1945, Biometrics 1:80; Hodges &
Lehmann 1963, Annals of Mathematical Statistics 34:598.)
"""

from bisect import bisect_left
from math import floor, sqrt
from typing import Any

import numpy as np
from msgspec import Struct
from scipy import special

from peereval.estimators.changes import Changes
from peereval.estimators.estimate import Estimate, probability
from peereval.estimators.sums import NO_PAIRS
from peereval.moments import Integers
from peereval.plurals import count_of

#: As in R, the test is exact with fewer pairs than this, if none are tied or without change.
FEWEST_FOR_NORMAL = 50


class SignedRanks(Struct, frozen=True):
    """Ranks of the changes that are not 0, by size.

    ``n`` of them; ``positive`` is twice the sum of the ranks of those above 0 (twice, because
    tied changes share a mean rank), ``ties`` the sum of t^3 - t over sizes that t changes have.
    """

    n: int
    positive: int
    ties: int

    @property
    def variance(self) -> float:
        """Variance of the sum of positive ranks if every change were as likely up as down."""
        return self.n * (self.n + 1) * (2 * self.n + 1) / 24 - self.ties / 48


def signed_ranks(changes: Changes) -> SignedRanks:
    """Ranks of the changes that are not 0."""
    moved = changes.values != 0
    values, counts = changes.values[moved], changes.counts[moved]
    sizes, which = np.unique(np.abs(values), return_inverse=True)
    tied = np.zeros(len(sizes), dtype=np.int64)
    np.add.at(tied, which, counts)
    twice_rank = 2 * np.cumsum(tied) - tied + 1
    up = values > 0
    return SignedRanks(
        n=int(tied.sum()),
        # Python's own numbers: the cube of a million pairs is near the end of 64 bits.
        positive=sum((twice_rank[which][up] * counts[up]).tolist()),
        ties=sum(t**3 - t for t in tied.tolist()),
    )


def wilcoxon(changes: Changes, level: float) -> Estimate:
    """Pseudo-median of the changes with its interval, and the signed-rank test.

    The test leaves out pairs without change, as R does: exact below `FEWEST_FOR_NORMAL` pairs
    if there are neither such pairs nor ties, else normal with corrections for ties and for
    continuity. The statistic is R's V, the sum of positive ranks. The estimate is the median of
    the means of all pairs of changes, each with itself too (Walsh averages), and keeps pairs
    without change; the limits are the k-th of these means from both ends, k from the
    distribution of V under the same rule. Closed intervals of tied values cover at least as
    often as they say. Pairs are taken as independent. Not estimable if nobody changed.
    """
    n = changes.n
    counts: dict[str, Any] = {"n": n, "n_organisations": changes.n_organisations}
    ranks = signed_ranks(changes)
    if not ranks.n:
        return Estimate(reason="nobody changed" if n else NO_PAIRS, **counts)
    exact = n < FEWEST_FOR_NORMAL and not ranks.ties and ranks.n == n
    limits = _limits(changes, level, exact)
    low, high = (None, None) if isinstance(limits, str) else limits
    return Estimate(
        value=_median(changes),
        statistic=ranks.positive / 2,
        p_value=_exact_p(ranks) if exact else _normal_p(ranks),
        ci_low=low,
        ci_high=high,
        ci_level=level,
        note=_note(n - ranks.n, exact, limits if isinstance(limits, str) else ""),
        **counts,
    )


def _note(still: int, exact: bool, no_interval: str) -> str:
    parts = ["exact p" if exact else "normal approximation, corrected for ties and continuity"]
    if still:
        pairs = count_of(still, "pair")
        parts.append(f"{pairs} without change counted in the estimate, not in the test")
    if no_interval:
        parts.append(f"no interval: {no_interval}")
    return "; ".join([*parts, "pairs taken as independent"])


def _normal_p(ranks: SignedRanks) -> float:
    distance = abs(ranks.positive / 2 - ranks.n * (ranks.n + 1) / 4)
    corrected = distance - 0.5 if distance else 0.0
    return probability(2 * float(special.ndtr(-abs(corrected) / sqrt(ranks.variance))))


def _exact_p(ranks: SignedRanks) -> float:
    total, positive = ranks.n * (ranks.n + 1) // 2, ranks.positive // 2
    tail = _cumulative(ranks.n)[min(positive, total - positive)]
    return probability(2 * float(tail))


def _cumulative(n: int) -> Any:
    """P(V <= v) for v = 0, 1, ... without ties: subsets of 1..n by their sum, all as likely."""
    ways = np.zeros(n * (n + 1) // 2 + 1, dtype=np.int64)
    ways[0] = 1
    for rank in range(1, n + 1):
        ways[rank:] += ways[:-rank].copy()
    return np.cumsum(ways) / 2.0**n


# --- Walsh averages -------------------------------------------------------------------------


def _limits(changes: Changes, level: float, exact: bool) -> tuple[float, float] | str:
    """Limits of the pseudo-median, or why there are none."""
    n, half = changes.n, (1 - level) / 2
    total = n * (n + 1) // 2
    if exact:
        k = int(np.searchsorted(_cumulative(n), half))
    else:
        spread = sqrt(n * (n + 1) * (2 * n + 1) / 24)
        k = floor(total / 2 + 0.5 + float(special.ndtri(half)) * spread)
    if k < 1:
        return "too few pairs"
    low, high = (_walsh(changes, rank) / 2 for rank in (k, total + 1 - k))
    if low == high:
        return "both limits are the estimate itself, as scores come in steps"
    return low / changes.denominator, high / changes.denominator


def _median(changes: Changes) -> float:
    total = changes.n * (changes.n + 1) // 2
    middle = [_walsh(changes, rank) for rank in {(total + 1) // 2, total // 2 + 1}]
    return sum(middle) / (2 * len(middle) * changes.denominator)


def _walsh(changes: Changes, rank: int) -> int:
    """The sum of two changes that is ``rank``-th among all such sums, from the lowest."""
    lowest, highest = 2 * int(changes.values[0]), 2 * int(changes.values[-1])
    sums = range(lowest, highest + 1)
    before = np.concatenate(([0], np.cumsum(changes.counts)))
    return sums[bisect_left(sums, rank, key=lambda most: _sums_up_to(changes, before, most))]


def _sums_up_to(changes: Changes, before: Integers, most: int) -> int:
    """Pairs of changes, each with itself too, whose sum is at most ``most``."""
    reach = np.searchsorted(changes.values, most - changes.values, side="right")
    ordered = int(changes.counts @ before[reach])
    alone = int(before[np.searchsorted(changes.values, most // 2, side="right")])
    return (ordered + alone) // 2
