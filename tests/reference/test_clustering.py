"""Clustering facts against analysis of variance, CR2 and the non-central t in R (clustering.R)."""

import numpy as np
import polars as pl
import pytest
from msgspec.structs import replace

from peereval.estimating.effects import pooled_sd_before
from peereval.estimators.clustered import contrast_cr2
from peereval.estimators.clustering import (
    design_effect,
    effective_n,
    icc,
    minimum_detectable_effect,
)
from peereval.estimators.paired import paired_t
from peereval.moments import ClusterSums
from support.reference import PAIRS, change_sums, close, contrast_sums, expected

LEVEL = 0.95


EXPECTED = expected("clustering")
TESTED = [name for name, quantities in EXPECTED.items() if "mde_did_cr2" in quantities]


def sums_of(rows: pl.DataFrame) -> ClusterSums:
    return change_sums(rows)[0]


@pytest.mark.parametrize("of", ["before", "change"])
@pytest.mark.parametrize("name", EXPECTED)
def test_intraclass_correlation(name: str, of: str) -> None:
    quantity = "icc_baseline" if of == "before" else "icc_change"
    ours, theirs = icc(sums_of(PAIRS.filter(dataset=name)), of, LEVEL), EXPECTED[name]
    if theirs[quantity] is None:
        assert ours.reason
        assert ours.value is None
        return
    close(ours.value, theirs[quantity], quantity)
    close(ours.ci_low, theirs[f"{quantity}_ci_low"], "low")
    close(ours.ci_high, theirs[f"{quantity}_ci_high"], "high")
    assert ("below 0" in ours.note) == ((ours.value or 0) < 0)


@pytest.mark.parametrize("name", EXPECTED)
def test_design_effect_and_effective_n(name: str) -> None:
    sums = sums_of(PAIRS.filter(dataset=name))
    effect = design_effect(sums, icc(sums, "change", LEVEL))
    respondents = effective_n(effect)
    if "design_effect" not in EXPECTED[name]:
        assert effect.reason
        assert effect.reason == respondents.reason
        return
    close(effect.value, EXPECTED[name]["design_effect"], "design effect")
    if effect.value is not None and effect.value < 1:
        assert respondents.value == effect.n
    else:
        close(respondents.value, EXPECTED[name]["effective_n"], "effective n")


@pytest.mark.parametrize("name", TESTED)
def test_minimum_detectable_effect(name: str) -> None:
    rows = PAIRS.filter(dataset=name)
    sums, parts = sums_of(rows), contrast_sums(rows)
    theirs = EXPECTED[name]
    alone, together = pooled_sd_before((sums,)), pooled_sd_before(parts)
    assert alone is not None and together is not None
    for known, sd, quantity in (
        (contrast_cr2((sums,), LEVEL), alone, "mde_change_cr2"),
        (contrast_cr2(parts, LEVEL), together, "mde_did_cr2"),
        (paired_t(sums, LEVEL), alone, "mde_change_t_exact"),
    ):
        ours = minimum_detectable_effect(known, sd, LEVEL)
        close(ours.value, theirs[quantity], quantity)
    close(ours.value, theirs["mde_change_t_pwr"], rel=5e-4)


def made_sums(counts: list[int], changes: list[int], squares: list[int]) -> ClusterSums:
    zero = np.zeros(len(counts), dtype=np.int64)
    n, change, square = (np.array(values) for values in (counts, changes, squares))
    return ClusterSums(n, zero, change, zero, square, zero, 1)


def test_all_variation_between_organisations_is_one_without_an_interval() -> None:
    ours = icc(made_sums([3, 3], [3, 6], [3, 12]), "change", LEVEL)
    assert (ours.value, ours.ci_low, ours.ci_high) == (1, None, None)


def test_no_variation_is_a_reason() -> None:
    sums = sums_of(PAIRS.filter(dataset="constant_shift"))
    assert "everyone changed alike" in icc(sums, "change", LEVEL).reason
    flat = made_sums([3, 4], [0, 0], [0, 0])
    assert "everyone has the same value before" in icc(flat, "before", LEVEL).reason


def test_a_study_without_organisations_has_no_clusters() -> None:
    sums = replace(sums_of(PAIRS.filter(dataset="few")), clustered=False)
    assert "names no organisation" in icc(sums, "change", LEVEL).reason


def test_a_design_effect_that_would_be_negative_is_none() -> None:
    # One large organisation, others of one pair: the correlation can fall below -1 / (m - 1).
    sums = made_sums([60, 1, 1, 1, 1, 2], [0, 0, 0, 0, 0, 0], [600, 0, 0, 0, 0, 0])
    alike = icc(sums, "change", LEVEL)
    effect = design_effect(sums, alike)
    assert alike.value is not None and alike.value < 0
    assert "so far below 0" in effect.reason
    assert effective_n(effect).reason == effect.reason


def test_a_constant_added_to_all_scores_changes_no_bit() -> None:
    rows = PAIRS.filter(dataset="unequal")
    moved = rows.with_columns(pl.col("pre", "post") + 1000)
    for of in ("before", "change"):
        assert icc(sums_of(rows), of, LEVEL) == icc(sums_of(moved), of, LEVEL)
