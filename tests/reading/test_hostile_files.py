"""Files that are broken, or made to break what reads them: a fault each, soon, in little memory."""

import gzip
import resource
import struct
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import Workbook

from peereval.errors import SourceError
from peereval.reading import sheets, unpacking
from peereval.reading.formats import open_export

MB = 1 << 20


def written(folder: Path, content: bytes, name: str = "export.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def refused(path: Path) -> str:
    """Code of the one fault that a file has, when it is opened or read."""
    with pytest.raises(SourceError) as caught:
        export = open_export(path)
        export.read(export.columns)
    (fault,) = caught.value.faults
    assert fault.file == path.name
    assert "PRIVATE" not in str(caught.value)
    assert caught.value.exit_code == 13
    return fault.code


# --- text ---------------------------------------------------------------------------------


BROKEN = {
    "an empty file": (b"", "SRC006"),
    "zero bytes among the text": (b"id,a\n1,PRIV\0ATE\n", "SRC013"),
    "zero bytes far down": (b"id,a\n" + b"1,2\n" * 600_000 + b"PRIVATE\0\n", "SRC013"),
    "zero bytes in UTF-16": ("id,a\n1,x\0y\n".encode("utf-16"), "SRC013"),
    "a file of zeros": (bytes(100_000), "SRC013"),
    "no text at all": (bytes(range(1, 32)) * 500, "SRC013"),
    "letters of no encoding": (bytes(range(128, 256)) * 200, "SRC016"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(100), "SRC005"),
    "a document": (b"%PDF-1.7\n1 0 obj\n", "SRC005"),
    "a page of the web": (b"\xef\xbb\xbf <!DOCTYPE html><html><table>", "SRC005"),
    "a page of the web in UTF-16": ("<html><table>".encode("utf-16"), "SRC005"),
    "a Parquet file": (b"PAR1" + bytes(40) + b"PAR1", "SRC005"),
    "an SPSS file": (b"$FL2@(#) SPSS DATA FILE" + bytes(40), "SRC005"),
    "an older workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "SRC005"),
    "a cut workbook": (b"PK\x03\x04" + bytes(60), "SRC005"),
    "gzip that is cut short": (gzip.compress(b"id,a\n" + b"1,PRIVATE\n" * 900)[:-20], "SRC012"),
    "gzip that is damaged": (gzip.compress(b"id,a\n" * 900)[:40] + bytes(90), "SRC012"),
    "gzip of something else": (gzip.compress(b"\x89PNG\r\n\x1a\n" + bytes(100)), "SRC005"),
    "gzip in gzip": (gzip.compress(gzip.compress(b"id,a\n")), "SRC005"),
    "gzip of nothing": (gzip.compress(b""), "SRC006"),
}


@pytest.mark.parametrize(("content", "code"), BROKEN.values(), ids=BROKEN)
def test_broken_text_is_a_fault(content: bytes, code: str, tmp_path: Path) -> None:
    assert refused(written(tmp_path, content)) == code


# A heading may be what other formats begin with.
@pytest.mark.parametrize("heading", ["PK", "PAR1", "$FL2", "GIF89a", "Rar!", "xml", "\\rtf"])
def test_a_heading_is_no_other_format(heading: str, tmp_path: Path) -> None:
    path = written(tmp_path, f"{heading},a\n1,2\n".encode())
    assert open_export(path).columns == [heading, "a"]


@pytest.mark.parametrize(
    ("name", "kind"), [("export.xlsx", "plain text"), ("export.parquet", "plain text")]
)
def test_the_fault_says_what_a_file_really_is(name: str, kind: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        open_export(written(tmp_path, b"id,a\n1,PRIVATE\n", name))
    (fault,) = caught.value.faults
    assert (fault.code, kind in fault.found, ".csv" in fault.fix) == ("SRC005", True, True)


LONG = {
    "a cell of 100 MB": b"id,a\n1," + b"PRIVATE" * (100 * MB // 7) + b"\n2,3\n",
    "a cell of 100 MB in quotes": b'id,a\n1,"' + b"PRIVATE\n" * (100 * MB // 8) + b'"\n2,3\n',
    "a heading of 100 MB": b"x" * (100 * MB) + b",a\n1,2\n",
}


@pytest.mark.parametrize("content", LONG.values(), ids=LONG)
def test_a_cell_of_100_mb_is_a_fault(content: bytes, tmp_path: Path) -> None:
    assert refused(written(tmp_path, content)) == "SRC010"


def wide(columns: int) -> bytes:
    heading = ",".join(f"question {n}" for n in range(columns))
    return f"{heading}\n{'1,' * (columns - 1)}2\n3\n".encode()


def test_20_000_columns_are_read(tmp_path: Path) -> None:
    export = open_export(written(tmp_path, wide(20_000)))
    assert len(export.columns) == 20_000
    wanted = ["question 0", "question 19999"]
    assert export.read(wanted).frame.rows() == [("1", "2"), ("3", "")]


def test_more_columns_are_a_fault(tmp_path: Path) -> None:
    assert refused(written(tmp_path, wide(20_001))) == "SRC009"


# So that many headings that are the same cannot take minutes to be told apart.
def test_20_000_headings_that_are_the_same_are_soon_told_apart(tmp_path: Path) -> None:
    path = written(tmp_path, b"Timestamp" + b",again" * 19_999 + b"\n")
    assert open_export(path).columns[-1] == "again (19999)"


def test_a_gzip_file_that_unpacks_to_far_too_much_is_a_fault(tmp_path: Path) -> None:
    assert refused(written(tmp_path, gzip.compress(b"id,a\n" + b"1,2\n" * (40 * MB)))) == "SRC008"


def test_a_file_that_nobody_may_read_is_a_fault(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = written(tmp_path, b"id,a\n1,2\n")
    export = open_export(path)

    def closed(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", closed)
    assert refused(path) == "SRC007"
    monkeypatch.undo()
    path.unlink()
    with pytest.raises(SourceError) as caught:
        export.read(["id"])
    assert [fault.code for fault in caught.value.faults] == ["SRC007"]


# --- workbooks ----------------------------------------------------------------------------


def workbook(rows: list[list[object]]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    made = BytesIO()
    book.save(made)
    return made.getvalue()


def with_sheet(folder: Path, blocks: Iterator[bytes] | list[bytes]) -> Path:
    """A workbook with this in place of its sheet."""
    path = folder / "export.xlsx"
    with (
        zipfile.ZipFile(BytesIO(workbook([["id"]]))) as old,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for part in old.namelist():
            if "sheet1" not in part:
                new.writestr(part, old.read(part))
        with new.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            for block in blocks:
                sheet.write(block)
    return path


SPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def sheet(*cells: str, prefix: str = "") -> list[bytes]:
    space = SPACE.replace("xmlns=", f"xmlns:{prefix[:-1]}=") if prefix else SPACE
    rows = "".join(cells)
    return [f"<{prefix}worksheet {space}><{prefix}sheetData>{rows}".encode(),
            f"</{prefix}sheetData></{prefix}worksheet>".encode()]  # fmt: skip


def cell(place: str, prefix: str = "") -> str:
    p, row = prefix, place.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    value = f"<{p}is><{p}t>PRIVATE</{p}t></{p}is>"
    return f'<{p}row r="{row}"><{p}c r="{place}" t="inlineStr">{value}</{p}c></{p}row>'


def test_a_sheet_that_unpacks_to_far_too_much_is_a_fault(tmp_path: Path) -> None:
    start, end = sheet()
    row = b'<row><c t="inlineStr"><is><t>PRIVATE</t></is></c></row>' * 20_000
    assert refused(with_sheet(tmp_path, [start, *[row] * 200, end])) == "SRC008"


def test_what_an_archive_says_of_its_sizes_is_not_believed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(unpacking, "_SUSPECT", 2 * MB)
    start, end = sheet()
    path = with_sheet(tmp_path, [start, *[b" " * MB] * 8, end])
    said, says = struct.pack("<I", 8 * MB + len(start + end)), struct.pack("<I", 1000)
    content = path.read_bytes()
    assert said in content
    path.write_bytes(content.replace(said, says))
    assert refused(path) == "SRC008"


# Between two such cells are seventeen thousand million that a reader would make room for.
@pytest.mark.parametrize("prefix", ["", "x:"])
def test_two_cells_far_apart_are_a_fault(prefix: str, tmp_path: Path) -> None:
    far = sheet(cell("A1", prefix), cell("XFD1048576", prefix), prefix=prefix)
    assert refused(with_sheet(tmp_path, far)) == "SRC008"


@pytest.mark.parametrize("place", ["ZZZ1", "A2000000"])
def test_a_cell_that_no_sheet_has_is_a_fault(place: str, tmp_path: Path) -> None:
    assert refused(with_sheet(tmp_path, sheet(cell("A1"), cell(place)))) in ("SRC008", "SRC012")


def test_a_format_far_below_is_no_cell(tmp_path: Path) -> None:
    empty = '<row r="1048576"><c r="XFD1048576" s="0"/></row>'
    path = with_sheet(tmp_path, sheet(cell("A1"), cell("A2"), empty))
    assert open_export(path).read(["PRIVATE"]).frame.rows() == [("PRIVATE",)]


def test_more_rows_or_cells_than_fit_are_a_fault(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = written(tmp_path, workbook([["id", "a"]] * 300), "export.xlsx")
    monkeypatch.setattr(sheets, "_MOST_CELLS", 500)
    assert refused(path) == "SRC008"


def test_a_cell_without_end_is_a_fault(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sheets, "_SMALL", 3 * MB)
    start, end = sheet()
    text = b'<row r="1"><c r="A1" t="inlineStr"><is><t>' + b"PRIVATE " * MB
    assert refused(with_sheet(tmp_path, [start, text, end])) == "SRC010"


@pytest.mark.parametrize("kept", [0.2, 0.5, 0.9, 0.99])
def test_a_workbook_that_is_cut_short_is_a_fault(kept: float, tmp_path: Path) -> None:
    whole = workbook([["id", "a"], ["PRIVATE", 1]])
    path = written(tmp_path, whole[: int(len(whole) * kept)], "export.xlsx")
    assert refused(path) == "SRC012"


def test_a_workbook_with_a_password_is_a_fault(tmp_path: Path) -> None:
    start = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(3 * MB - 9, b"\0")
    content = start + "EncryptedPackage".encode("utf-16-le") + bytes(500)
    for name in ("export.xlsx", "export.xls", "export.csv"):
        assert refused(written(tmp_path, content, name)) == "SRC011"


def test_an_open_document_sheet_with_a_password_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "export.ods"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("META-INF/manifest.xml", "<manifest:encryption-data/>")
        file.writestr("content.xml", b"\x12\x34\x56")
    assert refused(path) == "SRC011"


# Entities that name one another would become a text of a thousand million letters.
def test_text_that_unfolds_is_a_fault(tmp_path: Path) -> None:
    entities = "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(9))
    bomb = f'<!DOCTYPE x [<!ENTITY a0 "PRIVATE">{entities}]><office:text>&a9;</office:text>'
    path = tmp_path / "export.ods"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("content.xml", bomb)
    assert refused(path) in ("SRC006", "SRC012")


# --- memory -------------------------------------------------------------------------------

OPEN = """
import sys
from pathlib import Path
from peereval.errors import SourceError
from peereval.reading.formats import open_export
try:
    export = open_export(Path(sys.argv[1]))
    export.read(export.columns)
except SourceError as error:
    print(*(fault.code for fault in error.faults))
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(int(status["VmHWM"].split()[0]) // 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not say")
@pytest.mark.parametrize("bomb", ["gzip", "cell", "far"])
def test_what_is_refused_takes_little_memory(bomb: str, tmp_path: Path) -> None:
    if bomb == "gzip":
        path = written(tmp_path, gzip.compress(b"id,a\n" + b"1,2\n" * (80 * MB)))
    elif bomb == "cell":
        path = written(tmp_path, b'id,a\n1,"' + b"x" * (200 * MB))
    else:
        path = with_sheet(tmp_path, sheet(cell("A1"), cell("XFD1048576")))
    run = subprocess.run(
        [sys.executable, "-c", OPEN, str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (4096 * MB, 4096 * MB)),
    )
    code, peak = run.stdout.split()
    assert code in ("SRC008", "SRC010")
    assert int(peak) < 400
