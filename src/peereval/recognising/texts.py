"""Texts of questions and glosses of items: what is asked in a column, by its words.

Scale files hold no wordings, for these have owners: a gloss says in a word or three what an
item is about, and a question is taken for it if it has those words in any form and order.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from peereval.recognising.seeing import Column, Seen
from peereval.recognising.words import words_of
from peereval.scales import Scale

#: A text that holds this much of a gloss is taken for the item.
LIKE = 0.6
_STRONG = 0.8
#: Questions with less of the glosses than this are about something else.
_UNLIKE = 0.2
#: So much of the items must have a text.
_MOST = 0.7
_COMMON = """
a about adult am an and are at be been for i if in is it my me of on or so that the them there they
this to was were when who with would
"""
_STOP_WORDS = frozenset(_COMMON.split())
_ENDINGS = ("ing", "ied", "ies", "ed", "es", "s", "e", "y")


# --- words -----------------------------------------------------------------------------------


@lru_cache(maxsize=200_000)
def alike(gloss: str, text: str) -> float:
    """The part of the words of a gloss that are in a text, in any form and order."""
    wanted, there = _gloss_words(gloss), set(words_of(text))
    return sum(any(_same_word(w, word) for word in there) for w in wanted) / len(wanted)


@lru_cache(maxsize=4096)
def _gloss_words(gloss: str) -> tuple[str, ...]:
    words = words_of(gloss)
    return tuple(word for word in words if word not in _STOP_WORDS) or words


@lru_cache(maxsize=200_000)
def _same_word(one: str, other: str) -> bool:
    """Whether two words are forms of one: worry and worried, sleep and sleeping."""
    from rapidfuzz.fuzz import ratio

    if _stem(one) == _stem(other):
        return True
    return min(len(one), len(other)) >= 5 and ratio(one, other) >= 86


def _stem(word: str) -> str:
    ends = (end for end in _ENDINGS if word.endswith(end) and len(word) > len(end) + 2)
    return word.removesuffix(next(ends, ""))


def has_glosses(scale: Scale) -> bool:
    """Whether the glosses of a scale tell its items apart by words, not by numbers."""
    glosses = [_gloss_words(item.gloss) for item in scale.items]
    numbered = any(word.isdigit() for words in glosses for word in words)
    return not numbered and len(set(glosses)) == len(glosses)


def texts_of(seen: Seen, columns: Iterable[str]) -> dict[str, str]:
    """Column -> text of its question, of those that have one: a name that is words is one too."""
    return {name: seen.columns[name].asked for name in columns if _has_text(seen.columns[name])}


def _has_text(column: Column) -> bool:
    words = [word for word in words_of(column.asked) if word.isalpha() and len(word) > 1]
    own = words_of(column.asked) != words_of(column.name)
    return len(words) >= (1 if own else 3)


# --- columns ---------------------------------------------------------------------------------


def columns_by_texts(
    seen: Seen, scale: Scale, there: Sequence[str]
) -> list[tuple[float, list[str]]]:
    """Where the items of a scale are by the texts of their questions: the best place first.

    Each place comes with how much of the glosses is in its texts, and shares no column with
    those before it. ``there``: columns that can be items by what they hold.
    """
    texts = texts_of(seen, there)
    rated = [(share, place) for place in _places(scale, there, texts)
             if (share := _share(scale, place, texts)) >= LIKE]  # fmt: skip
    found: list[tuple[float, list[str]]] = []
    for share, place in sorted(rated, key=lambda pair: -pair[0]):
        if not any(set(place) & set(other) for _, other in found):
            found.append((share, place))
    return found


def _places(scale: Scale, there: Sequence[str], texts: Mapping[str, str]) -> Iterable[list[str]]:
    """As many columns in a row as there are items, or those that are most like each item.

    A row is taken as a whole, so that one question without a text has its place.
    """
    k = len(scale.items)
    for start in range(len(there) - k + 1):
        yield list(there[start : start + k])
    named = [name for name in there if name in texts]
    while len(named) >= k:
        chosen = _assigned(scale, named, texts)
        yield chosen
        named = [name for name in named if name not in chosen]


def _assigned(scale: Scale, columns: Sequence[str], texts: Mapping[str, str]) -> list[str]:
    """For each item a column of its own, so that texts and glosses agree best over all."""
    from scipy.optimize import linear_sum_assignment

    table = [[alike(item.gloss, texts.get(c, "")) for c in columns] for item in scale.items]
    _, chosen = linear_sum_assignment(table, maximize=True)
    return [columns[int(position)] for position in chosen]


def _share(scale: Scale, columns: Sequence[str], texts: Mapping[str, str]) -> float:
    """How much of the glosses is in the texts, on average over the items that have one."""
    pairs = [(i.gloss, texts[c]) for i, c in zip(scale.items, columns, strict=True) if c in texts]
    if len(pairs) < _MOST * len(scale.items):
        return 0.0
    shares = [alike(gloss, text) for gloss, text in pairs]
    matched = sum(share >= LIKE for share in shares)
    return sum(shares) / len(shares) if matched >= LIKE * len(shares) else 0.0


def _tell_apart(texts: Mapping[str, str], columns: Sequence[str]) -> bool:
    """Whether all columns have a text, and these differ by more than a number."""
    in_words = {tuple(word for word in words_of(text) if word.isalpha()) for text in texts.values()}
    return len(texts) == len(columns) and len(in_words) > len(columns) / 2


def is_contradicted(seen: Seen, scale: Scale, columns: Sequence[str]) -> bool:
    """Whether the questions of some columns have next to no word of the glosses of a scale."""
    texts = texts_of(seen, columns)
    if not _tell_apart(texts, columns) or not has_glosses(scale):
        return False
    best = _assigned(scale, columns, texts)
    pairs = zip(scale.items, best, strict=True)
    return sum(alike(item.gloss, texts[c]) for item, c in pairs) < _UNLIKE * len(columns)


def order_by_texts(seen: Seen, scale: Scale, columns: Sequence[str]) -> list[str]:
    """Columns in the order of the items, where their texts clearly say another than they have."""
    texts = texts_of(seen, columns)
    if not _tell_apart(texts, columns) or not has_glosses(scale):
        return list(columns)
    moved = _assigned(scale, columns, texts)
    for item, old, new in zip(scale.items, columns, moved, strict=True):
        before, after = alike(item.gloss, texts[old]), alike(item.gloss, texts[new])
        if old != new and (after < _STRONG or before >= LIKE):
            return list(columns)
    return moved
