"""Means beside a norm against R: t.test by Welch, and clubSandwich (benchmarks.R)."""

from pathlib import Path

import polars as pl
import pytest
from msgspec.structs import replace

from peereval.estimators.benchmarks import AFTER, BEFORE, FIXED, difference_from_norm
from peereval.estimators.clustered import FEWEST_ORGANISATIONS
from peereval.estimators.estimate import Estimate
from peereval.moments import ClusterSums, value_sums
from peereval.scales import Norm
from support.reference import close, expected

HERE = Path(__file__).parent
PAIRS = pl.read_csv(HERE / "data" / "pairs.csv")
NORM = Norm(23.5, 4.25, 412, "nobody", "made up", True)
#: The same without what its uncertainty is made of.
EXACT = replace(NORM, sd=None, n=None)


R = expected("benchmarks")


def sums_of(dataset: str, clustered: bool) -> ClusterSums:
    rows = PAIRS.filter(dataset=dataset)
    counts = rows.with_columns(n=pl.lit(1))
    return value_sums(counts, rows["pre"].to_numpy(), rows["post"].to_numpy(), 1, clustered)


def same(ours: Estimate, theirs: dict[str, float | None], prefix: str) -> None:
    if theirs[f"{prefix}_p"] is None:
        assert ours.reason
        assert ours.value is ours.p_value is ours.std_error is None
        return
    for quantity, value in {
        "value": ours.value, "se": ours.std_error, "statistic": ours.statistic, "df": ours.df,
        "p": ours.p_value, "ci_low": ours.ci_low, "ci_high": ours.ci_high,
    }.items():  # fmt: skip
        close(value, theirs[f"{prefix}_{quantity}"], quantity)


@pytest.mark.parametrize("when", [BEFORE, AFTER])
@pytest.mark.parametrize("dataset", R)
def test_a_mean_beside_a_norm_is_that_of_r(dataset: str, when: str) -> None:
    for norm, ending in ((NORM, ""), (EXACT, "_fixed")):
        ours = difference_from_norm(sums_of(dataset, False), when, norm, 0.95)
        same(ours, R[dataset], f"{when}_simple{ending}")


@pytest.mark.parametrize("when", [BEFORE, AFTER])
@pytest.mark.parametrize("dataset", R)
def test_a_clustered_mean_beside_a_norm_is_that_of_r(dataset: str, when: str) -> None:
    sums = sums_of(dataset, True)
    for norm, ending in ((NORM, ""), (EXACT, "_fixed")):
        ours = difference_from_norm(sums, when, norm, 0.95)
        if sums.n_organisations < FEWEST_ORGANISATIONS:
            assert "cluster-robust test needs" in ours.reason or "pair" in ours.reason
        else:
            same(ours, R[dataset], f"{when}_clustered{ending}")


def test_reasons_are_said_of_values_and_not_of_changes() -> None:
    one = difference_from_norm(sums_of("one_pair", True), BEFORE, NORM, 0.95)
    assert one.reason == "one matched pair: a standard error needs two"
    rows = pl.DataFrame({"organisation": list("aabbccddee"), "n": [1] * 10})
    values = pl.Series([20] * 10).to_numpy()
    later = pl.Series(range(10)).to_numpy()
    for clustered in (True, False):
        flat = value_sums(rows, values, later, 1, clustered)
        made = difference_from_norm(flat, BEFORE, NORM, 0.95)
        assert made.reason == "everyone has the same value, so nothing is uncertain"
        assert difference_from_norm(flat, AFTER, NORM, 0.95).value is not None
    nobody = value_sums(rows.head(0), values[:0], later[:0], 1, True)
    assert difference_from_norm(nobody, BEFORE, NORM, 0.95).reason == "no matched pairs"


def test_a_norm_without_its_uncertainty_is_said_to_be_taken_as_exact() -> None:
    assert FIXED in difference_from_norm(sums_of("balanced", True), BEFORE, EXACT, 0.95).note
    assert difference_from_norm(sums_of("balanced", True), BEFORE, NORM, 0.95).note == ""
