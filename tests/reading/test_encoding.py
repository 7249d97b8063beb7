"""Text in whatever a program wrote it: what it is in is found, and cells come out the same."""

import gzip
from pathlib import Path

import pytest

from peereval.errors import SourceError
from peereval.reading.formats import open_export
from peereval.studies import AS_FOUND, Layout

TEXT = "id,School,a\r\n0012,Béthune – St Mary’s,\r\n7,Ash,z\r\n"
ROWS = [("0012", "Béthune – St Mary’s", ""), ("7", "Ash", "z")]


def written(folder: Path, content: bytes, name: str = "export.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def rows(path: Path, layout: Layout = AS_FOUND) -> list[tuple[str, ...]]:
    export = open_export(path, layout)
    return [tuple(cell or "" for cell in row) for row in export.read(export.columns).frame.rows()]


def refused(path: Path, layout: Layout = AS_FOUND) -> SourceError:
    with pytest.raises(SourceError) as caught:
        rows(path, layout)
    return caught.value


WRITTEN = {
    "UTF-8": TEXT.encode(),
    "UTF-8 with BOM": TEXT.encode("utf-8-sig"),
    "UTF-16, little-endian": b"\xff\xfe" + TEXT.encode("utf-16-le"),
    "UTF-16, big-endian": b"\xfe\xff" + TEXT.encode("utf-16-be"),
    "UTF-16, little-endian, without a mark": TEXT.encode("utf-16-le"),
    "UTF-16, big-endian, without a mark": TEXT.encode("utf-16-be"),
    "UTF-32": TEXT.encode("utf-32"),
    "Windows-1252": TEXT.encode("cp1252"),
}


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("encoding", WRITTEN)
def test_text_is_the_same_in_every_encoding(encoding: str, packed: bool, tmp_path: Path) -> None:
    content = WRITTEN[encoding]
    path = written(tmp_path, gzip.compress(content) if packed else content)
    assert rows(path) == ROWS
    recognised = open_export(path).recognised
    assert recognised.encoding == encoding.partition(",")[0]
    assert recognised.compression == ("gzip" if packed else "")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_lines_may_end_in_any_way(end: str, encoding: str, tmp_path: Path) -> None:
    text = end.join(["id,a", '1,"x' + end + 'y"', "2", "3,é", ""])
    path = written(tmp_path, text.encode(encoding))
    assert rows(path) == [("1", f"x{end}y"), ("2", ""), ("3", "é")]
    assert open_export(path).read(["id"]).rows.to_list() == [2, 3, 4]


def test_what_was_assumed_is_noted_and_nothing_else_is(tmp_path: Path) -> None:
    assumed = open_export(written(tmp_path, WRITTEN["Windows-1252"])).recognised
    assert any("assumed" in note for note in assumed.notes)
    for encoding in WRITTEN.keys() - {"Windows-1252"}:
        assert open_export(written(tmp_path, WRITTEN[encoding])).recognised.notes == ()


# The first thousands of rows say nothing about the one that is not UTF-8.
def test_a_letter_far_down_says_that_it_is_not_utf_8(tmp_path: Path) -> None:
    text = "id,a\n" + "1,x\n" * 400_000 + "2,café\n"
    path = written(tmp_path, text.encode("cp1252"))
    assert open_export(path).recognised.encoding == "Windows-1252"
    assert rows(path)[-1] == ("2", "café")


@pytest.mark.parametrize("size", [(1 << 20) - 8, (1 << 20) - 7, (1 << 20) - 6])
def test_a_letter_may_lie_across_two_blocks(size: int, tmp_path: Path) -> None:
    text = "id,a\n" + "1,x\n" * (size // 4 - 2)
    text += "2," + "y" * (size - len(text)) + "é\n"
    assert rows(written(tmp_path, text.encode()))[-1][1].endswith("yé")


# Read as Windows-1252, each letter that is right would become two that are wrong.
def test_text_that_is_mostly_utf_8_is_a_fault(tmp_path: Path) -> None:
    content = "id,a\n1,é\n2,ü\n".encode() + b"PRIVATE,\xe9\n"
    error = refused(written(tmp_path, content))
    assert [fault.code for fault in error.faults] == ["SRC016"]
    assert "PRIVATE" not in str(error)


def test_a_mark_is_believed(tmp_path: Path) -> None:
    error = refused(written(tmp_path, b"\xef\xbb\xbfid,a\n1,caf\xe9\n"))
    assert [fault.code for fault in error.faults] == ["SRC016"]


def test_text_in_none_of_the_encodings_is_a_fault(tmp_path: Path) -> None:
    error = refused(written(tmp_path, b"id,a\n1,caf\x8f\x9d\n"))
    (fault,) = error.faults
    assert (fault.code, "encoding =" in fault.fix) == ("SRC016", True)


def test_half_a_letter_at_the_end_is_a_fault(tmp_path: Path) -> None:
    error = refused(written(tmp_path, b"\xff\xfe" + TEXT.encode("utf-16-le")[:-1]))
    assert [fault.code for fault in error.faults] == ["SRC016"]


@pytest.mark.parametrize("encoding", ["mac_roman", "MacRoman", "cp1250", "latin-1"])
def test_the_study_may_say_the_encoding(encoding: str, tmp_path: Path) -> None:
    path = written(tmp_path, "id,a\n1,Béthune\n".encode(encoding))
    layout = Layout(encoding=encoding)
    assert rows(path, layout) == [("1", "Béthune")]
    assert open_export(path, layout).recognised.encoding == encoding


def test_the_study_may_say_utf_16_whether_there_is_a_mark_or_not(tmp_path: Path) -> None:
    for content in ("id,a\n1,é\n".encode("utf-16"), "id,a\n1,é\n".encode("utf-16-le")):
        assert rows(written(tmp_path, content), Layout(encoding="utf-16")) == [("1", "é")]


@pytest.mark.parametrize("encoding", ["klingon", "rot13", "hex", "undefined", "utf\0"])
def test_an_encoding_that_is_none_is_a_fault(encoding: str, tmp_path: Path) -> None:
    error = refused(written(tmp_path, TEXT.encode()), Layout(encoding=encoding))
    assert [fault.code for fault in error.faults] == ["SRC017"]


def test_an_encoding_that_is_the_wrong_one_is_a_fault(tmp_path: Path) -> None:
    error = refused(written(tmp_path, WRITTEN["Windows-1252"]), Layout(encoding="utf-8"))
    assert [fault.code for fault in error.faults] == ["SRC016"]


@pytest.mark.parametrize("name", ["export.csv.gz", "export.tsv.gz", "export.gz", "export.csv"])
def test_gzip_is_known_by_its_content(name: str, tmp_path: Path) -> None:
    assert rows(written(tmp_path, gzip.compress(TEXT.encode()), name)) == ROWS


def test_a_file_that_a_browser_unpacked_may_still_be_called_gz(tmp_path: Path) -> None:
    path = written(tmp_path, TEXT.encode(), "export.csv.gz")
    assert rows(path) == ROWS
    assert open_export(path).recognised.compression == ""


def test_two_gzip_files_in_one_are_read_on(tmp_path: Path) -> None:
    content = gzip.compress(b"id,a\n1,x\n") + gzip.compress(b"2,y\n")
    assert rows(written(tmp_path, content, "export.csv.gz")) == [("1", "x"), ("2", "y")]


def test_a_first_line_for_excel_is_none_of_the_text_in_any_encoding(tmp_path: Path) -> None:
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "cp1252"):
        path = written(tmp_path, "sep=;\r\nid;a\r\n1;é\r\n".encode(encoding))
        assert rows(path) == [("1", "é")]
        assert open_export(path).read(["id"]).rows.to_list() == [2]


def test_many_rows_are_numbered_right_in_every_encoding(tmp_path: Path) -> None:
    lines = [f"{n},é" if n % 1000 else str(n) for n in range(1, 150_001)]
    text = "\n".join(["id,a", *lines]) + "\n"
    for encoding in ("utf-8", "utf-16", "cp1252"):
        export = open_export(written(tmp_path, text.encode(encoding)))
        cells = export.read(["id"])
        assert cells.frame["id"].cast(int).to_list() == list(range(1, 150_001))
        assert cells.rows.to_list() == list(range(2, 150_002))
        assert [finding.count for finding in cells.findings] == [150]
