"""Share who answered yes, or at least once, before and after."""

from collections.abc import Iterator
from typing import Any

import polars as pl
from scipy import special

from peereval.estimators.clustered import contrast_cr2
from peereval.estimators.estimate import Estimate, Key, probability
from peereval.estimators.paired import paired_t
from peereval.estimators.sums import totals
from peereval.moments import value_sums


def prevalence_rows(
    key: Key, counts: pl.DataFrame, level: float, clustered: bool, word: str = ""
) -> Iterator[dict[str, Any]]:
    """Shares before and after, their change, and McNemar's tests.

    ``counts``: pairs by organisation and code before and after (columns organisation,
    pre, post, n); any code above 0 counts as yes. ``word``: the option meant.
    """
    before, after = ((counts[name].to_numpy() > 0).astype("int64") for name in ("pre", "post"))
    sums = value_sums(counts, before, after, 1, clustered)
    whole = totals(sums)
    for estimand, total in (("share_pre", whole.pre), ("share_post", whole.post)):
        share = (
            Estimate(total / whole.n, n=whole.n, n_organisations=sums.n_organisations)
            if whole.n
            else Estimate(reason="no matched pairs")
        )
        yield key.row("share", estimand, share, word)
    yield key.row("paired_t", "share_change", paired_t(sums, level), word)
    yield key.row("paired_cr2", "share_change", contrast_cr2((sums,), level), word)
    gained, lost = whole.post - whole.pre_post, whole.pre - whole.pre_post
    for method, test in (("mcnemar_exact", mcnemar_exact), ("mcnemar_midp", mcnemar_midp)):
        yield key.row(
            method,
            "share_change",
            _mcnemar(test(gained, lost), whole.n, gained, lost, sums.n_organisations),
            word,
        )


def _mcnemar(p_value: float, n: int, gained: int, lost: int, n_organisations: int) -> Estimate:
    if not n:
        return Estimate(reason="no matched pairs")
    return Estimate((gained - lost) / n, p_value=p_value, n=n, n_organisations=n_organisations)


def mcnemar_exact(gained: int, lost: int) -> float:
    """Exact conditional test: two-sided binomial p of the smaller of two counts at one half.

    1 when nobody changed: no change was seen, and none is excluded.
    """
    moved, fewer = gained + lost, min(gained, lost)
    return probability(2 * float(special.bdtr(fewer, moved, 0.5))) if moved else 1.0


def mcnemar_midp(gained: int, lost: int) -> float:
    """Mid-p McNemar test (Fagerland, Lydersen & Laake 2013, BMC Med Res Methodol 13:91).

    The exact p less the probability of the observed split; with equal counts, 1 less
    half of it; 1 when nobody changed.
    """
    moved, fewer = gained + lost, min(gained, lost)
    if not moved:
        return 1.0
    below = float(special.bdtr(fewer - 1, moved, 0.5)) if fewer else 0.0
    observed = float(special.bdtr(fewer, moved, 0.5)) - below
    if gained == lost:
        return 1 - observed / 2
    return probability(2 * below + observed)
