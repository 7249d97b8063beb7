"""Formats with types: codes stay codes, labels stand for the numbers that they name."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pandas as pd
import polars as pl
import pyreadstat
import pytest

from peereval.errors import SourceError
from peereval.labels import fold
from peereval.reading.coding import code_column
from peereval.reading.formats import open_export

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


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PRIVATE and no Parquet file at all"])
def test_a_file_that_is_no_parquet_is_a_fault(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "export.parquet"
    path.write_bytes(content)
    with pytest.raises(SourceError) as caught:
        open_export(path)
    assert [fault.code for fault in caught.value.faults] == ["SRC003"]
    assert "PRIVATE" not in str(caught.value)


# The schema stands at the end of the file, so damage to the cells shows only when they are read.
def test_damage_in_the_middle_of_a_parquet_file_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "export.parquet"
    pl.DataFrame({"a": list(range(1000))}).write_parquet(path)
    content = path.read_bytes()
    path.write_bytes(content[:20] + b"\xff" * 100 + content[120:])
    with pytest.raises(SourceError) as caught:
        open_export(path).read(["a"])
    assert [fault.code for fault in caught.value.faults] == ["SRC003"]


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


def test_user_missing_values_and_ranges_are_blank(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "value": [1.0, 9.0, 0.0, 2.0],
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
    assert column(path, "value") == ["1", "", "0", "2"]
    assert column(path, "ranged") == ["1", "", "", "2"]
    assert column(path, "both") == ["", "", "1", "2"]
    assert column(path, "text") == ["x", "", "None", "y"]


def test_a_labelled_user_missing_value_is_blank_and_not_its_label(tmp_path: Path) -> None:
    path = spss(
        tmp_path,
        pd.DataFrame({"a": [1.0, 9.0]}),
        variable_value_labels={"a": {1: "Never", 9: "No answer"}},
        missing_ranges={"a": [9]},
    )
    assert coded(path, "a") == ([0, None], [])


def test_ids_that_are_text_stay_text_and_numbers_lose_their_point(tmp_path: Path) -> None:
    path = spss(tmp_path, pd.DataFrame({"text": ["0012", "1e5", "NA"], "number": [12.0, 3.0, 4.0]}))
    assert column(path, "text") == ["0012", "1e5", "NA"]
    assert column(path, "number") == ["12", "3", "4"]


def test_dates_are_read_as_a_person_reads_them(tmp_path: Path) -> None:
    path = spss(tmp_path, pd.DataFrame({"day": [date(2018, 4, 1)]}))
    assert column(path, "day") == ["2018-04-01"]


def test_a_survey_that_nobody_answered_has_columns_and_no_rows(tmp_path: Path) -> None:
    path = spss(tmp_path, pd.DataFrame({"a": [1.0]}).iloc[:0])
    assert open_export(path).columns == ["a", "id"]
    assert column(path, "a") == []


@pytest.mark.parametrize("content", [b"", b"PRIVATE and no SPSS file at all", b"$FL2 PRIVATE"])
def test_a_file_that_is_no_spss_file_is_a_fault(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "export.sav"
    path.write_bytes(content)
    with pytest.raises(SourceError) as caught:
        open_export(path)
    assert [fault.code for fault in caught.value.faults] == ["SRC003"]
    assert "PRIVATE" not in str(caught.value)


def test_a_file_that_was_cut_short_is_a_fault(tmp_path: Path) -> None:
    path = spss(tmp_path, pd.DataFrame({"a": [float(n) for n in range(500)]}))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(SourceError):
        open_export(path)


# --- any


@pytest.mark.parametrize("name", ["export.doc", "export", "export.csv.gz"])
def test_an_ending_that_is_not_known_is_a_fault(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("id\n", encoding="utf-8")
    with pytest.raises(SourceError) as caught:
        open_export(tmp_path / name)
    (fault,) = caught.value.faults
    assert fault.code == "SRC002"
    assert ".csv, .xlsx, .parquet or .sav" in fault.fix


@pytest.mark.parametrize("name", ["EXPORT.CSV", "Export.Csv"])
def test_the_ending_may_be_in_capitals(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("id\n1\n", encoding="utf-8")
    assert open_export(tmp_path / name).read(["id"]).frame.rows() == [("1",)]


def test_a_folder_in_place_of_an_export_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "export.csv").mkdir()
    with pytest.raises(SourceError) as caught:
        open_export(tmp_path / "export.csv")
    assert [fault.code for fault in caught.value.faults] == ["SRC001"]
