"""The specification plot: one line per estimator of the same question, on a screen."""

from collections.abc import Iterator, Sequence

import polars as pl
from rich.console import Console
from rich.markup import escape

from peereval.columns import METHODS
from peereval.judging import answers
from peereval.judging.headline import Row
from peereval.rendering.numbers import fixed, interval, p_text
from peereval.rendering.tables import number_table

#: Columns of the drawing, at most and at least, and what stands beside it.
_WIDEST, _NARROWEST, _BESIDE = 41, 13, 70
#: Whatever stands on fewer respondents is not drawn: a line could be somebody's own answer.
FEWEST_DRAWN = 10


def show_specification(
    results: pl.DataFrame, outcome: str, screen: Console, phase: str = "", group: str = ""
) -> int:
    """Every answer to each question about an outcome, drawn on one scale. How many were drawn.

    ``results``: as `peereval.columns.RESULTS`. The headline has a mark.
    Each plot has the agreement statement under it.
    """
    questions = {
        place: rows
        for place, rows in answers(results).items()
        if place[4] == outcome and phase in ("", place[1]) and group in ("", place[3])
    }
    said = {row["estimate_id"]: row for row in _agreements(results)}
    for place, rows in questions.items():
        screen.print()
        _draw(place, rows, screen)
        row = said.get(".".join(("agreement.comparison_of_methods", *place[1:], place[0],
                                 "share_agreeing")))  # fmt: skip
        if row:
            screen.print(row["note"], markup=False)
    return len(questions)


def _agreements(results: pl.DataFrame) -> Iterator[Row]:
    yield from results.filter(analysis="agreement", status="ok").iter_rows(named=True)


def _draw(place: tuple[str, ...], rows: Sequence[Row], screen: Console) -> None:
    analysis, phase, comparison, group, outcome = place
    shown = [row for row in rows if row["n"] >= FEWEST_DRAWN]
    low, high = _reach(shown)
    width = min(_WIDEST, max(_NARROWEST, screen.width - _BESIDE))
    what = "change" if analysis == "paired" else "difference in change"
    title = f"{outcome}: {what}, {phase}, {comparison}, {group} ({rows[0]['unit']})"
    table = number_table(
        screen, title, "Estimator", ("n", "estimate", "interval", "p"), [_axis(low, high, width)]
    )
    for row in sorted(shown, key=lambda row: _order(row, analysis)):
        limits = interval(row["ci_low"], row["ci_high"], 2)
        numbers = (f"{row['n']:,}", fixed(row["estimate"], 2), limits, p_text(row["p_value"]))
        table.add_row(_named(row), *numbers, _bar(row, low, high, width))
    screen.print(table)


def _order(row: Row, analysis: str) -> tuple[bool, int]:
    """Those of the question's own analysis first, in the order of the vocabulary."""
    return row["analysis"] != analysis, list(METHODS).index(row["method"])


def _named(row: Row) -> str:
    # Only a headline is judged within a family of tests.
    return ("  " if row["p_adjusted"] is None else "▸ ") + escape(row["method"])


def _reach(rows: Sequence[Row]) -> tuple[float, float]:
    """Limits of the drawing: everything, and zero."""
    values = [0.0]
    for row in rows:
        values += [row[key] for key in ("estimate", "ci_low", "ci_high") if row[key] is not None]
    low, high = min(values), max(values)
    return (low, high) if high > low else (low - 1, high + 1)


def _place(value: float, low: float, high: float, width: int) -> int:
    return round((value - low) / (high - low) * (width - 1))


def _axis(low: float, high: float, width: int) -> str:
    """Heading of the drawing: its limits, and zero where there is room for it."""
    left, right = f"{low:.2f}", f"{high:.2f}"
    line = list(left + " " * (width - len(left) - len(right)) + right)
    zero = _place(0, low, high, width)
    if len(left) < zero < width - len(right) - 1:
        line[zero] = "0"
    return "".join(line)


def _bar(row: Row, low: float, high: float, width: int) -> str:
    def place(value: float) -> int:
        return _place(value, low, high, width)

    line = [" "] * width
    line[place(0)] = "┊"
    if row["ci_low"] is not None and row["ci_high"] is not None:
        first, last = place(row["ci_low"]), place(row["ci_high"])
        line[first : last + 1] = "─" * (last - first + 1)
        line[first], line[last] = "├", "┤"
    line[place(row["estimate"])] = "●"
    return "".join(line)
