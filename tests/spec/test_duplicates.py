"""Several responses of one respondent at one occasion: how they differ, on every engine."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from peereval import pipeline
from peereval.columns import names
from peereval.pipeline import Matching, match_study
from support.studies import FIVE, MOOD, make_scale, make_study
from support.tables import assert_table, read_table

#: Two items whose sum may be the same with other answers.
PAIR = make_scale("pair", "a b-", labels=FIVE)

_KINDS = """
    id     school  role     when  a  b  mood
    same   north   mentee   b1    1  2  3
    same   north   mentor   b1    1  2  3
    more   north   mentee   b1    1  2  3
    more   north   mentee   b1    1  -  3
    parts  north   mentee   b1    1  2  -
    parts  north   mentee   b1    -  2  3
    other  north   mentee   b1    1  2  3
    other  north   mentee   b1    2  3  3
    bare  north   mentee   b1    -  -  -
    bare  north   mentee   b1    -  -  -
    empty  north   mentee   b1    1  2  3
    empty  north   mentee   b1    -  -  -
    three  north   mentee   b1    1  2  3
    three  north   mentee   b1    1  2  3
    three  north   mentee   b1    1  2  4
    once   north   mentee   b1    1  2  3
    once   north   mentee   f1    4  4  4
    -      north   mentee   b1    1  2  3
    -      north   mentee   b1    4  2  3
