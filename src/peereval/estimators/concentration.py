"""How few respondents a mean cost hangs on: top shares, Gini, leaving out, turning the sign.

Costs are whole numbers (denominator x cost), and kinds of respondents have a count ``n``.
"""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Integers = NDArray[np.int64]


def top_share(costs: Integers, n: Integers, share: float) -> float:
    """Share of all cost of the ``share`` of respondents with the highest costs.

    Read off the Lorenz curve (Lorenz 1905), which is a line between one respondent and the next:
    of 212 respondents 1% are the first two and 12% of the third. The total must not be 0.
    """
    order = np.argsort(-costs, kind="stable")
    people = np.concatenate([[0], np.cumsum(n[order])])
    money = np.concatenate([[0], np.cumsum(n[order] * costs[order])])
    return float(np.interp(share * people[-1], people, money) / money[-1])


def gini(costs: Integers, n: Integers) -> float:
    """Gini's mean difference / (2 mean), without the n / (n - 1) of a sample (Gini 1912).

    0: everyone costs the same; (n - 1) / n: one respondent costs everything. The total must not
    be 0.
    """
    order = np.argsort(costs, kind="stable")
    people, money = n[order], n[order] * costs[order]
    # Twice the area under the Lorenz curve, in trapezia, as whole numbers of any size.
    below = np.concatenate([[0], np.cumsum(money)[:-1]])
    area = sum(int(w) * (2 * int(b) + int(m)) for w, b, m in zip(people, below, money, strict=True))
    return 1 - area / (int(people.sum()) * int(money.sum()))


class Range(Struct, frozen=True):
    """The lowest and the highest mean when one respondent, or one organisation, is left out."""

    lowest: float
    highest: float


def leaving_out(
    sums: Integers, sizes: Integers, whole: int, size: int, denominator: int
) -> Range | None:
    """Means of the whole without each part in turn; None where that leaves nobody.

    ``sums`` and ``sizes``: of the parts, such as organisations, or one respondent of each kind.
    """
    left = [(whole - int(s), size - int(k)) for s, k in zip(sums, sizes, strict=True)]
    means = [total / (people * denominator) for total, people in left if people > 0]
    return Range(min(means), max(means)) if len(means) == len(left) and means else None


def number_to_turn_sign(savings: Integers, n: Integers) -> int | None:
    """The fewest respondents without whom the total has the other sign; None if there are none.

    Greedy is exact. Say the total is above 0. Without a set R of m respondents it is the total
    less the sum over R, so for each m it is least where R holds the m largest savings; the sign
    turns with m respondents if and only if it turns with those. The least over m falls as m grows
    while the m-th largest is above 0 and rises after, so the first m that turns the sign is found
    on the way down, or there is none.
    """
    total = int((savings * n).sum())
    if total == 0:
        return None
    side = 1 if total > 0 else -1
    left, removed = side * total, 0
    for place in np.argsort(-side * savings, kind="stable"):
        each, people = side * int(savings[place]), int(n[place])
        if each <= 0:
            return None
        needed = left // each + 1
        if needed <= people:
            return removed + needed
        left, removed = left - each * people, removed + people
    return None


def quantile_of_counts(values: Integers, n: Integers, hundredths: int) -> int:
    """100 times the quantile (Hyndman & Fan 1996, type 7) of values with counts, exactly."""
    order = np.argsort(values, kind="stable")
    ends = np.cumsum(n[order])
    place, rest = divmod((int(ends[-1]) - 1) * hundredths, 100)
    low, high = (
        int(values[order][np.searchsorted(ends, min(where, int(ends[-1]) - 1), side="right")])
        for where in (place, place + 1)
    )
    return 100 * low + rest * (high - low)
