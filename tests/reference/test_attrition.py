"""Retention and differences before against R (see README.md and attrition.R)."""

from math import isfinite
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from peereval.estimators.attrition import (
    difference_of_means,
    difference_of_shares,
    differential,
    in_words,
)
from peereval.estimators.estimate import Estimate
from peereval.estimators.shares import wilson
from peereval.estimators.weighted_means import Weighted, weighted_cr2
from support.reference import expected, like

HERE = Path(__file__).parent
LEVEL = 0.95
SHARES = ("shares_report", "shares_none", "shares_all", "shares_one_each", "shares_alike")


EXPECTED = expected("attrition")
FOLLOWED = pl.read_csv(HERE / "data" / "followed.csv")
PEOPLE = FOLLOWED["dataset"].unique(maintain_order=True).to_list()


def limits(estimate: Estimate) -> tuple[float | None, float | None]:
    return estimate.ci_low, estimate.ci_high


# --- shares ---------------------------------------------------------------------------------


def counts_of(r: dict[str, float | None]) -> tuple[tuple[int, int], tuple[int, int]]:
    one, n_one, two, n_two = (
        int(r[name] or 0) for name in ("count_one", "n_one", "count_two", "n_two")
    )
    return (one, n_one), (two, n_two)


@pytest.mark.parametrize("name", SHARES)
def test_shares_and_their_difference_are_those_of_r(name: str) -> None:
    r = EXPECTED[name]
    one, two = counts_of(r)
    assert wilson(*one, LEVEL) == (like(r["wilson_low"]), like(r["wilson_high"]))
    found = differential(one, two, LEVEL, 9)
    assert found.value == like(r["difference"])
    assert limits(found) == (like(r["newcombe_low"]), like(r["newcombe_high"]))
    assert (found.n, found.n_organisations) == (one[1] + two[1], 9)


@pytest.mark.parametrize("name", SHARES)
def test_standardised_shares_are_those_of_r(name: str) -> None:
    r = EXPECTED[name]
    found = difference_of_shares(*counts_of(r), LEVEL)
    if r["share_d"] is None:
        assert found.value is None
        assert found.reason == "all or none have it in both groups"
        return
    assert (found.value, found.std_error) == (like(r["share_d"]), like(r["share_se"]))
    assert limits(found) == (like(r["share_low"]), like(r["share_high"]))


def test_interval_of_two_shares_is_the_published_one() -> None:
    """Newcombe (1998), table II, method 10: 56 of 70 and 48 of 80."""
    assert limits(differential((56, 70), (48, 80), LEVEL, 0)) == pytest.approx(
        (0.0524, 0.3339), abs=5e-5
    )


def test_empty_group_has_no_difference() -> None:
    assert differential((0, 0), (3, 5), LEVEL, 1).reason
    assert difference_of_shares((0, 0), (3, 5), LEVEL).reason


# --- means ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PEOPLE)
def test_standardised_means_are_those_of_r(name: str) -> None:
    r, people = EXPECTED[name], FOLLOWED.filter(dataset=name)
    kept = people["after"].is_not_null().to_numpy()
    before = people["before"].to_numpy()
    found = difference_of_means(before[kept], before[~kept], LEVEL)
    assert found.n == people.height
    if r["mean_d"] is None:
        assert found.value is None
        assert found.reason
        return
    assert (found.value, found.std_error) == (like(r["mean_d"]), like(r["mean_se"]))
    assert limits(found) == (like(r["mean_low"]), like(r["mean_high"]))


@pytest.mark.parametrize("name", PEOPLE)
def test_clustered_difference_of_means_is_that_of_clubsandwich(name: str) -> None:
    r, people = EXPECTED[name], FOLLOWED.filter(dataset=name)
    kept = people["after"].is_not_null().to_numpy()
    place = people["organisation"].rank("dense").to_numpy().astype(np.int64) - 1
    before = people["before"].to_numpy().astype(float)
    groups = [
        Weighted(before[mine], np.ones(int(mine.sum())), place[mine]) for mine in (kept, ~kept)
    ]
    found = weighted_cr2(groups, LEVEL, int(place.max()) + 1)
    if r["difference"] is None or place.max() < 4:
        assert found.value is None
        assert found.reason
        return
    got = (found.value, found.std_error, found.df, found.p_value, *limits(found))
    names = ("difference", "cr2_se", "cr2_df", "cr2_p", "cr2_ci_low", "cr2_ci_high")
    assert got == tuple(like(r[name]) for name in names)


def test_no_number_is_endless() -> None:
    one = np.array([1, 2], dtype=np.int64)
    for two in (np.array([3]), np.array([], dtype=np.int64), np.array([1, 2])):
        found = difference_of_means(one, two.astype(np.int64), LEVEL)
        assert found.reason or (found.value is not None and isfinite(found.value))
    alone = difference_of_means(one[:1], one[1:], LEVEL)
    assert alone.reason == "values before do not vary within the groups"


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (0.05, "up to 0.05"), (-0.051, "0.05 to 0.25: adjustment is needed; up to 0.1"),
        (0.11, "above 0.1: not small"), (-0.2501, "above 0.25"),
    ],
)  # fmt: skip
def test_difference_before_is_put_into_words(size: float, said: str) -> None:
    assert said in in_words(size)
