"""When two pieces of response text mean the same."""

import re
import unicodedata
from collections.abc import Iterable
from itertools import pairwise

#: No label is longer.
_LONGEST = 1000
_QUOTES = "'’‘‛`´ʼ′"
_DASHES = "-‐‑‒–—―−"
#: Before NFKC, which would take some of these apart. Marks without width mean nothing.
_ALIKE = str.maketrans(
    dict.fromkeys(_QUOTES, "'") | dict.fromkeys(_DASHES, "-") | dict.fromkeys("\u200b\ufeff\u00ad")
)
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d)")
#: A number without its 0, as SPSS writes it: .5
_BARE_POINT = re.compile(r"(?<![\w.])\.(?=\d)")
_NUMBER = re.compile(r"(-?) ?(\d+)(?:\.(\d+))?\.?")
#: Between two digits these are part of a number, and so is a minus that begins one.
_IN_NUMBERS = re.compile(r"(?<=\d)[./:](?=\d)|(?<![\w'])-(?=\d)")


def fold(text: str) -> str:
    """Text as compared: case, spacing and punctuation do not matter, numbers do.

    ``"Some of  the time. "`` and ``"some-of-the-time"`` fold to the same text, as do
    ``"Don’t know"`` and ``"dont know"``, ``4.0``, ``4,0`` and ``4``; ``-99`` and ``99`` do
    not. Text that is nothing but punctuation is left as it is, and so is text too long to be
    compared with anything.
    """
    if len(text) > _LONGEST:
        return text
    plain = unicodedata.normalize("NFKC", text.translate(_ALIKE)).casefold()
    plain = " ".join(plain.split())
    plain = _DECIMAL_COMMA.sub(".", _THOUSANDS.sub("", plain))
    plain = _BARE_POINT.sub("0.", plain)
    bare = plain
    if not plain.replace(" ", "").isalnum():  # most labels are letters and spaces
        kept = {found.start() for found in _IN_NUMBERS.finditer(plain)}
        words = [c if i in kept else _without_punctuation(c) for i, c in enumerate(plain)]
        bare = " ".join("".join(words).split())
    number = _NUMBER.fullmatch(plain) or _NUMBER.fullmatch(bare)
    return _number(*number.groups(default="")) if number else bare or plain


def _without_punctuation(character: str) -> str:
    if character == "'":
        return ""
    # A share is not the number that it is of.
    mark = unicodedata.category(character).startswith("P") and character != "%"
    return " " if mark else character


def _number(sign: str, whole: str, part: str) -> str:
    number = f"{whole}.{part.rstrip('0')}" if part.strip("0") else whole
    return sign + number if number.strip("0.") else number


def alike(texts: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs of neighbours, of the texts in order, that fold to the same: no table may hold both."""
    folded = sorted((fold(text), text) for text in texts)
    return [(one, two) for (key, one), (other, two) in pairwise(folded) if key == other]


_BEFORE = re.compile(r"[(\[]?(-?\d{1,3})[)\]]?\s*[-=.:)]?\s*(?![\d\s.,/:=)-])(.+)", re.DOTALL)
_AFTER = re.compile(r"(.*[^\d\s])\s*[-=:]\s*(-?\d{1,3})", re.DOTALL)
_IN_BRACKETS = re.compile(r"(.+?)\s*[(\[]\s*(-?\d{1,3})\s*[)\]]", re.DOTALL)


def number_beside(text: str) -> tuple[int, str] | None:
    """The number and the folded label of a cell that may hold both, or ``None``.

    ``4 - Often``, ``4 = Often``, ``4. Often``, ``4 Often``, ``(4) Often``, ``Often (4)`` and
    ``Often - 4``. Whether the rest is a label of anything is for the caller to see.
    """
    if len(text) > _LONGEST:
        return None
    plain = unicodedata.normalize("NFKC", text.translate(_ALIKE)).strip()
    if found := _BEFORE.fullmatch(plain):
        number, label = found.groups()
    elif found := _AFTER.fullmatch(plain) or _IN_BRACKETS.fullmatch(plain):
        label, number = found.groups()
    else:
        return None
    folded = fold(label)
    return (int(number), folded) if any(c.isalpha() for c in folded) else None
