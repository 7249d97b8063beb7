"""The levels of a characteristic that are shown, and their ids as `results` writes them."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

import polars as pl

NOT_KNOWN = "not_known"
#: Ends the id of all levels that too few have: what a few answered is not told.
SMALLER = "smaller_levels"


def large_levels(column: pl.Series, fewest: int) -> list[str]:
    """Levels of at least ``fewest`` respondents, sorted; an empty text is what is not known."""
    return [level for level, n in level_sizes(column).items() if n >= fewest]


def level_sizes(column: pl.Series) -> dict[str, int]:
    """Respondents of each level, the levels sorted; an empty text is what is not known."""
    counts = Counter[str]()
    for level, n in column.cast(pl.String).value_counts().rows():
        counts[level or ""] += n
    return dict(sorted(counts.items()))


def n_known(column: pl.Series) -> int:
    """How many different texts a column holds, those that are missing aside."""
    return column.n_unique() - (column.null_count() > 0)


def level_ids(characteristic: str, texts: Iterable[str]) -> dict[str, str]:
    """Text of a level -> its id: the characteristic and the text in a-z, 0-9 and underscores.

    An empty text is what is not known. Texts that come to the same id are numbered.
    """
    found: dict[str, str] = {}
    for text in sorted(set(texts)):
        plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().casefold()
        word = re.sub(r"[^a-z0-9]+", "_", plain).strip("_") or ("level" if text else NOT_KNOWN)
        taken, name, number = set(found.values()), f"{characteristic}_{word}", 1
        while name in taken:
            number += 1
            name = f"{characteristic}_{word}_{number}"
        found[text] = name
    return found
