"""Numbers as a report shows them, held against the results as somebody else rounds them."""

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

_SHORTHAND = re.compile(r"\s*\[([a-z]+)\]")
_NUMBER = re.compile(r"(<?)([+−-]?)[£€$]?(\d[\d,]*(?:\.\d+)?)(%?)")


def agrees(text: str, value: Any, blank: str, times: int = 1) -> bool:
    """Whether a text is this value, so many times, at the digits that it shows.

    ``blank``: what stands for a value that is not there.
    """
    bare = _SHORTHAND.sub("", text).rstrip("*").strip()
    if value is None:
        return text.strip() == f"[{blank}]"
    found = _NUMBER.fullmatch(bare)
    if not found:
        return False
    below, sign, digits, _ = found.groups()
    shown = Decimal(digits.replace(",", "")) * (-1 if sign in ("−", "-") and sign else 1)
    if below:
        return Decimal(repr(value)) < shown
    return _rounded(value, times, digits) == shown


def _rounded(value: float, times: int, digits: str) -> Decimal:
    places = len(digits.partition(".")[2])
    exact = Decimal(repr(float(value))) * times
    return exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def why_blank(row: dict[str, Any]) -> str:
    """The shorthand for a number of a row that is not there."""
    if row["status"] == "suppressed" or row["marker"] == "c":
        return "c"
    return "x" if row["status"] == "not_estimable" else "z"


def times(row: dict[str, Any], field: str) -> int:
    """A share is shown in per cent, and so are its limits."""
    shares = row["unit"] in ("share", "share of variance") and row["analysis"] != "clustering"
    return 100 if shares and field in ("estimate", "ci_low", "ci_high") else 1
