"""How the answers of an export stand for the labels of a scale; what cannot be told is asked."""

import re
from collections.abc import Iterable, Mapping

from msgspec import Struct, field

from peereval.labels import fold, number_beside
from peereval.recognising.guesses import LIKELY, SURE, UNSURE, Given, Notes
from peereval.recognising.seeing import Seen
from peereval.recognising.words import MISSING, MISSING_NUMBERS
from peereval.scales import Scale

_WHOLE = re.compile(r"-?\d+")
#: Up to this part of the numbers may be no codes, and of the answers no labels: slips of the hand.
_SLIPS, _MOST_SLIPS = 0.02, 0.05
#: A coding that a person names without writing it out.
_COUNTED = re.compile(r"from_(\d+)(_reversed)?")
AS_SCALE = "as_scale"
#: Why nothing need be known about numbers.
LABELS = "answers are its labels"


class Answered(Struct, frozen=True):
    """What stands in the item columns of a scale in one export, counted over all of them.

    ``labels``: label of the scale -> cells; ``numbers``: number -> cells; ``missing``: text as
    written -> reason; ``strange``: cells that are none of these. ``declared``: number -> label
    of the scale, where the export itself says so, by its labels or beside them; ``foreign``
    says that it declares labels which the scale does not have.
    """

    labels: Mapping[str, int] = field(default_factory=dict)
    numbers: Mapping[int, int] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    strange: int = 0
    declared: Mapping[str, str] = field(default_factory=dict)
    foreign: bool = False

    @property
    def cells(self) -> int:
        """Cells with an answer that is not a way of saying none."""
        return sum(self.labels.values()) + sum(self.numbers.values()) + self.strange


class Coding(Struct, frozen=True):
    """How numbers are read: ``value`` is a name, a table number -> label, or empty (as the scale).

    ``asked`` says that a person must answer first; ``proposed`` is then what it might be.
    """

    value: str | Mapping[str, str] = ""
    sure: str = SURE
    why: str = ""
    asked: str = ""
    proposed: str | Mapping[str, str] = ""


def count_answers(seen: Seen, columns: Iterable[str], scale: Scale) -> Answered:
    """What the cells of some columns are, as answers to a scale."""
    known = {fold(label): label for label in scale.labels}
    labels: dict[str, int] = {}
    numbers: dict[int, int] = {}
    missing: dict[str, str] = {}
    declared: dict[str, str] = {}
    strange, foreign = 0, False
    for name in columns:
        column = seen.columns[name]
        strange += column.answered - sum(column.values.values())
        for number, text in column.labels.items():
            if fold(text) in known:
                declared[fold(number)] = known[fold(text)]
            else:
                foreign |= fold(text) not in MISSING and fold(number) not in _MISSING_TEXTS
        for text, n in column.values.items():
            folded, both = fold(text), number_beside(text)
            if _WHOLE.fullmatch(folded):
                if _is_missing_number(int(folded), scale):
                    missing[text] = "declared"
                else:
                    numbers[int(folded)] = numbers.get(int(folded), 0) + n
            elif folded in MISSING and folded not in known:
                missing[text] = MISSING[folded]
            elif folded in known or (both and both[1] in known):
                label = known[folded] if folded in known else known[both[1]] if both else ""
                labels[label] = labels.get(label, 0) + n
                declared |= {str(both[0]): label} if both and folded not in known else {}
            else:
                strange += n
    return Answered(labels, numbers, missing, strange, declared, foreign)


_MISSING_TEXTS = frozenset(map(str, MISSING_NUMBERS))


def _is_missing_number(number: int, scale: Scale) -> bool:
    return number in MISSING_NUMBERS and not scale.low - 1 <= number <= scale.high + 1


def are_slips(strange: int, cells: int) -> bool:
    """Whether so few of some cells are no answers that a hand may have slipped.

    One in twenty; of a few cells a single one, if most of them are answers.
    """
    return strange <= _MOST_SLIPS * cells or (strange == 1 and cells > 2)


def fits(answered: Answered, scale: Scale) -> bool:
    """Whether cells can be answers to a scale: its labels, or numbers as many as they are."""
    if not are_slips(answered.strange, answered.cells):
        return False
    if not answered.numbers:
        return True
    span = max(answered.numbers) - min(answered.numbers)
    known = scale.whole_numbers
    return span <= max(known) - min(known) or not _beyond(answered, scale) > _MOST_SLIPS


def _beyond(answered: Answered, scale: Scale) -> float:
    """The part of the numbers that are no codes of the scale."""
    codes = scale.whole_numbers
    outside = sum(n for number, n in answered.numbers.items() if number not in codes)
    return outside / max(1, sum(answered.numbers.values()))


# --- what numbers mean -----------------------------------------------------------------------


def find_coding(scale: Scale, seen: Seen, answered: Answered, given: Given) -> Coding:
    """How one export numbers a scale: as given, as it declares itself, or as the scale does.

    Numbers that could mean two things are asked for: the data alone never decide.
    """
    told = given.codings.get(f"{seen.path.name}:{scale.id}", given.codings.get(scale.id, ""))
    if answered.declared and not answered.foreign:
        return _declared(scale, answered)
    if not answered.numbers:
        return Coding("", SURE, LABELS)
    if told:
        return Coding(named_coding(scale, told), SURE, f"you said {told}")
    return _judge(scale, answered)


