"""What a page has thousands of as HTML: cells of tables, and words of sentences.

A template would look at each a dozen times, and escape it in three times the time.
"""

from collections.abc import Iterator
from html import escape

from markupsafe import Markup

from peereval.composing import Cell, Column, Paragraph, Run, Table
from peereval.rendering.html.rows import Used, anchor
from peereval.wording import Words


def words_of(said: Paragraph, linked: bool) -> Markup:
    """The words of a paragraph; ``linked``: its numbers lead to their rows of results."""
    return Markup("".join([_run(run, linked) for run in said.runs]))


def _run(run: Run, linked: bool) -> str:
    text = escape(run.text)
    if run.estimate_id and linked:
        where, row = escape(anchor(run.estimate_id)), _of_row(run)
        return f'<a class="number" href="#{where}"{row}>{text}</a>'
    if run.link:
        return f'<a href="{escape(run.link)}">{text}</a>'
    return f"<strong>{text}</strong>" if run.strong else text


def heads_of(table: Table) -> Markup:
    """The headings of the columns of a table, one on a line."""
    return Markup("\n").join(map(_head, table.columns))


def cells_of(table: Table, words: Words, linked: bool) -> Iterator[Markup]:
    """The cells of each row of a table, the first of which names it.

    ``linked``: with a link from the name to the first row of results that the row shows.
    """
    numbers = [column.kind == "number" for column in table.columns[1:]]
    notes = f"#table-{escape(table.id)}-notes" if table.notes else ""
    for first, *rest in table.rows:
        shown = next((c.estimate_id for c in (first, *rest) if c.estimate_id), "") if linked else ""
        source = _source(shown, words("report.page.source", name=first.text)) if shown else ""
        cells = [_cell(*each, notes) for each in zip(rest, numbers, strict=True)]
        yield Markup(f'<th scope="row">{escape(first.text)}{source}</th>{"".join(cells)}')


def cells_of_used(row: Used) -> Markup:
    """The cells of a row of results that the page uses."""
    numbers = (
        row.number, row.interval, row.p, row.adjusted, row.respondents, row.organisations,
    )  # fmt: skip
    cells = "".join([f'<td class="n">{escape(number)}</td>' for number in numbers])
    return Markup(f'<th scope="row">{escape(row.id)}</th>{cells}<td>{escape(row.note)}</td>')


def _head(column: Column) -> Markup:
    look = ' class="n"' if column.kind == "number" else ""
    unit = f' <span class="unit">({escape(column.unit)})</span>' if column.unit else ""
    return Markup(f'<th scope="col"{look}>{escape(column.title)}{unit}</th>')


def _source(estimate_id: str, label: str) -> str:
    where, said = escape(anchor(estimate_id)), escape(label)
    return f'&#160;<a class="source" href="#{where}" aria-label="{said}">#</a>'


def _cell(cell: Cell, number: bool, notes: str) -> str:
    """A cell, and where there is no number, a link to the ``notes`` that say why."""
    look = f"n {cell.reading}".rstrip() if number else cell.reading
    begin = f'<td class="{look}"' if look else "<td"
    if cell.estimate_id:
        begin += _of_row(cell)
    text = escape(cell.text)
    link = escape(cell.link) or (notes if cell.marker == "x" else "")
    return f'{begin}><a href="{link}">{text}</a></td>' if link else f"{begin}>{text}</td>"


def _of_row(number: Cell | Run) -> str:
    """Which row of results a number is of, and which field of it."""
    field = "" if number.field == "estimate" else f' data-field="{number.field}"'
    return f' data-row="{escape(number.estimate_id)}"{field}'
