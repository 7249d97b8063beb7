"""Mean change over completed data, and how much worse the missing would have to be to change it.

Delta adjustment (Rubin 1977; Carpenter & Kenward 2013, Multiple imputation and its application,
ch. 10): imputed later scores are moved by delta in the bad direction. An estimate over m completed
data sets then falls by delta times the share that is imputed, its sampling variance is a quadratic
of delta, and the variance between imputations stays.
"""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy import special

from peereval.estimators.estimate import Estimate, t_estimate
from peereval.estimators.imputation import Combined, combine
from peereval.estimators.weighted_means import Adjusted, adjust, degrees_of_freedom

Numbers = NDArray[np.float64]

# Each round looks at so many deltas, and goes on between two of them.
_LOOKED_AT = 129
_ROUNDS = 6


class Completed(Struct, frozen=True):
    """Completed changes of one group by organisation.

    ``sums`` (m, G) of changes, a row an imputation; ``counts`` (G,) of respondents, ``imputed``
    (G,) of those whose later score is imputed; ``moved``: whether delta moves those.
    """

    sums: Numbers
    counts: Numbers
    imputed: Numbers
    moved: bool = True


class Path(Struct, frozen=True):
    """A mean change over m completed data sets, as a function of delta.

    ``values`` (m,) less delta times ``slope``; variances ``variances`` (m,) less 2 delta
    ``crossed`` (m,), plus delta squared times ``squared``. ``df``: degrees of freedom if nothing
    were missing; ``whole``: whether one organisation holds a whole group.
    """

    values: Numbers
    variances: Numbers
    slope: float
    crossed: Numbers
    squared: float
    df: float
    whole: bool

    def at(self, delta: Numbers) -> Combined:
        """The estimates combined, for each delta (shape (D,))."""
        step = delta[:, None]
        variances = self.variances - 2 * step * self.crossed + step**2 * self.squared
        return combine(self.values - step * self.slope, variances, self.df)


def completed_path(groups: Sequence[Completed], direction: float = 1.0) -> Path:
    """Mean change of one group, or of the first less that of the second, with CR2.

    ``direction``: 1 where lower is worse (delta is taken away), -1 where higher is.
    """
    adjusted = [adjust(group.counts, group.counts, group.counts) for group in groups]
    signs = (1.0, -1.0)[: len(groups)]
    values = np.zeros(len(groups[0].sums))
    scores = np.zeros_like(groups[0].sums)
    slope, moves = 0.0, np.zeros(scores.shape[1])
    for sign, group, part in zip(signs, groups, adjusted, strict=True):
        shift = direction * group.imputed * group.moved
        mean, score = _mean_and_scores(group.sums, group.counts, part)
        shift_mean, shift_score = _mean_and_scores(shift[None], group.counts, part)
        values, scores = values + sign * mean, scores + sign * score
        slope, moves = slope + sign * float(shift_mean[0]), moves + sign * shift_score[0]
    return Path(
        values,
        (scores**2).sum(axis=1),
        slope,
        scores @ moves,
        float(moves @ moves),
        degrees_of_freedom(adjusted),
        any(part.whole for part in adjusted),
    )


def _mean_and_scores(sums: Numbers, counts: Numbers, part: Adjusted) -> tuple[Numbers, Numbers]:
    mean = sums.sum(axis=1) / counts.sum()
    return mean, part.factors.sum(axis=1) * (sums - mean[:, None] * counts)


def pooled_estimate(path: Path, level: float, n: int, n_organisations: int) -> Estimate:
    """The estimate if those not followed up were like others with the same answers before."""
    pooled = path.at(np.zeros(1))
    value, std_error, df = (float(a[0]) for a in (pooled.value, pooled.std_error, pooled.df))
    note = f"fraction of missing information {float(pooled.missing[0]):.2f}"
    return t_estimate(value, std_error, df, level, n, n_organisations, note)


def conclusion(estimate: Estimate) -> int:
    """1 or -1 where the interval is above or below 0, else 0."""
    assert estimate.ci_low is not None
    assert estimate.ci_high is not None
    return int(estimate.ci_low > 0) - int(estimate.ci_high < 0)


def tipping_delta(path: Path, concluded: int, level: float, largest: float) -> float | None:
    """The smallest delta from 0 to ``largest`` at which the conclusion is another; None if none.

    ``concluded``: the conclusion that is to change, as `conclusion` says it.
    """
    low, high = 0.0, largest
    for turn in range(_ROUNDS):
        deltas = np.linspace(low, high, _LOOKED_AT)
        changed = np.flatnonzero(_conclusions(path, deltas, level) != concluded)
        if not len(changed):
            # Between two deltas looked at before, at the upper of which it had changed.
            return high if turn else None
        if changed[0] == 0:
            return low
        low, high = deltas[changed[0] - 1], deltas[changed[0]]
    return float(high)


def _conclusions(path: Path, deltas: Numbers, level: float) -> NDArray[np.int64]:
    pooled = path.at(deltas)
    margin = special.stdtrit(pooled.df, (1 + level) / 2) * pooled.std_error
    above, below = pooled.value - margin > 0, pooled.value + margin < 0
    return above.astype(np.int64) - below.astype(np.int64)
