"""Charts of points: forests, the specification plot, retention, pairs before and after."""

from collections.abc import Iterable

from peereval.composing import Cell, Figure
from peereval.rendering.charts.axes import reach
from peereval.rendering.charts.bars import with_interval
from peereval.rendering.charts.canvas import SMALL, Canvas
from peereval.rendering.charts.layout import Chart, RowOfMarks, draw_rows
from peereval.rendering.charts.marks import (
    interval,
    pair,
    pair_keys,
    reading_keys,
    rows_of,
    starred,
)
from peereval.rendering.charts.metrics import width
from peereval.wording import Words


def _readings(words: Words) -> dict[str, str]:
    names = {"better": "better", "worse": "worse", "": "unclear"}
    return {reading: words(f"figures.marks.{name}") for reading, name in names.items()}


def _with_interval(words: Words, heading: str) -> str:
    return words("figures.marks.with_interval", heading=words(heading))


def draw_forest(figure: Figure, words: Words, canvas: Canvas) -> None:
    """A point with its interval an outcome, in standard deviations; the numbers in points."""
    rows, values, readings = [], list[float | None](), set[str]()
    for row in rows_of(figure):
        change, ends, by = row["change"], (row["low"], row["high"]), row["deviation"].value
        if change.value is not None and by:
            lane = interval(change, *ends, change.reading, by)
            values += [each.value / by for each in (change, *ends) if each.value is not None]
            readings.add(change.reading)
        else:
            # Without its standard deviation an outcome has no place on the scale.
            lane = interval(_absent(change, row["deviation"]), *ends, "")
        rows.append(RowOfMarks(row["outcome"].text, (lane,), (with_interval(words, row),)))
    low, high = reach(values)
    heading = _with_interval(words, f"figures.{figure.kind}.columns.change")
    keys = reading_keys(readings, _readings(words))
    draw_rows(Chart(rows, low, high, figure.unit, (heading,), keys), canvas)


def _absent(change: Cell, deviation: Cell) -> Cell:
    """What stands for a mark that cannot be placed."""
    if change.value is None:
        return change
    return deviation if deviation.value is None else Cell("[x]", marker="x")


def draw_specification(figure: Figure, words: Words, canvas: Canvas) -> None:
    """A point with its interval an estimator; the headline is filled and stands first."""
    headline = words("figures.marks.headline")
    rows, cells = [], list[Cell]()
    for row in rows_of(figure):
        ends = row["low"], row["high"]
        first = row["role"].text == headline
        # Filled is the headline here, whatever it says.
        lane = interval(row["change"], *ends, "better" if first else "", strong=first)
        name = f"{row['estimator'].text} ({headline})" if first else row["estimator"].text
        rows.append(RowOfMarks(name, (lane,), (with_interval(words, row), row["n"].text)))
        cells += [row["change"], *ends]
    low, high = reach(cell.value for cell in cells)
    headings = (
        _with_interval(words, "figures.specification.columns.change"),
        words("figures.specification.columns.n"),
    )
    draw_rows(Chart(rows, low, high, figure.unit, headings), canvas)


def draw_retention(figure: Figure, words: Words, canvas: Canvas) -> None:
    """A point with its interval, of respondents; a point alone, of organisations."""
    rows, cells = [], list[Cell]()
    for row in rows_of(figure):
        ends = row["low"], row["high"]
        shown = {"change": row["retention"], "low": ends[0], "high": ends[1]}
        # Of respondents an interval, of organisations quartiles: those are hollow.
        filled = "better" if ends[0].estimate_id == row["retention"].estimate_id else ""
        lane = interval(row["retention"], *ends, filled)
        rows.append(RowOfMarks(row["who"].text, (lane,), (with_interval(words, shown),)))
        cells += [row["retention"], *ends]
    _, high = reach(cell.value for cell in cells)
    heading = words("figures.retention.columns.retention")
    draw_rows(Chart(rows, 0, high, figure.unit, (heading,), shares=True), canvas)


def draw_prevalence(figure: Figure, words: Words, canvas: Canvas) -> None:
    """A pair of points a question, before and after, and the change with its interval."""
    rows, cells = [], list[Cell]()
    for row in rows_of(figure):
        lane = pair(row["before"], row["after"])
        rows.append(RowOfMarks(row["question"].text, (lane,), (with_interval(words, row),)))
        cells += [row["before"], row["after"]]
    _, high = reach(cell.value for cell in cells)
    heading = _with_interval(words, "figures.prevalence.columns.change")
    room = _widest(cells) + 16
    keys = pair_keys(words("figures.marks.before"), words("figures.marks.after"))
    chart = Chart(
        rows, 0, high, figure.unit, (heading,), keys, before=room, after=room, shares=True
    )
    draw_rows(chart, canvas)


def _widest(cells: Iterable[Cell]) -> float:
    return max((width(starred(cell), SMALL) for cell in cells), default=0)
