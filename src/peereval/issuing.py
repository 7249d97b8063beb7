"""Unique ids with a check character, for respondents who are yet to answer."""

import random
import re
import secrets
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import polars as pl

from peereval.errors import UsageError
from peereval.identifiers import ALPHABET, LENGTH, check_character, normalise
from peereval.labels import fold
from peereval.reading.coding import as_texts
from peereval.reading.encoding import lines, recognise_text
from peereval.reading.formats import open_export

#: An id is read, copied and typed in two groups.
_GROUP = 4
#: Letters that follow each other may be read as a word, however few vowels there are.
_NEARLY_A_WORD = re.compile(r"[A-Z]{3}")
#: Few of the ids there are, so that what a stranger makes up is hardly ever one of them.
_MOST = 1_000_000
#: What a column of organisations is called; the first that a table has is read.
_HEADINGS = ("organisation", "organization", "organisation name", "school", "school name", "name")


def issue_ids(
    organisations: Sequence[str], per: int, seed: int | None = None, taken: Collection[str] = ()
) -> pl.DataFrame:
    """``per`` ids for each organisation: one row per id, with `organisation` and `id`.

    Ids such as ``K7RP-4WXC`` are unique over all organisations and none of ``taken``. The last
    character is a check character: no two issued ids differ by one wrong character or by
    two that are swapped. They are drawn by the system's own secure source of chance, so that
    nobody can tell one from another; with a ``seed`` they are the same every time. Raises
    ``UsageError`` if that cannot be done.
    """
    _check(organisations, per)
    known = set(normalise(pl.Series(list(taken), dtype=pl.String), ("case", "separators")).used)
    chance = secrets.SystemRandom() if seed is None else random.Random(seed)
    drawn = _draw(chance, known)
    return pl.DataFrame(
        {
            "organisation": [name for name in organisations for _ in range(per)],
            "id": [next(drawn) for _ in range(per * len(organisations))],
        },
        schema={"organisation": pl.String, "id": pl.String},
    )


def _check(organisations: Sequence[str], per: int) -> None:
    if per < 1:
        raise UsageError(f"{per} ids for each organisation are none: ask for at least 1")
    if not organisations:
        raise UsageError("There are no organisations to issue ids for")
    names = [fold(name) for name in organisations]
    if "" in names:
        raise UsageError(f"Organisation {names.index('') + 1} of {len(names)} has no name")
    if twice := [name for name, n in Counter(names).items() if n > 1]:
        name = organisations[names.index(twice[0])]
        raise UsageError(f"The organisation {name!r} is there twice: give each its own name")
    if (wanted := per * len(names)) > _MOST:
        raise UsageError(f"{wanted:,} ids are too many: at most {_MOST:,} are issued at once")


def _draw(chance: random.Random, known: set[str]) -> Iterator[str]:
    """New ids without end."""
    while True:
        body = "".join(chance.choices(ALPHABET, k=LENGTH - 1))
        made = body + check_character(body)
        groups = [made[n : n + _GROUP] for n in range(0, LENGTH, _GROUP)]
        if made not in known and not any(_NEARLY_A_WORD.search(group) for group in groups):
            known.add(made)
            yield "-".join(groups)


def read_organisations(path: Path) -> list[str]:
    """Names of organisations from a file, in order.

    Either a table with a column ``organisation`` or ``school``, or a plain list in a .txt file,
    one name a line. Raises ``UsageError`` if a table has no such column: the first row could be
    a heading or an organisation. Raises ``SourceError`` if the file cannot be read.
    """
    if path.suffix.lower() == ".txt" and path.is_file():
        return [line.strip() for line in lines(recognise_text(path)) if line.strip()]
    export = open_export(path)
    called = {fold(column): column for column in export.columns}
    heading = next((called[name] for name in _HEADINGS if name in called), "")
    if not heading:
        raise UsageError(
            f"{path.name} has no column of organisations: call it 'organisation', or make a "
            "plain list of them in a .txt file, one name a line"
        )
    return as_texts(export.read([heading]).frame[heading]).fill_null("").str.strip_chars().to_list()
