"""Rows that are set aside: tests, unfinished responses, and what the study names."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from msgspec.structs import replace

from peereval.columns import DECLARED, STAYS, TEST, UNFINISHED
from peereval.errors import SourceError
from peereval.reading import Answers, read_answers, sources
from peereval.reading.export import Export, Marks
from peereval.reading.formats import open_export
from peereval.studies import Layout, Study
from support.studies import FIVE, make_plain_study, make_scale
from support.tables import Row, read_table

TRUST = make_scale("trust", "a", labels=FIVE)

MARKED = """
    id  |  when  |  Status          |  Done   |  class  |  a
    K1  |  b1    |  IP Address      |  True   |  7x     |  1
    K2  |  b1    |  Survey Preview  |  True   |  7x     |  2
    K3  |  b1    |  IP Address      |  False  |  7y     |  3
    K4  |  b1    |  survey preview  |  FALSE  |  7y     |  4
    K5  |  b1    |  IP Address      |  -      |  staff  |  0
"""
TESTS = Marks("Status", frozenset({"survey preview"}))
UNDONE = Marks("Done", frozenset({"false"}))


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exports of a platform that marks its responses."""

    def opened(path: Path, layout: Layout) -> Export:
        return replace(open_export(path, layout), tests=TESTS, unfinished=UNDONE)

    monkeypatch.setattr(sources, "open_export", opened)


def study_of(folder: Path, exports: str | Mapping[str, list[Row]], **settings: Any) -> Study:
    return make_plain_study(folder, exports, TRUST, **settings)


def said(read: Answers) -> list[tuple[str, int, int | None, tuple[int, ...], str]]:
    return [(f.code, f.count, f.row, f.others, f.column) for f in read.findings]


@pytest.mark.usefixtures("marked")
def test_tests_are_set_aside_and_unfinished_responses_are_kept(tmp_path: Path) -> None:
    read = read_answers(study_of(tmp_path, MARKED))
    assert read.frame["exclusion"].to_list() == [STAYS, TEST, STAYS, TEST, STAYS]
    assert said(read) == [
        ("EXC001", 2, 3, (5,), "Status"),
        ("EXC002", 1, 4, (), "Done"),  # the unfinished test is a test
    ]
    assert "set aside" in read.findings[0].found
    assert "is kept" in read.findings[1].found


@pytest.mark.usefixtures("marked")
def test_a_study_may_keep_tests_and_set_unfinished_responses_aside(tmp_path: Path) -> None:
    responses = {"tests": "keep", "unfinished": "exclude"}
    read = read_answers(study_of(tmp_path, MARKED, responses=responses))
    assert read.frame["exclusion"].to_list() == [STAYS, STAYS, UNFINISHED, UNFINISHED, STAYS]
    assert said(read) == [
        ("EXC001", 2, 3, (5,), "Status"),
        ("EXC002", 2, 4, (5,), "Done"),
    ]
    assert "are kept" in read.findings[0].found
    assert "set aside" in read.findings[1].found


@pytest.mark.usefixtures("marked")
def test_what_a_study_names_comes_after_and_in_its_order(tmp_path: Path) -> None:
    exclude = [
        {"column": "class", "values": ["STAFF", "7 y"], "reason": "no pupils"},
        {"column": "class", "values": ["7y", "7x"], "reason": "another school"},
    ]
    read = read_answers(study_of(tmp_path, MARKED, exclude=exclude))
    assert read.frame["exclusion"].to_list() == [
        DECLARED + 1, TEST, DECLARED + 1, TEST, DECLARED,
    ]  # fmt: skip
    found = {f.found: f.count for f in read.findings if f.code == "EXC003"}
    assert found == {
        "1 row is set aside: no pupils": 1,
        "2 rows are set aside: another school": 2,
    }
    assert [f.code for f in read.findings][-1] == "EXC004"


@pytest.mark.parametrize("dtype", [pl.Int64, pl.Float64, pl.Boolean, pl.String])
def test_values_are_compared_as_answers_are_in_any_type(
    tmp_path: Path, dtype: type[pl.DataType]
) -> None:
    study = study_of(
        tmp_path,
        {"answers.parquet": read_table("id when out a\nK1 b1 0 1")},
        exclude=[{"column": "out", "values": ["1", "True"]}],
    )
    out = pl.Series([0, 1, None], dtype=pl.Int64)
    frame = {"id": ["K1", "K2", "K3"], "when": ["b1"] * 3, "out": out.cast(dtype), "a": [1] * 3}
    pl.DataFrame(frame).write_parquet(tmp_path / "answers.parquet")
    assert read_answers(study).frame["exclusion"].to_list() == [STAYS, DECLARED, STAYS]


