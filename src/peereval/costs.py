"""Unit-cost files -> frozen `UnitCost` objects, and the slots that wait for a licensed value."""

import re
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from peereval.bundled import bundled
from peereval.declarations import Declaration, is_kind, shape
from peereval.errors import Fault, StudyError

_FILE = shape(
    {"format": "integer", "id": "name", "currency": "name"},
    {"title": "text", "unit_costs": "tables", "staff": "named tables"},
)
_SAID = {
    "unit": "name", "price_year": "name", "source": "name", "licence": "name", "status": "name",
}  # fmt: skip
_MORE = dict.fromkeys(("title", "setting", "definition", "index", "ranges"), "text")
_VALUE = {"value": "number", "low": "number", "high": "number", "slot": "name"}
#: An amount by the hour, and the minutes of a contact.
_TIMED = {
    "rate": "number", "rate_low": "number", "rate_high": "number", "minutes": "number",
    "minutes_low": "number", "minutes_high": "number", "minutes_source": "name",
}  # fmt: skip
_UNIT_COST = shape(
    {"id": "name", **_SAID}, {**_VALUE, **_TIMED, **_MORE, "variants": "named tables"}
)
# Another number is from another place: that is said of each.
_OF_ITS_OWN = {key: _SAID[key] for key in ("source", "licence", "status")}
_VARIANT = shape(_OF_ITS_OWN, {"unit": "name", "price_year": "name", **_VALUE, **_TIMED, **_MORE})
_STAFF = shape(
    {
        "salary": "number", "on_cost": "number", "hours_a_year": "number", "minutes": "number",
        "sources": "texts by name", **_SAID,
    },
    {
        "overhead": "number", "minutes_low": "number", "minutes_high": "number", **_MORE,
        "variants": "named tables",
    },
)  # fmt: skip
_STAFF_VARIANT = shape({}, {key: kind for key, kind in _STAFF.keys.items() if key != "variants"})
#: What the low and high of a unit cost are: limits of 95%, or quartiles over providers.
RANGES = ("limits", "quartiles")
_YEAR = re.compile(r"(\d{4})(?:/(\d{2}))?")
#: What the cost of staff time is made of, each with a source of its own.
_INPUTS = ("salary", "on_cost", "hours_a_year", "minutes")
#: No contact and no salary costs as much; more is a slip, and would not fit whole numbers.
_MOST = 10**7


class Staff(Struct, frozen=True):
    """What the cost of staff time is computed from.

    ``salary``: a year's, full time; ``on_cost``: what the employer pays besides, as a share of
    it; ``overhead``: as a share of both; ``hours_a_year``: that the salary pays for; ``minutes``:
    of one contact, with their limits. ``sources``: who says so, of each.
    """

    salary: Fraction
    on_cost: Fraction
    overhead: Fraction
    hours_a_year: Fraction
    minutes: Fraction
    minutes_low: Fraction | None
    minutes_high: Fraction | None
    sources: Mapping[str, str]

    @property
    def hour(self) -> Fraction:
        """Salary, on-costs and overheads of an hour, exactly."""
        return self.salary * (1 + self.on_cost) * (1 + self.overhead) / self.hours_a_year

    def cost(self, minutes: Fraction) -> Fraction:
        """What so many minutes cost, exactly."""
        return self.hour * minutes / 60


class Timed(Struct, frozen=True):
    """A contact by its time: ``rate`` an hour, ``minutes`` of one, and who says how many."""

    rate: Fraction
    minutes: Fraction
    minutes_source: str


class UnitCost(Struct, frozen=True):
    """What one contact costs, in the currency and prices of ``price_year``, and who says so.

    ``low`` and ``high``: a published or assumed range, and ``ranges`` what they are, if its file
    says so; ``index``: the price index that takes it to other years; ``staff`` and ``timed``:
    what it was computed from, where it is staff time or an hourly rate. A variant of a cost
    has the id of that and its own: ``gp:with_qualification``.
    """

    id: str
    value: Fraction
    unit: str
    price_year: str
    source: str
    licence: str
    status: str
    setting: str = ""
    definition: str = ""
    low: Fraction | None = None
    high: Fraction | None = None
    index: str = ""
    ranges: str = ""
    staff: Staff | None = None
    timed: Timed | None = None
    title: str = ""

    @property
    def name(self) -> str:
        """What people call it: its title, or the words of its id."""
        return self.title or self.id.replace(":", ", ").replace("_", " ")


