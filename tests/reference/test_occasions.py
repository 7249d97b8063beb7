"""Changes over more than two occasions against numbers computed by R (see README.md here)."""

from itertools import combinations
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from msgspec.structs import replace

from peereval.estimators import clustered
from peereval.estimators.clustered import contrast_cr2
from peereval.estimators.estimate import Estimate
from peereval.estimators.occasions import (
    Series,
    any_change,
    any_change_clustered,
    mean_at,
    mixed_changes,
)
from peereval.estimators.paired import paired_t
from reference.test_against_r import LEVEL, close, expected

R = expected("occasions")
DATA = pl.read_csv(Path(__file__).parent / "data" / "occasions.csv")
names = pytest.mark.parametrize("name", R)


def made(values: list[list[int | None]], organisation: list[int] | None = None) -> Series:
    """A series of drawn values, None for no answer; without organisations unless given."""
    numbers = np.array([[0 if x is None else x for x in row] for row in values], dtype=np.int64)
    there = np.array([[x is not None for x in row] for row in values], dtype=bool)
    codes = np.array(organisation or [-1] * len(values), dtype=np.int64)
    shape = (len(values), -1) if values else (0, 3)
    return Series(numbers.reshape(shape), there.reshape(shape), codes, 1, organisation is not None)


def series_of(name: str) -> Series:
    rows = DATA.filter(dataset=name)
    columns = [f"o{k}" for k in range(1, rows["occasions"][0] + 1)]
    codes = rows["organisation"].rank("dense").cast(pl.Int64) - 1
    return made([list(row) for row in rows.select(columns).iter_rows()], codes.to_list())


@pytest.fixture
def from_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clustered, "FEWEST_ORGANISATIONS", 2)


def same(ours: Estimate, theirs: dict[str, float | None], prefix: str) -> None:
    for quantity, value in {
        "estimate": ours.value, "se": ours.std_error, "df": ours.df, "p": ours.p_value,
        "ci_low": ours.ci_low, "ci_high": ours.ci_high,
    }.items():  # fmt: skip
        close(value, theirs[f"{prefix}_{quantity}"], f"{prefix} {quantity}")


@names
@pytest.mark.usefixtures("from_two")
def test_changes_of_respondents_with_every_occasion(name: str) -> None:
    series, theirs = series_of(name), R[name]
    whole = series.complete
    assert whole.size == theirs["n_complete"]
    for i, j in combinations(range(series.n_occasions), 2):
        sums = whole.pairs(i, j)
        same(contrast_cr2((sums,), LEVEL), theirs, f"cr2_o{i + 1}_o{j + 1}")
        same(paired_t(sums, LEVEL), theirs, f"t_o{i + 1}_o{j + 1}")


@names
@pytest.mark.usefixtures("from_two")
def test_means_of_respondents_with_every_occasion(name: str) -> None:
    series = series_of(name)
    for k in range(series.n_occasions):
        ours = mean_at(series, k, LEVEL)
        close(ours.value, R[name][f"mean_o{k + 1}"])
        close(ours.std_error, R[name][f"mean_se_o{k + 1}"])
        close(ours.ci_low, R[name][f"mean_ci_low_o{k + 1}"])
        assert ours.p_value is ours.statistic is None


@names
@pytest.mark.usefixtures("from_two")
def test_joint_test_by_organisation_is_that_of_clubsandwich(name: str) -> None:
    ours, theirs = any_change_clustered(series_of(name)), R[name]
    close(ours.statistic, theirs["htz_statistic"])
    close(ours.df, theirs["htz_df"])
    close(ours.p_value, theirs["htz_p"])
    assert ours.n == theirs["n_complete"]


@names
def test_joint_test_is_that_of_hotelling(name: str) -> None:
    ours, theirs = any_change(series_of(name)), R[name]
    close(ours.statistic, theirs["hotelling_statistic"])
    close(ours.df, theirs["hotelling_df"])
    close(ours.p_value, theirs["hotelling_p"])


@names
def test_mixed_model_is_that_of_lme4_and_pbkrtest(name: str) -> None:
    series, theirs = series_of(name), R[name]
    last = series.n_occasions - 1
    for i, j, ours in mixed_changes(series, LEVEL):
        same(ours, theirs, f"mixed_o{i + 1}_o{j + 1}")
        assert ours.n == theirs["n_respondents"]
        assert f"{theirs['n_responses']:.0f} responses" in ours.note
        assert ("no variance" in ours.note) == (theirs["variance_respondent"] == 0)
        if (i, j) == (0, last):
            # nlme has no small-sample adjustment, and never reaches a variance of 0.
            close(ours.value, theirs["nlme_last"], rel=1e-5)
            close(ours.std_error, theirs["nlme_last_se"], rel=0.01)


