"""Difference of two groups' changes, tested by permuting the groups within organisations.

Which respondents of an organisation are in which group is taken as if it had been drawn; what
differs between organisations plays no part. The mean and variance of the sum of the treated under
all permutations have a closed form (Strasser & Weber 1999, Mathematical Methods of Statistics
8:220; the stratified test of the R package coin), which gives a normal approximation; for few
pairs the permutations themselves are drawn. The interval holds the differences that, taken from
every treated pair, leave nothing to reject.
"""

from collections.abc import Iterable, Sequence
from math import floor, fsum, sqrt

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray
from scipy import special

from peereval.estimators.clustered import unknown_note
from peereval.estimators.estimate import Estimate, generator, probability
from peereval.estimators.sums import NO_PAIRS
from peereval.moments import ClusterSums
from peereval.plurals import count_of

#: Permutations are drawn for no more pairs than this: for more the normal approximation is good.
FEW_PAIRS = 50

_APPROXIMATED = "normal approximation"
_NO_INTERVAL = "; no interval: with so few pairs none can be ruled out"
# Ties with the data themselves are ties of arithmetic, not of rounding.
_TIE = 1e-11

Numbers = NDArray[np.float64]
#: Changes of the treated and of the control pairs of one organisation.
Changes = tuple[Sequence[int], Sequence[int]]
# Size of the group that comes first, the changes of both, and whether it is the treated (1 or -1).
_Placed = tuple[int, list[int], float]


class _Mixed(Struct, frozen=True):
    """One organisation with both groups, in whole numbers: pairs, sums and squares of change."""

    treated: int
    n: int
    sum_treated: int
    sum_both: int
    squares: int

    @property
    def weight(self) -> float:
        return self.treated * (self.n - self.treated) / self.n

    @property
    def deviation(self) -> float:
        """Sum of the treated less its mean over all permutations."""
        return (self.n * self.sum_treated - self.treated * self.sum_both) / self.n

    @property
    def variation(self) -> float:
        """Sum of squared deviations of change."""
        return (self.n * self.squares - self.sum_both**2) / self.n


def permutation_test(treated: ClusterSums, control: ClusterSums, level: float) -> Estimate:
    """Difference within organisations, and its p by the normal approximation.

    ``treated`` and ``control``: exact sums over the same organisations in the same order. The
    estimate weights each organisation's difference by n_t n_c / n, as least squares with a term
    for each organisation does. Organisations with one group add nothing and are not in n. Not
    estimable when no organisation has both groups, or change does not vary within those.
    """
    mixed = _mixed(treated, control)
    unknown = bool(treated.unknown and control.unknown)
    known = len(mixed) - unknown if treated.clustered else 0
    n = sum(each.n for each in mixed)
    reason = _why_not(treated, control, mixed)
    if reason:
        return Estimate(n=n, n_organisations=known, reason=reason)
    unit = treated.denominator
    weight = fsum(each.weight for each in mixed)
    deviation = fsum(each.deviation for each in mixed)
    spread = sqrt(fsum(each.weight / (each.n - 1) * each.variation for each in mixed))
    limits = _limits(mixed, level)
    low, high = (limit / unit for limit in limits) if limits else (None, None)
    return Estimate(
        value=deviation / weight / unit,
        std_error=spread / weight / unit,
        statistic=deviation / spread,
        p_value=probability(2 * float(special.ndtr(-abs(deviation / spread)))),
        ci_low=low,
        ci_high=high,
        ci_level=level,
        n=n,
        n_organisations=known,
        note=_note(treated, control, mixed) + ("" if limits else _NO_INTERVAL),
    )


def drawn_permutation(
    known: Estimate, organisations: Sequence[Changes], denominator: int, draws: int, seed: int
) -> Estimate:
    """As ``known`` (of `permutation_test`), its p and interval from permutations drawn.

    ``organisations``: the whole-number changes behind it, in any order.
    """
    if known.ci_level is None:
        return known
    placed = sorted(_placed(*each) for each in organisations if each[0] and each[1])
    rng = generator(seed, "permutation", str(len(placed)))
    effects, weights = np.sum([_relabelled(*each, draws, rng) for each in placed], axis=0)
    extreme = np.abs(effects[1:]) >= abs(effects[0]) * (1 - _TIE)
    limits = _drawn_limits(effects, weights, 1 - known.ci_level)
    low, high = (limit / denominator for limit in limits) if limits else (None, None)
    note = known.note.removesuffix(_NO_INTERVAL) + ("" if limits else _NO_INTERVAL)
    return replace(
        known,
        p_value=(1 + int(extreme.sum())) / (1 + draws),
        ci_low=low,
        ci_high=high,
        note=note.replace(_APPROXIMATED, f"{draws:,} draws, seed {seed}"),
    )


# --- the normal approximation -------------------------------------------------------------------


