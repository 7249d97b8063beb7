"""What can be seen of every export without a study: its columns, and the values of short ones."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from os.path import commonpath
from pathlib import Path

import polars as pl

from peereval.errors import Fault, SourceError
from peereval.labels import fold
from peereval.reading.coding import as_text, as_texts
from peereval.reading.export import Export
from peereval.reading.formats import open_export
from peereval.studies import Layout

#: A column with more different values than this is no question with options.
MOST_VALUES = 60
#: Cells that are held at once while columns are looked at.
_CELLS = 4_000_000
#: A sheet beside the first is an export too if it shares this part of its columns.
_ALIKE = 0.6


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an export: how full it is, and its values where they are few.

    ``asked`` is the text of its question, or its name where the export has no other.
    ``values``: text as written -> number of rows, most frequent first; empty where there are
    too many to be options; ``folded``: the same as answers are compared. ``labels``: number as
    text -> label, where the export declares them.
    """

    name: str
    asked: str
    rows: int
    answered: int
    distinct: int
    values: Mapping[str, int]
    folded: Mapping[str, int]
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Seen:
    """One export (one sheet of a workbook), and what each of its columns looks like."""

    path: Path
    file: str
    sheet: str
    export: Export
    rows: int
    columns: Mapping[str, Column]

    @property
    def name(self) -> str:
        """Its name without folder, with the sheet where there are several."""
        return f"{self.path.name} {self.sheet}".strip()


def see_exports(files: Sequence[Path]) -> list[Seen]:
    """Every export as it looks, further sheets with the same columns included.

    They are named from the folder that they share. Raises ``SourceError`` with the faults of
    all files that cannot be read.
    """
    folder = shared_folder(files)
    seen: list[Seen] = []
    problems: list[Fault] = []
    for path in files:
        try:
            first = open_export(path)
            seen.append(_see(path, folder, "", first))
            seen += _see_sheets(path, folder, first)
        except SourceError as error:
            problems += error.faults
    if problems:
        raise SourceError(f"The exports have {len(problems)} fault(s)", problems)
    return seen


def shared_folder(files: Sequence[Path]) -> Path:
    """The deepest folder that all files are in."""
    return Path(commonpath([path.resolve().parent for path in files]))


def _see_sheets(path: Path, folder: Path, first: Export) -> Iterable[Seen]:
    for sheet in first.recognised.other_sheets:
        try:
            export = open_export(path, Layout(sheet=sheet))
        except SourceError:
            continue  # notes, a cover, an empty sheet
        shared = set(export.columns) & set(first.columns)
        if len(shared) >= _ALIKE * max(len(export.columns), len(first.columns)):
            yield _see(path, folder, sheet, export)


def _see(path: Path, folder: Path, sheet: str, export: Export) -> Seen:
    columns: dict[str, Column] = {}
    rows, waiting = 0, list(export.columns)
    together = len(waiting)
    # A large export is looked at some columns at a time; how large shows with the first.
    if path.stat().st_size > _CELLS:
        together = 8
    while waiting:
        some, waiting = waiting[:together], waiting[together:]
        frame = export.read(some).frame
        rows = frame.height
        together = max(8, _CELLS // max(1, rows))
        columns |= {name: _look(export, frame[name]) for name in some}
    file = path.resolve().relative_to(folder).as_posix()
    sheet = sheet or (export.recognised.sheet if export.recognised.other_sheets else "")
    return Seen(path, file, sheet, export, rows, columns)


def _look(export: Export, cells: pl.Series) -> Column:
    name = cells.name
    unanswered = export.missing.get(name, frozenset())
    counts = cells.alias("value").value_counts(name="n").rows()
    few: dict[str, int] = {}
    blank = distinct = 0
    for value, n in counts:
        text = value.strip() if isinstance(value, str) else as_text(value)
        if not text or (unanswered and fold(text) in unanswered):
            blank += n
            continue
        distinct += 1
        if distinct <= MOST_VALUES:
            few[text] = few.get(text, 0) + n
    values = dict(sorted(few.items(), key=lambda pair: (-pair[1], pair[0])))
    if distinct > MOST_VALUES:
        values = {}
    folded: dict[str, int] = {}
    for text, n in values.items():
        folded[fold(text)] = folded.get(fold(text), 0) + n
    return Column(
        name=name,
        asked=" ".join(export.questions.get(name, name).split()) or name,
        rows=cells.len(),
        answered=cells.len() - blank,
        distinct=distinct,
        values=values,
        folded=folded,
        labels=export.labels.get(name, {}),
    )


def read_texts(seen: Seen, column: str) -> pl.Series:
    """The cells of a column as text, blanks missing."""
    trimmed = as_texts(seen.export.read([column]).frame[column]).str.strip_chars()
    return pl.select(pl.when(trimmed != "").then(trimmed)).to_series().alias(column)
