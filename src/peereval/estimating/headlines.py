"""Headline estimates: what changed, by group, and the contrast of two groups."""

from collections.abc import Callable, Iterator
from typing import Any

from peereval.estimating.group_sums import GroupSums
from peereval.estimators.did import did_rows
from peereval.estimators.estimate import Key
from peereval.estimators.paired import paired_rows
from peereval.moments import ClusterSums, groups_of
from peereval.studies import Phase, Study

#: Makes the rows about one change, of its sums and at the level of its intervals.
OfChange = Callable[[Key, ClusterSums, float], Iterator[dict[str, Any]]]


def score_rows(
    sums: GroupSums, study: Study, phase: Phase, comparison: str, rows_of: OfChange = paired_rows
) -> Iterator[dict[str, Any]]:
    """Rows about the scores of a phase: their changes by group, and the contrast of groups.

    ``rows_of``: what is said of each change, everything unless it is `paired_tests`.
    """
    scores, here = study.scores, (phase.id, comparison)
    for outcome in phase.outcomes:
        score = scores[outcome]
        about = (outcome, score.unit, score.better)
        for group, roles in groups_of(study, "scores"):
            key = Key("paired", *here, group, *about)
            yield from rows_of(key, sums.of(score, *here, roles), study.ci_level)
        if study.contrast:
            key = Key("did", *here, "_v_".join(study.contrast), *about)
            yield from did_rows(key, *sums.contrast(score, *here), study.ci_level)
