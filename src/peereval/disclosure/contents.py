"""What a file says to whoever opens it: texts, whole texts, numbers, whatever its format is."""

import re
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial
from html import unescape
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl
import polars.selectors as cs
from numpy.typing import NDArray

#: How a tag begins: it parts words, and what is before it from what is behind.
MARK = "<"
_TAG = re.compile(r"<[^>]*>")
#: What stands for a tag between two texts, as between cells of a table in Markdown.
_CELL_ENDS = "|"
_BETWEEN = re.compile(r">([^<>]+)<")
_QUOTED = re.compile(r"=\"([^\"]*)\"")
#: Attributes of pages and charts that people read or hear: they are texts of their own.
_HEARD = re.compile(r"\s(?:alt|aria-label|content|label|placeholder|title|value)=\"([^\"]*)\"")
#: Attributes of workbooks and documents that people read. Others say where a cell is (A101), which
#: colour it has and the like, and are the same as an id by chance. What begins with a fixed text is
#: found fast, so that the name is looked for behind it.
_TOLD = re.compile(
    "=\"(?:"
    + "|".join(
        rf"(?<=\s{name}=\")"
        for name in ("altText", "altTextSummary", "descr", "display", "displayName", "name",
                     "Target", "title", "tooltip", "w:author")
    )
    + r"|(?<=\sw:val=\")(?=[^\"]*[^\w\"]))([^\"]*)\""
)  # fmt: skip
#: An element that names the result it shows a number of (not its base), and what it shows.
_ELEMENT = re.compile(r"data-row=\"([^\"]+)\"([^>]*)>([^<]*)")
_BASES = ('data-field="n"', 'data-field="n_organisations"', 'data-field="note"')
_SCHEMA = ".schema.json"
_PNG = b"\x89PNG\r\n\x1a\n"
#: Worksheets of a workbook, and how each of their cells begins.
_SHEETS, _CELL = "xl/worksheets/", "<c "
_ROW, _VALUES = "estimate_id", ("estimate", "std_error", "statistic", "df", "p_value", "ci_low",
                                "ci_high")  # fmt: skip

Numbers = NDArray[np.float64]


class Content(msgspec.Struct):
    """What is in a file.

    ``rough``: texts that hold all that can be read, and perhaps the marks between it, and
    ``exact`` finds the texts as they are read where they are others; ``alone``: those that stand by
    themselves, such as cells of a table; ``numbers``: those that are numbers to the file itself;
    ``numbered``: results (`estimate_id`) shown with a number; ``under``: values by the heading of
    their column, or key.
    """

    rough: list[str] = msgspec.field(default_factory=list)
    exact: list[Callable[[], Iterable[str]]] = msgspec.field(default_factory=list)
    alone: list[Callable[[], Iterable[str]]] = msgspec.field(default_factory=list)
    numbers: Numbers = msgspec.field(default_factory=lambda: np.zeros(0))
    numbered: set[str] = msgspec.field(default_factory=set)
    under: dict[str, set[str]] = msgspec.field(default_factory=dict)

    def texts(self) -> Iterator[str]:
        """Everything that can be read, each as it is; looked for only when it is asked for."""
        for find in self.exact:
            yield from find()

    def say(self, texts: Iterable[str]) -> None:
        """Add texts that are as they are read."""
        said = list(texts)
        self.rough += said
        self.exact.append(partial(list, said))

    def cells(self) -> set[str]:
        """Texts that stand by themselves; looked for only when they are asked for."""
        return {cell for find in self.alone for cell in find()}


def read_content(path: Path) -> Content:
    """The content of a file by its ending; of one that is not known every text in it."""
    # A schema holds names of fields, not what is in them.
    reader = _plain if path.name.endswith(_SCHEMA) else _READERS.get(path.suffix.lower(), _binary)
    content = reader(path)
    content.say([path.name])
    return content


# --- tables -------------------------------------------------------------------------------


