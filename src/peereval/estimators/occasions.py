"""More than two occasions of the same respondents: changes between any two, and all at once.

From products summed by organisation or by respondent, in whole numbers, so that no order of rows
matters. Two views: respondents who answered at every occasion, whose changes are compared as
pairs are; and every response there is, with a random intercept of respondent.
"""

from collections.abc import Iterator
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray
from scipy import special

from peereval.estimators import regression, reml
from peereval.estimators.clustered import contrast_cr2, too_few
from peereval.estimators.estimate import Estimate, probability, t_estimate
from peereval.estimators.paired import paired_t
from peereval.moments import ClusterSums, Integers
from peereval.plurals import count_of

_NO_ORGANISATIONS = "the study names no organisation column, so respondents cannot be clustered"
_SAME = "every respondent changed by the same amount, so there is nothing to test against"
_IN_STEP = "the changes of some occasions follow from those of others, so they are not tested apart"
#: Changes are independent if the smallest eigenvalue of their correlations is above this.
_DEPENDENT = 1e-10


class Series(Struct, frozen=True, dict=True):
    """Answers of respondents at several occasions.

    ``values``: whole numbers (denominator x score), shape (respondents, occasions); ``answered``:
    whether there is one, of that shape; ``organisation``: its number, -1 where not known.
    """

    values: Integers
    answered: NDArray[np.bool_]
    organisation: Integers
    denominator: int
    clustered: bool

    @cached_property
    def complete(self) -> "Series":
        """The respondents with an answer at every occasion."""
        return self._only(self.answered.sum(axis=1) == self.n_occasions)

    @cached_property
    def some(self) -> "Series":
        """The respondents with an answer at any occasion."""
        return self._only(self.answered.sum(axis=1) > 0)

    def _only(self, chosen: NDArray[np.bool_]) -> "Series":
        return replace(
            self,
            values=self.values[chosen],
            answered=self.answered[chosen],
            organisation=self.organisation[chosen],
        )

    @property
    def size(self) -> int:
        """Respondents."""
        return len(self.values)

    @property
    def n_occasions(self) -> int:
        """Occasions."""
        return int(self.values.shape[1])

    @property
    def n_organisations(self) -> int:
        """Known organisations; 0 where the study names none."""
        known = np.unique(self.organisation[self.organisation >= 0])
        return len(known) if self.clustered else 0

    @cached_property
    def by_organisation(self) -> tuple[Integers, Integers, Integers]:
        """Of each organisation respondents (G), sums (G, k) and products (G, k, k) of values."""
        order = np.argsort(self.organisation, kind="stable")
        _, starts = np.unique(self.organisation[order], return_index=True)
        values = self.values[order]
        products = values[:, :, None] * values[:, None, :]
        counts = np.diff(np.append(starts, len(values)))
        return (
            counts.astype(np.int64),
            np.add.reduceat(values, starts, axis=0),
            np.add.reduceat(products, starts, axis=0),
        )

    def pairs(self, before: int, after: int) -> ClusterSums:
        """Sums of two of the occasions as if they were all there are."""
        n, sums, products = self.by_organisation
        unknown = np.count_nonzero(self.organisation < 0) if self.clustered else 0
        return ClusterSums(
            n,
            sums[:, before],
            sums[:, after],
            products[:, before, before],
            products[:, after, after],
            products[:, before, after],
            self.denominator,
            self.clustered,
            int(unknown),
        )


# --- respondents with every occasion --------------------------------------------------------


def mean_at(series: Series, occasion: int, level: float) -> Estimate:
    """Mean at one occasion of respondents with all of them, with the interval of CR2.

    Where the study names no organisation, with that of Student's t; where there are too few
    organisations, or nothing varies, without.
    """
    whole = series.complete
    counts: dict[str, Any] = {"n": whole.size, "n_organisations": whole.n_organisations}
    if not whole.size:
        return Estimate(reason="no respondent answered at every occasion", **counts)
    pairs = whole.pairs(occasion, occasion)
    nothing = np.zeros_like(pairs.n)
    level_sums = replace(pairs, sum_pre=nothing, sum_pre_sq=nothing, sum_pre_post=nothing)
    found = contrast_cr2((level_sums,), level) if series.clustered else paired_t(level_sums, level)
    if found.reason:
        value = int(whole.values[:, occasion].sum()) / (whole.size * whole.denominator)
        return Estimate(value, **counts)
    # That a mean is not 0 is no finding.
    return replace(found, statistic=None, df=None, p_value=None)


def any_change_clustered(series: Series) -> Estimate:
    """HTZ, the cluster-robust Wald test that all occasions have one mean.

    Of respondents with every occasion, as least squares of value on occasion, with CR2 by
    organisation (Pustejovsky & Tipton 2018).
    """
    whole = series.complete
    reason = _why_no_joint_test(whole)
    if not reason and not whole.clustered:
        reason = _NO_ORGANISATIONS
    if reason := reason or too_few(whole.n_organisations):
        return Estimate(n=whole.size, n_organisations=whole.n_organisations, reason=reason)
    k = whole.n_occasions
    centred = replace(whole, values=_near_zero(whole))
    n, sums, products = centred.by_organisation
    fit = regression.least_squares(
        regression.Products(
            xtx=np.repeat(n.astype(float)[:, None], k, axis=1),
            xty=sums.astype(float),
            yty=np.trace(products, axis1=1, axis2=2).astype(float),
            n=n * k,
        )
    )
    contrasts = np.column_stack([-np.ones(k - 1), np.eye(k - 1)])
    return replace(regression.joint_test(fit, contrasts, whole.n_organisations), n=whole.size)


