"""Marks of charts: bars, points with intervals, pairs of points; and what stands for none."""

from peereval.composing import Cell, Figure
from peereval.rendering.charts.axes import Scale
from peereval.rendering.charts.canvas import SMALL, Canvas
from peereval.rendering.charts.layout import Key, Lane
from peereval.rendering.charts.metrics import width
from peereval.rendering.charts.palette import AFTER, BEFORE, QUIET, READINGS, WHITE, contrast

#: A row of the data behind a chart by the ids of its columns.
Cells = dict[str, Cell]
_BAR = 14


def rows_of(figure: Figure) -> list[Cells]:
    """The data of a figure, a row after the other."""
    names = [column.id for column in figure.data.columns]
    return [dict(zip(names, row, strict=True)) for row in figure.data.rows]


def starred(cell: Cell) -> str:
    """The text of a cell as charts have it: a star for what is significant."""
    return cell.text.replace(" [s]", "*")


def bar(cell: Cell, colour: str, name: str = "") -> Lane:
    """A bar from zero with its number at its end, or the marker that stands for it."""

    def paint(canvas: Canvas, scale: Scale, y: float) -> None:
        zero = scale(0)
        if cell.value is None:
            canvas.text(zero + 6, y + 4, cell.text, size=SMALL, colour=QUIET, halo=True)
            return
        end = scale(cell.value)
        canvas.rect(zero, y - _BAR / 2, end - zero, _BAR, colour)
        x, anchor = (end - 6, "end") if cell.value < 0 else (end + 6, "start")
        canvas.text(x, y + 4, starred(cell), size=SMALL, anchor=anchor, halo=True)

    return Lane(paint, name, _BAR + 4)


def room_of(cells: list[Cell], negative: bool) -> float:
    """The room that numbers at the ends of bars take on one side."""
    mine = [
        width(starred(cell), SMALL) + 10 for cell in cells
        if (cell.value is not None and cell.value < 0) == negative
    ]  # fmt: skip
    return max(mine, default=0)


def swatch(colour: str, words: str) -> Key:
    """Key of a colour of bars."""

    def paint(canvas: Canvas, x: float, y: float) -> None:
        outline = BEFORE if contrast(colour, WHITE) < 3 else ""
        canvas.rect(x - 7, y - 6, 14, 12, colour, outline)

    return Key(paint, words)


# --- points -------------------------------------------------------------------------------


def point(canvas: Canvas, x: float, y: float, reading: str) -> None:
    """A mark by what it means: round for better, a diamond for worse, hollow for neither."""
    colour = READINGS[reading]
    if reading == "worse":
        canvas.shape([(x, y - 7), (x + 7, y), (x, y + 7), (x - 7, y)], colour)
    else:
        canvas.circle(x, y, 5, colour if reading else WHITE, colour)


def interval(
    cell: Cell, low: Cell, high: Cell, reading: str, by: float = 1, strong: bool = False
) -> Lane:
    """A point on its interval, divided by ``by``; a marker where there is none."""

    def paint(canvas: Canvas, scale: Scale, y: float) -> None:
        if cell.value is None:
            canvas.text(_clear(scale), y + 4, cell.text, size=SMALL, colour=QUIET, halo=True)
            return
        colour = READINGS[reading]
        if low.value is not None and high.value is not None:
            ends = scale(low.value / by), scale(high.value / by)
            canvas.line(ends[0], y, ends[1], y, colour, 3 if strong else 2)
        point(canvas, scale(cell.value / by), y, reading)

    return Lane(paint, "", 24)


def _clear(scale: Scale) -> float:
    """Where a marker stands: beside zero, where that is on the scale."""
    return scale(0) + 6 if scale.low <= 0 < scale.high else scale.left + 6


def reading_keys(readings: set[str], words: dict[str, str]) -> list[Key]:
    """Keys of the readings that there are."""

    def key(reading: str) -> Key:
        return Key(lambda canvas, x, y: point(canvas, x, y, reading), words[reading])

    return [key(reading) for reading in ("better", "worse", "") if reading in readings]


def pair(before: Cell, after: Cell) -> Lane:
    """Two points joined by a line: hollow before, filled after, their numbers outside.

    Close to the axis, which a number would cross, both stand at the right, as the points do.
    """

    def paint(canvas: Canvas, scale: Scale, y: float) -> None:
        if before.value is None or after.value is None:
            _one_of_pair(canvas, scale, y, before, after)
            return
        one, two = scale(before.value), scale(after.value)
        canvas.line(one, y, two, y, QUIET, 2)
        _ends(canvas, one, two, y)
        left, right = (before, after) if before.value <= after.value else (after, before)
        first, beside = min(one, two) - 10, right.text
        if first - width(left.text, SMALL) > scale.left:
            canvas.text(first, y + 4, left.text, size=SMALL, anchor="end", halo=True)
        else:
            beside = f"{left.text}; {right.text}"
        canvas.text(max(one, two) + 10, y + 4, beside, size=SMALL, halo=True)

    return Lane(paint, "", 24)


def _ends(canvas: Canvas, one: float, two: float, y: float) -> None:
    canvas.circle(one, y, 5, WHITE, BEFORE)
    canvas.shape([(two, y - 7), (two + 7, y), (two, y + 7), (two - 7, y)], AFTER)


def _one_of_pair(canvas: Canvas, scale: Scale, y: float, before: Cell, after: Cell) -> None:
    known = before if before.value is not None else after
    if known.value is None:
        canvas.text(scale.left + 6, y + 4, before.text, size=SMALL, colour=QUIET, halo=True)
        return
    x = scale(known.value)
    if known is before:
        canvas.circle(x, y, 5, WHITE, BEFORE)
    else:
        canvas.shape([(x, y - 7), (x + 7, y), (x, y + 7), (x - 7, y)], AFTER)
    other = after if known is before else before
    canvas.text(x + 10, y + 4, f"{known.text}; {other.text}", size=SMALL, halo=True)


def pair_keys(before: str, after: str) -> list[Key]:
    """Keys of the two points of a pair."""
    return [
        Key(lambda canvas, x, y: canvas.circle(x, y, 5, WHITE, BEFORE), before),
        Key(
            lambda canvas, x, y: canvas.shape(
                [(x, y - 7), (x + 7, y), (x, y + 7), (x - 7, y)], AFTER
            ),
            after,
        ),
    ]
