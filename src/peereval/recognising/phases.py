"""Which version of the questionnaire each export holds."""

import re
from collections.abc import Mapping, Sequence

from msgspec import Struct, field

from peereval.recognising.guesses import LIKELY, SURE, UNSURE, Given, Guess, Notes
from peereval.recognising.occasions import Timing
from peereval.recognising.placing import Placed
from peereval.recognising.seeing import Column, Seen
from peereval.recognising.words import PHASE_COLUMNS, phrase_of, slug

#: Words for phases in names of files, sheets and values, in the order of ages.
_PHASES: Mapping[str, tuple[str, re.Pattern[str]]] = {
    "primary": ("Primary", re.compile(r"\b(?:primary|junior|infant|ks ?[12]|pri)\b")),
    "secondary": ("Secondary", re.compile(r"\b(?:secondary|senior|ks ?[34]|sec)\b")),
    "college": ("College", re.compile(r"\b(?:college|sixth form|post ?16|ks ?5)\b")),
    "adults": ("Adults", re.compile(r"\badults?\b")),
}
ONLY = "survey"


class Version(Struct, frozen=True):
    """A phase as drafted, and the positions of the exports that hold rows of it."""

    id: str
    title: str
    exports: tuple[int, ...]


class Held(Struct, frozen=True):
    """Which phase an export holds: one (empty: not known), or one by values of a column."""

    guess: Guess
    phase: str = ""
    column: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


def phase_column(seen: Seen) -> Column | None:
    """The column by which an export holds several phases, if it has one."""
    for column in seen.columns.values():
        if PHASE_COLUMNS.fullmatch(phrase_of(column.name)) and column.answered == column.rows:
            phases = [_phase_named(value) for value in column.values]
            if len(phases) > 1 and all(phases) and len(set(phases)) == len(phases):
                return column
    return None


def _phase_named(text: str) -> str:
    phrase = phrase_of(text)
    found = [phase for phase, (_, pattern) in _PHASES.items() if pattern.search(phrase)]
    return found[0] if len(found) == 1 else ""


def find_phases(
    seen: Sequence[Seen], timing: Timing, placed: Sequence[Placed], given: Given, notes: Notes
) -> tuple[tuple[Version, ...], tuple[Held, ...]]:
    """Phases, and which of them each export holds: as given, by a column, by names, by scales."""
    held = [_of_export(each, given) for each in seen]
    if not any(part.column or part.phase for part in held):
        held = _by_scales(seen, timing, placed, notes)
    known = [part.phase for part in held if part.phase] + [
        phase for part in held for phase in part.values.values()
    ]
    order = {phase: i for i, phase in enumerate(_PHASES)}
    phases = sorted(dict.fromkeys(known), key=lambda phase: order.get(phase, len(order)))
    made = [_or_the_only(part, phases) for part in held]
    for each, part in zip(seen, made, strict=True):
        if not part.phase and not part.column:
            fix = f"Say --phase {each.path.name!r}={' or ='.join(phases)}"
            notes.ask("REC005", "which phase it holds cannot be told", fix, each.name)
        found = part.phase or " and ".join(part.values.values()) or "not known"
        notes.guess(f"phase of {each.name}", found, part.guess.sure, part.guess.why)
    return tuple(_version(phase, made, given) for phase in phases), tuple(made)


def _or_the_only(part: Held, phases: Sequence[str]) -> Held:
    """What an export holds; where that is not known, the only phase that there is."""
    if part.phase or part.column or len(phases) != 1:
        return part
    why = "there is no other phase"
    return Held(Guess(part.guess.what, phases[0], LIKELY, why), phases[0])


def _of_export(seen: Seen, given: Given) -> Held:
    what = f"phase of {seen.name}"
    if told := given.phases.get(seen.name, given.phases.get(seen.path.name, "")):
        return Held(Guess(what, slug(told), SURE, "as you said"), slug(told))
    if column := phase_column(seen):
        values = {value: _phase_named(value) for value in sorted(column.values)}
        why = f"the column {column.name!r} says so"
        return Held(Guess(what, column.name, LIKELY, why), "", column.name, values)
    if named := _phase_named(f"{seen.path.stem} {seen.sheet}"):
        return Held(Guess(what, named, SURE, "the name of the file says so"), named)
    return Held(Guess(what, "", UNSURE, "its name does not say so"))


def _version(phase: str, held: Sequence[Held], given: Given) -> Version:
    there = [i for i, p in enumerate(held) if p.phase == phase or phase in p.values.values()]
    told = [name for name in given.phases.values() if slug(name) == phase != name]
    title = _PHASES[phase][0] if phase in _PHASES else phase.replace("_", " ").capitalize()
    return Version(phase, told[0] if told else title, tuple(there))


def _by_scales(
    seen: Sequence[Seen], timing: Timing, placed: Sequence[Placed], notes: Notes
) -> list[Held]:
    """One phase, unless exports of one occasion hold different scales: then one for each set."""
    sets = [
        frozenset(part.scale.id for part in placed if i in part.exports) for i in range(len(seen))
    ]
    at_once = {
        (sets[i], sets[j])
        for i in range(len(seen))
        for j in range(i)
        if sets[i] != sets[j] and (set(timing.exports[i].all) & set(timing.exports[j].all)) - {""}
    }
    what = [f"phase of {each.name}" for each in seen]
    if not at_once:
        why = "nothing tells versions of the questionnaire apart"
        return [Held(Guess(text, ONLY, LIKELY, why), ONLY) for text in what]
    versions = dict.fromkeys(each for pair in at_once for each in pair)
    ordered = [each for each in dict.fromkeys(sets) if each in versions]
    names = {each: f"version_{n}" for n, each in enumerate(ordered, 1)}
    notes.ask(
        "REC011",
        "exports of one occasion hold different scales, so that there are versions of the "
        "questionnaire without a name",
        f"Give them names: --phase {seen[0].path.name!r}=primary, and so on",
    )
    why = "exports of one occasion hold different scales"
    return [
        Held(Guess(text, names.get(each, ""), UNSURE, why), names.get(each, ""))
        for text, each in zip(what, sets, strict=True)
    ]
