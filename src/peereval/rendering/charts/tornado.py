"""The tornado: how far a result moves with each value, around what was declared."""

from peereval.composing import Cell, Figure
from peereval.rendering.charts.axes import Scale, reach
from peereval.rendering.charts.canvas import SMALL, Canvas
from peereval.rendering.charts.layout import Chart, Lane, RowOfMarks, draw_rows
from peereval.rendering.charts.marks import rows_of, swatch
from peereval.rendering.charts.metrics import width
from peereval.rendering.charts.palette import BLUE, GREY, ORANGE, QUIET
from peereval.wording import Words

_HIGH = 18


def draw_tornado(figure: Figure, words: Words, canvas: Canvas) -> None:
    """A bar a value, from the result at its low to that at its high."""
    rows, cells = [], list[Cell]()
    for row in rows_of(figure):
        lane = _swing(row["low"], row["high"], row["declared"])
        rows.append(RowOfMarks(row["parameter"].text, (lane,)))
        cells += [row["low"], row["high"], row["declared"]]
    # Everything lies near what was declared: a scale that had to hold zero would show nothing.
    low, high = reach((cell.value for cell in cells), zero=False)
    room = max((width(cell.text, SMALL) for cell in cells), default=0) + 10
    declared = next(iter(rows_of(figure)))["declared"]
    keys = [
        swatch(BLUE, words("figures.marks.low")),
        swatch(ORANGE, words("figures.marks.high")),
    ]
    axis = "; ".join([figure.unit, words("figures.marks.declared", value=declared.text)])
    draw_rows(Chart(rows, low, high, axis, (), keys, before=room, after=room), canvas)


def _swing(low: Cell, high: Cell, declared: Cell) -> Lane:
    def paint(canvas: Canvas, scale: Scale, y: float) -> None:
        if low.value is None or high.value is None or declared.value is None:
            absent = next(c for c in (low, high, declared) if c.value is None)
            canvas.text(scale.left, y + 4, absent.text, size=SMALL, colour=QUIET)
            return
        middle = scale(declared.value)
        for cell, colour in ((low, BLUE), (high, ORANGE)):
            end = scale(cell.value or 0)
            canvas.rect(middle, y - _HIGH / 2, end - middle, _HIGH, colour)
        left, right = sorted((low, high), key=lambda cell: cell.value or 0)
        # Where both lie on one side, their numbers stand outside what was declared.
        at_left = min(scale(left.value or 0), middle)
        at_right = max(scale(right.value or 0), middle)
        canvas.text(at_left - 6, y + 4, left.text, size=SMALL, anchor="end", halo=True)
        canvas.text(at_right + 6, y + 4, right.text, size=SMALL, halo=True)
        canvas.line(middle, y - _HIGH / 2 - 4, middle, y + _HIGH / 2 + 4, GREY, 2)

    return Lane(paint, "", _HIGH + 4)
