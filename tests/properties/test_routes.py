"""Estimates from sums are those from rows, computed another way."""

import tempfile
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from math import gamma, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from peereval.columns import post, pre, together
from peereval.pipeline import Run, analyse
from support.by_hand import Numbers, cr2_by_hand
from support.studies import GROUPS, make_study
from support.surveys import CALM, MOOD, TRUST, draw_survey, make_survey

#: Few enough for one run of each to serve every test.
seeds = st.integers(0, 9)
ROLES = {group["id"]: group["roles"] for group in GROUPS} | {"all": None}


@cache
def run_of(seed: int) -> Run:
    level = (0.95, 0.9, 0.99)[seed % 3]
    with tempfile.TemporaryDirectory() as folder:
        study = make_survey(
            Path(folder), draw_survey(seed), MOOD, CALM, TRUST, statistics={"ci_level": level}
        )
        return analyse(study)


def pairs_of(run: Run, row: dict[str, Any], group: str, outcomes: list[str]) -> pl.DataFrame:
    """Rows behind an estimate: pairs of its phase, comparison and group with all values."""
    pairs = run.tables["pairs"].filter(phase=row["phase"], comparison=row["comparison"])
    if ROLES[group] is not None:
        pairs = pairs.filter(pl.col("role").is_in(ROLES[group]))
    columns = [end(name) for name in outcomes for end in (pre, post)]
    return pairs.drop_nulls(columns) if columns else pairs


def rows_of(run: Run, **where: str) -> Iterator[dict[str, Any]]:
    found = run.tables["results"].filter(status="ok", **where)
    assert found.height > 0, f"nothing to compare with: {where}"
    yield from found.iter_rows(named=True)


def values(pairs: pl.DataFrame, outcome: str) -> tuple[Numbers, Numbers]:
    return tuple(pairs[end(outcome)].to_numpy().astype(float) for end in (pre, post))


def close(value: float, rel: float = 1e-10, scale: float = 1.0) -> Any:
    return pytest.approx(value, rel=rel, abs=rel * scale)


@settings(max_examples=10)
@given(seed=seeds)
def test_paired_t_is_that_of_the_rows(seed: int) -> None:
    run = run_of(seed)
    for row in rows_of(run, analysis="paired", method="paired_t"):
        pairs = pairs_of(run, row, row["group"], [row["outcome"]])
        before, after = values(pairs, row["outcome"])
        test = stats.ttest_rel(after, before)
        interval = test.confidence_interval(row["ci_level"])
        assert row["n"] == len(before)
        assert row["n_organisations"] == pairs["organisation"].n_unique()
        assert row["estimate"] == close(np.mean(after - before))
        assert row["statistic"] == close(test.statistic)
        assert row["df"] == test.df
        assert row["p_value"] == close(test.pvalue)
        assert (row["ci_low"], row["ci_high"]) == close((interval.low, interval.high))


def _sd(sample: Numbers) -> float:
    return float(np.std(sample, ddof=1))


def _g_av(before: Numbers, after: Numbers) -> float:
    df = len(before) - 1
    bias = gamma(df / 2) / (sqrt(df / 2) * gamma((df - 1) / 2))
    return float(np.mean(after - before)) / ((_sd(before) + _sd(after)) / 2) * bias


_OF_ROWS: dict[str, Callable[[Numbers, Numbers], float]] = {
    "mean_pre": lambda before, _after: np.mean(before),
    "mean_post": lambda _before, after: np.mean(after),
    "sd_pre": lambda before, _after: _sd(before),
    "sd_post": lambda _before, after: _sd(after),
    "correlation": lambda before, after: stats.pearsonr(before, after).statistic,
    "d_z": lambda before, after: np.mean(after - before) / _sd(after - before),
    "g_av": _g_av,
}


@settings(max_examples=10)
@given(seed=seeds)
def test_descriptives_and_effect_sizes_are_those_of_the_rows(seed: int) -> None:
    run = run_of(seed)
    for row in rows_of(run, analysis="paired"):
        if row["method"] in ("descriptive", "effect_size"):
            pairs = pairs_of(run, row, row["group"], [row["outcome"]])
            before, after = values(pairs, row["outcome"])
            assert row["n"] == len(before)
            assert row["estimate"] == close(_OF_ROWS[row["estimand"]](before, after))


