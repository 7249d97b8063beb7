"""One spelling for each organisation: the clusters of the analysis hang on it."""

from collections.abc import Iterable, Iterator

import polars as pl

from peereval.labels import fold
from peereval.plurals import count_of
from peereval.reading.coding import Unread, as_texts, counted, distinct, examples, look_up
from peereval.reading.notes import Notes

#: Names that are compared with each other at most: nobody would read what comes of more.
_MOST = 3000
_SHOWN = 5
#: Words that are left out as often as not.
_FILLERS = frozenset({"the", "of", "and", "at", "school", "academy", "college"}) | frozenset(
    {"primary", "secondary", "high"}
)


class Organisations:
    """The organisations met so far, over all exports of a run, each as it was first spelt.

    Names that differ in case, spaces, punctuation or width only are one organisation. Names
    that are merely alike stay two, and are said to be so.
    """

    def __init__(self) -> None:
        self.first: dict[str, str] = {}

    def unify(
        self, cells: pl.Series, blank: frozenset[str], rows: pl.Series, notes: Notes
    ) -> pl.Series:
        """The cells in their first spelling; missing where blank, or folded in ``blank``.

        Notes ORG001 for rows that were spelt otherwise, ORG002 for new names that are much
        like others.
        """
        texts = as_texts(cells)
        spelt = {name: fold(name) for name in distinct(texts)}
        names = {name: key for name, key in spelt.items() if key and key not in blank}
        new = [key for key in dict.fromkeys(names.values()) if key not in self.first]
        for name, key in names.items():
            self.first.setdefault(key, name.strip())
        used = {name: self.first[key] for name, key in names.items()}
        self._say_alike(new, texts.name, notes)
        changed = {name: name for name in used if name.strip() != used[name]}
        if changed:
            self._say_unified(counted(texts, changed, rows), used, texts.name, notes)
        if used == {name: name for name in spelt}:
            return texts
        return look_up(texts, used, pl.String)

    def _say_unified(
        self, values: list[Unread], used: dict[str, str], column: str, notes: Notes
    ) -> None:
        if not values:
            return
        n = sum(value.n for value in values)
        shown = ", ".join(f"{v.value!r} is {used[v.value]!r}" for v in values[:_SHOWN])
        more = f" and {len(values) - _SHOWN} more" if len(values) > _SHOWN else ""
        notes.find(
            "ORG001",
            f"{count_of(n, 'row spells|rows spell')} an organisation otherwise than before: "
            f"{shown}{more}. They count as the same organisation",
            "If they are not the same, give them names that differ in more than that",
            column,
            examples(values),
            n,
        )
        reason = "the same organisation as spelt first; in {}, of which this is the first"
        rows = [(v.first_row, v.value, used[v.value], reason.format(count_of(v.n, "row")))
                for v in values]  # fmt: skip
        kinds = {"source_row": pl.Int64} | dict.fromkeys(
            ("as_written", "used", "reason"), pl.String
        )
        notes.change(pl.DataFrame(rows, kinds, orient="row"), column)

    def _say_alike(self, new: list[str], column: str, notes: Notes) -> None:
        """Note new names that are much like another; ``first`` already holds them."""
        pairs = [(self.first[a], self.first[b]) for a, b in find_alike(new, list(self.first))]
        if not pairs:
            return
        shown = ", ".join(f"{a!r} and {b!r}" for a, b in pairs[:_SHOWN])
        more = f" and {len(pairs) - _SHOWN} more" if len(pairs) > _SHOWN else ""
        notes.find(
            "ORG002",
            f"{count_of(len(pairs), 'pair')} of organisations may be one each: {shown}{more}. "
            "They count as different",
            "If they are the same, write them alike in the exports",
            column,
            count=len(pairs),
        )


def find_alike(new: Iterable[str], known: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Pairs of folded names of which one may be the other, mistyped or cut short.

    One of each pair is of ``new``, and no pair comes twice. Numbers and single letters must
    be the same: ``School 1`` and ``School 2`` are two schools.
    """
    fresh = set(new)
    blocks: dict[tuple[str, ...], list[str]] = {}
    for name in known:
        blocks.setdefault(_marks(name), []).append(name)
    for block in blocks.values():
        some = [name for name in block if name in fresh]
        if some and 1 < len(block) <= _MOST:
            yield from _alike_in(some, block)


def _marks(name: str) -> tuple[str, ...]:
    return tuple(w for w in name.split() if len(w) == 1 or any(c.isdecimal() for c in w))


def _alike_in(new: list[str], block: list[str]) -> Iterator[tuple[str, str]]:
    import numpy as np
    from rapidfuzz.distance import OSA
    from rapidfuzz.process import cdist

    joined = {name: name.replace(" ", "") for name in block}
    edits = cdist(
        [joined[name] for name in new],
        list(joined.values()),
        scorer=OSA.distance,
        score_cutoff=2,
        dtype=np.uint8,
    )
    close = ((new[i], block[j]) for i, j in np.argwhere(edits <= 2))
    pairs = [*(pair for pair in close if _mistyped(*pair)), *_cut_short(new, block)]
    place = {name: position for position, name in enumerate(block)}
    ordered = {(min(places), max(places)) for a, b in pairs if (places := (place[a], place[b]))}
    yield from ((block[a], block[b]) for a, b in sorted(ordered) if a != b)


def _cut_short(new: list[str], block: list[str]) -> Iterator[tuple[str, str]]:
    """Names that are the same but for their order of words, or for words that say little."""
    words = {name: frozenset(name.split()) for name in block}
    same: dict[frozenset[str], list[str]] = {}
    for name in block:
        same.setdefault(words[name] - _FILLERS, []).append(name)
    for name in new:
        for other in same[words[name] - _FILLERS]:
            if words[name] <= words[other] or words[other] <= words[name]:
                yield name, other


def _mistyped(one: str, other: str) -> bool:
    """Whether two names differ by a slip: in their spaces, or in a letter or two of one word."""
    from rapidfuzz.distance import OSA

    if one.replace(" ", "") == other.replace(" ", ""):
        return True
    words, others = one.split(), other.split()
    differ = [(a, b) for a, b in zip(words, others, strict=False) if a != b]
    if len(words) != len(others) or len(differ) != 1:
        return False
    longest = max(map(len, differ[0]))
    return longest >= 5 and OSA.distance(*differ[0]) <= (2 if longest >= 9 else 1)
