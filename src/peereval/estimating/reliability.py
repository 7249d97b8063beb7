"""How well the scales measure: per scale, phase and occasion."""

from collections.abc import Iterable, Iterator
from math import sqrt
from typing import Any

import polars as pl
from msgspec import Struct
from msgspec.structs import replace

from peereval.columns import STAYS
from peereval.estimating.material import Material
from peereval.estimators.estimate import Estimate, Key
from peereval.estimators.omega import omega_hierarchical, omega_total
from peereval.estimators.reliability import (
    alphas_if_dropped,
    cronbach,
    error_of_measurement,
    item_rest_correlations,
    retest_correlation,
    share_of,
    shares_missing,
)
from peereval.item_moments import ItemSums, parts_of, scale_of
from peereval.scales import Scale, Score
from peereval.studies import Phase

_NO_INVARIANCE = (
    "not tested: whether items measure alike at both occasions needs a model of several occasions "
    "with means, which none of the libraries in use fits"
)


def reliability_rows(material: Material, phase: Phase) -> Iterator[dict[str, Any]]:
    """Reliability of each score of a phase at each occasion that has responses of it.

    Of all responses that are not set aside; what concerns one item has the level
    ``occasion:item``. Items that are sensitive have no rows of their own.
    """
    study = material.study
    scores = [study.scores[name] for name in study.outcomes if phase.id in study.phases_of(name)]
    for occasion in study.occasions:
        scored = _scored(material, phase, occasion, scores)
        for score, numbers in zip(scores, scored, strict=True):
            items = material.items.of(score.outcome, phase.id, [occasion])
            if items is not None:
                scale = scale_of(score, study)
                about = _About(score, scale, phase, occasion, study.ci_level)
                yield from about.rows(items, numbers)
    for score in scores:
        yield from _retest_rows(material, phase, score)
        if score.outcome in study.statistics.primary:
            key = Key("reliability", phase.id, outcome=score.outcome)
            untested = Estimate(reason=_NO_INVARIANCE)
            yield key.row("longitudinal_cfa", "longitudinal_invariance", untested)


def sample_alpha(
    material: Material, score: Score, phase: Phase, occasions: Iterable[str]
) -> Estimate:
    """Cronbach's alpha of a score in a phase, of the responses of some occasions together."""
    items = material.items.of(score.outcome, phase.id, dict.fromkeys(occasions))
    if items is None:
        return Estimate(reason="no responses")
    return cronbach(items, material.study.ci_level)


# --- one score at one occasion --------------------------------------------------------------


class _Scored(Struct, frozen=True):
    """How many have a score, how many its ends, and its sums in whole numbers."""

    n: int = 0
    lowest: int = 0
    highest: int = 0
    total: int = 0
    squares: int = 0

    def sd(self, denominator: int) -> float:
        """Standard deviation (n - 1) in the unit of the score; 0 of one response."""
        if self.n < 2:
            return 0.0
        spread = self.n * self.squares - self.total**2
        return sqrt(spread / (self.n * (self.n - 1))) / denominator


def _scored(material: Material, phase: Phase, occasion: str, scores: list[Score]) -> list[_Scored]:
    """`_Scored` of each of ``scores``, of the responses that are not set aside."""
    table = material.scores
    here = (table["phase"] == phase.id) & (table["occasion"] == occasion)
    # The words aside before rows are taken: they are most of the table.
    values = table.select(score.outcome for score in scores).filter(
        here & (table["exclusion"] == STAYS)
    )
    sums = values.select(
        column.alias(f"{score.outcome}:{place}")
        for score in scores
        for place, column in enumerate(_sums(score, values.height))
    ).row(0)
    width = len(sums) // len(scores)
    return [_Scored(*sums[at : at + width]) for at in range(0, len(sums), width)]


def _sums(score: Score, height: int) -> tuple[pl.Expr, ...]:
    """What `_Scored` holds, in its order."""
    value = pl.col(score.outcome)
    fits = height * score.largest**2 < 1 << 63
    wide = value.cast(pl.Int64 if fits else pl.Int128)
    return (
        value.count(),
        (value == int(score.low * score.denominator)).sum(),
        (value == int(score.high * score.denominator)).sum(),
        wide.sum(),
        (wide * wide).sum(),
    )


class _About(Struct, frozen=True):
    """A score of a phase at an occasion."""

    score: Score
    scale: Scale
    phase: Phase
    occasion: str
    ci_level: float

    @property
    def key(self) -> Key:
        return Key("reliability", self.phase.id, outcome=self.score.outcome, unit="reliability")

    def rows(self, items: ItemSums, scored: _Scored) -> Iterator[dict[str, Any]]:
        """Every row about the score at this occasion."""
        alpha = cronbach(items, self.ci_level)
        yield self.key.row("cronbach", "alpha", alpha, self.occasion)
        yield self.key.row("omega_total", "omega_total", omega_total(items), self.occasion)
        if len(parts := self.parts()) > 2:
            omega = omega_hierarchical(items, parts)
            yield self.key.row("omega_hierarchical", "omega_hierarchical", omega, self.occasion)
        error = error_of_measurement(alpha, scored.sd(self.score.denominator), scored.n)
        yield self.key.row(
            "cronbach",
            "standard_error_of_measurement",
            error,
            self.occasion,
            self.score.unit,
        )
        counts = {"share_floor": scored.lowest, "share_ceiling": scored.highest}
        for estimand, count in counts.items():
            share = share_of(count, scored.n)
            yield self.key.row("share", estimand, share, self.occasion, "share")
        yield from self.item_rows(items)

    def item_rows(self, items: ItemSums) -> Iterator[dict[str, Any]]:
        """Rows about each item that may be shown by itself."""
        hidden = {item.id for item in self.scale.items if item.sensitive}
        for method, estimand, unit, estimates in (
            (
                "item_analysis",
                "item_rest_correlation",
                "correlation",
                item_rest_correlations(items),
            ),
            ("cronbach", "alpha_if_dropped", "reliability", alphas_if_dropped(items)),
            ("share", "share_missing", "share", shares_missing(items)),
        ):
            for item, estimate in zip(items.items, estimates, strict=True):
                if item not in hidden:
                    level = f"{self.occasion}:{item}"
                    yield self.key.row(method, estimand, estimate, level, unit)

    def parts(self) -> list[list[str]]:
        """Items of each sub-score, where the score is made of scores; else nothing."""
        scores = {score.id: score for score in self.scale.scores}
        below = [scores[name] for name in self.score.of if name in scores]
        return [[part.item for part in parts_of(each, self.scale)] for each in below]


# --- before and after -------------------------------------------------------------------------


def _retest_rows(material: Material, phase: Phase, score: Score) -> Iterator[dict[str, Any]]:
    """Correlation of before and after, of the group in which least should have happened."""
    study = material.study
    name = study.contrast[1] if study.contrast else "all"
    why = "control group" if study.contrast else "no control group: change is part of it"
    roles = {group.id: group.roles for group in study.groups}.get(name)
    for comparison in study.comparisons:
        if phase.id in comparison.phases:
            sums = material.sums(score, phase, comparison, roles)
            key = Key("reliability", phase.id, comparison.id, name, score.outcome, "correlation")
            estimate = retest_correlation(sums, study.ci_level)
            note = f"{why}; {estimate.note}" if estimate.note else why
            yield key.row("pearson", "test_retest", replace(estimate, note=note))