@settings(max_examples=10)
@given(seed=seeds)
def test_interval_of_d_z_inverts_the_non_central_t(seed: int) -> None:
    run = run_of(seed)
    for row in rows_of(run, analysis="paired", estimand="d_z"):
        statistic, df = row["estimate"] * sqrt(row["n"]), row["n"] - 1
        tails = [
            stats.nct.cdf(statistic, df, limit * sqrt(row["n"]))
            for limit in (row["ci_low"], row["ci_high"])
        ]
        level = row["ci_level"]
        assert level == (0.95, 0.9, 0.99)[seed % 3]
        assert tails == close([(1 + level) / 2, (1 - level) / 2], rel=1e-8)


@settings(max_examples=10)
@given(seed=seeds)
def test_difference_in_differences_is_that_of_the_rows(seed: int) -> None:
    run = run_of(seed)
    for row in rows_of(run, method="did_ols"):
        changes = []
        for group in ("helped", "others"):
            before, after = values(pairs_of(run, row, group, [row["outcome"]]), row["outcome"])
            changes.append(after - before)
        test = stats.ttest_ind(*changes, equal_var=True)
        interval = test.confidence_interval(row["ci_level"])
        assert row["n"] == sum(map(len, changes))
        assert row["estimate"] == close(np.mean(changes[0]) - np.mean(changes[1]))
        assert row["statistic"] == close(test.statistic)
        assert row["df"] == test.df
        assert row["p_value"] == close(test.pvalue)
        assert (row["ci_low"], row["ci_high"]) == close((interval.low, interval.high))


@settings(max_examples=10)
@given(seed=seeds)
def test_cluster_robust_tests_are_those_of_whole_matrices(seed: int) -> None:
    run = run_of(seed)
    for row in [
        *rows_of(run, analysis="paired", method="paired_cr2"),
        *rows_of(run, method="did_cr2"),
    ]:
        contrast = row["analysis"] == "did"
        groups = ("helped", "others") if contrast else (row["group"],)
        parts = [pairs_of(run, row, group, [row["outcome"]]) for group in groups]
        treated = [n == 0 for n, part in enumerate(parts) for _ in range(part.height)]
        pairs = pl.concat(parts)
        before, after = values(pairs, row["outcome"])
        clusters = pairs["organisation"].to_list()
        value, error, df = cr2_by_hand(after - before, clusters, treated if contrast else None)
        assert row["n_organisations"] == len(set(clusters))
        assert row["estimate"] == close(value)
        assert row["std_error"] == close(error, rel=1e-9)
        assert row["df"] == close(df, rel=1e-9)
        assert row["statistic"] == close(value / error, rel=1e-9)
        assert row["p_value"] == close(2 * stats.t.sf(abs(value / error), df), rel=1e-8)
        reach = stats.t.ppf((1 + row["ci_level"]) / 2, df) * error
        assert (row["ci_low"], row["ci_high"]) == close((value - reach, value + reach), rel=1e-9)


@settings(max_examples=10)
@given(seed=seeds)
def test_shares_and_their_tests_are_those_of_the_rows(seed: int) -> None:
    run = run_of(seed)
    for row in rows_of(run, analysis="prevalence_change"):
        pairs = pairs_of(run, row, row["group"], [row["outcome"]])
        before, after = (value > 0 for value in values(pairs, row["outcome"]))
        assert row["n"] == len(before)
        moved, gained = int(np.sum(before != after)), int(np.sum(~before & after))
        change = after.astype(float) - before
        expected = {
            "share_pre": np.mean(before),
            "share_post": np.mean(after),
            "share_change": np.mean(change),
        }[row["estimand"]]
        assert row["estimate"] == close(expected)
        if row["method"] == "mcnemar_exact":
            exact = stats.binomtest(gained, moved).pvalue if moved else 1
            assert row["p_value"] == close(exact)
        elif row["method"] == "paired_t":
            assert row["p_value"] == close(stats.ttest_1samp(change, 0).pvalue)


