"""CSV as survey platforms and spreadsheets write it: every cell stays what it says."""

from pathlib import Path

import polars as pl
import pytest

from peereval.errors import Fault, SourceError
from peereval.reading.coding import code_column
from peereval.reading.formats import open_export
from peereval.studies import Layout


def cells(path: Path, *columns: str) -> list[tuple[str, ...]]:
    """Rows of an export, a cell without anything in it as an empty text."""
    export = open_export(path)
    rows = export.read(list(columns) or export.columns).frame.rows()
    return [tuple(cell or "" for cell in row) for row in rows]


def numbers(path: Path) -> list[int]:
    """Row numbers of an export, as a spreadsheet shows them."""
    export = open_export(path)
    return export.read(export.columns[:1]).rows.to_list()


def findings(path: Path) -> tuple[Fault, ...]:
    """What is doubtful about an export, before and after its rows are read."""
    export = open_export(path)
    return (*export.findings, *export.read(export.columns).findings)


def written(folder: Path, text: str, name: str = "export.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def refused(path: Path, *columns: str) -> SourceError:
    with pytest.raises(SourceError) as caught:
        cells(path, *columns)
    assert caught.value.exit_code == 13
    return caught.value


@pytest.mark.parametrize(
    ("delimiter", "name"), [(",", "a.csv"), (";", "a.csv"), ("\t", "a.tsv"), ("\t", "a.txt")]
)
def test_the_delimiter_is_found_from_the_header(delimiter: str, name: str, tmp_path: Path) -> None:
    rows = [("id", "one", "two"), ("0012", "x y", "z")]
    text = "".join(delimiter.join(row) + "\r\n" for row in rows)
    assert cells(written(tmp_path, text, name)) == [("0012", "x y", "z")]


def test_other_delimiters_in_a_cell_are_part_of_it(tmp_path: Path) -> None:
    path = written(tmp_path, "id;a;b\n1;2,5;x,y,z\n")
    assert cells(path) == [("1", "2,5", "x,y,z")]


def test_delimiters_in_a_quoted_heading_do_not_mislead(tmp_path: Path) -> None:
    path = written(tmp_path, 'id;"Seen, met, or asked, a teacher"\n1;2\n')
    assert open_export(path).columns == ["id", "Seen, met, or asked, a teacher"]
    assert cells(path) == [("1", "2")]


@pytest.mark.parametrize("header", ["id,a", '"id","a"'])
def test_a_byte_order_mark_is_no_part_of_the_first_column(header: str, tmp_path: Path) -> None:
    path = written(tmp_path, f"\ufeff{header}\n1,2\n")
    assert open_export(path).columns == ["id", "a"]
    assert cells(path, "id") == [("1",)]


def test_a_line_break_in_a_quoted_cell_stays_in_it(tmp_path: Path) -> None:
    path = written(tmp_path, 'id,said,b\n1,"one\ntwo, three",4\n5,six,7\n')
    assert cells(path) == [("1", "one\ntwo, three", "4"), ("5", "six", "7")]


@pytest.mark.parametrize("text", ["0012", "1e5", "00", "1.0", "NA", "None", "null", "N/A", "NaN"])
def test_ids_and_answers_stay_as_they_are_written(text: str, tmp_path: Path) -> None:
    path = written(tmp_path, f"id,answer\n{text},{text}\n")
    assert cells(path) == [(text, text)]


def test_a_blank_cell_is_no_answer(tmp_path: Path) -> None:
    path = written(tmp_path, 'id,a,b\n1,,"x"\n')
    assert cells(path) == [("1", "", "x")]


def test_umlauts_and_dashes_survive(tmp_path: Path) -> None:
    path = written(tmp_path, "id,Größe – wie oft?\n1,Müller’s\n")
    assert cells(path, "Größe – wie oft?") == [("Müller’s",)]


# Some programs end every row but the header with a delimiter.
def test_a_row_whose_surplus_cells_are_blank_is_not_too_long(tmp_path: Path) -> None:
    path = written(tmp_path, "id,a,b\n1,2,3,\n4,5,6, ,\n7,8\n9,1,2\n")
    assert cells(path) == [("1", "2", "3"), ("4", "5", "6"), ("7", "8", ""), ("9", "1", "2")]
    assert [(f.code, f.row, f.count) for f in findings(path)] == [("SRC021", 4, 1)]
    assert numbers(path) == [2, 3, 4, 5]


# A comma that was not quoted moves every later answer one column to the right: the fault must
# be found whatever columns the study reads.
@pytest.mark.parametrize(
    "columns", [(), ("id",), ("id", "a"), ("id", "b"), ("id", "said", "a", "b")]
)
def test_a_row_that_is_too_long_is_a_fault_with_its_number(
    columns: tuple[str, ...], tmp_path: Path
) -> None:
    path = written(tmp_path, "id,said,a,b\n1,yes,2,3\n4,PRIVATE, WORDS,5,6\n7,no,8,9\n")
    error = refused(path, *columns)
    (fault,) = error.faults
    assert (fault.code, fault.file, fault.row) == ("SRC014", "export.csv", 3)
    assert "5 cells under 4 columns" in fault.found
    assert "PRIVATE" not in str(error)
    assert "WORDS" not in str(error)


def test_all_rows_that_are_too_long_are_one_fault(tmp_path: Path) -> None:
    lines = ["id,a", *(f"{n},1" for n in range(20)), *["PRIVATE,1,2"] * 7]
    (fault,) = refused(written(tmp_path, "\n".join(lines))).faults
    assert (fault.row, fault.others, fault.count) == (22, (23, 24, 25, 26), 7)
    assert "PRIVATE" not in str(fault)


def test_the_row_number_of_a_long_row_counts_rows_and_not_lines(tmp_path: Path) -> None:
    path = written(tmp_path, 'id,a\n1,"two\nlines"\n3,4,5\n')
    (fault,) = refused(path).faults
    assert fault.row == 3


def test_cells_missing_at_the_end_of_a_row_are_blank_and_a_finding(tmp_path: Path) -> None:
    path = written(tmp_path, "id,a,b\nPRIVATE,2\n3,4,5\n\n6\n7\n")
    assert cells(path)[:2] == [("PRIVATE", "2", ""), ("3", "4", "5")]
    (finding,) = findings(path)
    assert (finding.code, finding.row, finding.others, finding.count) == ("SRC021", 2, (5, 6), 3)
    assert "PRIVATE" not in str(finding)


def test_a_blank_line_is_not_a_row_that_ends_early(tmp_path: Path) -> None:
    assert findings(written(tmp_path, "id,a,b\n1,2,3\n\n   \n4,5,6\n")) == ()


def test_rows_are_numbered_as_a_spreadsheet_shows_them(tmp_path: Path) -> None:
    text = 'id,a,b\n1,"two\nlines",x\n\n2\n3,y,z\n,,\n4,u\n   \n5,v,w\n\n\n'
    path = written(tmp_path, text)
    assert numbers(path) == [2, 4, 5, 7, 9]
    assert cells(path, "id", "b") == [("1", "x"), ("2", ""), ("3", "z"), ("4", ""), ("5", "w")]


def test_a_row_is_blank_only_if_no_column_has_anything(tmp_path: Path) -> None:
    path = written(tmp_path, "id,a,said\n1,2,\n,,only this\n,,\n3,4,\n")
    assert cells(path, "id", "a") == [("1", "2"), ("", ""), ("3", "4")]
    assert numbers(path) == [2, 3, 5]


def test_thousands_of_rows_keep_their_order_and_numbers(tmp_path: Path) -> None:
    # More than a megabyte, so that the reader cannot take it in one piece.
    lines = [f"{n},{n % 5}" if n % 1000 else str(n) for n in range(1, 300_001)]
    path = written(tmp_path, "\n".join(["id,a", *lines]) + "\n")
    assert [row[0] for row in cells(path)] == [str(n) for n in range(1, 300_001)]
    assert numbers(path) == list(range(2, 300_002))


def test_a_row_of_headings_may_be_longer_than_a_megabyte(tmp_path: Path) -> None:
    texts = ",".join(f'"Question {n}\n{"long " * 200}"' for n in range(3_000))
    path = written(tmp_path, f"id,{texts}\np1{',1' * 3_000}\np2\n")
    assert cells(path, "id") == [("p1",), ("p2",)]
    assert numbers(path) == [2, 3]


def test_a_long_row_far_down_has_its_number(tmp_path: Path) -> None:
    lines = ['1,"a\nb"'] * 300_000
    lines[254_567] = "1,2,3"
    (fault,) = refused(written(tmp_path, "\n".join(["id,a", *lines]))).faults
    assert fault.row == 254_569


# The rest of the file would be one long answer, and every row in it lost.
@pytest.mark.parametrize("start", ['1,"PRIVATE', '"PRIVATE', '1,2\n3,"PRIVATE'])
def test_a_quote_that_never_ends_is_a_fault_without_the_cell(start: str, tmp_path: Path) -> None:
    error = refused(written(tmp_path, f"id,a\n{start}\n" + "4,5\n" * 50))
    assert [fault.code for fault in error.faults] == ["SRC015"]
    assert "PRIVATE" not in str(error)


@pytest.mark.parametrize(
    ("text", "row"),
    [("\n", 1), ("\n\n\n", 1), (",,,\n1,2,3,4\n", 2), ("\ufeff", 1), ("1,2\n3,4\n", 1)],
)
def test_a_file_without_a_header_is_a_fault(text: str, row: int, tmp_path: Path) -> None:
    (fault,) = refused(written(tmp_path, text)).faults
    assert (fault.code, fault.row) == ("SRC006", row)


# Somebody's answers would become the names of columns, and be shown in messages.
def test_answers_in_place_of_headings_are_a_fault(tmp_path: Path) -> None:
    rows = ["PRIVATE,Often,Never,Rarely", "k2,Never,Rarely,Often", "k3,Rarely,Often,Never"]
    error = refused(written(tmp_path, "\n".join(rows)))
    assert [(fault.code, fault.row) for fault in error.faults] == [("SRC006", 1)]
    assert "PRIVATE" not in str(error)


def test_headings_that_are_ticked_below_are_headings(tmp_path: Path) -> None:
    path = written(tmp_path, "id,A teacher,A friend\n1,A teacher,\n2,A teacher,A friend\n")
    assert open_export(path).columns == ["id", "A teacher", "A friend"]


def test_headings_may_be_numbers_if_one_of_them_is_not(tmp_path: Path) -> None:
    assert open_export(written(tmp_path, "id,1,2\na,1,2\nb,2,1\n")).columns == ["id", "1", "2"]


@pytest.mark.parametrize("text", ["id,a", "id,a\n", "id,a\r\n", "id,a\n\n,\n"])
def test_a_header_alone_is_an_export_with_no_rows_and_a_finding(text: str, tmp_path: Path) -> None:
    path = written(tmp_path, text)
    assert cells(path) == []
    assert [finding.code for finding in findings(path)] == ["SRC020"]


def test_each_column_name_that_is_there_twice_is_a_fault(tmp_path: Path) -> None:
    error = refused(written(tmp_path, "id,a,b,a,b\n1,2,3,4,5\n"))
    assert [(fault.code, fault.found) for fault in error.faults] == [
        ("SRC004", "columns 2 and 4 have the same heading"),
        ("SRC004", "columns 3 and 5 have the same heading"),
    ]


# Without its headings an export begins with somebody's answers.
def test_answers_in_place_of_headings_are_not_shown(tmp_path: Path) -> None:
    error = refused(written(tmp_path, "k1,PRIVATE,PRIVATE\nk2,x,y\n"))
    assert [fault.code for fault in error.faults] == ["SRC004"]
    assert "PRIVATE" not in str(error)


@pytest.mark.parametrize(
    "text",
    [
        'id,said,a\n1,"PRIVATE,1\n2,y,2\n3,"z,3\n4,w,1\n',
        'id,said,a\n1,"PRIVATE,1\n2,y,2\n3,z",3\n4,"w,1\n5,"v,1\n',
    ],
)
def test_two_quotes_that_are_not_closed_do_not_hide_the_rows_between(
    text: str, tmp_path: Path
) -> None:
    error = refused(written(tmp_path, text), "id", "a")
    assert [fault.code for fault in error.faults] == ["SRC015"]
    assert "PRIVATE" not in str(error)


# What a spreadsheet leaves behind when cells to the right were once in use.
def test_columns_without_a_name_are_left_alone(tmp_path: Path) -> None:
    path = written(tmp_path, "id,a,,\n1,2,,\n3,4,,\n")
    assert cells(path, "id", "a") == [("1", "2"), ("3", "4")]


# --- what stands above the headings -------------------------------------------------------


TITLED = {
    "a title": "Our survey,,\nid,a,b\n1,2,3\n",
    "a title alone in its line": "Our survey\nid,a,b\n1,2,3\n",
    "a title and a blank row": "Our survey,,\n,,\nid,a,b\n1,2,3\n",
    "what the file is, by name": "Made by,Office\nOn,3 May\n\nid,a,b,c\n1,2,3,4\n",
    "blank rows": "\n,,\nid,a,b\n1,2,3\n",
}


@pytest.mark.parametrize("text", TITLED.values(), ids=TITLED)
def test_what_stands_above_the_headings_is_passed_over(text: str, tmp_path: Path) -> None:
    path = written(tmp_path, text)
    export = open_export(path)
    lines = text.splitlines()
    assert export.columns[:3] == ["id", "a", "b"]
    assert cells(path, "id", "a", "b") == [("1", "2", "3")]
    assert numbers(path) == [len(lines)]
    assert export.recognised.header_row == len(lines) - 1
    assert any("above" in note for note in export.recognised.notes) == bool(lines[0].strip(","))


# The first row of these is the header, however short it is.
@pytest.mark.parametrize(
    "text",
    [
        "id,,,\n1,Often,2,3\n2,Never,3,3\n",
        "id,,,\nk1,Often,Never,Rarely\nk2,Often,Never,Often\n",
        "id,a\n\n1,2\n",
        "id,\nk1,\nk2,\nk3,a remark\nk4,\nk5,\n",
    ],
)
def test_answers_are_not_taken_for_headings(text: str, tmp_path: Path) -> None:
    assert open_export(written(tmp_path, text)).recognised.header_row == 1


def test_the_study_may_say_which_row_is_the_header(tmp_path: Path) -> None:
    path = written(tmp_path, "kind,text\nid,a\n1,2\n")
    export = open_export(path, Layout(header_row=2))
    assert export.columns == ["id", "a"]
    assert export.read(["a"]).rows.to_list() == [3]


@pytest.mark.parametrize("row", [2, 99, 1_000_000])
def test_a_header_row_that_is_blank_is_a_fault(row: int, tmp_path: Path) -> None:
    path = written(tmp_path, "id,a\n\n1,2\n")
    with pytest.raises(SourceError) as caught:
        open_export(path, Layout(header_row=row))
    assert [(fault.code, fault.row) for fault in caught.value.faults] == [("SRC017", row)]


def test_headings_that_come_again_are_no_responses(tmp_path: Path) -> None:
    path = written(tmp_path, "id,a,b\n1,2,3\nid,a,b\nid,4,5\nid,a,b\n")
    assert cells(path) == [("1", "2", "3"), ("id", "4", "5")]
    export = open_export(path)
    assert export.read(["id", "a"]).rows.to_list() == [2, 4]
    (finding,) = findings(path)
    assert (finding.code, finding.row, finding.others, finding.count) == ("SRC027", 3, (5,), 2)


def test_names_of_columns_are_one_line(tmp_path: Path) -> None:
    path = written(tmp_path, '"Pupil\nid  code",\u00a0b\u00a0\n1,2\n')
    assert open_export(path).columns == ["Pupil id code", "b"]
    assert cells(path, "Pupil id code") == [("1",)]


# --- delimiter, decimal sign, errors of a spreadsheet -------------------------------------


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "SEP=;"])
def test_a_first_line_may_tell_the_delimiter_and_is_no_row(first: str, tmp_path: Path) -> None:
    path = written(tmp_path, f"{first}\r\nid;a,b\r\n1;2,3\r\n")
    assert open_export(path).recognised.delimiter == ";"
    assert cells(path) == [("1", "2,3")]
    assert numbers(path) == [2]


