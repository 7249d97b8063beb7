"""CSV as survey platforms and spreadsheets write it: every cell stays what it says."""

from pathlib import Path

import pytest

from peereval.errors import SourceError
from peereval.reading.formats import open_export


def cells(path: Path, *columns: str) -> list[tuple[str, ...]]:
    """Rows of an export, a cell without anything in it as an empty text."""
    export = open_export(path)
    rows = export.read(list(columns) or export.columns).frame.rows()
    return [tuple(cell or "" for cell in row) for row in rows]


def numbers(path: Path) -> list[int]:
    """Row numbers of an export, as a spreadsheet shows them."""
    export = open_export(path)
    return export.read(export.columns[:1]).rows.to_list()


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
    assert (fault.code, fault.file, fault.row) == ("SRC003", "export.csv", 3)
    assert "5 cells under 4 columns" in fault.found
    assert "PRIVATE" not in str(error)
    assert "WORDS" not in str(error)


def test_the_row_number_of_a_long_row_counts_rows_and_not_lines(tmp_path: Path) -> None:
    path = written(tmp_path, 'id,a\n1,"two\nlines"\n3,4,5\n')
    (fault,) = refused(path).faults
    assert fault.row == 3


def test_cells_missing_at_the_end_of_a_row_are_blank(tmp_path: Path) -> None:
    assert cells(written(tmp_path, "id,a,b\n1,2\n3,4,5\n")) == [("1", "2", ""), ("3", "4", "5")]


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


def test_a_long_row_far_down_has_its_number(tmp_path: Path) -> None:
    lines = ['1,"a\nb"'] * 300_000
    lines[254_567] = "1,2,3"
    (fault,) = refused(written(tmp_path, "\n".join(["id,a", *lines]))).faults
    assert fault.row == 254_569


# The rest of the file would be one long answer, and every row in it lost.
@pytest.mark.parametrize("start", ['1,"PRIVATE', '"PRIVATE', '1,2\n3,"PRIVATE'])
def test_a_quote_that_never_ends_is_a_fault_without_the_cell(start: str, tmp_path: Path) -> None:
    error = refused(written(tmp_path, f"id,a\n{start}\n" + "4,5\n" * 50))
    assert [fault.code for fault in error.faults] == ["SRC003"]
    assert "PRIVATE" not in str(error)


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_text_that_is_not_utf_8_is_a_fault_that_says_so(encoding: str, tmp_path: Path) -> None:
    path = written(tmp_path, "id,a\n" + "1,x\n" * 5000 + "2,café\n", encoding=encoding)
    (fault,) = refused(path, "a").faults
    assert fault.code == "SRC003"
    assert "UTF-8" in fault.found
    assert "caf" not in str(fault)


@pytest.mark.parametrize("text", ["", "\n", "\n\n\n", ",,,\n1,2,3,4\n", "\ufeff"])
def test_a_file_without_a_header_is_a_fault(text: str, tmp_path: Path) -> None:
    (fault,) = refused(written(tmp_path, text)).faults
    assert (fault.code, fault.row) == ("SRC003", 1)


@pytest.mark.parametrize("text", ["id,a", "id,a\n", "id,a\r\n"])
def test_a_header_alone_is_an_export_with_no_rows(text: str, tmp_path: Path) -> None:
    assert cells(written(tmp_path, text)) == []


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
    assert [fault.code for fault in error.faults] == ["SRC003"]
    assert "PRIVATE" not in str(error)


# What a spreadsheet leaves behind when cells to the right were once in use.
def test_columns_without_a_name_are_left_alone(tmp_path: Path) -> None:
    path = written(tmp_path, "id,a,,\n1,2,,\n3,4,,\n")
    assert cells(path, "id", "a") == [("1", "2"), ("3", "4")]
