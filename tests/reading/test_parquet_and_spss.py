"""Formats with types: codes stay codes, labels stand for the numbers that they name."""

import struct
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import pandas as pd
import polars as pl
import pyreadstat
import pytest

from peereval.errors import SourceError
from peereval.labels import fold
from peereval.reading import parquet
from peereval.reading.coding import code_column
from peereval.reading.formats import open_export
from peereval.studies import Layout

FREQUENCIES = {"Never": 0, "Sometimes": 1, "Always": 2}
CODES = {fold(label): code for label, code in FREQUENCIES.items()} | {
    str(code): code for code in FREQUENCIES.values()
}


def coded(path: Path, column: str) -> tuple[list[int | None], list[tuple[str, int, int]]]:
    """Codes of one column, and what was not understood: value, rows, first row."""
    export = open_export(path)
    cells = export.read([column])
    missing = frozenset({"refused"})
    codes, unread = code_column(cells.frame[column], CODES, missing, cells.rows, pl.Int16)
    return codes.to_list(), [(value.value, value.n, value.first_row) for value in unread]


# --- Parquet


@pytest.mark.parametrize(
    "dtype", [pl.Int8, pl.UInt8, pl.Int16, pl.Int32, pl.Int64, pl.Float32, pl.Float64]
)
def test_whole_numbers_are_codes_in_any_type(dtype: pl.DataType, tmp_path: Path) -> None:
    path = tmp_path / "export.parquet"
    pl.DataFrame({"a": pl.Series([0, 2, None, 1], dtype=dtype)}).write_parquet(path)
    assert coded(path, "a") == ([0, 2, None, 1], [])


def test_decimals_are_codes_too(tmp_path: Path) -> None:
    path = tmp_path / "export.parquet"
    pl.DataFrame({"a": [Decimal("2.00"), Decimal("1.00"), Decimal("1.50")]}).write_parquet(path)
    codes, unread = coded(path, "a")
    assert codes == [2, 1, None]
    assert [n for _, n, _ in unread] == [1]


@pytest.mark.parametrize("dtype", [pl.Int8, pl.Float64])
def test_numbers_out_of_range_are_missing_and_counted(dtype: pl.DataType, tmp_path: Path) -> None:
    path = tmp_path / "export.parquet"
    pl.DataFrame({"a": pl.Series([0, 9, 9, -1, 1], dtype=dtype)}).write_parquet(path)
    assert coded(path, "a") == ([0, None, None, None, 1], [("9", 2, 3), ("-1", 1, 5)])


def test_fractions_and_not_a_number_are_missing(tmp_path: Path) -> None:
    path = tmp_path / "export.parquet"
    pl.DataFrame({"a": [1.0, 1.5, float("nan"), None, float("inf")]}).write_parquet(path)
    assert coded(path, "a") == ([1, None, None, None, None], [("1.5", 1, 3), ("inf", 1, 6)])


@pytest.mark.parametrize(
    "dtype",
    [pl.String, pl.Categorical, pl.Enum(["Never", "Always", " always.", "1", "Refused", "?", ""])],
)
def test_texts_and_categories_are_labels(dtype: pl.DataType, tmp_path: Path) -> None:
    path = tmp_path / "export.parquet"
    values = ["Never", "Always", " always.", "1", "Refused", "?", "", None, "?"]
    pl.DataFrame({"a": pl.Series(values, dtype=dtype)}).write_parquet(path)
    assert coded(path, "a") == ([0, 2, 2, 1, None, None, None, None, None], [("?", 2, 7)])


def test_a_pandas_categorical_is_read_like_text(tmp_path: Path) -> None:
    path = tmp_path / "export.parquet"
    pd.DataFrame({"a": pd.Categorical(["Always", "Never", None])}).to_parquet(path)
    assert coded(path, "a") == ([2, 0, None], [])


