"""Sentences of the items: texts with gaps, what the study says itself, declared numbers."""

from collections.abc import Callable, Iterable

from peereval.composing.content import Content, Place
from peereval.composing.model import Run
from peereval.composing.sentences import Part, as_runs, runs
from peereval.numbers import text_of
from peereval.publishing import Declared, Economics

#: A sentence, or a part of one.
Said = tuple[Run, ...]


def say(content: Content, name: str, /, **parts: Part) -> Said:
    """A text of the words of this section, its gaps filled."""
    return runs(content.words, f"cheers.{name}", **parts)


def sentences(*said: Said) -> Said:
    """Sentences one after the other; those without a word are left out."""
    joined: list[Run] = []
    for each in filter(None, said):
        joined += [Run(" "), *each] if joined else each
    return tuple(joined)


def together(content: Content, items: Iterable[Part]) -> Said:
    """Items in a row, each once."""
    between = Run(content.words("cheers.between"))
    joined: list[Run] = []
    for each in dict.fromkeys(tuple(as_runs(item)) for item in items):
        joined += [between, *each] if joined else each
    return tuple(joined)


def stated(content: Content, declared: Economics, key: str) -> Said:
    """What the study says of itself, or that it does not."""
    own = declared.statements.get(key, "")
    return (Run(sentence(own)),) if own else say(content, "not_stated")


def sentence(text: str) -> str:
    """With a capital and a full stop."""
    ended = text if text.endswith((".", "?", "!")) else f"{text}."
    return ended[:1].upper() + ended[1:]


def where(content: Content, place: Place) -> Said:
    """Phase and comparison by their titles."""
    phase, comparison = content.title(place.phase), content.title(place.comparison)
    return say(content, "place", phase=phase, comparison=comparison)


def amount(value: float) -> str:
    """A declared number with no more decimals than it has, and four at most."""
    return f"{value:,.4f}".rstrip("0").rstrip(".")


def money(content: Content, value: float) -> str:
    """A declared amount of money, as amounts of the results are shown."""
    return text_of(value, "money", content.publication.currency)


def ranged(content: Content, declared: Declared, shown: Callable[[float], str] = amount) -> Said:
    """A declared number, with its range where it has one."""
    value = shown(declared.value)
    if declared.low is None or declared.high is None:
        return (Run(value),)
    low, high = shown(declared.low), shown(declared.high)
    return say(content, "range", value=value, low=low, high=high)
