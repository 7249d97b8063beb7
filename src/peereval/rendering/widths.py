"""How the columns of a table share the width of a page, by what stands in them.

Widths are in characters as wide as a digit, in which Arial's letters are from 0.4 to 1.7.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from msgspec import Struct

from peereval.composing import Cell, Table

#: Letters that are not as wide as a digit.
_UNLIKE = {
    letter: width
    for letters, width in (
        ("ijl'", 0.4), ("ftI.,:;!/[] |", 0.5), ("r()-", 0.6), ("cksvxyzJ", 0.9), ("FTZ+<=>−", 1.1),
        ("ABEKPSVXY&", 1.2), ("CDHNRUw", 1.3), ("GOQ", 1.4), ("mM", 1.5), ("%", 1.6), ("W@", 1.7),
    )
    for letter in letters
}  # fmt: skip
#: What is not broken: words, and their parts up to a hyphen.
_UNBROKEN = re.compile(r"\w\S*?-(?=[^\W\d])|\S+")
#: A text is never thought of as wider than this, nor a word of one; it is broken into lines.
_WIDEST, _LONGEST_WORD = 40, 18
#: Bold type is so much wider; and so much stands between two columns, in characters.
_BOLD, _BETWEEN = 1.1, 1.5
_NARROWEST = 4
#: What a text keeps away from a number before it.
_AWAY = 1.5


class Wanted(Struct, frozen=True):
    """Characters that a column needs at least, and those with which nothing in it is broken."""

    least: float
    whole: float


def wanted(heads: Sequence[str], content: Table, text: Callable[[Cell], str]) -> list[Wanted]:
    """What each column of a table needs; ``text`` is what a cell shows."""
    found: list[Wanted] = []
    before = ""
    for place, (head, column) in enumerate(zip(heads, content.columns, strict=True)):
        texts = [text(row[place]) for row in content.rows]
        longest = min(max(map(_width, texts), default=0), _WIDEST)
        broken = min(max(map(_widest_part, texts), default=0), _LONGEST_WORD)
        title = _BOLD * _widest_part(head)
        least = max(title, longest if column.kind == "number" else broken, _NARROWEST)
        whole = max(least, longest, _BOLD * _width(head) / 2)
        between = _BETWEEN + (_AWAY if (before, column.kind) == ("number", "text") else 0)
        found.append(Wanted(least + between, whole + between))
        before = column.kind
    return found


@lru_cache(maxsize=8192)
def _width(text: str) -> float:
    return sum(_UNLIKE.get(letter, 1) for letter in text)


@lru_cache(maxsize=8192)
def _widest_part(text: str) -> float:
    """Width of the widest part of a text that is not broken."""
    return max(map(_width, _UNBROKEN.findall(text)), default=0)


def least(columns: Sequence[Wanted]) -> float:
    """Characters without which words are broken."""
    return sum(column.least for column in columns)


def comfortable(columns: Sequence[Wanted]) -> float:
    """Characters with which no word is broken, and few texts are: two thirds of the way to none."""
    return sum(column.least + 2 * column.whole for column in columns) / 3


def shares(columns: Sequence[Wanted], room: float) -> list[float]:
    """The share of the width that each column gets where so many characters fit; their sum is 1.

    What is left over goes to all alike; what is lacking is taken from those with text to break.
    """
    low, high = least(columns), sum(column.whole for column in columns)
    spare = min(max((room - low) / (high - low), 0), 1) if high > low else 0
    given = [column.least + spare * (column.whole - column.least) for column in columns]
    return [each / sum(given) for each in given]
