"""Multilevel estimates of change and contrast."""

from collections.abc import Iterator, Mapping
from typing import Any

from peereval.estimating.material import Material
from peereval.estimators.estimate import Estimate, Key
from peereval.estimators.multilevel import did_multilevel, paired_multilevel
from peereval.studies import Comparison, Phase


def multilevel_rows(
    material: Material, phase: Phase, comparison: Comparison
) -> Iterator[dict[str, Any]]:
    """Change of each group, and the contrast, with random effects of the organisation.

    The variances are rows of how alike the respondents of one organisation are.
    """
    study = material.study
    for outcome in phase.outcomes:
        score = study.scores[outcome]
        of = (phase.id, comparison.id)
        what = (outcome, score.unit, score.better)
        for group, roles in material.groups():
            sums = material.sums(score, phase, comparison, roles)
            estimates = paired_multilevel(sums, study.ci_level)
            yield from _rows(estimates, "paired", "mean_change", (*of, group, *what))
        if study.contrast:
            parts = material.contrast(score, phase, comparison)
            name = "_v_".join(study.contrast)
            estimates = did_multilevel(*parts, study.ci_level)
            yield from _rows(estimates, "did", "did", (*of, name, *what))


def _rows(
    estimates: Mapping[str, Estimate], analysis: str, effect: str, of: tuple[str, ...]
) -> Iterator[dict[str, Any]]:
    method = f"{analysis}_multilevel"
    yield Key(analysis, *of).row(method, effect, estimates[effect])
    for estimand, estimate in estimates.items():
        if estimand != effect:
            # A variance is neither good nor bad.
            key = Key("clustering", *of[:-1])
            yield key.row(method, estimand, estimate, unit=f"square of {of[-2]}")
