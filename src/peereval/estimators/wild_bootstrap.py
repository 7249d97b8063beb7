"""Restricted wild cluster bootstrap of a mean change, and of the difference of two.

Cameron, Gelbach & Miller (2008, Review of Economics and Statistics 90:414): the null is imposed,
the residuals of each organisation get one random sign, t is computed again with the CR1 standard
error. With few organisations every pattern of signs is used once, or else the six-point weights of
Webb (2023, Canadian Journal of Economics 56:839). For least squares of change on group a draw needs
only sums by organisation; and its t is, in the value that the null names, a ratio of polynomials,
so the interval (all values that the test does not reject) costs little more than the test.
"""

from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from math import sqrt
from typing import Any

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from peereval.estimators.clustered import contrast_robust
from peereval.estimators.estimate import Estimate, generator, probability
from peereval.estimators.sums import residual_sums
from peereval.moments import ClusterSums
from peereval.significance import alpha_of

#: Below this many organisations random signs have too few patterns: Webb's weights then.
FEWEST_FOR_SIGNS = 12

_SIGNS = np.array([1.0, -1.0])
_WEBB = np.array([-sqrt(1.5), -1.0, -sqrt(0.5), sqrt(0.5), 1.0, sqrt(1.5)])
# Products as small as this are not shared out over processors: that costs more than it saves.
_BLOCK = 2**15
# Ties with the t of the data itself are ties of arithmetic, not of rounding.
_TIE = 1e-11
# Limits are sought no farther than so many standard errors; first to a part of one in which few
# draws cross, then to one that makes no difference.
_FAR, _CLOSE, _EXACT = 2.0**10, 2.0**-7, 2.0**-34

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]


class _Residuals(Struct, frozen=True):
    """By group (K) and organisation (G): sums of residuals and pairs, over the group's size.

    ``pull``: how far the group's fitted mean moves with the null. ``signs``: 1, then -1.
    """

    sums: Numbers
    shares: Numbers
    pull: Numbers
    signs: Numbers

    @property
    def parts(self) -> tuple[Numbers, Numbers]:
        """What an organisation adds to the estimate: at the estimate, and per unit of the null."""
        moved = self.signs * self.pull
        return self.signs @ self.sums, -(moved @ self.shares)


class _Draws(Struct, frozen=True):
    """Estimate (2, B) and squared standard error (3, B) of each draw.

    Both are coefficients of powers of the null less the estimate of the data, all in standard
    errors of the data. ``enumerated``: every pattern once, so the data are among them.
    """

    effect: Numbers
    variance: Numbers
    enumerated: bool

    def of(self, some: Flags) -> "_Draws":
        """Some of the draws."""
        return replace(self, effect=self.effect[:, some], variance=self.variance[:, some])

    def as_extreme(self, null: float) -> Flags:
        """Whether |t| of a draw is at least that of the data, under the null."""
        flags: Flags = _is_extreme(null, *self.effect, *self.variance)
        return flags

    def count_extreme(self, null: float) -> int:
        """How many draws are as extreme as the data, under the null."""
        return int(np.count_nonzero(self.as_extreme(null)))

    def rows(self) -> list[tuple[float, ...]]:
        """Each draw's two coefficients of the effect and three of the variance."""
        return list(zip(*self.effect.tolist(), *self.variance.tolist(), strict=True))

    def p_value(self, count: int) -> float:
        """The share of draws as extreme; drawn ones have the data added to them."""
        size = int(self.effect.shape[1])
        return count / size if self.enumerated else (1 + count) / (1 + size)


def _is_extreme(null: float, e0: Any, e1: Any, v0: Any, v1: Any, v2: Any) -> Any:
    """Of one draw in Python's numbers, which are quicker for a few, or of many in arrays."""
    effect = e0 + e1 * null
    return effect * effect * (1 + _TIE) >= null * null * (v0 + null * (v1 + null * v2))


