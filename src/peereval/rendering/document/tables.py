"""Tables of a document: one row of headings that is repeated on every page, named for readers."""

from collections.abc import Sequence

from peereval.composing import Cell, Column, Table
from peereval.rendering.cells import headings, shown
from peereval.rendering.document.markup import attribute, paragraph, run
from peereval.rendering.document.template import Styles
from peereval.rendering.widths import comfortable, shares, wanted
from peereval.wording import Words

#: Width of a character of the type, in twentieths of a point, by its size in half points.
_CHARACTER = {18: 100, 16: 89, 14: 78}
#: Tables up to this length are not broken over two pages.
_SHORT = 14
_NUMBERS_RIGHT = '<w:jc w:val="right"/>'


def table(content: Table, title: str, width: int, styles: Styles, words: Words) -> str:
    """A table across a width in twentieths of a point."""
    heads = headings(content.columns)
    columns = wanted(heads, content, lambda cell: _shown(cell, words))
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
    short = len(content.rows) <= _SHORT
    rows = [_head(heads, content.columns, widths, size, styles)]
    for place, cells in enumerate(content.rows, 1):
        together = short and place < len(content.rows)
        rows.append(_row(cells, content.columns, widths, size, together, styles, words))
    return f"<w:tbl>{properties}<w:tblGrid>{grid}</w:tblGrid>{''.join(rows)}</w:tbl>"


def _size(characters: float, width: int) -> int:
    """The largest size, in half points, at which so many characters fit."""
    fitting = [size for size, each in _CHARACTER.items() if characters * each <= width]
    return max(fitting, default=min(_CHARACTER))


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
        _cell(run(_shown(cell, words), size=size), column, width, together, styles)
        for cell, column, width in zip(cells, columns, widths, strict=True)
    )
    return f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{made}</w:tr>"


def _shown(cell: Cell, words: Words) -> str:
    """What a cell says; better and worse in words, as nobody should have to see a colour."""
    said = f" {words(f'document.reading.{cell.reading}')}" if cell.reading else ""
    return shown(cell) + said


def _cell(content: str, column: Column, width: int, together: bool, styles: Styles) -> str:
    layout = "<w:keepNext/>" if together else ""
    layout += _NUMBERS_RIGHT if column.kind == "number" else ""
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr>'
        f"{paragraph(styles['Report Cell'], content, properties=layout)}</w:tc>"
    )