def test_a_column_with_nothing_in_it_is_all_missing(tmp_path: Path) -> None:
    path = tmp_path / "export.parquet"
    pl.DataFrame({"a": [None, None]}).write_parquet(path)
    assert coded(path, "a") == ([None, None], [])


def test_only_the_columns_asked_for_are_read(tmp_path: Path) -> None:
    path = tmp_path / "export.parquet"
    pl.DataFrame({"a": [1], "said": ["much"], "b": [2]}).write_parquet(path)
    assert open_export(path).read(["b"]).frame.columns == ["b"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "SRC006"),
        (b"PAR1", "SRC005"),
        (b"PAR1\0\0\0\0PAR1", "SRC012"),
        (b"PRIVATE and no Parquet file at all", "SRC005"),
    ],
)
def test_a_file_that_is_no_parquet_is_a_fault(content: bytes, code: str, tmp_path: Path) -> None:
    path = tmp_path / "export.parquet"
    path.write_bytes(content)
    with pytest.raises(SourceError) as caught:
        open_export(path)
    assert [fault.code for fault in caught.value.faults] == [code]
    assert "PRIVATE" not in str(caught.value)


# The schema stands at the end of the file, so damage to the cells shows only when they are read.
def test_damage_in_the_middle_of_a_parquet_file_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "export.parquet"
    pl.DataFrame({"a": list(range(1000))}).write_parquet(path)
    content = path.read_bytes()
    path.write_bytes(content[:20] + b"\xff" * 100 + content[120:])
    with pytest.raises(SourceError) as caught:
        open_export(path).read(["a"])
    assert [fault.code for fault in caught.value.faults] == ["SRC012"]


# One of these, and the library that reads the file fast ends the program.
def test_damage_of_one_byte_anywhere_is_no_other_error(tmp_path: Path) -> None:
    path = tmp_path / "export.parquet"
    pl.DataFrame({"a": [1, 2, 3], "b": ["x", None, "y"]}).write_parquet(path)
    whole = path.read_bytes()
    faults = set()
    for at in range(0, len(whole), 3):
        path.write_bytes(whole[:at] + b"\xf7" + whole[at + 1 :])
        try:
            open_export(path).read(["a", "b"])
        except SourceError as error:
            faults |= {fault.code for fault in error.faults}
    assert faults == {"SRC005", "SRC012"}


def test_a_column_of_lists_is_a_fault_if_it_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "export.parquet"
    pl.DataFrame({"a": [1], "ticked": [["x", "y"]]}).write_parquet(path)
    export = open_export(path)
    assert export.read(["a"]).frame.height == 1
    with pytest.raises(SourceError) as caught:
        export.read(["ticked"])
    assert [(f.code, f.column) for f in caught.value.faults] == [("SRC003", "ticked")]


def test_a_parquet_file_without_rows_is_a_finding(tmp_path: Path) -> None:
    path = tmp_path / "export.parquet"
    pl.DataFrame({"a": pl.Series([], dtype=pl.Int8)}).write_parquet(path)
    assert [f.code for f in open_export(path).read(["a"]).findings] == ["SRC020"]


def test_marks_of_a_platform_are_known_in_parquet_too(tmp_path: Path) -> None:
    path = tmp_path / "export.parquet"
    names = ["StartDate", "EndDate", "Status", "Finished", "ResponseId", "Q1"]
    pl.DataFrame({name: ["x"] for name in names}).write_parquet(path)
    export = open_export(path)
    assert export.recognised.platform == "Qualtrics"
    assert export.tests
    assert (export.tests.column, export.unfinished and export.unfinished.column) == (
        "Status",
        "Finished",
    )


