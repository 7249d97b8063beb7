"""Headline estimates: what changed, by group, and the contrast of two groups."""

from collections.abc import Iterator
from typing import Any

from peereval.estimating.material import contrast_sums
from peereval.estimators.did import did_rows
from peereval.estimators.estimate import Key
from peereval.estimators.paired import paired_rows
from peereval.moments import Moments, cluster_sums, group_filter, groups_of
from peereval.studies import Phase, Study


def score_rows(
    moments: Moments, study: Study, phase: Phase, comparison: str
) -> Iterator[dict[str, Any]]:
    """Rows about the scores of a phase: their changes by group, and the contrast of groups."""
    scores, here = study.scores, {"phase": phase.id, "comparison": comparison}
    for outcome in phase.outcomes:
        score = scores[outcome]
        cells = moments.cells.filter(outcome=outcome, **here)
        for group, roles in groups_of(study, "scores"):
            key = Key("paired", phase.id, comparison, group, outcome, score.unit, score.better)
            sums = cluster_sums(
                cells.filter(group_filter(roles)), score.denominator, bool(study.organisation)
            )
            yield from paired_rows(key, sums, study.ci_level)
        if study.contrast:
            name = "_v_".join(study.contrast)
            key = Key("did", phase.id, comparison, name, outcome, score.unit, score.better)
            yield from did_rows(key, *contrast_sums(cells, study, score), study.ci_level)
