"""What a file says to whoever opens it: texts, whole texts, numbers, whatever its format is."""

import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from html import unescape
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

_TAG = re.compile(r"<[^>]*>")
_BETWEEN = re.compile(r">([^<>]+)<")
_QUOTED = re.compile(r"=\"([^\"]*)\"")
#: An element that names the result it shows a number of (not its base), and what it shows.
_ELEMENT = re.compile(r"<[^>]*\bdata-row=\"([^\"]+)\"([^>]*)>([^<]*)")
_BASES = ('data-field="n"', 'data-field="n_organisations"', 'data-field="note"')
_PNG = b"\x89PNG\r\n\x1a\n"
_ROW, _VALUES = "estimate_id", ("estimate", "std_error", "statistic", "df", "p_value", "ci_low",
                                "ci_high")  # fmt: skip

Numbers = NDArray[np.float64]


@dataclass(slots=True)
class Content:
    """What is in a file.

    ``texts``: everything that can be read; ``alone``: those that stand by themselves, such as
    cells of a table; ``numbers``: those that are numbers to the file itself; ``numbered``: results
    (`estimate_id`) shown with a number; ``under``: values by the heading of their column, or key.
    """

    texts: list[str] = field(default_factory=list)
    alone: list[Callable[[], Iterable[str]]] = field(default_factory=list)
    numbers: Numbers = field(default_factory=lambda: np.zeros(0))
    numbered: set[str] = field(default_factory=set)
    under: dict[str, set[str]] = field(default_factory=dict)

    def cells(self) -> set[str]:
        """Texts that stand by themselves; looked for only when they are asked for."""
        return {cell for find in self.alone for cell in find()}


def read_content(path: Path) -> Content:
    """The content of a file by its ending; of one that is not known every text in it."""
    reader = _READERS.get(path.suffix.lower(), _binary)
    content = reader(path)
    content.texts.append(path.name)
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
    content = Content(texts=list(frame.columns))
    for column in frame.iter_columns():
        if column.dtype == pl.String or column.dtype in (pl.Categorical, pl.Enum):
            values = column.drop_nulls().cast(pl.String).unique().to_list()
            content.alone.append(partial(list, values))
            content.texts += values
            content.under[column.name.casefold()] = {value.casefold() for value in values}
        elif column.dtype.is_integer():
            listed = column.drop_nulls().unique().to_list()
            content.under[column.name.casefold()] = set(map(str, listed))
        elif column.dtype.is_numeric():
            known = column.drop_nulls().cast(pl.Float64).to_numpy()
            content.numbers = np.concatenate([content.numbers, known])
    values = [name for name in _VALUES if name in frame.columns]
    if _ROW in frame.columns and values:
        shown = frame.filter(pl.any_horizontal(pl.col(values).is_not_null()))
        content.numbered = set(shown[_ROW].drop_nulls().cast(pl.String).to_list())
    return content


# --- texts --------------------------------------------------------------------------------


def _plain(path: Path) -> Content:
    return _of_text(path.read_text(encoding="utf-8", errors="replace"))


def _of_text(text: str) -> Content:
    return Content(texts=[text])


def _markup(path: Path) -> Content:
    return _of_markup(path.read_text(encoding="utf-8", errors="replace"))


def _of_markup(text: str) -> Content:
    content = Content([unescape(_TAG.sub(" ", text)), *map(unescape, set(_QUOTED.findall(text)))])
    content.alone.append(lambda: _alone_in_markup(text))
    content.numbered = {
        unescape(name)
        for name, more, value in _ELEMENT.findall(text)
        if any(sign.isdigit() for sign in value) and not any(base in more for base in _BASES)
    }
    return content


def _alone_in_markup(text: str) -> set[str]:
    """Texts between two tags, and values of attributes. A number is one of a table, and no id."""
    found = {*_BETWEEN.findall(text), *_QUOTED.findall(text)}
    return {said for value in found if not (said := unescape(value).strip()).isdigit()}


def _json(path: Path) -> Content:
    try:
        found = msgspec.json.decode(path.read_bytes())
    except (ValueError, msgspec.DecodeError):
        return _plain(path)
    content, numbers, said = Content(), list[float](), set[str]()
    for value in _leaves(found, content.numbered, content.under):
        if isinstance(value, str):
            said.add(value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            numbers.append(float(value))
    content.texts = list(said)
    content.alone.append(lambda: said)
    content.numbers = np.array(numbers, dtype=float)
    return content


def _leaves(found: Any, numbered: set[str], under: dict[str, set[str]]) -> Iterator[Any]:
    """Every key and value; which results are there with a number; and values by their key."""
    if isinstance(found, Mapping):
        if _ROW in found and any(found.get(name) is not None for name in _VALUES):
            numbered.add(str(found[_ROW]))
        for key, value in found.items():
            yield key
            if isinstance(value, str | int):
                under.setdefault(key.casefold(), set()).add(str(value).casefold())
            yield from _leaves(value, numbered, under)
    elif isinstance(found, list):
        for value in found:
            yield from _leaves(value, numbered, under)
    else:
        yield found


# --- documents and pictures ---------------------------------------------------------------


def _office(path: Path) -> Content:
    """A workbook or document: every part of it, the properties too."""
    content = Content()
    try:
        with zipfile.ZipFile(path) as parts:
            for name in parts.namelist():
                if name.endswith((".xml", ".rels", ".svg")):
                    part = _of_markup(parts.read(name).decode("utf-8", errors="replace"))
                elif name.endswith(".png"):
                    part = _of_png(parts.read(name))
                else:
                    continue
                _add(content, part)
    except zipfile.BadZipFile:
        return _binary(path)
    return content


def _add(content: Content, part: Content) -> None:
    content.texts += part.texts
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
