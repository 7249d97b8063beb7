"""SPSS files (.sav): value labels stand for the numbers that they name."""

import warnings
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import reduce
from operator import and_
from pathlib import Path
from typing import Any

import polars as pl
from msgspec import Struct

from peereval.errors import SourceError
from peereval.labels import fold
from peereval.reading.coding import as_text
from peereval.reading.export import HEADER, Cells, Export, Recognised, library, named, responses
from peereval.reading.headings import marks
from peereval.reading.platforms import one_line, recognise_platform
from peereval.reading.sav import check_dictionary
from peereval.reading.unpacking import refuse_large
from peereval.studies import AS_FOUND, Layout

#: What is tried where text is not in the encoding that the file declares.
_OTHER = "WINDOWS-1252"
_ASSUMED = "Read as Windows-1252, which is assumed: it is not in the encoding that it declares"
#: Every byte is a letter of this one, so that nothing is lost.
_BYTES = "LATIN1"


#: Formats in which seconds stand for a day, a moment and a time; from the first day of SPSS.
_DAYS = ("DATE", "ADATE", "EDATE", "SDATE", "JDATE", "MOYR", "QYR", "WKYR")
_MOMENTS = ("DATETIME", "YMDHMS")
_TIME = "TIME"
_FIRST_DAY = datetime(1582, 10, 14)
_DAY = 24 * 60 * 60


class _Column(Struct, frozen=True):
    """What the values of a column stand for.

    ``format``: how SPSS shows a number. ``ranges``: lowest and highest of the values that are
    declared to be no answer.
    """

    format: str
    labels: Mapping[Any, str]
    ranges: list[tuple[Any, Any]]

    def is_missing(self, value: Any) -> bool:
        """Whether a value is declared to be no answer."""
        return any(isinstance(value, type(lo)) and lo <= value <= hi for lo, hi in self.ranges)

    def text(self, value: Any) -> str:
        """A value as its label or itself; one that is no answer never as the label of one."""
        label = self.labels.get(value)
        if label is None or (self.is_missing(value) and fold(label) in self.answers):
            return _in_format(value, self.format)
        return label

    @property
    def answers(self) -> set[str]:
        """Folded labels of what is an answer."""
        return {fold(label) for value, label in self.labels.items() if not self.is_missing(value)}


def _in_format(value: Any, shown: str) -> str:
    """A number as a day, a moment or a time if it is shown as one and there is such a day."""
    if not isinstance(value, float):
        return as_text(value)
    try:
        if shown in _DAYS:
            return (_FIRST_DAY + timedelta(seconds=value)).date().isoformat()
        if shown in _MOMENTS:
            return (_FIRST_DAY + timedelta(seconds=value)).isoformat()
        if shown == _TIME and 0 <= value < _DAY:
            return (_FIRST_DAY + timedelta(seconds=value)).time().isoformat()
    except (OverflowError, ValueError):
        pass  # beyond the year 9999: a slip, shown as the number that it is
    return as_text(value)


def open_spss(path: Path, layout: Layout = AS_FOUND) -> Export:
    """An SPSS export. A labelled number is read as its label.

    What the file declares to be no answer stays apart from blanks: its text is in the cells,
    and in ``missing`` of the export.
    """
    check_dictionary(path)
    encoding, notes = _encoding(path, layout)
    meta = _load(path, encoding, metadataonly=True)[1]
    names = named(path, meta.column_names)
    kinds = {name: _column(meta, name) for name in names}
    platform = recognise_platform([list(names)])

    def read(wanted: list[str]) -> Cells:
        return _read(path, encoding, kinds, wanted)

    questions = {name: one_line(meta.column_names_to_labels.get(name) or "") for name in names}
    return Export(
        path.name,
        list(names),
        read,
        Recognised(
            "SPSS",
            platform.platform if platform else "",
            meta.file_encoding or "",
            notes=(*notes, *(platform.notes if platform else ())),
        ),
        {name: text for name, text in questions.items() if text},
        _missing(path, encoding, kinds),
        {
            name: {as_text(value): label for value, label in kind.labels.items()}
            for name, kind in kinds.items()
            if kind.labels
        },
        *marks(dict(enumerate(names)), platform),
    )


# --- the file -----------------------------------------------------------------------------