def any_change(series: Series) -> Estimate:
    """Hotelling's T-squared (1931) that all occasions have one mean; respondents independent.

    Of respondents with every occasion; the statistic is F with k - 1 and n - k + 1 degrees of
    freedom, k being the occasions.
    """
    whole = series.complete
    counts: dict[str, Any] = {"n": whole.size, "n_organisations": whole.n_organisations}
    reason = _why_no_joint_test(whole)
    if reason:
        return Estimate(reason=reason, **counts)
    n, q = whole.size, whole.n_occasions - 1
    changes = whole.values[:, 1:] - whole.values[:, :1]
    total = changes.sum(axis=0)
    # n (n - 1) times the covariance, exactly; the denominator of the score cancels.
    scatter = (n * (changes.T @ changes) - np.outer(total, total)).astype(float)
    scale = np.sqrt(np.diag(scatter))
    if np.linalg.eigvalsh(scatter / np.outer(scale, scale))[0] <= _DEPENDENT:
        return Estimate(reason=_IN_STEP, **counts)
    squared = (n - 1) * float(total @ np.linalg.solve(scatter, total.astype(float)))
    df = n - q
    statistic = squared * df / ((n - 1) * q)
    return Estimate(
        statistic=statistic,
        df=df,
        p_value=probability(float(special.fdtrc(q, df, statistic))),
        note=f"F with {count_of(q, 'numerator degree')} of freedom",
        **counts,
    )


def _near_zero(series: Series) -> Integers:
    """Values less the whole number below their mean: what is added to all changes nothing."""
    there = series.values[series.answered]
    return np.where(series.answered, series.values - there.sum() // len(there), 0)


def _why_no_joint_test(whole: Series) -> str:
    if not whole.size:
        return "no respondent answered at every occasion"
    if whole.size <= whole.n_occasions:
        return (
            f"{count_of(whole.size, 'respondent')} answered at every occasion: a test of "
            f"{whole.n_occasions} occasions needs more"
        )
    changes = whole.values[:, 1:] - whole.values[:, :1]
    still = (changes == changes[0]).all(axis=0)
    if still.all():
        return _SAME
    return "between two of the occasions " + _SAME if still.any() else ""


# --- every response -------------------------------------------------------------------------


def mixed_changes(series: Series, level: float) -> Iterator[tuple[int, int, Estimate]]:
    """Change between any two occasions, from every response: a random intercept of respondent.

    By restricted maximum likelihood, with Kenward and Roger's inference; whether somebody did not
    answer may hang on what they answered at other occasions. Organisations are not in the model.
    Yields the two occasions and the estimate.
    """
    some = series.some
    counts: dict[str, Any] = {"n": some.size, "n_organisations": some.n_organisations}
    reason = _why_no_model(series)
    made = None if reason else reml.fit(_products(series))
    if not reason and made is None:
        reason = "what respondents answered varies too little within them to be modelled"
    responses = int(series.answered.sum())
    for before, after in combinations(range(series.n_occasions), 2):
        if made is None:
            yield before, after, Estimate(reason=reason, **counts)
            continue
        weights = np.zeros(series.n_occasions)
        weights[[before, after]] = -1.0, 1.0
        found = made.contrast(weights)
        note = f"{count_of(responses, 'response')} of {count_of(counts['n'], 'respondent')}"
        if not made.ratios.any():
            note += "; no variance between respondents: same as least squares"
        value, error = (x / series.denominator for x in (found.value, found.std_error))
        yield before, after, t_estimate(value, error, found.df, level, note=note, **counts)


def _why_no_model(series: Series) -> str:
    if not series.answered.any():
        return "no responses"
    if not series.answered.any(axis=0).all():
        return "nobody answered at one of the occasions"
    times = series.answered.sum(axis=1)
    if times.max() < 2:
        return "no respondent answered twice"
    responses = int(series.answered.sum())
    if responses < series.n_occasions + 2:
        return f"{count_of(responses, 'response')}: too few for {series.n_occasions} occasions"
    spread = [np.ptp(series.values[there, k]) for k, there in enumerate(series.answered.T)]
    return "" if any(spread) else "everyone gave the same answer at each occasion"


def _products(series: Series) -> reml.Products:
    """Products of [occasions, value] and 1, by how often a respondent answered."""
    there, values = series.answered.astype(np.int64), _near_zero(series)
    sums = np.column_stack([there, values.sum(axis=1)])
    whole = np.diag(np.append(there.sum(axis=0), (values**2).sum()))
    whole[-1, :-1] = whole[:-1, -1] = values.sum(axis=0)
    times = there.sum(axis=1)
    kinds = [int(kind) for kind in np.unique(times) if kind]
    outer = np.array([sums[times == kind].T @ sums[times == kind] for kind in kinds])
    return reml.Products(
        n=int(times.sum()),
        whole=whole.astype(float),
        units=np.array([np.count_nonzero(times == kind) for kind in kinds], dtype=float),
        inner=np.array(kinds, dtype=float)[:, None, None],
        outer=outer.astype(float)[:, :, None, :, None],
    )