class Slot(Struct, frozen=True):
    """A unit cost whose value is not here, for its licence does not allow it or none was found.

    ``where``: where a person finds the value.
    """

    id: str
    where: str
    unit: str
    price_year: str
    source: str
    licence: str
    status: str
    setting: str = ""
    definition: str = ""
    index: str = ""
    ranges: str = ""
    title: str = ""


class CostFile(Struct, frozen=True):
    """What one or several files of unit costs hold."""

    title: str
    currency: str
    costs: Mapping[str, UnitCost] = field(default_factory=dict)
    slots: Mapping[str, Slot] = field(default_factory=dict)


def is_price_year(text: str) -> bool:
    """Whether a text is a financial year (2016/17) or a calendar year (2017)."""
    year = _YEAR.fullmatch(text)
    return year is not None and not (year[2] and (int(year[1]) + 1) % 100 != int(year[2]))


def variant_id(cost: str, variant: str) -> str:
    """The id of a variant of a unit cost."""
    return f"{cost}:{variant}"


# --- which files --------------------------------------------------------------------------


def bundled_costs() -> dict[str, Path]:
    """Name -> file of the unit costs that come with peereval."""
    return {path.stem: path for path in sorted(bundled("data/costs").glob("*.toml"))}


def cost_path(name: str, folder: Path) -> Path:
    """The file meant by a name: a path from ``folder``, or without ``.toml`` a bundled one."""
    return folder / name if name.endswith(".toml") else bundled_costs().get(name, folder / name)


def load_unit_costs(path: Path) -> tuple[dict[str, UnitCost], str]:
    """Unit costs of one file by id, and their currency; slots left out. Errors as below."""
    file = load_cost_file(path)
    return dict(file.costs), file.currency


def load_cost_files(paths: Iterable[Path]) -> CostFile:
    """Several files as one; a cost of a later file fills the slot of an earlier one.

    Raises ``StudyError`` with the faults of all files: as `load_cost_file`, and where two files
    have one id or two currencies.
    """
    costs: dict[str, UnitCost] = {}
    slots: dict[str, Slot] = {}
    titles, currencies, faults = list[str](), list[str](), list[Fault]()
    for path in paths:
        try:
            file = load_cost_file(path)
        except StudyError as error:
            if not error.faults:  # there is no such file
                raise
            faults.extend(error.faults)
            continue
        for name in [n for n in (*file.costs, *file.slots) if n in costs]:
            what = f"the id {name!r} is in an earlier file too"
            faults.append(Fault("CST005", what, "Leave one of the files out", path.name))
        costs |= file.costs
        slots |= file.slots
        titles.append(file.title)
        currencies.append(file.currency)
        if file.currency != currencies[0]:
            what = f"costs in {file.currency} stand beside costs in {currencies[0]}"
            faults.append(Fault("CST008", what, "Use files of one currency", path.name))
    if faults:
        raise StudyError("The unit costs cannot be used", faults)
    waiting = {name: slot for name, slot in slots.items() if name not in costs}
    return CostFile("; ".join(titles), next(iter(currencies), ""), costs, waiting)


# --- one file -----------------------------------------------------------------------------


def load_cost_file(path: Path) -> CostFile:
    """Everything in one file: unit costs, staff time worked out, slots, and their variants.

    Raises ``StudyError`` with every fault of the file: unknown or missing keys, an id used
    twice, a cost that is no number of 0 or more, limits on the wrong side of their value,
    a price year that is none, staff time that cannot be worked out.
    """
    file = Declaration(path, "CST", StudyError, "unit-cost file")
    whole = file.check(file.raw, _FILE)
    entries, staff = dict(_unit_costs(file)), dict(_staff_times(file))
    if whole and not file.raw.get("unit_costs") and not file.raw.get("staff"):
        file.add("003", "there are no unit costs", "Add [[unit_costs]] or [staff.ID]")
    for place, entry in entries.items():
        _check_cost(file, entry, place)
    for place, entry in staff.items():
        _check_staff(file, entry, place)
    ids = [entry["id"] for entry in (*entries.values(), *staff.values())]
    for name in dict.fromkeys(i for i in ids if ids.count(i) > 1):
        file.add("005", f"the id {name!r} is used twice", "Give each its own")
    file.stop_if_wrong()
    priced = [each for each in entries.values() if "value" in each or "rate" in each]
    costs = {each["id"]: _unit_cost(each) for each in priced}
    costs |= {each["id"]: _staff_cost(each) for each in staff.values()}
    slots = {each["id"]: _slot(each) for each in entries.values() if each["id"] not in costs}
    title = file.raw.get("title", file.raw["id"])
    return CostFile(title, file.raw["currency"], costs, slots)


