"""What is estimated beside the headlines: at full depth, or where a study declares it."""

from collections.abc import Iterator
from typing import Any

from peereval.estimating.attrition import attrition_rows
from peereval.estimating.benchmarks import benchmark_rows
from peereval.estimating.changes import change_rows
from peereval.estimating.cluster_robust import cluster_robust_rows
from peereval.estimating.clustering import clustering_rows
from peereval.estimating.cost_effectiveness import cost_effectiveness_rows
from peereval.estimating.cost_uncertainty import cost_uncertainty_rows
from peereval.estimating.equivalence import equivalence_rows
from peereval.estimating.individuals import individual_rows
from peereval.estimating.material import Material
from peereval.estimating.migration import migration_rows
from peereval.estimating.missing_data import missing_data_rows
from peereval.estimating.multilevel import multilevel_rows
from peereval.estimating.occasions import occasion_rows
from peereval.estimating.programme import net_cost_rows, programme_rows
from peereval.estimating.reliability import reliability_rows
from peereval.estimating.resampling import resampling_rows
from peereval.estimating.subgroups import subgroup_rows
from peereval.estimating.weighting import weighting_rows
from peereval.studies import Comparison, Phase

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


def full_rows(material: Material, phase: Phase, comparison: Comparison) -> Iterator[dict[str, Any]]:
    """What full depth adds to the headlines of scores."""
    for area in _FULL:
        yield from area(material, phase, comparison)


def cost_rows_of_draws(
    material: Material, phase: Phase, comparison: Comparison
) -> Iterator[dict[str, Any]]:
    """What full depth adds to costs: their uncertainty, and net costs of a programme."""
    yield from cost_uncertainty_rows(material, phase, comparison)
    if material.study.programme:
        yield from net_cost_rows(material, phase, comparison)
        yield from cost_effectiveness_rows(material, phase, comparison)


def phase_rows(material: Material, phase: Phase) -> Iterator[dict[str, Any]]:
    """What full depth says of a phase, of all its comparisons together."""
    if material.study.outcomes:
        yield from occasion_rows(material, phase)
        yield from reliability_rows(material, phase)
    if material.study.programme:
        yield from programme_rows(material, phase)


def declared_rows(
    material: Material, phase: Phase, comparison: Comparison
) -> Iterator[dict[str, Any]]:
    """The headlines that the study declares, where `score_rows` does not hold them."""
    statistics = material.study.statistics
    declared = {statistics.headline_change, statistics.headline_did} & _HEADLINES.keys()
    for area in dict.fromkeys(_HEADLINES[method] for method in sorted(declared)):
        for row in area(material, phase, comparison):
            if row["method"] in declared:
                yield row
