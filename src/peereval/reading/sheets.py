"""What the sheets of a workbook hold, looked at before a reader builds them in memory.

A sheet is kept there with every cell up to its last row and column, so two cells far apart in a
small file can fill any memory. And formulas without a value and errors come as blanks, so they
must be counted here.
"""

import re
import zipfile
from array import array
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from xml.etree import ElementTree
from xml.parsers import expat

from msgspec import Struct, field

from peereval.reading.export import refused
from peereval.reading.unpacking import BLOCK, cut_short, open_zip, part_blocks, refuse_large

#: Rows and columns that Excel has, and cells that fit into memory.
_MOST_ROWS, _MOST_COLUMNS, _MOST_CELLS = 1_048_576, 16_384, 50_000_000
#: Cells that are held although there is nothing in most of them.
_MOST_EMPTY = 20_000_000
_SPARSE = 20
#: What a list of sheets, or one cell, may need.
_SMALL = 16 * BLOCK
_CELL = rb"""<%(p)sc\s(?:[^>]*?\s)?r\s*=\s*["']([A-Za-z]{1,3})([0-9]{1,7})["']"""
_FILLED = _CELL + rb"[^>/]*>(?!</)"
#: Any cell, also one that has a format and nothing else; quick to look for.
_ANY = rb"""\sr\s*=\s*["']([A-Za-z]{1,3})[0-9]"""
_ROW = rb"""<%(p)srow\s(?:[^>]*?\s)?r\s*=\s*["']([0-9]{1,7})["']"""
_ERROR = _CELL + rb"""[^>]*?\bt\s*=\s*["']e["']"""
_FORMULA = _CELL + (
    rb"""(?![^>]*?\bt\s*=\s*["']str["'])[^>/]*>\s*<%(p)sf\b[^>]*?(?:/>|>[^<]*</%(p)sf>)"""
    rb"\s*(?:<%(p)sv\s*/>|<%(p)sv>\s*</%(p)sv>)?\s*</%(p)sc>"
)
_ALL = (_ANY, _ROW, _FILLED, _ERROR, _FORMULA)
_PREFIX = re.compile(rb"<(?:(\w+):)?worksheet[\s>]")


class Found(Struct):
    """What one sheet holds: its last row and column, how many cells have something in them.

    ``begun``: rows that were met, with or without cells; ``ended``: no more cells will be.
    ``errors`` and ``formulas``: column (from 0) -> rows (from 1) of cells with an error in
    place of a value, and of formulas whose value was never computed.
    """

    rows: int = 0
    columns: int = 0
    filled: int = 0
    begun: int = 0
    ended: bool = False
    errors: dict[int, "array[int]"] = field(default_factory=dict)
    formulas: dict[int, "array[int]"] = field(default_factory=dict)


def look_through(path: Path) -> Mapping[str, Found]:
    """Sheet -> what it holds, of an Excel workbook or an OpenDocument one.

    Raises ``SourceError`` if the file is damaged, has a password, unpacks to far too much,
    or has a sheet that would not fit into memory.
    """
    with open_zip(path) as archive:
        parts = {part.filename: part for part in archive.infolist()}
        if "content.xml" in parts:
            _refuse_locked(path, archive, parts)
            found = _open_document(path, archive, parts["content.xml"])
        else:
            found = _excel(path, archive, parts)
    for name, sheet in found.items():
        if _is_far(sheet):
            what = f"sheet {name!r} reaches to row {sheet.rows:,} and column {sheet.columns:,}"
            raise refused(path, "008", what, "Delete what stands far below or beside the answers")
    return found


def _is_far(sheet: Found) -> bool:
    """Whether a sheet has cells so far apart that what is between would fill the memory."""
    area = sheet.rows * sheet.columns
    far = sheet.rows > _MOST_ROWS or sheet.columns > _MOST_COLUMNS
    return far or (area > _MOST_EMPTY and area > _SPARSE * sheet.filled)


def _refuse_many(path: Path, sheet: Found) -> None:
    if sheet.begun > _MOST_ROWS or sheet.filled > _MOST_CELLS:
        what = f"a sheet has more than {_MOST_ROWS:,} rows or {_MOST_CELLS:,} cells"
        raise refused(path, "008", what, "Export as .csv or .parquet")


