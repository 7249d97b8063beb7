"""Cost and gain on one plane, and lines of how likely the programme is worth it."""

from collections.abc import Sequence

from peereval.composing import Cell, Figure
from peereval.rendering.charts.axes import Scale, fitting, reach, widened
from peereval.rendering.charts.canvas import LEADING, SIZE, SMALL, Canvas
from peereval.rendering.charts.layout import Key, draw_keys
from peereval.rendering.charts.marks import rows_of
from peereval.rendering.charts.metrics import width, wrap
from peereval.rendering.charts.palette import BLUE, GRID, QUIET, SERIES, ZERO
from peereval.wording import Words

#: Height of a plane, for its width, and the most of it.
_SHAPE, _TALLEST = 0.6, 380


def draw_plane(figure: Figure, _words: Words, canvas: Canvas) -> None:
    """A cross on net cost (up) and gain (to the right), and the share of draws in each corner."""
    gain, cost, *corners = rows_of(figure)
    limits = [[row[name].value for name in ("estimate", "low", "high")] for row in (gain, cost)]
    place = _Plane.of(canvas, limits[0], limits[1], cost["what"].text, gain["what"].text)
    for at, row in enumerate(corners):
        place.corner(canvas, at, row["what"].text, row["estimate"].text)
    if gain["estimate"].value is None or cost["estimate"].value is None:
        absent = next(c for c in (gain["estimate"], cost["estimate"]) if c.value is None)
        middle = (place.x.left + place.x.right) / 2
        canvas.text(middle, (place.top + place.bottom) / 2, absent.text, anchor="middle")
        return
    x, y = place.x(gain["estimate"].value), place.y(cost["estimate"].value)
    ends = [place.x(v) for v in limits[0][1:] if v is not None]
    if len(ends) == 2:
        canvas.line(ends[0], y, ends[1], y, BLUE, 3)
    ends = [place.y(v) for v in limits[1][1:] if v is not None]
    if len(ends) == 2:
        canvas.line(x, ends[0], x, ends[1], BLUE, 3)
    canvas.circle(x, y, 5, BLUE, BLUE)


class _Plane:
    """Two scales at right angles, drawn with their lines and words."""

    def __init__(
        self, canvas: Canvas, across: tuple[float, float], up: tuple[float, float],
        shares: bool = False, top: float = 0, after: float = 0,
    ) -> None:  # fmt: skip
        high = min(_TALLEST, canvas.width * _SHAPE)
        self.top, self.bottom = top + 12, top + high
        places, said = fitting(*up, (self.bottom - self.top) * 2, SMALL, shares)
        left = max((width(each, SMALL) for each in said), default=0) + 10
        self.x = Scale(*across, left, canvas.width - 20 - after)
        self.y = Scale(*up, self.bottom, self.top)
        for value, words in zip(places, said, strict=True):
            canvas.line(left, self.y(value), self.x.right, self.y(value), GRID)
            canvas.text(left - 8, self.y(value) + 4, words, size=SMALL, anchor="end", colour=QUIET)
        places, said = fitting(*across, self.x.right - left, SMALL)
        for value, words in zip(places, said, strict=True):
            canvas.line(self.x(value), self.top, self.x(value), self.bottom, GRID)
            half = width(words, SMALL) / 2
            at = min(self.x(value), canvas.width - half)
            canvas.text(at, self.bottom + 18, words, size=SMALL, anchor="middle", colour=QUIET)
        canvas.line(self.x(0), self.top, self.x(0), self.bottom, ZERO, 1.5)
        canvas.line(left, self.y(0), self.x.right, self.y(0), ZERO, 1.5)

    @classmethod
    def of(
        cls, canvas: Canvas, gains: Sequence[float | None], costs: Sequence[float | None],
        up: str, across: str,
    ) -> "_Plane":  # fmt: skip
        """A plane that holds both and zero, with its words above and below."""
        y = 0.0
        for line in wrap(up, SMALL, canvas.width):
            y += SMALL * LEADING
            canvas.text(0, y, line, size=SMALL, colour=QUIET)
        plane = cls(canvas, _around(gains), _around(costs), top=y)
        plane.name(canvas, across)
        return plane

    def name(self, canvas: Canvas, words: str) -> None:
        """Words of the scale across, under its numbers."""
        y = self.bottom + 22
        for line in wrap(words, SMALL, canvas.width):
            y += SMALL * LEADING
            canvas.text(canvas.width, y, line, size=SMALL, anchor="end", colour=QUIET)

    def corner(self, canvas: Canvas, at: int, words: str, share: str) -> None:
        """Words and share of a quadrant in its outer corner: north-west first, row by row."""
        right, low = at % 2 == 1, at >= 2
        x, anchor = (self.x.right - 6, "end") if right else (self.x.left + 6, "start")
        room = abs(self.x(0) - (self.x.right if right else self.x.left)) - 12
        lines = [*wrap(words, SMALL, max(room, 60)), share]
        first = self.bottom - 8 - (len(lines) - 1) * 16 if low else self.top + 16
        for number, line in enumerate(lines):
            size = SIZE if line is lines[-1] else SMALL
            canvas.text(
                x, first + number * 16, line, size=size, anchor=anchor, colour=QUIET, halo=True
            )


def _around(values: Sequence[float | None]) -> tuple[float, float]:
    """Limits with zero well inside, so that every corner has room for its words."""
    low, high = reach(values)
    least = (high - low) * 0.35
    return widened(min(low, -least), max(high, least), 5)


def draw_acceptability(figure: Figure, _words: Words, canvas: Canvas) -> None:
    """A line per outcome, from nought to one, over what a unit gained may be worth."""
    names = [column.title for column in figure.data.columns[1:]]
    worth = [row[0].value or 0 for row in figure.data.rows]
    keys = [_key(at, name) for at, name in enumerate(names)] if len(names) > 1 else []
    y = draw_keys(keys, canvas)
    for line in wrap(figure.unit, SMALL, canvas.width):
        y += SMALL * LEADING
        canvas.text(0, y, line, size=SMALL, colour=QUIET)
    plane = _Plane(canvas, widened(*reach(worth), 5), (0, 1), shares=True, top=y)
    plane.name(canvas, figure.data.columns[0].title)
    for at in range(len(names)):
        _line(canvas, plane, worth, [row[at + 1] for row in figure.data.rows], at)


def _line(
    canvas: Canvas, plane: _Plane, worth: Sequence[float], cells: Sequence[Cell], at: int
) -> None:
    """A line through what is known, with a mark of its own at each threshold."""
    colour = SERIES[at % len(SERIES)]
    points = [
        (plane.x(value), plane.y(cell.value))
        for value, cell in zip(worth, cells, strict=True)
        if cell.value is not None
    ]
    canvas.path(points, colour)
    for x, y in points:
        _mark(canvas, x, y, at)


def _mark(canvas: Canvas, x: float, y: float, at: int) -> None:
    """The mark of a line: another shape for every second, another colour for each."""
    colour = SERIES[at % len(SERIES)]
    if at % 2:
        canvas.shape([(x, y - 5), (x + 5, y), (x, y + 5), (x - 5, y)], colour)
    else:
        canvas.circle(x, y, 3, colour, colour)


def _key(at: int, words: str) -> Key:
    return Key(lambda canvas, x, y: _mark(canvas, x, y, at), words)
