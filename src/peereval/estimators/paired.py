"""Change of the same respondents: descriptives and the paired t-test."""

from collections.abc import Iterator
from math import sqrt
from typing import Any

from peereval.estimators.clustered import contrast_cr2
from peereval.estimators.effect_sizes import effect_sizes
from peereval.estimators.estimate import Estimate, Key, t_estimate
from peereval.estimators.sums import NO_PAIRS, ONE_PAIR, Totals, totals, why_no_test
from peereval.moments import ClusterSums


def paired_rows(key: Key, sums: ClusterSums, level: float) -> Iterator[dict[str, Any]]:
    """Every row about the change of one outcome in one group."""
    for estimand, estimate in describe(sums).items():
        unit = "correlation" if estimand == "correlation" else None
        yield key.row("descriptive", estimand, estimate, unit=unit)
    yield from paired_tests(key, sums, level)
    for estimand, estimate in effect_sizes(sums, level).items():
        yield key.row("effect_size", estimand, estimate, unit="standard deviations")


def paired_tests(key: Key, sums: ClusterSums, level: float) -> Iterator[dict[str, Any]]:
    """The change of one outcome in one group, tested with pairs independent and by organisation."""
    yield key.row("paired_t", "mean_change", paired_t(sums, level))
    yield key.row("paired_cr2", "mean_change", contrast_cr2((sums,), level))


def describe(sums: ClusterSums) -> dict[str, Estimate]:
    """Means and standard deviations before and after, and their correlation, on the pairs."""
    whole = totals(sums)
    values = _descriptives(whole) if whole.n else {}
    reasons = {
        "mean_pre": NO_PAIRS, "sd_pre": NO_PAIRS if not whole.n else ONE_PAIR,
        "mean_post": NO_PAIRS, "sd_post": NO_PAIRS if not whole.n else ONE_PAIR,
        "correlation": _no_correlation(whole),
    }  # fmt: skip
    return {
        name: Estimate(
            values.get(name),
            n=whole.n,
            n_organisations=sums.n_organisations,
            reason="" if name in values else reason,
        )
        for name, reason in reasons.items()
    }


def _descriptives(whole: Totals) -> dict[str, float]:
    values = {"mean_pre": whole.mean(whole.pre), "mean_post": whole.mean(whole.post)}
    if whole.n > 1:
        values["sd_pre"] = whole.sd(whole.pre, whole.pre_sq)
        values["sd_post"] = whole.sd(whole.post, whole.post_sq)
    if not _no_correlation(whole):
        product = whole.n * whole.pre_post - whole.pre * whole.post
        scale = whole.scatter(whole.pre, whole.pre_sq) * whole.scatter(whole.post, whole.post_sq)
        values["correlation"] = product / sqrt(scale)
    return values


def _no_correlation(whole: Totals) -> str:
    if whole.n < 2:
        return NO_PAIRS if whole.n == 0 else ONE_PAIR
    flat = not (whole.scatter(whole.pre, whole.pre_sq) and whole.scatter(whole.post, whole.post_sq))
    return "everyone has the same value at one of the occasions" if flat else ""


def paired_t(sums: ClusterSums, level: float) -> Estimate:
    """Paired t-test of mean change (Student 1908), pairs taken as independent.

    ``sums``: exact sums of one group. The estimate is after minus before, df = n - 1.
    Not estimable with fewer than two pairs or when every pair changed alike.
    """
    whole = totals(sums)
    reason = why_no_test(whole)
    if reason:
        mean = whole.mean(whole.change) if whole.n else None
        shown = f"{reason}; the mean change is {mean:g}" if mean is not None else reason
        return Estimate(n=whole.n, n_organisations=sums.n_organisations, reason=shown)
    return t_estimate(
        whole.mean(whole.change),
        whole.sd_change / sqrt(whole.n),
        whole.n - 1,
        level,
        whole.n,
        sums.n_organisations,
    )
