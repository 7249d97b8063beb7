"""Trimmed means against R by hand (trimmed.R), and against scipy."""

import numpy as np
import polars as pl
import pytest
from scipy import stats

from peereval.estimators.changes import Changes, changes_of
from peereval.estimators.trimmed import trimmed_mean
from reference.test_against_r import HERE, LEVEL, PAIRS, close, expected, same_test

EXPECTED = expected("trimmed")
RANK_PAIRS = pl.read_csv(HERE / "data" / "rank_pairs.csv")
ALL = pl.concat([PAIRS.select(RANK_PAIRS.columns), RANK_PAIRS])


def changes(name: str, denominator: int = 1) -> Changes:
    return changes_of(ALL.filter(dataset=name).with_columns(n=pl.lit(1)), denominator)


@pytest.mark.parametrize("name", EXPECTED)
def test_trimmed_mean(name: str) -> None:
    ours = trimmed_mean(changes(name), LEVEL)
    same_test(ours, EXPECTED[name], "trimmed")
    if not ours.reason:
        close(ours.value, EXPECTED[name]["trimmed_mean"])


@pytest.mark.parametrize("name", ["balanced", "unequal", "few", "large_effect", "twelve", "three"])
def test_second_opinion_of_scipy(name: str) -> None:
    """Yuen's test of two groups is that of one where the other is all zeros."""
    ours, rows = trimmed_mean(changes(name), LEVEL), ALL.filter(dataset=name)
    change = (rows["post"] - rows["pre"]).to_numpy().astype(float)
    theirs = stats.ttest_ind(change, np.zeros(5), trim=0.2, equal_var=False)
    assert ours.value == pytest.approx(stats.trim_mean(change, 0.2), rel=1e-9)
    assert (ours.statistic, ours.p_value, ours.df) == pytest.approx(
        (theirs.statistic, theirs.pvalue, theirs.df), rel=1e-9
    )


def test_a_flat_middle_has_no_test() -> None:
    ours = trimmed_mean(changes("ties"), LEVEL)
    assert ours.reason == "the middle three fifths all changed by the same amount, 0"
    assert trimmed_mean(changes("constant_shift", 4), LEVEL).reason.endswith("amount, 0.5")


def test_fewer_than_two_pairs() -> None:
    assert "one matched pair" in trimmed_mean(changes("one_pair"), LEVEL).reason
    nobody = changes_of(pl.DataFrame({"pre": [], "post": [], "n": []}, schema=dict.fromkeys(
        ("pre", "post", "n"), pl.Int64)), 1)  # fmt: skip
    assert trimmed_mean(nobody, LEVEL).reason == "no matched pairs"


def test_the_unit_scales_the_estimate() -> None:
    one, tenths = trimmed_mean(changes("few"), LEVEL), trimmed_mean(changes("few", 10), LEVEL)
    assert (tenths.statistic, tenths.p_value) == pytest.approx((one.statistic, one.p_value))
    assert tenths.value == pytest.approx((one.value or 0) / 10, rel=1e-12)
