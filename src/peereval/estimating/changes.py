"""Other estimates of change and its size: ranks, Bayes factor, trimmed mean, effect sizes."""

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from peereval.estimating.material import Material
from peereval.estimators.bayes_factor import bayes_factor
from peereval.estimators.effect_sizes import g_baseline, more_effect_sizes
from peereval.estimators.estimate import Key
from peereval.estimators.trimmed import trimmed_mean
from peereval.estimators.wilcoxon import wilcoxon
from peereval.scales import Score
from peereval.studies import Comparison, Phase

_DEVIATIONS = "standard deviations"


def change_rows(
    material: Material, phase: Phase, comparison: Comparison
) -> Iterator[dict[str, Any]]:
    """Other estimates of change and its size: ranks, Bayes factor, trimmed mean, effect sizes."""
    study = material.study
    scores, level = study.scores, study.ci_level
    for outcome in phase.outcomes:
        score = scores[outcome]
        for group, roles in material.groups():
            key = Key("paired", phase.id, comparison.id, group, outcome, score.unit, score.better)
            yield from _of_group(key, material, score, phase, comparison, roles)
        if study.contrast:
            name = "_v_".join(study.contrast)
            key = Key("did", phase.id, comparison.id, name, outcome, _DEVIATIONS, score.better)
            size = g_baseline(*material.contrast(score, phase, comparison), level)
            yield key.row("effect_size", "g_baseline", size)


def _of_group(
    key: Key,
    material: Material,
    score: Score,
    phase: Phase,
    comparison: Comparison,
    roles: tuple[str, ...] | None,
) -> Iterator[dict[str, Any]]:
    level = material.study.ci_level
    sums = material.sums(score, phase, comparison, roles)
    changes = material.changes(score, phase, comparison, roles)
    yield key.row("wilcoxon", "pseudo_median", wilcoxon(changes, level))
    yield key.row("trimmed", "trimmed_mean_change", trimmed_mean(changes, level))
    # A factor is above 0 whichever way the change goes: neither direction of it is good.
    yield replace(key, better="").row("bayes_factor", "bf10", bayes_factor(sums), unit="times")
    for estimand, size in more_effect_sizes(sums, level).items():
        yield key.row("effect_size", estimand, size, unit=_DEVIATIONS)
