"""Reliable change against R by hand (individual_change.R)."""

from fractions import Fraction

import polars as pl
import pytest

from peereval.estimators.changes import changes_of
from peereval.estimators.individual_change import (
    at_least,
    beyond,
    individual_change,
    jacobson_truax,
)
from peereval.estimators.paired import describe
from reference.test_against_r import LEVEL, PAIRS, close, expected, sums_of

EXPECTED = expected("individual_change")
RELIABILITIES = {"alpha_84": 0.84, "alpha_60": 0.6, "alpha_97": 0.97}
POINTS = {"points_3": Fraction(3), "points_2.5": Fraction(5, 2)}


@pytest.fixture(params=EXPECTED)
def dataset(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def compare(dataset: str, case: str, least: int, factor: int = 1) -> None:
    rows = PAIRS.filter(dataset=dataset).select(pl.col("pre", "post") * factor, n=pl.lit(1))
    ours = individual_change(changes_of(rows, factor), least, "higher", LEVEL)
    assert sum(share.value or 0 for share in ours.values()) == pytest.approx(1)
    for name, share in ours.items():
        theirs = {
            end: EXPECTED[dataset][f"{case}_{name}{end}"] for end in ("", "_ci_low", "_ci_high")
        }
        close(share.value, theirs[""])
        close(share.ci_low, theirs["_ci_low"])
        close(share.ci_high, theirs["_ci_high"])


@pytest.mark.parametrize("case", RELIABILITIES)
def test_reliable_change_index(dataset: str, case: str) -> None:
    threshold = EXPECTED[dataset][f"{case}_threshold"]
    spread = describe(sums_of(PAIRS.filter(dataset=dataset)))["sd_pre"].value
    if threshold is None:
        assert spread is None
        return
    assert spread is not None
    ours = jacobson_truax(spread, RELIABILITIES[case])
    close(ours, threshold)
    compare(dataset, case, beyond(ours, 1))
    compare(dataset, case, beyond(ours, 100), 100)


@pytest.mark.parametrize("case", POINTS)
def test_published_threshold(dataset: str, case: str) -> None:
    compare(dataset, case, at_least(POINTS[case], 1))
    compare(dataset, case, at_least(POINTS[case], 10), 10)


def test_the_threshold_is_that_of_the_published_example() -> None:
    """Jacobson & Truax (1991): SD 10 before, reliability 0.80, an error of difference of 6.32."""
    assert jacobson_truax(10, 0.8) / 1.96 == pytest.approx(6.32, abs=5e-3)


def test_a_change_of_just_the_threshold() -> None:
    """Beyond the index, but at least the published points."""
    assert (beyond(3.0, 1), at_least(Fraction(3), 1)) == (4, 3)
    assert (beyond(2.4, 2), at_least(Fraction(12, 5), 2)) == (5, 5)


def test_improvement_is_in_the_good_direction() -> None:
    pairs = pl.DataFrame({"pre": [9, 9, 9, 9], "post": [3, 4, 9, 20], "n": [1, 2, 3, 4]})
    higher, lower = (
        individual_change(changes_of(pairs, 1), 5, better, LEVEL) for better in ("higher", "lower")
    )
    assert higher["share_improved"].value == lower["share_deteriorated"].value == 0.4
    assert higher["share_deteriorated"].value == lower["share_improved"].value == 0.3
    assert higher["share_no_reliable_change"].value == pytest.approx(0.3)


def test_nobody_there() -> None:
    nobody = pl.DataFrame(schema=dict.fromkeys(("pre", "post", "n"), pl.Int64))
    shares = individual_change(changes_of(nobody, 1), 5, "higher", LEVEL)
    assert {share.reason for share in shares.values()} == {"no matched pairs"}
