"""A scale from numbers to places, and the round numbers that stand on it."""

import math
from collections.abc import Callable, Iterable

from msgspec import Struct

from peereval.rendering.charts.metrics import width

MINUS = "\N{MINUS SIGN}"


class Scale(Struct, frozen=True):
    """From ``low``..``high`` to ``left``..``right``; ``high`` is above ``low``."""

    low: float
    high: float
    left: float
    right: float

    def __call__(self, value: float) -> float:
        """The place of a value; of one beyond an end that end."""
        share = (value - self.low) / (self.high - self.low)
        return self.left + min(1.0, max(0.0, share)) * (self.right - self.left)


def reach(values: Iterable[float | None], zero: bool = True) -> tuple[float, float]:
    """The lowest and the highest value, and zero; one unit where that is no distance."""
    known = [value for value in values if value is not None]
    known += [0.0] if zero or not known else []
    low, high = min(known), max(known)
    if high > low:
        return low, high
    return (
        (low, low + 1) if low == 0 else (min(low, 0), max(high, 0)) if zero else (low - 1, low + 1)
    )


def ticks(low: float, high: float, at_most: int) -> list[float]:
    """Round numbers from low to high, at least two and about as many as asked."""
    step = _step((high - low) / max(1, at_most))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [number * step for number in range(first, last + 1)]


def widened(low: float, high: float, at_most: int) -> tuple[float, float]:
    """Limits moved out to the next round numbers."""
    step = _step((high - low) / max(1, at_most))
    return math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step


def _step(least: float) -> float:
    """The smallest of 1, 2 and 5 times a power of ten that is not below ``least``."""
    power: float = 10.0 ** math.floor(math.log10(least))
    return next(times * power for times in (1, 2, 5, 10) if times * power >= least * (1 - 1e-9))


def tick_text(step: float) -> Callable[[float], str]:
    """How the numbers on a scale are written that are so far apart."""
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    long = digits > 5 or step >= 1e7

    def text(value: float) -> str:
        value = round(value / step) * step
        if not value:
            return "0"
        said = f"{abs(value):.3g}" if long else f"{abs(value):,.{digits}f}"
        return (MINUS if value < 0 else "") + said

    return text


def fitting(
    low: float, high: float, room: float, size: float, shares: bool = False
) -> tuple[list[float], list[str]]:
    """As many round numbers as stand in a room without touching, and how they are written."""
    times, after = (100, "%") if shares else (1, "")
    for at_most in (8, 6, 5, 4, 3, 2, 1):
        places = ticks(low, high, at_most)
        step = places[1] - places[0] if len(places) > 1 else high - low
        write = tick_text(step * times)
        said = [write(place * times) + after for place in places]
        widest = max((width(each, size) for each in said), default=0)
        if (widest + 14) * (len(places) - 1) <= room:
            return places, said
    return [], []
