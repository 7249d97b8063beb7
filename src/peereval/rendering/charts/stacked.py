"""Bars that add up to 100%: answers to questions with the same scale."""

from collections.abc import Sequence

from peereval.composing import Cell, Figure
from peereval.rendering.charts.axes import Scale
from peereval.rendering.charts.canvas import SMALL, Canvas
from peereval.rendering.charts.layout import Chart, Lane, RowOfMarks, draw_rows
from peereval.rendering.charts.marks import swatch
from peereval.rendering.charts.metrics import width
from peereval.rendering.charts.palette import BLUE, WHITE, contrast, on, sequence
from peereval.wording import Words

_HIGH = 26


def draw_agreement(figure: Figure, words: Words, canvas: Canvas) -> None:
    """A bar per question asked, its answers in their order from dark to light."""
    names = [column.title for column in figure.data.columns[1:-1]]
    colours = sequence(len(names))
    rows = [
        RowOfMarks(
            row[0].text,
            (_bar(row[1:-1], colours),),
            remark=words("figures.marks.n", n=row[-1].text),
        )
        for row in figure.data.rows
    ]
    keys = [swatch(colour, name) for colour, name in zip(colours, names, strict=True)]
    draw_rows(Chart(rows, 0, 1, figure.unit, (), keys, shares=True), canvas)


def _bar(cells: Sequence[Cell], colours: Sequence[str]) -> Lane:
    """Segments side by side. What was kept back is one empty segment at the end."""

    def paint(canvas: Canvas, scale: Scale, y: float) -> None:
        done = 0.0
        for cell, colour in zip(cells, colours, strict=True):
            if cell.value:
                _segment(canvas, scale, y, (done, done + cell.value), cell.text, colour)
                done += cell.value
        absent = [cell.text for cell in cells if cell.value is None]
        if absent and done < 0.999:
            _segment(canvas, scale, y, (done, 1.0), absent[0], WHITE)

    return Lane(paint, "", _HIGH + 2)


def _segment(
    canvas: Canvas, scale: Scale, y: float, ends: tuple[float, float], said: str, colour: str
) -> None:
    left, right = scale(ends[0]), scale(ends[1])
    # A light segment has an outline; between others a line of white keeps them apart.
    light = contrast(colour, WHITE) < 3
    canvas.rect(left, y - _HIGH / 2, right - left, _HIGH, colour, BLUE if light else WHITE)
    if width(said, SMALL) + 6 <= right - left:
        canvas.text((left + right) / 2, y + 4, said, size=SMALL, anchor="middle", colour=on(colour))
