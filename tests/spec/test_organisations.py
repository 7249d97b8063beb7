"""What an organisation may see of itself: its own means, those of all, and what is kept back."""

from math import sqrt
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from scipy import stats

from peereval.pipeline import analyse
from support.studies import MOOD, make_study

#: School: mood before and after of each of its pupils; six schools, one of them small.
SCHOOLS = {
    "Ash": [(1, 3), (2, 3), (3, 3), (4, 2), (5, 5), (1, 1), (2, 4), (3, 4), (4, 4), (2, 2)],
    "Beech": [(1, 2), (2, 2), (3, 5), (4, 5), (5, 4), (1, 4), (2, 3), (3, 1), (4, 3), (2, 5)],
    "Cedar": [(3, 3), (2, 1), (3, 2), (4, 2), (5, 5), (1, 1), (2, 2), (3, 4), (4, 4), (2, 1)],
    "Dogwood": [(5, 5)] * 10,
    "Elm": [(2, 3), (2, 3), (3, 3), (4, 2), (5, 5), (1, 1), (2, 4), (3, 4), (4, 4), (2, 3)],
    "Fir": [(1, 5), (2, 4), (3, 3)],
}  # fmt: skip


def table_of(folder: Path, schools: dict[str, list[tuple[int, int]]], **settings: Any) -> Any:
    rows = [
        {"id": f"{school}{number}", "when": when, "school": school, "role": "", "mood": value}
        for school, moods in schools.items()
        for number, pair in enumerate(moods)
        for when, value in zip(("b1", "f1"), pair, strict=True)
    ]
    study = make_study(folder, rows, MOOD, **settings)
    return analyse(study).tables["organisations"]


def row_of(table: pl.DataFrame, school: str, outcome: str = "mood_total") -> dict[str, Any]:
    return table.row(
        by_predicate=(pl.col("organisation") == school) & (pl.col("outcome") == outcome), named=True
    )


def outcome_of(table: pl.DataFrame) -> str:
    (name,) = set(table["outcome"]) - {""}
    return str(name)


def test_means_of_one_school_by_hand(tmp_path: Path) -> None:
    table = table_of(tmp_path, SCHOOLS)
    row = row_of(table, "Ash", outcome_of(table))
    assert (row["n"], row["n_all"], row["n_organisations"]) == (10, 53, 6)
    assert row["mean_pre"] == pytest.approx(2.7)
    assert row["mean_post"] == pytest.approx(3.1)
    assert row["mean_change"] == pytest.approx(0.4)
    changes = {name: [after - before for before, after in pairs] for name, pairs in SCHOOLS.items()}
    within = sum((change - sum(of) / len(of)) ** 2 for of in changes.values() for change in of)
    margin = stats.t.ppf(0.975, 53 - 6) * sqrt(within / (53 - 6) / 10)
    assert row["ci_high"] == pytest.approx(0.4 + margin)
    assert row["ci_low"] == pytest.approx(0.4 - margin)
    assert abs(row["shrunk_change"]) < 0.4
    assert row["shrunk_high"] - row["shrunk_low"] < row["ci_high"] - row["ci_low"]
    assert 0 < row["own_weight"] < 1


def test_a_small_school_has_no_means_and_no_count(tmp_path: Path) -> None:
    table = table_of(tmp_path, SCHOOLS)
    row = row_of(table, "Fir", outcome_of(table))
    assert row["status"] == "suppressed"
    assert row["note"] == "too few matched respondents"
    shown = ("n", "mean_pre", "mean_post", "mean_change", "ci_low", "shrunk_change", "n_all")
    assert [row[name] for name in shown] == [None] * len(shown)
    counts = row_of(table, "Fir", "")
    assert (counts["n_before"], counts["n_after"], counts["n"]) == (None, None, None)


def test_a_school_where_everybody_has_the_highest_score_has_no_means(tmp_path: Path) -> None:
    table = table_of(tmp_path, SCHOOLS)
    row = row_of(table, "Dogwood", outcome_of(table))
    assert row["status"] == "suppressed"
    assert "same score" in row["note"]
    assert row["mean_pre"] is None


def test_all_others_are_not_shown_where_they_are_few(tmp_path: Path) -> None:
    few = {name: SCHOOLS[name] for name in ("Ash", "Beech", "Cedar")}
    table = table_of(tmp_path, few)
    row = row_of(table, "Ash", outcome_of(table))
    assert row["mean_change"] == pytest.approx(0.4)
    assert (row["mean_pre_all"], row["n_all"], row["shrunk_change"]) == (None, None, None)
    assert "fewer than 5 organisations" in row["note"]


def test_respondents_without_an_organisation_are_in_none(tmp_path: Path) -> None:
    table = table_of(tmp_path, SCHOOLS | {"": [(1, 2)] * 12})
    assert set(table["organisation"]) == set(SCHOOLS)
    assert row_of(table, "Ash", outcome_of(table))["n_all"] == 53
