"""How many responded, and how many could be matched."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from peereval.estimators.estimate import Estimate, Key
from peereval.moments import Moments, group_filter, groups_of
from peereval.studies import Study


def flow_rows(responses: pl.DataFrame, moments: Moments, study: Study) -> Iterator[dict[str, Any]]:
    """Counts of responses by phase and occasion, and of matched respondents by group.

    ``responses``: input rows by phase, occasion and organisation (column n).
    """
    for phase in study.phases:
        for occasion in study.occasions:
            here = responses.filter(phase=phase.id, occasion=occasion)
            key = Key("flow", phase.id, unit="responses")
            yield key.row("count", "n_responses", _count(here, study), level=occasion)
        for comparison in study.comparisons:
            if phase.id not in comparison.phases:
                continue
            pairs = moments.counted.filter(phase=phase.id, comparison=comparison.id)
            for group, roles in groups_of(study, "scores"):
                key = Key("flow", phase.id, comparison.id, group, unit="respondents")
                estimate = _count(pairs.filter(group_filter(roles)), study)
                yield key.row("count", "n_matched", estimate)


def _count(rows: pl.DataFrame, study: Study) -> Estimate:
    n = int(rows["n"].sum())
    named = rows.filter(pl.col("organisation").fill_null("") != "")["organisation"].n_unique()
    return Estimate(n, n=n, n_organisations=named if study.organisation else 0)
