"""Surveys drawn from a model that is known, and their sums by organisation."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peereval.moments import ClusterSums

MEAN_SIZE = 15
#: Values are kept in thousandths: sums of whole numbers are exact.
UNIT = 1000

Numbers = NDArray[np.float64]
Parts = tuple[ClusterSums, ...]


@dataclass(frozen=True)
class Model:
    """What a survey is drawn from; values in standard deviations before.

    ``groups``: "" for everyone; "mixed" where organisations have treated and others, chosen one by
    one, "even" where the share is the same in all, "whole" where an organisation is all one or the
    other; ``treated`` is the share of the treated.
    ``varies``: the effect differs between mixed organisations. ``awkward``: see `AWKWARD`.
    ``sizes``: respondents by organisation, drawn where None. ``lost``: share lost by chance.
    """

    organisations: int
    icc: float
    effect: float = 0.0
    groups: str = ""
    treated: float = 0.6
    varies: bool = True
    awkward: str = ""
    sizes: tuple[int, ...] | None = None
    correlation: float = 0.5
    lost: float = 0.0


AWKWARD = {
    "one_large": "one organisation is as large as all others together",
    "skewed": "what organisations have in common has an exponential distribution",
    "coarse": "scores have five steps, -2 to 2",
}


@dataclass(frozen=True)
class Survey:
    """Values before and after of matched respondents; organisation and group of each."""

    pre: Numbers
    post: Numbers
    organisation: NDArray[np.int64]
    treated: NDArray[np.bool_]


def draw(rng: np.random.Generator, model: Model) -> Survey:
    """One survey. Before and after have SD 1 if nothing has an effect."""
    where = np.repeat(np.arange(model.organisations), _sizes(rng, model))
    if model.lost:
        where = where[rng.random(len(where)) >= model.lost]
    n, icc = len(where), model.icc
    treated = _treated(rng, model, where)
    pre = rng.standard_normal(n)
    shared = _shared(rng, model)[where]
    if model.groups == "mixed" and model.varies:
        shared = shared + _shared(rng, model)[where] * treated
    # So that before and after correlate as the model says, and have one SD.
    slope = math.sqrt((1 - model.correlation) / 2 / (1 - icc))
    own = math.sqrt(1 - slope**2) * rng.standard_normal(n) - slope * pre
    change = math.sqrt(icc) * shared + math.sqrt(1 - icc) * own
    change = math.sqrt(2 * (1 - model.correlation)) * change + model.effect * treated
    post = pre + change
    if model.awkward == "coarse":
        pre, post = (np.clip(np.round(values), -2, 2) for values in (pre, post))
    return Survey(pre, post, where, treated)


def _sizes(rng: np.random.Generator, model: Model) -> NDArray[np.int64]:
    """Gamma with shape 2.5 (a coefficient of variation of 0.63), two respondents at least."""
    if model.sizes is not None:
        return np.array(model.sizes)
    drawn = rng.gamma(2.5, MEAN_SIZE / 2.5, model.organisations)
    sizes = np.maximum(2, np.round(drawn)).astype(np.int64)
    if model.awkward == "one_large":
        sizes[0] = sizes[1:].sum()
    return sizes


def _treated(rng: np.random.Generator, model: Model, where: NDArray[np.int64]) -> NDArray[np.bool_]:
    if not model.groups:
        return np.ones(len(where), dtype=bool)
    if model.groups == "mixed":
        return rng.random(len(where)) < model.treated
    if model.groups == "even":
        first = np.searchsorted(where, np.arange(model.organisations))
        within = np.arange(len(where)) - first[where]
        return evenly(int(within.max()) + 1, model.treated)[within]
    return evenly(model.organisations, model.treated)[where]


def evenly(n: int, share: float) -> NDArray[np.bool_]:
    """Which of n are treated, spread evenly."""
    steps = np.floor(np.arange(n + 1) * share + 0.5)
    return np.diff(steps) > 0


def _shared(rng: np.random.Generator, model: Model) -> Numbers:
    """What the respondents of each organisation have in common: mean 0, variance 1."""
    if model.awkward == "skewed":
        return rng.standard_exponential(model.organisations) - 1
    return rng.standard_normal(model.organisations)


def parts_of(survey: Survey, model: Model) -> Parts:
    """Sums of everyone; or of the treated, and of the others."""
    if not model.groups:
        return (_sums(survey, survey.treated, model.organisations),)
    return tuple(
        _sums(survey, those, model.organisations) for those in (survey.treated, ~survey.treated)
    )


def _sums(survey: Survey, those: NDArray[np.bool_], organisations: int) -> ClusterSums:
    where = survey.organisation[those]
    before = np.round(UNIT * survey.pre[those]).astype(np.int64)
    after = np.round(UNIT * survey.post[those]).astype(np.int64)

    def total(values: NDArray[np.int64]) -> NDArray[np.int64]:
        # In floats sums below 2^53 are exact, and these are.
        return np.bincount(where, values, organisations).astype(np.int64)

    n = np.bincount(where, minlength=organisations).astype(np.int64)
    return ClusterSums(
        n, total(before), total(after), total(before**2), total(after**2), total(before * after),
        UNIT,
    )  # fmt: skip