def _declared(scale: Scale, answered: Answered) -> Coding:
    """The export says what its numbers mean: by value labels, or beside each number."""
    meant = _completed(scale, answered)
    if not meant:
        span = f"it holds the numbers {min(answered.numbers)} to {max(answered.numbers)}"
        return Coding(asked="REC014", why=f"{span}, and its own labels explain only some")
    if not scale.coding_required and all(
        str(scale.labels[label]) == number for number, label in meant.items()
    ):
        return Coding("", SURE, "the export's own labels number it as the scale does")
    why = "the export's own labels say what its numbers mean"
    for name, codes in scale.codings.items():
        if codes == {number: scale.labels[label] for number, label in meant.items()}:
            return Coding(name, SURE, why)
    return Coding(meant, SURE, why)


def _completed(scale: Scale, answered: Answered) -> dict[str, str]:
    """Number -> label for every number there; where only the ends are labelled, those between."""
    declared = dict(sorted(answered.declared.items(), key=lambda pair: int(pair[0])))
    if {str(number) for number in answered.numbers} <= declared.keys():
        return declared
    for start in (scale.low, 0, 1):
        for backwards in (False, True):
            counted = _counted(scale, start, backwards)
            whole = {str(number) for number in answered.numbers} <= counted.keys()
            if len(declared) > 1 and whole and declared.items() <= counted.items():
                return counted
    return {}


def _judge(scale: Scale, answered: Answered) -> Coding:
    codes = scale.whole_numbers
    seen = {number for number in answered.numbers if number in codes}
    outside = set(answered.numbers) - codes
    low, high = min(answered.numbers), max(answered.numbers)
    span = f"it holds the numbers {low} to {high}"
    if scale.coding_required:
        return Coding(asked="REC012", why=span, proposed=next(iter(scale.codings)))
    # Numbers that were asked for stand for themselves: there is nothing that they number.
    for shift in () if scale.numbers else (1, -1):
        within = scale.low + shift <= low and high <= scale.high + shift
        if (
            within
            and (outside or (shift == 1 and scale.low == 0))
            and _is_shifted(seen, scale, shift)
        ):
            proposed = _counted(scale, scale.low + shift, False)
            return Coding(asked="REC013", why=span, proposed=proposed)
    if _beyond(answered, scale) > _SLIPS:
        return Coding(asked="REC014", why=span)
    ends = f"{min(codes)} to {max(codes)}"
    if outside:
        return Coding("", UNSURE, f"nearly all of its numbers are the codes {ends}")
    return Coding("", LIKELY, f"{span}, and the codes of the scale are {ends}")


def _is_shifted(seen: set[int], scale: Scale, shift: int) -> bool:
    """Whether the end of the codes that a shifted export never uses is not used."""
    return (scale.low if shift > 0 else scale.high) not in seen


def named_coding(scale: Scale, name: str) -> str | dict[str, str]:
    """What a coding that a person names stands for in a study file."""
    if name in scale.codings:
        return name
    if name == AS_SCALE:
        return _counted(scale, scale.low, False) if scale.coding_required else ""
    if found := _COUNTED.fullmatch(name):
        return _counted(scale, int(found[1]), bool(found[2]))
    return ""


def is_coding(scale: Scale, name: str) -> bool:
    """Whether a person may name this coding for a scale."""
    return name in scale.codings or name == AS_SCALE or bool(_COUNTED.fullmatch(name))


def _counted(scale: Scale, start: int, backwards: bool) -> dict[str, str]:
    """Number -> label, the labels counted from one end."""
    first = {code: label for label, code in [*scale.labels.items()][::-1]}
    ordered = [first[code] for code in sorted(first, reverse=backwards)]
    return {str(number): label for number, label in enumerate(ordered, start)}


def ask_coding(scale: Scale, seen: Seen, coding: Coding, own: bool, notes: Notes) -> None:
    """The question that a coding leaves open; ``own``: other exports number the scale otherwise."""
    name = f"{scale.id}: "
    option = f"--coding {seen.path.name!r}:{scale.id}" if own else f"--coding {scale.id}"
    if coding.asked == "REC012":
        choices = " or ".join(f"{option}={each}" for each in scale.codings)
        found = f"{coding.why}, and numbers of this scale run in either direction"
        notes.ask("REC012", name + found, f"Say {choices}", seen.name)
    elif coding.asked == "REC013":
        start = next(iter(coding.proposed))
        found = (
            f"{coding.why} and never the lowest code of the scale: perhaps it counts from {start}"
        )
        fix = f"Say {option}=from_{start}, or {option}={AS_SCALE}"
        fix += "; of this export alone, because others are numbered otherwise" if own else ""
        notes.ask("REC013", name + found, fix, seen.name)
    else:
        found = f"{coding.why}, and the codes of the scale are {scale.low} to {scale.high}"
        fix = 'If it is the scale, write what each number means: coding = { 1 = "label", ... }'
        notes.ask("REC014", name + found, fix, seen.name)
