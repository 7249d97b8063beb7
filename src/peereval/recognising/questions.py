"""Single questions: how often something happened, and yes or no; before and after paired."""

import re
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct, field

from peereval.columns import TAKEN
from peereval.labels import fold
from peereval.recognising.guesses import LIKELY, UNSURE, Guess, Notes
from peereval.recognising.occasions import Timing
from peereval.recognising.seeing import Seen
from peereval.recognising.words import MISSING, contacts_of, names_a_period, slug, words_of

CONTACT, YES_NO = "contact", "yes_no"
#: Texts that are this alike ask the same (0 to 100).
_ALIKE = 85
_TITLE = 80
#: What a study reads as yes and no; bare numbers could be anything.
_YES_NO = ({"yes", "no"}, {"true", "false"})

Row = tuple[tuple[str, ...], Guess]


class Asked(Struct, frozen=True):
    """A single question as it is drafted: the columns it may be in, one for each wording."""

    id: str
    title: str
    kind: str
    columns: tuple[str, ...]
    exports: tuple[int, ...]
    guess: Guess


class Questions(Struct, frozen=True):
    """Questions that are compared, label -> contacts of their answers, texts that mean no answer
    (text -> reason), and columns that look like questions and are at one occasion only.
    """

    asked: tuple[Asked, ...] = ()
    frequencies: Mapping[str, str] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    alone: tuple[str, ...] = ()


def find_questions(
    seen: Sequence[Seen], timing: Timing, closed: set[str], taken: Iterable[str], notes: Notes
) -> Questions:
    """Questions of kind contact and yes_no, and how they pair across occasions.

    ``closed``: columns that are something else; ``taken``: names that no question may have.
    """
    kinds = _kinds(seen, closed)
    frequencies = _frequencies(seen, [name for name, kind in kinds.items() if kind == CONTACT])
    if not frequencies:
        kinds = {name: kind for name, kind in kinds.items() if kind != CONTACT}
    rows: list[tuple[str, Row]] = []
    for kind in (CONTACT, YES_NO):
        names = [name for name, found in kinds.items() if found == kind]
        rows += [(kind, row) for row in _pair(seen, timing, names, kind, notes)]
    used = set(taken) | TAKEN
    asked = tuple(_asked(seen, columns, kind, guess, used) for kind, (columns, guess) in rows)
    paired = {column for question in asked for column in question.columns}
    alone = tuple(name for name in kinds if name not in paired)
    return Questions(asked, frequencies, _missing(seen, paired), alone)


# --- which columns ---------------------------------------------------------------------------


def _kinds(seen: Sequence[Seen], closed: set[str]) -> dict[str, str]:
    """Column -> kind, of the columns that hold nothing else in any export."""
    kinds: dict[str, str] = {}
    for name in dict.fromkeys(name for each in seen for name in each.columns):
        here = [each.columns[name] for each in seen if name in each.columns]
        if name in closed or any(c.answered and not c.values for c in here):
            continue
        texts = {t for column in here for t in column.folded if t not in MISSING}
        if len(texts) < 2:
            continue
        if any(texts <= pair for pair in _YES_NO):
            kinds[name] = YES_NO
        elif all(contacts_of(text) for text in texts) and any(map(names_a_period, texts)):
            kinds[name] = CONTACT
    return kinds


def _frequencies(seen: Sequence[Seen], names: Sequence[str]) -> dict[str, str]:
    """Label -> contacts in a school term, most first; empty if two labels mean the same."""
    found: dict[str, tuple[str, str]] = {}
    for each in seen:
        for name in names:
            for text in each.columns[name].values if name in each.columns else ():
                if fold(text) not in MISSING:
                    found.setdefault(fold(text), (text, contacts_of(text)))
    values = [contacts for _, contacts in found.values()]
    if "0" not in values or len(set(values)) < len(values):
        return {}
    return dict(sorted(found.values(), key=lambda pair: -float(pair[1])))


def _missing(seen: Sequence[Seen], columns: Iterable[str]) -> dict[str, str]:
    """Text as written -> reason, of the ways of giving no answer that are there."""
    wanted = set(columns)
    return {
        text: MISSING[fold(text)]
        for each in seen
        for name in each.columns
        if name in wanted
        for text in each.columns[name].values
        if fold(text) in MISSING
    }


# --- the same question at other occasions ----------------------------------------------------