@pytest.mark.parametrize(("said", "shown"), [("|", "|"), ("tab", "tab"), ("\t", "tab"), (";", ";")])
def test_the_study_may_say_the_delimiter(said: str, shown: str, tmp_path: Path) -> None:
    sign = "\t" if said == "tab" else said
    path = written(tmp_path, f"id{sign}a,b\n1{sign}2,3\n")
    export = open_export(path, Layout(delimiter=said))
    assert export.columns == ["id", "a,b"]
    assert export.recognised.delimiter == shown


def test_a_delimiter_that_is_none_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        open_export(written(tmp_path, "id,a\n1,2\n"), Layout(delimiter="::"))
    assert [fault.code for fault in caught.value.faults] == ["SRC017"]


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("id;a\n1;4,0\n2;\n3;3\n", ","),
        ("id\ta\n1\t4,25\n", ","),
        ("id;a\n1;4.0\n2;x\n", ""),
        ("id;a\n1;yes, 4,0\n2;4,0 or so\n", ""),
        ('id,a\n1,"4,0"\n', ""),
    ],
)
def test_a_decimal_comma_is_recognised_and_cells_stay(text: str, sign: str, tmp_path: Path) -> None:
    path = written(tmp_path, text)
    assert open_export(path).recognised.decimal == sign
    (row, *_) = cells(path)
    assert f"{row[0]}" in text
    assert row[1] in text


@pytest.mark.parametrize("text", ["4,0", "4,00", "4.0", "4", " 4,0 "])
def test_a_whole_number_with_a_decimal_comma_is_its_code(text: str, tmp_path: Path) -> None:
    path = written(tmp_path, f"id;a\n1;{text}\n")
    read = open_export(path).read(["a"])
    coded, unread = code_column(read.frame["a"], {"4": 4}, frozenset(), read.rows, pl.Int8)
    assert (coded.to_list(), unread) == ([4], [])


# A failed look-up would otherwise give many respondents the same id.
def test_errors_of_a_spreadsheet_are_blank_and_a_finding(tmp_path: Path) -> None:
    path = written(tmp_path, "id,a\n#N/A,#1\n2,#REF!\n#N/A,4\n")
    assert cells(path) == [("", "#1"), ("2", ""), ("", "4")]
    first, second = findings(path)
    assert (first.code, first.column, first.row, first.others) == ("SRC024", "id", 2, (4,))
    assert (second.code, second.column, second.row, second.count) == ("SRC024", "a", 3, 1)
