"""What a study declares about contacts: labels with their range, the term, what-if scenarios."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from itertools import pairwise
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from peereval.costs import RANGES, Slot, UnitCost, variant_id
from peereval.declarations import Declaration, is_kind, shape
from peereval.errors import nearest
from peereval.labels import fold

#: Whether a term is as long at both occasions (as in the report of 2020), or as long as it was.
TERMS = ("same", "actual")

CONTACTS = shape({}, {"term": "text", "term_days": "number"})
COST_UNCERTAINTY = shape({}, {"ranges": "text", "cv": "number", "unit_costs": "named tables"})
COST_RANGE = shape(
    {},
    {"low": "number", "high": "number", "fraction": "number", "ranges": "text", "cv": "number"},
)
SCENARIO = shape(
    {"id": "text"},
    {
        "title": "text",
        "caps": "texts by name",
        "unit_costs": "table",
        "variants": "texts",
        "contacts": "named tables",
        "without": "texts",
    },
)
_NUMBERS = "Write how many contacts in a term each label means"
#: Nobody has more contacts in a term; more is a slip.
_MOST = 10_000
_NO_NUMBERS = f"contacts must be numbers of 0 or more, and {_MOST:,} at most"
_LABEL = shape({"base": "number"}, {"low": "number", "high": "number", "by_days": "flag"})


class Label(Struct, frozen=True):
    """How many contacts in a term one label means; ``by_days``: as many more as it has days."""

    text: str
    base: Fraction
    low: Fraction
    high: Fraction
    by_days: bool = False


class Scenario(Struct, frozen=True):
    """The same answers, counted otherwise.

    By question: ``caps`` (no more contacts than the label of this code), ``unit_costs``, and
    ``costs``, where those are ones with an id;
    ``contacts``: by table of frequencies and folded label. ``without``: questions left out.
    ``waiting``: unit costs without a value, for which it is not run.
    """

    id: str
    title: str
    caps: Mapping[str, int] = field(default_factory=dict)
    unit_costs: Mapping[str, Fraction] = field(default_factory=dict)
    contacts: Mapping[str, Mapping[str, Fraction]] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    costs: Mapping[str, UnitCost] = field(default_factory=dict)
    waiting: tuple[Slot, ...] = ()


class CostUncertainty(Struct, frozen=True):
    """How uncertain costs are taken to be, and the term that contacts are counted in.

    ``cv``: coefficient of variation of a unit cost without a range; ``cvs``: by id, where a unit
    cost has one of its own.
    """

    term: str = TERMS[0]
    ranges: str = RANGES[0]
    cv: float = 0.25
    cvs: Mapping[str, float] = field(default_factory=dict)
    scenarios: tuple[Scenario, ...] = ()


# --- labels -------------------------------------------------------------------------------


def read_labels(file: Declaration, table: Mapping[str, Any], place: str) -> tuple[Label, ...]:
    """Labels of one table of frequencies, from none to most; nothing if it is at fault.

    A label is a number of contacts, or ``{ base, low, high, by_days }``. Refused: a number below
    0 or beyond reason, no label that means none, two that mean the same, a range that does not
    hold its base, ranges that are not in the order of the labels, and numbers that rise and fall
    in the order in which the labels are written (none may stand anywhere).
    """
    before = len(file.faults)
    for text, entry in table.items():
        if isinstance(entry, dict):
            file.check(entry, _LABEL, f"{place}.{text}")
        elif not is_kind("number", entry):
            file.add("013", _NO_NUMBERS, _NUMBERS, place)
    if len(file.faults) > before or _beyond_reason(file, table, place):
        return ()
    written = [_label(*entry) for entry in table.items()]
    labels = sorted(written, key=lambda label: label.base)
    _check_labels(file, labels, place)
    _check_order(file, written, place)
    return () if len(file.faults) > before else tuple(labels)


def _beyond_reason(file: Declaration, table: Mapping[str, Any], place: str) -> bool:
    """Whether a number is none of contacts; looked at before it is a fraction of many digits."""
    ends = ("base", "low", "high")
    numbers = [
        number
        for entry in table.values()
        for number in (
            [entry[end] for end in ends if end in entry] if isinstance(entry, dict) else [entry]
        )
    ]
    if all(0 <= number <= _MOST for number in numbers):
        return False
    file.add("013", _NO_NUMBERS, _NUMBERS, place)
    return True


def _check_order(file: Declaration, written: list[Label], place: str) -> None:
    """People write labels from often to seldom or the other way: else two numbers are exchanged."""
    some = [label for label in written if label.base]
    steps = [(one, two) for one, two in pairwise(some) if one.base != two.base]
    for one, two in steps:
        if (one.base < two.base) != (steps[0][0].base < steps[0][1].base):
            found = (
                f"contacts rise and fall from label to label: {one.text!r} is {float(one.base):g}"
                f", the next, {two.text!r}, {float(two.base):g}"
            )
            fix = "Mend the number, or write the labels in order, the most frequent first or last"
            file.add("013", found, fix, place)
            return


def _label(text: str, entry: Any) -> Label:
    given = entry if isinstance(entry, dict) else {"base": entry}
    base = Fraction(given["base"])
    low, high = (Fraction(given.get(name, base)) for name in ("low", "high"))
    return Label(text, base, low, high, given.get("by_days", False))


def _check_labels(file: Declaration, labels: list[Label], place: str) -> None:
    def say(found: str, fix: str) -> None:
        file.add("013", found, fix, place)

    bases = [label.base for label in labels]
    if bases[0] != 0 or len(set(bases)) != len(bases):
        fix = 'Write "Not at all" = 0 and a number of its own for every other'
        say("one label must mean no contact, and no two the same number", fix)
    if labels[0].base == 0 and labels[0].high != 0:
        say("the label that means no contact has a range", "Write it as 0")
    for label in labels:
        if not label.low <= label.base <= label.high:
            say(f"the range of {label.text!r} does not hold its base", "Write low <= base <= high")
    for less, more in pairwise(labels):
        if less.low > more.low or less.high > more.high:
            found = f"the range of {more.text!r} is below that of {less.text!r} somewhere"
            say(found, "A more frequent label may have no lower limit that is lower")


# --- the term -----------------------------------------------------------------------------


def read_term(file: Declaration) -> dict[str, Fraction]:
    """Occasion -> length of its term in terms of the declared length; empty where all are alike.

    ``[contacts] term = "actual"`` needs ``term_days`` (the days that the contacts of a label are
    meant for) and ``days`` of every occasion.
    """
    raw = file.raw.get("contacts", {})
    term = raw.get("term", TERMS[0])
    if term not in TERMS:
        what = f"term = {term!r} is not a choice"
        file.add("007", what, f"Use one of {', '.join(TERMS)}", "contacts")
    if term != "actual":
        return {}
    given = {entry["id"]: entry.get("days", 0) for entry in file.raw["occasions"]}
    given["term_days"] = raw.get("term_days", 0)
    for name in [name for name, days in given.items() if days <= 0]:
        found = f"term = 'actual' needs the days of {name!r}"
        file.add("007", found, "Give term_days, and days of each occasion", "contacts")
        return {}
    whole = Fraction(given.pop("term_days"))
    return {name: Fraction(days) / whole for name, days in given.items()}


def scaled_contacts(
    labels: Iterable[Label], lengths: Mapping[str, Fraction]
) -> dict[str, tuple[Fraction, ...]]:
    """Occasion -> contacts of each code, for terms that are not of one length."""
    labels = tuple(labels)
    return {
        occasion: tuple(label.base * (length if label.by_days else 1) for label in labels)
        for occasion, length in lengths.items()
    }


# --- uncertainty and scenarios ----------------------------------------------------------------


def read_cost_uncertainty(
    file: Declaration,
    questions: Iterable[Any],
    costs: Mapping[str, UnitCost],
    slots: Mapping[str, Slot],
) -> CostUncertainty:
    """``[cost_uncertainty]`` and ``[[scenarios]]``; what is wrong becomes faults of the file.

    ``costs`` and ``slots``: those of the study by id.
    """
    raw = file.raw.get("cost_uncertainty", {})
    ranges, cv = raw.get("ranges", RANGES[0]), float(raw.get("cv", 0.25))
    _check_spread(file, raw, "cost_uncertainty")
    costed = {question.id: question for question in questions if question.unit_cost}
    # Where the unit costs could not be read, nothing can be said of what scenarios name.
    entries = file.raw.get("scenarios", ()) if costs or slots or "costs" not in file.raw else ()
    scenarios = tuple(_scenario(file, entry, costed, costs, slots) for entry in entries)
    given = raw.get("unit_costs", {}).items()
    cvs = {name: float(entry["cv"]) for name, entry in given if "cv" in entry}
    term = file.raw.get("contacts", {}).get("term", TERMS[0])
    return CostUncertainty(term, ranges, cv, cvs, scenarios)


def read_ranges(
    file: Declaration, costs: Mapping[str, UnitCost], known: Iterable[str]
) -> dict[str, UnitCost]:
    """Unit costs with the ranges of ``[cost_uncertainty.unit_costs.ID]``, where that has one.

    ``costs``: as their files have them, in their own price year. Of a cost that has ``cv`` the
    range is left out; ``fraction`` is a range of so much less and more. Wrong ones are faults.
    """
    found = dict(costs)
    given = file.raw.get("cost_uncertainty", {}).get("unit_costs", {})
    file.refer(given, known, "unit cost", "cost_uncertainty.unit_costs")
    for name, entry in given.items():
        place, before = f"cost_uncertainty.unit_costs.{name}", len(file.faults)
        if not file.check(entry, COST_RANGE, place):
            continue
        _check_spread(file, entry, place)
        if name in costs:
            changed = _ranged(costs[name], entry)
            _check_range(file, changed, entry, place)
            if len(file.faults) == before:
                found[name] = changed
    return found


def _ranged(cost: UnitCost, entry: Mapping[str, Any]) -> UnitCost:
    ranges = entry.get("ranges", cost.ranges)
    if "cv" in entry:
        return replace(cost, low=None, high=None)
    if "fraction" in entry:
        by = cost.value * Fraction(entry["fraction"])
        return replace(cost, low=cost.value - by, high=cost.value + by, ranges=ranges)
    low, high = (
        Fraction(entry[key]) if key in entry else end
        for key, end in (("low", cost.low), ("high", cost.high))
    )
    return replace(cost, low=low, high=high, ranges=ranges)


def _check_spread(file: Declaration, entry: Mapping[str, Any], place: str) -> None:
    """``ranges`` and ``cv``, of all unit costs or of one."""
    if entry.get("ranges", RANGES[0]) not in RANGES:
        what = f"ranges = {entry['ranges']!r} is not a choice"
        file.add("007", what, f"Use one of {', '.join(RANGES)}", place)
    cv = float(entry.get("cv", 0.25))
    if not 0 < cv <= 2:
        file.add("007", f"cv = {cv} is no coefficient of variation", "Use 0.25", place)


def _check_range(file: Declaration, cost: UnitCost, entry: Mapping[str, Any], place: str) -> None:
    """One way of saying it, and one that holds the value."""
    ways = [way for way in (("low", "high"), ("fraction",), ("cv",)) if entry.keys() & {*way}]
    if len(ways) > 1 or not entry or ("cv" in entry and "ranges" in entry):
        fix = "Give low and high, or a fraction, or a cv"
        file.add("038", "the range is not given in one way", fix, place)
        return
    if "fraction" in entry and not 0 < entry["fraction"] <= 1:
        file.add("038", "'fraction' is not a share of the cost", "30% is written 0.3", place)
        return
    low, high = (cost.value if end is None else end for end in (cost.low, cost.high))
    if not 0 <= low <= cost.value <= high:
        what = f"the range does not hold the value of {cost.id!r}, {float(cost.value):g}"
        fix = "Write low <= value <= high, in the prices of the unit-cost file"
        file.add("038", what, fix, place)


def _scenario(
    file: Declaration,
    entry: Mapping[str, Any],
    costed: Mapping[str, Any],
    costs: Mapping[str, UnitCost],
    slots: Mapping[str, Slot],
) -> Scenario:
    place = f"scenarios {entry['id']}"
    named = [*entry.get("caps", ()), *entry.get("unit_costs", ()), *entry.get("without", ())]
    file.refer(dict.fromkeys(named), costed, "costed question", place)
    caps = {q: _cap(file, costed[q], label, place)
            for q, label in entry.get("caps", {}).items() if q in costed}  # fmt: skip
    without = tuple(entry.get("without", ()))
    wanted = chosen_variants(file, entry, costed, (*costs, *slots), place)
    wanted |= entry.get("unit_costs", {})
    prices = {q: _price(file, each, costs, slots, place) for q, each in wanted.items()}
    contacts = {table: _other_contacts(file, table, given, costed.values(), place)
                for table, given in entry.get("contacts", {}).items()}  # fmt: skip
    if not named and not contacts and not entry.get("variants"):
        fix = "Add caps, unit_costs, variants or without"
        file.add("003", "the scenario changes nothing", fix, place)
    return Scenario(
        entry["id"],
        entry.get("title", entry["id"]),
        caps,
        prices,
        contacts,
        without,
        {q: costs[each] for q, each in wanted.items() if isinstance(each, str) and each in costs},
        tuple(slots[each] for each in dict.fromkeys(map(str, wanted.values())) if each in slots),
    )


def chosen_variants(
    file: Declaration,
    entry: Mapping[str, Any],
    costed: Mapping[str, Any],
    known: Iterable[str],
    place: str,
) -> dict[str, Any]:
    """Question -> id of the variant of its unit cost that a scenario chooses, where there is one.

    A variant that no cost has, and two of one cost, are faults; what the scenario leaves out is
    not looked at.
    """
    known, found = set(known), dict[str, Any]()
    left = [q for q in costed.values() if q.id not in entry.get("without", ())]
    for variant in entry.get("variants", ()):
        mine = {q.id: variant_id(q.unit_cost.id, variant) for q in left}
        mine = {q: name for q, name in mine.items() if name in known}
        if not mine:
            there = sorted({name.partition(":")[2] for q in left for name in known
                            if name.startswith(variant_id(q.unit_cost.id, ""))})  # fmt: skip
            what = f"no unit cost of a question has a variant {variant!r}"
            fix = nearest(variant, there) or f"There are: {', '.join(there) or 'none'}"
            file.add("039", what, fix, place)
        for question in mine.keys() & found.keys():
            what = f"two variants of the unit cost of {question!r} are chosen"
            file.add("039", what, "Choose one of them", place)
        found |= mine
    return found


def _cap(file: Declaration, question: Any, label: str, place: str) -> int:
    file.refer([fold(label)], question.codes, "label", place)
    code: int = question.codes.get(fold(label), 0)
    return code


def _price(
    file: Declaration,
    wanted: Any,
    costs: Mapping[str, UnitCost],
    slots: Mapping[str, Slot],
    place: str,
) -> Fraction:
    """The value of a unit cost by its id, or a number; of a slot 0, which nothing uses."""
    if is_kind("number", wanted):
        if wanted < 0:
            file.add("007", "a unit cost is less than 0", "Write 0 or more", place)
        return Fraction(wanted)
    if not isinstance(wanted, str):
        what = f"unit_costs has {wanted!r}, which is no id and no number"
        file.add("007", what, "Write the id of a unit cost, or what a contact costs", place)
        return Fraction(0)
    file.refer([wanted], (*costs, *slots), "unit cost", place)
    return costs[wanted].value if wanted in costs else Fraction(0)


def _other_contacts(
    file: Declaration, table: str, given: Mapping[str, Any], costed: Iterable[Any], place: str
) -> dict[str, Fraction]:
    using = [question for question in costed if question.table == table]
    if not file.refer([table], [question.table for question in using], "frequencies", place):
        return {}
    if not is_kind("numbers by name", given):
        file.add("013", _NO_NUMBERS, _NUMBERS, place)
        return {}
    if _beyond_reason(file, given, place):
        return {}
    file.refer((fold(label) for label in given), using[0].codes, "label", place)
    others = {fold(label): Fraction(value) for label, value in given.items()}
    codes = sorted(using[0].codes.items(), key=lambda each: each[1])
    counted = [others.get(label, using[0].contacts[code]) for label, code in codes]
    if counted != sorted(counted):
        what = "a label that is more frequent than another would mean fewer contacts"
        file.add("013", what, "Mend the numbers, or give those of the other labels too", place)
    return others