# A column that repeats one value is next to nothing on disk, however many rows it has.
def test_a_small_parquet_file_that_fills_the_memory_is_a_fault(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(parquet, "_MOST_CELLS", 100_000)
    path = tmp_path / "export.parquet"
    pl.select(a=pl.repeat(1, 5_000_000, dtype=pl.Int8)).write_parquet(path)
    export = open_export(path)
    with pytest.raises(SourceError) as caught:
        export.read(["a"])
    assert [fault.code for fault in caught.value.faults] == ["SRC008"]


# --- SPSS


def spss(folder: Path, frame: pd.DataFrame, **more: object) -> Path:
    """An SPSS file with these columns; a row is never blank, for it has an id."""
    path = folder / "export.sav"
    frame = frame.assign(id=[f"p{n}" for n in range(len(frame))])
    pyreadstat.write_sav(frame, str(path), **more)
    return path


def column(path: Path, name: str) -> list[str]:
    return open_export(path).read([name]).frame[name].to_list()


def test_a_labelled_number_is_read_as_its_label(tmp_path: Path) -> None:
    path = spss(
        tmp_path,
        pd.DataFrame({"a": [1.0, 2.0, 3.0, None]}),
        variable_value_labels={"a": {1: "Never", 2: "Always"}},
    )
    assert column(path, "a") == ["Never", "Always", "3", ""]
    assert coded(path, "a") == ([0, 2, None, None], [("3", 1, 4)])


def test_a_number_without_a_label_is_read_as_itself(tmp_path: Path) -> None:
    path = spss(tmp_path, pd.DataFrame({"a": [0.0, 2.0, 1.5]}))
    assert column(path, "a") == ["0", "2", "1.5"]


def test_what_is_declared_missing_stays_in_the_cells_and_is_named(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "value": [1.0, 9.0, None, 2.0],
            "ranged": [1, -9, -5, 2],
            "both": [98.0, 99.0, 1.0, 2.0],
            "text": ["x", "-", "None", "y"],
        }
    )
    path = spss(
        tmp_path,
        frame,
        missing_ranges={
            "value": [9],
            "ranged": [{"lo": -9, "hi": -1}],
            "both": [{"lo": 98, "hi": 99}],
            "text": ["-"],
        },
    )
    assert column(path, "value") == ["1", "9", "", "2"]
    assert column(path, "ranged") == ["1", "-9", "-5", "2"]
    assert column(path, "both") == ["98", "99", "1", "2"]
    assert column(path, "text") == ["x", "-", "None", "y"]
    assert open_export(path).missing == {
        "value": frozenset({"9"}),
        "ranged": frozenset({"-9", "-5"}),
        "both": frozenset({"98", "99"}),
        "text": frozenset({fold("-")}),
    }


def test_a_label_of_what_is_missing_is_named_whether_it_occurs_or_not(tmp_path: Path) -> None:
    path = spss(
        tmp_path,
        pd.DataFrame({"a": [1.0, 9.0, None]}),
        variable_value_labels={"a": {1: "Never", 8: "Don’t know", 9: "No answer."}},
        missing_ranges={"a": [{"lo": 8, "hi": 9}]},
    )
    assert column(path, "a") == ["Never", "No answer.", ""]
    assert open_export(path).missing == {"a": frozenset({fold("Don’t know"), fold("No answer")})}


# Otherwise every "None" would be missing, those that are answers among them.
def test_a_label_that_is_also_an_answer_does_not_make_it_missing(tmp_path: Path) -> None:
    path = spss(
        tmp_path,
        pd.DataFrame({"a": [0.0, 9.0, 1.0]}),
        variable_value_labels={"a": {0: "None", 1: "Some", 9: "none."}},
        missing_ranges={"a": [9]},
    )
    assert column(path, "a") == ["None", "9", "Some"]
    assert open_export(path).missing == {"a": frozenset({"9"})}


def test_labels_and_questions_are_known(tmp_path: Path) -> None:
    path = spss(
        tmp_path,
        pd.DataFrame({"a": [1.0], "b": [1.0], "c": ["m"]}),
        variable_value_labels={"a": {1: "Never", 2.5: "Between"}, "c": {"m": "Mentor"}},
        column_labels=["How often  have you\nhelped?", None, "Role", None],
    )
    export = open_export(path)
    assert export.labels == {"a": {"1": "Never", "2.5": "Between"}, "c": {"m": "Mentor"}}
    assert export.questions == {"a": "How often have you helped?", "c": "Role"}
    assert column(path, "c") == ["Mentor"]


