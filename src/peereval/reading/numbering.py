"""Whether the numbers of an export stand for the labels that the study says they do.

An export that counts its answers from 1 where the scale counts from 0 reads almost without a
fault, and every score is wrong. Nothing here changes a code: it says what to ask.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct, field

from peereval.reading.coding import WHOLE, Coded, Unread, examples
from peereval.reading.notes import Notes
from peereval.scales import Scale

#: Numbers that surveys use for no answer, where a study has not said so.
_USUAL_MISSING = frozenset({7, 8, 9, 66, 77, 88, 98, 99, 777, 888, 998, 999, 9999})


class Seen(Struct):
    """Everything seen of the numbers of one scale in one export."""

    scale: Scale
    codes: Mapping[str, int]
    numbers: set[int] = field(default_factory=set)
    beside: set[tuple[int, int]] = field(default_factory=set)
    contradicted: dict[str, Sequence[Unread]] = field(default_factory=dict)
    out_of_range: dict[str, Sequence[Unread]] = field(default_factory=dict)

    def add(self, coded: Coded, name: str, column: str, out_of_range: Sequence[Unread]) -> None:
        """Add what was seen in one column, ``name`` being what it is called in ``coded``."""
        self.numbers |= coded.numbers
        self.beside |= coded.beside
        for there, values in (
            (self.contradicted, coded.contradicted.get(name)),
            (self.out_of_range, out_of_range),
        ):
            if values:
                there[column] = values

    @property
    def known(self) -> dict[int, int]:
        """Number -> code, of the numbers that mean something."""
        return {int(text): code for text, code in self.codes.items() if WHOLE.fullmatch(text)}


def check_numbers(seen: Seen, notes: Notes) -> None:
    """Note what speaks against the numbering of a scale in one export.

    ANS004 its numbers look shifted, which ends the run until the study gives a coding; ANS007
    numbers stand beside other labels than they should; ANS008 it needs a coding for its
    numbers, and none is given.
    """
    name = seen.scale.id
    cells = [value for values in seen.out_of_range.values() for value in values]
    wrong = [value for values in seen.contradicted.values() for value in values]
    if not seen.known and cells:
        what = f"the numbers of {name} can mean either of several codings, and none is given"
        _say("ANS008", what, _choose(seen), seen.out_of_range, notes)
    elif cells and (step := _step(seen.numbers, set(seen.known))):
        way = f"{abs(step)} {'above' if step > 0 else 'below'} its codes"
        what = f"the numbers of {name} run {way}: they look shifted"
        meant = {n + step: code for n, code in seen.known.items()}
        # In-range numbers would be read without a fault, and every score would be wrong.
        _say("ANS004", what, _write(seen.scale, meant), seen.out_of_range, notes, stops=True)
    if wrong:
        alone = "; numbers that stand alone are read as the study says" if seen.numbers else ""
        what = f"numbers of {name} stand beside other labels than the study says. The labels count"
        fix = _write(seen.scale, _meant(seen))
        _say("ANS007", what + alone, fix, seen.contradicted, notes)


def _say(
    code: str,
    what: str,
    fix: str,
    where: Mapping[str, Sequence[Unread]],
    notes: Notes,
    stops: bool = False,
) -> None:
    values = [value for found in where.values() for value in found]
    more = f" (and {len(where) - 1} more columns)" if len(where) > 1 else ""
    first = min(where, key=lambda column: min(v.first_row for v in where[column]))
    n = sum(value.n for value in values)
    say = notes.stop if stops else notes.find
    say(code, f"{what}{more}", fix, first, examples(values), n)


def _step(numbers: set[int], known: set[int]) -> int:
    """By how much the numbers run above those that are known; 0 if they do not.

    One of them must be beyond the known, and the far end of the known never used. A larger
    step than 1 is believed only if the numbers go from end to end.
    """
    usual = {number for number in numbers if abs(number) in _USUAL_MISSING}
    for some in (numbers, numbers - usual):
        if len(some) < 2 or some <= known:
            continue
        low, high = min(known), max(known)
        above, below = max(some) - high, min(some) - low
        step = above if above > 0 else below
        spread = max(some) - min(some)
        fits = {number - step for number in some} <= known
        if fits and (abs(step) == 1 or spread == high - low):
            return step
    return 0


def _meant(seen: Seen) -> dict[int, int]:
    """Number -> code as the labels beside the numbers have it, if all follow one rule."""
    codes = sorted(set(seen.scale.labels.values()))
    for rule in _rules(seen.beside):
        meant = {rule(code): code for code in codes}
        if all(meant.get(number) == code for number, code in seen.beside):
            return meant
    return {}


def _rules(beside: set[tuple[int, int]]) -> Iterator[Any]:
    number, code = min(beside)
    yield lambda other: other + number - code
    yield lambda other: number + code - other


def _write(scale: Scale, meant: Mapping[int, int]) -> str:
    """What to write in the study, if the numbers mean these codes."""
    labels: dict[int, str] = {}
    for label, code in scale.labels.items():
        labels.setdefault(code, label)
    pairs = [f'{n} = "{labels[code]}"' for n, code in sorted(meant.items())]
    listed = ", ".join(pairs or ['1 = "a label"', "..."])
    table = f"{{ {listed} }}"
    return (
        f"Ask what each number means. If so, write coding = {table} in [scales.{scale.id}], "
        f"or codings = {{ {scale.id} = {table} }} in this source alone"
    )


def _choose(seen: Seen) -> str:
    named = " or ".join(f'coding = "{name}"' for name in seen.scale.codings)
    return f"Ask which number means which label, and write {named} in [scales.{seen.scale.id}]"