def _blocks(path: Path, archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    size = 0
    for block in part_blocks(path, archive, part):
        size += len(block)
        refuse_large(path, size)
        yield block


def _small(path: Path, archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bytes:
    content = b""
    for block in _blocks(path, archive, part):
        content += block
        if len(content) > _SMALL:
            raise cut_short(path)
    return content


# --- Excel --------------------------------------------------------------------------------


def _excel(
    path: Path, archive: zipfile.ZipFile, parts: Mapping[str, zipfile.ZipInfo]
) -> dict[str, Found]:
    names = _sheet_parts(path, archive, parts)
    found = {}
    for name, part in parts.items():
        if name in names:
            sheet = _look_through_sheet(path, _blocks(path, archive, part), _last_of_all)
            if _is_far(sheet):
                sheet = _look_through_sheet(path, _blocks(path, archive, part), _last_of_filled)
            found[names[name]] = sheet
        elif name.endswith((".xml", ".rels")):
            for _ in _blocks(path, archive, part):
                pass
    return found


def _sheet_parts(
    path: Path, archive: zipfile.ZipFile, parts: Mapping[str, zipfile.ZipInfo]
) -> dict[str, str]:
    """Part of the archive -> name of the sheet in it."""
    try:
        book = ElementTree.fromstring(_small(path, archive, parts["xl/workbook.xml"]))
        links = ElementTree.fromstring(_small(path, archive, parts["xl/_rels/workbook.xml.rels"]))
    except (ElementTree.ParseError, KeyError, ValueError):
        raise cut_short(path) from None
    targets = {link.get("Id"): _target(link.get("Target", "")) for link in links}
    sheets = [each for each in book.iter() if each.tag.rpartition("}")[2] == "sheet"]
    return {
        targets[link]: sheet.get("name", "")
        for sheet in sheets
        for key, link in sheet.attrib.items()
        if key.endswith("}id") and link in targets
    }


def _target(target: str) -> str:
    return target[1:] if target.startswith("/") else f"xl/{target}"


def _look_through_sheet(
    path: Path, blocks: Iterator[bytes], last: "Callable[[bytes, _Patterns], tuple[int, int]]"
) -> Found:
    """What a sheet holds; ``last`` finds the last row and column in a piece of it."""
    found, kept, kind = Found(), b"", None
    for block in blocks:
        if found.ended:  # what follows the cells matters by its size alone
            continue
        text = kept + block
        kind = kind or _Patterns.of(text)
        found.ended = text.rfind(b"sheetData>") > text.rfind(kind.start)
        # The last cell may go on in the next block.
        cut = len(text) if found.ended else max(text.rfind(kind.start), 0)
        _count(found, text[:cut], kind, last(text[:cut], kind))
        _refuse_many(path, found)
        kept = text[cut:]
        if len(kept) > _SMALL:
            raise refused(path, "010", "a cell is far too long for an export", "Export it again")
    if kind:
        _count(found, kept, kind, last(kept, kind))
    return found


class _Patterns(Struct, frozen=True):
    """How cells are written in one sheet, which may call its elements by a prefix."""

    start: bytes
    row: bytes
    end: bytes
    any: "re.Pattern[bytes]"
    rows: "re.Pattern[bytes]"
    filled: "re.Pattern[bytes]"
    errors: "re.Pattern[bytes]"
    formulas: "re.Pattern[bytes]"

    @staticmethod
    def of(text: bytes) -> "_Patterns":
        """The patterns for a sheet that begins so."""
        found = _PREFIX.search(text)
        p = found[1] + b":" if found and found[1] else b""
        parts = [re.compile(part.replace(b"%(p)s", p)) for part in _ALL]
        return _Patterns(b"<" + p + b"c", b"<" + p + b"row", b"</" + p + b"c>", *parts)


def _last_of_all(text: bytes, kind: _Patterns) -> tuple[int, int]:
    columns = set(kind.any.findall(text))
    return max(map(int, kind.rows.findall(text)), default=0), max(map(_column, columns), default=0)


def _last_of_filled(text: bytes, kind: _Patterns) -> tuple[int, int]:
    cells = kind.filled.findall(text)
    rows, columns = {row for _, row in cells}, {column for column, _ in cells}
    return max(map(int, rows), default=0), max(map(_column, columns), default=0)


def _count(found: Found, text: bytes, kind: _Patterns, last: tuple[int, int]) -> None:
    found.begun += text.count(kind.row + b" ") + text.count(kind.row + b">")
    found.filled += text.count(kind.end)
    found.rows, found.columns = max(found.rows, last[0]), max(found.columns, last[1])
    if b'"e"' in text or b"'e'" in text:
        _remember(found.errors, kind.errors.findall(text))
    if b"<f" in text or b":f" in text:
        _remember(found.formulas, kind.formulas.findall(text))


def _remember(known: dict[int, "array[int]"], cells: list[tuple[bytes, bytes]]) -> None:
    for column, row in cells:
        known.setdefault(_column(column) - 1, array("l")).append(int(row))


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = 26 * number + letter - 64
    return number


# --- OpenDocument -------------------------------------------------------------------------


def _refuse_locked(
    path: Path, archive: zipfile.ZipFile, parts: Mapping[str, zipfile.ZipInfo]
) -> None:
    manifest = parts.get("META-INF/manifest.xml")
    if manifest and b"encryption-data" in _small(path, archive, manifest):
        what = "the workbook has a password"
        raise refused(path, "011", what, "Save it without one, or export it again")


def _open_document(path: Path, archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> dict[str, Found]:
    counter = _Counter()
    parser = expat.ParserCreate()
    parser.StartElementHandler = counter.start
    parser.EndElementHandler = counter.end
    try:
        for block in _blocks(path, archive, part):
            parser.Parse(block)
        parser.Parse(b"", True)
    except (expat.ExpatError, ValueError):
        raise cut_short(path) from None
    return counter.found


class _Counter:
    """Counts rows and cells of the tables of an OpenDocument file, repeated ones as often.

    Those at the end of a row or table that hold nothing are not kept by a reader, and not
    counted.
    """

    def __init__(self) -> None:
        self.found: dict[str, Found] = {}
        self.sheet = Found()
        self.row = self.column = self.last = self.filled = 0
        self.times = self.cells = 1

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        kind = name.rpartition(":")[2]
        if kind == "table":
            self.sheet, self.row = Found(), 0
            self.found[attributes.get("table:name", "")] = self.sheet
        elif kind == "table-row":
            self.times = int(attributes.get("table:number-rows-repeated", "1"))
            self.column = self.last = self.filled = 0
        elif kind in ("table-cell", "covered-table-cell"):
            self.cells = int(attributes.get("table:number-columns-repeated", "1"))
            self.column += self.cells
            if "office:value-type" in attributes:
                self.fill()
        elif kind == "p":
            self.fill()

    def fill(self) -> None:
        """The cell that is being read has something in it."""
        if self.last < self.column:
            self.last = self.column
            self.filled += self.cells

    def end(self, name: str) -> None:
        if name.rpartition(":")[2] == "table-row":
            self.row += self.times
            if self.last:
                self.sheet.rows = self.row
                self.sheet.columns = max(self.sheet.columns, self.last)
                self.sheet.filled += self.times * self.filled
