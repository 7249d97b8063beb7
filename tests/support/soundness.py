"""What holds of every row of results, whatever the data."""

from collections import defaultdict
from math import inf, isclose, isfinite
from sys import float_info

import polars as pl
from scipy import stats

from peereval.columns import ANALYSES, ESTIMANDS, METHODS, RESULT_KEYS, RESULTS, names

#: Every number that a row about an estimate may hold.
NUMBERS = [column.name for column in RESULTS if column.type == "number"]

#: Student's t of estimate / standard error: statistic, p value and interval follow from those.
_T_TESTS = {
    "paired_t", "paired_cr2", "paired_cr1", "paired_cr3", "paired_multilevel", "did_ols",
    "did_cr2", "did_cr1", "did_cr3", "did_multilevel", "did_weighted", "ancova_ols", "ancova_cr2",
    "trimmed", "means_cr2", "logit_weights", "multiple_imputation", "repeated_measures",
    "mixed_model", "welch_t",
}  # fmt: skip
_OTHER_TESTS = {
    "paired_wild", "did_wild", "did_permutation", "wilcoxon", "tost_cr2", "tost_t", "wald_htz",
    "hotelling", "bowker", "stuart_maxwell", "mcnemar_exact", "mcnemar_midp",
    "pooled_z", "fisher", "n1_chi_square",
}  # fmt: skip
#: What a test is made of besides: neither is tested.
_PARTS = {"variance_between", "variance_of_effect"}
#: Tests of several things at once, of which there is no one estimate.
_JOINT = {"wald_htz", "hotelling", "bowker", "stuart_maxwell"}
#: Methods whose every number has an interval.
_WITH_INTERVAL = _T_TESTS | {
    "effect_size", "newcombe", "newcombe_independent", "wilson", "smd", "tost_cr2", "tost_t",
    "pooled_z", "fisher", "n1_chi_square",
}  # fmt: skip
#: Methods that may have no interval, and then say why.
_INTERVAL_OR_REASON = {"paired_wild", "did_wild", "did_permutation", "wilcoxon", "pearson"}
#: ``threshold``: Jacobson & Truax give shares with an interval, and the change that counts.
_SHARES_WITH_INTERVAL = {"jacobson_truax", "published_threshold"}

_SIGNED = {"share_change", "share_difference", "difference_in_retention"}
_CORRELATIONS = {"correlation", "item_rest_correlation", "test_retest"}
_POSITIVE = {
    "bf10", "design_effect", "effective_n", "minimum_detectable_effect", "threshold", "n_tests",
}  # fmt: skip
_NOT_NEGATIVE = {
    *_PARTS, "sd_pre", "sd_post", "standard_error_of_measurement", "cost_pre", "cost_post",
    "tipping_delta",
}  # fmt: skip
#: 1 is the most that they can be; how low they can be has no end.
_AT_MOST_ONE = {"icc_baseline", "icc_change", "alpha", "alpha_if_dropped"}

#: Nothing that a drawn survey holds is as large as this.
_FAR = 1e6

#: Shares of one whole: analysis and method, and the estimands that are its parts.
_WHOLES = (
    ("band_change", "share", ("share_pre",)),
    ("band_change", "share", ("share_post",)),
    ("contact_distribution", "share", ("share_pre",)),
    ("contact_distribution", "share", ("share_post",)),
    ("band_migration", "share", ("share_moved",)),
    ("individual_change", "jacobson_truax",
     ("share_improved", "share_deteriorated", "share_no_reliable_change")),
    ("individual_change", "published_threshold",
     ("share_improved", "share_deteriorated", "share_no_reliable_change")),
)  # fmt: skip
#: A large p value is no evidence of these.
_NEVER_SAID = ("no effect", "no change", "no difference")


def assert_sound(results: pl.DataFrame) -> None:
    """Each row has its number and its uncertainty, or says why not; no number is impossible."""
    assert results.columns == names("results")
    assert not results["estimate_id"].is_duplicated().any()
    for row in results.iter_rows(named=True):
        place = row["estimate_id"]
        assert place == ".".join(row[key] for key in RESULT_KEYS if row[key])
        assert row["analysis"] in ANALYSES, place
        assert row["method"] in METHODS, place
        assert row["estimand"] in ESTIMANDS, place
        for name in NUMBERS:
            assert row[name] is None or isfinite(row[name]), f"{place}: {name} is {row[name]}"
        assert row["n"] >= 0, place
        assert 0 <= row["n_organisations"] <= row["n"], place
        # "so nobody changed" is a fact of the answers; these words are a verdict on a test.
        assert not any(words in row["note"].lower() for words in _NEVER_SAID), place
        if row["status"] == "not_estimable":
            assert row["note"], f"{place} does not say why"
            assert all(row[name] is None for name in NUMBERS), place
        else:
            assert row["status"] == "ok", place
            _assert_estimated(row, place)
            _assert_in_bounds(row, place)
            if row["method"] in _T_TESTS and row["estimand"] not in _PARTS:
                _assert_of_student(row, place)
    _assert_whole(results)