_Entry = dict[str, Any]


def _unit_costs(file: Declaration) -> Iterator[tuple[str, _Entry]]:
    """Place and content of each unit cost and variant of the right shape; others are faults."""
    given = file.raw.get("unit_costs", [])
    for position, entry in enumerate(given if is_kind("tables", given) else [], 1):
        name = entry.get("id", position)
        place = f"unit_costs {name}"
        if not file.check(entry, _UNIT_COST, place):
            continue
        # Two of one id are both looked at, and then said to be two.
        yield f"{place} ({position})" if _repeated(given, name) else place, entry
        shared = {key: entry[key] for key in ("unit", "price_year", "setting", "index")
                  if key in entry}  # fmt: skip
        for other, variant in entry.get("variants", {}).items():
            within = f"{place}.variants.{other}"
            if file.check(variant, _VARIANT, within):
                own = {"id": variant_id(name, other), **_titled(entry, other)}
                yield within, {**shared, **own, **variant}


def _titled(entry: Mapping[str, Any], variant: str) -> dict[str, str]:
    """What a variant is called that does not say it: the title of its cost, and its name."""
    if "title" not in entry:
        return {}
    return {"title": f"{entry['title']}, {variant.replace('_', ' ')}"}


def _repeated(entries: Iterable[Mapping[str, Any]], name: Any) -> bool:
    return [entry.get("id") for entry in entries].count(name) > 1


def _staff_times(file: Declaration) -> Iterator[tuple[str, _Entry]]:
    """The same of staff time; a variant has all that it does not say of its own."""
    given = file.raw.get("staff", {})
    for name, entry in given.items() if is_kind("named tables", given) else ():
        place = f"staff.{name}"
        if not file.check(entry, _STAFF, place):
            continue
        yield place, {**entry, "id": name}
        for other, variant in entry.get("variants", {}).items():
            within = f"{place}.variants.{other}"
            if file.check(variant, _STAFF_VARIANT, within):
                sources = {**entry["sources"], **variant.get("sources", {})}
                own = {**_titled(entry, other), **variant, "sources": sources}
                yield within, {**entry, **own, "id": variant_id(name, other)}


def _check_cost(file: Declaration, entry: Mapping[str, Any], place: str) -> None:
    if not entry.keys() & {"value", "slot", "rate"}:
        fix = "Add it, or a rate with minutes, or say in slot where it is found"
        file.add("003", "'value' is missing", fix, place)
    _check_said(file, entry, place)
    _check_amounts(file, entry, ("value", "low", "high"), place)
    _check_limits(file, entry, ("low", "value", "high"), place)
    if entry.keys() & _TIMED.keys():
        _check_timed(file, entry, place)


def _check_timed(file: Declaration, entry: Mapping[str, Any], place: str) -> None:
    """A rate has its minutes, and somebody who says how many; it stands for the value."""
    for key in ("rate", "minutes", "minutes_source"):
        if key not in entry:
            file.add("003", f"{key!r} is missing", "A rate needs minutes and who says so", place)
    for key in sorted(entry.keys() & {"value", "low", "high"}):
        what = f"{key!r} and 'rate' are both given"
        file.add("007", what, "Leave one out: a rate times minutes is the value", place)
    _check_amounts(
        file, entry, ("rate", "rate_low", "rate_high", "minutes", "minutes_low", "minutes_high"),
        place,
    )  # fmt: skip
    _check_limits(file, entry, ("rate_low", "rate", "rate_high"), place)
    _check_minutes(file, entry, place)


def _check_minutes(file: Declaration, entry: Mapping[str, Any], place: str) -> None:
    _check_limits(file, entry, ("minutes_low", "minutes", "minutes_high"), place)
    if entry.get("minutes", 0) > 24 * 60:
        file.add("007", "'minutes' is more than a day", "Write it in minutes", place)


def _check_said(file: Declaration, entry: Mapping[str, Any], place: str) -> None:
    """The price year is a year, and what a range is is known."""
    if not is_price_year(entry["price_year"]):
        what = f"'price_year' is {entry['price_year']!r}, which is no year"
        file.add("003", what, 'Write "2016/17", or "2017" for a calendar year', place)
    if entry.get("ranges", RANGES[0]) not in RANGES:
        what = f"ranges = {entry['ranges']!r} is not a choice"
        file.add("003", what, f"Use one of {', '.join(RANGES)}", place)


