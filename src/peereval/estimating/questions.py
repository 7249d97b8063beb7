"""Single questions: contacts and yes/no answers before and after."""

from collections.abc import Iterator
from typing import Any

from peereval.estimating.material import Material
from peereval.estimators.estimate import Key
from peereval.estimators.prevalence import prevalence_rows
from peereval.moments import group_filter, groups_of
from peereval.studies import Comparison, Phase


def question_rows(
    material: Material, phase: Phase, comparison: Comparison
) -> Iterator[dict[str, Any]]:
    """Shares who answered yes, or at least once, before and after, by group."""
    study, moments = material.study, material.moments
    for question in study.questions:
        if phase.id not in question.phases:
            continue
        counts = moments.histograms.filter(
            outcome=question.id, phase=phase.id, comparison=comparison.id
        )
        for group, roles in groups_of(study, "questions", question.groups):
            key = Key(
                "prevalence_change",
                phase.id,
                comparison.id,
                group,
                question.id,
                "share",
                question.better,
            )
            mine = counts.filter(group_filter(roles))
            yield from prevalence_rows(key, mine, study.ci_level, bool(study.organisation))
