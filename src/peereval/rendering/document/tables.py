"""Tables of a document: one row of headings that is repeated on every page, named for readers."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from peereval.composing import Cell, Column, Table
from peereval.rendering.cells import headings, shown
from peereval.rendering.document.markup import attribute, paragraph, run
from peereval.rendering.document.template import Styles
from peereval.rendering.widths import Wanted, comfortable, least, shares, wanted
from peereval.wording import Words

#: Width of a character of the type, in twentieths of a point, by its size in half points.
_CHARACTER = {18: 100, 16: 89, 14: 78}
#: Tables up to this length are not broken over two pages.
_SHORT = 14
#: So many rows of longer ones stay together at their end: no row is alone on a page.
_LAST = 3
_AT_RIGHT, _AWAY = '<w:jc w:val="right"/>', '<w:ind w:left="110"/>'
_HEAD = "<w:tblHeader/>"


def needed(content: Table, words: Words) -> list[Wanted]:
    """What each column of a table needs."""
    return wanted(headings(content.columns), content, lambda cell: _shown(cell, words))


def fits(columns: Sequence[Wanted], width: int) -> bool:
    """Whether no word is broken across that width, in the smallest type."""
    return least(columns) * _CHARACTER[min(_CHARACTER)] <= width


def table(
    content: Table, title: str, columns: Sequence[Wanted], width: int, styles: Styles,
    words: Words, noted: bool = True,
) -> str:  # fmt: skip
    """A table across a width in twentieths of a point; ``noted`` where a note belongs to it."""
    heads = headings(content.columns)
    size = _size(comfortable(columns), width)
    widths = [round(width * each) for each in shares(columns, width / _CHARACTER[size])]
    described = f"<w:tblCaption w:val={attribute(title)}/>"
    if content.caption:
        described += f"<w:tblDescription w:val={attribute(content.caption)}/>"
    properties = (
        f'<w:tblPr><w:tblStyle w:val="{styles["Report Table"]}"/>'
        f'<w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:tblLayout w:type="fixed"/>'
        '<w:tblLook w:val="0420" w:firstRow="1" w:lastRow="0" w:firstColumn="0" w:lastColumn="0" '
        f'w:noHBand="0" w:noVBand="1"/>{described}</w:tblPr>'
    )
    grid = "".join(f'<w:gridCol w:w="{each}"/>' for each in widths)
    slots = list(map(_Slot, widths, _layouts(content.columns)))
    style, many = styles["Report Cell"], len(content.rows)
    loose = 0 if many <= _SHORT else many - _LAST
    rows = [_row([run(head, strong=True, size=size) for head in heads], slots, style, True, _HEAD)]
    for place, cells in enumerate(content.rows, 1):
        made = [run(_shown(cell, words), size=size) for cell in cells]
        rows.append(_row(made, slots, style, place > loose if place < many else noted))
    return f"<w:tbl>{properties}<w:tblGrid>{grid}</w:tblGrid>{''.join(rows)}</w:tbl>"


class _Slot(Struct, frozen=True):
    """How wide a column is, and where its text stands."""

    width: int
    layout: str


def _layouts(columns: Sequence[Column]) -> Iterator[str]:
    """Numbers at the right; text at the left, and away from a number before it."""
    before = ""
    for column in columns:
        yield _AT_RIGHT if column.kind == "number" else _AWAY if before == "number" else ""
        before = column.kind


def _size(characters: float, width: int) -> int:
    """The largest size, in half points, at which so many characters fit."""
    fitting = [size for size, each in _CHARACTER.items() if characters * each <= width]
    return max(fitting, default=min(_CHARACTER))


def _shown(cell: Cell, words: Words) -> str:
    """What a cell says; better and worse in words, as nobody should have to see a colour."""
    said = f" {words(f'document.reading.{cell.reading}')}" if cell.reading else ""
    return shown(cell) + said


def _row(
    texts: Sequence[str], slots: Sequence[_Slot], style: str, together: bool, kind: str = ""
) -> str:
    """A row that is not broken; ``together`` with the next one on a page."""
    keep = "<w:keepNext/>" if together else ""
    cells = "".join(
        f'<w:tc><w:tcPr><w:tcW w:w="{slot.width}" w:type="dxa"/></w:tcPr>'
        f"{paragraph(style, text, properties=keep + slot.layout)}</w:tc>"
        for text, slot in zip(texts, slots, strict=True)
    )
    return f"<w:tr><w:trPr><w:cantSplit/>{kind}</w:trPr>{cells}</w:tr>"
