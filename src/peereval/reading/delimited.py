"""Delimited text: CSV with comma, semicolon or tab."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import polars as pl
import pyarrow as pa
from msgspec import Struct, field
from pyarrow import csv as arrow_csv

from peereval.errors import Fault, SourceError
from peereval.plurals import count_of
from peereval.reading.encoding import Text, as_utf8, lines, recognise_text, too_long
from peereval.reading.export import (
    Cells,
    Export,
    Recognised,
    many_rows,
    refused,
    responses,
    without_errors,
    without_headings,
)
from peereval.reading.headings import SAMPLE, Columns, as_export, find_columns, header_position
from peereval.reading.unpacking import BLOCK
from peereval.studies import AS_FOUND, Layout

_DELIMITERS = ",;\t"
_IN_WORDS = {"\t": "tab"}
_NAMED = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";"}
#: Characters that are looked at to find the delimiter and the headings.
_SAMPLE = 4 * BLOCK
_WITH_COMMA = re.compile(r"-?\d+,\d+")
_WITHOUT = re.compile(r"-?\d+")
_NO_ROWS = pl.Series("rows", [], dtype=pl.Int64)


class _Source(Struct, frozen=True):
    """A text whose columns are known; ``block``: bytes that hold its longest row."""

    text: Text
    delimiter: str
    columns: Columns
    block: int


def open_delimited(path: Path, layout: Layout = AS_FOUND) -> Export:
    """A text export; the delimiter is the one that parts its rows into most columns.

    Every cell is text: an id 0012 stays 0012, an answer None is an answer. A row with
    more cells than the header is a fault, for its answers may have moved; one with fewer
    is completed with blanks, as spreadsheets leave out the last ones, and a finding.
    """
    text = recognise_text(path, layout.encoding)
    delimiter, rows = _sample(text, layout)
    columns = find_columns(path, rows, layout)
    source = _Source(text, delimiter, columns, _block(text, rows))

    def read(wanted: list[str]) -> Cells:
        if len(rows) < columns.first_row:
            return responses(path, pl.DataFrame(schema=dict.fromkeys(wanted, pl.String)), _NO_ROWS)
        return _read_wanted(source, wanted)

    recognised = Recognised(
        "CSV",
        encoding=text.encoding,
        delimiter=_IN_WORDS.get(delimiter, delimiter),
        decimal=layout.decimal or _decimal(rows[columns.first_row - 1 :], delimiter),
        compression="gzip" if text.compressed else "",
        notes=text.notes,
    )
    return as_export(path, columns, read, recognised)


def _read_wanted(source: _Source, wanted: list[str]) -> Cells:
    text = source.text
    if text.quotes:
        _find_open_quote(source)
    positions = {name: source.columns.positions[name] for name in wanted}
    table = _read(source, positions)
    blank = _blank_rows(table)
    if not blank.is_empty():
        # They look blank; only the other columns say whether they are.
        whole = _read(source, dict(source.columns.positions))
        table = _without(table, set(_blank_rows(whole).to_list()))
    frame, rows, findings = without_headings(text.path, table.frame, table.rows)
    findings += _short(text.path, table.short)
    if text.hashes:
        frame, errors = without_errors(text.path, frame, rows)
        findings += errors
    return responses(text.path, frame, rows, findings)


# --- delimiter and headings ---------------------------------------------------------------


def _sample(text: Text, layout: Layout) -> tuple[str, list[list[str]]]:
    """The delimiter, and the first rows as it parts them.

    A delimiter that only stands inside headings parts the header and not the rows, so
    the rows below it are asked too.
    """
    start, whole = _start(text)
    chosen = _NAMED.get(layout.delimiter, layout.delimiter) or text.delimiter
    if len(chosen) > 1 or chosen in ('"', "\r", "\n"):
        what = f"the study says that its delimiter is {layout.delimiter!r}"
        raise refused(text.path, "017", what, 'Write ",", ";" or "tab"')
    samples = {each: _records(start, each, whole) for each in chosen or _DELIMITERS}
    delimiter = max(samples, key=lambda each: _agreement(samples[each], layout))
    one_column = max(map(len, samples[delimiter]), default=0) < 2
    if start and one_column and not all(samples.values()):
        raise too_long(text.path)
    return delimiter, samples[delimiter]


def _start(text: Text) -> tuple[list[str], bool]:
    """The first lines, and whether there are no others."""
    taken, size = [], 0
    for line in lines(text):
        taken.append(line)
        size += len(line)
        if size > _SAMPLE:
            return taken, False
    return taken, True


def _records(start: Iterable[str], delimiter: str, whole: bool) -> list[list[str]]:
    """The first rows as a delimiter parts them; none if a cell is then far too long."""
    try:
        found = list(islice(csv.reader(start, delimiter=delimiter), SAMPLE + 1))
    except csv.Error:
        return []
    # The last one may go on where the sample ends.
    return found[:SAMPLE] if whole or len(found) > SAMPLE else found[:-1] or found


def _agreement(rows: list[list[str]], layout: Layout) -> tuple[float, int]:
    """Share of the rows that have as many cells as the header, and how many it has."""
    if max(map(len, rows), default=0) < 2:
        return (0, 1)
    top = header_position(rows, layout)
    width = len(rows[top]) if top >= 0 else 0
    filled = [row for row in rows[top + 1 :] if row]
    same = sum(len(row) == width for row in filled)
    return (same / len(filled) if filled and width > 1 else 0, width)


def _decimal(rows: Sequence[Sequence[str]], delimiter: str) -> str:
    """A comma, if some column has nothing but numbers and there is a comma in one of them."""
    if delimiter == ",":
        return ""
    for column in zip(*rows, strict=False):
        filled = [cell.strip() for cell in column if cell.strip()]
        parts = [cell for cell in filled if _WITH_COMMA.fullmatch(cell)]
        if parts and all(_WITHOUT.fullmatch(cell) for cell in filled if cell not in parts):
            return ","
    return ""


# --- rows ---------------------------------------------------------------------------------


class _Odd(Struct):
    """Rows that have not as many cells as the header: short ones, and numbers of long ones.

    A row whose surplus cells are blank is none of the long ones: some programs end every row
    but the header with a delimiter.
    """

    delimiter: str
    short: list[arrow_csv.InvalidRow] = field(default_factory=list)
    long: list[int] = field(default_factory=list)
    cells: int = 0

    def set_aside(self, row: arrow_csv.InvalidRow) -> str:
        if row.actual_columns < row.expected_columns or self._is_padded(row):
            self.short.append(row)
        else:
            self.cells = self.cells or row.actual_columns
            self.long.append(row.number)
        return "skip"

    def _is_padded(self, row: arrow_csv.InvalidRow) -> bool:
        cells = next(_parted(row.text, self.delimiter), [])
        return not any(map(str.strip, cells[row.expected_columns :]))


class _Table(Struct, frozen=True):
    """Columns of text, the row number of each row, and the numbers of those that were short."""

    frame: pl.DataFrame
    rows: pl.Series
    short: list[int]


def _block(text: Text, rows: list[list[str]]) -> int:
    longest = max(len("".join(row)) for row in rows)
    return max(BLOCK, 2 * text.blocks * BLOCK if text.blocks > 1 else 0, 8 * longest)


def _find_open_quote(source: _Source) -> None:
    """Refuse a quote that is never closed: it swallows every row after it without a word."""
    path, row = source.text.path, 1
    try:
        for _ in csv.reader(lines(source.text), delimiter=source.delimiter, strict=True):
            row += 1
    except csv.Error as error:
        if "limit" in str(error):
            raise too_long(path, row) from None
        what = "a quote is opened and not closed, here or below"
        raise refused(path, "015", what, "Close it, or export again", row) from None


def _read(source: _Source, wanted: dict[str, int]) -> _Table:
    names = [f"c{position}" for position in range(source.columns.width)]
    odd = _Odd(source.delimiter)
    included = [names[position] for position in wanted.values()]
    try:
        with as_utf8(source.text) as file:
            table = arrow_csv.read_csv(file, **_options(source, names, included, odd))
    except pa.ArrowException:
        # The library's own message may quote the cell: it must not reach a screen.
        what = "it is not a table of text"
        raise refused(source.text.path, "003", what, "Export it again") from None
    if odd.long:
        raise _too_long_rows(source.text.path, odd, source.columns.width)
    frame = pl.DataFrame(pl.from_arrow(table.rename_columns(list(wanted))))
    return _with_short_rows(source, frame, odd.short, wanted)


def _options(
    source: _Source, names: list[str], included: list[str], odd: _Odd
) -> dict[str, object]:
    return {
        # One thread, so that an odd row knows its number.
        "read_options": arrow_csv.ReadOptions(
            use_threads=False,
            column_names=names,
            skip_rows_after_names=source.columns.first_row - 1,
            block_size=source.block,
        ),
        "parse_options": arrow_csv.ParseOptions(
            delimiter=source.delimiter,
            newlines_in_values=True,
            ignore_empty_lines=False,
            invalid_row_handler=odd.set_aside,
        ),
        "convert_options": arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            include_columns=included,
            null_values=[],
            strings_can_be_null=False,
        ),
    }


def _too_long_rows(path: Path, odd: _Odd, width: int) -> SourceError:
    what = f"{count_of(odd.cells, 'cell')} under {count_of(width, 'column')}"
    fix = "Quote cells that hold the delimiter, or export again"
    return SourceError(f"{path.name} cannot be read", [many_rows(path, "014", what, fix, odd.long)])


def _with_short_rows(
    source: _Source,
    frame: pl.DataFrame,
    short: list[arrow_csv.InvalidRow],
    wanted: dict[str, int],
) -> _Table:
    """Number the rows, and put back in their place those that end early."""
    first = source.columns.first_row
    last = first + frame.height + len(short)
    rows = pl.int_range(first, last, dtype=pl.Int64, eager=True).alias("rows")
    if not short:
        return _Table(frame, rows, [])
    taken = pl.Series("rows", [row.number for row in short], dtype=pl.Int64)
    cells = [next(_parted(row.text, source.delimiter), []) for row in short]
    completed = pl.DataFrame(
        {n: [row[p] if p < len(row) else "" for row in cells] for n, p in wanted.items()},
        schema=dict.fromkeys(wanted, pl.String),
    )
    numbers = pl.concat([rows.filter(~rows.is_in(taken.to_list())), taken])
    order = numbers.arg_sort()
    ended = [
        row.number
        for row, cell in zip(short, cells, strict=True)
        if len(cell) < row.expected_columns and any(map(str.strip, cell))
    ]
    return _Table(pl.concat([frame, completed])[order], numbers[order], ended)


def _parted(row: str, delimiter: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(row, newline=""), delimiter=delimiter)


def _short(path: Path, numbers: list[int]) -> list[Fault]:
    if not numbers:
        return []
    rows = count_of(len(numbers), "row ends|rows end")
    what = f"{rows} before the last column; what is not there counts as blank"
    fix = "See that nothing is cut off, or export again"
    return [many_rows(path, "021", what, fix, numbers)]


def _blank_rows(table: _Table) -> pl.Series:
    """Row numbers where every column is blank."""
    frame, places = table.frame, pl.int_range(table.frame.height, eager=True)
    asked, names = 0, frame.columns[::-1]  # the id comes last, and few rows have none
    while asked < frame.width and len(places):
        # More columns each time: after a few hardly a row is left to look at.
        some = pl.col(names[asked : 3 * asked + 1]).gather(places)
        blank = frame.select(pl.all_horizontal(some.str.strip_chars() == "")).to_series()
        places, asked = places.filter(blank), 3 * asked + 1
    return table.rows.gather(places)


def _without(table: _Table, numbers: set[int]) -> _Table:
    keep = ~table.rows.is_in(list(numbers))
    return _Table(table.frame.filter(keep), table.rows.filter(keep), table.short)
