"""Means of many organisations, each drawn towards that of all by as much as it is unsure."""

from functools import cache
from math import pi, sqrt

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy import special

Numbers = NDArray[np.float64]

#: With fewer organisations how far they differ is not known, and the prior would decide.
FEWEST_ORGANISATIONS = 5
_NODES = 96
#: A quantile is known once a step moves it by no more than this part of itself or of a deviation.
_EXACT, _MOST_STEPS = 1e-14, 60


class Shrunk(Struct, frozen=True):
    """Of every organisation (arrays of shape (J,)): its mean given all others, with its interval.

    ``own_weight``: how much of the mean is its own, 0 to 1. ``spread``: posterior mean of the
    standard deviation between organisations.
    """

    means: Numbers
    low: Numbers
    high: Numbers
    own_weight: Numbers
    spread: float


def shrink(means: Numbers, errors: Numbers, level: float) -> Shrunk:
    """Posterior means and equal-tailed intervals of organisations' true means.

    ``means`` and their standard ``errors``: shape (J,), J at least `FEWEST_ORGANISATIONS`, errors
    above 0. The model is normal between organisations, with a flat prior on their mean and on the
    standard deviation between them (Gelman, Carlin, Stern, Dunson, Vehtari & Rubin 2013, Bayesian
    Data Analysis, 5.4; Gelman 2006, Bayesian Analysis 1:515). That deviation is integrated over,
    so intervals stay honest where it may be zero. Raises ``ValueError`` for too few.
    """
    if means.size < FEWEST_ORGANISATIONS:
        raise ValueError(f"{means.size} organisations: {FEWEST_ORGANISATIONS} are needed")
    # In an order of their own: sums must not depend on what organisations are called.
    order = np.lexsort((errors, means))
    back, means, errors = np.argsort(order), means[order], errors[order]
    spreads, weights = _deviations(means, errors)
    variances = errors[:, None] ** 2 + spreads**2
    own = spreads**2 / variances
    centre = (means[:, None] / variances).sum(axis=0) / (1 / variances).sum(axis=0)
    unsure = 1 / (1 / variances).sum(axis=0)
    expected = own * means[:, None] + (1 - own) * centre
    deviation = np.sqrt(errors[:, None] ** 2 * own + (1 - own) ** 2 * unsure)
    tails = ((1 - level) / 2, (1 + level) / 2)
    low, high = (_quantile(expected, deviation, weights, tail)[back] for tail in tails)
    middle, own_weight = (expected @ weights)[back], (own @ weights)[back]
    return Shrunk(middle, low, high, own_weight, float(spreads @ weights))


def _deviations(means: Numbers, errors: Numbers) -> tuple[Numbers, Numbers]:
    """Standard deviations between organisations, and how likely each is: they add up to 1.

    Gauss-Legendre nodes x, the deviation being x / (1 - x) standard errors.
    """
    nodes, steps = _legendre()
    x = (nodes + 1) / 2
    spreads = np.sqrt(np.median(errors**2) + means.var()) * x / (1 - x)
    variances = errors[:, None] ** 2 + spreads**2
    precision = (1 / variances).sum(axis=0)
    centre = (means[:, None] / variances).sum(axis=0) / precision
    distance = ((means[:, None] - centre) ** 2 / variances).sum(axis=0)
    logarithm = -0.5 * (np.log(precision) + np.log(variances).sum(axis=0) + distance)
    likely = np.exp(logarithm - logarithm.max()) * steps / (1 - x) ** 2
    return spreads, likely / likely.sum()


@cache
def _legendre() -> tuple[Numbers, Numbers]:
    nodes, steps = np.polynomial.legendre.leggauss(_NODES)
    return nodes, steps


def _quantile(expected: Numbers, deviation: Numbers, weights: Numbers, tail: float) -> Numbers:
    """A quantile of each organisation's mixture of normals: Newton's steps, kept in bounds."""
    ends = expected + special.ndtri(tail) * deviation
    low, high = ends.min(axis=1), ends.max(axis=1)  # each normal's own quantile: it is among them
    density = weights / (deviation * sqrt(2 * pi))
    guess, still = (ends @ weights).clip(low, high), _EXACT * deviation.max()
    for _ in range(_MOST_STEPS):
        z = (guess[:, None] - expected) / deviation
        excess = special.ndtr(z) @ weights - tail
        low, high = np.where(excess < 0, guess, low), np.where(excess < 0, high, guess)
        newton = guess - excess / (density * np.exp(-(z**2) / 2)).sum(axis=1)
        middle, before = (low + high) / 2, guess
        guess = np.where((low <= newton) & (newton <= high), newton, middle)
        if (np.abs(guess - before) <= still + _EXACT * np.abs(before)).all():
            break
    return guess
