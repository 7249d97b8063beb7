"""What stands in one cell of a published table: a number as printed, and its marks."""

import re
from fractions import Fraction

from msgspec import Struct

_MINUS = "-−–"
_CELL = re.compile(
    rf"(?P<sign>[{_MINUS}+]?)\s*[£$€]?\s*(?P<inner>[{_MINUS}]?)"
    r"(?P<whole>\d{1,3}(?:,\d{3})+|\d+)(?:\.(?P<part>\d+))?\s*[%£€]?"
    r"\s*(?P<marks>(?:\*|\[s\]|[A-Z]|[\s,])*)"
)
#: No table prints more.
_MOST_DIGITS = 15
#: What is printed where there is no number, or none that can be held against another.
_NO_NUMBER = re.compile(
    rf"[{_MINUS}—]?|\.\.|:|\*|n/?a|\[(?:c|x|z|u|w|low)\]|[<>]\s*\d+(?:\.\d+)?\s*%?", re.IGNORECASE
)


class Cell(Struct, frozen=True):
    """``value`` with as many ``decimals`` as are printed; None where no number is.

    ``starred``: an asterisk or ``[s]``; ``letters``: the columns that it is marked against.
    """

    text: str
    value: Fraction | None = None
    decimals: int = 0
    starred: bool = False
    letters: frozenset[str] = frozenset()

    @property
    def half(self) -> Fraction:
        """Half a unit of the last digit: what rounding can hide."""
        return Fraction(1, 2 * 10**self.decimals)


def read_cell(text: str) -> Cell:
    """The cell as printed. Raises ``ValueError`` for what is no number and no lack of one.

    Signs of currency and per cent, commas of thousands and every kind of minus are understood.
    ``-``, ``n/a``, ``[c]``, ``<1%`` and a lone asterisk are no numbers.
    """
    text = text.strip()
    if _NO_NUMBER.fullmatch(text):
        return Cell(text)
    found = _CELL.fullmatch(text)
    if not found or (found["sign"] and found["inner"]):
        raise ValueError(f"{text!r} is no number")
    part = found["part"] or ""
    if len(found["whole"] + part) > _MOST_DIGITS:
        raise ValueError(f"a number of more than {_MOST_DIGITS} digits")
    size = Fraction(f"{found['whole'].replace(',', '')}.{part or 0}")
    negative = found["sign"] not in ("", "+") or found["inner"]
    marks = found["marks"]
    letters = frozenset(re.findall("[A-Z]", marks))
    starred = "*" in marks or "[s]" in marks
    return Cell(text, -size if negative else size, len(part), starred, letters)
