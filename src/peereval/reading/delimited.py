"""Delimited text: CSV with comma, semicolon or tab."""

import csv
from pathlib import Path

import polars as pl

from peereval.reading.export import Export, unreadable

_DELIMITERS = ",;\t"


def open_delimited(path: Path, _sheet: str = "") -> Export:
    """A UTF-8 text export, delimited by what its header holds most of: comma, semicolon, tab."""
    delimiter, header = _header(path)

    def read(columns: list[str]) -> pl.DataFrame:
        try:
            # Every cell as text: an id 0012 stays 0012, an answer None is an answer.
            return pl.read_csv(path, separator=delimiter, columns=columns, infer_schema=False)
        except pl.exceptions.PolarsError:
            # The library's own message may quote the cell: it must not reach a screen.
            raise _fault_in_rows(path, delimiter, len(header)) from None

    return Export(path.name, header, read)


def _header(path: Path) -> tuple[str, list[str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            delimiter = max(_DELIMITERS, key=first.count)
            file.seek(0)
            header = next(csv.reader(file, delimiter=delimiter), [])
    except UnicodeDecodeError:
        raise unreadable(path, "it is not UTF-8 text", "Export it again as CSV UTF-8") from None
    except csv.Error:
        raise unreadable(path, "the header is not a line of text", "Export it again") from None
    if not any(name.strip() for name in header):
        raise unreadable(path, "it has no header", "The first row must name the columns", 1)
    return delimiter, header


def _fault_in_rows(path: Path, delimiter: str, width: int) -> Exception:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for number, row in enumerate(csv.reader(file, delimiter=delimiter), 1):
                if len(row) > width:
                    return unreadable(
                        path,
                        f"{len(row)} cells under {width} columns",
                        "Quote cells that hold the delimiter, or export again",
                        number,
                    )
    except UnicodeDecodeError:
        return unreadable(path, "it is not UTF-8 text throughout", "Export it as CSV UTF-8")
    except csv.Error:
        pass
    return unreadable(path, "it is not a well-formed table", "Export it again as CSV UTF-8")