def wild_bootstrap(parts: tuple[ClusterSums, ...], level: float, draws: int, seed: int) -> Estimate:
    """Mean change of one group, or of the first less the second: symmetric p, and its interval.

    ``parts``: sums of one or two groups, their arrays over the same organisations in the same
    order. The standard error is CR1 (factor G / (G - 1)), the statistic t by it. All patterns of
    signs are used where they are no more than ``draws``. Not estimable where CR2 is not; without
    an interval where so few organisations can reject nothing at this level.
    """
    known = contrast_robust(parts, level, "cr1")
    value, std_error, statistic = known.value, known.std_error, known.statistic
    if value is None or std_error is None or statistic is None:
        return known
    residuals = _residuals(parts)
    count = residuals.shares.shape[1]
    made = _draw(residuals, std_error, draws, seed)
    p_value = made.p_value(made.count_extreme(-statistic))
    reach = _interval(made, level)
    low, high = (value + side * std_error for side in reach) if reach else (None, None)
    notes = [_how(count, draws, seed), "" if reach else _no_interval(made, level), known.note]
    return Estimate(
        value=value,
        std_error=std_error,
        statistic=statistic,
        p_value=probability(p_value),
        ci_low=low,
        ci_high=high,
        ci_level=level,
        n=known.n,
        n_organisations=known.n_organisations,
        note="; ".join(filter(None, notes)),
    )


def _how(count: int, draws: int, seed: int) -> str:
    if 2**count <= draws:
        return f"all {2**count:,} patterns of signs"
    weights = "Webb's six-point weights" if count < FEWEST_FOR_SIGNS else "random signs"
    return f"{draws:,} draws of {weights}, seed {seed}"


def _no_interval(made: _Draws, level: float) -> str:
    least = made.p_value(1 if made.enumerated else 0)
    if least > alpha_of(level):
        return f"no interval: with so few organisations p is never below {least:.2g}"
    return "no interval: its limits could not be found"


# --- residuals by organisation ------------------------------------------------------------------


def _residuals(parts: tuple[ClusterSums, ...]) -> _Residuals:
    """Organisations in an order of their own numbers, whatever they are called."""
    sizes = [part.size for part in parts]
    counts = np.array([part.n.tolist() for part in parts], dtype=float)
    sums = np.array([residual_sums(part, part.size**2 * part.denominator) for part in parts])
    signs = np.array([1.0, -1.0][: len(parts)])
    shares = counts / np.array(sizes)[:, None]
    # Sums without a sign first: the groups may change places.
    order = np.lexsort((*sums, *counts, np.abs(signs @ sums), counts.sum(axis=0)))
    others = [1.0] if len(parts) == 1 else [size / sum(sizes) for size in reversed(sizes)]
    return _Residuals(sums[:, order], shares[:, order], signs * np.array(others), signs)


# --- draws --------------------------------------------------------------------------------------


def _draw(residuals: _Residuals, std_error: float, draws: int, seed: int) -> _Draws:
    """Every draw's estimate and variance as polynomials in the null.

    With u the residual sums of an organisation under the null and w its weight, a draw estimates
    sum w (u_1 / N_1 - u_2 / N_2); its CR1 takes the same less the organisation's share of that.
    """
    sums, shares, signs = residuals.sums / std_error, residuals.shares, residuals.signs
    groups, count = shares.shape
    base, slope = residuals.parts
    part = np.array([base / std_error, slope])
    crossed = part[:, None, :] * shares
    squares = np.array([part[0] ** 2, 2 * part[0] * part[1], part[1] ** 2])
    columns = np.vstack([sums, shares, crossed.reshape(-1, count)])
    linear, spread = _weighted(columns, squares, draws, seed)
    means = linear[: 2 * groups].reshape(2, groups, -1) * signs[:, None]
    means[1] *= -residuals.pull[:, None]
    spread = spread + _spread(means, linear[2 * groups :].reshape(2, groups, -1), shares)
    return _Draws(means.sum(axis=1), spread * count / (count - 1), 2**count <= draws)


