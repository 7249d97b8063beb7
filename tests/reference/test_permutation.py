"""Permutation within organisations against coin and every permutation (permutation.R)."""

from math import sqrt

import numpy as np
import polars as pl
import pytest
from msgspec.structs import replace

from peereval.estimators.estimate import Estimate
from peereval.estimators.permutation import drawn_permutation, permutation_test
from peereval.moments import ClusterSums
from support.reference import PAIRS, close, contrast_sums, expected

LEVEL, DRAWS, SEED = 0.95, 9999, 7
#: Organisations of a data set that every permutation is made of.
SMALL = {
    "small_unequal": ("unequal", range(2, 7)),
    "small_singletons": ("some_singletons", range(1, 6)),
    "small_ties": ("ties", (1, 4)),
    "small_one": ("five", (1,)),
}


EXPECTED = expected("permutation")


def rows_of(name: str) -> pl.DataFrame:
    if name not in SMALL:
        return PAIRS.filter(dataset=name)
    dataset, numbers = SMALL[name]
    chosen = [f"org_{number:02d}" for number in numbers]
    return PAIRS.filter(pl.col("organisation").is_in(chosen), dataset=dataset)


def changes_of(rows: pl.DataFrame) -> list[tuple[list[int], list[int]]]:
    change = rows.with_columns(change=pl.col("post") - pl.col("pre"))
    return [
        (mine.filter(group="treated")["change"].to_list(),
         mine.filter(group="control")["change"].to_list())
        for _, mine in change.group_by("organisation", maintain_order=True)
    ]  # fmt: skip


def drawn(rows: pl.DataFrame, draws: int = DRAWS, seed: int = SEED) -> Estimate:
    known = permutation_test(*contrast_sums(rows), LEVEL)
    return drawn_permutation(known, changes_of(rows), 1, draws, seed)


@pytest.mark.parametrize("name", EXPECTED)
def test_normal_approximation(name: str) -> None:
    theirs = EXPECTED[name]
    ours = permutation_test(*contrast_sums(rows_of(name)), LEVEL)
    if theirs["z"] is None:
        assert ours.reason
        assert ours.value is ours.p_value is None
        return
    assert (ours.n, ours.n_organisations) == (theirs["n"], theirs["n_organisations"])
    for quantity, value in {
        "difference": ours.value, "se": ours.std_error, "z": ours.statistic, "p": ours.p_value,
        "ci_low": ours.ci_low, "ci_high": ours.ci_high,
    }.items():  # fmt: skip
        close(value, theirs[quantity], quantity)


@pytest.mark.parametrize("name", SMALL)
def test_draws_come_near_to_every_permutation(name: str) -> None:
    theirs = EXPECTED[name]
    ours = drawn(rows_of(name))
    truth = theirs["exact_p"] or 0.0
    assert ours.p_value is not None
    assert abs(ours.p_value - truth) <= 4 * sqrt(truth * (1 - truth) / DRAWS) + 1 / DRAWS
    assert "9,999 draws, seed 7" in ours.note
    # The ends lie at the same values of the data, or at the next where the share is near 5 %.
    assert ours.std_error is not None
    for limit, quantity in ((ours.ci_low, "exact_ci_low"), (ours.ci_high, "exact_ci_high")):
        assert limit == pytest.approx(theirs[quantity], abs=0.2 * ours.std_error)


def test_a_zero_difference_has_the_largest_p() -> None:
    rows = pl.DataFrame(
        {"organisation": ["a"] * 4, "group": ["treated", "control"] * 2,
         "pre": [0, 0, 0, 0], "post": [1, 1, 3, 3]}
    )  # fmt: skip
    assert drawn(rows).p_value == 1


def test_neither_names_nor_rows_nor_which_group_is_first_matter() -> None:
    rows = rows_of("some_singletons")
    first = drawn(rows)
    mixed = rows.sample(fraction=1, shuffle=True, seed=2).with_columns(
        "z" + pl.col("organisation").str.reverse()
    )
    assert drawn(mixed) == first
    turned = rows.with_columns(
        pl.col("group").replace({"treated": "control", "control": "treated"})
    )
    other = drawn(turned)
    assert first.value is not None and first.ci_high is not None
    assert (other.value, other.p_value) == (-first.value, first.p_value)
    assert other.ci_low == -first.ci_high


def test_too_few_draws_for_a_level_leave_no_interval() -> None:
    ours = drawn(rows_of("small_unequal"), draws=15)
    assert ours.ci_low is ours.ci_high is None
    assert ours.p_value is not None
    assert ours.note.endswith("no interval: with so few pairs none can be ruled out")


def test_without_organisations_all_pairs_are_permuted() -> None:
    one, two = contrast_sums(rows_of("one_cluster"))
    known = permutation_test(one, two, LEVEL)
    alone = permutation_test(replace(one, clustered=False), replace(two, clustered=False), LEVEL)
    assert alone.p_value == known.p_value
    assert alone.n_organisations == 0
    assert "names no organisation column" in alone.note


def test_no_pairs_is_a_reason() -> None:
    none = np.zeros(0, dtype=np.int64)
    nobody = ClusterSums(none, none, none, none, none, none, 1)
    assert permutation_test(nobody, nobody, LEVEL).reason == "no matched pairs"
