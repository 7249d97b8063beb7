"""Cells of the data behind a chart: released numbers as people read them, with their estimate."""

from collections.abc import Iterable, Mapping
from typing import Any

from peereval.composing.content import as_rounded, why_blank
from peereval.composing.model import Cell
from peereval.numbers import digits_of, text_of
from peereval.publishing import Publication
from peereval.significance import alpha_of

Row = Mapping[str, Any]

#: Markers that stand instead of a number.
INSTEAD = ("c", "x", "z")
#: Styles of `peereval.numbers.text_of`: as the tables of the report have them.
CHANGE, SHARE, POINTS, MONEY, COUNT = "2", "percent", "points", "money", "count"


def cell(
    row: Row | None, style: str, field: str = "estimate", reading: str = "", currency: str = ""
) -> Cell:
    """A field of a released row; its marker where it was kept back or could not be estimated.

    ``[z]`` stands where there is no such row at all.
    """
    if row is None:
        return Cell("[z]", marker="z")
    value, name, style = row[field], row["estimate_id"], as_rounded(row, style)
    if row["marker"] in INSTEAD or value is None:
        marker = row["marker"] if row["marker"] in INSTEAD else why_blank(row)
        return Cell(f"[{marker}]", None, name, field, marker, digits=digits_of(style))
    # A count is as reliable as it is small.
    marker = "" if style == COUNT else row["marker"]
    # One remark is enough for a row: beside the number that it is about, not beside its limits.
    beside = f" [{marker}]" if marker and field == "estimate" else ""
    said = text_of(float(value), style, currency) + beside
    return Cell(said, float(value), name, field, marker, reading, digits_of(style))


def judged(row: Row | None, style: str, level: float) -> Cell:
    """The estimate of a test: with ``[s]`` where it is significant, adjusted in its family.

    Its reading is ``better`` or ``worse`` only where the interval excludes zero.
    """
    found = cell(row, style, reading=reading(row) if row else "")
    p_value = None if row is None else first(row["p_adjusted"], row["p_value"])
    if found.value is None or found.marker not in ("", "s") or p_value is None:
        return found
    says = p_value < alpha_of(level)
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
