"""A scale file, read and checked: everything that is wrong with it is said at once."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from math import lcm
from pathlib import Path
from string import ascii_lowercase, digits
from typing import Any

from peereval.declarations import Declaration
from peereval.errors import ScaleError, nearest
from peereval.labels import alike, fold
from peereval.scales.by_hand import check_examples, plain, read_example
from peereval.scales.lines import add_lines
from peereval.scales.objects import Band, Fact, Item, Numbers, Scale, Score
from peereval.scales.rules import Answers, read_scores
from peereval.scales.shapes import check_shape

#: What the ids of scales and studies are made of: they become names of columns.
PLAIN = frozenset(ascii_lowercase + digits + "_")
#: More numbers than this are no answers that a person gives by hand.
_MOST_NUMBERS = 1001
#: Codes are kept in 16 bits.
_LARGEST = 30_000


def load_scale_file(path: Path) -> Scale:
    """The scale in one file.

    Raises ``ScaleError`` with every fault of the file, and the lines that they are in: not
    TOML, unknown or missing keys, references to items that do not exist, ranges that the
    answers cannot give, bands that do not tile the range, wrong examples.
    """
    file = Declaration(path, "SCL", ScaleError, "scale file")
    try:
        check_shape(file)
        file.stop_if_wrong()
        scale = _build(file.raw, file)
        file.stop_if_wrong()
        check_examples(scale, file)
        file.stop_if_wrong()
    except ScaleError as error:
        text = path.read_text(encoding="utf-8")
        raise ScaleError(error.message, add_lines(error.faults, text)) from None
    return scale


def _build(raw: Mapping[str, Any], file: Declaration) -> Scale:
    numbers = _numbers(raw["responses"], file)
    _check_labels(raw["responses"].get("labels", {}), numbers, file)
    _check_names(raw, file)
    file.stop_if_wrong()
    labels, per_answer = _coded(raw["responses"].get("labels", {}), numbers)
    items = tuple(
        Item(i["id"], i["gloss"], i.get("reverse", False), i.get("sensitive", False))
        for i in raw["items"]
    )
    codings = _codings(raw["responses"], labels, file)
    facts = _facts(raw, file)
    codes = frozenset(labels.values())
    answers = Answers(raw["id"], frozenset(item.id for item in items), codes, per_answer)
    scores = read_scores(raw["scores"], answers, file)
    bands = tuple(
        band for entry in raw.get("bands", []) if (band := _band(raw["id"], entry, scores, file))
    )
    examples = tuple(read_example(entry, file) for entry in raw["examples"])
    file.stop_if_wrong()
    return Scale(
        id=raw["id"],
        version=raw["version"],
        title=raw["title"],
        ages=raw.get("ages", ""),
        recall=raw.get("recall", ""),
        parent=raw.get("parent", ""),
        source=raw["source"],
        labels=labels,
        codings=codings,
        coding_required=raw["responses"].get("coding_required", False),
        items=items,
        scores=tuple(scores.values()),
        bands=bands,
        examples=examples,
        names=tuple(dict.fromkeys([raw["id"], *raw.get("recognition", {}).get("names", ())])),
        numbers=numbers,
        per_answer=per_answer,
        facts=facts,
    )


# --- answers -----------------------------------------------------------------------------


def _numbers(responses: Mapping[str, Any], file: Declaration) -> Numbers | None:
    """The numbers that are answers, where answers are numbers."""
    if not (said := responses.get("numbers")):
        return None
    low, high = Fraction(said["from"]), Fraction(said["to"])
    step = Fraction(said.get("step", 1))
    steps = (high - low) / step if step > 0 else Fraction(0)
    fix = "Write numbers = { from = 0, to = 10, step = 0.1 }"
    if steps < 1 or steps.denominator != 1 or steps >= _MOST_NUMBERS:
        found = f"from {plain(low)} to {plain(high)} is no whole number of steps, or too many"
        file.add("005", found, fix, "responses.numbers")
    elif max(abs(low), abs(high)) * _per_answer(low, step) > _LARGEST:
        file.add("005", "such numbers are too large for an answer", fix, "responses.numbers")
    return Numbers(low, high, step)


def _per_answer(low: Fraction, step: Fraction) -> int:
    """What makes every answer whole."""
    return lcm(low.denominator, step.denominator)


def _check_labels(labels: Mapping[str, int], numbers: Numbers | None, file: Declaration) -> None:
    if (not labels and not numbers) or any(abs(code) > 100 for code in labels.values()):
        fix = 'Write "Never" = 0, no further from 0 than 100'
        file.add("005", "labels must map to small whole numbers", fix, "responses")
    for one, other in alike(labels):
        fix = "Case, spaces and punctuation do not count: change one of them"
        file.add("005", f"the labels {one!r} and {other!r} are read as the same", fix, "responses")
    codes = {str(code): code for code in labels.values()}
    for label in (text for text, code in labels.items() if codes.get(fold(text), code) != code):
        what = f"the label {label!r} is the code of another label"
        file.add("005", what, "A number as label must be its own code", "responses")
    if numbers:
        outside = [text for text, n in labels.items() if not numbers.low <= n <= numbers.high]
        for label in outside:
            found = f"the label {label!r} stands for a number that is no answer"
            fix = f"Give it a number from {plain(numbers.low)} to {plain(numbers.high)}"
            file.add("005", found, fix, "responses")


def _coded(labels: Mapping[str, int], numbers: Numbers | None) -> tuple[dict[str, int], int]:
    """Codes of labels and numbers, and what a code is of an answer: 10 of 7.3 is 73."""
    if not numbers:
        return dict(labels), 1
    per_answer = _per_answer(numbers.low, numbers.step)
    steps = int((numbers.high - numbers.low) / numbers.step)
    answers = [numbers.low + step * numbers.step for step in range(steps + 1)]
    written = {_decimal(answer): int(answer * per_answer) for answer in answers}
    return written | {text: n * per_answer for text, n in labels.items()}, per_answer


def _decimal(value: Fraction) -> str:
    """A number as a person writes it, to the last digit."""
    return fold(f"{Decimal(value.numerator) / Decimal(value.denominator):f}")


def _codings(
    responses: Mapping[str, Any], labels: Mapping[str, int], file: Declaration
) -> dict[str, dict[str, int]]:
    codings: dict[str, dict[str, int]] = {}
    for name, coding in responses.get("codings", {}).items():
        codings[name] = {}
        for text, meaning in coding.items():
            code: Any = labels.get(meaning) if isinstance(meaning, str) else meaning
            if code not in labels.values():
                found = f"{text!r} means {meaning!r}, which is no label or code"
                file.add("007", found, nearest(str(meaning), labels), f"coding {name}")
            else:
                codings[name][text] = code
    if responses.get("coding_required") and not codings:
        fix = "Add [responses.codings.x]"
        file.add("007", "a coding is required and none is given", fix, "responses")
    return codings


# --- names, facts, bands -----------------------------------------------------------------


def _check_names(raw: Mapping[str, Any], file: Declaration) -> None:
    """Ids become names of columns, so they are plain and each is used once."""
    sections = {name: raw.get(name, []) for name in ("items", "scores", "bands")}
    ids = [entry["id"] for entries in sections.values() for entry in entries]
    fix = "Give every item, score and band its own"
    seen: set[str] = set()
    for section, entries in sections.items():
        for entry in entries:
            name, place = entry["id"], f"{section} {entry['id']}"
            if name in seen:
                file.add("006", f"the id {name!r} is used twice", fix, place)
            seen.add(name)
    for name in [raw["id"], *dict.fromkeys(ids)]:
        if not name or not set(name) <= PLAIN:
            file.add("006", f"the id {name!r} is not plain", "Use a-z, 0-9 and _")


def _facts(raw: Mapping[str, Any], file: Declaration) -> dict[str, Fact]:
    """What has been checked; a scale is not verified whose keys or coding are not."""
    facts = {
        name: Fact(said["verified"], said["checked"]) for name, said in raw.get("facts", {}).items()
    }
    doubtful = [name for name in ("keys", "coding") if name in facts and not facts[name].verified]
    if raw["source"]["verified"] and doubtful:
        found = f"the source is said to be verified, and facts.{doubtful[0]} is not"
        file.add("017", found, "Write verified = false in [source]", "source")
    return facts


def _band(
    scale_id: str, entry: Mapping[str, Any], scores: Mapping[str, Score], file: Declaration
) -> Band | None:
    place = f"bands {entry['id']}"
    score = scores.get(entry["score"])
    if score is None:
        if entry["score"] in {each["id"] for each in file.raw["scores"]}:
            return None  # the score is wrong, which has been said
        found = f"there is no score {entry['score']!r}"
        file.add("012", found, nearest(entry["score"], scores), place)
        return None
    names = [level["id"] for level in entry["levels"]]
    bounds = [Fraction(level["from"]) for level in entry["levels"]]
    if len(set(names)) < len(names):
        file.add("012", "two of the levels have the same id", "Give each its own", place)
    elif len(bounds) < 2 or bounds != sorted(set(bounds)) or bounds[0] != score.low:
        found = "levels must rise and begin at the lowest score"
        file.add("012", found, f"Begin with from = {plain(score.low)}", place)
    elif bounds[-1] > score.high:
        found = "the last of the levels begins above the highest score"
        file.add("012", found, f"Begin it at {plain(score.high)} at most", place)
    else:
        return _banded(scale_id, entry, score, bounds)
    return None


def _banded(scale_id: str, entry: Mapping[str, Any], score: Score, bounds: list[Fraction]) -> Band:
    levels = zip(entry["levels"], bounds, strict=True)
    return Band(
        id=entry["id"],
        outcome=f"{scale_id}_{entry['id']}",
        title=entry["title"],
        score=score.id,
        score_outcome=score.outcome,
        levels=tuple((level["id"], level["title"], bound) for level, bound in levels),
        population=entry["population"],
        verified=entry["verified"],
        checked=entry.get("checked", ""),
        system=entry.get("system", ""),
    )
