"""Single questions: contacts and yes/no answers before and after."""

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from peereval.estimating.material import Material
from peereval.estimating.polars_tables import parts_by
from peereval.estimators.contact_distribution import distribution_rows
from peereval.estimators.estimate import Key
from peereval.estimators.prevalence import prevalence_rows
from peereval.moments import groups_of, of_roles
from peereval.studies import Comparison, Phase


def question_rows(
    material: Material, phase: Phase, comparison: Comparison
) -> Iterator[dict[str, Any]]:
    """Shares who answered yes, or at least once, before and after, by group.

    At full depth, of contacts also the shares of each label.
    """
    study, moments = material.study, material.moments
    clustered, full = bool(study.organisation), study.statistics.depth == "full"
    mine = moments.histograms.filter(phase=phase.id, comparison=comparison.id)
    here, nothing = parts_by(mine, "outcome"), mine.clear()
    for question in study.questions:
        if phase.id not in question.phases:
            continue
        counts = here.get((question.id,), nothing)
        for group, roles in groups_of(study, "questions", question.groups):
            key = Key(
                "prevalence_change", phase.id, comparison.id, group, question.id, "share",
                question.better,
            )  # fmt: skip
            mine = of_roles(counts, roles)
            yield from prevalence_rows(key, mine, study.ci_level, clustered)
            if full and question.labels:
                # How often has no better direction: each label is a share of its own.
                key = replace(key, analysis="contact_distribution", better="")
                labels = [label.text for label in question.labels]
                yield from distribution_rows(key, mine, labels, study.ci_level, clustered)
