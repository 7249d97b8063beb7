"""Means beside the norms of a scale."""

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from peereval.estimating.material import Material
from peereval.estimators.benchmarks import AFTER, BEFORE, difference_from_norm
from peereval.estimators.estimate import Estimate, Key
from peereval.scales import Norm, Score
from peereval.studies import Comparison, Phase


def benchmark_rows(
    material: Material, phase: Phase, comparison: Comparison
) -> Iterator[dict[str, Any]]:
    """Mean before and after less the mean of every verified norm, for each score and group.

    The level of a row is ``before_norm_1``, ``after_norm_1``, ``before_norm_2`` and on, norms in
    the order of the scale file; its note names the population. Norms that were not verified give
    no row.
    """
    scores = material.study.scores
    for outcome in phase.outcomes:
        score = scores[outcome]
        norms = [(n, norm) for n, norm in enumerate(score.norms, 1) if norm.verified]
        for group, roles in material.groups() if norms else ():
            sums = material.sums(score, phase, comparison, roles)
            key = _key(score, phase, comparison, group)
            for number, norm in norms:
                for when in (BEFORE, AFTER):
                    made = difference_from_norm(sums, when, norm, material.study.ci_level)
                    level = f"{when}_norm_{number}"
                    words = "norm_difference", "difference_from_norm"
                    yield key.row(*words, _named(made, norm), level)


def _key(score: Score, phase: Phase, comparison: Comparison, group: str) -> Key:
    return Key("benchmark", phase.id, comparison.id, group, score.outcome, score.unit, score.better)


def _named(made: Estimate, norm: Norm) -> Estimate:
    """The estimate with a note of what it is compared with; where there is none, the reason."""
    who = f"norm: {norm.population}, mean {norm.mean:g} ({norm.source})"
    return made if made.reason else replace(made, note="; ".join(filter(None, (who, made.note))))
