"""Rows of a chart: a name, marks on one scale, and numbers beside them.

Where there is room, names stand left and numbers right of the marks; where there is little (a
telephone, a column of a page), above them.
"""

from collections.abc import Callable, Sequence

from msgspec import Struct, field

from peereval.rendering.charts.axes import Scale, fitting, widened
from peereval.rendering.charts.canvas import LEADING, SIZE, SMALL, Canvas
from peereval.rendering.charts.metrics import width, wrap
from peereval.rendering.charts.palette import GRID, QUIET, ZERO

#: Draws the marks of a lane with its middle at ``y``.
Painter = Callable[[Canvas, Scale, float], None]

#: Below this width names stand above the marks.
WIDE = 560
#: The least room for marks between names and numbers, and the most that names take.
_LEAST, NAMES = 170, 0.34
_GAP = 12
_ROW_GAP = 12
#: Above the first row, so that marks on its edge are whole.
_TOP = 4


class Lane(Struct, frozen=True):
    """A line of marks: how high it is, and what it is called, if anything."""

    paint: Painter
    name: str = ""
    high: float = 20


class RowOfMarks(Struct, frozen=True):
    """A row: its name, its lanes and its numbers, a text for each heading of the chart."""

    name: str
    lanes: tuple[Lane, ...]
    numbers: tuple[str, ...] = ()
    remark: str = ""


class Key(Struct, frozen=True):
    """What a mark means: draws one around a place, and its words."""

    paint: Callable[[Canvas, float, float], None]
    words: str


class Chart(Struct, frozen=True):
    """Rows under headings on one scale from ``low`` to ``high``.

    ``before`` and ``after`` are the room that texts at marks take left and right of the scale;
    ``shares`` says that the scale is in per cent.
    """

    rows: Sequence[RowOfMarks]
    low: float
    high: float
    axis: str
    headings: tuple[str, ...] = ()
    keys: Sequence[Key] = ()
    before: float = 0
    after: float = 0
    shares: bool = False


class _Room(Struct, frozen=True):
    """Where things stand: widths of names, lanes and numbers, and the limits of the marks."""

    wide: bool
    names: float
    lanes: float
    numbers: tuple[float, ...]
    left: float
    right: float
    headings: tuple[tuple[str, ...], ...] = field(default=())


def draw_rows(chart: Chart, canvas: Canvas) -> None:
    """Draw a chart of rows from the top of a canvas."""
    room = _room(chart, canvas.width)
    y = draw_keys(chart.keys, canvas) or _TOP
    y = _draw_headings(chart, room, canvas, y)
    low, high = widened(chart.low, chart.high, 5)
    scale = Scale(low, high, room.left + chart.before, room.right - chart.after)
    # Marks stand upon the lines of the scale: those go before them, when it is known how low.
    behind, stretches = len(canvas.elements), list[tuple[float, float]]()
    for row in chart.rows:
        y, stretch = _draw_row(row, chart, room, canvas, scale, y)
        stretches.append(stretch)
    bottom = y - _ROW_GAP / 2
    if room.wide:
        # Nothing but marks is in the way of lines from top to bottom.
        stretches = [(stretches[0][0], bottom)] if stretches else []
    _draw_scale(chart, canvas, scale, stretches, bottom, behind)


def _room(chart: Chart, total: float) -> _Room:
    lanes = max((width(lane.name, SMALL) for row in chart.rows for lane in row.lanes), default=0)
    lanes += 8 if lanes else 0
    asked = [width(row.name, SIZE) for row in chart.rows]
    asked += [width(row.remark, SMALL) for row in chart.rows]
    names = min(max(asked, default=0), NAMES * total)
    headings = tuple(_heading(words, chart, at) for at, words in enumerate(chart.headings))
    numbers = tuple(
        max(
            [width(line, SMALL) for line in headings[at]]
            + [width(row.numbers[at], SIZE) for row in chart.rows if row.numbers]
        )
        for at in range(len(chart.headings))
    )
    left = names + (_GAP if names else 0) + lanes
    right = total - sum(each + _GAP + 4 for each in numbers)
    # The outermost numbers of the scale are centred under its ends.
    edge = 18
    if total >= WIDE and right - left - chart.before - chart.after >= _LEAST:
        right -= 0 if numbers else edge
        return _Room(True, names, lanes, numbers, left, right, headings)
    return _Room(False, 0, lanes, (), max(lanes, edge), total - edge)


def _heading(words: str, chart: Chart, at: int) -> tuple[str, ...]:
    """A heading in lines no wider than its widest number, if its words allow."""
    widest = max((width(row.numbers[at], SIZE) for row in chart.rows if row.numbers), default=0)
    longest = max((width(word, SMALL) for word in words.split()), default=0)
    return wrap(words, SMALL, max(widest, longest))


