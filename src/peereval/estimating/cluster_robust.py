"""Other cluster-robust estimates beside the headlines: CR1, CR3, and analysis of covariance."""

from collections.abc import Iterator
from typing import Any

from peereval.estimating.material import Material
from peereval.estimators.ancova import ancova_rows
from peereval.estimators.clustered import contrast_robust
from peereval.estimators.estimate import Key
from peereval.studies import Comparison, Phase

#: Kinds beside CR2, which the headlines have.
_OTHER_KINDS = ("cr1", "cr3")


def cluster_robust_rows(
    material: Material, phase: Phase, comparison: Comparison
) -> Iterator[dict[str, Any]]:
    """Other cluster-robust estimates beside the headlines: CR1, CR3, and analysis of covariance."""
    study = material.study
    for outcome in phase.outcomes:
        score = study.scores[outcome]
        about = (outcome, score.unit, score.better)
        for group, roles in material.groups():
            key = Key("paired", phase.id, comparison.id, group, *about)
            sums = material.sums(score, phase, comparison, roles)
            for kind in _OTHER_KINDS:
                change = contrast_robust((sums,), study.ci_level, kind)
                yield key.row(f"paired_{kind}", "mean_change", change)
        if study.contrast:
            key = Key("did", phase.id, comparison.id, "_v_".join(study.contrast), *about)
            parts = material.contrast(score, phase, comparison)
            for kind in _OTHER_KINDS:
                yield key.row(f"did_{kind}", "did", contrast_robust(parts, study.ci_level, kind))
            yield from ancova_rows(key, *parts, study.ci_level)
