"""How well the items of a score measure one thing: Cronbach's alpha, and each item by itself.

All of exact sums: what is divided are whole numbers of any size, so that nothing is lost and
a variance of 0 is 0.
"""

from collections.abc import Sequence
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from peereval.estimators.estimate import Estimate
from peereval.estimators.sums import NO_PAIRS, ONE_PAIR, totals
from peereval.item_moments import ItemSums
from peereval.moments import ClusterSums
from peereval.plurals import count_of

_SAME_SUM = "the sum of the items is the same for everyone, so nothing of it can be true or error"
_ONE_ITEM = "one item: whether items agree needs two"


def scatter(sums: ItemSums) -> NDArray[np.object_]:
    """n times the sums of squared deviations and of their products (k, k), in whole numbers."""
    each = sums.sums.astype(object)
    return np.asarray(sums.n * sums.products.astype(object) - np.outer(each, each))


def varying(sums: ItemSums) -> list[int]:
    """Places of the items that not everyone answered alike."""
    return [place for place, spread in enumerate(np.diag(scatter(sums))) if spread]


def why_too_few(sums: ItemSums) -> str:
    """Why nothing can be said of answers to items, or an empty text."""
    if sums.n < 2:
        return f"{count_of(sums.n, 'response')} with every item answered: two are needed"
    return "" if varying(sums) else "everyone gave the same answer to each item"


def left_out(sums: ItemSums, kept: Sequence[int]) -> str:
    """What is said of items that are left out because they do not vary."""
    constant = [name for place, name in enumerate(sums.items) if place not in kept]
    return f"without {', '.join(constant)}, which everyone answered alike" if constant else ""


def cronbach(sums: ItemSums, level: float) -> Estimate:
    """Cronbach's (1951) alpha of the complete answers, with Feldt's (1965) interval.

    Feldt: (1 - alpha) / (1 - true alpha) has an F distribution with n - 1 and (n - 1)(k - 1)
    degrees of freedom, respondents taken as independent. Items without variance are left out
    and the note names them; it also speaks of two items, and of an alpha below 0. Not estimable
    with fewer than two complete answers or varying items, or where their sum does not vary.
    """
    kept = varying(sums)
    reason = why_too_few(sums) or (_ONE_ITEM if len(kept) < 2 else "")
    spread = scatter(sums)[np.ix_(kept, kept)]
    value = None if reason else _alpha(len(spread), int(spread.sum()), int(np.trace(spread)))
    if value is None:
        return Estimate(n=sums.n, reason=reason or _SAME_SUM)
    notes = [left_out(sums, kept), _of_two_items(spread), _below_nought(value)]
    low, high = feldt(value, sums.n, len(kept), level)
    return Estimate(
        value,
        ci_low=low,
        ci_high=high,
        ci_level=level,
        n=sums.n,
        note="; ".join(note for note in notes if note),
    )


def _alpha(k: int, whole: int, own: int) -> float | None:
    """Alpha of ``k`` items whose scatter is ``whole``, of which ``own`` is that of each alone.

    None where the sum of the items does not vary.
    """
    return k * (whole - own) / ((k - 1) * whole) if whole else None


def _below_nought(alpha: float) -> str:
    return "below 0: are the items reversed as they should be?" if alpha < 0 else ""


def _of_two_items(spread: NDArray[np.object_]) -> str:
    """The Spearman-Brown coefficient, which two items of unequal spread should be judged by.

    Eisinga, te Grotenhuis & Pelzer 2013, International Journal of Public Health 58:637.
    """
    if len(spread) != 2:
        return ""
    r = _within_one(spread[0, 1] / (sqrt(spread[0, 0]) * sqrt(spread[1, 1])))
    if r == -1:
        return "two items that say the opposite"
    return f"two items: their Spearman-Brown coefficient is {2 * r / (1 + r):.4f}"


def feldt(alpha: float, n: int, k: int, level: float) -> tuple[float, float]:
    """Limits of alpha of ``k`` items and ``n`` respondents."""
    df = (n - 1, (n - 1) * (k - 1))
    low, high = (
        1 - (1 - alpha) * float(special.fdtri(*df, tail))
        for tail in ((1 + level) / 2, (1 - level) / 2)
    )
    return low, high


# --- one item -----------------------------------------------------------------------------


