"""Columns by their headings: which fit, and which a person named."""

import re
from collections.abc import Iterable, Sequence

from msgspec import Struct

from peereval.errors import nearest
from peereval.recognising.guesses import SURE, Guess, Notes
from peereval.recognising.seeing import Column, Seen
from peereval.recognising.words import phrase_of

#: A question with more words than this says more than what its column is.
LONGEST = 16
#: A text that this many respondents gave is an option, not somebody's own words.
SEVERAL = 5


class Named(Struct, frozen=True):
    """A column that was recognised, and how."""

    column: str
    guess: Guess


def asks(column: Column, patterns: Iterable[re.Pattern[str]]) -> int:
    """Which of some patterns a heading or a short question fits, from 1; 0 if none."""
    phrases = [phrase_of(column.name)]
    if len(column.asked.split()) <= LONGEST:
        phrases.append(phrase_of(column.asked))
    for rank, pattern in enumerate(patterns, 1):
        if any(pattern.search(phrase) for phrase in phrases):
            return rank
    return 0


def everywhere(seen: Sequence[Seen], closed: set[str]) -> list[str]:
    """Columns in the order of the first export, then of the others."""
    names = dict.fromkeys(name for each in seen for name in each.columns)
    return [name for name in names if name not in closed]


def given_column(
    seen: Sequence[Seen], column: str, what: str, code: str, notes: Notes
) -> Named | None:
    """The column that a person named as ``what``; the question ``code`` where it is not there."""
    absent = [each for each in seen if column not in each.columns]
    for each in absent:
        fix = nearest(column, each.columns) or f"Say --{what} with a column of this export"
        notes.ask(code, f"there is no column {column!r}", fix, each.name, column)
    return None if absent else Named(column, notes.guess(what, column, SURE, "as you said"))