def _parquet(path: Path) -> Content:
    return _of_frame(pl.read_parquet(path))


def _csv(path: Path) -> Content:
    try:
        return _of_frame(pl.read_csv(path, infer_schema_length=None))
    except pl.exceptions.PolarsError:
        return _plain(path)


def _of_frame(frame: pl.DataFrame) -> Content:
    content, numbers = Content(), [np.zeros(0)]
    content.say(frame.columns)
    read = cs.string() | cs.categorical() | cs.enum() | cs.numeric()
    for column in frame.select(read.drop_nulls().unique().implode()).iter_columns():
        name, different = column.name.casefold(), column.item()
        if different.dtype.is_float() or different.dtype.is_decimal():
            numbers.append(different.cast(pl.Float64).to_numpy())
        else:
            values = list(map(str, different))
            content.under[name] = set(values)
            if not different.dtype.is_integer():
                content.alone.append(partial(list, values))
                content.say(values)
    content.numbers = np.concatenate(numbers)
    values = [name for name in _VALUES if name in frame.columns]
    if _ROW in frame.columns and values:
        shown = frame.filter(pl.any_horizontal(pl.col(values).is_not_null()))
        content.numbered = set(shown[_ROW].drop_nulls().cast(pl.String).to_list())
    return content


# --- texts --------------------------------------------------------------------------------


def _plain(path: Path) -> Content:
    return _of_text(path.read_text(encoding="utf-8", errors="replace"))


def _of_text(text: str) -> Content:
    content = Content()
    content.say([text])
    return content


def _markup(path: Path) -> Content:
    return _of_markup(path.read_text(encoding="utf-8", errors="replace"))


def _of_markup(
    text: str, attributes: re.Pattern[str] = _QUOTED, heard: re.Pattern[str] = _HEARD
) -> Content:
    """Markup, with the values of some ``attributes``, and of those that are texts of their own."""
    content = Content([unescape(text)], [lambda: _read_in_markup(text, attributes)])
    content.alone.append(lambda: _alone_in_markup(text, heard))
    if "data-row" in text:
        content.numbered = {
            unescape(name)
            for name, more, value in _ELEMENT.findall(text)
            if any(sign.isdigit() for sign in value) and not any(base in more for base in _BASES)
        }
    return content


def _read_in_markup(text: str, attributes: re.Pattern[str]) -> list[str]:
    """The text with a sign for each mark, and values of attributes."""
    return [unescape(_TAG.sub(_CELL_ENDS, text)), *map(unescape, set(attributes.findall(text)))]


def _alone_in_markup(text: str, attributes: re.Pattern[str]) -> set[str]:
    """Texts between two tags, and values of attributes. A number is one of a table, and no id."""
    found = {*_BETWEEN.findall(text), *attributes.findall(text)}
    return {said for value in found if not (said := unescape(value).strip()).isdigit()}


def _json(path: Path) -> Content:
    try:
        found = msgspec.json.decode(path.read_bytes())
    except (ValueError, msgspec.DecodeError):
        return _plain(path)
    content, leaves = Content(), _Leaves()
    leaves.take([found])
    content.say(leaves.said | leaves.keys)
    content.alone.append(lambda: leaves.said)
    content.numbers = np.concatenate([np.zeros(0), *leaves.numbers])
    content.numbered, content.under = leaves.numbered, leaves.under
    return content


#: Whatever JSON can hold but nothing.
_KINDS = frozenset((dict, list, str, int, bool, float))


