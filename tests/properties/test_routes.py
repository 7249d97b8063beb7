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
from support.studies import FULL, GROUPS, make_study
from support.surveys import CALM, MOOD, TRUST, draw_survey, make_survey

#: Few enough for one run of each to serve every test.
seeds = st.integers(0, 9)
ROLES = {group["id"]: group["roles"] for group in GROUPS} | {"all": None}


@cache
def run_of(seed: int) -> Run:
    level = (0.95, 0.9, 0.99)[seed % 3]
    with tempfile.TemporaryDirectory() as folder:
        study = make_survey(
            Path(folder), draw_survey(seed), MOOD, CALM, TRUST,
            statistics=FULL | {"ci_level": level},
        )  # fmt: skip
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


def _bias(sample: Numbers) -> float:
    df = len(sample) - 1
    return gamma(df / 2) / (sqrt(df / 2) * gamma((df - 1) / 2))


def _g_av(before: Numbers, after: Numbers) -> float:
    return float(np.mean(after - before)) / ((_sd(before) + _sd(after)) / 2) * _bias(before)


def _d_rm(before: Numbers, after: Numbers) -> float:
    change = after - before
    alike = np.corrcoef(before, after)[0, 1]
    return float(np.mean(change)) / _sd(change) * sqrt(2 * (1 - alike))