def _spread(means: Numbers, crossed: Numbers, shares: Numbers) -> Numbers:
    """What the squares of an organisation's parts become when the fitted means are taken off."""
    quadratic = shares @ shares.T @ means - 2 * crossed
    (v0, rising), (falling, v2) = (
        [(mean * term).sum(axis=0) for term in quadratic] for mean in means
    )
    return np.array([v0, rising + falling, v2])


def _weighted(columns: Numbers, squares: Numbers, draws: int, seed: int) -> tuple[Numbers, Numbers]:
    """Sums of the columns under the weights of each draw, and of others under their squares."""
    linear, spread = [], []
    for weights in _weights(columns.shape[1], draws, seed):
        linear.append(columns @ weights.T)
        spread.append(squares @ (weights * weights).T)
    return np.hstack(linear), np.hstack(spread)


def _weights(count: int, draws: int, seed: int) -> Iterator[Numbers]:
    """Weights of ``count`` organisations, some draws at a time: of shape (draws, count)."""
    every = 2**count <= draws
    size, rows = 2 ** (count - 1) if every else draws, max(1, _BLOCK // count)
    for first in range(0, size, rows):
        last = min(first + rows, size)
        yield _patterns(count, first, last) if every else _drawn(count, first, last, seed)


@lru_cache(maxsize=128)
def _patterns(count: int, first: int, last: int) -> Numbers:
    """Patterns of signs, but one of each two that differ in every sign: their |t| is one."""
    bits: NDArray[np.int64] = (np.arange(first, last)[:, None] >> np.arange(count)) & 1
    return _SIGNS[bits]


@lru_cache(maxsize=128)
def _drawn(count: int, first: int, last: int, seed: int) -> Numbers:
    """The same for every outcome: what differs is what it is put on."""
    rng = generator(seed, "wild_bootstrap", str(count), str(first))
    points = _WEBB if count < FEWEST_FOR_SIGNS else _SIGNS
    return points[rng.integers(0, len(points), (last - first, count), dtype=np.int8)]


# --- the interval -------------------------------------------------------------------------------


def _interval(made: _Draws, level: float) -> tuple[float, float] | None:
    """Limits in standard errors from the estimate; None unless both exist."""
    low, high = (_limit(made, side, 1 - level) for side in (-1.0, 1.0))
    return None if low is None or high is None else (low, high)


def _limit(made: _Draws, side: float, alpha: float) -> float | None:
    """How many standard errors from the estimate the p of a null falls to ``alpha``, signed.

    Between two nulls so close that few draws differ, only those that do are looked at again. A
    draw that came and went between the two would be missed, so the end is checked on all.
    """

    @cache
    def extreme(null: float) -> Flags:
        return made.as_extreme(side * null)

    def rejected(null: float) -> bool:
        return made.p_value(int(np.count_nonzero(extreme(null)))) <= alpha

    far = 2.0
    while not rejected(far):
        far *= 2
        if far > _FAR:
            return None
    near, far = _bisect(rejected, 0.0, far, _CLOSE)
    here, there = extreme(near), extreme(far)
    settled, open_ = int(np.count_nonzero(here & there)), made.of(here != there).rows()

    def rejected_by_few(null: float) -> bool:
        count = sum(_is_extreme(side * null, *draw) for draw in open_)
        return made.p_value(settled + count) <= alpha

    near, far = _bisect(rejected_by_few, near, far, _EXACT)
    return side * far if rejected(far) and not rejected(near) else None


def _bisect(
    rejected: Callable[[float], bool], near: float, far: float, width: float
) -> tuple[float, float]:
    """Two nulls no farther apart than ``width``, the first not rejected and the second rejected."""
    while far - near > width:
        middle = (near + far) / 2
        near, far = (near, middle) if rejected(middle) else (middle, far)
    return near, far
