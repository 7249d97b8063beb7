"""Answers that are missing for a declared reason, whatever they are written as."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from peereval.columns import names
from peereval.reading import Answers, read_answers
from peereval.studies import Study
from support.studies import FIVE, TEN, Table, make_scale, make_study
from support.tables import assert_table, read_table

REASONS = {"refused": ["Prefer not to say", "-99"], "unknown": ["Don't know", "99", "999"]}


def study_of(folder: Path, answers: Any, *scales: Table, **settings: Any) -> Study:
    missing = settings.pop("missing", REASONS)
    columns = settings.pop("columns", {"respondent": "id"})
    rows = read_table(answers) if isinstance(answers, str) else answers
    return make_study(
        folder, rows, *scales, columns=columns, responses={"missing": missing}, **settings
    )


def typed(folder: Path, frame: pl.DataFrame, *scales: Table, **settings: Any) -> Answers:
    """Answers of a Parquet export with the columns of ``frame``."""
    rows = [dict.fromkeys(frame.columns, "")]
    study = study_of(folder, {"answers.parquet": rows}, *scales, **settings)
    frame.write_parquet(folder / "answers.parquet")
    return read_answers(study)


def test_cells_are_counted_by_column_and_reason(tmp_path: Path) -> None:
    answers = """
        id  |  when  |  a                   |  b
        K1  |  b1    |  Prefer not to say   |  -99
        K2  |  b1    |  PREFER NOT TO SAY.  |  99
        K3  |  b1    |  dont know           |  999
        K4  |  b1    |  -                   |  4
        K5  |  b1    |  Often               |  Never
    """
    read = read_answers(study_of(tmp_path, answers, make_scale("trust", "a b", labels=FIVE)))
    assert read.missing.columns == names("missing")
    assert_table(
        read.missing,
        """
        source       column  reason   n
        answers.csv  a       refused  2
        answers.csv  a       unknown  1
        answers.csv  b       refused  1
        answers.csv  b       unknown  2
        """,
    )
    assert read.frame["trust_a"].to_list() == [None, None, None, None, 3]
    assert read.frame["trust_b"].to_list() == [None, None, None, 4, 0]
    assert read.faults.is_empty()
    assert read.findings == ()


def test_texts_that_are_only_listed_have_one_reason(tmp_path: Path) -> None:
    study = study_of(
        tmp_path, "id|when|a\nK1|b1|Not sure\nK2|b1|N/A", make_scale("trust", "a", labels=FIVE),
        missing=["not sure", "n/a"],
    )  # fmt: skip
    assert_table(read_answers(study).missing, "column reason n\na declared 2")


@pytest.mark.parametrize("dtype", [pl.Int16, pl.Int64, pl.Float32, pl.Float64, pl.String])
def test_numbers_that_mean_no_answer_are_known_in_any_type(
    tmp_path: Path, dtype: type[pl.DataType]
) -> None:
    frame = pl.DataFrame(
        {"id": ["K1", "K2", "K3", "K4"], "when": ["b1"] * 4,
         "a": pl.Series([99, -99, 4, None]).cast(dtype)}
    )  # fmt: skip
    read = typed(tmp_path, frame, make_scale("trust", "a", labels=FIVE))
    assert read.frame["trust_a"].to_list() == [None, None, 4, None]
    assert_table(read.missing, "column reason n\na unknown 1\na refused 1")
    assert read.faults.is_empty()


# On a scale of 0 to 10 neither 9 nor 99 is missing before somebody says so.
def test_numbers_are_missing_only_where_they_are_declared(tmp_path: Path) -> None:
    study = study_of(
        tmp_path, "id when a\nK1 b1 9\nK2 b1 99", make_scale("trust", "a", labels=TEN), missing=[]
    )
    read = read_answers(study)
    assert read.frame["trust_a"].to_list() == [9, None]
    assert read.missing.is_empty()
    assert_table(read.faults, "code column value n\nANS002 a 99 1")


def test_a_role_and_a_characteristic_may_be_missing_for_a_reason(tmp_path: Path) -> None:
    answers = """
        id  |  when  |  role               |  sex                |  a
        K1  |  b1    |  Prefer not to say  |  girl               |  1
        K2  |  b1    |  mentor             |  Prefer not to say  |  1
        K3  |  b1    |  99                 |  99.0               |  1
    """
    columns = {"respondent": "id", "role": "role", "characteristics": {"gender": "sex"}}
    study = study_of(tmp_path, answers, make_scale("trust", "a", labels=FIVE), columns=columns)
    read = read_answers(study)
    assert read.frame["role"].to_list() == [None, "mentor", None]
    assert read.characteristics["gender"].to_list() == ["girl", None, None]
    assert_table(
        read.missing,
        "column reason n\nrole refused 1\nrole unknown 1\nsex refused 1\nsex unknown 1",
    )
    assert read.findings == ()


# 99 may be somebody's number, or a school's.
def test_ids_and_organisations_are_no_answers(tmp_path: Path) -> None:
    columns = {"respondent": "id", "organisation": "school"}
    study = study_of(
        tmp_path, "id when school a\n99 b1 999 1", make_scale("trust", "a", labels=FIVE),
        columns=columns,
    )  # fmt: skip
    read = read_answers(study)
    assert read.frame.select("respondent", "organisation").rows() == [("99", "999")]
    assert read.missing.is_empty()


def test_rows_that_are_set_aside_are_not_counted(tmp_path: Path) -> None:
    study = study_of(
        tmp_path,
        "id|when|kind|a\nK1|b1|test|99\nK2|b1|real|99\nK3|b1|test|nonsense",
        make_scale("trust", "a", labels=FIVE),
        exclude=[{"column": "kind", "values": ["test"]}],
    )
    read = read_answers(study)
    assert_table(read.missing, "column reason n\na unknown 1")
    assert read.faults.is_empty()
    assert [fault.code for fault in read.findings] == ["EXC003"]


# --- what the export itself declares --------------------------------------------------------


def write_spss(path: Path) -> None:
    import pandas as pd
    import pyreadstat

    frame = pd.DataFrame(
        {"id": ["K1", "K2", "K3", "K4"], "when": ["b1"] * 4, "a": [1.0, 9.0, 8.0, None],
         "sex": [1.0, 9.0, 2.0, 1.0], "school": [9.0, 4.0, 4.0, 4.0]}
    )  # fmt: skip
    ranges = {"a": [{"lo": 8, "hi": 9}], "sex": [9], "school": [9]}
    labels = {"sex": {1.0: "girl", 2.0: "boy", 9.0: "refused"}, "a": {9.0: "Prefer not to say"}}
    pyreadstat.write_sav(frame, str(path), missing_ranges=ranges, variable_value_labels=labels)


def test_user_missing_answers_have_a_reason_of_their_own(tmp_path: Path) -> None:
    columns = {"respondent": "id", "organisation": "school", "characteristics": {"gender": "sex"}}
    rows = [dict.fromkeys(("id", "when", "a", "sex", "school"), "")]
    study = study_of(
        tmp_path, {"answers.sav": rows}, make_scale("trust", "a", labels=TEN), columns=columns
    )
    write_spss(tmp_path / "answers.sav")
    read = read_answers(study)
    # 8 and 9 are codes of this scale; the export says that they are none here.
    assert read.frame["trust_a"].to_list() == [1, None, None, None]
    assert read.characteristics["gender"].to_list() == ["girl", None, "boy", "girl"]
    assert read.frame["organisation"].to_list() == [None, "4", "4", "4"]
    assert_table(
        read.missing,
        """
        column  reason        n
        sex     user_missing  1
        a       refused       1
        a       user_missing  1
        """,
    )
    assert read.faults.is_empty()
