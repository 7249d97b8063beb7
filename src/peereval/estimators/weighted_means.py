"""Weighted means of respondents in organisations, cluster-robust.

CR2 (Bell & McCaffrey 2002) with Satterthwaite degrees of freedom (Pustejovsky & Tipton 2018) for
least squares with weights that are known, respondents being independent and of one variance as
the working model: what clubSandwich gives for ``lm(y ~ 1, weights = w)`` and, of two groups, for
``lm(y ~ group, weights = w)``. In organisation g the matrix to be taken to the power -1/2 is
I - (1 w' + w 1') / S + 1 1' Q / S^2, with S and Q the sums of all weights and of their squares: it
differs from I in the directions 1 and w only, so that 2 x 2 matrices are enough.
"""

from collections.abc import Sequence
from math import sqrt

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from peereval.estimators.clustered import too_few
from peereval.estimators.estimate import Estimate, t_estimate

Numbers = NDArray[np.float64]
Integers = NDArray[np.int64]

NOT_CLUSTERED = "the study names no organisation column, so respondents cannot be clustered"
ONE_HOLDS_ALL = "one organisation holds a whole group, so its variation is unknown"
EMPTY = "one group has no respondents"
NO_VARIATION = "the mean is the same in every organisation"

# What is this small beside what it was made of is rounding.
_NOISE = 1e-12
# An organisation that leaves less than this of a direction holds all of it.
_NONE_LEFT = 1e-9


class Weighted(Struct, frozen=True):
    """Values of one group: ``value``, ``weight`` and number of the organisation, (n,) each."""

    value: Numbers
    weight: Numbers
    organisation: Integers

    @property
    def mean(self) -> float:
        """The weighted mean."""
        return float(self.weight @ self.value / self.weight.sum())

    @property
    def effective(self) -> float:
        """Respondents who would say as much if all had one weight (Kish 1965)."""
        return float(self.weight.sum() ** 2 / (self.weight @ self.weight))


class Adjusted(Struct, frozen=True):
    """How residuals of one group make its scores by organisation.

    ``factors`` (G, 2): multiply the sums of residuals and of weighted residuals; ``whole``: whether
    one organisation holds the whole group. ``own`` (G,), ``spokes`` (G, 2) and ``inner`` (2, 2)
    are the parts of the matrix whose traces give the degrees of freedom.
    """

    factors: Numbers
    own: Numbers
    spokes: Numbers
    inner: Numbers
    whole: bool


def adjust(counts: Numbers, weights: Numbers, squares: Numbers) -> Adjusted:
    """The CR2 adjustment, of respondents and sums of weights and their squares by organisation.

    Organisations without respondents of the group have 0 in all three.
    """
    total, total_sq = float(weights.sum()), float(squares.sum())
    gram = np.stack([counts, weights, weights, squares], axis=-1).reshape(-1, 2, 2)
    inner = np.array([[total_sq / total**2, -1 / total], [-1 / total, 0.0]])
    factors, whole = _factors(gram, inner)
    factors = factors / total
    seen = np.einsum("gij,gj->gi", gram, factors)
    return Adjusted(factors, np.einsum("gi,gi->g", factors, seen), seen, inner, whole)


def _factors(gram: Numbers, inner: Numbers) -> tuple[Numbers, bool]:
    """w' (I + V inner V')^(-1/2) = f' V' of each organisation, V = (1, w), V'V = ``gram``."""
    sizes, turn = np.linalg.eigh(gram)
    there = sizes > _NOISE * sizes[:, 1:]
    root = np.sqrt(np.where(there, sizes, 0.0))
    flat = np.divide(1.0, root, out=np.zeros_like(root), where=there)
    # V = B R, B orthonormal: then the power is taken of the 2 x 2 matrix I + R inner R'.
    right = root[:, :, None] * turn.transpose(0, 2, 1)
    shares, axes = np.linalg.eigh(np.eye(2) + right @ inner @ right.transpose(0, 2, 1))
    lost = shares < _NONE_LEFT
    power = 1 / np.sqrt(np.where(lost, 1.0, shares)) - 1
    change = (axes * power[:, None, :]) @ axes.transpose(0, 2, 1)
    moved = np.einsum("gij,gj,gjk,gk->gi", turn, flat, change, right[:, :, 1])
    return moved + np.array([0.0, 1.0]), bool(lost.any())


def degrees_of_freedom(groups: Sequence[Adjusted]) -> float:
    """Satterthwaite: (tr P)^2 / tr(P^2), P = D + sum_k U_k C_k U_k' over the groups."""
    own = np.sum([group.own for group in groups], axis=0)
    spokes = np.hstack([group.spokes for group in groups])
    inner = np.zeros((spokes.shape[1], spokes.shape[1]))
    for k, group in enumerate(groups):
        inner[2 * k : 2 * k + 2, 2 * k : 2 * k + 2] = group.inner
    crossed = inner @ (spokes.T @ spokes)
    trace = own.sum() + np.trace(crossed)
    twice = 2 * np.trace(inner @ (spokes.T @ (own[:, None] * spokes)))
    return float(trace**2 / (own @ own + twice + np.trace(crossed @ crossed)))


def weighted_cr2(groups: Sequence[Weighted], level: float, n_organisations: int) -> Estimate:
    """Weighted mean of one group, or of the first less the second, with CR2.

    ``n_organisations``: known organisations, for the row. Not estimable below
    `FEWEST_ORGANISATIONS` of them, when a group is empty or in one organisation, or when the
    means of the organisations do not vary.
    """
    n = sum(len(group.value) for group in groups)

    def refused(reason: str) -> Estimate:
        return Estimate(n=n, n_organisations=n_organisations, reason=reason)

    if not all(len(group.value) for group in groups):
        return refused(EMPTY)
    if reason := too_few(n_organisations):
        return refused(reason)
    highest = 1 + max(int(group.organisation.max()) for group in groups)
    adjusted, scores = zip(*(_scores(group, highest) for group in groups), strict=True)
    signs = (1.0, -1.0)[: len(groups)]
    together = np.sum([sign * score for sign, score in zip(signs, scores, strict=True)], axis=0)
    variance = float(together @ together)
    largest = max(float(np.abs(group.value).max()) for group in groups)
    if any(each.whole for each in adjusted):
        return refused(ONE_HOLDS_ALL)
    if variance <= _NOISE**2 * max(sum(float(x @ x) for x in scores), largest**2):
        return refused(NO_VARIATION)
    value = sum(sign * group.mean for sign, group in zip(signs, groups, strict=True))
    return t_estimate(
        value, sqrt(variance), degrees_of_freedom(adjusted), level, n, n_organisations
    )


def _scores(group: Weighted, highest: int) -> tuple[Adjusted, Numbers]:
    """The adjustment of a group, and its scores by organisation."""

    def added(values: Numbers) -> Numbers:
        return np.bincount(group.organisation, values, highest).astype(float)

    weight, residual = group.weight, group.value - group.mean
    adjusted = adjust(added(np.ones_like(weight)), added(weight), added(weight**2))
    sums = np.stack([added(residual), added(weight * residual)], axis=-1)
    return adjusted, np.einsum("gi,gi->g", adjusted.factors, sums)
