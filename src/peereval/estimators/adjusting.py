"""p values of tests that are judged together."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def adjusted_p(p_values: Sequence[float], method: str) -> list[float]:
    """p values adjusted within their family, in the order given; none may be missing.

    ``holm``: the largest of (m - i + 1) p(i) so far (Holm 1979, Scand J Stat 6:65);
    ``benjamini_hochberg``: the smallest of m p(i) / i from here on (1995, J R Stat Soc B 57:289).
    At most 1. Raises ``KeyError`` for another method.
    """
    adjusted = _METHODS[method](np.asarray(p_values, dtype=float))
    return [float(p) for p in adjusted]


def _holm(p: NDArray[np.float64]) -> NDArray[np.float64]:
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(p.size, 0.0, -1.0))
    return _in_place(np.minimum(stepped, 1.0), order)


def _benjamini_hochberg(p: NDArray[np.float64]) -> NDArray[np.float64]:
    order = np.argsort(p, kind="stable")[::-1]
    stepped = np.minimum.accumulate(p[order] * (p.size / np.arange(p.size, 0.0, -1.0)))
    return _in_place(np.minimum(stepped, 1.0), order)


def _in_place(values: NDArray[np.float64], order: NDArray[np.int64]) -> NDArray[np.float64]:
    back = np.empty_like(values)
    back[order] = values
    return back


_METHODS = {"holm": _holm, "benjamini_hochberg": _benjamini_hochberg}
