"""Tables of a document: one row of headings that is repeated on every page, named for readers."""

from collections.abc import Sequence

from peereval.composing import Cell, Column, Table
from peereval.rendering.cells import headings, shown
from peereval.rendering.document.markup import attribute, paragraph, run
from peereval.rendering.document.template import Styles
from peereval.wording import Words

#: Characters that fit side by side on a page of so many twentieths of a point, by half points.
_TWIPS_PER_CHARACTER = {18: 95, 16: 84, 14: 74}
#: Tables up to this length are not broken over two pages.
_SHORT = 14
#: A column is never thought of as wider than this, in characters: its text is wrapped.
_WIDEST, _WIDEST_FIRST = 18, 34
_NUMBERS_RIGHT = '<w:jc w:val="right"/>'


def table(content: Table, title: str, width: int, styles: Styles, words: Words) -> str:
    """A table across a width in twentieths of a point."""
    heads = headings(content.columns)
    wanted = _wanted(heads, content)
    size = _size(sum(wanted), width)
    widths = [round(width * each / sum(wanted)) for each in wanted]
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
    short = len(content.rows) <= _SHORT
    rows = [_head(heads, content.columns, widths, size, styles)]
    for place, cells in enumerate(content.rows, 1):
        together = short and place < len(content.rows)
        rows.append(_row(cells, content.columns, widths, size, together, styles, words))
    return f"<w:tbl>{properties}<w:tblGrid>{grid}</w:tblGrid>{''.join(rows)}</w:tbl>"


def _wanted(heads: Sequence[str], content: Table) -> list[int]:
    """How many characters wide each column would be."""
    wanted = []
    for place, head in enumerate(heads):
        most = _WIDEST if place else _WIDEST_FIRST
        longest = max((len(shown(row[place])) for row in content.rows), default=0)
        word = max(map(len, head.split()), default=0)
        wanted.append(max(min(longest, most), word, 5) + 2)
    return wanted


def _size(characters: int, width: int) -> int:
    """The largest size, in half points, at which so many characters fit."""
    fitting = [size for size, twips in _TWIPS_PER_CHARACTER.items() if characters * twips <= width]
    return max(fitting, default=min(_TWIPS_PER_CHARACTER))


def _head(
    heads: Sequence[str],
    columns: Sequence[Column],
    widths: Sequence[int],
    size: int,
    styles: Styles,
) -> str:
    cells = "".join(
        _cell(run(head, strong=True, size=size), column, width, True, styles)
        for head, column, width in zip(heads, columns, widths, strict=True)
    )
    return f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{cells}</w:tr>"


def _row(
    cells: Sequence[Cell],
    columns: Sequence[Column],
    widths: Sequence[int],
    size: int,
    together: bool,
    styles: Styles,
    words: Words,
) -> str:
    made = "".join(
        _cell(_content(cell, size, words), column, width, together, styles)
        for cell, column, width in zip(cells, columns, widths, strict=True)
    )
    return f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{made}</w:tr>"


def _content(cell: Cell, size: int, words: Words) -> str:
    """What a cell says; better and worse in words, as nobody should have to see a colour."""
    said = run(shown(cell), size=size)
    if cell.reading:
        said += run(f" {words(f'document.reading.{cell.reading}')}", size=size - 2)
    return said


def _cell(content: str, column: Column, width: int, together: bool, styles: Styles) -> str:
    layout = "<w:keepNext/>" if together else ""
    layout += _NUMBERS_RIGHT if column.kind == "number" else ""
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr>'
        f"{paragraph(styles['Report Cell'], content, properties=layout)}</w:tc>"
    )
