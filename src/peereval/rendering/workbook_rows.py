"""The last worksheet of `tables.xlsx`: every released result, one row each.

There are thousands of rows, and XlsxWriter takes a second for what polars makes in a tenth of
it: the cells are made as XML, a column at a time, and put into the worksheet that it has written.
"""

import re
from collections.abc import Iterator
from html import escape

import polars as pl
from msgspec import Struct

from peereval.columns import RELEASED
from peereval.formulas import is_formula
from peereval.rendering.office import legal

#: What Excel takes: rows of a worksheet, and characters of a cell.
MOST_ROWS, LONGEST_TEXT = 1_048_576, 32_767
NUMBERS = frozenset(column.name for column in RELEASED if column.type != "text")
#: Width of a column in characters: of a number in full, the least, and where text is wrapped.
_NUMBER, _NARROWEST, _WIDEST = 22, 14, 90
#: Letters that find room in the width of a character, which is that of a digit of wide type.
_LETTERS = 1.25
#: What stands for a number that is not there, and for a text that is none.
_KEPT_BACK, _NOT_AVAILABLE, _NONE = _BLANKS = ("[c]", "[x]", "[z]")
#: The style of columns as XlsxWriter writes it, and how many texts a workbook has.
_STYLED = re.compile(rb'<col min="(\d+)" max="(\d+)"[^>]*? style="(\d+)"')
_REACH = re.compile(rb'( ref="[A-Z]+\d+:[A-Z]+)\d+(")')
_COUNTED = re.compile(rb'count="(\d+)" uniqueCount="(\d+)"')
_LAST_ROW, _LAST_TEXT = b"</sheetData>", b"</sst>"


class ResultRows(Struct, frozen=True):
    """Released results as they fit on a worksheet: texts in full or cut, none of them empty.

    ``left_out`` rows had no room; ``cut`` texts were too long for a cell; ``formulas`` are columns
    with a text that a spreadsheet would run if it were typed.
    """

    frame: pl.DataFrame
    left_out: int
    cut: int
    formulas: frozenset[str]

    @classmethod
    def of(cls, results: pl.DataFrame, room: int) -> "ResultRows":
        """The first ``room`` rows of released results."""
        names = [name for name in results.columns if name not in NUMBERS]
        frame = results.head(room)
        long = [frame.filter(pl.col(name).str.len_chars() > LONGEST_TEXT).height for name in names]
        frame = frame.with_columns(map(_text, names))
        run = (name for name in names if any(map(is_formula, frame[name].unique())))
        return cls(frame, results.height - frame.height, sum(long), frozenset(run))

    def widths(self) -> list[int]:
        """Characters that each column is wide."""
        longest = self.frame.select(pl.col(pl.String).str.len_chars().max()).row(0, named=True)
        return [
            _NUMBER if name in NUMBERS else min(max(longest[name] or 0, _NARROWEST), _WIDEST)
            for name in self.frame.columns
        ]

    def put_into(
        self, worksheet: bytes, texts: bytes, top: int, line: float
    ) -> tuple[bytes, bytes]:
        """A worksheet and the texts of its workbook with the rows, below row ``top`` (from 0).

        ``line`` is the height of a line in points: a row is as high as its longest text.
        """
        found = self.frame.select(pl.col(pl.String).unique().implode()).row(0)
        different = sorted(set(_BLANKS).union(*found))
        texts, first = _with_texts(texts, different, self.frame.height * self.frame.width)
        places = {text: str(place) for place, text in enumerate(different, first)}
        made = self.frame.select(_row(self, worksheet, places, top, line)).to_series()
        rows = "".join(made).encode()
        return worksheet.replace(_LAST_ROW, rows + _LAST_ROW), texts

    def whole_table(self, table: bytes, top: int) -> bytes:
        """The mark-up of a table of the first row, below row ``top`` (from 0), as one of all."""
        last = b"%d" % (top + 1 + self.frame.height)
        return _REACH.sub(lambda found: found[1] + last + found[2], table)


