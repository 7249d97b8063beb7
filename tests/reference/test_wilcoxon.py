"""Signed ranks and Walsh averages against R's wilcox.test, coin and brute force (wilcoxon.R)."""

from math import sqrt

import numpy as np
import polars as pl
import pytest
from scipy import stats

from peereval.estimators.changes import Changes, changes_of
from peereval.estimators.wilcoxon import signed_ranks, wilcoxon
from reference.test_against_r import HERE, LEVEL, PAIRS, close, expected

EXPECTED = expected("wilcoxon")
RANK_PAIRS = pl.read_csv(HERE / "data" / "rank_pairs.csv")
ALL = pl.concat([PAIRS.select(RANK_PAIRS.columns), RANK_PAIRS])


def changes(name: str) -> Changes:
    rows = ALL.filter(dataset=name)
    return changes_of(rows.with_columns(n=pl.lit(1)), 1)


def of(*steps: int, denominator: int = 1) -> Changes:
    pairs = pl.DataFrame({"pre": [0] * len(steps), "post": steps, "n": [1] * len(steps)})
    return changes_of(pairs.cast(pl.Int64), denominator)


@pytest.fixture(params=EXPECTED)
def dataset(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_statistic_and_p_are_those_of_wilcox_test(dataset: str) -> None:
    theirs, ours = EXPECTED[dataset], wilcoxon(changes(dataset), LEVEL)
    if theirs["v"] is None:
        assert ours.reason == "nobody changed"
        assert ours.p_value is None
    else:
        close(ours.statistic, theirs["v"])
        close(ours.p_value, theirs["p"])


def test_standardised_statistic_is_that_of_coin(dataset: str) -> None:
    theirs, ranks = EXPECTED[dataset], signed_ranks(changes(dataset))
    if theirs["coin_z"] is None:
        assert ranks.n == 0
        return
    centre = ranks.n * (ranks.n + 1) / 4
    close((ranks.positive / 2 - centre) / sqrt(ranks.variance), theirs["coin_z"])


def test_exact_p_is_that_of_coin() -> None:
    exact = [name for name in EXPECTED if EXPECTED[name]["exact_estimate"] is not None]
    assert len(exact) >= 8
    for name in exact:
        close(wilcoxon(changes(name), LEVEL).p_value, EXPECTED[name]["coin_p"], name)


def test_pseudo_median_is_the_median_of_all_walsh_averages(dataset: str) -> None:
    theirs, ours = EXPECTED[dataset], wilcoxon(changes(dataset), LEVEL)
    if ours.reason:
        return
    close(ours.value, theirs["pseudo_median"])
    if theirs["walsh_ci_low"] is None or theirs["walsh_ci_low"] == theirs["walsh_ci_high"]:
        assert ours.ci_low is None
        short = theirs["walsh_ci_low"] is None
        why = "too few pairs" if short else "both limits are the estimate itself"
        assert f"no interval: {why}" in ours.note
    else:
        close(ours.ci_low, theirs["walsh_ci_low"])
        close(ours.ci_high, theirs["walsh_ci_high"])


@pytest.mark.parametrize("name", ["six", "ten_balanced", "twelve", "twenty_five", "forty_nine"])
def test_estimate_and_limits_are_those_of_wilcox_test_where_it_is_exact(name: str) -> None:
    theirs, ours = EXPECTED[name], wilcoxon(changes(name), LEVEL)
    assert ours.note.startswith("exact p")
    close(ours.value, theirs["exact_estimate"])
    close(ours.ci_low, theirs["exact_ci_low"])
    close(ours.ci_high, theirs["exact_ci_high"])


@pytest.mark.parametrize("name", ["balanced", "unequal", "ties", "ceiling", "fifty", "singletons"])
def test_second_opinion_of_scipy(name: str) -> None:
    ours = wilcoxon(changes(name), LEVEL)
    rows = ALL.filter(dataset=name)
    change = (rows["post"] - rows["pre"]).to_numpy()
    how = "exact" if ours.note.startswith("exact") else "asymptotic"
    theirs = stats.wilcoxon(change, zero_method="wilcox", correction=True, method=how)
    assert ours.p_value == pytest.approx(theirs.pvalue, rel=1e-9)


def test_the_unit_scales_the_estimate_and_leaves_the_test() -> None:
    one, tenths = wilcoxon(changes("unequal"), LEVEL), changes("unequal")
    finer = wilcoxon(Changes(tenths.values, tenths.counts, 10), LEVEL)
    assert (finer.statistic, finer.p_value) == (one.statistic, one.p_value)
    for name in ("value", "ci_low", "ci_high"):
        assert getattr(finer, name) == pytest.approx(getattr(one, name) / 10, rel=1e-12)


def test_counts_are_as_good_as_rows() -> None:
    """Many pairs, by counts, against the same pairs one by one."""
    rng = np.random.default_rng(3)
    change = rng.integers(-6, 8, size=900)
    averages = np.sort(np.add.outer(change, change)[np.triu_indices(900)]) / 2
    ours = wilcoxon(of(*change.tolist()), LEVEL)
    assert ours.value == np.median(averages)
    total = 900 * 901 / 2
    k = int(total / 2 + 0.5 - stats.norm.ppf(0.975) * sqrt(900 * 901 * 1801 / 24))
    assert (ours.ci_low, ours.ci_high) == (averages[k - 1], averages[-k])


def test_a_million_pairs_with_many_different_changes() -> None:
    values = np.arange(-3000, 3001)
    million = Changes(values, np.full(len(values), 170), 100)
    ours = wilcoxon(million, LEVEL)
    assert ours.value == 0
    assert ours.p_value == 1
    assert ours.ci_low is not None
    assert -0.1 < ours.ci_low < 0 < (ours.ci_high or 0) < 0.1


def test_too_few_pairs_have_no_interval() -> None:
    ours = wilcoxon(of(1, 2, 3, 4, 5), LEVEL)
    assert ours.p_value == 0.0625
    assert (ours.value, ours.ci_low, ours.ci_high) == (3, None, None)
    assert "no interval" in ours.note


def test_lower_level_needs_fewer_pairs() -> None:
    assert wilcoxon(of(1, 2, 3, 4, 5), 0.9).ci_low == 1


def test_nobody_there_and_nobody_changed() -> None:
    assert wilcoxon(of(), LEVEL).reason == "no matched pairs"
    assert wilcoxon(of(0, 0, 0), LEVEL).reason == "nobody changed"


def test_the_note_says_what_was_done_with_pairs_without_change() -> None:
    note = wilcoxon(changes("zeros_without_ties"), LEVEL).note
    assert "9 pairs without change counted in the estimate, not in the test" in note
    assert "normal approximation" in note
