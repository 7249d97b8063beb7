"""A report before it has a format: sections of paragraphs, lists, tables and figures.

Every number in it knows the estimate that it is, so each format can link it to its row, and a
test can hold all formats against `results.csv`.
"""

from msgspec import Struct, field


class Run(Struct, frozen=True):
    """Some words of a paragraph; ``estimate_id`` where they are a number of the results.

    ``field`` is the column of the results that the number stands in; ``strong`` says that it
    matters most; ``link`` is an address, inside (``#id``) or outside.
    """

    text: str
    estimate_id: str = ""
    field: str = "estimate"
    strong: bool = False
    link: str = ""


class Paragraph(Struct, frozen=True):
    """Running text. ``kind``: ``text``, ``lead`` (what matters most), ``note`` or ``warning``.

    ``id`` is there for one of a list that something else refers to.
    """

    runs: tuple[Run, ...]
    kind: str = "text"
    id: str = ""


class Listed(Struct, frozen=True):
    """A list of paragraphs, numbered where the order matters."""

    items: tuple[Paragraph, ...]
    numbered: bool = False


class Column(Struct, frozen=True):
    """A column of a table. ``kind``: ``text`` or ``number``; ``unit`` in words."""

    id: str
    title: str
    kind: str = "number"
    unit: str = ""


class Cell(Struct, frozen=True):
    """One cell: what is shown, and for numbers the exact value and the estimate that it is.

    ``marker`` is one of `peereval.columns.MARKERS`: where it stands instead of the number
    (``c``, ``x``, ``z``), ``value`` is None. ``reading`` is ``better``, ``worse`` or empty: what
    the number means for the respondents, for colour and words, never for colour alone.
    ``digits`` is how many decimals ``text`` shows; ``link`` is an address, where there is one.
    """

    text: str
    value: float | None = None
    estimate_id: str = ""
    field: str = "estimate"
    marker: str = ""
    reading: str = ""
    digits: int = 0
    link: str = ""


class Table(Struct, frozen=True):
    """A table with one header row; the first column names the row.

    ``id`` is unique in the report and stable between runs; ``caption`` carries base and test,
    ``notes`` what else must be known to read it.
    """

    id: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str = ""
    notes: tuple[str, ...] = ()
    appendix: bool = False


class Figure(Struct, frozen=True):
    """A chart: what kind, what it says to those who cannot see it, and the data behind it.

    ``kind`` is one of `peereval.composing.figures.KINDS`, which says what columns ``data`` has;
    ``title`` says what is shown; ``caption`` carries base and test; ``alt`` what it shows.
    ``small``: one of several alike, which stand side by side where there is room.
    """

    id: str
    kind: str
    title: str
    alt: str
    data: Table
    caption: str = ""
    unit: str = ""
    small: bool = False


Block = Paragraph | Listed | Table | Figure


class Section(Struct, frozen=True):
    """A heading and what stands under it; ``sections`` are one level lower.

    ``folded``: of detail, which a page on a screen shows when it is asked for.
    """

    id: str
    title: str
    blocks: tuple[Block, ...] = ()
    sections: tuple["Section", ...] = ()
    folded: bool = False


class Report(Struct, frozen=True):
    """A whole report. ``stamp`` stands on every page, where it may not be published."""

    title: str
    language: str
    sections: tuple[Section, ...]
    subtitle: str = ""
    stamp: str = ""
    about: tuple[tuple[str, str], ...] = field(default=())