def _pair(
    seen: Sequence[Seen], timing: Timing, names: Sequence[str], kind: str, notes: Notes
) -> list[Row]:
    """Columns of each question: one column at both occasions, or two that ask the same."""
    pairs = [pair for comparison in timing.comparisons for pair in comparison.pairs]
    pending = not all(occasion.sourced for occasion in timing.occasions)
    there = {name: _occasions_of(seen, timing, name) for name in names}
    rows: list[Row] = []
    for name in names:
        if pending or any({before, after} <= there[name] for before, after in pairs):
            why = "its answers are those of such a question"
            rows.append(((name,), notes.guess(f"question {name}", kind, LIKELY, why)))
    left = [name for name in names if (name,) not in [columns for columns, _ in rows]]
    for before, after in pairs:
        first = [name for name in left if before in there[name]]
        second = [name for name in left if after in there[name]]
        if first and second:
            rows += _pair_sides(seen, first, second, kind, notes)
            left = [name for name in left if name not in (*first, *second)]
    return rows


def _occasions_of(seen: Sequence[Seen], timing: Timing, name: str) -> frozenset[str]:
    answering = zip(seen, timing.exports, strict=True)
    return frozenset(o for each, part in answering if name in each.columns for o in part.all)


def _pair_sides(
    seen: Sequence[Seen], first: list[str], second: list[str], kind: str, notes: Notes
) -> list[Row]:
    """Columns of an occasion with those of another: by their texts, else by their order."""
    texts = {name: text for name in (*first, *second) if (text := _text(seen, name))}
    if len(texts) == len(first) + len(second):
        return _pair_texts(texts, first, second, kind, notes)
    sides = f"{first[0]!r} to {first[-1]!r} and {second[0]!r} to {second[-1]!r}"
    if len(first) != len(second):
        found = f"{len(first)} and {len(second)} questions of kind {kind} at two occasions: {sides}"
        fix = "Give questions that mean the same one name in every export, or pair them by hand"
        notes.ask("REC020", found, fix)
        return []
    found = f"{sides} were paired by their order alone"
    fix = "Compare them with the questionnaires: columns = [before, after] in [[questions]]"
    notes.ask("REC020", found, fix)
    why = "paired by order: as many columns with the same answers at both occasions"
    return [
        ((one, other), notes.guess(f"question {one}, {other}", kind, UNSURE, why))
        for one, other in zip(first, second, strict=True)
    ]


def _pair_texts(
    texts: Mapping[str, str], first: list[str], second: list[str], kind: str, notes: Notes
) -> list[Row]:
    from rapidfuzz.fuzz import token_sort_ratio

    rows: list[Row] = []
    open_names = list(second)
    for one in first:
        scored = [(token_sort_ratio(texts[one], texts[other]), other) for other in open_names]
        best, other = max(scored, key=lambda pair: pair[0], default=(0.0, ""))
        if best >= _ALIKE:
            open_names.remove(other)
            why = "their questions are alike"
            guess = notes.guess(f"question {one}, {other}", kind, LIKELY, why)
            rows.append(((one, other), guess))
    return rows


def _text(seen: Sequence[Seen], name: str) -> str:
    """The text of a question, empty where an export has nothing but a short name."""
    asked = next(each.columns[name].asked for each in seen if name in each.columns)
    return asked.casefold() if _is_sentence(asked) else ""


def _asked(
    seen: Sequence[Seen], columns: tuple[str, ...], kind: str, guess: Guess, used: set[str]
) -> Asked:
    exports = [i for i, each in enumerate(seen) if any(name in each.columns for name in columns)]
    name = slug(columns[0]) or "question"
    name = name if name not in used else f"{name}_asked"
    tries = (name, *(f"{name}_{n}" for n in range(2, 1000)))
    unique = next(each for each in tries if each not in used)
    used.add(unique)
    texts = [_title(each.columns[c].asked) for c in columns for each in seen if c in each.columns]
    title = next((text for text in texts if _is_sentence(text)), " / ".join(columns))
    return Asked(unique, title, kind, columns, tuple(exports), guess)


def _is_sentence(text: str) -> bool:
    """Whether a text is more than the name of a column."""
    return sum(len(word) > 1 and word.isalpha() for word in words_of(text)) >= 3


def _title(asked: str) -> str:
    """The last sentence of a question, which is what it asks; not too long."""
    sentences = [part.strip() for part in re.split(r"(?<=[.:?!]) +| - ", asked) if part.strip()]
    return (sentences or [asked])[-1][:_TITLE].strip()