def test_blank_rows_are_left_out_whatever_columns_are_read(tmp_path: Path) -> None:
    path = tmp_path / "export.sav"
    frame = pd.DataFrame({"a": [1.0, None, None, 4.0], "said": ["", "", "x", ""]})
    pyreadstat.write_sav(frame, str(path))
    cells = open_export(path).read(["a"])
    assert cells.frame["a"].to_list() == ["1", "", "4"]
    assert cells.rows.to_list() == [2, 4, 5]


def test_ids_that_are_text_stay_text_and_numbers_lose_their_point(tmp_path: Path) -> None:
    path = spss(tmp_path, pd.DataFrame({"text": ["0012", "1e5", "NA"], "number": [12.0, 3.0, 4.0]}))
    assert column(path, "text") == ["0012", "1e5", "NA"]
    assert column(path, "number") == ["12", "3", "4"]


def test_dates_are_read_as_a_person_reads_them(tmp_path: Path) -> None:
    moments = {"day": date(2018, 4, 1), "moment": datetime(2018, 4, 1, 9, 30), "at": time(9, 30)}
    path = spss(tmp_path, pd.DataFrame({name: [value] for name, value in moments.items()}))
    assert column(path, "day") == ["2018-04-01"]
    assert column(path, "moment") == ["2018-04-01T09:30:00"]
    assert column(path, "at") == ["09:30:00"]


# The library would not read any of such a file.
def test_a_day_that_no_calendar_has_does_not_hide_the_others(tmp_path: Path) -> None:
    days = pd.DataFrame({"day": [13630723200.0, 9e12]})
    path = spss(tmp_path, days, variable_format={"day": "DATE11"})
    assert column(path, "day") == ["2014-09-22", "9000000000000"]


# A file that was put together by a program which did not say how it wrote its text.
def test_text_in_another_encoding_than_the_file_says_is_read_and_noted(tmp_path: Path) -> None:
    path = spss(
        tmp_path,
        pd.DataFrame({"a": [1.0, 2.0], "school": ["Béthune", "Ash"]}),
        variable_value_labels={"a": {1: "Très", 2: "Peu"}},
    )
    content = path.read_bytes()
    for text in ("Béthune", "Très"):
        content = content.replace(text.encode(), text.encode("cp1252") + b" ")
    path.write_bytes(content)
    export = open_export(path)
    assert [text.strip() for text in column(path, "school")] == ["Béthune", "Ash"]
    assert [text.strip() for text in column(path, "a")] == ["Très", "Peu"]
    assert any("Windows-1252" in note for note in export.recognised.notes)


def test_the_study_may_say_the_encoding_of_an_spss_file(tmp_path: Path) -> None:
    path = spss(tmp_path, pd.DataFrame({"school": ["Béthune"]}))
    read = open_export(path, Layout(encoding="UTF-8")).read(["school"])
    assert read.frame["school"].to_list() == ["Béthune"]
    with pytest.raises(SourceError) as caught:
        open_export(path, Layout(encoding="Klingon"))
    assert [fault.code for fault in caught.value.faults] == ["SRC017"]


def test_a_survey_that_nobody_answered_has_columns_and_no_rows(tmp_path: Path) -> None:
    path = spss(tmp_path, pd.DataFrame({"a": [1.0]}).iloc[:0])
    assert open_export(path).columns == ["a", "id"]
    assert column(path, "a") == []


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "SRC006"),
        (b"PRIVATE and no SPSS file at all", "SRC005"),
        (b"$FL2 PRIVATE", "SRC005"),
        (b"$FL2 PRIVATE\0\0\0", "SRC012"),
    ],
)
def test_a_file_that_is_no_spss_file_is_a_fault(content: bytes, code: str, tmp_path: Path) -> None:
    path = tmp_path / "export.sav"
    path.write_bytes(content)
    with pytest.raises(SourceError) as caught:
        open_export(path)
    assert [fault.code for fault in caught.value.faults] == [code]
    assert "PRIVATE" not in str(caught.value)


