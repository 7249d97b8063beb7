"""When two pieces of response text mean the same."""

import unicodedata

_QUOTES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-"})


def fold(text: str) -> str:
    """Text as compared: case, spacing, quote style and closing full stops do not matter.

    ``"Some of  the time. "`` and ``"some of the time"`` fold to the same text.
    """
    plain = unicodedata.normalize("NFKC", text).translate(_QUOTES)
    return " ".join(plain.casefold().split()).rstrip(".")
