"""Series of three or more occasions: which there are, who is in them, and what is said of them."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from peereval.estimating import material, occasions
from peereval.estimating.occasions import linked_occasions
from peereval.pipeline import analyse
from support.studies import FULL, MEDIUM, MOOD, ONE_WAVE, SHORT, make_study
from support.tables import Row, assert_table

SERIES = [ONE_WAVE, {"id": "later", "pairs": [["f1", "f2"]]}]


def series(folder: Path, *comparisons: dict[str, Any]) -> list[tuple[str, ...]]:
    nobody = "id school role when mood\nk1 north mentee b1 1"
    study = make_study(folder, nobody, MOOD, comparisons=comparisons, statistics=FULL)
    return linked_occasions(study, study.phases[0])


@pytest.mark.parametrize(
    ("comparisons", "wanted"),
    [
        ([ONE_WAVE], []),
        ([SHORT], []),
        ([SHORT, MEDIUM], [("b1", "f1", "f2")]),  # whoever began at b2 has two occasions only
        (SERIES, [("b1", "f1", "f2")]),
        ([{"id": "all", "pairs": [["b1", "f1"], ["f1", "b2"], ["b2", "f2"]]}],
         [("b1", "f1", "b2", "f2")]),
        ([{"id": "two", "pairs": [["b1", "b2"], ["b1", "f2"], ["f1", "b2"], ["f1", "f2"]]}],
         [("b1", "b2", "f2"), ("f1", "b2", "f2")]),
    ],
)  # fmt: skip
def test_occasions_that_follow_from_one_first_make_a_series(
    tmp_path: Path, comparisons: list[dict[str, Any]], wanted: list[tuple[str, ...]]
) -> None:
    assert series(tmp_path, *comparisons) == wanted


def test_a_comparison_of_other_phases_links_nothing(tmp_path: Path) -> None:
    nobody = "id school role when version mood\nk1 north mentee b1 young 1"
    study = make_study(
        tmp_path,
        nobody,
        MOOD,
        phases=("young", "old"),
        comparisons=[SHORT, {**MEDIUM, "phases": ["old"]}],
    )
    young, old = (linked_occasions(study, phase) for phase in study.phases)
    assert young == []
    assert old == [("b1", "f1", "f2")]


_ANSWERS = """
    id  school  role     when  mood
    k1  north   mentee   b1    1
    k1  north   mentee   f1    3
    k1  north   neither  f2    4
    k2  north   mentee   b1    2
    k2  north   mentee   f1    3
    k2  north   mentee   f2    7
    k2  north   mentee   f2    -
    k3  south   mentee   b1    5
    k3  south   mentee   f1    8
    k3  south   mentee   f2    6
    k4  south   mentee   b1    4
    k4  south   mentee   f2    9
    k5  south   mentee   f1    0
    k5  south   mentee   f2    0
    k6  south   mentee   b1    3
"""


def rows_of(folder: Path, answers: Any = _ANSWERS, **settings: Any) -> pl.DataFrame:
    study = make_study(
        folder, answers, MOOD, **({"comparisons": SERIES, "statistics": FULL} | settings)
    )
    return analyse(study).tables["results"].filter(analysis="occasions")


def test_means_and_changes_are_of_respondents_with_every_occasion(tmp_path: Path) -> None:
    rows = rows_of(tmp_path).filter(group="all")
    expected = """
        level  estimate  n
        b1     2.66666666667  3
        f1     4.66666666667  3
        f2     5.66666666667  3
    """
    assert_table(rows.filter(estimand="mean_at_occasion"), expected)
    expected = """
        level  estimate  n
        b1>f1  2         3
        b1>f2  3         3
        f1>f2  1         3
    """
    assert_table(rows.filter(estimand="mean_change", method="paired_t"), expected)
    (sustained,) = rows.filter(estimand="sustained_change", method="paired_t").to_dicts()
    assert (sustained["level"], sustained["estimate"]) == ("b1>f1>f2", 3)
    assert "the same respondents had changed by 2 up to f1 (" in sustained["note"]


def test_the_role_of_a_respondent_is_the_last_that_is_known(tmp_path: Path) -> None:
    rows = rows_of(tmp_path).filter(estimand="mean_change", method="paired_t", level="b1>f2")
    assert_table(rows, "group n\nall 3\nhelped 2\nothers 1")


def test_the_mixed_model_has_every_response_of_those_who_answered_first(tmp_path: Path) -> None:
    rows = rows_of(tmp_path).filter(method="mixed_model", group="all")
    # Not the second sheet of k2, and not k5, who was not seen at the first occasion.
    assert set(rows["note"]) == {"12 responses of 5 respondents"}
    assert rows["n"].unique().to_list() == [5]


def test_too_few_organisations_leave_the_rest_standing(tmp_path: Path) -> None:
    rows = rows_of(tmp_path).filter(group="all")
    clustered = rows.filter(pl.col("method").is_in(["repeated_measures", "wald_htz"]))
    assert set(clustered["status"]) == {"not_estimable"}
    assert all("2 organisations" in note or "more" in note for note in clustered["note"])
    assert set(rows.filter(method="paired_t")["status"]) == {"ok"}


def test_several_series_are_told_apart_by_their_first_occasion(tmp_path: Path) -> None:
    two = {"id": "two", "pairs": [["b1", "b2"], ["b1", "f2"], ["f1", "b2"], ["f1", "f2"]]}
    rows = rows_of(tmp_path, comparisons=[two])
    levels = rows.filter(group="all", method="paired_t", estimand="mean_change")["level"]
    assert levels.to_list() == [
        f"{first}: {pair}"
        for first in ("b1", "f1")
        for pair in (f"{first}>b2", f"{first}>f2", "b2>f2")
    ]
    assert not rows["estimate_id"].is_duplicated().any()


def test_responses_that_contradict_each_other_are_left_out_where_the_study_says_so(
    tmp_path: Path,
) -> None:
    moved = _ANSWERS.replace("k3  south   mentee   f1", "k3  north   mentee   f1")
    for done, n in (("keep", 3), ("drop", 2)):
        rows = rows_of(tmp_path / done, moved, conflicts={"organisation": done})
        (found,) = rows.filter(estimand="sustained_change", method="paired_t", group="all")["n"]
        assert found == n


def test_more_respondents_than_rows_are_kept_for_are_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(occasions, "MOST_ROWS", 3)
    rows = rows_of(tmp_path)
    assert set(rows["note"]) == {material.TOO_MANY}
    assert rows["group"].to_list() == ["all", "helped", "others"]


def test_nobody_with_every_occasion_is_said(tmp_path: Path) -> None:
    answers = "id school role when mood\nk1 north mentee b1 1\nk1 north mentee f1 3"
    rows: list[Row] = rows_of(tmp_path, answers).filter(group="all").to_dicts()
    assert rows
    assert {row["status"] for row in rows} == {"not_estimable"}
    assert all("every occasion" in row["note"] or "one of" in row["note"] for row in rows)