_OF_ROWS: dict[str, Callable[[Numbers, Numbers], float]] = {
    "mean_pre": lambda before, _after: np.mean(before),
    "mean_post": lambda _before, after: np.mean(after),
    "sd_pre": lambda before, _after: _sd(before),
    "sd_post": lambda _before, after: _sd(after),
    "correlation": lambda before, after: stats.pearsonr(before, after).statistic,
    "d_z": lambda before, after: np.mean(after - before) / _sd(after - before),
    "g_av": _g_av,
    "d_av": lambda before, after: np.mean(after - before) / ((_sd(before) + _sd(after)) / 2),
    "d_rm": _d_rm,
    "g_z": lambda before, after: np.mean(after - before) / _sd(after - before) * _bias(before),
    "g_rm": lambda before, after: _d_rm(before, after) * _bias(before),
    "glass_delta": lambda before, after: np.mean(after - before) / _sd(before),
    "g_glass": lambda before, after: np.mean(after - before) / _sd(before) * _bias(before),
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
        *rows_of(run, analysis="did", method="did_cr2"),
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


def _of_contrast(run: Run, row: dict[str, Any]) -> tuple[pl.DataFrame, Numbers]:
    """Pairs of both groups, and who is in the first."""
    parts = [pairs_of(run, row, group, [row["outcome"]]) for group in ("helped", "others")]
    return pl.concat(parts), np.repeat([1.0, 0.0], [part.height for part in parts])


def _fitted(outcome: Numbers, columns: list[Numbers], clusters: list[str]) -> Any:
    """Least squares on rows; the last of ``columns`` is what is asked about."""
    from statsmodels.regression.linear_model import OLS

    _, codes = np.unique(clusters, return_inverse=True)
    return OLS(outcome, np.column_stack(columns)).fit(), codes


@settings(max_examples=6)
@given(seed=seeds)
def test_cr1_is_the_cluster_robust_least_squares_of_statsmodels(seed: int) -> None:
    run = run_of(seed)
    for row in [
        *rows_of(run, analysis="paired", method="paired_cr1"),
        *rows_of(run, analysis="did", method="did_cr1"),
    ]:
        if row["analysis"] == "did":
            pairs, treated = _of_contrast(run, row)
            columns = [np.ones(len(treated)), treated]
        else:
            pairs = pairs_of(run, row, row["group"], [row["outcome"]])
            columns = [np.ones(pairs.height)]
        before, after = values(pairs, row["outcome"])
        fit, codes = _fitted(after - before, columns, pairs["organisation"].to_list())
        # Their small-sample factor has (n - 1) / (n - k) besides, which CR1 has not.
        n, k, groups = len(after), len(columns), len(set(codes))
        theirs = fit.get_robustcov_results("cluster", groups=codes, use_correction=False)
        error = theirs.bse[-1] * sqrt(groups / (groups - 1))
        assert (row["n"], row["n_organisations"], row["df"]) == (n, groups, groups - 1)
        assert k == 1 + (row["analysis"] == "did")
        assert row["estimate"] == close(fit.params[-1])
        assert row["std_error"] == close(error, rel=1e-9)
        p_value = 2 * stats.t.sf(abs(fit.params[-1] / error), groups - 1)
        assert row["p_value"] == close(p_value, rel=1e-8)


def _without_one(outcome: Numbers, columns: list[Numbers], clusters: list[str]) -> float:
    """Standard error of the last coefficient from leaving out one organisation at a time."""
    design = np.column_stack(columns)
    whole = np.linalg.lstsq(design, outcome, rcond=None)[0][-1]
    names = np.array(clusters)
    apart = [
        np.linalg.lstsq(design[names != name], outcome[names != name], rcond=None)[0][-1] - whole
        for name in set(clusters)
    ]
    return float(np.sqrt(np.sum(np.square(apart))))


@settings(max_examples=6)
@given(seed=seeds)
def test_cr3_is_the_jackknife_of_organisations(seed: int) -> None:
    """Bell & McCaffrey: what leaving out each organisation in turn does to the coefficient."""
    run = run_of(seed)
    for row in [
        *rows_of(run, analysis="paired", method="paired_cr3"),
        *rows_of(run, analysis="did", method="did_cr3"),
    ]:
        if row["analysis"] == "did":
            pairs, treated = _of_contrast(run, row)
            columns = [np.ones(len(treated)), treated]
        else:
            pairs = pairs_of(run, row, row["group"], [row["outcome"]])
            columns = [np.ones(pairs.height)]
        before, after = values(pairs, row["outcome"])
        error = _without_one(after - before, columns, pairs["organisation"].to_list())
        assert row["std_error"] == close(error, rel=1e-9)


@settings(max_examples=6)
@given(seed=seeds)
def test_analysis_of_covariance_is_that_of_the_rows(seed: int) -> None:
    run = run_of(seed)
    for row in rows_of(run, analysis="did", method="ancova_ols"):
        pairs, treated = _of_contrast(run, row)
        before, after = values(pairs, row["outcome"])
        columns = [np.ones(len(treated)), before, treated]
        fit, _ = _fitted(after, columns, pairs["organisation"].to_list())
        assert row["n"] == len(after)
        assert row["df"] == fit.df_resid
        assert row["estimate"] == close(fit.params[-1], rel=1e-9)
        assert row["std_error"] == close(fit.bse[-1], rel=1e-9)
        assert row["p_value"] == close(fit.pvalues[-1], rel=1e-8)
        interval = fit.conf_int(1 - row["ci_level"])[-1]
        assert (row["ci_low"], row["ci_high"]) == close(tuple(interval), rel=1e-8)


@settings(max_examples=6)
@given(seed=seeds)
def test_ranks_are_those_of_scipy(seed: int) -> None:
    run, exact = run_of(seed), 0
    for row in rows_of(run, analysis="paired", method="wilcoxon"):
        before, after = values(pairs_of(run, row, row["group"], [row["outcome"]]), row["outcome"])
        # Steps of a mean of answers: what is tied is tied, whatever a float makes of it.
        change = np.round(after - before, 9)
        means = [(one + two) / 2 for i, one in enumerate(change) for two in change[i:]]
        assert row["estimate"] == close(np.median(means), rel=1e-8)
        moved = change[change != 0]
        is_exact = row["note"].startswith("exact")
        exact += is_exact
        test = stats.wilcoxon(moved, correction=True, method="exact" if is_exact else "approx")
        assert row["p_value"] == close(test.pvalue, rel=1e-8)
    assert exact < run.tables["results"].filter(method="wilcoxon", status="ok").height


@settings(max_examples=6)
@given(seed=seeds)
def test_equivalence_is_two_one_sided_tests_of_the_rows(seed: int) -> None:
    run = run_of(seed)
    for row in rows_of(run, analysis="equivalence", method="tost_cr2"):
        contrast = row["group"] not in ROLES
        groups = ("helped", "others") if contrast else (row["group"],)
        parts = [pairs_of(run, row, group, [row["outcome"]]) for group in groups]
        ends = [values(part, row["outcome"]) for part in parts]
        treated = [n == 0 for n, part in enumerate(parts) for _ in range(part.height)]
        change = np.concatenate([after - before for before, after in ends])
        clusters = pl.concat(parts)["organisation"].to_list()
        value, error, df = cr2_by_hand(change, clusters, treated if contrast else None)
        # A fifth of the standard deviation before: of everyone matched, or of both groups pooled.
        everyone = values(pairs_of(run, row, "all", [row["outcome"]]), row["outcome"])
        measured = ends if contrast else [everyone]
        freedom = [len(before) - 1 for before, _ in measured]
        spread = [_sd(before) ** 2 * f for (before, _), f in zip(measured, freedom, strict=True)]
        margin = 0.2 * sqrt(sum(spread) / sum(freedom))
        tails = (
            stats.t.sf((value + margin) / error, df),
            stats.t.cdf((value - margin) / error, df),
        )
        assert row["p_value"] == close(max(tails), rel=1e-7)


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
        # What is drawn at random has references of its own.
        if row["method"].startswith("cost_"):
            continue
        total = row["outcome"] == "all_contacts"
        parts = list(_PRICES) if total else [row["outcome"]]
        # The total has pairs of its own: those in which every costed question is answered; and
        # so have the rows that add up to it.
        own = together if total or row["level"] == "all_answered" else str
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
