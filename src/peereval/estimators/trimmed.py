"""Mean of the changes without the highest and the lowest fifth."""

from math import sqrt
from typing import Any

import numpy as np

from peereval.estimators.changes import Changes
from peereval.estimators.estimate import Estimate, t_estimate
from peereval.estimators.sums import NO_PAIRS, ONE_PAIR


def trimmed_mean(changes: Changes, level: float) -> Estimate:
    """Mean change of the middle three fifths, with the interval of Tukey & McLaughlin.

    Of n changes the g = n // 5 lowest and the g highest are left out. The standard error is
    sqrt(S / (h (h - 1))), S the winsorised sum of squares and h = n - 2 g; Student's t with h - 1
    degrees of freedom (Tukey & McLaughlin 1963, Sankhya A 25:331; Yuen 1974, Biometrika 61:165).
    Pairs are taken as independent. Not estimable with fewer than two pairs, or when all that
    is left changed by the same amount.
    """
    n = changes.n
    counts: dict[str, Any] = {"n": n, "n_organisations": changes.n_organisations}
    if n < 2:
        return Estimate(reason=ONE_PAIR if n else NO_PAIRS, **counts)
    cut, kept = n // 5, n - 2 * (n // 5)
    before = np.cumsum(changes.counts)
    low, high = (
        int(changes.values[np.searchsorted(before, position, side="right")])
        for position in (cut, n - 1 - cut)
    )
    if low == high:
        mean = low / changes.denominator
        reason = f"the middle three fifths all changed by the same amount, {mean:g}"
        return Estimate(reason=reason, **counts)
    # Python's own numbers: exact at any size.
    values, times = np.clip(changes.values, low, high).tolist(), changes.counts.tolist()
    total = sum(v * m for v, m in zip(values, times, strict=True))
    squares = sum(v * v * m for v, m in zip(values, times, strict=True))
    scatter = n * squares - total * total
    return t_estimate(
        (total - cut * (low + high)) / (kept * changes.denominator),
        sqrt(scatter / (n * kept * (kept - 1))) / changes.denominator,
        kept - 1,
        level,
        n,
        changes.n_organisations,
        f"{cut} lowest and {cut} highest changes left out; pairs taken as independent",
    )