"""


def duplicates_of(folder: Path, answers: Any, engine: str, **settings: Any) -> Matching:
    return match_study(make_study(folder, answers, PAIR, MOOD, **settings), engine)


def test_rows_are_identical_or_one_more_complete_or_contradictory(
    tmp_path: Path, engine: str
) -> None:
    """By their answers: sums can be the same (``other``), and a role is no answer (``same``)."""
    matching = duplicates_of(tmp_path, _KINDS, engine)
    expected = """
        respondent | occasion | kind          | n_rows | rows                                             | kept
        same       | b1       | identical     | 2      | answers.csv: 2; answers.csv: 3                   | answers.csv: 3
        more       | b1       | more_complete | 2      | answers.csv: 4; answers.csv: 5                   | answers.csv: 4
        parts      | b1       | more_complete | 2      | answers.csv: 6; answers.csv: 7                   | answers.csv: 7
        other      | b1       | contradictory | 2      | answers.csv: 8; answers.csv: 9                   | answers.csv: 9
        bare      | b1       | identical     | 2      | answers.csv: 10; answers.csv: 11                 | answers.csv: 11
        empty      | b1       | more_complete | 2      | answers.csv: 12; answers.csv: 13                 | answers.csv: 12
        three      | b1       | contradictory | 3      | answers.csv: 14; answers.csv: 15; answers.csv: 16 | answers.csv: 16
    """  # noqa: E501
    table = matching.tables["duplicates"]
    assert_table(table, expected)
    assert table.columns == names("duplicates")
    scores = matching.tables["scores"].filter(respondent="other")
    assert scores["pair_total"].n_unique() == 1, "these two cannot be told apart by their scores"


def test_what_was_not_understood_is_no_answer(tmp_path: Path, engine: str) -> None:
    answers = """
        id  school  role    when  a      b  mood
        k1  north   mentee  b1    1      2  3
        k1  north   mentee  b1    often  2  Skip
        k2  north   mentee  b1    Rarely 2  3
        k2  north   mentee  b1    1      2  3.0
    """
    missing = {"responses": {"missing": ["Skip"]}}
    table = duplicates_of(tmp_path, answers.replace("often", "77"), engine, **missing)
    expected = """
        respondent  kind
        k1          more_complete
        k2          identical
    """
    assert_table(table.tables["duplicates"], expected)


@pytest.mark.parametrize(
    ("policy", "kept"),
    [("most_complete", 3), ("first", 2), ("last", 4), ("drop", 0)],
)
def test_row_that_was_kept_is_named(tmp_path: Path, engine: str, policy: str, kept: int) -> None:
    answers = """
        id  school  role    when  a  b  mood
        k1  -       mentee  b1    1  -  -
        k1  north   mentee  b1    1  2  3
        k1  south   mentee  b1    1  2  -
    """
    table = duplicates_of(tmp_path, answers, engine, matching={"duplicates": policy})
    (row,) = table.tables["duplicates"].to_dicts()
    assert row["kept"] == (f"answers.csv: {kept}" if kept else "")
    assert row["organisation"] == {0: None, 2: None, 3: "north", 4: "south"}[kept]
    assert row["kind"] == "more_complete"


def test_duplicates_of_several_exports_are_compared_across_them(
    tmp_path: Path, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    exports = {
        "one.csv": read_table("""
            id  school  role    when  a  b  mood
            k0  north   mentee  b1    1  1  1
            k1  north   mentee  b1    1  2  3
            k2  north   mentee  b1    1  2  3
        """),
        "two.csv": read_table("""
            id  school  role    when  a  b  mood
            k2  north   mentee  b1    1  2  3
            k3  north   mentee  b1    1  2  3
            k1  north   mentee  b1    1  4  3
            k3  north   mentee  f1    1  4  3
        """),
        "three.csv": read_table("""
            id  school  role    when  a  b  mood
            k3  north   mentee  b1    1  2  -
        """),
    }
    expected = """
        respondent | kind          | rows                   | kept
        k1         | contradictory | one.csv: 3; two.csv: 4 | two.csv: 4
        k2         | identical     | one.csv: 4; two.csv: 2 | two.csv: 2
        k3         | more_complete | two.csv: 3; three.csv: 2 | two.csv: 3
    """
    together = duplicates_of(tmp_path, exports, engine)
    assert_table(together.tables["duplicates"], expected)
    monkeypatch.setattr(pipeline, "_TOGETHER", 1)
    assert_table(duplicates_of(tmp_path, exports, engine).tables["duplicates"], expected)


def test_same_id_in_two_organisations_is_no_duplicate_where_ids_belong_to_one(
    tmp_path: Path, engine: str
) -> None:
    answers = """
        id  school  role    when  a  b  mood
        k1  north   mentee  b1    1  2  3
        k1  south   mentee  b1    1  2  3
        k1  south   mentee  b1    2  2  3
        k1  -       mentee  b1    2  2  3
    """
    table = duplicates_of(tmp_path, answers, engine, matching={"id_scope": "organisation"})
    expected = """
        respondent | organisation | kind          | n_rows | rows
        k1         | south        | contradictory | 2      | answers.csv: 3; answers.csv: 4
    """
    assert_table(table.tables["duplicates"], expected)


def test_questions_may_have_the_names_that_are_used_on_the_way(tmp_path: Path, engine: str) -> None:
    answers = """
        id  school  role    when  a  b  mood  q
        k1  north   mentee  b1    1  2  3     Yes
        k1  north   mentee  b1    1  2  3     Yes
        k2  north   mentee  b1    1  2  3     Yes
        k2  north   mentee  b1    1  2  3     No
    """
    questions = [
        {"id": name, "kind": "yes_no", "columns": f"q_{name}"}
        for name in ("group", "place", "kept", "kind", "rows", "usable")
    ]
    rows = [
        row | {question["columns"]: row["q"] for question in questions}
        for row in read_table(answers)
    ]
    table = duplicates_of(tmp_path, rows, engine, questions=questions).tables["duplicates"]
    assert_table(table, "respondent kind\nk1 identical\nk2 contradictory")


def test_duplicates_are_said_by_kind_and_file_without_an_id(tmp_path: Path, engine: str) -> None:
    answers = _KINDS.replace("other", "anna ")
    found = [f for f in duplicates_of(tmp_path, answers, engine).findings if f.code == "DUP002"]
    assert [(f.file, f.row, f.others, f.count) for f in found] == [
        ("answers.csv", 2, (10,), 2),
        ("answers.csv", 4, (6, 12), 3),
        ("answers.csv", 8, (14,), 2),
    ]
    for fault, words in zip(found, ("same answers", "more complete", "contradict"), strict=True):
        assert words in fault.found
        assert "anna" not in str(fault)


def test_without_duplicates_there_is_an_empty_table_and_nothing_is_said(
    tmp_path: Path, engine: str
) -> None:
    answers = "id school role when a b mood\nk1 north mentee b1 1 2 3\nk1 north mentee f1 1 2 3"
    matching = duplicates_of(tmp_path, answers, engine)
    assert matching.tables["duplicates"].is_empty()
    assert matching.tables["duplicates"].schema["n_rows"] == pl.Int64
    assert not [fault for fault in matching.findings if fault.code == "DUP002"]


# Each school counted its own pupils from 1: the study must say so, or most of them are lost.
def test_ids_of_several_organisations_are_pointed_out(tmp_path: Path, engine: str) -> None:
    answers = """
        id  school  role    when  a  b  mood
        7   north   mentee  b1    1  2  3
        7   south   mentee  b1    3  2  1
        8   north   mentee  b1    1  2  3
        8   north   mentee  b1    1  2  3
    """
    found = duplicates_of(tmp_path / "all", answers, engine).findings
    (between,) = [fault for fault in found if fault.code == "DUP003"]
    assert (between.file, between.count) == ("study.toml", 1)
    assert 'id_scope = "organisation"' in between.fix
    own = {"matching": {"id_scope": "organisation"}}
    assert "DUP003" not in [
        f.code for f in duplicates_of(tmp_path / "own", answers, engine, **own).findings
    ]