def draw_keys(keys: Sequence[Key], canvas: Canvas) -> float:
    """What marks mean, in as many lines as they take. How far down they go."""
    if not keys:
        return 0
    x, y = 0.0, 14.0
    for key in keys:
        lines = wrap(key.words, SMALL, canvas.width - 24)
        wide = 22 + max(width(line, SMALL) for line in lines)
        if x and x + wide > canvas.width:
            x, y = 0.0, y + 20
        key.paint(canvas, x + 8, y - 4)
        for at, line in enumerate(lines):
            y += SMALL * LEADING if at else 0
            canvas.text(x + 22, y, line, size=SMALL)
        x += wide + 20
    return y + 12


def _draw_headings(chart: Chart, room: _Room, canvas: Canvas, y: float) -> float:
    """Headings of the numbers, over their columns. How far down they go."""
    if not (room.wide and chart.headings):
        return y
    deepest = max(len(lines) for lines in room.headings)
    for at, lines in enumerate(room.headings):
        # Upon the lowest line, as in a table.
        first = y + SMALL + (deepest - len(lines)) * SMALL * LEADING
        for number, line in enumerate(lines):
            place = first + number * SMALL * LEADING
            canvas.text(
                _right_of(room, canvas, at), place, line, size=SMALL, anchor="end", colour=QUIET
            )
    return y + deepest * SMALL * LEADING + 8


def _right_of(room: _Room, canvas: Canvas, at: int) -> float:
    return canvas.width - sum(each + _GAP + 4 for each in room.numbers[at + 1 :])


def _draw_row(
    row: RowOfMarks, chart: Chart, room: _Room, canvas: Canvas, scale: Scale, y: float
) -> tuple[float, tuple[float, float]]:
    """How far down the row goes, and from where to where its marks do."""
    if not room.wide:
        y = _draw_above(row, chart, canvas, y)
    lines = wrap(row.name, SIZE, room.names) if room.wide and row.name else ()
    remarks = wrap(row.remark, SMALL, room.names) if room.wide and row.remark else ()
    marks = sum(lane.high for lane in row.lanes)
    words = len(lines) * SIZE * LEADING + len(remarks) * SMALL * LEADING
    high = max(marks, words)
    middle = y + high / 2
    place = middle - words / 2 + SIZE * 0.95
    for line in lines:
        canvas.text(0, place, line)
        place += SIZE * LEADING
    for line in remarks:
        canvas.text(0, place - 1, line, size=SMALL, colour=QUIET)
        place += SMALL * LEADING
    if room.wide:
        for at, number in enumerate(row.numbers):
            canvas.text(_right_of(room, canvas, at), middle + 5, number, anchor="end")
    lane_y = middle - marks / 2
    for lane in row.lanes:
        if lane.name:
            canvas.text(
                room.left - 8, lane_y + lane.high / 2 + 4, lane.name, size=SMALL, anchor="end",
                colour=QUIET,
            )  # fmt: skip
        lane.paint(canvas, scale, lane_y + lane.high / 2)
        lane_y += lane.high
    canvas.height = max(canvas.height, y + high)
    return y + high + _ROW_GAP, (y - _TOP * room.wide, y + high)


def _draw_above(row: RowOfMarks, chart: Chart, canvas: Canvas, y: float) -> float:
    """Name and numbers over the marks of a row. Where the marks begin."""
    numbers = [
        f"{heading}: {number}" for heading, number in zip(chart.headings, row.numbers, strict=False)
    ]
    quiet = [*([row.remark] if row.remark else []), *numbers]
    for line in wrap(row.name, SIZE, canvas.width) if row.name else ():
        y += SIZE * LEADING
        canvas.text(0, y - 4, line)
    for words in quiet:
        for line in wrap(words, SMALL, canvas.width):
            y += SMALL * LEADING
            canvas.text(0, y - 4, line, size=SMALL, colour=QUIET)
    return y + 2


def _draw_scale(
    chart: Chart,
    canvas: Canvas,
    scale: Scale,
    stretches: Sequence[tuple[float, float]],
    bottom: float,
    behind: int,
) -> None:
    """Light lines behind the marks at round numbers, a darker one at zero, and its words."""
    marks, canvas.elements = canvas.elements[behind:], canvas.elements[:behind]
    places, said = fitting(scale.low, scale.high, scale.right - scale.left, SMALL, chart.shares)
    at = [scale(place) for place in places]
    zero = scale(0) if scale.low <= 0 <= scale.high else None
    for top, end in stretches:
        for x in at:
            canvas.line(x, top, x, end, GRID)
        if zero is not None:
            canvas.line(zero, top, zero, end, ZERO, 1.5)
    canvas.elements += marks
    for place, words in zip(at, said, strict=True):
        half = width(words, SMALL) / 2
        x = min(max(place, half), canvas.width - half)
        canvas.text(x, bottom + 16, words, size=SMALL, anchor="middle", colour=QUIET)
    y = bottom + 16 + (4 if places else -12)
    middle = (scale.left + scale.right) / 2
    for line in wrap(chart.axis, SMALL, canvas.width) if chart.axis else ():
        y += SMALL * LEADING
        half = width(line, SMALL) / 2
        x = min(max(middle, half), canvas.width - half)
        canvas.text(x, y, line, size=SMALL, anchor="middle", colour=QUIET)
