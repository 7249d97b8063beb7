"""What a scale is, once its file has been read: frozen objects.

A score of whole-number answers is an exact integer once it carries its
denominator (a SWEMWBS metric score times 100, a mean of four items times 4), so
every engine computes the same bits and sums of scores are exact.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from msgspec import Struct, field

from peereval.labels import fold

#: Stored values stay below this, so that sums of their squares are exact (see `moments`).
MOST = 1 << 23
RULES = ("sum", "mean", "lookup", "rescale")
BETTER = ("higher", "lower")
HALF_UP = "half_up"
ROUNDINGS = (HALF_UP,)
RELIABILITIES = ("alpha", "omega", "test_retest")
#: What of a scale is checked against its sources, each by itself.
FACTS = ("keys", "coding", "missing_rule")
MISSING = "missing"


class Item(Struct, frozen=True):
    """One question of a scale; ``reverse`` turns its code end for end.

    Answers to a ``sensitive`` item (self-harm, say) count in scores and are never shown or
    tabulated by themselves: whoever reads results can do nothing for the young person.
    """

    id: str
    gloss: str
    reverse: bool = False
    sensitive: bool = False


class Numbers(Struct, frozen=True):
    """Answers that are numbers: from ``low`` to ``high`` in steps of ``step``."""

    low: Fraction
    high: Fraction
    step: Fraction


class ReliableChange(Struct, frozen=True):
    """A published change of one respondent that is more than error of measurement.

    ``threshold``: in the unit of the score; a change as large, or larger, is reliable.
    """

    threshold: Fraction
    source: str
    verified: bool


class Reliability(Struct, frozen=True):
    """A published reliability of a score; ``kind``: ``alpha``, ``omega`` or ``test_retest``."""

    value: float
    kind: str
    source: str
    verified: bool


class Norm(Struct, frozen=True):
    """What a published sample scored; ``sd`` and ``n`` are None where they are not published."""

    mean: float
    sd: float | None
    n: int | None
    population: str
    source: str
    verified: bool


class Score(Struct, frozen=True):
    """How one score is computed, and what it means.

    ``of`` names items (for ``sum`` and ``mean``) or other scores. The stored
    value is a whole number, ``denominator`` times the score in its unit. ``points`` says what
    each code of an item counts, where that is not the code itself; ``zero_when`` (item ->
    code) are answers that make the score 0 whatever else was answered; ``rounding`` is how a
    pro-rated score becomes whole.
    """

    id: str
    outcome: str
    title: str
    rule: str
    of: tuple[str, ...]
    min_answered: int
    prorate: bool
    low: Fraction
    high: Fraction
    unit: str
    better: str
    primary: bool
    denominator: int
    table: Mapping[int, int]
    factor: Fraction
    offset: Fraction
    rounding: str = ""
    points: Mapping[int, int] = field(default_factory=dict)
    zero_when: Mapping[str, int] = field(default_factory=dict)
    reliable_change: ReliableChange | None = None
    reliability: Reliability | None = None
    norms: tuple[Norm, ...] = ()

    @property
    def largest(self) -> int:
        """The stored value furthest from 0."""
        return int(max(abs(self.low), abs(self.high)) * self.denominator)


class Band(Struct, frozen=True):
    """Named groups of a score: half-open, each from its lower bound up to the next.

    ``system`` names bands that belong together, where a scale has several published systems.
    """

    id: str
    outcome: str
    title: str
    score: str
    score_outcome: str
    levels: tuple[tuple[str, str, Fraction], ...]
    population: str
    verified: bool
    checked: str = ""
    system: str = ""


class Example(Struct, frozen=True):
    """Answers worked by hand and the scores that they must give (None = missing)."""

    name: str
    answers: tuple[str, ...]
    coding: str
    expected: Mapping[str, Fraction | str | None]


class Fact(Struct, frozen=True):
    """Whether one thing about a scale has been checked against its sources, and how."""

    verified: bool
    checked: str


class Scale(Struct, frozen=True):
    """An instrument: its items, the codes of its labels, its scores and bands.

    ``names``: what exports call it, its id among them, to recognise its columns by.
    ``numbers``: where answers are numbers, which; ``labels`` then holds each of them. A code
    is ``per_answer`` times the answer, so that 7.3 is a whole number. ``facts``: each of
    `FACTS` that the file speaks of.
    """

    id: str
    version: str
    title: str
    ages: str
    recall: str
    parent: str
    source: Mapping[str, Any]
    labels: Mapping[str, int]
    codings: Mapping[str, Mapping[str, int]]
    coding_required: bool
    items: tuple[Item, ...]
    scores: tuple[Score, ...]
    bands: tuple[Band, ...]
    examples: tuple[Example, ...]
    names: tuple[str, ...]
    numbers: Numbers | None = None
    per_answer: int = 1
    facts: Mapping[str, Fact] = field(default_factory=dict)

    @property
    def low(self) -> int:
        """Lowest code of an answer."""
        return min(self.labels.values())

    @property
    def high(self) -> int:
        """Highest code of an answer."""
        return max(self.labels.values())

    @property
    def whole_numbers(self) -> frozenset[int]:
        """Whole numbers that are answers, as a person writes them."""
        codes = self.labels.values()
        return frozenset(c // self.per_answer for c in codes if c % self.per_answer == 0)

    def codes(self, coding: str | Mapping[str, str] = "") -> dict[str, int]:
        """Folded response text -> code, for labels and for numbers as ``coding`` reads them.

        ``coding``: the name of one, or a table number -> label. Without one, numbers stand
        for themselves, unless the scale says that its numbers need one: then only labels are
        known. Raises ``KeyError`` for a coding or a label that the scale does not have.
        """
        known = {fold(label): code for label, code in self.labels.items()}
        if coding:
            if isinstance(coding, str):
                numbers = self.codings[coding]
            else:
                numbers = {text: self.labels[label] for text, label in coding.items()}
            # The coding says what numbers mean: a label that is a number would contradict it.
            words = {text: code for text, code in known.items() if not is_number(text)}
            return words | {fold(text): code for text, code in numbers.items()}
        if self.coding_required or self.numbers:
            return known
        return known | {str(code): code for code in self.labels.values()}


def is_number(text: str) -> bool:
    """Whether folded text is a number and no word."""
    return text.removeprefix("-").replace(".", "", 1).isdigit()
