"""Scale files -> frozen `Scale` objects: adding an instrument is adding a file.

A score of whole-number answers is an exact integer once it carries its
denominator (a SWEMWBS metric score times 100, a mean of four items times 4), so
every engine computes the same bits and sums of scores are exact.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import gcd, lcm
from pathlib import Path
from string import ascii_lowercase, digits
from typing import Any

from peereval.bundled import bundled
from peereval.declarations import Declaration, is_kind, shape
from peereval.errors import ScaleError, UsageError, nearest
from peereval.labels import alike, fold

FORMAT = 1
#: Stored values stay below this, so that sums of their squares are exact (see `moments`).
MOST = 1 << 23
RULES = ("sum", "mean", "lookup", "rescale")
BETTER = ("higher", "lower")
MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Item:
    """One question of a scale; ``reverse`` turns its code end for end."""

    id: str
    gloss: str
    reverse: bool = False


@dataclass(frozen=True, slots=True)
class Score:
    """How one score is computed, and what it means.

    ``of`` names items (for ``sum`` and ``mean``) or other scores. The stored
    value is a whole number, ``denominator`` times the score in its unit.
    """

    id: str
    outcome: str
    title: str
    rule: str
    of: tuple[str, ...]
    min_answered: int
    prorate: bool
    low: Fraction
    high: Fraction
    unit: str
    better: str
    primary: bool
    denominator: int
    table: Mapping[int, int]
    factor: Fraction
    offset: Fraction

    @property
    def largest(self) -> int:
        """The stored value furthest from 0."""
        return int(max(abs(self.low), abs(self.high)) * self.denominator)


@dataclass(frozen=True, slots=True)
class Band:
    """Named groups of a score: half-open, each from its lower bound up to the next."""

    id: str
    outcome: str
    title: str
    score: str
    score_outcome: str
    levels: tuple[tuple[str, str, Fraction], ...]
    population: str
    verified: bool


@dataclass(frozen=True, slots=True)
class Example:
    """Answers worked by hand and the scores that they must give (None = missing)."""

    name: str
    answers: tuple[str, ...]
    coding: str
    expected: Mapping[str, Fraction | str | None]


@dataclass(frozen=True, slots=True)
class Scale:
    """An instrument: its items, the codes of its labels, its scores and bands.

    ``names``: what exports call it, its id among them, to recognise its columns by.
    """

    id: str
    version: str
    title: str
    ages: str
    recall: str
    parent: str
    source: Mapping[str, Any]
    labels: Mapping[str, int]
    codings: Mapping[str, Mapping[str, int]]
    coding_required: bool
    items: tuple[Item, ...]
    scores: tuple[Score, ...]
    bands: tuple[Band, ...]
    examples: tuple[Example, ...]
    names: tuple[str, ...]

    @property
    def low(self) -> int:
        """Lowest code of an answer."""
        return min(self.labels.values())

    @property
    def high(self) -> int:
        """Highest code of an answer."""
        return max(self.labels.values())

    def codes(self, coding: str | Mapping[str, str] = "") -> dict[str, int]:
        """Folded response text -> code, for labels and for numbers as ``coding`` reads them.

        ``coding``: the name of one, or a table number -> label. Without one, numbers stand
        for themselves, unless the scale says that its numbers need one: then only labels are
        known. Raises ``KeyError`` for a coding or a label that the scale does not have.
        """
        known = {fold(label): code for label, code in self.labels.items()}
        if coding:
            if isinstance(coding, str):
                numbers = self.codings[coding]
            else:
                numbers = {text: self.labels[label] for text, label in coding.items()}
            # The coding says what numbers mean: a label that is a number would contradict it.
            words = {text: code for text, code in known.items() if not text.lstrip("-").isdigit()}
            return words | {fold(text): code for text, code in numbers.items()}
        if self.coding_required:
            return known
        return known | {str(code): code for code in self.labels.values()}


# --- reading a file ---------------------------------------------------------------------

_FILE = shape(
    {
        "format": "integer",
        "id": "text",
        "version": "text",
        "title": "text",
        "source": "table",
        "responses": "table",
        "items": "some tables",
        "scores": "some tables",
        "examples": "some tables",
    },
    {
        "ages": "text",
        "recall": "text",
        "parent": "text",
        "bands": "tables",
        "recognition": "table",
    },
)
_SOURCE = shape(
    {"citation": "text", "licence": "text", "verified": "flag", "checked": "text"},
    {"doi": "text", "notes": "texts"},
)
_RESPONSES = shape(
    {"labels": "integers by name"}, {"codings": "named tables", "coding_required": "flag"}
)
#: ``names``: what exports call the scale, before the number of an item (``swemwbs`` in SWEMWBS_1).
_RECOGNITION = shape({"names": "texts"})
_ITEM = shape({"id": "text", "gloss": "text"}, {"reverse": "flag"})
_SCORE = shape(
    {
        "id": "text",
        "title": "text",
        "rule": "text",
        "of": "texts",
        "range": "numbers",
        "unit": "text",
        "better": "text",
    },
    {
        "min_answered": "integer",
        "prorate": "flag",
        "primary": "flag",
        "factor": "number",
        "offset": "number",
        "table": "numbers by name",
    },
)
_BAND = shape(
    {
        "id": "text",
        "title": "text",
        "score": "text",
        "population": "text",
        "verified": "flag",
        "levels": "tables",
    },
    {"checked": "text"},
)
_LEVEL = shape({"id": "text", "title": "text", "from": "number"})
_EXAMPLE = shape(
    {"name": "text", "answers": "answers", "expected": "table"}, {"coding": "text"}
)  # fmt: skip


def load_scale_file(path: Path) -> Scale:
    """The scale in one file.

    Raises ``ScaleError`` with every fault of the file: not TOML, unknown or missing
    keys, references to items that do not exist, ranges that the answers cannot
    give, bands that do not tile the range, wrong examples.
    """
    file = Declaration(path, "SCL", ScaleError, "scale file")
    _check_shape(file)
    file.stop_if_wrong()
    scale = _build(file.raw, file)
    file.stop_if_wrong()
    _check_examples(scale, file)
    file.stop_if_wrong()
    return scale


def _check_shape(file: Declaration) -> None:
    raw = file.raw
    file.check(raw, _FILE)
    if raw.get("format", FORMAT) != FORMAT:
        file.add("004", f"format {raw['format']!r} is not known", f"Use format = {FORMAT}")
    for section, wanted in (
        ("source", _SOURCE), ("responses", _RESPONSES), ("recognition", _RECOGNITION),
    ):  # fmt: skip
        if isinstance(raw.get(section), dict):
            file.check(raw[section], wanted, section)
    for section, wanted in (
        ("items", _ITEM), ("scores", _SCORE), ("bands", _BAND), ("examples", _EXAMPLE),
    ):  # fmt: skip
        file.check_each(section, wanted)
    if not file.faults:
        for band in raw.get("bands", []):
            for level in band["levels"]:
                file.check(level, _LEVEL, f"bands {band['id']}")


def _build(raw: Mapping[str, Any], file: Declaration) -> Scale:
    labels = raw["responses"]["labels"]
    if not labels or any(abs(code) > 100 for code in labels.values()):
        fix = 'Write "Never" = 0, no further from 0 than 100'
        file.add("005", "labels must map to small whole numbers", fix, "responses")
    for one, other in alike(labels):
        fix = "Case, spaces and punctuation do not count: change one of them"
        file.add("005", f"the labels {one!r} and {other!r} are read as the same", fix, "responses")
    numbers = {str(code): code for code in labels.values()}
    for label in (text for text, code in labels.items() if numbers.get(fold(text), code) != code):
        what = f"the label {label!r} is the code of another label"
        file.add("005", what, "A number as label must be its own code", "responses")
    _check_names(raw, file)
    file.stop_if_wrong()
    items = tuple(Item(i["id"], i["gloss"], i.get("reverse", False)) for i in raw["items"])
    codings = _codings(raw["responses"], file)
    scores = _scores(raw, items, min(labels.values()), max(labels.values()), file)
    bands = tuple(
        band for entry in raw.get("bands", []) if (band := _band(raw["id"], entry, scores, file))
    )
    examples = tuple(_example(entry, file) for entry in raw["examples"])
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
    )


#: What the ids of scales and studies are made of: they become names of columns.
PLAIN = frozenset(ascii_lowercase + digits + "_")


def _check_names(raw: Mapping[str, Any], file: Declaration) -> None:
    """Ids become names of columns, so they are plain and each is used once."""
    entries = [*raw["items"], *raw["scores"], *raw.get("bands", [])]
    ids = [entry["id"] for entry in entries]
    for name in dict.fromkeys(i for i in ids if ids.count(i) > 1):
        file.add("006", f"the id {name!r} is used twice", "Give every item, score and band its own")
    for name in [raw["id"], *ids]:
        if not name or not set(name) <= PLAIN:
            file.add("006", f"the id {name!r} is not plain", "Use a-z, 0-9 and _")


def _codings(responses: Mapping[str, Any], file: Declaration) -> dict[str, dict[str, int]]:
    labels = responses["labels"]
    codings: dict[str, dict[str, int]] = {}
    for name, coding in responses.get("codings", {}).items():
        codings[name] = {}
        for text, meaning in coding.items():
            code = labels.get(meaning) if isinstance(meaning, str) else meaning
            if code not in labels.values():
                file.add(
                    "007",
                    f"{text!r} means {meaning!r}, which is no label or code",
                    nearest(str(meaning), labels),
                    f"coding {name}",
                )
            else:
                codings[name][text] = code
    if responses.get("coding_required") and not codings:
        file.add("007", "a coding is required and none is given", "Add [responses.codings.x]")
    return codings


def _scores(
    raw: Mapping[str, Any], items: tuple[Item, ...], low: int, high: int, file: Declaration
) -> dict[str, Score]:
    """Scores in the order of the file; a score may use only those above it."""
    item_ids = {item.id for item in items}
    built: dict[str, Score] = {}
    for entry in raw["scores"]:
        place = f"scores {entry['id']}"
        known = item_ids | built.keys()
        unknown = [name for name in entry["of"] if name not in known]
        for name in unknown:
            file.add(
                "008",
                f"uses {name!r}, which is no item and no score above it",
                nearest(name, known),
                place,
            )
        if entry["rule"] not in RULES:
            file.add(
                "009",
                f"rule {entry['rule']!r} is not known",
                f"Use one of {', '.join(RULES)}",
                place,
            )
        elif entry["better"] not in BETTER:
            file.add(
                "009",
                f"better {entry['better']!r} is not known",
                'Use "higher" or "lower"',
                place,
            )
        elif not unknown and (score := _score(raw["id"], entry, item_ids, built, place, file)):
            built[score.id] = score
            _check_range(score, item_ids, built, low, high, place, file)
            if score.largest >= MOST:
                file.add(
                    "015",
                    f"exact sums need it times {score.denominator:,}, which is too large",
                    "Ask for more answers with min_answered",
                    place,
                )
    return built


def _score(
    scale_id: str,
    entry: Mapping[str, Any],
    item_ids: set[str],
    built: Mapping[str, Score],
    place: str,
    file: Declaration,
) -> Score | None:
    of, rule = tuple(entry["of"]), entry["rule"]
    of_items = all(name in item_ids for name in of)
    least = entry.get("min_answered", len(of))
    prorate = entry.get("prorate", False)
    if not of or (rule in ("lookup", "rescale") and (len(of) != 1 or of_items)):
        wanted = "one score" if rule in ("lookup", "rescale") else "items or scores"
        file.add("010", f"rule {rule!r} works on {wanted}", f"Name {wanted} in 'of'", place)
        return None
    if len(entry["range"]) != 2:
        file.add("011", "range is not two numbers", "Write range = [lowest, highest]", place)
        return None
    if rule == "lookup" and not _is_table_of_scores(entry.get("table", {})):
        file.add("011", "a lookup needs a table of numbers", "Write 7 = 7.00 lines", place)
        return None
    if not of_items and any(name in item_ids for name in of):
        file.add("010", "items and scores are mixed in 'of'", "Name one kind", place)
        return None
    if not 1 <= least <= len(of) or (
        least < len(of) and not (of_items and (prorate or rule == "mean"))
    ):
        file.add(
            "010",
            f"min_answered = {least} of {len(of)} would count a blank as 0",
            "Ask for all answers, or set prorate = true",
            place,
        )
        return None
    denominator, table = _denominator(rule, entry, of, of_items, least, prorate, built)
    low, high = (Fraction(bound) for bound in entry["range"])
    return Score(
        id=entry["id"],
        outcome=f"{scale_id}_{entry['id']}",
        title=entry["title"],
        rule=rule,
        of=of,
        min_answered=least,
        prorate=prorate,
        low=low,
        high=high,
        unit=entry["unit"],
        better=entry["better"],
        primary=entry.get("primary", False),
        denominator=denominator,
        table=table,
        factor=Fraction(entry.get("factor", 1)),
        offset=Fraction(entry.get("offset", 0)),
    )


def _is_table_of_scores(table: Mapping[str, Any]) -> bool:
    return bool(table) and all(
        key.lstrip("-").isascii() and key.lstrip("-").isdigit() for key in table
    )


def _denominator(
    rule: str,
    entry: Mapping[str, Any],
    of: tuple[str, ...],
    of_items: bool,
    least: int,
    prorate: bool,
    built: Mapping[str, Score],
) -> tuple[int, dict[int, int]]:
    """What the score is multiplied by to be whole, and the look-up in whole numbers."""
    if of_items:
        counts = range(least, len(of) + 1)
        if rule == "mean":
            return lcm(*counts), {}
        return lcm(*(k // gcd(k, len(of)) for k in counts)) if prorate else 1, {}
    source = lcm(*(built[name].denominator for name in of))
    if rule == "lookup":
        values = {Fraction(key): Fraction(value) for key, value in entry["table"].items()}
        shared = lcm(*(value.denominator for value in values.values()))
        return shared, {int(k * source): int(v * shared) for k, v in values.items()}
    if rule == "rescale":
        factor, offset = Fraction(entry.get("factor", 1)), Fraction(entry.get("offset", 0))
        return lcm(source * factor.denominator, offset.denominator), {}
    return source * (len(of) if rule == "mean" else 1), {}


def _check_range(
    score: Score,
    item_ids: set[str],
    built: Mapping[str, Score],
    low: int,
    high: int,
    place: str,
    file: Declaration,
) -> None:
    """The declared range must be the one that the answers can give."""
    if all(name in item_ids for name in score.of):
        ends = [(Fraction(low), Fraction(high))] * len(score.of)
    else:
        ends = [(built[name].low, built[name].high) for name in score.of]
    lowest = sum((end[0] for end in ends), Fraction(0))
    highest = sum((end[1] for end in ends), Fraction(0))
    if score.rule == "mean":
        lowest, highest = lowest / len(ends), highest / len(ends)
    elif score.rule == "rescale":
        lowest, highest = sorted(end * score.factor + score.offset for end in (lowest, highest))
    elif score.rule == "lookup":
        source = built[score.of[0]]
        wanted = range(
            int(source.low * source.denominator), int(source.high * source.denominator) + 1
        )
        missing = [key for key in wanted if key not in score.table]
        if missing:
            file.add(
                "011",
                f"the table lacks {len(missing)} value(s) of {source.id!r}",
                "Give every value that the score can take",
                place,
            )
            return
        values = [Fraction(v, score.denominator) for v in score.table.values()]
        lowest, highest = min(values), max(values)
    if (lowest, highest) != (score.low, score.high):
        file.add(
            "011",
            f"range says {_plain(score.low)} to {_plain(score.high)}, the answers "
            f"give {_plain(Fraction(lowest))} to {_plain(Fraction(highest))}",
            "Check the items and the range",
            place,
        )


def _band(
    scale_id: str, entry: Mapping[str, Any], scores: Mapping[str, Score], file: Declaration
) -> Band | None:
    place = f"bands {entry['id']}"
    score = scores.get(entry["score"])
    if score is None:
        file.add(
            "012",
            f"there is no score {entry['score']!r}",
            nearest(entry["score"], scores),
            place,
        )
        return None
    names = [level["id"] for level in entry["levels"]]
    if len(set(names)) < len(names):
        file.add("012", "two levels have the same id", "Give each its own", place)
        return None
    bounds = [Fraction(level["from"]) for level in entry["levels"]]
    if len(bounds) < 2 or bounds != sorted(set(bounds)) or bounds[0] != score.low:
        file.add(
            "012",
            "levels must rise and begin at the lowest score",
            f"Begin with from = {_plain(score.low)}",
            place,
        )
        return None
    if bounds[-1] > score.high:
        file.add("012", "the last level begins above the highest score", "", place)
        return None
    levels = tuple(
        (level["id"], level["title"], bound)
        for level, bound in zip(entry["levels"], bounds, strict=True)
    )
    return Band(
        id=entry["id"],
        outcome=f"{scale_id}_{entry['id']}",
        title=entry["title"],
        score=score.id,
        score_outcome=score.outcome,
        levels=levels,
        population=entry["population"],
        verified=entry["verified"],
    )


def _example(entry: Mapping[str, Any], file: Declaration) -> Example:
    place = f"examples {entry['name']!r}"
    expected: dict[str, Fraction | str | None] = {}
    for key, value in entry["expected"].items():
        if value == MISSING:
            expected[key] = None
        elif isinstance(value, str):
            expected[key] = value
        elif is_kind("number", value):
            expected[key] = Fraction(value)
        else:
            file.add("013", f"expects {key!r} to be neither number nor text", "", place)
    answers = tuple(str(answer) for answer in entry["answers"])
    return Example(entry["name"], answers, entry.get("coding", ""), expected)


# --- one respondent at a time: the examples, and an independent reading of the rules ------


def score_by_hand(scale: Scale, answers: Iterable[str], coding: str = "") -> dict[str, Any]:
    """Scores and bands of one respondent, in exact fractions (None = missing).

    Used to check the examples in scale files and, in the tests, the engines: it
    shares no code with `peereval.scoring`.
    """
    codes = scale.codes(coding)
    answered = {
        item.id: scale.low + scale.high - codes[fold(text)] if item.reverse else codes[fold(text)]
        for item, text in zip(scale.items, answers, strict=True)
        if text.strip()
    }
    values: dict[str, Any] = {}
    for score in scale.scores:
        values[score.id] = _value_by_hand(score, scale, answered, values)
    for band in scale.bands:
        value = values[band.score]
        values[band.id] = (
            None if value is None else [name for name, _, low in band.levels if value >= low][-1]
        )
    return values


def _value_by_hand(
    score: Score, scale: Scale, answered: Mapping[str, int], values: Mapping[str, Any]
) -> Fraction | None:
    pool = values if score.of[0] in values else answered
    parts = [Fraction(pool[name]) for name in score.of if pool.get(name) is not None]
    if len(parts) < score.min_answered:
        return None
    if score.rule == "mean":
        return sum(parts, Fraction(0)) / len(parts)
    if score.rule == "lookup":
        source = next(s for s in scale.scores if s.id == score.of[0])
        return Fraction(score.table[int(parts[0] * source.denominator)], score.denominator)
    if score.rule == "rescale":
        return parts[0] * score.factor + score.offset
    return sum(parts, Fraction(0)) * (Fraction(len(score.of), len(parts)) if score.prorate else 1)


def _check_examples(scale: Scale, file: Declaration) -> None:
    incomplete = 0
    for example in scale.examples:
        place = f"examples {example.name!r}"
        if len(example.answers) != len(scale.items):
            file.add(
                "013",
                f"{len(example.answers)} answers for {len(scale.items)} items",
                "Give one answer an item",
                place,
            )
            continue
        if example.coding and example.coding not in scale.codings:
            file.add(
                "013",
                f"there is no coding {example.coding!r}",
                nearest(example.coding, scale.codings),
                place,
            )
            continue
        known = scale.codes(example.coding)
        unknown = [a for a in example.answers if a.strip() and fold(a) not in known]
        if unknown:
            file.add(
                "013",
                f"{unknown[0]!r} is no label or code of this scale",
                nearest(unknown[0], scale.labels),
                place,
            )
            continue
        incomplete += any(not answer.strip() for answer in example.answers)
        got = score_by_hand(scale, example.answers, example.coding)
        for key, value in example.expected.items():
            if key not in got:
                file.add(
                    "013",
                    f"expects {key!r}, which is no score and no band",
                    nearest(key, got),
                    place,
                )
            elif got[key] != value:
                file.add(
                    "013",
                    f"{key} is {_plain(got[key])}, the example says {_plain(value)}",
                    "Check the keys, the rule and the example",
                    place,
                )
    if not incomplete:
        file.add("014", "no example has a missing answer", "Add one with its expected scores")


def _plain(value: Any) -> str:
    if isinstance(value, Fraction):
        return str(int(value)) if value.denominator == 1 else f"{float(value):g}"
    return MISSING if value is None else str(value)


# --- finding scales ----------------------------------------------------------------------


def scale_files(folder: Path | None = None) -> dict[str, Path]:
    """Scale id -> file, of the bundled scales and of ``folder`` (whose files win)."""
    folders = [bundled("scales"), *([folder] if folder else [])]
    return {path.stem: path for place in folders for path in sorted(place.glob("*.toml"))}


@lru_cache(maxsize=256)
def _cached(path: Path, _modified: int) -> Scale:
    return load_scale_file(path)


def load_scale(name: str, folder: Path | None = None) -> Scale:
    """The scale called ``name`` (its file's name without ``.toml``).

    ``folder`` is a study's own folder of scale files, searched before the bundled
    ones. Raises ``ScaleError`` if there is none, naming the nearest.
    """
    if not isinstance(name, str):
        raise UsageError("Give the id of a scale, such as 'swemwbs'; see: peereval scales list")
    files = scale_files(folder)
    if name not in files:
        hint = nearest(name, files) or f"There are {', '.join(files)}."
        raise ScaleError(f"There is no scale {name!r}. {hint}")
    scale = _cached(files[name], files[name].stat().st_mtime_ns)
    if scale.id != name:
        raise ScaleError(f"{files[name].name} holds the scale {scale.id!r}: rename the file")
    return scale
