"""What a file really is, by its bytes and not by its name."""

import zipfile
from pathlib import Path

from peereval.reading.export import refused
from peereval.reading.unpacking import BLOCK, DAMAGE, cut_short

_SAMPLE = 1 << 16
_MAGIC = {
    b"\x1f\x8b": "gzip",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "ole",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    b"%PDF-": "pdf",
    b"{\\rtf": "rtf",
    b"\x89PNG": "image",
    b"\xff\xd8\xff": "image",
    b"7z\xbc\xaf": "archive",
}
#: These could be headings: it takes a zero byte further on to tell.
_MAGIC_WORDS = {
    b"PAR1": "parquet",
    b"$FL2": "spss",
    b"$FL3": "spss",
    b"GIF8": "image",
    b"Rar!": "archive",
    b"ARROW1": "arrow",
    b"SQLite format 3": "database",
}
_PARTS = {
    "xl/workbook.xml": "xlsx",
    "xl/workbook.bin": "xlsb",
    "word/document.xml": "word",
    "content.xml": "ods",
}
_MARKUP = {b"<!doctype html": "html", b"<html": "html", b"<table": "html", b"<?xml": "xml"}
#: Name of the stream in which a workbook with a password is kept.
_LOCKED = "EncryptedPackage".encode("utf-16-le")
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
#: No text has these, but for a rare slip.
_CONTROL = bytes({*range(1, 9), *range(14, 26), *range(28, 32)})

IN_WORDS = {
    "": "an empty file",
    "text": "plain text, such as CSV",
    "binary": "a file that is neither text nor any format that is read",
    "gzip": "a compressed file (gzip)",
    "zip": "a zip archive",
    "cut": "a zip archive or a workbook, and damaged",
    "xlsx": "an Excel workbook (.xlsx)",
    "xls": "an Office file of the older kind, perhaps a workbook (.xls)",
    "xlsb": "a binary Excel workbook (.xlsb)",
    "ods": "an OpenDocument sheet (.ods)",
    "locked": "a workbook with a password",
    "parquet": "a Parquet file (.parquet)",
    "spss": "an SPSS file (.sav)",
    "html": "a web page",
    "xml": "an XML file",
    "pdf": "a PDF document",
    "rtf": "a text document",
    "word": "a Word document",
    "image": "a picture",
    "archive": "a compressed archive",
    "arrow": "an Arrow or Feather file",
    "database": "a database",
}

READ = "Export as .csv, .xlsx, .parquet or .sav"
_FIXES = {
    "text": "If it is a table, end its name in .csv",
    "gzip": "End its name in .csv.gz",
    "xlsx": "End its name in .xlsx",
    "xls": "End its name in .xls",
    "ods": "End its name in .ods",
    "parquet": "End its name in .parquet",
    "spss": "End its name in .sav",
    "html": "Open it in a spreadsheet and save it as .xlsx",
    "xml": "Open it in a spreadsheet and save it as .xlsx",
    "xlsb": "Open it in Excel and save it as .xlsx",
    "zip": "Take the export out of it first",
}


def kind_of(path: Path) -> str:
    """What a file is: a key of ``IN_WORDS``, empty if there is nothing in it."""
    with path.open("rb") as file:
        start = file.read(_SAMPLE)
    kind = kind_of_bytes(start)
    if kind == "zip":
        return _kind_of_zip(path)
    if kind == "ole":
        return "locked" if _is_locked(path) else "xls"
    return kind


def refuse_kind(path: Path, kind: str, right: tuple[str, ...]) -> None:
    """Raise ``SourceError`` unless a file is of the right kind."""
    if kind in right:
        return
    if not kind:
        raise refused(path, "006", "there is nothing in the file", "Export it again")
    if kind == "locked":
        what = "the workbook has a password"
        raise refused(path, "011", what, "Save it without one, or export it again")
    if kind == "cut" and "xlsx" in right:
        raise cut_short(path)
    if kind == "binary" and "text" in right:
        raise refused(path, "013", "it is not text", READ)
    raise refused(path, "005", f"it is {IN_WORDS[kind]}", _FIXES.get(kind, READ))


def kind_of_bytes(start: bytes) -> str:
    """The same from how a file starts: one of several kinds that share it is ``zip`` or ``ole``."""
    if not start:
        return ""
    for magic, kind in (_MAGIC | (_MAGIC_WORDS if 0 in start else {})).items():
        if start.startswith(magic):
            return kind
    mark = next((mark for mark in _MARKS if start.startswith(mark)), b"")
    plain = start.removeprefix(mark).replace(b"\0", b"").lstrip().lower()
    for begin, kind in _MARKUP.items():
        if plain.startswith(begin):
            return kind
    wide = mark or looks_wide(start)
    return "binary" if not wide and _is_binary(start) else "text"


def looks_wide(start: bytes) -> str:
    """The kind of UTF-16 that text without a mark seems to be, from where its zeros are, or ``""``.

    Of Latin letters every other byte is zero, on one side only.
    """
    if 0 not in start or len(start) < 4:
        return ""
    even, odd = start[::2], start[1::2]
    zeros = even.count(0) / len(even), odd.count(0) / len(odd)
    if zeros[1] > 0.4 and zeros[0] < 0.1:
        return "" if _is_binary(even) else "utf-16-le"
    if zeros[0] > 0.4 and zeros[1] < 0.1:
        return "" if _is_binary(odd) else "utf-16-be"
    return ""


def _is_binary(start: bytes) -> bool:
    strange = len(start) - len(start.translate(None, _CONTROL))
    zeros = start.count(0)
    return max(strange, zeros) > max(3, len(start) // 50)


def _kind_of_zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except DAMAGE:
        return "cut"
    return next((kind for part, kind in _PARTS.items() if part in names), "zip")


def _is_locked(path: Path) -> bool:
    """Whether an older container holds an encrypted workbook; its directory may be anywhere."""
    before = b""
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            if _LOCKED in before + block:
                return True
            before = block[-len(_LOCKED) :]
    return False
