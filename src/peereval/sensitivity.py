"""What the headline estimates would be if every near miss of an id were one respondent."""

from typing import Any

import polars as pl

from peereval.estimating import GroupSums, result_table, score_rows
from peereval.estimators.estimate import estimate_id
from peereval.moments import Moments
from peereval.studies import Study

#: Headline estimates, and beside them those that stand in where clustering is not possible.
_HEADLINES = {
    ("paired_cr2", "mean_change"),
    ("paired_t", "mean_change"),
    ("did_cr2", "did"),
    ("did_ols", "did"),
}


def near_miss_estimates(moments: Moments, study: Study) -> pl.DataFrame:
    """`results` of analysis ``near_misses``: one row per headline estimate.

    ``moments``: of the pairs that there would be if every near miss were accepted. The rows
    have the phase, comparison, group, outcome, method and estimand of the headline that they
    stand beside.
    """
    sums = GroupSums(moments.cells, study)
    rows = [
        _as_near_miss(row)
        for phase in study.phases
        for comparison in study.comparisons
        if phase.id in comparison.phases
        for row in score_rows(sums, study, phase, comparison.id)
        if (row["method"], row["estimand"]) in _HEADLINES
    ]
    return result_table(rows)


def _as_near_miss(row: dict[str, Any]) -> dict[str, Any]:
    moved = row | {"analysis": "near_misses"}
    return moved | {"estimate_id": estimate_id(moved)}
