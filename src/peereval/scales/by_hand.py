"""One respondent at a time: the worked examples, and an independent reading of the rules."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import floor
from typing import Any

from peereval.declarations import Declaration, is_kind
from peereval.errors import nearest
from peereval.labels import fold
from peereval.plurals import count_of
from peereval.scales.objects import HALF_UP, MISSING, Example, Scale, Score


def score_by_hand(scale: Scale, answers: Iterable[str], coding: str = "") -> dict[str, Any]:
    """Scores and bands of one respondent, in exact fractions (None = missing).

    Used to check the examples in scale files and, in the tests, the engines: it
    shares no code with `peereval.scoring`.
    """
    codes = scale.codes(coding)
    given = {
        item.id: codes[fold(text)]
        for item, text in zip(scale.items, answers, strict=True)
        if text.strip()
    }
    reverse = {item.id for item in scale.items if item.reverse}
    answered = {
        item: scale.low + scale.high - code if item in reverse else code
        for item, code in given.items()
    }
    values: dict[str, Any] = {}
    for score in scale.scores:
        zero = any(given.get(item) == code for item, code in score.zero_when.items())
        values[score.id] = Fraction(0) if zero else _value_by_hand(score, scale, answered, values)
    for band in scale.bands:
        value = values[band.score]
        values[band.id] = (
            None if value is None else [name for name, _, low in band.levels if value >= low][-1]
        )
    return values


def _value_by_hand(
    score: Score, scale: Scale, answered: Mapping[str, int], values: Mapping[str, Any]
) -> Fraction | None:
    if score.of[0] in values:
        parts = [Fraction(values[name]) for name in score.of if values[name] is not None]
    else:
        given = [answered[name] for name in score.of if name in answered]
        parts = [Fraction(score.points.get(code, code), scale.per_answer) for code in given]
    if len(parts) < score.min_answered:
        return None
    if score.rule == "lookup":
        source = next(s for s in scale.scores if s.id == score.of[0])
        return Fraction(score.table[int(parts[0] * source.denominator)], score.denominator)
    if score.rule == "rescale":
        return parts[0] * score.factor + score.offset
    value = sum(parts, Fraction(0))
    if score.rule == "mean":
        value /= len(parts)
    elif score.prorate:
        value *= Fraction(len(score.of), len(parts))
    return Fraction(floor(value + Fraction(1, 2))) if score.rounding == HALF_UP else value


def read_example(entry: Mapping[str, Any], file: Declaration) -> Example:
    """A worked example as the file has it."""
    expected: dict[str, Fraction | str | None] = {}
    for key, value in entry["expected"].items():
        if value == MISSING:
            expected[key] = None
        elif isinstance(value, str):
            expected[key] = value
        elif is_kind("number", value):
            expected[key] = Fraction(value)
        else:
            what = f"expects {key!r} to be neither number nor text"
            file.add("013", what, f'Write a number, a level, or "{MISSING}"', _place(entry["name"]))
    answers = tuple(str(answer) for answer in entry["answers"])
    return Example(entry["name"], answers, entry.get("coding", ""), expected)


def _place(name: str) -> str:
    return f"examples {name!r}"


def check_examples(scale: Scale, file: Declaration) -> None:
    """Note every example that does not fit the scale or does not come out."""
    incomplete = 0
    for example in scale.examples:
        if _fits(example, scale, file):
            incomplete += any(not answer.strip() for answer in example.answers)
            _compare(example, score_by_hand(scale, example.answers, example.coding), file)
    if not incomplete:
        file.add("014", "no example has a missing answer", "Add one with its expected scores")


def _fits(example: Example, scale: Scale, file: Declaration) -> bool:
    place = _place(example.name)
    if len(example.answers) != len(scale.items):
        found = (
            f"{count_of(len(example.answers), 'answer')} for {count_of(len(scale.items), 'item')}"
        )
        file.add("013", found, "Give one answer an item", place)
        return False
    if example.coding and example.coding not in scale.codings:
        found = f"there is no coding {example.coding!r}"
        file.add("013", found, nearest(example.coding, scale.codings), place)
        return False
    known = scale.codes(example.coding)
    unknown = [a for a in example.answers if a.strip() and fold(a) not in known]
    if unknown:
        found = f"{unknown[0]!r} is no label or code of this scale"
        file.add("013", found, nearest(unknown[0], scale.labels), place)
    return not unknown


def _compare(example: Example, got: Mapping[str, Any], file: Declaration) -> None:
    place = _place(example.name)
    for key, value in example.expected.items():
        if key not in got:
            found = f"expects {key!r}, which is no score and no band"
            file.add("013", found, nearest(key, got), place)
        elif got[key] != value:
            found = f"{key} is {plain(got[key])}, the example says {plain(value)}"
            file.add("013", found, "Check the keys, the rule and the example", place)


def plain(value: Any) -> str:
    """A score as a message shows it."""
    if isinstance(value, Fraction):
        return str(int(value)) if value.denominator == 1 else f"{float(value):g}"
    return MISSING if value is None else str(value)
