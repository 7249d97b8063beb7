"""How well scales measure, against numbers computed by R (see README.md) and pingouin."""

import warnings
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from peereval.estimators.factors import LEAST
from peereval.estimators.omega import (
    correlations_of,
    general_loadings,
    omega_hierarchical,
    omega_total,
)
from peereval.estimators.reliability import (
    alphas_if_dropped,
    cronbach,
    error_of_measurement,
    item_rest_correlations,
    retest_correlation,
    scatter,
    shares_missing,
    varying,
)
from peereval.item_moments import ItemSums, sum_items
from peereval.moments import ClusterSums, value_sums
from support.reference import PAIRS, close, expected

HERE = Path(__file__).parent
LEVEL = 0.95
#: Items of each part of the scores made of parts.
PARTS = {"three_parts": (4, 3, 5), "four_parts": (5, 5, 5, 5), "five_parts": (4, 4, 4, 4, 4)}


RELIABILITY, OMEGA, RETEST = expected("reliability"), expected("omega"), expected("test_retest")
ITEMS = pl.read_csv(HERE / "data" / "items.csv", infer_schema_length=None)
NAMES = pytest.mark.parametrize("name", RELIABILITY)


def answers_of(name: str) -> pl.DataFrame:
    rows = ITEMS.filter(dataset=name).drop("dataset")
    return rows.select(item for item in rows.columns if rows[item].count())


def sums_of(name: str) -> ItemSums:
    return sum_items(answers_of(name))


@NAMES
def test_alpha_and_its_interval(name: str) -> None:
    ours, theirs = cronbach(sums_of(name), LEVEL), RELIABILITY[name]
    assert ours.n == theirs["n"]
    close(ours.value, theirs["alpha"])
    for limit, value in (("ci_low", ours.ci_low), ("ci_high", ours.ci_high)):
        close(value, theirs[limit])
        close(value, theirs[f"{limit}_psych"])


@NAMES
def test_items(name: str) -> None:
    sums, theirs = sums_of(name), RELIABILITY[name]
    assert sums.n_responses == theirs["n_responses"]
    assert len(varying(sums)) == theirs["n_items"]
    for what, estimates in (
        ("item_rest", item_rest_correlations(sums)),
        ("alpha_if_dropped", alphas_if_dropped(sums)),
        ("share_missing", shares_missing(sums)),
    ):
        for item, ours in zip(sums.items, estimates, strict=True):
            value = theirs[f"{what}_{item}"]
            if value is None:
                assert ours.reason, item
            else:
                close(ours.value, value, f"{what} {item}")


@NAMES
def test_item_rest_correlations_are_those_of_psych(name: str) -> None:
    sums, theirs = sums_of(name), RELIABILITY[name]
    for item, ours in zip(sums.items, item_rest_correlations(sums), strict=True):
        value = theirs[f"item_rest_psych_{item}"]
        if value is not None:
            close(ours.value, value, item)


@NAMES
def test_error_of_measurement(name: str) -> None:
    sums, theirs = sums_of(name), RELIABILITY[name]
    variance = int(scatter(sums).sum()) / (sums.n * (sums.n - 1))
    ours = error_of_measurement(cronbach(sums, LEVEL), variance**0.5, sums.n)
    if (theirs["alpha"] or 0) < 0:  # R multiplies all the same
        assert "below 0" in ours.reason
    else:
        close(ours.value, theirs["standard_error_of_measurement"])


def test_two_items_have_their_spearman_brown_coefficient_in_the_note() -> None:
    theirs = RELIABILITY["two_items"]["spearman_brown"]
    assert f"coefficient is {theirs:.4f}" in cronbach(sums_of("two_items"), LEVEL).note


@NAMES
def test_alpha_is_that_of_pingouin(name: str) -> None:
    answers = answers_of(name).drop_nulls()
    sums = sum_items(answers)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what pingouin imports, not of what it does here
        import pingouin as pg
    kept = [sums.items[place] for place in varying(sums)]  # pingouin counts items without variance
    alpha, limits = pg.cronbach_alpha(answers.select(kept).to_pandas(), nan_policy="listwise")
    ours = cronbach(sums, LEVEL)
    assert ours.value == pytest.approx(alpha, rel=1e-9)
    # It rounds its limits to three digits.
    assert (ours.ci_low, ours.ci_high) == pytest.approx(tuple(limits), abs=5.1e-4)


@pytest.mark.parametrize("name", OMEGA)
def test_omega_total(name: str) -> None:
    ours, theirs = omega_total(sums_of(name)), OMEGA[name]
    if theirs["omega_total"] is None:
        assert ours.reason
        return
    close(ours.value, theirs["omega_total"])
    # lavaan stops at about seven digits.
    close(ours.value, theirs["omega_total_lavaan"], rel=0, abs=5e-7)


def test_what_r_cannot_fit_either_has_the_same_reason() -> None:
    for name, word in (
        ("improper", "without error"),
        ("negative", "without error"),
        ("few", "follow from those to the others"),
        ("two_items", "fewer than three items"),
    ):
        assert word in omega_total(sums_of(name)).reason, name
    assert LEAST == 0.005  # as in omega.R: where R's own bound lies


@pytest.mark.parametrize("name", PARTS)
def test_omega_hierarchical(name: str) -> None:
    sums, theirs = sums_of(name), OMEGA[name]
    left = iter(sums.items)
    parts = [[next(left) for _ in range(size)] for size in PARTS[name]]
    close(omega_hierarchical(sums, parts).value, theirs["omega_hierarchical"])


@pytest.mark.parametrize("name", PARTS)
def test_the_general_factor_is_that_of_psych(name: str) -> None:
    """psych works on correlations, where ours is of covariances; it stops at about five digits."""
    sums, theirs = sums_of(name), OMEGA[name]
    sizes = PARTS[name]
    _, correlations = correlations_of(sums, range(len(sums.items)))
    general = general_loadings(correlations, np.repeat(np.eye(len(sizes)), sizes, axis=0))
    assert not isinstance(general, str)
    ours = float(general.sum()) ** 2 / float(correlations.sum())
    close(ours, theirs["omega_hierarchical_correlations"])
    close(ours, theirs["omega_hierarchical_psych"], rel=0, abs=5e-6)


def pairs_of(name: str) -> ClusterSums:
    rows = PAIRS.filter(dataset=name)
    counts = rows.with_columns(n=pl.lit(1))
    return value_sums(counts, rows["pre"].to_numpy(), rows["post"].to_numpy(), 1, clustered=True)


@pytest.mark.parametrize("name", RETEST)
def test_retest(name: str) -> None:
    ours, theirs = retest_correlation(pairs_of(name), LEVEL), RETEST[name]
    if theirs["test_retest"] is None:
        assert ours.reason
        return
    close(ours.value, theirs["test_retest"])
    if ours.value == 1:
        assert ours.ci_low is None
        assert "one line" in ours.note
    else:
        close(ours.ci_low, theirs["test_retest_ci_low"])
        close(ours.ci_high, theirs["test_retest_ci_high"])
