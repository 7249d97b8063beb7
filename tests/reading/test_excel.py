"""Excel workbooks, made here cell by cell."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from peereval.errors import SourceError
from peereval.reading.formats import open_export


def written(folder: Path, sheets: dict[str, list[list[Any]]]) -> Path:
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for r, row in enumerate(rows, 1):
            for c, value in enumerate(row, 1):
                if value is not None:
                    sheet.cell(row=r, column=c, value=value)
    path = folder / "export.xlsx"
    book.save(path)
    return path


def rows_of(path: Path, sheet: str = "") -> list[tuple[str, ...]]:
    export = open_export(path, sheet)
    return export.read(export.columns).frame.rows()


def test_numbers_texts_and_dates_are_read_as_a_person_reads_them(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        {
            "Answers": [
                ["id", "code", "share", "label", "day", "moment", "yes"],
                [12, 4.0, 2.5, "Often", date(2018, 4, 1), datetime(2018, 4, 1, 9, 30), True],
                ["0012", None, None, "  Often ", None, None, False],
            ]
        },
    )
    assert rows_of(path) == [
        ("12", "4", "2.5", "Often", "2018-04-01", "2018-04-01T09:30:00", "true"),
        ("0012", "", "", "Often", "", "", "false"),
    ]


def test_text_that_looks_like_a_number_stays_text(tmp_path: Path) -> None:
    path = written(tmp_path, {"A": [["id", "answer"], ["007", "None"], ["1e5", "NA"]]})
    assert rows_of(path) == [("007", "None"), ("1e5", "NA")]


def test_blank_rows_above_the_header_are_passed_over_and_rows_keep_their_numbers(
    tmp_path: Path,
) -> None:
    path = written(
        tmp_path, {"A": [[], [None, None], [None, "id", "a"], [None, 1, 2], [], [None, 3, 4]]}
    )
    export = open_export(path)
    assert export.columns == ["id", "a"]
    cells = export.read(["a", "id"])
    assert cells.rows.to_list() == [4, 6]
    assert cells.frame.rows() == [("2", "1"), ("4", "3")]


def test_columns_without_a_name_are_left_alone(tmp_path: Path) -> None:
    path = written(tmp_path, {"A": [["id", None, "a", None], [1, "x", 2, "y"]]})
    assert open_export(path).columns == ["id", "a"]
    assert rows_of(path) == [("1", "2")]


def test_the_first_sheet_is_read_unless_another_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, {"Spring": [["id"], [1]], "Summer": [["id"], [2]]})
    assert rows_of(path) == [("1",)]
    assert rows_of(path, "Summer") == [("2",)]


@pytest.mark.parametrize(
    ("sheet", "fix"),
    [("Sumer", "Did you mean 'Summer'?"), ("Winter term", "There are 'Spring', 'Summer'")],
)
def test_a_sheet_that_is_not_there_is_answered_with_the_nearest(
    sheet: str, fix: str, tmp_path: Path
) -> None:
    path = written(tmp_path, {"Spring": [["id"]], "Summer": [["id"]]})
    with pytest.raises(SourceError) as caught:
        open_export(path, sheet)
    (fault,) = caught.value.faults
    assert (fault.code, fault.file) == ("SRC003", "export.xlsx")
    assert f"there is no sheet {sheet!r}" in fault.found
    assert fix in fault.fix


def test_an_empty_sheet_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="the sheet is empty"):
        open_export(written(tmp_path, {"A": []}))


def test_a_header_alone_has_no_rows(tmp_path: Path) -> None:
    assert rows_of(written(tmp_path, {"A": [["id", "a"]]})) == []


def test_two_columns_of_one_name_are_a_fault(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        open_export(written(tmp_path, {"A": [["id", "a", " a"], [1, 2, 3]]}))
    assert [fault.code for fault in caught.value.faults] == ["SRC004"]


@pytest.mark.parametrize("name", ["export.xlsx", "export.xls", "export.ods"])
@pytest.mark.parametrize("content", [b"", b"id,a\n1,PRIVATE\n", b"PK\x03\x04 PRIVATE"])
def test_a_file_that_is_no_workbook_is_a_fault(name: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(SourceError) as caught:
        open_export(path)
    (fault,) = caught.value.faults
    assert fault.code == "SRC003"
    assert "not a workbook" in fault.found
    assert "PRIVATE" not in str(fault)
