"""The flow of respondents: boxes from the first questionnaire down to the analysis."""

from collections.abc import Sequence
from itertools import groupby

from peereval.composing import Figure
from peereval.rendering.charts.canvas import LEADING, SIZE, SMALL, Canvas
from peereval.rendering.charts.marks import Cells, rows_of
from peereval.rendering.charts.metrics import width, wrap
from peereval.rendering.charts.palette import BLUE, QUIET, WHITE
from peereval.wording import Words

_PAD, _ARROW, _GAP = 10, 22, 28
#: The least width of a column of boxes, and the most.
_NARROWEST, _WIDEST = 250, 420


def draw_flow(figure: Figure, _words: Words, canvas: Canvas) -> None:
    """A column of boxes a questionnaire: beside each other where there is room."""
    rows = rows_of(figure)
    columns = [list(group) for _, group in groupby(rows, key=lambda row: row["phase"].text)]
    beside = max(1, min(len(columns), int((canvas.width + _GAP) // (_NARROWEST + _GAP))))
    wide = min(_WIDEST, (canvas.width - _GAP * (beside - 1)) / beside)
    top = 0.0
    for first in range(0, len(columns), beside):
        shown = columns[first : first + beside]
        top = _columns(canvas, shown, wide, top) + _GAP


def _columns(canvas: Canvas, columns: Sequence[list[Cells]], wide: float, top: float) -> float:
    """Columns side by side, each step as high in all of them. How far down they go."""
    stacks = [
        {step: list(lines) for step, lines in groupby(rows, key=lambda row: row["step"].text)}
        for rows in columns
    ]
    steps = list(dict.fromkeys(step for stack in stacks for step in stack))
    titles = [wrap(rows[0]["phase"].text, SIZE, wide) for rows in columns]
    for at, lines in enumerate(titles):
        for number, line in enumerate(lines):
            canvas.text(at * (wide + _GAP), top + SIZE + number * SIZE * LEADING, line)
    y = top + max(map(len, titles)) * SIZE * LEADING + 6
    for number, step in enumerate(steps):
        high = max(_box_height(step, stack[step], wide) for stack in stacks if step in stack)
        for at, stack in enumerate(stacks):
            left = at * (wide + _GAP)
            if step in stack:
                _box(canvas, (left, y, wide, high), step, stack[step])
                if number:
                    _arrow(canvas, left + wide / 2, y - _ARROW, y)
        y += high + _ARROW
    return y - _ARROW


def _lines(row: Cells, wide: float) -> tuple[str, ...]:
    """What is counted, in lines that leave room for the number."""
    return wrap(row["what"].text, SMALL, wide - 2 * _PAD - width(row["n"].text, SIZE) - 14)


def _box_height(step: str, rows: Sequence[Cells], wide: float) -> float:
    heading = len(wrap(step, SMALL, wide - 2 * _PAD)) * SMALL * LEADING
    return heading + sum(_row_height(row, wide) for row in rows) + 1.6 * _PAD


def _row_height(row: Cells, wide: float) -> float:
    return len(_lines(row, wide)) * SMALL * LEADING + 4


def _box(
    canvas: Canvas, place: tuple[float, float, float, float], step: str, rows: Sequence[Cells]
) -> None:
    left, top, wide, high = place
    canvas.rect(left + 0.5, top, wide - 1, high, WHITE, BLUE)
    y = top + _PAD * 0.6
    for line in wrap(step, SMALL, wide - 2 * _PAD):
        y += SMALL * LEADING
        canvas.text(left + _PAD, y, line, size=SMALL, colour=QUIET)
    for row in rows:
        y += 4
        for at, line in enumerate(_lines(row, wide)):
            y += SMALL * LEADING
            canvas.text(left + _PAD, y, line, size=SMALL)
            if not at:
                canvas.text(left + wide - _PAD, y, row["n"].text, anchor="end")


def _arrow(canvas: Canvas, x: float, top: float, bottom: float) -> None:
    canvas.line(x, top, x, bottom - 6, BLUE, 1.5)
    canvas.shape([(x - 5, bottom - 7), (x + 5, bottom - 7), (x, bottom)], BLUE)
