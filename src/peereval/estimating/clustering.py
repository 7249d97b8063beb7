"""Intraclass correlation, design effect, and the smallest effect that could be seen."""

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from peereval.estimating.effects import Effect, effects_of
from peereval.estimating.material import Material
from peereval.estimators.clustering import (
    POWER,
    design_effect,
    effective_n,
    icc,
    minimum_detectable_effect,
)
from peereval.estimators.estimate import Estimate
from peereval.studies import Comparison, Phase

_REACHED = {
    "cr2": "CR2 standard error and degrees of freedom reached",
    "t": "pairs taken as independent",
}


def clustering_rows(
    material: Material, phase: Phase, comparison: Comparison
) -> Iterator[dict[str, Any]]:
    """Facts about the clusters of each group, and the detectable effect of each effect."""
    level = material.study.ci_level
    for effect in effects_of(material, phase, comparison):
        key = replace(effect.key("clustering", phase, comparison), better="")
        if not effect.of_contrast:
            (sums,) = effect.parts
            change = icc(sums, "change", level)
            inflation = design_effect(sums, change)
            before = icc(sums, "before", level)
            yield key.row("anova", "icc_baseline", before, unit="share of variance")
            yield key.row("anova", "icc_change", change, unit="share of variance")
            yield key.row("anova", "design_effect", inflation, unit="ratio of variances")
            yield key.row("anova", "effective_n", effective_n(inflation), unit="respondents")
        smallest = _smallest(effect, level)
        yield key.row(
            "normal_theory", "minimum_detectable_effect", smallest, unit="standard deviations"
        )


def _smallest(effect: Effect, level: float) -> Estimate:
    *_, (kind, known) = effect.tests(level)
    about = Estimate(n=known.n, n_organisations=known.n_organisations, reason=known.reason)
    if known.reason:
        return about
    if effect.sd_before is None:
        return replace(about, reason="everyone has the same value before")
    found = minimum_detectable_effect(known, effect.sd_before, level)
    assert found.value is not None
    points = f"{found.value * effect.sd_before:.3g} {effect.score.unit}"
    notes = (f"{POWER:.0%} power: {points}", _REACHED[kind], found.note)
    return replace(found, note="; ".join(filter(None, notes)))