def test_where_every_organisation_is_one_respondent_both_joint_tests_are_the_same() -> None:
    one, two = (test(series_of("alone")) for test in (any_change, any_change_clustered))
    close(one.statistic, two.statistic)
    close(one.df, two.df)


def test_complete_answers_make_the_mixed_model_an_analysis_of_variance() -> None:
    """With nothing missing the mixed model gives the mean changes, and (n - 1)(k - 1) df."""
    whole = series_of("three").complete
    for i, j, ours in mixed_changes(whole, LEVEL):
        close(ours.value, paired_t(whole.pairs(i, j), LEVEL).value)
        assert ours.df == pytest.approx((whole.size - 1) * 2, rel=1e-9)


# --- what must change nothing, and where there is no answer -----------------------------------


def everything(series: Series) -> list[Estimate]:
    return [
        any_change(series),
        any_change_clustered(series),
        *(mean_at(series, k, LEVEL) for k in range(series.n_occasions)),
        *(estimate for *_, estimate in mixed_changes(series, LEVEL)),
    ]


def test_the_order_and_the_numbers_of_organisations_change_no_bit() -> None:
    series, rng = series_of("three"), np.random.default_rng(2)
    order = rng.permutation(series.size)
    names = rng.permutation(int(series.organisation.max()) + 1)
    other = replace(
        series,
        values=series.values[order],
        answered=series.answered[order],
        organisation=names[series.organisation][order],
    )
    assert everything(series) == everything(other)


def test_what_is_added_to_every_answer_changes_no_change() -> None:
    series = series_of("three")
    moved = replace(series, values=np.where(series.answered, series.values + 1000, 0))
    for test in (any_change, any_change_clustered):
        assert test(series) == test(moved)
    assert list(mixed_changes(series, LEVEL)) == list(mixed_changes(moved, LEVEL))


def test_scores_in_parts_are_in_units_of_the_score() -> None:
    series = series_of("three")
    fine = replace(series, values=series.values * 100, denominator=100)
    for one, two in zip(everything(series), everything(fine), strict=True):
        assert not one.reason
        for field in ("value", "std_error", "ci_low", "p_value", "df"):
            number, other = getattr(one, field), getattr(two, field)
            assert (number is None) == (other is None)
            if number is not None:
                assert number == pytest.approx(other, rel=1e-9), field


@pytest.mark.parametrize(
    ("values", "joint", "mixed"),
    [
        ([], "no respondent answered at every", "no responses"),
        ([[1, 2, None], [3, None, 4]], "no respondent answered at every", "4 responses"),
        ([[1, 2, 4], [3, 5, 4]], "2 respondents answered at every", ""),
        ([[5, 6, 8]] * 6, "changed by the same amount", "the same answer at each occasion"),
        ([[n, n + 1, n + 3] for n in range(6)], "changed by the same amount", "varies too little"),
        ([[n, n + 1, n * n] for n in range(6)], "between two of the occasions", ""),
        ([[n, n * n % 7, 2 * (n * n % 7) - n] for n in range(9)], "follow from those", ""),
        ([[n, n + n % 3, None] for n in range(9)], "no respondent answered", "nobody answered at"),
        ([[n, None, None] for n in range(9)], "no respondent", "nobody answered at"),
        ([[1, None, None], [None, 2, None], [None, None, 3]] * 4, "no respon", "answered twice"),
    ],
)
def test_no_answer_has_its_reason(values: list[list[int | None]], joint: str, mixed: str) -> None:
    series = made(values)
    assert joint in any_change(series).reason
    assert any_change(series).p_value is None
    assert any_change_clustered(series).reason
    for *_, ours in mixed_changes(series, LEVEL):
        assert mixed in ours.reason
        assert bool(ours.reason) == bool(mixed)
        assert (ours.value is None) == bool(mixed)


def test_without_enough_organisations_the_clustered_test_says_so() -> None:
    few = series_of("three")
    few = replace(few, organisation=few.organisation % 4)
    assert "4 organisations" in any_change_clustered(few).reason
    assert "names no organisation" in any_change_clustered(replace(few, clustered=False)).reason
    at = mean_at(few, 0, LEVEL)
    assert at.value is not None
    assert at.std_error is at.ci_low is None
