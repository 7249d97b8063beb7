"""Cells of the data behind a chart: released numbers as people read them, with their estimate."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from peereval.composing.model import Cell
from peereval.publishing import Publication

Row = Mapping[str, Any]

#: A screen reader says this one as "minus"; a hyphen it leaves out.
MINUS = "\N{MINUS SIGN}"
#: Markers that stand instead of a number.
INSTEAD = ("c", "x", "z")


@dataclass(frozen=True, slots=True)
class Style:
    """How a number is written: decimals, times what, what stands after it, and a plus or not."""

    digits: int
    times: int = 1
    after: str = ""
    signed: bool = False


MEAN = Style(1)
CHANGE = Style(2, signed=True)
SHARE = Style(0, times=100, after="%")
#: A difference of shares is in percentage points, which its column says.
POINTS = Style(1, times=100, signed=True)
MONEY = Style(2, signed=True)
COUNT = Style(0)


def written(value: float, style: Style) -> str:
    """A number in words of a style; halves are rounded away from zero, as by hand."""
    exact = Decimal(repr(float(value))) * style.times
    rounded = exact.quantize(Decimal(1).scaleb(-style.digits), ROUND_HALF_UP)
    sign = "" if not rounded else MINUS if rounded < 0 else "+" if style.signed else ""
    return f"{sign}{abs(rounded):,}{style.after}"


def cell(row: Row | None, style: Style, field: str = "estimate", reading: str = "") -> Cell:
    """A field of a released row; its marker where it was kept back or could not be estimated.

    ``[z]`` stands where there is no such row at all.
    """
    if row is None:
        return Cell("[z]", marker="z")
    marker, value, name = row["marker"], row[field], row["estimate_id"]
    if marker in INSTEAD or value is None:
        marker = marker if marker in INSTEAD else "x"
        return Cell(f"[{marker}]", None, name, field, marker, digits=style.digits)
    # One remark is enough for a row: beside the number that it is about, not beside its limits.
    # A count is as reliable as it is small.
    marker = "" if style == COUNT else marker
    beside = f" [{marker}]" if marker and field == "estimate" else ""
    text = written(value, style) + beside
    return Cell(text, float(value), name, field, marker, reading, style.digits)


def judged(row: Row | None, style: Style, level: float) -> Cell:
    """The estimate of a test: with ``[s]`` where it is significant, adjusted in its family.

    Its reading is ``better`` or ``worse`` only where the interval excludes zero.
    """
    found = cell(row, style, reading=reading(row) if row else "")
    p_value = None if row is None else first(row["p_adjusted"], row["p_value"])
    if found.value is None or found.marker not in ("", "s") or p_value is None:
        return found
    says = p_value < 1 - level
    text = found.text.removesuffix(" [s]") + (" [s]" if says else "")
    return Cell(text, found.value, found.estimate_id, found.field, "s" if says else "",
                found.reading, found.digits)  # fmt: skip


def first(*values: float | None) -> float | None:
    """The first value that is there."""
    return next((value for value in values if value is not None), None)


def reading(row: Row) -> str:
    """What a difference means for respondents, where its interval excludes zero."""
    low, high, better = row["ci_low"], row["ci_high"], row["better"]
    if row["marker"] in INSTEAD or low is None or high is None or not better:
        return ""
    if low <= 0 <= high:
        return ""
    return "better" if (low > 0) == (better == "higher") else "worse"


def text(words: str) -> Cell:
    """A cell of words."""
    return Cell(words)


def shown(cells: Iterable[Cell]) -> bool:
    """Whether any of them has something to say: a number, or that it was kept back."""
    return any(each.value is not None or each.marker == "c" for each in cells)


def row_of(publication: Publication, *keys: str) -> Row | None:
    """The released row of these keys (empty ones are left out), if there is one."""
    return publication.rows().get(".".join(filter(None, keys)))
