"""How the scores of a scale file are computed, checked so that no score can be wrong quietly."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import gcd, lcm
from typing import Any

from msgspec import Struct

from peereval.declarations import Declaration
from peereval.errors import nearest
from peereval.plurals import count_of
from peereval.scales.by_hand import plain
from peereval.scales.objects import (
    BETTER,
    MOST,
    RELIABILITIES,
    ROUNDINGS,
    RULES,
    Norm,
    Reliability,
    ReliableChange,
    Score,
)


class Answers(Struct, frozen=True):
    """What scores are made of: ids of items, and the codes of their answers."""

    scale: str
    items: frozenset[str]
    codes: frozenset[int]
    per_answer: int

    @property
    def ends(self) -> tuple[Fraction, Fraction]:
        """Lowest and highest answer."""
        low, high = min(self.codes), max(self.codes)
        return Fraction(low, self.per_answer), Fraction(high, self.per_answer)


@dataclass(slots=True)
class _Entry:
    """One score as the file has it, with what it may be made of."""

    raw: Mapping[str, Any]
    answers: Answers
    built: Mapping[str, Score]
    file: Declaration
    of: tuple[str, ...] = field(init=False)
    of_items: bool = field(init=False)

    def __post_init__(self) -> None:
        self.of = tuple(self.raw["of"])
        self.of_items = all(name in self.answers.items for name in self.of)

    @property
    def least(self) -> int:
        return int(self.raw.get("min_answered", len(self.of)))

    @property
    def prorate(self) -> bool:
        return bool(self.raw.get("prorate", False))

    @property
    def rounding(self) -> str:
        return str(self.raw.get("rounding", ""))

    @property
    def points(self) -> dict[int, int]:
        return {int(code): points for code, points in self.raw.get("points", {}).items()}

    @property
    def range(self) -> tuple[Fraction, Fraction]:
        low, high = (Fraction(bound) for bound in self.raw["range"])
        return low, high

    def number(self, name: str, default: int) -> Fraction:
        return Fraction(self.raw.get(name, default))

    def add(self, number: str, found: str, fix: str) -> None:
        self.file.add(number, found, fix, f"scores {self.raw['id']}")


def read_scores(
    raw: Iterable[Mapping[str, Any]], answers: Answers, file: Declaration
) -> dict[str, Score]:
    """Scores in the order of the file, but for the wrong; a score may use only those above it."""
    built: dict[str, Score] = {}
    wrong: set[str] = set()
    for each in raw:
        entry = _Entry(each, answers, built, file)
        # What rests on a wrong score is not known to be wrong itself.
        rests = not wrong.isdisjoint(each["of"])
        if rests or not (_is_known(entry) and _can_be_computed(entry)):
            wrong.add(each["id"])
            continue
        score = _score(entry)
        built[score.id] = score
        _check_range(entry, score)
        _check_published(entry, score)
        if score.largest >= MOST:
            found = f"exact sums need it times {score.denominator:,}, which is too large"
            entry.add("015", found, "Ask for more answers with min_answered")
    return built


# --- what can be wrong -------------------------------------------------------------------


def _is_known(entry: _Entry) -> bool:
    """Whether every name and word of a score is one that there is."""
    known = entry.answers.items | entry.built.keys()
    unknown = [name for name in entry.of if name not in known]
    for name in unknown:
        found = f"uses {name!r}, which is no item and no score above it"
        entry.add("008", found, nearest(name, known))
    words = [("rule", RULES), ("better", BETTER)]
    if entry.rounding:
        words.append(("rounding", ROUNDINGS))
    wrong = [(key, allowed) for key, allowed in words if entry.raw[key] not in allowed]
    for key, allowed in wrong:
        found = f"{key} {entry.raw[key]!r} is not known"
        choices = ", ".join(f'"{word}"' for word in allowed)
        entry.add("009", found, f"{nearest(entry.raw[key], allowed)} Use {choices}".strip())
    return not unknown and not wrong


def _can_be_computed(entry: _Entry) -> bool:
    """Whether a rule has what it works on; each thing that it lacks is a fault."""
    rule, of = entry.raw["rule"], entry.of
    if not of or (rule in ("lookup", "rescale") and (len(of) != 1 or entry.of_items)):
        wanted = "one score" if rule in ("lookup", "rescale") else "items or scores"
        entry.add("010", f"rule {rule!r} works on {wanted}", f"Name {wanted} in 'of'")
    elif len(set(of)) < len(of):
        entry.add("010", "the same name stands in 'of' twice", "Name each once")
    elif len(entry.raw["range"]) != 2:
        entry.add("011", "range is not two numbers", "Write range = [lowest, highest]")
    elif rule == "lookup" and not _is_table_of_scores(entry.raw.get("table", {})):
        entry.add("011", "a lookup needs a table of numbers", "Write 7 = 7.00 lines")
    elif not entry.of_items and any(name in entry.answers.items for name in of):
        entry.add("010", "items and scores are mixed in 'of'", "Name one kind")
    elif not _counts_no_blank(entry):
        found = f"min_answered = {entry.least} of {len(of)} would count a blank as 0"
        entry.add("010", found, "Ask for all answers, or set prorate = true")
    elif entry.rounding and not (entry.of_items and (rule == "mean" or entry.prorate)):
        entry.add("010", "there is nothing to round", "Round a mean or a pro-rated sum of items")
    elif entry.rounding and min(entry.range) < 0:
        entry.add("010", "half up is not defined below 0", "Leave out rounding")
    else:
        return _has_points(entry) and _has_zeros(entry)
    return False


def _is_table_of_scores(table: Mapping[str, Any]) -> bool:
    return bool(table) and all(_is_whole(key) for key in table)


def _is_whole(text: str) -> bool:
    bare = text.removeprefix("-")
    return bare.isascii() and bare.isdigit()


def _counts_no_blank(entry: _Entry) -> bool:
    if not 1 <= entry.least <= len(entry.of):
        return False
    fills = entry.of_items and (entry.prorate or entry.raw["rule"] == "mean")
    return entry.least == len(entry.of) or fills


def _has_points(entry: _Entry) -> bool:
    """Whether points, if there are any, are given for exactly the codes of the answers."""
    given = entry.raw.get("points", {})
    codes = {str(code) for code in entry.answers.codes}
    wrong = sorted(set(given) ^ codes) if given else []
    if wrong or (given and not entry.of_items):
        found = f"points and codes differ: {', '.join(wrong)}" if wrong else "points need items"
        entry.add("010", found, f"Give points for each of {', '.join(sorted(codes))}")
        return False
    return True


def _has_zeros(entry: _Entry) -> bool:
    """Whether the answers that make a score 0 are those of items, and 0 is in its range."""
    good = True
    for item, code in entry.raw.get("zero_when", {}).items():
        if item not in entry.answers.items or not entry.of_items:
            entry.add("008", f"zero_when names {item!r}, which is no item",
                      nearest(item, entry.answers.items))  # fmt: skip
            good = False
        elif code not in entry.answers.codes or not entry.range[0] <= 0 <= entry.range[1]:
            found = f"zero_when: {item} = {code} is no code of an answer, or 0 is out of range"
            entry.add("010", found, "Name a code of [responses.labels]")
            good = False
    return good


# --- the score ---------------------------------------------------------------------------


def _score(entry: _Entry) -> Score:
    raw, (low, high) = entry.raw, entry.range
    denominator, table = _denominator(entry)
    return Score(
        id=raw["id"],
        outcome=f"{entry.answers.scale}_{raw['id']}",
        title=raw["title"],
        rule=raw["rule"],
        of=entry.of,
        min_answered=entry.least,
        prorate=entry.prorate,
        low=low,
        high=high,
        unit=raw["unit"],
        better=raw["better"],
        primary=raw.get("primary", False),
        denominator=denominator,
        table=table,
        factor=entry.number("factor", 1),
        offset=entry.number("offset", 0),
        rounding=entry.rounding,
        points=entry.points,
        zero_when=raw.get("zero_when", {}),
        reliable_change=_reliable_change(raw),
        reliability=_reliability(raw),
        norms=tuple(_norm(norm) for norm in raw.get("norms", [])),
    )


def _denominator(entry: _Entry) -> tuple[int, dict[int, int]]:
    """What the score is multiplied by to be whole, and the look-up in whole numbers."""
    rule, size = entry.raw["rule"], len(entry.of)
    if entry.of_items:
        return _of_items(entry), {}
    source = lcm(*(entry.built[name].denominator for name in entry.of))
    if rule == "lookup":
        values = {Fraction(key): Fraction(value) for key, value in entry.raw["table"].items()}
        shared = lcm(*(value.denominator for value in values.values()))
        return shared, {int(k * source): int(v * shared) for k, v in values.items()}
    if rule == "rescale":
        factor, offset = entry.number("factor", 1), entry.number("offset", 0)
        return lcm(source * factor.denominator, offset.denominator), {}
    return source * (size if rule == "mean" else 1), {}


def _of_items(entry: _Entry) -> int:
    size, counts = len(entry.of), range(entry.least, len(entry.of) + 1)
    if entry.rounding:
        return 1
    if entry.raw["rule"] == "mean":
        return lcm(*counts) * entry.answers.per_answer
    prorated = lcm(*(k // gcd(k, size) for k in counts)) if entry.prorate else 1
    return prorated * entry.answers.per_answer


def _reliable_change(raw: Mapping[str, Any]) -> ReliableChange | None:
    if not (said := raw.get("reliable_change")):
        return None
    return ReliableChange(Fraction(said["threshold"]), said["source"], said["verified"])


def _reliability(raw: Mapping[str, Any]) -> Reliability | None:
    if not (said := raw.get("reliability")):
        return None
    return Reliability(float(said["value"]), said["kind"], said["source"], said["verified"])


def _norm(said: Mapping[str, Any]) -> Norm:
    sd = float(said["sd"]) if "sd" in said else None
    words = said["population"], said["source"], said["verified"]
    return Norm(float(said["mean"]), sd, said.get("n"), *words)


# --- numbers that must agree -------------------------------------------------------------


def _check_range(entry: _Entry, score: Score) -> None:
    """The declared range must be the one that the answers can give."""
    ends = _ends(entry, score)
    lowest = sum((end[0] for end in ends), Fraction(0))
    highest = sum((end[1] for end in ends), Fraction(0))
    if score.rule == "mean":
        lowest, highest = lowest / len(ends), highest / len(ends)
    elif score.rule == "rescale":
        lowest, highest = sorted(end * score.factor + score.offset for end in (lowest, highest))
    elif score.rule == "lookup":
        source = entry.built[score.of[0]]
        if not _is_complete(entry, score, source):
            return
        values = [Fraction(v, score.denominator) for v in score.table.values()]
        lowest, highest = min(values), max(values)
    if (lowest, highest) != (score.low, score.high):
        found = f"range says {plain(score.low)} to {plain(score.high)}, the answers "
        found += f"give {plain(Fraction(lowest))} to {plain(Fraction(highest))}"
        fix = f"Check the items; if they are right, write range = [{plain(Fraction(lowest))}, "
        entry.add("011", found, f"{fix}{plain(Fraction(highest))}]")


def _ends(entry: _Entry, score: Score) -> list[tuple[Fraction, Fraction]]:
    if not entry.of_items:
        return [(entry.built[name].low, entry.built[name].high) for name in score.of]
    if score.points:
        worth = score.points.values()
        return [(Fraction(min(worth)), Fraction(max(worth)))] * len(score.of)
    return [entry.answers.ends] * len(score.of)


def _is_complete(entry: _Entry, score: Score, source: Score) -> bool:
    """Whether a look-up has every value that its source can take; a gap is a fault."""
    low, high = (int(end * source.denominator) for end in (source.low, source.high))
    missing = [key for key in range(low, high + 1) if key not in score.table]
    if missing:
        shown = ", ".join(plain(Fraction(key, source.denominator)) for key in missing[:5])
        found = f"the table lacks {count_of(len(missing), 'value')} of {source.id!r}: {shown}"
        found += " and more" if len(missing) > 5 else ""
        entry.add("011", found, "Give every value that the score can take")
    return not missing


def _check_published(entry: _Entry, score: Score) -> None:
    """Published numbers about a score must be possible for it."""
    low, high = score.low, score.high
    change, reliability = score.reliable_change, score.reliability
    if change and not 0 < change.threshold <= high - low:
        found = f"reliable_change: no change of {plain(change.threshold)} is possible here"
        entry.add("016", found, f"Give a threshold of more than 0, up to {plain(high - low)}")
    if reliability and reliability.kind not in RELIABILITIES:
        found = f"the kind of reliability {reliability.kind!r} is not known"
        choices = ", ".join(f'"{word}"' for word in RELIABILITIES)
        entry.add("016", found, f"{nearest(reliability.kind, RELIABILITIES)} Use {choices}".strip())
    if reliability and not 0 < reliability.value < 1:
        found = f"a reliability of {reliability.value:g} cannot be"
        entry.add("016", found, "Give a number between 0 and 1")
    for norm in score.norms:
        if not low <= norm.mean <= high:
            found = f"the norms have a mean of {norm.mean:g}, which is not in the range"
            entry.add("016", found, f"Give a mean from {plain(low)} to {plain(high)}")
        if (norm.sd is not None and not 0 < norm.sd <= high - low) or (norm.n or 2) < 2:
            found = "the norms have a standard deviation or number of respondents that cannot be"
            entry.add("016", found, "Give an sd above 0 and an n of 2 or more, or leave them out")
