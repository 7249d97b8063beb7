"""The scales of all exports together: where their items are and how they are numbered."""

import re
from collections.abc import Mapping, Sequence

from msgspec import Struct, field

from peereval.errors import UsageError
from peereval.recognising.codings import LABELS, Coding, ask_coding, find_coding
from peereval.recognising.guesses import LIKELY, SURE, UNSURE, Given, Guess, Notes
from peereval.recognising.items import Found, find_items, found_elsewhere
from peereval.recognising.seeing import Seen
from peereval.scales import Scale
from peereval.studies import pattern_columns

#: Numbers are read as the scale reads them.
AS_IT_IS = Coding()

Columns = str | list[str] | dict[str, str] | dict[str, list[str]]


class Placed(Struct, frozen=True):
    """A scale as it is drafted.

    ``columns``: as a study writes them. ``coding``: for all exports, ``codings``: position of
    an export -> its own. ``exports``: positions of the exports that have it. ``asked``: the
    question that must be answered first (the scale is then drafted as a comment).
    """

    scale: Scale
    columns: Columns
    exports: tuple[int, ...]
    guess: Guess
    coding: Coding = AS_IT_IS
    codings: Mapping[int, Coding] = field(default_factory=dict)
    asked: str = ""
    missing: Mapping[str, str] = field(default_factory=dict)
    used: frozenset[str] = frozenset()
    all_codings: tuple[Coding, ...] = ()


def place_scales(
    seen: Sequence[Seen], scales: Sequence[Scale], closed: set[str], given: Given, notes: Notes
) -> list[Placed]:
    """The scales that the exports hold, in the order of their columns."""
    found: dict[str, dict[int, Found]] = {}
    for position, each in enumerate(seen):
        for part in find_items(each, scales, closed, notes):
            found.setdefault(part.scale.id, {})[position] = part
    for parts in found.values():
        _add_others(parts, found, seen, closed, notes)
    return [_place(parts, seen, given, notes) for parts in found.values()]


def _add_others(
    parts: dict[int, Found],
    found: Mapping[str, Mapping[int, Found]],
    seen: Sequence[Seen],
    closed: set[str],
    notes: Notes,
) -> None:
    """Add to the places of a scale those exports in which only the names of its columns tell."""
    for position, each in enumerate(seen):
        if position in parts:
            continue
        here = [others[position] for others in found.values() if position in others]
        taken = closed.union(*(part.columns.values() for part in here))
        for part in list(parts.values()):
            same = found_elsewhere(each, part, taken, notes)
            if position not in parts and same:
                parts[position] = same
    ordered = dict(sorted(parts.items()))
    parts.clear()
    parts.update(ordered)


def _place(parts: Mapping[int, Found], seen: Sequence[Seen], given: Given, notes: Notes) -> Placed:
    scale = next(iter(parts.values())).scale
    lists = _lists(parts)
    columns = _written(scale, lists)
    asked = _clash(scale, lists, parts, seen, notes)
    codings = {i: find_coding(scale, seen[i], part.answered, given) for i, part in parts.items()}
    ways = [(each.asked, each.proposed) for each in codings.values() if each.why != LABELS]
    differ = any(way != ways[0] for way in ways)
    for position, coding in codings.items():
        if coding.asked:
            ask_coding(scale, seen[position], coding, differ, notes)
            asked = asked or coding.asked
    shared, own = _shared(codings)
    guess = _guess(scale, parts, columns, notes)
    missing: dict[str, str] = {}
    for part in parts.values():
        missing |= part.answered.missing
    used = frozenset(column for row in lists for column in row)
    return Placed(
        scale,
        columns,
        tuple(parts),
        guess,
        shared,
        own,
        asked,
        missing,
        used,
        tuple(codings.values()),
    )


def _guess(scale: Scale, parts: Mapping[int, Found], columns: Columns, notes: Notes) -> Guess:
    order = (SURE, LIKELY, UNSURE)
    best = min(parts.values(), key=lambda part: order.index(part.sure))
    worst = max(parts.values(), key=lambda part: order.index(part.sure))
    # One export with labels vouches for the same columns in the others.
    same = len({tuple(part.columns.values()) for part in parts.values()}) == 1
    chosen = best if same else worst
    shown = columns if isinstance(columns, str) else next(iter(chosen.columns.values()))
    return notes.guess(f"items of {scale.id}", shown, chosen.sure, chosen.why)


def _lists(parts: Mapping[int, Found]) -> list[list[str]]:
    """Each different row of item columns once, in the order of the exports."""
    rows = dict.fromkeys(tuple(part.columns.values()) for part in parts.values())
    return [list(row) for row in rows]


def _clash(
    scale: Scale,
    lists: Sequence[Sequence[str]],
    parts: Mapping[int, Found],
    seen: Sequence[Seen],
    notes: Notes,
) -> str:
    """A study reads the first of its columns that an export has: that must be the right one."""
    for position, each in enumerate(seen):
        wanted = list(parts[position].columns.values()) if position in parts else []
        for item in range(len(scale.items)):
            read = next((row[item] for row in lists if row[item] in each.columns), "")
            if read == (wanted[item] if wanted else ""):
                continue
            if not any(
                fault.file == each.name and scale.id in fault.found for fault in notes.questions
            ):
                found = (
                    f"{read!r} is an item of {scale.id} in other exports and seems to be none here"
                )
                fix = "Give columns that mean the same one name in every export"
                notes.ask("REC019", found, fix, each.name, read)
            return "REC019"
    return ""


def _written(scale: Scale, lists: Sequence[Sequence[str]]) -> Columns:
    """Columns as a study writes them: patterns where they can be, else item = column."""
    patterns = [_pattern(scale, row) for row in lists]
    if all(patterns):
        return patterns[0] if len(patterns) == 1 else patterns
    if len(lists) == 1:
        return {item.id: column for item, column in zip(scale.items, lists[0], strict=True)}
    by_item = zip(scale.items, zip(*lists, strict=True), strict=True)
    return {item.id: list(dict.fromkeys(columns)) for item, columns in by_item}


def _pattern(scale: Scale, columns: Sequence[str]) -> str:
    """A pattern that gives exactly these columns, or an empty text."""
    first = columns[0].replace("{", "{{").replace("}", "}}")
    tries = [first.replace(scale.items[0].id, "{item}")]
    for found in reversed(list(re.finditer(r"\d+", first))):
        width = len(found[0])
        number = "{n}" if width == 1 else f"{{n:0{width}}}"
        tries.append(first[: found.start()] + number + first[found.end() :])
    wanted = {item.id: column for item, column in zip(scale.items, columns, strict=True)}
    for pattern in tries:
        try:
            if pattern_columns(scale, pattern) == wanted:
                return pattern
        except UsageError:
            continue
    return ""


def _shared(codings: Mapping[int, Coding]) -> tuple[Coding, dict[int, Coding]]:
    """One coding for all exports, where those with numbers agree; else one for each."""
    needed = {i: each for i, each in codings.items() if each.why != LABELS}
    values = [each.value for each in needed.values()]
    if not values or all(value == values[0] for value in values):
        return next(iter(needed.values()), AS_IT_IS), {}
    return AS_IT_IS, {i: each for i, each in needed.items() if each.value}
