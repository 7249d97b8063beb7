"""How alike respondents of one organisation are, and what a study of that size could have seen."""

from math import fsum
from typing import Any

from scipy import special

from peereval.estimators.clustered import unknown_note
from peereval.estimators.estimate import Estimate
from peereval.estimators.power import noncentrality
from peereval.estimators.sums import NO_PAIRS
from peereval.moments import ClusterSums

#: Power at which an effect counts as detectable.
POWER = 0.8

_BELOW = "below 0: respondents of one organisation are less alike than chance would make them"
_ONE_SIDED = "no interval: all of the variance, or none of it, lies between organisations"
_FLAT = {"before": "everyone has the same value before", "change": "everyone changed alike"}


def icc(sums: ClusterSums, of: str, level: float) -> Estimate:
    """Share of the variance that lies between organisations: one-way analysis of variance.

    ``of``: ``before`` or ``change``. With n0 = (n - sum n_g^2 / n) / (G - 1) for the size of an
    organisation (Donner 1986, International Statistical Review 54:67) it is
    (MSB - MSW) / (MSB + (n0 - 1) MSW), and may be below 0. The interval is that of the ratio
    MSB / MSW: exact for organisations of one size (Searle 1971, Biometrics 27:1), near otherwise.
    Not estimable with one organisation, with one pair in each, or without variation.
    """
    counts, values, squares = _values(sums, of)
    n, groups = sum(counts), len(counts)
    known: dict[str, Any] = {"n": n, "n_organisations": sums.n_organisations}
    if reason := _why_not(sums, n, groups):
        return Estimate(reason=reason, **known)
    # Differences of whole numbers first: nothing depends on where a score has its zero.
    total = sum(values)
    apart = fsum((n * v - c * total) ** 2 / c for c, v in zip(counts, values, strict=True))
    inside = fsum((c * q - v * v) / c for c, v, q in zip(counts, values, squares, strict=True))
    between, within = apart / n**2 / (groups - 1), inside / (n - groups)
    if not between and not within:
        return Estimate(reason=f"{_FLAT[of]}, so nothing can lie between organisations", **known)
    size = (n - sum(c * c for c in counts) / n) / (groups - 1)
    value = (between - within) / (between + (size - 1) * within)
    low, high = _limits(between, within, groups - 1, n - groups, size, level)
    said = (_BELOW if value < 0 else "", "" if between and within else _ONE_SIDED)
    note = "; ".join(filter(None, [*said, unknown_note((sums,))]))
    return Estimate(value, ci_low=low, ci_high=high, ci_level=level, note=note, **known)


def _values(sums: ClusterSums, of: str) -> tuple[list[int], list[int], list[int]]:
    """Pairs, sums and sums of squares by organisation."""
    rows = zip(
        sums.n.tolist(), sums.sum_pre.tolist(), sums.sum_post.tolist(),
        sums.sum_pre_sq.tolist(), sums.sum_post_sq.tolist(), sums.sum_pre_post.tolist(),
        strict=True,
    )  # fmt: skip
    there = [row for row in rows if row[0]]
    counts = [n for n, *_ in there]
    if of == "before":
        return counts, [row[1] for row in there], [row[3] for row in there]
    squares = [pre_sq + post_sq - 2 * both for *_, pre_sq, post_sq, both in there]
    return counts, [after - before for _, before, after, *_ in there], squares


def _why_not(sums: ClusterSums, n: int, groups: int) -> str:
    if not sums.clustered:
        return "the study names no organisation column"
    if groups < 2:
        return "one organisation: nothing can be said of others" if groups else NO_PAIRS
    if n == groups:
        return "one pair in each organisation, so how alike pairs of one are is not known"
    return ""


def _limits(
    between: float, within: float, df_between: int, df_within: int, size: float, level: float
) -> tuple[float, float] | tuple[None, None]:
    if not within or not between:
        return None, None
    ratios = (
        between / within / float(special.fdtri(df_between, df_within, share))
        for share in ((1 + level) / 2, (1 - level) / 2)
    )
    low, high = ((ratio - 1) / (ratio + size - 1) for ratio in ratios)
    return low, high


def design_effect(sums: ClusterSums, alike: Estimate) -> Estimate:
    """How many times the variance of mean change is larger: 1 + (m - 1) x ICC of change.

    ``alike``: `icc` of change. m = sum n_g^2 / n is the size of the organisation that a pair
    is in on average (Kish 1965), more than the mean size where sizes differ. Not estimable where
    the ICC is not, or so far below 0 that a variance would be.
    """
    known: dict[str, Any] = {"n": alike.n, "n_organisations": alike.n_organisations}
    if alike.value is None:
        return Estimate(reason=alike.reason, **known)
    size = sum(count * count for count in sums.n.tolist()) / alike.n
    value = 1 + (size - 1) * alike.value
    if value <= 0:
        reason = "the intraclass correlation is so far below 0 that no variance would be left"
        return Estimate(reason=reason, **known)
    note = (
        f"1 + (m - 1) x intraclass correlation of change, m = sum of squared sizes / n = {size:.4g}"
    )
    return Estimate(value, note="; ".join(filter(None, [note, alike.note])), **known)


def effective_n(effect: Estimate) -> Estimate:
    """Independent respondents who would say as much: n / design effect, and n at most.

    Respondents who are less alike than chance would make them say no more than independent ones:
    a correlation below 0 is an accident of few organisations.
    """
    known: dict[str, Any] = {"n": effect.n, "n_organisations": effect.n_organisations}
    if effect.value is None:
        return Estimate(reason=effect.reason, **known)
    if effect.value < 1:
        return Estimate(effect.n, note=f"n, as the correlation is {_BELOW}", **known)
    return Estimate(effect.n / effect.value, note="n / design effect", **known)


def minimum_detectable_effect(known: Estimate, sd_before: float, level: float) -> Estimate:
    """Smallest effect found with `POWER`, in standard deviations before, either way.

    ``known``: the effect's own test, of which the standard error and the degrees of freedom
    count (non-central t; Bloom 1995, Evaluation Review 19:547, with the exact multiplier).
    """
    about: dict[str, Any] = {"n": known.n, "n_organisations": known.n_organisations}
    if known.std_error is None or known.df is None:
        return Estimate(reason=known.reason, **about)
    multiplier = noncentrality(known.df, POWER, level)
    return Estimate(multiplier * known.std_error / sd_before, df=known.df, note=known.note, **about)
