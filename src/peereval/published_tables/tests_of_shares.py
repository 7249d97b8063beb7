"""p values of two shares, as far as a printed table tells them: the least and the most they can be.

Counts are recovered from rounded shares, so several may fit; and of the same respondents at two
occasions a table does not say how many changed their answer. Whatever fits is tried.
"""

from collections.abc import Iterator, Sequence
from itertools import product

from msgspec import Struct

#: Most combinations of counts that are tried one by one; beyond it only the ends of each range,
#: where p is least and, unless the shares may be equal, most.
_MOST = 16


class PValue(Struct, frozen=True):
    """The least and the most that a p value can be."""

    low: float
    high: float


def between(test: str, one: range, n_one: int, two: range, n_two: int) -> PValue:
    """Shares of different respondents: ``pooled_z`` or ``fisher``.

    ``one``, ``two``: counts that fit what is printed, of bases above 0; two-sided, without
    correction for continuity.
    """
    p_of = {"pooled_z": pooled_z, "fisher": fisher}[test]
    found = [p_of(a, n_one, b, n_two) for a, b in _combinations(one, two)]
    alike = one[0] * n_two <= two[-1] * n_one and two[0] * n_one <= one[-1] * n_two
    return PValue(min(found), 1.0 if alike and _too_many(one, two) else max(found))


def within(test: str, one: range, two: range, n: int) -> PValue:
    """Shares of the same respondents: ``mcnemar`` or ``mcnemar_exact``.

    With a difference of d, from d to as many as there can be changed their answer; the more,
    the larger is p.
    """
    p_of = {"mcnemar": mcnemar, "mcnemar_exact": _mcnemar_exact}[test]
    low, high = 1.0, 0.0
    for before, after in _combinations(one, two):
        lost = min(before, n - after)
        low = min(low, p_of(max(after - before, 0), max(before - after, 0)))
        high = max(high, p_of(lost - before + after, lost))
    alike = one[0] <= two[-1] and two[0] <= one[-1]
    return PValue(low, 1.0 if alike and _too_many(one, two) else high)


def _combinations(one: range, two: range) -> Iterator[tuple[int, int]]:
    if _too_many(one, two):
        return product((one[0], one[-1]), (two[0], two[-1]))
    return product(one, two)


def _too_many(one: range, two: range) -> bool:
    """Whether only the ends are tried; shares that overlap may then be equal between them."""
    return len(one) * len(two) > _MOST


def pooled_z(a: int, n_a: int, b: int, n_b: int) -> float:
    """Two-sided p of two independent shares by z with the pooled share (`prop.test` in R).

    1 where all or none answered so in both: the shares are the same.
    """
    if a + b in (0, n_a + n_b):
        return 1.0
    from statsmodels.stats.proportion import proportions_ztest

    return float(proportions_ztest([a, b], [n_a, n_b])[1])


def fisher(a: int, n_a: int, b: int, n_b: int) -> float:
    """Two-sided p of two independent shares by Fisher's exact test."""
    import numpy as np
    from scipy.stats import fisher_exact

    return float(fisher_exact(np.array([[a, n_a - a], [b, n_b - b]])).pvalue)


def mcnemar(gained: int, lost: int) -> float:
    """McNemar's test by chi-square, without correction (McNemar 1947); 1 if nobody changed."""
    if not gained + lost:
        return 1.0
    from scipy.special import chdtrc

    return float(chdtrc(1, (gained - lost) ** 2 / (gained + lost)))


def _mcnemar_exact(gained: int, lost: int) -> float:
    from peereval.estimators.prevalence import mcnemar_exact

    return mcnemar_exact(gained, lost)


def adjusted(family: Sequence[PValue], method: str) -> list[PValue]:
    """Adjusted p values of tests that are judged together.

    Holm's and Benjamini & Hochberg's never fall when a p value of the family rises, so the
    least and the most are those of all the least and of all the most.
    """
    from peereval.estimators.adjusting import adjusted_p

    if not family:
        return []
    low = adjusted_p([p.low for p in family], method)
    high = adjusted_p([p.high for p in family], method)
    return [PValue(*limits) for limits in zip(low, high, strict=True)]