def item_rest_correlations(sums: ItemSums) -> list[Estimate]:
    """Correlation of each item with the sum of the others (Nunnally & Bernstein 1994)."""
    reason = why_too_few(sums) or ("" if len(sums.items) > 1 else _ONE_ITEM)
    if reason:
        return [Estimate(n=sums.n, reason=reason)] * len(sums.items)
    spread = scatter(sums)
    whole, rows = int(spread.sum()), [int(row.sum()) for row in spread]
    return [
        _item_rest(sums.n, int(spread[i, i]), rows[i] - int(spread[i, i]), whole - rows[i])
        for i in range(len(rows))
    ]


def _item_rest(n: int, own: int, with_rest: int, rest_with_all: int) -> Estimate:
    rest = rest_with_all - with_rest
    if not own:
        return Estimate(n=n, reason="everyone gave the same answer to this item")
    if not rest:
        return Estimate(n=n, reason="the sum of the other items is the same for everyone")
    return Estimate(_within_one(with_rest / (sqrt(own) * sqrt(rest))), n=n)


def _within_one(r: float) -> float:
    return max(-1.0, min(1.0, r))


def alphas_if_dropped(sums: ItemSums) -> list[Estimate]:
    """Cronbach's alpha without each item, on the responses with every item."""
    kept = varying(sums)
    reason = why_too_few(sums) or ("two items: one would be left" if len(kept) < 3 else "")
    spread, made = scatter(sums)[np.ix_(kept, kept)], []
    # In whole numbers, so that what an item is part of can be taken off exactly.
    own, shared = (
        dict(zip(kept, part.tolist(), strict=True))
        for part in (np.diag(spread), spread.sum(axis=1))
    )
    every, alone = sum(shared.values()), sum(own.values())
    for place in range(len(sums.items)):
        value = None
        if not reason and place in kept:
            left = every - 2 * shared[place] + own[place]
            value = _alpha(len(kept) - 1, left, alone - own[place])
        why = reason or (_SAME_SUM if place in kept else "everyone gave the same answer to it")
        made.append(
            Estimate(n=sums.n, reason=why) if value is None
            else Estimate(value, n=sums.n, note=_below_nought(value))
        )  # fmt: skip
    return made


def shares_missing(sums: ItemSums) -> list[Estimate]:
    """Share of responses without an answer, of each item."""
    n = sums.n_responses
    if not n:
        return [Estimate(reason="no responses")] * len(sums.items)
    return [Estimate(missing / n, n=n) for missing in sums.missing.tolist()]


# --- what reliability is for --------------------------------------------------------------


def error_of_measurement(alpha: Estimate, sd: float, n: int) -> Estimate:
    """Standard deviation of a score x sqrt(1 - reliability) (Lord & Novick 1968)."""
    if alpha.value is None:
        return Estimate(n=n, reason=f"no reliability: {alpha.reason}")
    if alpha.value < 0:
        return Estimate(n=n, reason="alpha is below 0, so it is no reliability")
    return Estimate(sd * sqrt(1 - alpha.value), n=n)


def retest_correlation(sums: ClusterSums, level: float) -> Estimate:
    """Pearson correlation of before and after, with Fisher's (1921) interval.

    Pairs are taken as independent. Not estimable with fewer than three pairs, or where nothing
    varies at one of the occasions; four are needed for an interval.
    """
    whole = totals(sums)
    counts: dict[str, Any] = {"n": whole.n, "n_organisations": sums.n_organisations}
    if whole.n < 3:
        few = (NO_PAIRS, ONE_PAIR, "two matched pairs: they always lie on one line")
        return Estimate(reason=few[whole.n], **counts)
    one, two = whole.scatter(whole.pre, whole.pre_sq), whole.scatter(whole.post, whole.post_sq)
    if not one or not two:
        return Estimate(reason="everyone has the same value at one of the occasions", **counts)
    r = _within_one((whole.n * whole.pre_post - whole.pre * whole.post) / (sqrt(one) * sqrt(two)))
    if whole.n < 4 or abs(r) == 1:
        return Estimate(r, note="no interval: too few pairs, or all on one line", **counts)
    margin = float(special.ndtri((1 + level) / 2)) / sqrt(whole.n - 3)
    low, high = (float(np.tanh(np.arctanh(r) + step)) for step in (-margin, margin))
    return Estimate(r, ci_low=low, ci_high=high, ci_level=level, **counts)


def share_of(count: int, n: int) -> Estimate:
    """A share; not estimable of nobody."""
    return Estimate(count / n, n=n) if n else Estimate(reason="nobody has the score")
