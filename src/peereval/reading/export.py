"""One export as it is written, whatever its format."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import reduce
from operator import and_
from pathlib import Path

import polars as pl
from msgspec import Struct, field

from peereval.errors import Fault, SourceError
from peereval.plurals import count_of

#: Header row of a table that has nothing above it.
HEADER = 1

#: What a spreadsheet shows, and writes into a CSV file, where a formula fails.
ERRORS = ("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!")

#: Rows that a fault of many rows names, the first among them.
_SHOWN = 5


class Cells(Struct, frozen=True):
    """Columns of an export: text, or the numbers of a format that has types.

    ``rows`` are the row numbers as a spreadsheet shows them, one for each row of
    ``frame``. Rows without anything in them are left out, but not of Parquet, where a
    program and not a person made them. ``findings``: what only the rows could show, such as
    rows that end early, without a cell in it.
    """

    frame: pl.DataFrame
    rows: pl.Series
    findings: tuple[Fault, ...] = ()


class Recognised(Struct, frozen=True):
    """What an export was taken for, to be printed and kept: empty where it does not apply.

    ``format``: CSV, Excel, OpenDocument, Parquet or SPSS. ``platform``: the survey platform
    whose headers it has. ``header_row``: the row with the column names as a spreadsheet
    shows it; ``first_row``: the first row with answers. ``notes``: whatever else was met and
    dealt with, each a sentence without an answer in it.
    """

    format: str
    platform: str = ""
    encoding: str = ""
    delimiter: str = ""
    decimal: str = ""
    compression: str = ""
    sheet: str = ""
    other_sheets: tuple[str, ...] = ()
    header_row: int = HEADER
    first_row: int = HEADER + 1
    notes: tuple[str, ...] = ()


class Marks(Struct, frozen=True):
    """How a platform marks responses: a column, and the folded values that mean it.

    An empty text among the values stands for a blank cell.
    """

    column: str
    values: frozenset[str]


class Export(Struct, frozen=True):
    """An export whose columns are known and whose cells are read when asked for.

    ``questions``: column -> text of its question, where the export has both. ``missing``:
    column -> folded texts that the export itself declares to be no answer (SPSS user-missing).
    ``labels``: column -> number as text -> label, where the export itself declares them.
    ``tests`` and ``unfinished``: how the platform marks previews and unfinished responses.
    ``findings``: what is doubtful about the file, without an answer in it.
    """

    file: str
    columns: list[str]
    read: Callable[[list[str]], Cells]
    recognised: Recognised
    questions: Mapping[str, str] = field(default_factory=dict)
    missing: Mapping[str, frozenset[str]] = field(default_factory=dict)
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    tests: Marks | None = None
    unfinished: Marks | None = None
    findings: tuple[Fault, ...] = ()


def refused(
    path: Path, code: str, found: str, fix: str, row: int | None = None, column: str = ""
) -> SourceError:
    """The error for a file that cannot be read at all: one fault of the code ``SRC<code>``."""
    fault = Fault(f"SRC{code}", found, fix, path.name, row, column)
    return SourceError(f"{path.name} cannot be read", [fault])


@contextmanager
def library(path: Path, what: str, fix: str, code: str = "012") -> Iterator[None]:
    """Whatever a library raises inside, its panics included, becomes a ``SourceError``.

    A damaged file brings out more than a library says that it raises, and its message may
    quote cells: it must not reach a screen.
    """
    try:
        yield
    except Exception:
        raise refused(path, code, what, fix) from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise refused(path, code, what, fix) from None


def many_rows(
    path: Path,
    code: str,
    found: str,
    fix: str,
    rows: Iterable[int],
    column: str = "",
    sheet: str = "",
) -> Fault:
    """One fault of the code ``SRC<code>`` for all ``rows``, of which there is one at least."""
    listed = sorted(rows)
    first, *others = listed[:_SHOWN]
    n = len(listed)
    return Fault(
        f"SRC{code}", found, fix, path.name, first, column, n, sheet=sheet, others=tuple(others)
    )


def without_errors(
    path: Path,
    frame: pl.DataFrame,
    rows: pl.Series,
    known: Mapping[str, Iterable[int]] | None = None,
    sheet: str = "",
) -> tuple[pl.DataFrame, list[Fault]]:
    """Columns of text with a spreadsheet's errors blank, and a finding for each that has any.

    ``known``: column -> rows of errors that are blank already.
    """
    findings = []
    for name in frame.columns:
        written = rows.filter(frame[name].is_in(ERRORS)).to_list()
        there = [*written, *(known or {}).get(name, ())]
        if written:
            frame = frame.with_columns(pl.col(name).replace(dict.fromkeys(ERRORS, "")))
        if there:
            cells = count_of(len(there), "cell holds|cells hold")
            what = f"{cells} an error such as #N/A: counted as blank"
            fix = "Mend the formulas, or type the values"
            findings.append(many_rows(path, "024", what, fix, there, name, sheet))
    return frame, findings


def without_headings(
    path: Path, frame: pl.DataFrame, rows: pl.Series, sheet: str = ""
) -> tuple[pl.DataFrame, pl.Series, list[Fault]]:
    """Columns of text without rows that repeat the headings, and a finding if there are any.

    They come in when exports are put together by hand, one below the other.
    """
    if frame.width < 2 or not (frame.to_series() == frame.columns[0]).any():
        return frame, rows, []
    same = reduce(and_, (frame[name] == name for name in frame.columns))
    repeated = rows.filter(same).to_list()
    if not repeated:
        return frame, rows, []
    what = f"{count_of(len(repeated), 'row repeats|rows repeat')} the headings: left out"
    fix = "See that what stands below each is the same survey"
    fault = many_rows(path, "027", what, fix, repeated, sheet=sheet)
    return frame.filter(~same), rows.filter(~same), [fault]


def named(path: Path, header: Sequence[str], row: int = HEADER) -> dict[str, int]:
    """Column name -> position, of the columns that have a name.

    Raises ``SourceError`` if two share one, or if none has any.
    """
    names = [name.strip() for name in header]
    positions: dict[str, list[int]] = {}
    for position, name in enumerate(names):
        if name:
            positions.setdefault(name, []).append(position)
    repeated = [numbers for numbers in positions.values() if len(numbers) > 1]
    if repeated:
        fix = "Rename one, or put the headings above the answers"
        raise SourceError(
            f"{path.name} cannot be read",
            [Fault("SRC004", _alike(numbers), fix, path.name, row) for numbers in repeated],
        )
    if not positions:
        fix = "The first row must name the columns"
        raise refused(path, "006", "it has no header", fix, row)
    return {name: numbers[0] for name, numbers in positions.items()}


def _alike(positions: list[int]) -> str:
    """By position, not by name: where the headings are missing, they are somebody's answers."""
    places = " and ".join(str(position + 1) for position in positions)
    return f"columns {places} have the same heading"


def responses(
    path: Path,
    frame: pl.DataFrame,
    rows: pl.Series,
    findings: Iterable[Fault] = (),
    sheet: str = "",
) -> Cells:
    """Cells with their findings; that there is no response at all is one."""
    found = tuple(findings)
    if rows.is_empty():
        what = "there are headings and no responses"
        fix = "Export again, or leave the file out of the study"
        found = (*found, Fault("SRC020", what, fix, path.name, sheet=sheet))
    return Cells(frame, rows, found)
