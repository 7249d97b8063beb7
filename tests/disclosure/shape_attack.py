"""An attacker who tries every set of whole numbers that all released statistics agree with."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp

from peereval.estimators.changes import Changes
from peereval.estimators.estimate import Estimate
from peereval.estimators.trimmed import trimmed_mean
from peereval.estimators.wilcoxon import wilcoxon

Row = Mapping[str, Any]
Numbers = NDArray[np.float64]
LEVEL = 0.95


# --- respondents ----------------------------------------------------------------------------------


def changes_of(values: Sequence[int]) -> Changes:
    """Changes of respondents, one number each."""
    different, counts = np.unique(values, return_counts=True)
    return Changes(different, counts, 1, 20)


def sets_of(n: int, total: int, squares: int, most: int) -> Iterator[tuple[int, ...]]:
    """Every set of ``n`` whole numbers from -most to most with a sum and a sum of squares."""
    for value in range(-most, most + 1):
        left = (n - 1, total - value, squares - value * value)
        if left[0] == 0:
            if left[1:] == (0, 0):
                yield (value,)
        # The others are no lower than this one, and no sum of squares is below that of equals.
        elif left[2] * left[0] >= left[1] ** 2 and left[1] >= value * left[0]:
            yield from ((value, *more) for more in _rising(*left, value, most))


def _rising(n: int, total: int, squares: int, low: int, most: int) -> Iterator[tuple[int, ...]]:
    if n == 1:
        if low <= total <= most and total * total == squares:
            yield (total,)
        return
    for value in range(low, min(most, total // n) + 1):
        left = (n - 1, total - value, squares - value * value)
        if left[2] >= 0 and left[2] * left[0] >= left[1] ** 2:
            yield from ((value, *more) for more in _rising(*left, value, most))


def agrees(values: Sequence[int], ranked: Row | None, trimmed: Row | None) -> bool:
    """Whether changes have the ranks and the trimmed mean of two released rows, if they are."""
    changes = changes_of(values)
    return all(
        row is None or _same(made(changes, LEVEL), row)
        for made, row in ((trimmed_mean, trimmed), (wilcoxon, ranked))
    )


def _same(found: Estimate, row: Row) -> bool:
    pairs = ((found.value, row["estimate"]), (found.std_error, row["std_error"]),
             (found.statistic, row["statistic"]), (found.p_value, row["p_value"]),
             (found.ci_low, row["ci_low"]), (found.ci_high, row["ci_high"]))  # fmt: skip
    return all(
        (mine is None) == (other is None)
        and (mine is None or other is None or abs(mine - other) < 1e-9)
        for mine, other in pairs
    )


def count_range(values: Numbers, n: int, mean: float, sd: float, aim: Numbers) -> tuple[int, int]:
    """Fewest and most respondents with a value of ``aim``, as far as mean and SD say."""
    total, squares = round(mean * n), round(sd**2 * (n - 1) + n * mean**2)
    sums = np.array([np.ones(len(values)), values, values**2])
    known = [n, total, squares]
    ends = []
    for sign in (1, -1):
        found = milp(sign * aim, constraints=LinearConstraint(sums, known, known),
                     integrality=np.ones(len(values)), bounds=Bounds(0, n))  # fmt: skip
        assert found.x is not None, found.message
        ends.append(round(float(aim @ np.round(found.x))))
    return ends[0], ends[1]


# --- organisations --------------------------------------------------------------------------------


def sizes_of(n: int, count: int, squares: int | None = None, low: int = 2) -> list[tuple[int, ...]]:
    """Sizes, rising, that ``count`` organisations of ``n`` respondents may have."""
    if count == 1:
        return [(n,)] if n >= low and squares in (None, n * n) else []
    return [
        (first, *others)
        for first in range(low, n // count + 1)
        for others in sizes_of(
            n - first, count - 1, None if squares is None else squares - first * first, first
        )
    ]


def sums_near(sizes: Sequence[int], total: int, reach: int) -> list[Numbers]:
    """Sums that each organisation may have, so that they add to a total: one array each."""
    mean = total / sum(sizes)
    around = [np.arange(-reach, reach + 1) + round(size * mean) for size in sizes[:-1]]
    grid = [part.ravel().astype(float) for part in np.meshgrid(*around, indexing="ij")]
    return [*grid, total - np.sum(grid, axis=0)]


def between(sizes: Sequence[int], sums: Sequence[Numbers]) -> Numbers:
    """Sum of squared sums, each over its size."""
    return np.asarray(sum(s * s / n for s, n in zip(sums, sizes, strict=True)))


def robust_error(sizes: Sequence[int], sums: Sequence[Numbers], kind: str) -> Numbers:
    """Standard error of the mean by organisation: CR1, CR2 or CR3."""
    n, total = sum(sizes), np.sum(sums, axis=0)
    power = {"cr1": 0, "cr2": 1, "cr3": 2}[kind]
    squared = sum(
        ((s - size * total / n) / n) ** 2 * (n / (n - size)) ** power
        for s, size in zip(sums, sizes, strict=True)
    )
    more = len(sizes) / (len(sizes) - 1) if kind == "cr1" else 1
    return np.sqrt(np.asarray(squared) * more)
