"""Delimited text: CSV with comma, semicolon or tab."""

import csv
import io
from codecs import getincrementaldecoder
from functools import reduce
from itertools import islice
from operator import and_
from pathlib import Path

import polars as pl
import pyarrow as pa
from pyarrow import csv as arrow_csv

from peereval.reading.export import HEADER, Cells, Export, named, text_cells, unreadable

_DELIMITERS = ",;\t"
_SAMPLE = 20
_BLOCK = 1 << 20
_NOT_UTF8 = "it is not UTF-8 text throughout"


def open_delimited(path: Path, _sheet: str = "") -> Export:
    """A UTF-8 text export; the delimiter is the one that parts its header into most columns.

    Every cell is text: an id 0012 stays 0012, an answer None is an answer. A row with
    more cells than the header is a fault, for its answers may have moved; one with fewer
    is completed with blanks, as spreadsheets leave out the last ones.
    """
    delimiter, header, has_rows = _header(path)
    columns = named(path, header)

    def read(wanted: list[str]) -> Cells:
        if not has_rows:
            return text_cells([], [], dict.fromkeys(wanted, 0))
        _check_text(path, delimiter)
        cells = _read(path, delimiter, len(header), {name: columns[name] for name in wanted})
        blank = _blank_rows(cells)
        if blank.is_empty():
            return cells
        # They look blank; only the other columns say whether they are.
        whole = _read(path, delimiter, len(header), columns)
        empty = set(_blank_rows(whole).to_list())
        return Cells(*_without(cells, empty))

    return Export(path.name, list(columns), read)


def _header(path: Path) -> tuple[str, list[str], bool]:
    """The delimiter, the header as it parts it, and whether there are rows.

    A delimiter that only stands inside headings parts the header and not the rows, so
    the first rows are asked too.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            samples = {}
            for delimiter in _DELIMITERS:
                file.seek(0)
                samples[delimiter] = list(islice(csv.reader(file, delimiter=delimiter), _SAMPLE))
    except UnicodeDecodeError:
        raise unreadable(path, _NOT_UTF8, "Export it as CSV UTF-8") from None
    except csv.Error:
        raise unreadable(path, "the header is not a line of text", "Export it again") from None

    def agreement(delimiter: str) -> tuple[float, int]:
        header, *rows = samples[delimiter] or [[]]
        filled = [row for row in rows if row]
        same = sum(len(row) == len(header) for row in filled)
        return (same / len(filled) if filled and len(header) > 1 else 0, len(header))

    delimiter = max(_DELIMITERS, key=agreement)
    rows = samples[delimiter]
    return delimiter, next(iter(rows), []), len(rows) > 1


def _check_text(path: Path, delimiter: str) -> None:
    """Refuse what would be read wrongly without a word.

    Bytes that are not UTF-8, wherever they are; and a quote that is never closed, which
    swallows every row after it.
    """
    decoder, quotes = getincrementaldecoder("utf-8")(), 0
    try:
        with path.open("rb") as raw:
            for block in iter(lambda: raw.read(_BLOCK), b""):
                decoder.decode(block)
                quotes += block.count(b'"')
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise unreadable(path, _NOT_UTF8, "Export it as CSV UTF-8") from None
    if quotes:
        _find_open_quote(path, delimiter)


def _find_open_quote(path: Path, delimiter: str) -> None:
    row = HEADER
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for _ in csv.reader(file, delimiter=delimiter, strict=True):
                row += 1
    except csv.Error:
        what = "a quote is opened and not closed, here or below"
        raise unreadable(path, what, "Close it, or export again", row) from None


def _read(path: Path, delimiter: str, width: int, wanted: dict[str, int]) -> Cells:
    names = [f"c{position}" for position in range(width)]
    odd: list[arrow_csv.InvalidRow] = []

    def set_aside(row: arrow_csv.InvalidRow) -> str:
        odd.append(row)
        return "skip"

    try:
        table = arrow_csv.read_csv(
            path,
            # One thread, so that an odd row knows its number.
            read_options=arrow_csv.ReadOptions(
                use_threads=False, column_names=names, skip_rows_after_names=HEADER
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=delimiter,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=set_aside,
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                include_columns=[names[position] for position in wanted.values()],
                null_values=[],
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid:
        # The library's own message may quote the cell: it must not reach a screen.
        raise unreadable(path, "it is not a table of text", "Export it again") from None
    frame = pl.DataFrame(pl.from_arrow(table)).rename(
        {names[position]: name for name, position in wanted.items()}
    )
    long = [row for row in odd if row.actual_columns > row.expected_columns]
    if long:
        what = f"{long[0].actual_columns} cells under {width} columns"
        fix = "Quote cells that hold the delimiter, or export again"
        raise unreadable(path, what, fix, long[0].number)
    try:
        return _with_short_rows(frame, odd, delimiter, wanted)
    except csv.Error:
        what = "a quote is opened and never closed"
        raise unreadable(path, what, "Close it, or export again", odd[-1].number) from None


def _with_short_rows(
    frame: pl.DataFrame, short: list[arrow_csv.InvalidRow], delimiter: str, wanted: dict[str, int]
) -> Cells:
    """Number the rows, and put back in their place those that end early."""
    last = HEADER + frame.height + len(short)
    rows = pl.int_range(HEADER + 1, last + 1, dtype=pl.Int64, eager=True).alias("rows")
    if not short:
        return Cells(frame, rows)
    taken = pl.Series("rows", [row.number for row in short], dtype=pl.Int64)
    cells = [
        next(csv.reader(io.StringIO(row.text), delimiter=delimiter, strict=True), [])
        for row in short
    ]
    completed = pl.DataFrame(
        {n: [row[p] if p < len(row) else "" for row in cells] for n, p in wanted.items()},
        schema=dict.fromkeys(wanted, pl.String),
    )
    numbers = pl.concat([rows.filter(~rows.is_in(taken.to_list())), taken])
    order = numbers.arg_sort()
    return Cells(pl.concat([frame, completed])[order], numbers[order])


def _blank_rows(cells: Cells) -> pl.Series:
    """Row numbers where every column is blank."""
    blank = reduce(and_, (column.str.strip_chars() == "" for column in cells.frame))
    return cells.rows.filter(blank)


def _without(cells: Cells, numbers: set[int]) -> tuple[pl.DataFrame, pl.Series]:
    keep = ~cells.rows.is_in(list(numbers))
    return cells.frame.filter(keep), cells.rows.filter(keep)
