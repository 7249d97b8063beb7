"""Words that agree with a number: ``question|questions``, one form after the other.

Which form goes with which number is a rule of the language, ``plural`` in its ``report.toml``, as
translators write it everywhere (Plural-Forms of GNU gettext): ``n != 1`` is 0 for one, else 1.
Messages, which are in English alone, take theirs with `count_of`.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from gettext import c2py
from string import Formatter

#: Between the forms of a gap.
BETWEEN = "|"
#: The rule of English.
ENGLISH = "n != 1"
_WHOLE = re.compile(r"\d+(,\d{3})*")
#: Numbers that show how many forms a rule has: no language looks at more than the last two digits.
_SHOWN = range(1000)


@lru_cache
def plural_rule(text: str) -> Callable[[int], int]:
    """A rule as a function of a whole number. Raises ``ValueError`` for what is no rule."""
    return c2py(text)


@lru_cache
def forms_of(rule: str) -> int:
    """How many forms a rule tells apart."""
    told = plural_rule(rule)
    return max(told(n) for n in _SHOWN) + 1


def agreeing(forms: str, number: object, rule: str) -> str:
    """The form that goes with a number, or with the text of one.

    The last form goes with what is no whole number: none, a number kept back, a mean.
    """
    each = forms.split(BETWEEN)
    text = str(number)
    if not _WHOLE.fullmatch(text):
        return each[-1]
    return each[min(plural_rule(rule)(int(text.replace(",", ""))), len(each) - 1)]


def count_of(n: int, forms: str) -> str:
    """A number and the English words that agree with it: "1 row ends", of ``row ends|rows end``.

    One form alone is that of one, and takes an s: ``row``.
    """
    both = forms if BETWEEN in forms else f"{forms}{BETWEEN}{forms}s"
    return f"{n:,} {agreeing(both, n, ENGLISH)}"


class Agreeing(Formatter):
    """Fills gaps as ``str.format`` does, and those with forms with the one that agrees."""

    def __init__(self, rule: str) -> None:
        self.rule = rule

    def format_field(self, value: object, format_spec: str) -> str:
        """What fills one gap."""
        if BETWEEN in format_spec:
            return agreeing(format_spec, value, self.rule)
        return str(super().format_field(value, format_spec))
