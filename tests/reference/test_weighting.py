"""The weighted contrast and its balance against glm, clubSandwich and survey (see README.md)."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from msgspec.structs import replace

from peereval.estimators.clustered import contrast_cr2
from peereval.estimators.estimate import Estimate
from peereval.estimators.weighting import (
    Compared,
    balance_before,
    balance_of_share,
    did_weighted,
    known_before,
    odds_weights,
)
from peereval.moments import ClusterSums, value_sums
from reference.test_against_r import LEVEL, close, expected, same_test

R = expected("weighting")
DATA = pl.read_csv(Path(__file__).parent / "data" / "weighting.csv")
FEWEST = 10


def rows_of(name: str) -> pl.DataFrame:
    return DATA.filter(dataset=name)


def compared(rows: pl.DataFrame) -> Compared:
    treated = rows["treated"].to_numpy() == 1
    design = known_before(rows, "pre", ["gender", "year"], FEWEST)
    return Compared(
        rows["pre"].to_numpy(),
        rows["post"].to_numpy(),
        treated,
        rows["organisation"].rank("dense").to_numpy().astype(np.int64),
        odds_weights(design, treated),
        1,
    )


def weighted(rows: pl.DataFrame) -> Estimate:
    return did_weighted(compared(rows), LEVEL, True, rows["organisation"].n_unique())


@pytest.mark.parametrize("name", R)
def test_contrast_is_that_of_clubsandwich_with_weights_of_glm(name: str) -> None:
    ours, theirs = weighted(rows_of(name)), R[name]
    if theirs["estimate"] is None:
        assert "tells exactly who was treated" in ours.reason
        assert ours.value is ours.p_value is None
        return
    close(ours.value, theirs["estimate"])
    close(ours.value, theirs["survey_estimate"])
    same_test(ours, {f"r_{key}": value for key, value in theirs.items()}, "r")
    assert f"to be as many as {theirs['effective']:.0f}," in ours.note
    assert f"the largest weight {theirs['largest']:.1f} times" in ours.note


@pytest.mark.parametrize("name", [name for name in R if "smd_pre" in R[name]])
def test_balance_is_that_worked_out_in_r(name: str) -> None:
    rows, theirs = rows_of(name), R[name]
    pairs = compared(rows)
    there = (rows["gender"].fill_null("") == "Female").to_numpy()
    before = balance_before(pairs, LEVEL)
    share = balance_of_share(pairs, there, LEVEL)
    for (plain, other), what in ((before, "pre"), (share, "female")):
        close(plain.value, theirs[f"smd_{what}"])
        close(other.value, theirs[f"smd_{what}_weighted"])
        assert other.std_error is other.ci_low is other.p_value is None


def test_weights_make_groups_alike_that_were_not() -> None:
    plain, other = balance_before(compared(rows_of("steep")), LEVEL)
    assert plain.value is not None and other.value is not None
    assert abs(plain.value) > 1
    assert abs(other.value) < 0.05
    assert plain.note.startswith("above 0.25")
    assert other.note.startswith("up to 0.05")


def sums_of(rows: pl.DataFrame, treated: int) -> ClusterSums:
    n = (pl.col("treated") == treated).cast(pl.Int64).alias("n")
    counts = rows.select("organisation", n)
    return value_sums(counts, rows["pre"].to_numpy(), rows["post"].to_numpy(), 1, clustered=True)


def test_equal_weights_give_the_plain_contrast() -> None:
    rows = rows_of("typical")
    pairs = replace(compared(rows), weight=np.ones(rows.height))
    ours = did_weighted(pairs, LEVEL, True, 10)
    plain = contrast_cr2((sums_of(rows, 1), sums_of(rows, 0)), LEVEL)
    for field in ("value", "std_error", "df", "p_value", "ci_low", "ci_high"):
        close(getattr(ours, field), getattr(plain, field), field)


def test_planted_selection_biases_the_plain_contrast_and_not_the_weighted_one() -> None:
    """Low scores rise by themselves, and whoever scores low is treated more often."""
    rng, plain, ours = np.random.default_rng(8), [], []
    for _ in range(200):
        n = 400
        pre = np.clip(np.round(rng.normal(22, 4.5, n)), 7, 35).astype(np.int64)
        treated = rng.random(n) < 1 / (1 + np.exp(0.8 * (pre - 22) / 4.5))
        post = pre + np.round(1.0 * treated - 0.5 * (pre - 22) + rng.normal(0, 2, n)).astype(int)
        rows = pl.DataFrame({"pre": pre, "post": post, "treated": treated.astype(int)})
        design = known_before(rows, "pre", [], FEWEST)
        place = np.arange(n) % 20
        pairs = Compared(pre, post, treated, place, odds_weights(design, treated), 1)
        found = did_weighted(pairs, LEVEL, True, 20)
        change = post - pre
        plain.append(change[treated].mean() - change[~treated].mean())
        ours.append(found.value or np.nan)
    # Four Monte-Carlo standard errors; the effect on the treated is 1.
    assert np.mean(plain) > 2.3
    assert abs(np.mean(ours) - 1.0) < 4 * np.std(ours, ddof=1) / np.sqrt(200)


# --- where there is no answer ---------------------------------------------------------------


def without(reason: str, pairs: Compared, clustered: bool = True, organisations: int = 10) -> None:
    ours = did_weighted(pairs, LEVEL, clustered, organisations)
    assert reason in ours.reason
    assert ours.value is ours.std_error is ours.p_value is ours.ci_low is None


def test_no_estimate_has_its_reason() -> None:
    pairs = compared(rows_of("typical"))
    without("names no organisation column", pairs, clustered=False)
    without("4 organisations", pairs, organisations=4)
    without(
        "one organisation holds a whole group",
        replace(pairs, organisation=np.where(pairs.treated, 1, pairs.organisation + 1)),
    )
    still = replace(pairs, before=pairs.after)
    without("the same in every organisation", still)


@pytest.mark.parametrize(("kept", "reason"), [(1, "one group has"), (0, "one group"), (2, "no ma")])
def test_an_empty_group_has_no_weights(kept: int, reason: str) -> None:
    rows = rows_of("typical").filter(treated=kept)
    pairs = compared(rows)
    without(reason, pairs)
    for parts in (
        balance_before(pairs, LEVEL),
        balance_of_share(pairs, np.ones(rows.height, dtype=bool), LEVEL),
    ):
        for each in parts:
            assert reason in each.reason
            assert each.value is None


def test_values_that_do_not_vary_have_no_balance() -> None:
    pairs = compared(rows_of("typical"))
    same = replace(pairs, before=np.full_like(pairs.before, 20))
    for each in balance_before(same, LEVEL):
        assert "do not vary" in each.reason
        assert each.value is None
    for each in balance_of_share(pairs, np.ones(len(pairs.before), dtype=bool), LEVEL):
        assert "all or none" in each.reason


def test_a_constant_added_to_all_changes_no_bit() -> None:
    rows = rows_of("typical")
    moved = rows.with_columns(pl.col("pre", "post") + 100)
    assert weighted(rows) == weighted(moved)
    assert balance_before(compared(rows), LEVEL) == balance_before(compared(moved), LEVEL)


def test_gaps_in_the_numbers_of_organisations_change_no_bit() -> None:
    pairs = compared(rows_of("typical"))
    other = replace(pairs, organisation=pairs.organisation * 3 + 2)
    assert did_weighted(pairs, LEVEL, True, 10) == did_weighted(other, LEVEL, True, 10)