class _Leaves(msgspec.Struct):
    """Every text and key of JSON; which results are there with a number; values by their key."""

    said: set[str] = msgspec.field(default_factory=set)
    keys: set[str] = msgspec.field(default_factory=set)
    numbers: list[Numbers] = msgspec.field(default_factory=list)
    numbered: set[str] = msgspec.field(default_factory=set)
    under: dict[str, set[str]] = msgspec.field(default_factory=dict)

    def take(self, values: Collection[Any], key: str | None = None) -> None:
        """Values of a list, or of one key of many objects: all of a table's column at once."""
        for kind in _KINDS.intersection(map(type, values)):
            some: list[Any] = [value for value in values if type(value) is kind]
            if kind is dict:
                self._objects(some)
            elif kind is list:
                self.take([*chain.from_iterable(some)])
            elif kind is float:
                self.numbers.append(np.array(some))
            else:
                self._plain(kind, set(some), key)

    def _plain(self, kind: type, some: set[Any], key: str | None) -> None:
        texts = set(map(str, some))
        if kind is str:
            self.said |= texts
        elif kind is int:
            self.numbers.append(np.array([*some], dtype=float))
        if key is not None:
            self.under.setdefault(key.casefold(), set()).update(texts)

    def _objects(self, some: list[dict[str, Any]]) -> None:
        keys = set(chain.from_iterable(some))
        self.keys |= keys
        if _ROW in keys:
            shown = [name for name in _VALUES if name in keys]
            self.numbered.update(
                str(each[_ROW])
                for each in some
                if _ROW in each and any(each.get(name) is not None for name in shown)
            )
        for key in keys:
            self.take([each[key] for each in some if key in each], key)


# --- documents and pictures ---------------------------------------------------------------


def _office(path: Path) -> Content:
    """A workbook or document: every part of it, the properties too."""
    content = Content()
    try:
        with zipfile.ZipFile(path) as parts:
            for name in parts.namelist():
                if name.endswith((".xml", ".rels", ".svg")):
                    text = parts.read(name).decode("utf-8", errors="replace")
                    if name.endswith(".svg"):
                        part = _of_markup(text)
                    else:
                        text = _cells_once(text) if _SHEETS in name else text
                        part = _of_markup(text, _TOLD, _TOLD)
                elif name.endswith(".png"):
                    part = _of_png(parts.read(name))
                else:
                    continue
                _add(content, part)
    except zipfile.BadZipFile:
        return _binary(path)
    return content


def _cells_once(text: str) -> str:
    """A worksheet with each cell that is said again left out: most of its rows are alike."""
    return _CELL.join(dict.fromkeys(text.split(_CELL)))


def _add(content: Content, part: Content) -> None:
    content.rough += part.rough
    content.exact += part.exact
    content.alone += part.alone
    content.numbered |= part.numbered


def _png(path: Path) -> Content:
    return _of_png(path.read_bytes())


def _of_png(data: bytes) -> Content:
    return _of_text("\n".join(_png_texts(data)))


def _png_texts(data: bytes) -> Iterator[str]:
    """The texts that a picture carries with it, compressed or not."""
    place = len(_PNG) if data.startswith(_PNG) else len(data)
    while place + 8 <= len(data):
        size = int.from_bytes(data[place : place + 4], "big")
        kind, body = data[place + 4 : place + 8], data[place + 8 : place + 8 + size]
        if kind == b"tEXt":
            yield body.decode("latin-1").replace("\x00", " ")
        elif kind in (b"zTXt", b"iTXt", b"eXIf"):
            yield from _unpacked(body)
        place += size + 12


def _unpacked(body: bytes) -> Iterable[str]:
    yield body.decode("utf-8", errors="ignore").replace("\x00", " ")
    start = body.find(b"\x78")
    if start >= 0:
        try:
            yield zlib.decompress(body[start:]).decode("utf-8", errors="ignore")
        except zlib.error:
            return


def _binary(path: Path) -> Content:
    return _of_text(path.read_bytes().decode("utf-8", errors="ignore"))


_READERS: Mapping[str, Callable[[Path], Content]] = {
    ".parquet": _parquet, ".csv": _csv, ".json": _json, ".html": _markup, ".svg": _markup,
    ".xml": _markup, ".xlsx": _office, ".docx": _office, ".png": _png, ".md": _plain,
    ".tex": _plain, ".txt": _plain, ".toml": _plain,
}  # fmt: skip