def _assert_estimated(row: dict, place: str) -> None:
    assert row["estimate"] is not None or row["p_value"] is not None, place
    assert (row["estimate"] is None) == (row["method"] in _JOINT), place
    if row["method"] in _T_TESTS | _OTHER_TESTS and row["estimand"] not in _PARTS:
        assert row["p_value"] is not None, f"{place} is a test without a p value"
    if row["p_value"] is not None:
        assert 0 < row["p_value"] <= 1, f"{place}: p is {row['p_value']}"
    if row["p_adjusted"] is not None:
        # As a sum of logs or not: an adjusted p may differ from its own in the last digit.
        assert row["p_value"] * (1 - 1e-12) <= row["p_adjusted"] <= 1, place
    if row["std_error"] is not None:
        assert row["std_error"] > 0, place
    if row["df"] is not None:
        # Less than one degree of freedom is no basis for an interval (F distributions aside).
        assert row["df"] >= 1 - 1e-9 or row["method"] in _JOINT, place
    assert (row["ci_low"] is None) == (row["ci_high"] is None) == (row["ci_level"] is None), place
    if row["ci_low"] is not None:
        assert row["ci_low"] <= row["estimate"] <= row["ci_high"], place
        assert 0 < row["ci_level"] < 1, place
    elif row["estimand"] not in _PARTS:
        assert row["method"] not in _WITH_INTERVAL, f"{place} has no interval"
        shares = row["method"] in _SHARES_WITH_INTERVAL and row["estimand"] != "threshold"
        assert not shares, f"{place} has no interval"
        if row["method"] in _INTERVAL_OR_REASON or row["estimand"].startswith("icc_"):
            assert "no interval" in row["note"], f"{place} does not say why it has no interval"


def _assert_in_bounds(row: dict, place: str) -> None:
    """The estimate is one that its estimand can have, and so are the ends of its interval."""
    low, high = _bounds(row)
    for name in ("estimate", "ci_low", "ci_high"):
        value = row[name]
        if value is not None:
            assert low <= value <= high, f"{place}: {name} is {value}"
    if row["estimand"] in _POSITIVE:
        assert row["estimate"] > 0, place
    if row["unit"] in ("respondents", "responses", "organisations", "tests", "level"):
        # The only count that is not one of heads.
        assert row["estimand"] == "effective_n" or row["estimate"] == int(row["estimate"]), place


def _bounds(row: dict) -> tuple[float, float]:
    estimand = row["estimand"]
    shares = row["unit"] == "share" or estimand.startswith(("omega", "share_"))
    # A correlation or share of 1 may be 1 and a rounding more.
    one = 1 + 1e-12
    kinds = (
        # Of shares too: an interval of Student's t may end beyond what a share can be.
        (row["method"] in _T_TESTS, (-_FAR, _FAR)),
        (estimand in _SIGNED | _CORRELATIONS, (-one, one)),
        (shares, (0.0, one)),
        (estimand in _AT_MOST_ONE, (-_FAR, one)),
        (estimand == "maryland_level", (1.0, 5.0)),
        # Evidence has no end: where all changed almost alike, it is astronomical.
        (estimand == "bf10", (0.0, inf)),
        (estimand in _NOT_NEGATIVE | _POSITIVE or estimand.startswith("n_"), (0.0, 1e9)),
    )
    return next((ends for is_one, ends in kinds if is_one), (-_FAR, _FAR))


def _assert_of_student(row: dict, place: str) -> None:
    """Statistic, p value and interval are those of the estimate, its error and its df."""
    value, error, df = row["estimate"], row["std_error"], row["df"]
    assert None not in (error, row["statistic"], df), place
    assert isclose(row["statistic"], value / error, rel_tol=1e-9, abs_tol=1e-12), place
    # Below the smallest number of a computer there is only that.
    p_value = max(2 * stats.t.sf(abs(value / error), df), float_info.min)
    assert isclose(row["p_value"], p_value, rel_tol=1e-6), place
    reach = stats.t.ppf((1 + row["ci_level"]) / 2, df) * error
    for end, wanted in ((row["ci_low"], value - reach), (row["ci_high"], value + reach)):
        assert isclose(end, wanted, rel_tol=1e-7, abs_tol=1e-7 * reach), place


def _assert_whole(results: pl.DataFrame) -> None:
    """Shares that are parts of a whole add up to it."""
    for analysis, method, parts in _WHOLES:
        found: dict[tuple[str, ...], float] = defaultdict(float)
        rows = results.filter(pl.col("estimand").is_in(parts), analysis=analysis, method=method,
                              status="ok")  # fmt: skip
        for row in rows.iter_rows(named=True):
            place = tuple(row[key] for key in ("phase", "comparison", "group", "outcome"))
            found[place] += row["estimate"]
        for place, total in found.items():
            assert isclose(total, 1, rel_tol=1e-12), f"{analysis} of {place}: {total}"
