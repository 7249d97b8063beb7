"""Where a function of one number is 0."""

from collections.abc import Callable
from math import isfinite, ulp


def root(function: Callable[[float], float], low: float, high: float) -> float | None:
    """Where a continuous ``function`` is 0, to the last digits of a computer's numbers.

    Its values at ``low`` and ``high`` are of different sign. None where it has no value on the
    way. Chandrupatla (1997, Advances in Engineering Software 28:145): inverse quadratic
    interpolation where that is safe, else halving.
    """
    a, b, c = high, low, low
    at_a, at_b = function(a), function(b)
    at_c, share = at_b, 0.5
    while True:
        tried = a + share * (b - a)
        at_tried = function(tried)
        if not isfinite(at_tried):
            return None
        if (at_tried > 0) == (at_a > 0):
            c, at_c = a, at_a
        else:
            c, b, at_c, at_b = b, a, at_b, at_a
        a, at_a = tried, at_tried
        best, at_best = (a, at_a) if abs(at_a) < abs(at_b) else (b, at_b)
        least = ulp(best) / abs(b - a) if a != b else 1.0
        if at_best == 0 or least > 0.5:
            return best
        share = min(1 - least, max(least, _share(a, b, c, at_a, at_b, at_c)))


def _share(a: float, b: float, c: float, at_a: float, at_b: float, at_c: float) -> float:
    """How far from ``a`` towards ``b`` the function is 0 next."""
    place, height = (a - b) / (c - b), (at_a - at_b) / (at_c - at_b)
    if not (height**2 < place and (1 - height) ** 2 < 1 - place):
        return 0.5
    return at_a / (at_b - at_a) * at_c / (at_b - at_c) + (c - a) / (b - a) * at_a / (
        at_c - at_a
    ) * at_b / (at_c - at_b)
