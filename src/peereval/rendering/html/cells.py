"""Cells of tables as HTML: there are thousands, and a template looks at each a dozen times."""

from collections.abc import Iterator

from markupsafe import Markup

from peereval.composing import Cell, Table
from peereval.rendering.html.rows import Used, anchor
from peereval.wording import Words


def cells_of(table: Table, words: Words, linked: bool) -> Iterator[Markup]:
    """The cells of each row of a table, the first of which names it.

    ``linked``: with a link from the name to the first row of results that the row shows.
    """
    numbers = [column.kind == "number" for column in table.columns[1:]]
    notes = f"#table-{_escaped(table.id)}-notes" if table.notes else ""
    for first, *rest in table.rows:
        shown = next((c.estimate_id for c in (first, *rest) if c.estimate_id), "") if linked else ""
        source = _source(shown, words("report.page.source", name=first.text)) if shown else ""
        cells = [_cell(*each, notes) for each in zip(rest, numbers, strict=True)]
        yield Markup(f'<th scope="row">{_escaped(first.text)}{source}</th>{"".join(cells)}')


def cells_of_used(row: Used) -> Markup:
    """The cells of a row of results that the page uses."""
    numbers = (
        row.number, row.interval, row.p, row.adjusted, row.respondents, row.organisations,
    )  # fmt: skip
    cells = "".join([f'<td class="n">{_escaped(number)}</td>' for number in numbers])
    return Markup(f'<th scope="row">{_escaped(row.id)}</th>{cells}<td>{_escaped(row.note)}</td>')


def _source(estimate_id: str, label: str) -> str:
    where, said = _escaped(anchor(estimate_id)), _escaped(label)
    return f'&#160;<a class="source" href="#{where}" aria-label="{said}">#</a>'


def _cell(cell: Cell, number: bool, notes: str) -> str:
    """A cell, and where there is no number, a link to the ``notes`` that say why."""
    look = f"n {cell.reading}".rstrip() if number else cell.reading
    begin = f'<td class="{look}"' if look else "<td"
    if cell.estimate_id:
        begin += f' data-row="{_escaped(cell.estimate_id)}"'
        if cell.field != "estimate":
            begin += f' data-field="{cell.field}"'
    text = _escaped(cell.text)
    link = _escaped(cell.link) or (notes if cell.marker == "x" else "")
    return f'{begin}><a href="{link}">{text}</a></td>' if link else f"{begin}>{text}</td>"


def _escaped(text: str) -> str:
    """A text as Jinja escapes it, in a third of the time."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace('"', "&#34;").replace("'", "&#39;")
