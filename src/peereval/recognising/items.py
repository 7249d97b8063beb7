"""Which columns are the items of which scale: by names, by question texts, by answers."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

from msgspec import Struct

from peereval.labels import fold, number_beside
from peereval.plurals import count_of
from peereval.recognising.codings import Answered, are_slips, count_answers, fits
from peereval.recognising.guesses import LIKELY, SURE, UNSURE, Notes
from peereval.recognising.seeing import Column, Seen
from peereval.recognising.texts import (
    columns_by_texts,
    has_glosses,
    is_contradicted,
    order_by_texts,
    texts_of,
)
from peereval.recognising.words import MISSING, words_of
from peereval.scales import Scale, is_number

_LETTERS = re.compile(r"[^\W\d_]+|\d+")
#: Words before and after the number of an item that tell occasions apart: t1_swemwbs_3_pre.
_OCCASION = re.compile(
    r"[\W_]*(?:t|time|wave|w|pre|post|baseline|bl|fu|followup|follow[\W_]*up|s|q)?[\W_]*\d*[\W_]*"
)
#: More columns than this are not compared text by text.
_MOST_TEXTS = 2000


class Found(Struct, frozen=True):
    """A scale in one export: item -> column, what they hold, and how that was recognised."""

    scale: Scale
    columns: Mapping[str, str]
    answered: Answered
    sure: str
    why: str


def find_items(
    seen: Seen, scales: Sequence[Scale], closed: Iterable[str], notes: Notes
) -> list[Found]:
    """The scales of one export, in the order of its columns; no column serves two of them.

    ``closed``: columns that are something else. Where an export nearly has a scale, or has it
    twice, that is asked, and the scale is left out.
    """
    free = [name for name in seen.columns if name not in set(closed)]
    found: dict[str, Found] = {}
    asked: set[str] = set()
    for how in (_by_name, _by_texts, _by_answers):
        for each in how(seen, [s for s in scales if s.id not in found], free, asked, notes):
            if set(each.columns.values()) <= set(free):
                found[each.scale.id] = each
                free = [name for name in free if name not in set(each.columns.values())]
    _hint_at_numbers(
        seen, [s for s in scales if s.id not in found and s.id not in asked], free, notes
    )
    order = {name: position for position, name in enumerate(seen.columns)}
    made = [_in_order_of_texts(seen, each, notes) for each in found.values()]
    return sorted(made, key=lambda each: min(order[column] for column in each.columns.values()))


def found_elsewhere(seen: Seen, found: Found, taken: Iterable[str], notes: Notes) -> Found | None:
    """The same columns as in another export, if here they hold what may be its answers.

    ``taken``: columns that are something else here. Names that hold its labels in one export
    say what the same names mean in another that has numbers, or other answers here and there.
    """
    columns = list(found.columns.values())
    if not found.answered.labels or not set(columns) <= set(seen.columns) - set(taken):
        return None
    answered = count_answers(seen, columns, found.scale)
    if not answered.cells or not fits(answered, found.scale):
        return None
    settled = {("REC017", seen.name), ("REC025", seen.name)}
    notes.questions[:] = [
        asked
        for asked in notes.questions
        if (asked.code, asked.file) not in settled or asked.column not in columns
    ]
    why = "columns of these names hold its labels in another export"
    return Found(found.scale, found.columns, answered, LIKELY, why)


def _finding(seen: Seen, scale: Scale, columns: Sequence[str], sure: str, why: str) -> Found:
    named = {item.id: name for item, name in zip(scale.items, columns, strict=True)}
    return Found(scale, named, count_answers(seen, columns, scale), sure, why)


# --- by name ---------------------------------------------------------------------------------


def _by_name(
    seen: Seen, scales: Sequence[Scale], free: Sequence[str], asked: set[str], notes: Notes
) -> Iterable[Found]:
    """Columns called after a scale and numbered, or called after its items."""
    named = {scale.id: _named_columns(scale, free) for scale in scales}
    in_wholes = {name for wholes, _ in named.values() for columns in wholes for name in columns}
    for scale in scales:
        wholes, parts = named[scale.id]
        fitting = [c for c in wholes if fits(count_answers(seen, c, scale), scale)]
        if len(fitting) > 1:
            asked.add(scale.id)
            _ask_which(seen, scale, fitting, notes)
        elif fitting:
            answered = count_answers(seen, fitting[0], scale)
            held = _is_labelled(answered, scale)
            why = f"{len(scale.items)} columns are called after it"
            why += " and hold its labels" if held else ""
            sure = SURE if held else LIKELY
            if is_contradicted(seen, scale, fitting[0]):
                sure, why = UNSURE, f"{why}, but the texts of their questions do not say so"
            yield _finding(seen, scale, fitting[0], sure, why)
        elif wholes:
            asked.add(scale.id)
            found = f"{wholes[0][0]} and on are called after {scale.id} and hold other answers"
            fix = 'If they are its items, write what each answer means: coding = { text = "label" }'
            notes.ask("REC014", found, fix, seen.name, wholes[0][0])
        elif set(parts) - in_wholes and fits(count_answers(seen, parts, scale), scale):
            asked.add(scale.id)
            found = f"{len(parts)} of the {len(scale.items)} items of {scale.id} have columns"
            fix = "Export all of them; a column that is called otherwise can be named by hand"
            notes.ask("REC015", found, fix, seen.name, parts[0])


def _is_labelled(answered: Answered, scale: Scale) -> bool:
    return len(answered.labels) >= min(2, len(scale.labels))


def _named_columns(scale: Scale, free: Sequence[str]) -> tuple[list[list[str]], list[str]]:
    """Complete rows of columns called after a scale, in the order of its items, or a part."""
    k = len(scale.items)
    wholes: list[list[str]] = []
    part: list[str] = []
    for name in scale.names:
        groups: dict[tuple[str, str], dict[int, str]] = {}
        pattern = _numbered(name)
        for column in free:
            if found := pattern.fullmatch(column.casefold()):
                key = (_around(found["before"]), _around(found["after"]))
                groups.setdefault(key, {}).setdefault(int(found["n"]), column)
        for numbers in groups.values():
            for start in (1, 0):
                if set(numbers) == set(range(start, start + k)):
                    wholes.append([numbers[n] for n in range(start, start + k)])
            if max(3, k // 2) <= len(numbers) < k and max(numbers) <= k:
                part = part or [numbers[n] for n in sorted(numbers)]
    wholes += _called_after_items(scale, free)
    different = {tuple(columns): columns for columns in wholes}
    return list(different.values()), part


@lru_cache(maxsize=512)
def _numbered(name: str) -> re.Pattern[str]:
    """Columns called after a scale: ``SWEMWBS1``, ``t1_swemwbs_01``, ``swemwbs item 1 (pre)``."""
    parts = r"[\W_]*".join(_LETTERS.findall(name.casefold()))
    # Two letters alone could end any word.
    before = r".*" if len(name) > 2 else _OCCASION.pattern
    return re.compile(
        rf"(?P<before>{before})(?<![^\W\d_]){parts}[\W_]*(?:item|question|q)?[\W_]*0*"
        r"(?P<n>\d{1,2})(?P<after>(?:[\W_].*|[a-z])?)"
    )


def _around(text: str) -> str:
    """What stands around a number, where it tells occasions apart; else it does not count."""
    return text if _OCCASION.fullmatch(text) else "*"


def _called_after_items(scale: Scale, free: Sequence[str]) -> list[list[str]]:
    """Columns called after the items: ``srs_family_listens`` or ``family_listens``."""
    by_words = {"_".join(words_of(column)): column for column in free}
    found = []
    for before in ("", *(f"{'_'.join(words_of(name))}_" for name in scale.names)):
        wanted = [f"{before}{'_'.join(words_of(item.id))}" for item in scale.items]
        if all(name in by_words for name in wanted):
            found.append([by_words[name] for name in wanted])
    return found


def _ask_which(seen: Seen, scale: Scale, places: Sequence[Sequence[str]], notes: Notes) -> None:
    """Several places for one scale, or one place for several scales."""
    if len(places) == 1:
        found = f"{places[0][0]!r} and on could be {scale.id}, and another scale as well"
        fix = "Name the columns in [scales] by hand"
        notes.ask("REC016", found, fix, seen.name, places[0][0])
        return
    shown = " and ".join(f"{columns[0]!r}" for columns in places[:3])
    found = f"the items of {scale.id} seem to be there {len(places)} times, beginning with {shown}"
    fix = "An export has one row per response and occasion: split it, or name the columns by hand"
    notes.ask("REC016", found, fix, seen.name)


# --- by the texts of questions ---------------------------------------------------------------


def _by_texts(
    seen: Seen, scales: Sequence[Scale], free: Sequence[str], asked: set[str], notes: Notes
) -> Iterable[Found]:
    """Columns whose questions say what the glosses of a scale say."""
    texts = texts_of(seen, free)
    if not texts or len(texts) > _MOST_TEXTS:
        return
    rated: list[tuple[float, Scale, list[str]]] = []
    for scale in scales:
        if scale.id in asked or not has_glosses(scale):
            continue
        places = columns_by_texts(seen, scale, [c for c in free if _may_answer(seen, c, scale)])
        if len(places) > 1:
            asked.add(scale.id)
            _ask_which(seen, scale, [columns for _, columns in places], notes)
        elif places:
            rated.append((places[0][0], scale, places[0][1]))
    # A short form is within the long one: that which is most alike is taken, then the longest.
    for share, scale, columns in sorted(rated, key=lambda each: (-each[0], -len(each[2]))):
        if any(each[:1] + each[2:] == (share, columns) for each in rated if each[1] is not scale):
            asked.add(scale.id)
            _ask_which(seen, scale, [columns], notes)
            continue
        held = _is_labelled(count_answers(seen, columns, scale), scale)
        why = f"{int(100 * share)}% of the words of its items are in the texts of the questions"
        yield _finding(seen, scale, columns, LIKELY if held else UNSURE, why)


def _may_answer(seen: Seen, name: str, scale: Scale) -> bool:
    """Whether a column can be an item of a scale by what it holds."""
    column = seen.columns[name]
    if not column.answered:
        return True
    return bool(column.values) and fits(count_answers(seen, [name], scale), scale)


def _in_order_of_texts(seen: Seen, found: Found, notes: Notes) -> Found:
    """Items by the texts of their questions, where these clearly contradict the numbers."""
    columns = list(found.columns.values())
    moved = order_by_texts(seen, found.scale, columns)
    if moved == columns:
        return found
    n = sum(old != new for old, new in zip(columns, moved, strict=True))
    what = f"{n} questions of {found.scale.id} stand in another order than its items"
    fix = "The texts of the questions were followed: compare them with `peereval scales show`"
    notes.ask("REC018", what, fix, seen.name, columns[0])
    why = f"{found.why}; their order follows the texts of the questions"
    return _finding(seen, found.scale, moved, LIKELY, why)


# --- by answers ------------------------------------------------------------------------------


def _by_answers(
    seen: Seen, scales: Sequence[Scale], free: Sequence[str], asked: set[str], notes: Notes
) -> Iterable[Found]:
    """Rows of as many columns as a scale has items, which hold its labels and hardly any other.

    Scales whose places are plain are taken first; that can leave one place for another scale.
    """
    left, open_scales = list(free), [scale for scale in scales if scale.id not in asked]
    while True:
        places = {scale.id: _labelled_places(seen, scale, left) for scale in open_scales}
        plain = _plain(seen, [(s, places[s.id][0]) for s in open_scales if len(places[s.id]) == 1])
        if not plain:
            break
        for scale, place in plain:
            left = [name for name in left if name not in place]
            if _has_another_option(seen, place, scale):
                asked.add(scale.id)
                _ask_about_another_option(seen, scale, place, notes)
            else:
                yield _finding(seen, scale, place, LIKELY, _why_labelled(seen, scale, place))
        taken = {scale.id for scale, _ in plain}
        open_scales = [scale for scale in open_scales if scale.id not in taken]
    for scale in open_scales:
        if found := places[scale.id]:
            asked.add(scale.id)
            _ask_which(seen, scale, found, notes)


def _plain(seen: Seen, places: Sequence[tuple[Scale, list[str]]]) -> list[tuple[Scale, list[str]]]:
    """Scales and their only places: those whose place no other scale fits as well."""
    strange = {scale.id: count_answers(seen, place, scale).strange for scale, place in places}
    return [
        (scale, place)
        for scale, place in places
        if not any(
            set(place) & set(others) and strange[other.id] <= strange[scale.id]
            for other, others in places
            if other is not scale
        )
    ]


def _why_labelled(seen: Seen, scale: Scale, columns: Sequence[str]) -> str:
    why = f"{len(columns)} columns side by side hold its labels and no other"
    strange = count_answers(seen, columns, scale).strange
    return f"{why}, but for {count_of(strange, 'cell')}" if strange else why


def _has_another_option(seen: Seen, columns: Sequence[str], scale: Scale) -> bool:
    """Whether the same other answer is in several columns: that is no slip of a hand."""
    strays = [text for name in columns for text in _strays(seen.columns[name], scale)]
    return len(set(strays)) < len(strays)


def _ask_about_another_option(
    seen: Seen, scale: Scale, columns: Sequence[str], notes: Notes
) -> None:
    found = (
        f"{columns[0]!r} and on hold the labels of {scale.id}, and now and then another answer, "
        "the same in several columns"
    )
    fix = f"If they are the scale, name them: [scales.{scale.id}] columns = [...]"
    notes.ask("REC025", found, fix, seen.name, columns[0])


def _labelled_places(seen: Seen, scale: Scale, free: Sequence[str]) -> list[list[str]]:
    """Runs of columns with the labels of a scale: exactly as many as it has items."""
    k = len(scale.items)
    places = []
    for run in _runs(seen, [name for name in free if _holds_labels(seen.columns[name], scale)]):
        parts = [run] if len(run) == k else [p for p in _by_stem(run) if len(p) == k]
        places += [part for part in parts if _covers(seen, part, scale)]
    return [place for place in places if not is_contradicted(seen, scale, place)]


def _holds_labels(column: Column, scale: Scale) -> bool:
    """Whether a column holds labels of a scale in words; the rest are numbers, and slips."""
    words = _words_of_labels(tuple(scale.labels))
    cells = sum(n for text, n in column.folded.items() if text not in MISSING)
    strange = sum(_strays(column, scale).values())
    return any(_is_label(text, words) for text in column.folded) and are_slips(strange, cells)


def _strays(column: Column, scale: Scale) -> dict[str, int]:
    """What is neither a label of a scale nor a number, nor a way of saying nothing."""
    words = _words_of_labels(tuple(scale.labels))
    return {
        text: n
        for text, n in column.folded.items()
        if not (text in MISSING or is_number(text) or _is_label(text, words))
    }


def _is_label(text: str, words: frozenset[str]) -> bool:
    """Whether folded text is a label, or a number with a label beside it."""
    both = number_beside(text)
    return text in words or (both is not None and both[1] in words)


@lru_cache(maxsize=64)
def _words_of_labels(labels: tuple[str, ...]) -> frozenset[str]:
    return frozenset(text for label in labels if not is_number(text := fold(label)))


def _covers(seen: Seen, columns: Sequence[str], scale: Scale) -> bool:
    """Whether most labels of a scale are used in a run of columns, and hardly any other."""
    answered = count_answers(seen, columns, scale)
    used = len(answered.labels) >= max(2, round(0.6 * len(scale.labels)))
    return used and are_slips(answered.strange, answered.cells)


def _runs(seen: Seen, columns: Sequence[str]) -> list[list[str]]:
    """Columns that stand side by side in the export."""
    position = {name: i for i, name in enumerate(seen.columns)}
    runs: list[list[str]] = [[columns[0]]] if columns else []
    for one, other in pairwise(columns):
        if position[other] == position[one] + 1:
            runs[-1].append(other)
        else:
            runs.append([other])
    return runs


def _by_stem(columns: Sequence[str]) -> list[list[str]]:
    """Columns parted by what stands before the last number of their names."""
    stems: dict[str, list[str]] = {}
    for name in columns:
        stems.setdefault(re.sub(r"\d+\D*$", "", name), []).append(name)
    return list(stems.values())


def _hint_at_numbers(
    seen: Seen, scales: Sequence[Scale], free: Sequence[str], notes: Notes
) -> None:
    """Rows of numbers that could be a scale for all one can see: said, never taken."""
    numeric = [name for name in free if _is_numeric(seen.columns[name])]
    for run in _runs(seen, numeric):
        for part in _by_stem(run):
            could = [
                s for s in scales if len(s.items) == len(part) > 2 and _could_be(seen, part, s)
            ]
            if could:
                names = " or ".join(scale.id for scale in could)
                found = (
                    f"{part[0]!r} and on are {len(part)} columns of numbers that could be {names}"
                )
                fix = f"If so, name them: [scales.{could[0].id}] columns = [...]"
                notes.ask("REC017", found, fix, seen.name, part[0])


def _is_numeric(column: Column) -> bool:
    return bool(column.values) and all(
        text.lstrip("-").isdigit() for text in column.folded if text not in MISSING
    )


def _could_be(seen: Seen, columns: Sequence[str], scale: Scale) -> bool:
    answered = count_answers(seen, columns, scale)
    return bool(answered.numbers) and set(answered.numbers) <= scale.whole_numbers
