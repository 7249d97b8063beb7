"""Excel workbooks, made here cell by cell."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from openpyxl import Workbook, load_workbook

from peereval.errors import Fault, SourceError
from peereval.reading.formats import open_export
from peereval.studies import Layout


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
    export = open_export(path, Layout(sheet=sheet))
    return export.read(export.columns).frame.rows()


def arranged(folder: Path, rows: list[list[Any]], arrange: Callable[[Any], None]) -> Path:
    """One sheet, of which ``arrange`` merges cells or the like."""
    book = Workbook()
    for row in rows:
        book.active.append(row)
    arrange(book.active)
    path = folder / "export.xlsx"
    book.save(path)
    return path


def findings(path: Path, *columns: str) -> list[Fault]:
    """What is doubtful about a workbook, before and after its rows are read."""
    export = open_export(path)
    return [*export.findings, *export.read(list(columns) or export.columns).findings]


def with_part(path: Path, part: str, change: Callable[[str], str]) -> Path:
    """The workbook with one of its parts changed, as no spreadsheet would write it."""
    with ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    parts[part] = change(parts[part].decode()).encode()
    with ZipFile(path, "w", ZIP_DEFLATED) as new:
        for name, content in parts.items():
            new.writestr(name, content)
    return path


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
        open_export(path, Layout(sheet=sheet))
    (fault,) = caught.value.faults
    assert (fault.code, fault.file) == ("SRC017", "export.xlsx")
    assert f"there is no sheet {sheet!r}" in fault.found
    assert fix in fault.fix


def test_an_empty_sheet_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="the sheet is empty"):
        open_export(written(tmp_path, {"A": []}))


def test_a_header_alone_has_no_rows_and_a_finding(tmp_path: Path) -> None:
    path = written(tmp_path, {"A": [["id", "a"]]})
    assert rows_of(path) == []
    assert [finding.code for finding in findings(path)] == ["SRC020"]


def test_two_columns_of_one_name_are_a_fault(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        open_export(written(tmp_path, {"A": [["id", "a", " a"], [1, 2, 3]]}))
    assert [fault.code for fault in caught.value.faults] == ["SRC004"]


# --- which sheet --------------------------------------------------------------------------


TABLE = [["id", "a"], ["p1", 1], ["p2", 2]]


def test_a_cover_sheet_is_passed_over_and_a_second_table_is_a_finding(tmp_path: Path) -> None:
    cover = [["Wellbeing survey"], ["Do not pass on"]]
    path = written(tmp_path, {"Cover": cover, "Old": [], "Spring": TABLE, "Summer": TABLE})
    export = open_export(path)
    assert export.recognised.sheet == "Spring"
    assert export.recognised.other_sheets == ("Cover", "Old", "Summer")
    (finding,) = findings(path)
    assert (finding.code, finding.sheet) == ("SRC026", "Spring")
    assert "'Summer'" in finding.found
    assert "Cover" not in finding.found


def test_a_sheet_that_the_study_names_is_no_doubt(tmp_path: Path) -> None:
    path = written(tmp_path, {"Spring": TABLE, "Summer": TABLE})
    assert open_export(path, Layout(sheet="Summer")).findings == ()


def test_a_hidden_sheet_is_read_last_and_noted(tmp_path: Path) -> None:
    path = written(tmp_path, {"Secret": [["x", "y"], [8, 9]], "Spring": TABLE})
    book = load_workbook(path)
    book["Secret"].sheet_state = "hidden"
    book.save(path)
    export = open_export(path)
    assert export.recognised.sheet == "Spring"
    assert any("Hidden" in note and "'Secret'" in note for note in export.recognised.notes)


# --- headings -----------------------------------------------------------------------------


def test_titles_above_the_headings_are_passed_over(tmp_path: Path) -> None:
    above: list[list[Any]] = [["Our survey"], ["Made by the office on", date(2018, 9, 3)], []]
    path = written(tmp_path, {"A": [*above, ["id", "q1", "q2", "q3"], ["p1", 1, 2, 3]]})
    export = open_export(path)
    assert (export.recognised.header_row, export.recognised.first_row) == (4, 5)
    assert export.read(["id", "q3"]).frame.rows() == [("p1", "3")]
    assert export.read(["id"]).rows.to_list() == [5]


def test_a_title_of_a_group_is_no_heading(tmp_path: Path) -> None:
    rows = [["", "Stress", "", "Contact", ""], ["id", "q1", "q2", "c1", "c2"], ["p", 1, 2, 3, 4]]

    def merge(sheet: Any) -> None:
        sheet.merge_cells("B1:C1")
        sheet.merge_cells("D1:E1")

    path = arranged(tmp_path, rows, merge)
    assert open_export(path).columns == ["id", "q1", "q2", "c1", "c2"]
    assert rows_of(path) == [("p", "1", "2", "3", "4")]


def test_a_heading_as_high_as_its_neighbours_group_has_its_name(tmp_path: Path) -> None:
    rows = [["id", "Stress", ""], [None, "q1", "q2"], ["p", 1, 2]]

    def merge(sheet: Any) -> None:
        sheet.merge_cells("A1:A2")
        sheet.merge_cells("B1:C1")

    path = arranged(tmp_path, rows, merge)
    assert open_export(path).columns == ["id", "q1", "q2"]
    assert rows_of(path) == [("p", "1", "2")]
    assert findings(path) == []


def test_cells_that_are_merged_below_the_headings_are_findings(tmp_path: Path) -> None:
    rows = [["id", "School", "a"], ["p1", "Ash", 1], ["p2", None, 2], ["p3", None, 3]]
    path = arranged(tmp_path, rows, lambda sheet: sheet.merge_cells("B2:B4"))
    assert [row[1] for row in rows_of(path)] == ["Ash", "", ""]
    (finding,) = findings(path)
    assert (finding.code, finding.column, finding.row, finding.others, finding.count) == (
        "SRC025",
        "School",
        3,
        (4,),
        2,
    )
    assert findings(path, "id", "a") == []


# --- cells --------------------------------------------------------------------------------


def test_ids_that_became_numbers_lose_their_point_and_texts_stay(tmp_path: Path) -> None:
    path = written(tmp_path, {"A": [["id", "a"], [1001.0, 1], ["1.001E+03", 2], [10012345678, 3]]})
    assert [row[0] for row in rows_of(path)] == ["1001", "1.001E+03", "10012345678"]


def test_errors_are_blank_and_findings(tmp_path: Path) -> None:
    rows = [["id", "a"], ["p1", "#N/A"], ["p2", 1], ["p3", "#DIV/0!"], ["#REF!", 2]]
    path = written(tmp_path, {"A": rows})
    assert rows_of(path) == [("p1", ""), ("p2", "1"), ("p3", ""), ("", "2")]
    first, second = findings(path)
    assert (first.code, first.column, first.row) == ("SRC024", "id", 5)
    assert (second.code, second.column, second.row, second.others) == ("SRC024", "a", 2, (4,))
    assert second.sheet == "A"
    assert findings(path, "id") == [first]


def test_errors_that_were_pasted_as_text_are_blank_too(tmp_path: Path) -> None:
    path = written(tmp_path, {"A": [["id", "a"], ["p1", "#N/A"], ["p2", 1]]})
    with_part(path, "xl/worksheets/sheet1.xml", lambda text: text.replace('t="e"', 't="str"'))
    assert rows_of(path) == [("p1", ""), ("p2", "1")]
    (finding,) = findings(path)
    assert (finding.code, finding.row, finding.count) == ("SRC024", 2, 1)


def test_formulas_that_were_never_computed_are_findings(tmp_path: Path) -> None:
    rows = [["id", "a", "b"], ["p1", "=1+2", 1], ["p2", 2, 2], ["p3", "=A1&B1", 3]]
    path = written(tmp_path, {"A": rows})
    assert [row[1] for row in rows_of(path)] == ["", "2", ""]
    (finding,) = findings(path)
    assert (finding.code, finding.column, finding.row, finding.others) == ("SRC023", "a", 2, (4,))
    assert findings(path, "id", "b") == []


# As spreadsheets write them: a number, a text that is empty, a formula that others share.
def test_formulas_that_were_computed_are_their_values(tmp_path: Path) -> None:
    path = written(tmp_path, {"A": [["id", "a"], ["p1", "=1+2"], ["p2", '=""'], ["p3", "=2*2"]]})

    def computed(text: str) -> str:
        # However the library that wrote it closes an empty element.
        text = text.replace("<v/>", "<v />").replace("<v></v>", "<v />")
        text = text.replace("<f>1+2</f><v />", "<f>1+2</f><v>3</v>")
        text = text.replace('<c r="B3"><f>""</f><v />', '<c r="B3" t="str"><f>""</f><v></v>')
        return text.replace("<f>2*2</f><v />", '<f t="shared" si="0"/><v>4</v>')

    with_part(path, "xl/worksheets/sheet1.xml", computed)
    assert [row[1] for row in rows_of(path)] == ["3", "", "4"]
    assert findings(path) == []


def test_a_workbook_of_the_newer_kind_may_be_called_xls(tmp_path: Path) -> None:
    path = written(tmp_path, {"A": TABLE}).rename(tmp_path / "export.xls")
    assert rows_of(path) == [("p1", "1"), ("p2", "2")]


# --- OpenDocument -------------------------------------------------------------------------


def open_document(folder: Path, rows: str) -> Path:
    spaces = "".join(
        f' xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for prefix, name in (("office", "office"), ("table", "table"), ("text", "text"))
    )
    content = (
        f"<office:document-content{spaces}><office:body><office:spreadsheet>"
        f'<table:table table:name="A">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    path = folder / "export.ods"
    with ZipFile(path, "w", ZIP_DEFLATED) as file:
        file.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        file.writestr("META-INF/manifest.xml", "<manifest/>")
        file.writestr("content.xml", content)
    return path


def ods_row(*cells: str, more: str = "") -> str:
    made = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>'
        for cell in cells
    )
    rest = '<table:table-cell table:number-columns-repeated="16000"/>'
    return f"<table:table-row{more}>{made}{rest}</table:table-row>"


def test_an_open_document_sheet_is_read(tmp_path: Path) -> None:
    blank = ods_row(more=' table:number-rows-repeated="1048000"')
    path = open_document(tmp_path, ods_row("id", "a") + ods_row("0012", "#N/A") + blank)
    assert open_export(path).recognised.format == "OpenDocument"
    assert rows_of(path) == [("0012", "")]
    assert [finding.code for finding in findings(path)] == ["SRC024"]


@pytest.mark.parametrize(
    "rows",
    [
        ods_row("id", "a") + ods_row("p", "1", more=' table:number-rows-repeated="900000000"'),
        ods_row("id", "a")
        + ods_row(more=' table:number-rows-repeated="1040000"')
        + ods_row(*["x"] * 40),
    ],
    ids=["a row that is repeated", "a row far below"],
)
def test_an_open_document_sheet_that_fills_the_memory_is_a_fault(rows: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        open_export(open_document(tmp_path, rows))
    assert [fault.code for fault in caught.value.faults] == ["SRC008"]


# --- what is no workbook ------------------------------------------------------------------


@pytest.mark.parametrize("name", ["export.xlsx", "export.xls", "export.ods"])
@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "SRC006"), (b"id,a\n1,PRIVATE\n", "SRC005"), (b"PK\x03\x04 PRIVATE", "SRC012")],
)
def test_a_file_that_is_no_workbook_is_a_fault(
    name: str, content: bytes, code: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(SourceError) as caught:
        open_export(path)
    assert [fault.code for fault in caught.value.faults] == [code]
    assert "PRIVATE" not in str(caught.value)


def test_a_zip_archive_with_something_else_in_it_is_a_fault(tmp_path: Path) -> None:
    with ZipFile(tmp_path / "export.xlsx", "w") as file:
        file.writestr("survey.csv", "id\n")
    with pytest.raises(SourceError) as caught:
        open_export(tmp_path / "export.xlsx")
    (fault,) = caught.value.faults
    assert (fault.code, "zip" in fault.found) == ("SRC005", True)


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml"])
def test_a_part_that_is_damaged_is_a_fault(part: str, tmp_path: Path) -> None:
    path = written(tmp_path, {"A": [["id", "a"], ["PRIVATE", 1]]})
    with_part(path, part, lambda text: text[: len(text) // 2])
    with pytest.raises(SourceError) as caught:
        open_export(path)
    assert [fault.code for fault in caught.value.faults] == ["SRC012"]
    assert "PRIVATE" not in str(caught.value)
