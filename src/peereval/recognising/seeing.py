"""What can be seen of every export without a study: its columns, and the values of short ones."""

from collections.abc import Mapping, Sequence
from os.path import commonpath
from pathlib import Path

import polars as pl
from msgspec import Struct

from peereval.errors import Fault, SourceError
from peereval.labels import fold
from peereval.plurals import count_of
from peereval.reading.coding import as_text, as_texts
from peereval.reading.export import Export
from peereval.reading.formats import open_export
from peereval.recognising.guesses import Notes
from peereval.studies import Layout

#: A column with more different values than this is no question with options.
MOST_VALUES = 60
#: Cells that are held at once while columns are looked at.
_CELLS = 4_000_000
#: A sheet is an export too if it shares this part of its columns with the widest one.
_ALIKE = 0.6


class Column(Struct, frozen=True):
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


class Seen(Struct, frozen=True):
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


def see_exports(files: Sequence[Path], notes: Notes) -> list[Seen]:
    """Every export as it looks: of a workbook the widest sheet, and all with the same columns.

    Sheets that are left out are a question (REC023). Exports are named from the folder that they
    share. Raises ``SourceError`` with the faults of all files that cannot be read.
    """
    folder = shared_folder(files)
    seen: list[Seen] = []
    problems: list[Fault] = []
    for path in files:
        try:
            alike = _alike_sheets(path, notes)
            seen += [_see(path, folder, export) for export in alike]
        except SourceError as error:
            problems += error.faults
    if problems:
        raise SourceError(f"The exports have {count_of(len(problems), 'fault')}", problems)
    return seen


def shared_folder(files: Sequence[Path]) -> Path:
    """The deepest folder that all files are in."""
    return Path(commonpath([path.resolve().parent for path in files]))


def _alike_sheets(path: Path, notes: Notes) -> list[Export]:
    """The widest sheet of a workbook and those that share its columns; notes may be in front."""
    first = open_export(path)
    tables, left_out = [first], list[str]()
    for sheet in first.recognised.other_sheets:
        try:
            tables.append(open_export(path, Layout(sheet=sheet)))
        except SourceError:
            left_out.append(sheet)  # a cover, an empty sheet
    widest = max(tables, key=lambda table: len(table.columns))
    alike = [table for table in tables if _is_alike(table, widest)]
    left_out += [table.recognised.sheet for table in tables if table not in alike]
    if left_out:
        found = f"sheets without the columns of {widest.recognised.sheet!r} are left out: "
        fix = "If one of them holds responses, save it as a file of its own"
        notes.ask("REC023", found + ", ".join(map(repr, left_out)), fix, path.name)
    return alike


def _is_alike(table: Export, widest: Export) -> bool:
    shared = set(table.columns) & set(widest.columns)
    return len(shared) >= _ALIKE * max(len(table.columns), len(widest.columns))


def _see(path: Path, folder: Path, export: Export) -> Seen:
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
    sheet = export.recognised.sheet if export.recognised.other_sheets else ""
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
