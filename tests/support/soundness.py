"""What holds of every row of results, whatever the data."""

from math import isfinite

import polars as pl

from peereval.columns import ANALYSES, ESTIMANDS, METHODS, RESULT_KEYS, RESULTS, names

#: Every number that a row about an estimate may hold.
NUMBERS = [column.name for column in RESULTS if column.type == "number"]
_TESTS = {"paired_t", "paired_cr2", "did_ols", "did_cr2", "mcnemar_exact", "mcnemar_midp",
          "stuart_maxwell"}  # fmt: skip


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
        if row["status"] == "not_estimable":
            assert row["note"], f"{place} does not say why"
            assert all(row[name] is None for name in NUMBERS), place
        else:
            assert row["status"] == "ok", place
            _assert_estimated(row, place)


def _assert_estimated(row: dict, place: str) -> None:
    assert row["estimate"] is not None or row["p_value"] is not None, place
    if row["method"] in _TESTS:
        assert row["p_value"] is not None, f"{place} is a test without a p value"
    if row["p_value"] is not None:
        assert 0 < row["p_value"] <= 1, f"{place}: p is {row['p_value']}"
    if row["std_error"] is not None:
        assert row["std_error"] > 0, place
    assert (row["ci_low"] is None) == (row["ci_high"] is None) == (row["ci_level"] is None), place
    if row["ci_low"] is not None:
        assert row["ci_low"] <= row["estimate"] <= row["ci_high"], place
    if row["unit"] == "share" and row["estimand"] in ("share_pre", "share_post"):
        assert 0 <= row["estimate"] <= 1, place
