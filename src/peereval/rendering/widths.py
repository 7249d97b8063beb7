"""How the columns of a table share the width of a page, by what stands in them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from peereval.composing import Cell, Table

#: A text is never thought of as wider than this, nor a word of one; it is broken into lines.
_WIDEST, _LONGEST_WORD = 40, 18
#: Bold type is so much wider; and so much stands between two columns, in characters.
_BOLD, _BETWEEN = 1.1, 1.5
_NARROWEST = 4
#: What a text keeps away from a number before it.
_AWAY = 1.5


@dataclass(frozen=True, slots=True)
class Wanted:
    """Characters that a column needs at least, and those with which nothing in it is broken."""

    least: float
    whole: float


def wanted(heads: Sequence[str], content: Table, text: Callable[[Cell], str]) -> list[Wanted]:
    """What each column of a table needs; ``text`` is what a cell shows."""
    found: list[Wanted] = []
    before = ""
    for place, (head, column) in enumerate(zip(heads, content.columns, strict=True)):
        texts = [text(row[place]) for row in content.rows]
        longest = min(max(map(len, texts), default=0), _WIDEST)
        words = [word for each in texts for word in each.split()]
        broken = min(max(map(len, words), default=0), _LONGEST_WORD)
        title = _BOLD * max(map(len, head.split()), default=0)
        least = max(title, longest if column.kind == "number" else broken, _NARROWEST)
        whole = max(least, longest, _BOLD * len(head) / 2)
        between = _BETWEEN + (_AWAY if (before, column.kind) == ("number", "text") else 0)
        found.append(Wanted(least + between, whole + between))
        before = column.kind
    return found


def least(columns: Sequence[Wanted]) -> float:
    """Characters without which words are broken."""
    return sum(column.least for column in columns)


def comfortable(columns: Sequence[Wanted]) -> float:
    """Characters with which no word is broken, and few texts are: half way to none."""
    return sum(column.least + column.whole for column in columns) / 2


def shares(columns: Sequence[Wanted], room: float) -> list[float]:
    """The share of the width that each column gets where so many characters fit; their sum is 1.

    What is left over goes to all alike; what is lacking is taken from those with text to break.
    """
    low, high = least(columns), sum(column.whole for column in columns)
    spare = min(max((room - low) / (high - low), 0), 1) if high > low else 0
    given = [column.least + spare * (column.whole - column.least) for column in columns]
    return [each / sum(given) for each in given]
