"""Charts of bars: before and after by group, bands, parts of the cost, answers."""

from collections.abc import Sequence

from msgspec.structs import replace

from peereval.composing import Cell, Figure
from peereval.rendering.charts.axes import reach
from peereval.rendering.charts.canvas import Canvas
from peereval.rendering.charts.layout import Chart, RowOfMarks, draw_rows
from peereval.rendering.charts.marks import Cells, bar, room_of, rows_of, starred, swatch
from peereval.rendering.charts.palette import AFTER, BEFORE, GREY, SERIES
from peereval.wording import Words


def _pair_of_bars(words: Words, row: Cells) -> RowOfMarks:
    return RowOfMarks(
        "",
        (
            bar(row["before"], BEFORE, words("figures.marks.before")),
            bar(row["after"], AFTER, words("figures.marks.after")),
        ),
    )


def _on_bars(
    rows: Sequence[RowOfMarks], cells: Sequence[Cell], axis: str, shares: bool,
    headings: tuple[str, ...] = (),
) -> Chart:  # fmt: skip
    low, high = reach(cell.value for cell in cells)
    return Chart(
        rows, low, high, axis, headings,
        before=room_of([*cells], True), after=room_of([*cells], False), shares=shares,
    )  # fmt: skip


def draw_before_after(figure: Figure, words: Words, canvas: Canvas) -> None:
    """Two bars a group, and their change with its interval beside them."""
    rows, cells = [], list[Cell]()
    for row in rows_of(figure):
        lanes = _pair_of_bars(words, row).lanes
        change = with_interval(words, row)
        name = row["group"].text
        base = words("figures.marks.n", n=row["n"].text)
        rows.append(RowOfMarks(name, lanes, (change,), base))
        cells += [row["before"], row["after"]]
    change = words("figures.before_after.columns.change")
    heading = words("figures.marks.with_interval", heading=change)
    draw_rows(_on_bars(rows, cells, figure.unit, False, (heading,)), canvas)


def with_interval(words: Words, row: Cells) -> str:
    """An estimate with its interval in brackets; alone where it has none."""
    if row["low"].value is None or row["high"].value is None:
        return starred(row["change"])
    return words(
        "figures.marks.interval", estimate=starred(row["change"]), low=row["low"].text,
        high=row["high"].text,
    )  # fmt: skip


def draw_migration(figure: Figure, words: Words, canvas: Canvas) -> None:
    """Two bars a band, and a bar each for those who moved up and down."""
    rows, cells = [], list[Cell]()
    for row in rows_of(figure):
        moved = row["moved"].marker != "z"
        lanes = (bar(row["moved"], GREY),) if moved else _pair_of_bars(words, row).lanes
        rows.append(RowOfMarks(row["band"].text, lanes))
        cells += [row["moved"]] if moved else [row["before"], row["after"]]
    draw_rows(_on_bars(rows, cells, figure.unit, True), canvas)


def draw_concentration(figure: Figure, words: Words, canvas: Canvas) -> None:
    """Two bars a part of the cost."""
    rows, cells = [], list[Cell]()
    for row in rows_of(figure):
        rows.append(RowOfMarks(row["part"].text, _pair_of_bars(words, row).lanes))
        cells += [row["before"], row["after"]]
    draw_rows(_on_bars(rows, cells, figure.unit, True), canvas)


def draw_answers(figure: Figure, _words: Words, canvas: Canvas) -> None:
    """A bar per answer, or one for each column of the table, in the colours of a key."""
    names = [column.title for column in figure.data.columns[1:]]
    colours = _cycled(len(names))
    rows, cells = [], list[Cell]()
    for row in figure.data.rows:
        shares = row[1:]
        lanes = tuple(bar(cell, colour) for cell, colour in zip(shares, colours, strict=True))
        rows.append(RowOfMarks(row[0].text, lanes))
        cells += shares
    several = zip(colours, names, strict=True) if len(names) > 1 else ()
    keys = [swatch(colour, name) for colour, name in several]
    draw_rows(replace(_on_bars(rows, cells, figure.unit, True), keys=keys), canvas)


def _cycled(n: int) -> list[str]:
    return [SERIES[at % len(SERIES)] for at in range(n)]
