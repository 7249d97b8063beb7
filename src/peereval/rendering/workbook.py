"""`tables.xlsx`: every table of a report, to the government's checklist for spreadsheets.

The checklist is that of the Analysis Function, "Making spreadsheets accessible: a brief checklist
of the basics": tables marked up and named, one on a worksheet with one row of headings, nothing
merged, blank or hidden, no filters or frozen panes (but for the last worksheet, which holds every
result: nobody reads thousands of rows without), notes on a worksheet of their own, shorthand
in brackets, title and language in the properties, the cursor in A1.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache, cached_property, partial
from html import escape
from io import BytesIO
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from peereval.composing import Cell, Report, Table
from peereval.formulas import is_formula
from peereval.publishing import Publication
from peereval.rendering.cells import as_numbers, headings, shown
from peereval.rendering.numbering import Numbered, numbered
from peereval.rendering.office import MADE, legal, parts_of, zipped
from peereval.rendering.workbook_rows import LONGEST_TEXT, MOST_ROWS, NUMBERS, ResultRows
from peereval.wording import Words

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

#: Settings of a format of XlsxWriter.
Look = dict[str, Any]
#: Makes a format of settings that come to those of a column.
Style = Callable[..., "Format"]
_CORE, _TEXTS = "docProps/core.xml", "xl/sharedStrings.xml"
_NUMBERED = ("xl/worksheets/sheet", "xl/tables/table")
_SIZE = 12
_FONT = {"font_name": "Arial", "font_size": _SIZE, "valign": "top"}
#: Characters that the name of a worksheet may not have, and its longest length.
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\']")
_LONGEST_NAME = 31
_SENTENCE = re.compile(r"(?<=[.?!]) (?=[A-Z])")
_CLAUSE = re.compile(r"(?<=[:;]) ")
#: Excel cuts off headings of marked-up tables here.
_LONGEST_HEADING = 255
#: Widths of columns, in characters of the font of the file.
_NARROWEST, _WIDEST_NUMBER, _FIRST, _WIDEST, _PROSE = 11, 24, 34, 60, 100
_SCREEN = 150
#: Width of a column that is as wide as the text on a page of A4.
_PAPER = 70
#: How much wider a character is in the font of the tables, and how high a line, in its size.
_ARIAL, _LEADING = 1.2, 1.35
_LINE = _SIZE * _LEADING
#: Rows above those of results, at the most; the paper they are printed on, so many pages wide.
_ABOVE, _A3, _PAGES = 30, 8, 4


def write_workbook(report: Report, publication: Publication, words: Words, path: Path) -> None:
    """Write the tables of a report, and those behind its figures, as a workbook.

    Numbers are written as numbers, in full, with the decimals that the report shows; cells
    without a number hold their shorthand. The same report gives the same bytes.
    """
    path.write_bytes(workbook(report, publication, words))


def workbook(report: Report, publication: Publication, words: Words) -> bytes:
    """The workbook as bytes; see `write_workbook`."""
    from xlsxwriter import Workbook

    made = BytesIO()
    book = Workbook(made, {"in_memory": True, "strings_to_urls": False})
    book.set_size(2400, 1600)
    book.set_properties({"title": legal(report.title), "author": "", "created": MADE})
    results = ResultRows.of(publication.results, MOST_ROWS - _ABOVE)
    top = _Book(book, report, publication, words, results).fill()
    book.close()
    parts = parts_of(made)
    _finish(parts, report.language, results, top)
    return zipped(parts)


def _finish(parts: dict[str, bytes], language: str, results: ResultRows, top: int) -> None:
    """Put in what XlsxWriter does not write: the language, and the rows of results."""
    stated = f"<dc:language>{escape(language)}</dc:language></cp:coreProperties>".encode()
    parts[_CORE] = parts[_CORE].replace(b"</cp:coreProperties>", stated)
    if results.frame.height:
        last, table = (_last(parts, kind) for kind in _NUMBERED)
        parts[last], parts[_TEXTS] = results.put_into(parts[last], parts[_TEXTS], top, _LINE)
        parts[table] = results.whole_table(parts[table], top)


def _last(parts: Iterable[str], kind: str) -> str:
    """The last of the numbered parts of a workbook of a kind, such as worksheets."""
    return f"{kind}{sum(part.startswith(kind) for part in parts)}.xml"


class _Book(Struct, frozen=True, dict=True):
    """A workbook that is being filled, with what all its worksheets need."""

    book: Any
    report: Report
    publication: Publication
    words: Words
    results: ResultRows
    formats: dict[tuple[tuple[str, Any], ...], "Format"] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    notes: dict[str, int] = field(default_factory=dict)

    def fill(self) -> int:
        """All worksheets: cover, contents, notes, tables, data behind figures, all results.

        Gives the row of the headings of the last one, from 0.
        """
        tables = [each for each in self.items if isinstance(each.item, Table)]
        behind = [each for each in self.items if not isinstance(each.item, Table)]
        items = tables + behind
        for each in items:
            for note in each.data.notes:
                self.notes.setdefault(note, len(self.notes) + 1)
        for note in self.meanings:
            self.notes.setdefault(note, len(self.notes) + 1)
        fronts = [self.name_of(f"workbook.sheet.{key}") for key in ("cover", "contents", "notes")]
        sheets = [_sheet_name(each.label) for each in items]
        self.cover(self.add(fronts[0]), fronts)
        self.contents(self.add(fronts[1]), items, sheets)
        self.explain(self.add(fronts[2]))
        for each, sheet in zip(items, sheets, strict=True):
            self.table(self.add(sheet), each, fronts[1])
        last = self.name_of("workbook.sheet.results")
        return self.all_results(self.add(last), fronts[1]) if self.meanings else 0

    @cached_property
    def meanings(self) -> list[str]:
        """What each column of all results holds; nothing where there are no results."""
        say = self.words
        return [
            say("workbook.results.meaning", heading=heading, column=name,
                meaning=say(f"vocabulary.columns.{name}"))
            for name, heading in self.results_headings.items()
        ] if self.results.frame.height else []  # fmt: skip

    @cached_property
    def results_headings(self) -> dict[str, str]:
        """Headings of all results by their columns."""
        return {name: self.words(f"workbook.heading.{name}") for name in self.results.frame.columns}

    @cached_property
    def items(self) -> list[Numbered]:
        """Tables and figures in the order of the report."""
        return list(numbered(self.report, self.words).values())

    @cached_property
    def shorthand(self) -> dict[str, str]:
        """What stands in brackets, and what it means."""
        return self.words.below("workbook.shorthand")

    def name_of(self, key: str) -> str:
        """The name of a worksheet by its word."""
        return _sheet_name(self.words(key))

    def add(self, name: str) -> "Worksheet":
        """A new worksheet, to be printed as wide as a page."""
        sheet: Worksheet = self.book.add_worksheet(name)
        sheet.hide_gridlines(2)
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        return sheet

    def style(self, **settings: Any) -> "Format":
        """A format of the font of the file; asked for twice, made once."""
        key = tuple(sorted(settings.items()))
        if key not in self.formats:
            self.formats[key] = self.book.add_format(_FONT | settings)
        return self.formats[key]

    # --- worksheets -----------------------------------------------------------------------

    def cover(self, sheet: "Worksheet", fronts: Sequence[str]) -> None:
        """What the workbook is, and where to go."""
        say, report = self.words, self.report
        protection = "protected" if self.publication.protection.on else "unprotected"
        lines = self.opened(sheet, report.title, [_PAPER], [report.subtitle])
        for key in ("what", protection, "exact", "shorthand"):
            lines.write(say(f"workbook.cover.{key}"))
        for name, value in report.about:
            lines.write(say("workbook.cover.about", name=name, value=value))
        lines.link(say("workbook.cover.contents"), fronts[1])
        lines.link(say("workbook.cover.notes"), fronts[2])

    def contents(self, sheet: "Worksheet", items: Sequence[Numbered], names: Sequence[str]) -> None:
        """A row and a link for every table."""
        say = self.words.below("workbook.contents")
        rows = [
            (name, each.item.title, each.section) for each, name in zip(items, names, strict=True)
        ]
        if self.meanings:
            last = self.name_of("workbook.sheet.results")
            rows.append((last, self.words("workbook.results.title"), say["every_section"]))
        widths = [16, 120, 90]
        lines = self.opened(sheet, say["title"], widths, [say["what"]])
        heads = [say["worksheet"], say["name"], say["section"]]

        def write(row: int, column: int, text: str) -> None:
            if column:
                self.text(sheet, row, column, text)
            else:
                self.link(sheet, row, column, text, text)

        self.grid(sheet, lines.row, "contents", say["title"], heads, rows, widths, write)

    def explain(self, sheet: "Worksheet") -> None:
        """Shorthand, then the notes of all tables, each once."""
        say = self.words.below("workbook.notes")
        rows = [(f"[{marker}]", meaning) for marker, meaning in self.shorthand.items()]
        rows += [(self.note_mark(number), note) for note, number in self.notes.items()]
        widths = [16, _PROSE * _ARIAL]
        lines = self.opened(sheet, say["title"], widths, [say["what"]])
        heads = [say["note"], say["text"]]

        def write(row: int, column: int, text: str) -> None:
            self.text(sheet, row, column, text)

        self.grid(sheet, lines.row, "notes", say["title"], heads, rows, widths, write)

    def table(self, sheet: "Worksheet", each: Numbered, contents: str) -> None:
        """One table, with what must be known to read it above."""
        table, say = each.data, self.words
        columns = headings(table.columns)
        widths = _widths(columns, table)
        marks = " ".join(self.note_mark(self.notes[note]) for note in table.notes)
        title = f"{each.heading} {marks}".strip()
        captions = dict.fromkeys((each.item.caption, table.caption))
        lines = self.opened(sheet, title, widths, [say("workbook.table.what"), *captions])
        for text in self.shorthand_of(table):
            lines.write(text)
        lines.write(say("workbook.table.notes") if table.notes else "")
        lines.link(say("workbook.table.back"), contents)
        looks = _sides([column.kind == "number" for column in table.columns])
        styles = [cache(partial(self.style, **look)) for look in looks]
        numbers = [as_numbers(column) for column in zip(*table.rows, strict=True)]
        first = lines.row + 1

        def write(row: int, column: int, cell: Cell) -> None:
            self.cell(sheet, row, column, cell, styles[column], numbers[column][row - first])

        self.grid(
            sheet, lines.row, each.item.id, each.heading, columns, table.rows, widths, write, looks
        )

    def all_results(self, sheet: "Worksheet", contents: str) -> int:
        """Headings of every released result, whose rows are put in later; gives their row."""
        results, say = self.results, self.words
        widths = [width * _ARIAL for width in results.widths()]
        marks = [self.note_mark(self.notes[self.meanings[at]]) for at in (0, -1)]
        lines = self.opened(
            sheet, say("workbook.results.title"), widths,
            [say("workbook.results.what", first=marks[0], last=marks[1])],
        )  # fmt: skip
        if results.left_out:
            lines.write(say("workbook.results.left_out", n=f"{results.left_out:,}"))
        if results.cut:
            lines.write(say("workbook.results.cut", n=f"{results.cut:,}", most=f"{LONGEST_TEXT:,}"))
        lines.link(say("workbook.table.back"), contents)
        heads = list(self.results_headings.values())
        looks = _sides([name in NUMBERS for name in self.results_headings])
        for place, (name, width) in enumerate(zip(self.results_headings, widths, strict=True)):
            quoted: Look = {"quote_prefix": True} if name in results.formulas else {}
            style = self.style(text_wrap=True, **looks[place], **quoted)
            sheet.set_column(place, place, width, style)
        sheet.set_default_row(_LINE)
        self.heighten(sheet, lines.row, heads, widths)
        title = say("workbook.results.title")
        # XlsxWriter remembers each cell of a table: of this one it is told the first row alone.
        self.mark_up(sheet, lines.row, min(1, results.frame.height), "results", title, heads, looks)
        sheet.set_landscape()
        sheet.set_paper(_A3)
        sheet.fit_to_pages(_PAGES, 0)
        sheet.repeat_columns(0)
        return lines.row

    def opened(
        self, sheet: "Worksheet", title: str, widths: Sequence[float], said: Iterable[str]
    ) -> "_Lines":
        """A worksheet with the widths of its columns, its title and what is said of it."""
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width, self.style())
        lines = _Lines(self, sheet, widths)
        lines.write(title, bold=True, font_size=16)
        lines.write(self.report.stamp, bold=True, font_size=14)
        for text in said:
            lines.write(text)
        return lines

    def grid(
        self,
        sheet: "Worksheet",
        top: int,
        name: str,
        title: str,
        heads: Sequence[str],
        rows: Sequence[Sequence[Any]],
        widths: Sequence[float],
        write: Callable[[int, int, Any], None],
        looks: Sequence[Look] = (),
    ) -> None:
        """Rows under one row of headings, marked up as a table with a name."""
        if not rows:
            self.text(sheet, top, 0, self.words("workbook.table.empty"))
            return
        self.heighten(sheet, top, heads, widths)
        for row, cells in enumerate(rows, top + 1):
            self.heighten(sheet, row, [_text_of(cell) for cell in cells], widths)
            for column, cell in enumerate(cells):
                write(row, column, cell)
        looks = looks or _sides([False] * len(heads))
        self.mark_up(sheet, top, len(rows), name, title, heads, looks)

    def mark_up(
        self,
        sheet: "Worksheet",
        top: int,
        height: int,
        name: str,
        title: str,
        heads: Sequence[str],
        looks: Sequence[Look],
    ) -> None:
        """Headings of a table of so many rows, named."""
        columns = [
            {
                "header": _cut(text),
                "header_format": self.style(bold=True, text_wrap=True, bottom=1, **look),
            }
            for text, look in zip(heads, looks, strict=True)
        ]
        options = {
            "name": self.table_name(name), "columns": columns, "autofilter": False,
            "style": None, "banded_rows": False, "title": _cut(legal(title)),
        }  # fmt: skip
        sheet.add_table(top, 0, top + height, len(heads) - 1, options)
        sheet.repeat_rows(top)

    def heighten(
        self, sheet: "Worksheet", row: int, texts: Sequence[str], widths: Sequence[float]
    ) -> None:
        """Make a row as high as its longest text needs: not every program does so by itself."""
        lines = max(map(_lines, texts, widths))
        sheet.set_row(row, lines * _LINE)

    # --- cells ----------------------------------------------------------------------------

    def cell(
        self, sheet: "Worksheet", row: int, column: int, cell: Cell, style: Style,
        number: tuple[float, str] | None,
    ) -> None:  # fmt: skip
        """A number with the format of its text, or the text."""
        if number:
            value, form = number
            sheet.write_number(row, column, value, style(num_format=form))
        else:
            self.text(sheet, row, column, shown(cell), style)

    def text(
        self, sheet: "Worksheet", row: int, column: int, text: str, style: Style | None = None,
        **look: Any,
    ) -> None:  # fmt: skip
        """A text, never a formula: not even once somebody edits the cell."""
        style, look = style or partial(self.style, align="left"), {"text_wrap": True} | look
        if is_formula(text):
            look["quote_prefix"] = True
        sheet.write_string(row, column, legal(text)[:LONGEST_TEXT], style(**look))

    def link(self, sheet: "Worksheet", row: int, column: int, text: str, target: str) -> None:
        """A link to the top of another worksheet."""
        look = self.style(font_color="#0000EE", underline=1, align="left")
        sheet.write_url(row, column, f"internal:'{target}'!A1", look, text)

    # --- words ----------------------------------------------------------------------------

    def note_mark(self, number: int) -> str:
        """How a note is pointed at."""
        return f"[{self.words('workbook.notes.number', number=number)}]"

    def shorthand_of(self, table: Table) -> list[str]:
        """The shorthand that a table has, each explained."""
        used = {cell.marker for row in table.rows for cell in row}
        meanings = self.shorthand
        return [
            self.words("workbook.table.shorthand", marker=marker, meaning=meaning)
            for marker, meaning in meanings.items()
            if marker in used
        ]

    def table_name(self, name: str) -> str:
        """A name that Excel takes and no other table has: never that of a cell."""
        plain = f"table_{re.sub(r'[^A-Za-z0-9_]', '_', name)}"[:200]
        unique, number = plain, 1
        while unique.casefold() in self.names:
            number += 1
            unique = f"{plain}_{number}"
        self.names.add(unique.casefold())
        return unique


class _Lines(Struct):
    """Lines of text above a table, one cell of column A each, none of them blank."""

    book: _Book
    sheet: "Worksheet"
    widths: Sequence[float]
    row: int = 0

    def write(self, text: str, **look: Any) -> None:
        """The next line, unless there is nothing to say.

        It runs over the empty cells beside it, where there are columns. A text that is longer than
        a screen is wide has a line for each sentence, a longer sentence for what a colon or
        semicolon ends (titles, in bold, are one cell), and what is longer still is wrapped.
        """
        size = look.get("font_size", _SIZE)
        room = max(sum(self.widths), _SCREEN * (len(self.widths) > 1))
        parts = [text]
        for ends in (_SENTENCE, _CLAUSE) if not look.get("bold") else ():
            parts = [
                p for part in parts for p in (ends.split(part) if len(part) > room else [part])
            ]
        for part in filter(None, parts):
            wrapped = len(part) > room
            lines = _lines(part, self.widths[0] * _SIZE / size) if wrapped else 1
            self.sheet.set_row(self.row, lines * size * _LEADING)
            self.book.text(self.sheet, self.row, 0, part, text_wrap=wrapped, **look)
            self.row += 1

    def link(self, text: str, target: str) -> None:
        """A line that leads to another worksheet."""
        self.sheet.set_row(self.row, _LINE)
        self.book.link(self.sheet, self.row, 0, text, target)
        self.row += 1


def _sides(numbers: Sequence[bool]) -> list[Look]:
    """Where the columns stand: numbers at the right, text at the left, away from numbers."""
    after = [False, *numbers[:-1]]
    return [
        {"align": "right"} if number else {"align": "left", "indent": int(beside)}
        for number, beside in zip(numbers, after, strict=True)
    ]


def _sheet_name(text: str) -> str:
    """A name that Excel takes for a worksheet."""
    return _NOT_IN_NAMES.sub(" ", legal(text)).strip()[:_LONGEST_NAME]


def _text_of(cell: Cell | str) -> str:
    return cell if isinstance(cell, str) else shown(cell)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_HEADING else f"{text[: _LONGEST_HEADING - 1]}…"


def _lines(text: str, width: float) -> int:
    """Lines that a text takes in a column of that width: letters are narrower than digits."""
    most = int(width * 1.1)
    if len(text) <= most and text.isprintable():
        return 1
    return sum(len(wrap(part, most)) or 1 for part in text.split("\n"))


def _widths(heads: Sequence[str], table: Table) -> list[float]:
    """Width of each column: its longest text, within limits; headings may take three lines."""
    widths = []
    for place, (head, column) in enumerate(zip(heads, table.columns, strict=True)):
        longest = max((len(shown(row[place])) for row in table.rows), default=0)
        longest_word = max(map(len, head.split()), default=0)
        wanted = max(longest, longest_word, len(head) / 3) + 2
        most = _WIDEST_NUMBER if column.kind == "number" else _WIDEST
        widths.append(min(max(wanted, _FIRST if place == 0 else _NARROWEST), most) * _ARIAL)
    return widths
