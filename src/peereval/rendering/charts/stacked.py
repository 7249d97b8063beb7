"""Bars that add up to 100%: answers to questions with the same scale."""

from collections.abc import Sequence

from peereval.composing import Cell, Figure
from peereval.rendering.charts.axes import Scale
from peereval.rendering.charts.canvas import LEADING, SMALL, Canvas
from peereval.rendering.charts.layout import NAMES, WIDE, Chart, Lane, RowOfMarks, draw_rows
from peereval.rendering.charts.marks import swatch
from peereval.rendering.charts.metrics import width, wrap
from peereval.rendering.charts.palette import BLUE, QUIET, WHITE, contrast, on, sequence
from peereval.wording import Words

_HIGH = 26
#: Shares below it have no room for their number in the bar.
_SMALL = 0.09


def draw_agreement(figure: Figure, words: Words, canvas: Canvas) -> None:
    """A bar per question asked, its answers in their order from dark to light."""
    names = [column.title for column in figure.data.columns[1:-1]]
    colours = sequence(len(names))
    rows = [
        RowOfMarks(
            row[0].text,
            (_bar(row[1:-1], colours), *_small(row[1:-1], names, words, canvas.width)),
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
                said = cell.text if cell.value >= _SMALL else ""
                _segment(canvas, scale, y, (done, done + cell.value), said, colour)
                done += cell.value
        absent = [cell.text for cell in cells if cell.value is None]
        if absent and done < 0.999:
            _segment(canvas, scale, y, (done, 1.0), absent[0], WHITE)

    return Lane(paint, "", _HIGH + 2)


def _small(
    cells: Sequence[Cell], names: Sequence[str], words: Words, wide: float
) -> tuple[Lane, ...]:
    """Lines under a bar with the answers that have no room in it, and those kept back."""
    small = [
        words("figures.marks.share", name=name, share=cell.text)
        for cell, name in zip(cells, names, strict=True)
        if cell.value is None or cell.value < _SMALL
    ]
    lines = _packed(small, wide * (1 if wide < WIDE else 1 - NAMES) - 40)

    def lane(line: str) -> Lane:
        def paint(canvas: Canvas, scale: Scale, y: float) -> None:
            canvas.text(scale.right, y + 4, line, size=SMALL, anchor="end", colour=QUIET, halo=True)

        return Lane(paint, "", SMALL * LEADING)

    return tuple(lane(line) for line in lines)


def _packed(said: Sequence[str], most: float) -> list[str]:
    """Texts one after the other in lines; one breaks only if it is wider than a line."""
    lines = list[str]()
    for words in said:
        if lines and width(f"{lines[-1]}; {words}", SMALL) <= most:
            lines[-1] = f"{lines[-1]}; {words}"
        else:
            lines += wrap(words, SMALL, most)
    return lines


def _segment(
    canvas: Canvas, scale: Scale, y: float, ends: tuple[float, float], said: str, colour: str
) -> None:
    left, right = scale(ends[0]), scale(ends[1])
    # A light segment has an outline; between others a line of white keeps them apart.
    light = contrast(colour, WHITE) < 3
    canvas.rect(left, y - _HIGH / 2, right - left, _HIGH, colour, BLUE if light else WHITE)
    if width(said, SMALL) + 6 <= right - left:
        canvas.text((left + right) / 2, y + 4, said, size=SMALL, anchor="middle", colour=on(colour))
