"""What the headline estimates would be if every near miss of an id were one respondent."""

from typing import Any

import polars as pl

from peereval.estimating import GroupSums, result_table, score_rows
from peereval.estimators.estimate import estimate_id
from peereval.estimators.paired import paired_tests
from peereval.studies import Study


def near_miss_estimates(cells: pl.DataFrame, study: Study) -> pl.DataFrame:
    """`results` of analysis ``near_misses``: one row per headline estimate.

    And one for that which stands in where clustering is not possible. ``cells``: of the pairs that
    there would be if every near miss were accepted. The rows have the phase, comparison, group,
    outcome, method and estimand of the headline that they stand beside.
    """
    sums = GroupSums(cells, study)
    rows = [
        _as_near_miss(row)
        for phase in study.phases
        for comparison in study.comparisons
        if phase.id in comparison.phases
        for row in score_rows(sums, study, phase, comparison.id, paired_tests)
    ]
    return result_table(rows)


def _as_near_miss(row: dict[str, Any]) -> dict[str, Any]:
    moved = row | {"analysis": "near_misses"}
    return moved | {"estimate_id": estimate_id(moved)}
