"""Random draws that are the same bytes on every machine.

Everything comes from ``Generator.random`` (a bit pattern, no library function) and from
sums, products and square roots of it, element by element. A normal draw or a power would
go through ``log`` and ``exp``, whose last digit differs between machines, and one digit
can turn one answer.
"""

import zlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def stream(seed: int, *names: str) -> np.random.Generator:
    """A generator of its own for each purpose, so that one change does not move all else."""
    return np.random.default_rng([seed, zlib.crc32("/".join(names).encode())])


def bell(rng: np.random.Generator, size: int) -> Floats:
    """Draws close to a standard normal: twelve uniform draws added up, less six."""
    total = np.zeros(size)
    for _ in range(12):
        total = total + rng.random(size)
    return total - 6.0


def mix(*parts: tuple[float, Floats]) -> Floats:
    """Weighted sum of independent draws; a weight is a share of the variance."""
    total = np.zeros(len(parts[0][1]))
    for share, draws in parts:
        total = total + np.sqrt(share) * draws
    return total


def order(keys: Floats) -> Integers:
    """Positions from the highest key to the lowest."""
    return np.argsort(-keys, kind="stable").astype(np.int64)


def shuffled(rng: np.random.Generator, members: Integers) -> Integers:
    """The members in random order."""
    return members[order(rng.random(len(members)))]


def highest(keys: Floats, members: Integers, count: int) -> Integers:
    """The ``count`` members with the highest keys."""
    return members[order(keys[members])][:count]


def share_out(weights: Sequence[float] | Floats, total: int) -> list[int]:
    """Whole numbers in proportion to the weights that add up to ``total``."""
    exact = np.asarray(weights, dtype=np.float64)
    exact = exact * (total / exact.sum())
    counts = np.floor(exact).astype(np.int64)
    counts[order(exact - counts)[: total - int(counts.sum())]] += 1
    return [int(count) for count in counts]


def deal(counts: Sequence[int], rng: np.random.Generator) -> Integers:
    """Each position as often as its count says, in random order."""
    return shuffled(rng, np.repeat(np.arange(len(counts)), counts).astype(np.int64))