def _load(path: Path, encoding: str | None, **what: Any) -> tuple[Mapping[str, list[Any]], Any]:
    """Columns and what is known of them; ``SourceError`` whatever the library raises."""
    import pyreadstat

    whole = library(path, "it is not a whole SPSS file", "Save it again as .sav")
    with whole, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they would go to the screen
        data, meta = pyreadstat.read_sav(
            str(path),
            user_missing=True,
            output_format="dict",
            encoding=encoding,
            disable_datetime_conversion=True,
            **what,
        )
    return data, meta


def _encoding(path: Path, layout: Layout) -> tuple[str | None, tuple[str, ...]]:
    """The encoding to read a file in, none for the one that it declares; and a note on it.

    Where text is not in the encoding that is declared, the library fails or, worse, leaves
    the text out.
    """
    if layout.encoding:
        what = f"the study says that its encoding is {layout.encoding!r}, and it cannot be read so"
        with library(path, what, "Mend encoding = in the study", "017"):
            _texts(path, layout.encoding)
        return layout.encoding, ()
    written = _texts(path, _BYTES)
    if all(map(str.isascii, written)):
        return None, ()
    try:
        read = _texts(path, None)
    except SourceError:
        return _OTHER, (_ASSUMED,)
    lost = any(text and not kept for text, kept in zip(written, read, strict=False))
    return (_OTHER, (_ASSUMED,)) if lost else (None, ())


def _texts(path: Path, encoding: str | None) -> list[str]:
    """All text in a file: labels, and what is in columns of text."""
    _, meta = _load(path, encoding, metadataonly=True)
    width = sum(meta.variable_storage_width.values())
    refuse_large(path, max(meta.number_rows or 0, 0) * width)
    kinds = meta.readstat_variable_types
    data, _ = _load(path, encoding, usecols=[name for name in kinds if kinds[name] == "string"])
    labels = [label for each in meta.variable_value_labels.values() for label in each.values()]
    cells = [cell for column in data.values() for cell in column]
    return [text or "" for text in (*labels, *meta.column_labels, *cells)]


# --- columns and cells --------------------------------------------------------------------


def _column(meta: Any, name: str) -> _Column:
    ranges = [(each["lo"], each["hi"]) for each in meta.missing_ranges.get(name, [])]
    labels = meta.variable_value_labels.get(name, {})
    shown = meta.original_variable_types.get(name, "").rstrip("0123456789.")
    return _Column(shown, {value: str(label) for value, label in labels.items()}, ranges)


def _missing(
    path: Path, encoding: str | None, kinds: Mapping[str, _Column]
) -> dict[str, frozenset[str]]:
    """Column -> folded texts of its values that are declared to be no answer."""
    wide = [name for name, kind in kinds.items() if any(lo != hi for lo, hi in kind.ranges)]
    data = _load(path, encoding, usecols=wide)[0] if wide else {}
    found = {}
    for name, kind in kinds.items():
        values = {*kind.labels, *data.get(name, ()), *(lo for lo, hi in kind.ranges if lo == hi)}
        texts = {fold(kind.text(value)) for value in values if kind.is_missing(value)}
        if texts:
            found[name] = frozenset(texts)
    return found


def _read(
    path: Path, encoding: str | None, kinds: Mapping[str, _Column], wanted: list[str]
) -> Cells:
    frame = _frame(path, encoding, {name: kinds[name] for name in wanted})
    rows = pl.int_range(HEADER + 1, HEADER + 1 + frame.height, dtype=pl.Int64, eager=True)
    if _is_blank(frame).any():
        # They look blank; only the other columns say whether they are.
        keep = ~_is_blank(_frame(path, encoding, kinds))
        frame, rows = frame.filter(keep), rows.filter(keep)
    return responses(path, frame, rows)


def _frame(path: Path, encoding: str | None, kinds: Mapping[str, _Column]) -> pl.DataFrame:
    data, _ = _load(path, encoding, usecols=list(kinds))
    columns = []
    for name, kind in kinds.items():
        texts = {value: kind.text(value) for value in set(data[name])}
        cells = [texts[value] for value in data[name]]
        columns.append(pl.Series(name, cells, dtype=pl.String))
    return pl.DataFrame(columns)


def _is_blank(frame: pl.DataFrame) -> pl.Series:
    return reduce(and_, (column.str.strip_chars() == "" for column in frame))
