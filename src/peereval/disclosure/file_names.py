"""Names of files and sheets: people name them after a school, and so they are called otherwise."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import PurePath

import polars as pl

from peereval.quotations import GENERIC

#: What is own to a name is found within others with so many signs, a word of it, or a number,
#: with more of them.
_FEWEST, _FEWEST_OF_A_WORD, _FEWEST_DIGITS = 3, 4, 5
_WORD = re.compile(r"[^\W_]+")


def unnamed(kind: str, names: Iterable[str], tables: Mapping[str, pl.DataFrame]) -> dict[str, str]:
    """Names that hold that of an organisation -> what they are called instead: ``kind_1``, ...

    Files are named in a hurry: hill_top_pre.csv holds "Hill Top School", and StMarys.xlsx
    "St Mary's". So what is own to a name is looked for without signs, accents or blanks. The
    ending of a file is kept.
    """
    is_named = _after(tables["scores"]["organisation"])
    found = {}
    for number, name in enumerate(dict.fromkeys(names), 1):
        if name and is_named(name):
            ending = "" if is_named(suffix := PurePath(name).suffix) else suffix
            found[name] = f"{kind}_{number}{ending}"
    return found


def _after(organisations: pl.Series) -> Callable[[str], bool]:
    """Whether a text holds what is own to the name of one of some organisations."""
    names = organisations.drop_nulls().unique().cast(pl.String)
    parts = {part for name in names for part in _own(name)}

    def holds(text: str) -> bool:
        squeezed = "".join(_words(text))
        return any(part in squeezed for part in parts)

    return holds


def _own(name: str) -> Iterator[str]:
    """What tells a name from others: without the words that many have, and its longer words."""
    words = _words(name)
    own = [word for word in words if word not in GENERIC]
    whole = "".join(own)
    if len(whole) < _FEWEST or whole.isdigit():
        whole = "".join(words)
    if len(whole) >= (_FEWEST_DIGITS if whole.isdigit() else _FEWEST):
        yield whole
    yield from (word for word in own if len(word) >= _FEWEST_OF_A_WORD and not word.isdigit())


def _words(text: str) -> list[str]:
    """Words in small letters, without accents and apostrophes."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    letters = (s for s in plain if not unicodedata.combining(s) and s not in "'’")
    return _WORD.findall("".join(letters))
