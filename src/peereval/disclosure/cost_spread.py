"""Whether the standard error of a total says how many gave the label with the highest cost.

A few respondents who had a contact every day make most of the spread of costs: if nobody else could
make as much, a standard error says that they are there. Nobody but us knows who gave several
labels, so a spread is possible if it lies between those of the ways in which the answers before
and after, and to several questions, can fall together.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from peereval.disclosure.label_ranges import LEAST_TOP, Labels

Numbers = NDArray[np.float64]


class Answered(Struct, frozen=True):
    """How many gave each label of a question at one occasion, and what a contact costs."""

    price: float
    labels: Labels


#: (question, before or after) -> what was answered.
Asked = Mapping[tuple[str, str], Answered]
BEFORE, AFTER = "pre", "post"


def spread_is_open(asked: Asked, n: int, spread: float, threshold: int) -> bool:
    """Whether a spread leaves it open if anybody gave the label with the most contacts.

    Of each question and occasion at which few did: nobody, and as many as a range of all that
    there is room for has at least. ``spread``: sum of squares of changes of cost about their mean.
    """
    return all(
        is_possible({**asked, at: Answered(question.price, labels)}, n, spread)
        for at, question in asked.items() for labels in _otherwise(question.labels, threshold)
    )  # fmt: skip


def _otherwise(labels: Labels, threshold: int) -> Iterator[Labels]:
    """The same contacts of as many respondents, with nobody and with more at the top.

    Nothing where not few are there, or where the contacts do not allow it.
    """
    order = sorted(range(len(labels.contacts)), key=labels.contacts.__getitem__)
    *lower, top = order
    if not lower or not 0 < labels.counts[top] < threshold:
        return
    yield from _divided(labels, 0, [(lower[0], lower[-1])])
    if labels.counts[top] < LEAST_TOP:
        yield from _divided(labels, LEAST_TOP, [*pairwise(lower)])


def _divided(labels: Labels, most: int, pairs: Sequence[tuple[int, int]]) -> Iterator[Labels]:
    """``most`` with the most contacts, all others with one of two labels, the first that fits."""
    contacts = labels.contacts
    left = sum(labels.counts) - most
    total = labels.total - most * max(contacts)
    for one, two in pairs:
        gap = contacts[two] - contacts[one]
        more = round((total - left * contacts[one]) / gap) if gap else 0
        if 0 <= more <= left:
            counts = [0] * len(contacts)
            counts[contacts.index(max(contacts))] += most
            counts[one] += left - more
            counts[two] += more
            yield Labels(contacts, tuple(counts))
            return


def is_possible(asked: Asked, n: int, spread: float) -> bool:
    """Whether a spread lies between that of costs that fall together as one and as the other.

    The same respondents have the highest cost of every question: widest if they are others before
    and after, narrowest if they are the same.
    """
    before, after = (
        np.sum([_sorted_costs(each, n) for (_, at), each in asked.items() if at == end], axis=0)
        for end in (BEFORE, AFTER)
    )
    narrow, wide = (_squares(before - other) for other in (after, after[::-1]))
    return bool(narrow <= spread <= wide)


def _sorted_costs(question: Answered, n: int) -> Numbers:
    """Costs of a question of everybody, the lowest first."""
    labels = question.labels
    some = np.sort(np.repeat(np.array(labels.contacts), labels.counts)) * question.price
    return np.concatenate([np.zeros(n - len(some)), some])


def _squares(changes: Numbers) -> float:
    return float(((changes - changes.mean()) ** 2).sum())
