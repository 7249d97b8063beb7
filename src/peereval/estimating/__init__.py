"""Material -> results: which estimates are made of which outcomes, groups and comparisons."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from peereval.columns import RESULTS
from peereval.costing import cost_rows
from peereval.estimating.bands import band_change_rows
from peereval.estimating.group_sums import GroupSums
from peereval.estimating.headlines import score_rows
from peereval.estimating.material import Material
from peereval.estimating.planes import plane_table
from peereval.estimating.polars_tables import table_of
from peereval.estimating.questions import question_rows
from peereval.estimators.flow import flow_rows
from peereval.studies import Comparison, Phase

__all__ = [
    "GroupSums", "Material", "estimate_all", "plane_table", "result_table", "score_rows",
]  # fmt: skip

#: Headlines that `score_rows` makes; others that a study may declare are made as at full depth,
#: which is loaded where it is asked for.
_MADE = {"paired_cr2", "paired_t", "did_cr2", "did_ols"}


def estimate_all(material: Material) -> pl.DataFrame:
    """`results`: one row per estimate, in the order of the study.

    What cannot be estimated is a row that says why.
    """
    study, full = material.study, material.study.statistics.depth == "full"
    rows = list(flow_rows(material.responses, material.moments, study))
    for phase in study.phases:
        for comparison in study.comparisons:
            if phase.id in comparison.phases:
                rows += _rows(material, phase, comparison)
        if full:
            from peereval.estimating.full_depth import phase_rows

            rows += phase_rows(material, phase)
    return result_table(rows)


def result_table(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """`results` of rows as `Key.row` makes them."""
    return table_of(rows, RESULTS)


def _rows(material: Material, phase: Phase, comparison: Comparison) -> Iterator[dict[str, Any]]:
    study, moments = material.study, material.moments
    full = study.statistics.depth == "full"
    yield from score_rows(material.group_sums, study, phase, comparison.id)
    if full and study.outcomes:
        from peereval.estimating.full_depth import full_rows

        yield from full_rows(material, phase, comparison)
    elif {study.statistics.headline_change, study.statistics.headline_did} - _MADE:
        from peereval.estimating.full_depth import declared_rows

        yield from declared_rows(material, phase, comparison)
    yield from band_change_rows(material, phase, comparison)
    yield from question_rows(material, phase, comparison)
    yield from cost_rows(moments, study, phase.id, comparison.id, material.pairs)
    if full:
        from peereval.estimating.full_depth import cost_rows_of_draws

        yield from cost_rows_of_draws(material, phase, comparison)