def test_an_empty_text_among_the_marks_is_a_blank_cell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened(path: Path, layout: Layout) -> Export:
        return replace(open_export(path, layout), unfinished=Marks("Done", frozenset({""})))

    monkeypatch.setattr(sources, "open_export", opened)
    study = study_of(
        tmp_path, "id when Done a\nK1 b1 - 1\nK2 b1 2018 1", responses={"unfinished": "exclude"}
    )
    assert read_answers(study).frame["exclusion"].to_list() == [UNFINISHED, STAYS]
    frame = pl.DataFrame(
        {"id": ["K1", "K2"], "when": ["b1"] * 2, "Done": [None, 2018], "a": [1] * 2}
    )
    study = study_of(
        tmp_path / "typed",
        {"answers.parquet": read_table("id when Done a\nK1 b1 - 1")},
        responses={"unfinished": "exclude"},
    )
    frame.write_parquet(tmp_path / "typed" / "answers.parquet")
    assert read_answers(study).frame["exclusion"].to_list() == [UNFINISHED, STAYS]


def test_a_column_need_be_in_one_export_only(tmp_path: Path) -> None:
    exports = {
        "before.csv": read_table("id when kind a\nK1 b1 test 1\nK2 b1 real 1"),
        "after.csv": read_table("id when a\nK1 f1 1"),
    }
    exclude = [{"column": "kind", "values": ["test"]}]
    read = read_answers(study_of(tmp_path, exports, exclude=exclude))
    assert read.frame["exclusion"].to_list() == [DECLARED, STAYS, STAYS]
    assert [(f.code, f.file) for f in read.findings] == [("EXC003", "before.csv")]


def test_a_column_that_no_export_has_stops_the_run(tmp_path: Path) -> None:
    study = study_of(
        tmp_path, "id when kind a\nK1 b1 test 1", exclude=[{"column": "Kind", "values": ["test"]}]
    )
    with pytest.raises(SourceError) as caught:
        read_answers(study)
    (fault,) = caught.value.faults
    assert (fault.code, "'Kind'" in fault.found) == ("MAP003", True)
    assert "Did you mean 'kind'?" in fault.fix


def test_an_export_of_which_nothing_stays_is_said(tmp_path: Path) -> None:
    exports = {
        "before.csv": read_table("id when kind a\nK1 b1 test 1\nK2 b1 test 1"),
        "after.csv": read_table("id when kind a\nK1 f1 real 1"),
    }
    exclude = [{"column": "kind", "values": ["test"]}]
    read = read_answers(study_of(tmp_path, exports, exclude=exclude))
    assert [(f.code, f.file, f.count) for f in read.findings] == [
        ("EXC003", "before.csv", 2),
        ("EXC004", "before.csv", 2),
    ]


def test_a_row_that_is_set_aside_needs_no_occasion(tmp_path: Path) -> None:
    study = study_of(
        tmp_path, "id when a\nK1 b1 1\nK2 pilot 1\nK3 - 1",
        exclude=[{"column": "when", "values": ["pilot"]}],
    )  # fmt: skip
    with pytest.raises(SourceError) as caught:
        read_answers(study)
    assert [(f.code, f.row, f.count) for f in caught.value.faults] == [("MAP004", 4, 1)]
    study = study_of(
        tmp_path / "mended", "id when a\nK1 b1 1\nK2 pilot 1",
        exclude=[{"column": "when", "values": ["pilot"]}],
    )  # fmt: skip
    frame = read_answers(study).frame
    assert frame.select("occasion", "exclusion").rows() == [("b1", STAYS), ("", DECLARED)]


def test_ids_of_rows_that_are_set_aside_are_kept_for_the_ledger(tmp_path: Path) -> None:
    study = study_of(
        tmp_path, "id when kind a\nK1 b1 test 3", exclude=[{"column": "kind", "values": ["test"]}]
    )
    assert read_answers(study).frame.select("respondent", "trust_a").rows() == [("K1", 3)]