def _check_staff(file: Declaration, entry: Mapping[str, Any], place: str) -> None:
    _check_said(file, entry, place)
    for name in _INPUTS:
        if not entry["sources"].get(name, "").strip():
            file.add("003", f"'sources' does not say where {name} is from", "Add it", place)
    file.refer(entry["sources"], (*_INPUTS, "overhead"), "input", f"{place}.sources")
    _check_amounts(
        file, entry, ("salary", "on_cost", "overhead", "minutes", "minutes_low", "minutes_high"),
        place,
    )  # fmt: skip
    _check_minutes(file, entry, place)
    if not 1 <= entry["hours_a_year"] <= 366 * 24:
        file.add("007", "'hours_a_year' is not the hours of a year", "Write it in hours", place)
    for key in ("on_cost", "overhead"):
        if entry.get(key, 0) >= 2:
            fix = "25.4% of the salary is written 0.254"
            file.add("007", f"{key!r} is not a share", fix, place)


def _check_amounts(
    file: Declaration, entry: Mapping[str, Any], keys: Iterable[str], place: str
) -> None:
    for key in keys:
        if entry.get(key, 0) < 0:
            file.add("004", f"{key!r} is less than 0", "Write 0 or more", place)
        elif entry.get(key, 0) > _MOST:
            what = f"{key!r} is more than {_MOST:,}"
            file.add("004", what, "Write what one contact costs", place)


def _check_limits(
    file: Declaration, entry: Mapping[str, Any], keys: tuple[str, str, str], place: str
) -> None:
    """A range holds its value."""
    for below, above in ((keys[0], keys[1]), (keys[1], keys[2]), (keys[0], keys[2])):
        if below in entry and above in entry and entry[below] > entry[above]:
            file.add("006", f"{below!r} is more than {above!r}", "Mend one of them", place)


# --- making objects -----------------------------------------------------------------------


def _said(entry: Mapping[str, Any]) -> dict[str, Any]:
    """What an entry says about itself in words."""
    return {key: entry[key] for key in (*_SAID, *_MORE) if key in entry}


def _amount(entry: Mapping[str, Any], key: str) -> Fraction | None:
    return Fraction(entry[key]) if key in entry else None


def _unit_cost(entry: Mapping[str, Any]) -> UnitCost:
    if "rate" in entry:
        return _timed_cost(entry)
    return UnitCost(
        id=entry["id"],
        value=Fraction(entry["value"]),
        low=_amount(entry, "low"),
        high=_amount(entry, "high"),
        **_said(entry),
    )


def _timed_cost(entry: Mapping[str, Any]) -> UnitCost:
    """Rate x minutes / 60; its range from the ends of both, where either has one."""

    def end(side: str) -> Fraction | None:
        if not entry.keys() & {f"rate_{side}", f"minutes_{side}"}:
            return None
        rate, minutes = (entry.get(f"{key}_{side}", entry[key]) for key in ("rate", "minutes"))
        return Fraction(rate) * Fraction(minutes) / 60

    timed = Timed(Fraction(entry["rate"]), Fraction(entry["minutes"]), entry["minutes_source"])
    return UnitCost(
        id=entry["id"],
        value=timed.rate * timed.minutes / 60,
        low=end("low"),
        high=end("high"),
        timed=timed,
        **_said(entry),
    )


def _slot(entry: Mapping[str, Any]) -> Slot:
    return Slot(id=entry["id"], where=entry["slot"], **_said(entry))


def _staff_cost(entry: Mapping[str, Any]) -> UnitCost:
    staff = Staff(
        salary=Fraction(entry["salary"]),
        on_cost=Fraction(entry["on_cost"]),
        overhead=Fraction(entry.get("overhead", 0)),
        hours_a_year=Fraction(entry["hours_a_year"]),
        minutes=Fraction(entry["minutes"]),
        minutes_low=_amount(entry, "minutes_low"),
        minutes_high=_amount(entry, "minutes_high"),
        sources=entry["sources"],
    )
    return UnitCost(
        id=entry["id"],
        value=staff.cost(staff.minutes),
        low=None if staff.minutes_low is None else staff.cost(staff.minutes_low),
        high=None if staff.minutes_high is None else staff.cost(staff.minutes_high),
        staff=staff,
        **_said(entry),
    )


def all_bundled() -> Iterator[tuple[str, CostFile]]:
    """Name and content of every bundled file, in the order of the names."""
    for name, path in bundled_costs().items():
        yield name, load_cost_file(path)