def test_a_file_that_was_cut_short_is_a_fault(tmp_path: Path) -> None:
    path = spss(tmp_path, pd.DataFrame({"a": [float(n) for n in range(500)]}))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(SourceError) as caught:
        open_export(path).read(["a"])
    assert [fault.code for fault in caught.value.faults] == ["SRC012"]


def words(*numbers: int) -> bytes:
    return struct.pack(f"<{len(numbers)}i", *numbers)


# Each of these ends the library, and the program with it, where nobody looks before.
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (words(4, 1, 1), words(4, 1, 77)),
        (words(2, 0, 1, 0), words(2, 1024, 1, 0)),
        (words(2, 0, 1, 0), words(2, 40, 1, 0)),
        (words(2, 0, 1, 0), words(2, 5, 1, 0)),
        (words(2, 0, 1, 0), words(2, 0, 1, 9)),
        (words(4, 1, 1), words(4, 2**30, 1)),
    ],
    ids=["a variable", "a width", "a long text", "a kind", "missing values", "a count"],
)
def test_a_dictionary_that_does_not_hold_together_is_a_fault(
    old: bytes, new: bytes, tmp_path: Path
) -> None:
    path = spss(
        tmp_path,
        pd.DataFrame({"a": [1.0, 2.0]}),
        variable_value_labels={"a": {1: "Never"}},
        column_labels=["How often?", None],
    )
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new, 1))
    with pytest.raises(SourceError) as caught:
        open_export(path)
    assert [fault.code for fault in caught.value.faults] == ["SRC012"]


@pytest.mark.parametrize("width", [1, 8, 9, 255, 256, 700])
def test_texts_of_any_length_are_read(width: int, tmp_path: Path) -> None:
    path = spss(tmp_path, pd.DataFrame({"said": ["x" * width, "y"], "a": [1.0, 2.0]}))
    assert column(path, "said") == ["x" * width, "y"]
    assert column(path, "a") == ["1", "2"]


def test_a_compressed_spss_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "export.zsav"
    pyreadstat.write_sav(pd.DataFrame({"a": [1.0, 2.0]}), str(path), compress=True)
    assert column(path, "a") == ["1", "2"]


# --- any


@pytest.mark.parametrize("name", ["export.doc", "export", "export.csv.bak"])
def test_an_ending_that_is_not_known_is_a_fault(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("id\n", encoding="utf-8")
    with pytest.raises(SourceError) as caught:
        open_export(tmp_path / name)
    (fault,) = caught.value.faults
    assert fault.code == "SRC002"
    assert ".csv, .xlsx, .parquet or .sav" in fault.fix


def test_a_zip_file_is_to_be_opened_first(tmp_path: Path) -> None:
    (tmp_path / "export.zip").write_bytes(b"PK\5\6" + bytes(18))
    with pytest.raises(SourceError) as caught:
        open_export(tmp_path / "export.zip")
    (fault,) = caught.value.faults
    assert (fault.code, "out of the zip" in fault.fix) == ("SRC002", True)


@pytest.mark.parametrize("name", ["EXPORT.CSV", "Export.Csv"])
def test_the_ending_may_be_in_capitals(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("id\n1\n", encoding="utf-8")
    assert open_export(tmp_path / name).read(["id"]).frame.rows() == [("1",)]


def test_a_folder_in_place_of_an_export_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "export.csv").mkdir()
    with pytest.raises(SourceError) as caught:
        open_export(tmp_path / "export.csv")
    (fault,) = caught.value.faults
    assert (fault.code, "a folder" in fault.found) == ("SRC001", True)
