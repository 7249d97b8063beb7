"""Material -> results: which estimates are made of which outcomes, groups and comparisons."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from peereval.columns import RESULTS
from peereval.costing import cost_rows
from peereval.estimating.attrition import attrition_rows
from peereval.estimating.bands import band_change_rows
from peereval.estimating.benchmarks import benchmark_rows
from peereval.estimating.changes import change_rows
from peereval.estimating.cluster_robust import cluster_robust_rows
from peereval.estimating.clustering import clustering_rows
from peereval.estimating.cost_effectiveness import cost_effectiveness_rows, plane_table
from peereval.estimating.cost_uncertainty import cost_uncertainty_rows
from peereval.estimating.equivalence import equivalence_rows
from peereval.estimating.group_sums import GroupSums
from peereval.estimating.headlines import score_rows
from peereval.estimating.individuals import individual_rows
from peereval.estimating.material import Material
from peereval.estimating.migration import migration_rows
from peereval.estimating.missing_data import missing_data_rows
from peereval.estimating.multilevel import multilevel_rows
from peereval.estimating.occasions import occasion_rows
from peereval.estimating.polars_tables import table_of
from peereval.estimating.programme import net_cost_rows, programme_rows
from peereval.estimating.questions import question_rows
from peereval.estimating.reliability import reliability_rows
from peereval.estimating.resampling import resampling_rows
from peereval.estimating.subgroups import subgroup_rows
from peereval.estimating.weighting import weighting_rows
from peereval.estimators.flow import flow_rows
from peereval.studies import Comparison, Phase, Study

__all__ = [
    "GroupSums", "Material", "estimate_all", "plane_table", "result_table", "score_rows",
]  # fmt: skip

#: What is estimated of each phase and comparison beside the headlines, in this order.
_FULL = (
    change_rows, cluster_robust_rows, resampling_rows, multilevel_rows, weighting_rows,
    equivalence_rows, clustering_rows, benchmark_rows, subgroup_rows, migration_rows,
    individual_rows, attrition_rows, missing_data_rows,
)  # fmt: skip
#: Headlines that a study may declare, by what makes them beside others.
_HEADLINES = {
    "paired_cr3": cluster_robust_rows, "did_cr3": cluster_robust_rows,
    "ancova_cr2": cluster_robust_rows,
    "paired_wild": resampling_rows, "did_wild": resampling_rows,
}  # fmt: skip


def estimate_all(material: Material) -> pl.DataFrame:
    """`results`: one row per estimate, in the order of the study.

    What cannot be estimated is a row that says why.
    """
    study = material.study
    rows = list(flow_rows(material.responses, material.moments, study))
    for phase in study.phases:
        for comparison in study.comparisons:
            if phase.id in comparison.phases:
                rows += _rows(material, phase, comparison)
        if _is_full(study):
            rows += occasion_rows(material, phase)
            rows += reliability_rows(material, phase)
        if study.programme and study.statistics.depth == "full":
            rows += programme_rows(material, phase)
    return result_table(rows)


def result_table(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """`results` of rows as `Key.row` makes them."""
    return table_of(rows, RESULTS)


def _is_full(study: Study) -> bool:
    """Whether there is more to estimate than headlines: of a study without scores there is not."""
    return study.statistics.depth == "full" and bool(study.outcomes)


def _rows(material: Material, phase: Phase, comparison: Comparison) -> Iterator[dict[str, Any]]:
    study, moments = material.study, material.moments
    yield from score_rows(material.group_sums, study, phase, comparison.id)
    if _is_full(study):
        for area in _FULL:
            yield from area(material, phase, comparison)
    else:
        yield from _declared_rows(material, phase, comparison)
    yield from band_change_rows(material, phase, comparison)
    yield from question_rows(material, phase, comparison)
    yield from cost_rows(moments, study, phase.id, comparison.id, material.pairs)
    if study.statistics.depth == "full":
        yield from cost_uncertainty_rows(material, phase, comparison)
        if study.programme:
            yield from net_cost_rows(material, phase, comparison)
            yield from cost_effectiveness_rows(material, phase, comparison)


def _declared_rows(
    material: Material, phase: Phase, comparison: Comparison
) -> Iterator[dict[str, Any]]:
    """The headlines that the study declares, where `score_rows` does not hold them."""
    statistics = material.study.statistics
    declared = {statistics.headline_change, statistics.headline_did} & _HEADLINES.keys()
    for area in dict.fromkeys(_HEADLINES[method] for method in sorted(declared)):
        for row in area(material, phase, comparison):
            if row["method"] in declared:
                yield row