@settings(max_examples=10)
@given(seed=seeds)
def test_bands_and_their_test_are_those_of_the_rows(seed: int) -> None:
    run = run_of(seed)
    for row in rows_of(run, analysis="band_change"):
        before, after = (
            np.digitize(value, [4, 7])
            for value in values(pairs_of(run, row, row["group"], ["mood_total"]), "mood_total")
        )
        if row["method"] == "share":
            place = ["low", "middle", "high"].index(row["level"])
            here = before if row["estimand"] == "share_pre" else after
            assert row["estimate"] == close(np.mean(here == place))
            continue
        table = np.zeros((3, 3))
        np.add.at(table, (before, after), 1)
        gap = (table.sum(axis=1) - table.sum(axis=0))[:2]
        spread = -(table + table.T)
        np.fill_diagonal(spread, table.sum(axis=0) + table.sum(axis=1) - 2 * np.diag(table))
        if np.linalg.matrix_rank(spread) < 2:
            continue
        statistic = gap @ np.linalg.solve(spread[:2, :2], gap)
        assert row["statistic"] == close(statistic, rel=1e-9)
        assert row["p_value"] == close(stats.chi2.sf(statistic, 2), rel=1e-9)


_PRICES = {"nurse": Fraction("54.49"), "gp": Fraction(38)}
_CONTACTS = (Fraction(0), Fraction(1), Fraction("12.67"))


def _cost(questions: list[str], codes: tuple[int, ...]) -> float:
    pairs = zip(questions, codes, strict=True)
    return float(sum(_PRICES[name] * _CONTACTS[code] for name, code in pairs))


@settings(max_examples=10)
@given(seed=seeds)
def test_costs_are_those_of_the_rows(seed: int) -> None:
    run = run_of(seed)
    for row in rows_of(run, analysis="cost"):
        total = row["outcome"] == "all_contacts"
        parts = list(_PRICES) if total else [row["outcome"]]
        # The total has pairs of its own: those in which every costed question is answered.
        own = together if total else str
        columns = [own(end(part)) for end in (pre, post) for part in parts]
        pairs = pairs_of(run, row, row["group"], []).drop_nulls(columns)
        before, after = (
            np.array([_cost(parts, codes) for codes in pairs.select(some).iter_rows()])
            for some in (columns[: len(parts)], columns[len(parts) :])
        )
        expected = {
            "cost_pre": np.mean(before),
            "cost_post": np.mean(after),
            "saving_per_respondent": np.mean(before - after),
        }[row["estimand"]]
        assert row["n"] == len(before)
        assert row["estimate"] == close(expected, scale=100)
        if row["method"] == "paired_t":
            test = stats.ttest_rel(before, after)
            interval = test.confidence_interval(row["ci_level"])
            assert row["statistic"] == close(test.statistic)
            assert row["p_value"] == close(test.pvalue)
            assert (row["ci_low"], row["ci_high"]) == close(
                (interval.low, interval.high), scale=100
            )
        elif row["method"] == "paired_cr2":
            value, error, df = cr2_by_hand(before - after, pairs["organisation"].to_list())
            assert row["std_error"] == close(error, rel=1e-9)
            assert row["df"] == close(df, rel=1e-9)
            assert row["statistic"] == close(value / error, rel=1e-9)


@settings(max_examples=15)
@given(
    values=st.lists(st.tuples(*[st.integers(0, 10)] * 2), min_size=5, max_size=30).filter(
        lambda pairs: len({after - before for before, after in pairs}) > 1
    )
)
def test_cluster_robust_test_of_singletons_is_the_paired_t_test(
    values: list[tuple[int, int]],
) -> None:
    """Every respondent an organisation: nothing is adjusted for, n - 1 degrees of freedom."""
    rows = [
        {"id": f"k{n}", "school": f"s{n}", "role": "mentee", "when": when, "mood": str(value)}
        for n, pair in enumerate(values)
        for when, value in zip(("b1", "f1"), pair, strict=True)
    ]
    with tempfile.TemporaryDirectory() as folder:
        results = analyse(make_study(Path(folder), rows, MOOD)).tables["results"]
    results = results.filter(analysis="paired", group="all")
    plain, robust = (
        results.filter(method=method).row(0, named=True) for method in ("paired_t", "paired_cr2")
    )
    assert robust["status"] == "ok"
    for name in ("estimate", "std_error", "statistic", "df", "p_value", "ci_low", "ci_high"):
        assert robust[name] == close(plain[name], rel=1e-12)
    assert (robust["n"], robust["n_organisations"]) == (len(values), len(values))
