"""How many may have given each label of a question, as far as its rounded mean cost says.

With the share who had any contact, the mean cost of a question is two sums of the same whole
numbers: how many gave each label, and these times contacts that anybody can look up. A mean that
is rounded leaves the second sum an interval.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Range = tuple[int, int]

#: How many sets of counts are tried. What is found of fewer than all is a part of the range: the
#: range itself is as wide or wider.
_MOST_TRIED = 20_000
#: A count that an attacker knows to be at most two is as good as known.
LEAST_TOP = 3


class Labels(Struct, frozen=True):
    """How many gave each label that means some contact, and how many contacts each stands for."""

    contacts: tuple[float, ...]
    counts: tuple[int, ...]

    @property
    def total(self) -> float:
        """Contacts of all of them together."""
        return float(np.dot(self.contacts, self.counts))

    @property
    def gap(self) -> float:
        """The least by which the contacts of two labels differ."""
        each = sorted(set(self.contacts))
        return min((two - one for one, two in pairwise(each)), default=each[0])


def label_ranges(labels: Labels, low: float, high: float) -> list[Range]:
    """Lowest and highest count of each label, of sets of counts with as many contacts.

    As many respondents as had any contact, with ``low`` to ``high`` contacts together. A part of
    the true range: every count in it comes from a set that was found.
    """
    contacts, (one, two) = labels.contacts, _closest(labels.contacts)
    others = [place for place in range(len(contacts)) if place not in (one, two)]
    tried, left, used = _tried(labels, one, two, high)
    # Of the two labels that are left, how many gave the second follows from the interval.
    gap, first = contacts[two] - contacts[one], used + contacts[one] * left
    if gap:
        fewest = np.maximum(np.ceil((low - first) / gap - 1e-9), 0)
        most = np.minimum(np.floor((high - first) / gap + 1e-9), left)
    else:
        fits = (first >= low) & (first <= high)
        fewest, most = np.where(fits, 0, 1), np.where(fits, left, 0)
    fits = fewest <= most
    found: list[Range] = [(count, count) for count in labels.counts]
    if not fits.any():
        return found
    fewest, most, left = fewest[fits], most[fits], left[fits]
    found[one] = (int((left - most).min()), int((left - fewest).max()))
    found[two] = (int(fewest.min()), int(most.max()))
    for column, place in enumerate(others):
        kept = tried[fits, column]
        found[place] = (int(kept.min()), int(kept.max()))
    return found


def _closest(contacts: Sequence[float]) -> tuple[int, int]:
    """Places of the two labels whose contacts differ least."""
    order = sorted(range(len(contacts)), key=lambda place: (contacts[place], place))
    pairs = list(pairwise(order))
    return min(pairs, key=lambda pair: (contacts[pair[1]] - contacts[pair[0]], pair))


def _tried(
    labels: Labels, one: int, two: int, high: float
) -> tuple[Integers, Integers, NDArray[np.float64]]:
    """Counts of all labels but two, how many respondents are left for those, and contacts used."""
    some = sum(labels.counts)
    others = [place for place in range(len(labels.contacts)) if place not in (one, two)]
    axes = _thinned([
        np.arange(int(min(some, high // labels.contacts[place] if labels.contacts[place] else some))
                  + 1)
        for place in others
    ], [labels.counts[place] for place in others])  # fmt: skip
    left, used = np.array([some]), np.zeros(1)
    for axis, place in zip(axes, others, strict=True):
        left = np.subtract.outer(left, axis).ravel()
        used = np.add.outer(used, axis * labels.contacts[place]).ravel()
    fits = (left >= 0) & (used <= high)
    grid = np.meshgrid(*axes, indexing="ij")
    tried = (np.stack([axis.ravel()[fits] for axis in grid], axis=-1) if others
             else np.zeros((1, 0), dtype=np.int64))  # fmt: skip
    return tried, left[fits], used[fits]


def _thinned(axes: list[Integers], counts: Sequence[int]) -> list[Integers]:
    """Fewer counts of the labels of which most are possible; the true one stays."""
    while np.prod([len(axis) for axis in axes]) > _MOST_TRIED:
        longest = max(range(len(axes)), key=lambda place: len(axes[place]))
        axis = axes[longest]
        kept = np.arange(len(axis)) % 2 == 0
        kept[[0, -1]] = True
        axes[longest] = axis[kept | (axis == counts[longest])]
    return axes


def are_safe(labels: Labels, n: int, ranges: Sequence[Range], threshold: int) -> bool:
    """Whether the range of every small count is wide enough.

    As wide as the threshold, or from nobody to as many as there is room for at such a cost.
    """
    return all(
        high - low >= threshold or (low == 0 and high >= LEAST_TOP)
        for count, (low, high) in zip(labels.counts, ranges, strict=True)
        if is_small(count, n, threshold)
    )


def is_small(count: int, n: int, threshold: int) -> bool:
    """Whether few gave a label, or all but few."""
    return 0 < count < threshold or 0 < n - count < threshold
