"""Tables of numbers: which cells are understood as numbers, and which numbers are outliers."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from msgspec import Struct, field

from peereval.declarations import Declaration
from peereval.labels import fold

#: Numbers are kept as whole thousandths, so that sums and medians are exact.
THOUSANDTHS = 1000
#: No answer to a question of a survey is further from 0.
LARGEST = 10**9
#: Rule -> interquartile ranges beyond the quartiles from which a number is an outlier (Tukey 1977).
FENCES: Mapping[str, Decimal] = {"tukey": Decimal("1.5"), "tukey_far": Decimal(3)}
NO_RULE, LIMITS = "none", "limits"
#: What a range such as 10-15 may be taken for.
RANGES = ("none", "middle")
#: Keys that tables of kind number alone have.
NUMBER_KEYS = ("unit", "possible", "outliers", "ignored_words", "texts", "ranges")
#: Keys of other tables that have no meaning for numbers.
_FOREIGN = ("options", "columns", "values", "nets", "top", "exclusive", "small_test")


class Outliers(Struct, frozen=True):
    """Which numbers are set aside: beyond the fences of a ``rule``, or beyond two limits.

    Limits are thousandths, None where there is none; numbers at a limit stay.
    """

    rule: str = NO_RULE
    low: int | None = None
    high: int | None = None

    @property
    def in_words(self) -> str:
        """What is an outlier, in words."""
        if self.rule in FENCES:
            return (
                f"further than {FENCES[self.rule]} interquartile ranges from the quartiles of "
                "their phase and occasion"
            )
        ends = (("below", self.low), ("above", self.high))
        return " or ".join(f"{word} {plain(end)}" for word, end in ends if end is not None)


class NumberRule(Struct, frozen=True):
    """How the cells of a question become numbers.

    ``low`` and ``high``: the smallest and largest possible number, in thousandths.
    ``ignored_words``: folded words that may stand before or behind a number. ``texts``: folded
    text -> thousandths. ``middle_of_ranges``: whether ``10-15`` is 12.5.
    """

    unit: str = ""
    low: int | None = None
    high: int | None = None
    ignored_words: tuple[str, ...] = ()
    texts: Mapping[str, int] = field(default_factory=dict)
    middle_of_ranges: bool = False
    outliers: Outliers = field(default_factory=Outliers)


def plain(thousandths: int) -> str:
    """A number as a person writes it."""
    return f"{Decimal(thousandths) / THOUSANDTHS:f}"


def read_number_rule(
    file: Declaration, entry: Mapping[str, Any], place: str, foreign: Iterable[str]
) -> NumberRule | None:
    """The rule of one table of kind number, or None with its faults noted (STU046).

    ``foreign``: keys that other kinds of table alone have.
    """
    before = len(file.faults)

    def fault(what: str, fix: str) -> None:
        file.add("046", what, fix, place)

    for key in (key for key in (*_FOREIGN, *foreign) if key in entry):
        fault(f"{key} is not for tables of kind number", "Leave it out, or mend the kind")
    possible = entry.get("possible", ())
    if possible and (len(possible) != 2 or possible[0] >= possible[1]):
        fault("possible is not the smallest and the largest number", "Write [0, 500]")
    if entry.get("ranges", RANGES[0]) not in RANGES:
        fault(f"ranges = {entry['ranges']!r} is not a choice", f"Use one of {', '.join(RANGES)}")
    for word in entry.get("ignored_words", ()):
        if any(character.isdigit() for character in word):
            fault(f"the ignored word {word!r} has a digit", "It would be cut out of numbers")
    outliers = _outliers(entry.get("outliers", NO_RULE))
    if outliers is None:
        known = ", ".join((NO_RULE, *FENCES))
        fault("outliers is no rule", f"Use one of {known}, or {{ low = 0, high = 100 }}")
    if outliers is None or len(file.faults) > before:
        return None
    low, high = map(_whole, possible) if possible else (None, None)
    return NumberRule(
        unit=entry.get("unit", ""),
        low=low,
        high=high,
        ignored_words=tuple(filter(None, map(fold, entry.get("ignored_words", ())))),
        texts={fold(text): _whole(number) for text, number in entry.get("texts", {}).items()},
        middle_of_ranges=entry.get("ranges") == "middle",
        outliers=outliers,
    )


def _outliers(declared: Any) -> Outliers | None:
    if declared in (NO_RULE, *FENCES):
        return Outliers(declared)
    if not isinstance(declared, Mapping) or not declared or set(declared) - {"low", "high"}:
        return None
    low, high = declared.get("low"), declared.get("high")
    if low is not None and high is not None and low >= high:
        return None
    ends = (None if end is None else _whole(end) for end in (low, high))
    return Outliers(LIMITS, *ends)


def _whole(number: int | Decimal) -> int:
    return round(number * THOUSANDTHS)
