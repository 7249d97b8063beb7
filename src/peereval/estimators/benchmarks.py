"""A mean beside that of a published sample: their difference, with what is uncertain in both."""

from math import sqrt

from msgspec.structs import replace

from peereval.estimators.clustered import contrast_cr2
from peereval.estimators.estimate import Estimate, t_estimate
from peereval.estimators.sums import NO_PAIRS, ONE_PAIR, totals
from peereval.moments import ClusterSums
from peereval.scales import Norm

BEFORE, AFTER = "before", "after"
FIXED = "the norm's standard deviation or size is not published: its mean is taken as exact"


def difference_from_norm(sums: ClusterSums, when: str, norm: Norm, level: float) -> Estimate:
    """Mean of the matched respondents ``before`` or ``after`` less the mean of a norm.

    ``sums``: pairs by organisation; respondents without both values are in neither mean. Our
    mean has the CR2 standard error, clustered by organisation, or that of a simple sample where
    the study names no organisations; the norm's is sd / sqrt(n) of a simple sample. Degrees of
    freedom by Welch (1947, Biometrika 34:28), with those of CR2 for our part. Not estimable with
    fewer than two pairs, too few organisations, or where all have the same value.
    """
    alone = _alone(sums, when)
    ours = contrast_cr2((alone,), level) if sums.clustered else _simple(alone, level)
    if ours.value is None or ours.std_error is None or ours.df is None:
        # Said of a change from nothing, which here is the value.
        reason = _in_words(alone) or ours.reason.replace("change", "value")
        return replace(ours, reason=reason)
    value, own, df = ours.value - norm.mean, ours.std_error**2, ours.df
    if norm.sd is None or norm.n is None:
        note = "; ".join(filter(None, (ours.note, FIXED)))
        return t_estimate(value, sqrt(own), df, level, ours.n, ours.n_organisations, note)
    theirs = norm.sd**2 / norm.n
    df = (own + theirs) ** 2 / (own**2 / df + theirs**2 / (norm.n - 1))
    error = sqrt(own + theirs)
    return t_estimate(value, error, df, level, ours.n, ours.n_organisations, ours.note)


def _alone(sums: ClusterSums, when: str) -> ClusterSums:
    """Sums in which what changed, from nothing, is the value at one occasion."""
    total, squares = (
        (sums.sum_pre, sums.sum_pre_sq) if when == BEFORE else (sums.sum_post, sums.sum_post_sq)
    )
    nothing = sums.n * 0
    return replace(
        sums,
        sum_pre=nothing,
        sum_pre_sq=nothing,
        sum_pre_post=nothing,
        sum_post=total,
        sum_post_sq=squares,
    )


def _in_words(alone: ClusterSums) -> str:
    """Why there is no test, where the words for a change would be wrong."""
    whole = totals(alone)
    if whole.n < 2:
        return NO_PAIRS if whole.n == 0 else ONE_PAIR
    return "" if whole.change_varies else "everyone has the same value, so nothing is uncertain"


def _simple(alone: ClusterSums, level: float) -> Estimate:
    """The mean of a simple sample."""
    whole = totals(alone)
    if reason := _in_words(alone):
        return Estimate(n=whole.n, reason=reason)
    error = whole.sd_change / sqrt(whole.n)
    return t_estimate(whole.mean(whole.change), error, whole.n - 1, level, whole.n, 0)