def _mixed(treated: ClusterSums, control: ClusterSums) -> list[_Mixed]:
    """Organisations with both groups."""
    sides = [
        zip(part.n.tolist(), _changes(part), _squares(part), strict=True)
        for part in (treated, control)
    ]
    return [
        _Mixed(n_one, n_one + n_two, sum_one, sum_one + sum_two, squares_one + squares_two)
        for (n_one, sum_one, squares_one), (n_two, sum_two, squares_two) in zip(*sides, strict=True)
        if n_one and n_two
    ]


def _changes(part: ClusterSums) -> list[int]:
    return [b - a for a, b in zip(part.sum_pre.tolist(), part.sum_post.tolist(), strict=True)]


def _squares(part: ClusterSums) -> list[int]:
    columns = (part.sum_pre_sq.tolist(), part.sum_post_sq.tolist(), part.sum_pre_post.tolist())
    return [a + b - 2 * product for a, b, product in zip(*columns, strict=True)]


def _why_not(treated: ClusterSums, control: ClusterSums, mixed: Sequence[_Mixed]) -> str:
    if not treated.size or not control.size:
        either = treated.size or control.size
        return "one group has no matched pairs" if either else NO_PAIRS
    if not mixed:
        return "no organisation has pairs of both groups, so nothing can be permuted within one"
    if not any(each.variation for each in mixed):
        return "change does not vary within any organisation that has both groups"
    return ""


def _note(treated: ClusterSums, control: ClusterSums, mixed: Sequence[_Mixed]) -> str:
    others = treated.size + control.size - sum(each.n for each in mixed)
    return "; ".join(
        [
            f"groups permuted within {count_of(len(mixed), 'organisation')} with both"
            if treated.clustered
            else "groups permuted over all pairs: the study names no organisation column",
            *([f"{count_of(others, 'pair')} elsewhere added nothing"] if others else []),
            _APPROXIMATED,
            *filter(None, [unknown_note((treated, control))]),
        ]
    )


def _limits(mixed: Sequence[_Mixed], level: float) -> tuple[float, float] | None:
    """Differences with |z| of the level: roots of a quadratic; None where all are accepted."""
    squared = float(special.ndtri((1 + level) / 2)) ** 2
    rates = [each.weight / (each.n - 1) for each in mixed]
    weight = fsum(each.weight for each in mixed)
    deviation = fsum(each.deviation for each in mixed)

    def total(values: Iterable[float]) -> float:
        return squared * fsum(rate * value for rate, value in zip(rates, values, strict=True))

    a = weight**2 - total(each.weight for each in mixed)
    b = weight * deviation - total(each.deviation for each in mixed)
    c = deviation**2 - total(each.variation for each in mixed)
    inside = b * b - a * c
    if a <= 0 or inside < 0:
        return None
    return (b - sqrt(inside)) / a, (b + sqrt(inside)) / a


# --- permutations drawn -------------------------------------------------------------------------


def _placed(treated: Sequence[int], control: Sequence[int]) -> _Placed:
    """Changes in an order that does not depend on which group is which: the smaller group first."""
    one, two = sorted(treated), sorted(control)
    turned = (len(two), two) < (len(one), one)
    first, second = (two, one) if turned else (one, two)
    return len(first), [*first, *second], -1.0 if turned else 1.0


def _relabelled(
    first: int, changes: list[int], sign: float, draws: int, rng: np.random.Generator
) -> Numbers:
    """Deviation of the sum of the treated, and of how many of them were treated: shape (2, B + 1).

    The data themselves come before the draws.
    """
    labels = (np.arange(len(changes)) < first).astype(float)
    drawn = rng.permuted(np.tile(labels, (draws, 1)), axis=1)
    centred = np.vstack([labels, drawn]) - first / len(changes)
    return np.array([sign * (centred * changes).sum(axis=1), (centred * labels).sum(axis=1)])


def _drawn_limits(effects: Numbers, weights: Numbers, alpha: float) -> tuple[float, float] | None:
    """Differences beyond which too few draws are as extreme as the data; None if there are none.

    Taken d from every treated pair, a draw is as extreme as the data between two values of d.
    """
    needed = floor(alpha * len(effects) + _TIE)
    # Overlaps of labels are whole numbers: a draw as near as this is the data, or their reverse.
    same = np.minimum(weights[0] - weights[1:], weights[0] + weights[1:]) < 0.5
    apart, beyond = (np.where(same, 1.0, weights[0] + side * weights[1:]) for side in (-1, 1))
    ends = np.array([(effects[0] - effects[1:]) / apart, (effects[0] + effects[1:]) / beyond])
    rank = needed - int(same.sum()) - 1
    if rank < 0:
        return None
    lows, highs = ends.min(axis=0)[~same], ends.max(axis=0)[~same]
    return float(np.sort(lows)[rank]), -float(np.sort(-highs)[rank])