def _text(name: str) -> pl.Expr:
    """A text as long as a cell takes, with shorthand where there is none."""
    text = pl.col(name)
    if name == "marker":
        text = pl.when(text == "").then(text).otherwise("[" + text + "]")
    short = text.str.head(LONGEST_TEXT - 1) + "…"
    cut = pl.when(text.str.len_chars() > LONGEST_TEXT).then(short).otherwise(text)
    return pl.when(text == "").then(pl.lit(_NONE)).otherwise(cut).alias(name)


def _with_texts(shared: bytes, texts: list[str], cells: int) -> tuple[bytes, int]:
    """The texts of a workbook with more of them, and the place of the first that is new."""
    counted = _COUNTED.search(shared)
    assert counted
    used, first = map(int, counted.groups())
    totals = f'count="{used + cells}" uniqueCount="{first + len(texts)}"'.encode()
    one = '<si><t xml:space="preserve">'
    added = legal("".join(f"{one}{escape(text, quote=False)}</t></si>" for text in texts)).encode()
    return shared.replace(counted[0], totals, 1).replace(_LAST_TEXT, added + _LAST_TEXT), first


# --- a row as XML -----------------------------------------------------------------------------


def _row(
    rows: ResultRows, worksheet: bytes, places: dict[str, str], top: int, line: float
) -> pl.Expr:
    """A row of the worksheet: its number, its height if it has several lines, its cells."""
    old = pl.Series(list(places), dtype=pl.String)
    new = pl.Series(list(places.values()), dtype=pl.String)
    cells = [
        _number_cell(name, style, places) if name in NUMBERS else
        _open(style, ' t="s"') + pl.col(name).replace_strict(old, new, return_dtype=pl.String)
        for name, style in zip(rows.frame.columns, _styles(worksheet), strict=True)
    ]  # fmt: skip
    number = pl.int_range(top + 2, pl.len() + top + 2).cast(pl.String)
    end = pl.lit("</v></c>")
    parts = [part for cell in cells for part in (cell, end)]
    high = _height(rows, line)
    return pl.concat_str(pl.lit('<row r="'), number, pl.lit('"'), high, *parts, pl.lit("</row>"))


def _open(style: str, kind: str = "") -> pl.Expr:
    return pl.lit(f'<c s="{style}"{kind}><v>')


def _number_cell(name: str, style: str, places: dict[str, str]) -> pl.Expr:
    """A number in full, or the shorthand that says why there is none."""
    value = pl.col(name)
    unknown = {mark: pl.lit(f'<c s="{style}" t="s"><v>{places[mark]}') for mark in _BLANKS}
    kept_back = (pl.col("status") == "suppressed") | (pl.col("marker") == _KEPT_BACK)
    if name == "n_organisations":  # 0 where none are counted, and where the base is kept back
        value = pl.when(value > 0).then(value)
        kept_back &= pl.col("n").is_null()
    blank = (
        pl.when(kept_back).then(unknown[_KEPT_BACK])
        .when(pl.col("status") == "not_estimable").then(unknown[_NOT_AVAILABLE])
        .otherwise(unknown[_NONE])
    )  # fmt: skip
    there = value.is_not_null() & value.is_finite()
    return pl.when(there).then(_open(style) + value.cast(pl.String)).otherwise(blank)


def _height(rows: ResultRows, line: float) -> pl.Expr:
    """The end of a row's opening tag, with a height where a text takes several lines."""
    lines = pl.max_horizontal(
        (pl.col(name).str.len_chars() / (width * _LETTERS)).ceil()
        for name, width in zip(rows.frame.columns, rows.widths(), strict=True)
        if name not in NUMBERS
    )
    high = pl.lit(' ht="') + (lines * line).ceil().cast(pl.String) + '" customHeight="1">'
    return pl.when(lines > 1).then(high).otherwise(pl.lit(">"))


def _styles(worksheet: bytes) -> Iterator[str]:
    """The style of each column of a worksheet, as XlsxWriter numbered it."""
    for first, last, style in _STYLED.findall(worksheet):
        for _ in range(int(first), int(last) + 1):
            yield style.decode()
