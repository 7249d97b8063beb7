"""Common factors of a correlation matrix, by maximum likelihood."""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from peereval.plurals import count_of

Numbers = NDArray[np.float64]

#: Share of its variance that an item keeps to itself, at the least: at that bound the solution is
#: improper (a Heywood case).
LEAST = 0.005
_MOST_STEPS = 200
_FLAT = 1e-10
_NOISE = 1e-13
_MOST_TURNS, _MOST_HALVINGS = 5000, 30
_LEVEL = 1e-6


class Factors(Struct, frozen=True):
    """``loadings`` (k, m), unrotated, and ``uniquenesses`` (k,); or the ``reason`` for none."""

    loadings: Numbers
    uniquenesses: Numbers
    reason: str = ""


def factors_of(correlations: Numbers, m: int) -> Factors:
    """``m`` common factors of ``correlations`` (k, k), by maximum likelihood.

    The function that Joreskog (1967, Psychometrika 32:443, eq. 27) minimises over the
    uniquenesses, here over their logarithms and by Newton's method with exact derivatives.
    ``reason`` is given where there are too few items for ``m`` factors, where the matrix has no
    inverse, for improper solutions, and where the steps come to no end.
    """
    k = len(correlations)
    if (k - m) ** 2 < k + m:
        return _none(f"{count_of(k, 'item')}: too few for {count_of(m, 'common factor')}")
    if np.linalg.eigvalsh(correlations)[0] < 1e-9:
        return _none("answers to some items follow from those to the others")
    # As Joreskog starts: half of what the other items do not explain, for one factor.
    start = (1 - m / (2 * k)) / np.diag(np.linalg.inv(correlations))
    x = _minimise(correlations, np.log(np.clip(start, LEAST, 1)), m)
    if x is None:
        return _none("no fit of common factors was found")
    uniquenesses = np.exp(x)
    if uniquenesses.min() <= LEAST * (1 + 1e-9):
        return _none("no proper fit of common factors: an item would be without error")
    values, vectors = _eigen(correlations, x)
    strengths = np.sqrt(np.maximum(values[-m:] - 1, 0))
    return Factors(np.sqrt(uniquenesses)[:, None] * vectors[:, -m:] * strengths, uniquenesses)


def _none(reason: str) -> Factors:
    return Factors(np.empty((0, 0)), np.empty(0), reason)


def _eigen(correlations: Numbers, x: Numbers) -> tuple[Numbers, Numbers]:
    scale = np.exp(-x / 2)
    values, vectors = np.linalg.eigh(correlations * np.outer(scale, scale))
    return values, vectors


def _misfit(values: Numbers, m: int) -> float:
    """What is minimised, of the eigenvalues that are not those of factors."""
    rest = values[:-m]
    return float(np.sum(rest - np.log(rest) - 1))


def _minimise(correlations: Numbers, x: Numbers, m: int) -> Numbers | None:
    """Logarithms of the uniquenesses; None if the steps come to no end."""
    bound = np.log(LEAST)
    values, vectors = _eigen(correlations, x)
    for _ in range(_MOST_STEPS):
        if values[-m] - values[-m - 1] < _FLAT:
            return None  # which of two directions is the factor, nothing says
        slope, curve = _derivatives(values, vectors, m)
        free = (x > bound) | (slope < 0)
        before, share = _misfit(values, m), 1.0
        if np.abs(slope[free]).max(initial=0) < _FLAT * (1 + before):
            return x
        step = np.zeros_like(x)
        step[free] = _downhill(slope[free], curve[np.ix_(free, free)])
        while share > 1e-9:
            trial = np.maximum(x - share * step, bound)
            values, vectors = _eigen(correlations, trial)
            if _misfit(values, m) <= before + _NOISE * (1 + before):
                break
            share /= 2
        else:
            return None
        x = trial
    return None


def _downhill(slope: Numbers, curve: Numbers) -> Numbers:
    """Newton's step, turned downhill along directions in which the function bends down."""
    bends, ways = np.linalg.eigh(curve)
    bends = np.maximum(np.abs(bends), 1e-8 * np.abs(bends).max())
    step = ways @ ((ways.T @ slope) / bends)
    longest = np.abs(step).max()
    return np.asarray(step / max(1.0, longest / 2))


def _derivatives(values: Numbers, vectors: Numbers, m: int) -> tuple[Numbers, Numbers]:
    """First and second derivatives of the misfit by the logarithms of the uniquenesses.

    An eigenvalue v with vector w changes by -v w_i^2, and w towards each other w' by
    -(v + v') / (v - v') w_i w'_i / 2.
    """
    rest, factors = values[:-m], values[-m:]
    own, common = vectors[:, :-m], vectors[:, -m:]
    slope = (own**2) @ (1 - rest)
    curve = ((own * rest) @ own.T) * (own @ own.T)
    for value, vector in zip(factors, common.T, strict=True):
        weight = (1 - rest) * (rest + value) / (value - rest)
        curve += ((own * weight) @ own.T) * np.outer(vector, vector)
    return slope, curve


def rotate(loadings: Numbers, keys: Numbers) -> tuple[Numbers, Numbers] | None:
    """``loadings`` (k, m) rotated obliquely, and the correlations of the factors (m, m).

    Direct quartimin (Jennrich & Sampson 1966; oblimin with gamma 0) by gradient projection
    (Jennrich 2002, Psychometrika 67:7). ``keys`` (k, m) says with 1 which items each factor
    should be about: the search starts near that, and the factors keep that order. None if it
    does not settle.
    """
    turn = _unit_columns(np.asarray(np.linalg.pinv((np.linalg.pinv(loadings) @ keys).T), float))
    length, rotated = 1.0, _turned(loadings, turn)
    for _ in range(_MOST_TURNS):
        uphill = -(rotated.T @ _quartimin_slope(rotated) @ np.linalg.inv(turn)).T
        uphill = uphill - turn * np.sum(turn * uphill, axis=0)
        steep = float(np.sum(uphill**2))
        length, settled = 2 * length, True
        for _ in range(_MOST_HALVINGS):
            trial = _unit_columns(turn - length * uphill)
            candidate = _turned(loadings, trial)
            gained = _quartimin(rotated) - _quartimin(candidate)
            if gained > steep * length / 2:
                turn, rotated, settled = trial, candidate, False
                break
            length /= 2
        if settled:  # as far as the digits of a number go
            return _oriented(rotated, turn.T @ turn) if steep < _LEVEL**2 else None
    return None


def _unit_columns(matrix: Numbers) -> Numbers:
    return np.asarray(matrix / np.sqrt(np.sum(matrix**2, axis=0)))


def _turned(loadings: Numbers, turn: Numbers) -> Numbers:
    return np.asarray(loadings @ np.linalg.inv(turn).T)


def _quartimin(loadings: Numbers) -> float:
    return float(np.sum(loadings * _quartimin_slope(loadings))) / 4


def _quartimin_slope(loadings: Numbers) -> Numbers:
    others = 1 - np.eye(loadings.shape[1])
    return np.asarray(loadings * (loadings**2 @ others))


def _oriented(loadings: Numbers, correlations: Numbers) -> tuple[Numbers, Numbers]:
    """More of a factor is more of its items."""
    signs = np.where(loadings.sum(axis=0) < 0, -1.0, 1.0)
    return loadings * signs, correlations * np.outer(signs, signs)
