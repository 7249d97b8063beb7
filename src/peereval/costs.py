"""Unit-cost files -> frozen `UnitCost` objects, and the slots that wait for a licensed value."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from peereval.bundled import bundled
from peereval.declarations import Declaration, shape
from peereval.errors import Fault, StudyError

_FILE = shape(
    {"format": "integer", "id": "text", "currency": "text"},
    {"title": "text", "unit_costs": "tables", "staff": "named tables"},
)
_SAID = {
    "unit": "text", "price_year": "text", "source": "text", "licence": "text", "status": "text",
}  # fmt: skip
_MORE = {"setting": "text", "definition": "text", "index": "text"}
_UNIT_COST = shape(
    {"id": "text", **_SAID},
    {"value": "number", "low": "number", "high": "number", "slot": "name", **_MORE},
)
_STAFF = shape(
    {
        "salary": "number", "on_cost": "number", "hours_a_year": "number", "minutes": "number",
        "sources": "texts by name", **_SAID,
    },
    {"overhead": "number", "minutes_low": "number", "minutes_high": "number", **_MORE},
)  # fmt: skip
#: What the cost of staff time is made of, each with a source of its own.
_INPUTS = ("salary", "on_cost", "hours_a_year", "minutes")
#: No contact and no salary costs as much; more is a slip, and would not fit whole numbers.
_MOST = 10**7


@dataclass(frozen=True, slots=True)
class Staff:
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


@dataclass(frozen=True, slots=True)
class UnitCost:
    """What one contact costs, in the currency and prices of ``price_year``, and who says so.

    ``low`` and ``high``: a published or assumed range; ``index``: the price index that takes it
    to other years; ``staff``: what it was computed from, where it is staff time.
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
    staff: Staff | None = None


@dataclass(frozen=True, slots=True)
class Slot:
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


@dataclass(frozen=True, slots=True)
class CostFile:
    """What one or several files of unit costs hold."""

    title: str
    currency: str
    costs: Mapping[str, UnitCost] = field(default_factory=dict)
    slots: Mapping[str, Slot] = field(default_factory=dict)


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

    Raises ``StudyError`` as `load_cost_file`, and where two files have one id or two currencies.
    """
    costs: dict[str, UnitCost] = {}
    slots: dict[str, Slot] = {}
    titles, currencies, faults = list[str](), list[str](), list[Fault]()
    for path in paths:
        file = load_cost_file(path)
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
        raise StudyError("The unit costs cannot be used together", faults)
    waiting = {name: slot for name, slot in slots.items() if name not in costs}
    return CostFile("; ".join(titles), next(iter(currencies), ""), costs, waiting)


# --- one file -----------------------------------------------------------------------------


def load_cost_file(path: Path) -> CostFile:
    """Everything in one file: unit costs, staff time worked out, slots.

    Raises ``StudyError`` with every fault of the file: unknown or missing keys, an id used
    twice, a cost that is no number of 0 or more, limits on the wrong side of their value,
    staff time that cannot be worked out.
    """
    file = Declaration(path, "CST", StudyError, "unit-cost file")
    file.check(file.raw, _FILE)
    file.check_each("unit_costs", _UNIT_COST)
    file.stop_if_wrong()
    entries, staff = file.raw.get("unit_costs", []), file.raw.get("staff", {})
    if not entries and not staff:
        file.add("003", "there are no unit costs", "Add [[unit_costs]] or [staff.ID]")
    for name, entry in staff.items():
        _check_staff(file, entry, f"staff.{name}")
    for entry in entries:
        _check_cost(file, entry, f"unit_costs {entry['id']}")
    ids = [*(entry["id"] for entry in entries), *staff]
    for name in dict.fromkeys(i for i in ids if ids.count(i) > 1):
        file.add("005", f"the id {name!r} is used twice", "Give each its own")
    file.stop_if_wrong()
    costs = {e["id"]: _unit_cost(e) for e in entries if "value" in e}
    costs |= {name: _staff_cost(name, entry) for name, entry in staff.items()}
    slots = {e["id"]: _slot(e) for e in entries if "value" not in e}
    title = file.raw.get("title", file.raw["id"])
    return CostFile(title, file.raw["currency"], costs, slots)


def _check_cost(file: Declaration, entry: Mapping[str, Any], place: str) -> None:
    if "value" not in entry and "slot" not in entry:
        file.add("003", "'value' is missing", "Add it, or say in slot where it is found", place)
    _check_amounts(file, entry, ("value", "low", "high"), place)
    _check_limits(file, entry, ("low", "value", "high"), place)


def _check_staff(file: Declaration, entry: Mapping[str, Any], place: str) -> None:
    if not file.check(entry, _STAFF, place):
        return
    for name in _INPUTS:
        if not entry["sources"].get(name, "").strip():
            file.add("003", f"'sources' does not say where {name} is from", "Add it", place)
    file.refer(entry["sources"], (*_INPUTS, "overhead"), "input", f"{place}.sources")
    _check_amounts(
        file, entry, ("salary", "on_cost", "overhead", "minutes", "minutes_low", "minutes_high"),
        place,
    )  # fmt: skip
    _check_limits(file, entry, ("minutes_low", "minutes", "minutes_high"), place)
    if not 1 <= entry["hours_a_year"] <= 366 * 24:
        file.add("007", "'hours_a_year' is not the hours of a year", "Write it in hours", place)
    for key in ("on_cost", "overhead"):
        if entry.get(key, 0) >= 2:
            fix = "25.4% of the salary is written 0.254"
            file.add("007", f"{key!r} is not a share", fix, place)
    if entry["minutes"] > 24 * 60:
        file.add("007", "'minutes' is more than a day", "Write it in minutes", place)


def _check_amounts(
    file: Declaration, entry: Mapping[str, Any], keys: Iterable[str], place: str
) -> None:
    for key in keys:
        if entry.get(key, 0) < 0:
            file.add("004", f"{key!r} is less than 0", "", place)
        elif entry.get(key, 0) > _MOST:
            file.add("004", f"{key!r} is more than {_MOST:,}", "", place)


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
    return UnitCost(
        id=entry["id"],
        value=Fraction(entry["value"]),
        low=_amount(entry, "low"),
        high=_amount(entry, "high"),
        **_said(entry),
    )


def _slot(entry: Mapping[str, Any]) -> Slot:
    return Slot(id=entry["id"], where=entry["slot"], **_said(entry))


def _staff_cost(name: str, entry: Mapping[str, Any]) -> UnitCost:
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
        id=name,
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
