"""The part of a study about unit costs: which files, and in which year's prices."""

import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from peereval.costs import (
    CostFile,
    Slot,
    UnitCost,
    bundled_costs,
    cost_path,
    load_cost_files,
    variant_id,
)
from peereval.declarations import Declaration, shape
from peereval.errors import Fault, StudyError, UsageError
from peereval.prices import Index, doubts, factor, load_indices
from peereval.studies.contacts import read_ranges

COSTS = shape(
    {"unit_costs": "text or texts", "group": "text"},
    {
        "perspective": "text",
        "currency": "text",
        "price_year": "name",
        "index": "name",
        "price_indices": "text or texts",
    },
)

#: Units that are a time and no contact, such as "per working hour".
_TIME = re.compile(r"\bper (\w+ )*(minute|hour|day|week|month|year)$", re.IGNORECASE)


class Conversion(Struct, frozen=True):
    """How a unit cost came to the price year of a study: ``cost`` is as its file has it."""

    cost: UnitCost
    index: Index
    to_year: str
    factor: Fraction

    @property
    def doubts(self) -> dict[str, str]:
        """Year -> ``provisional`` or ``forecast``, of those that the factor rests on."""
        return doubts(self.index, self.cost.price_year, self.to_year)


class StudyCosts(Struct, frozen=True):
    """Unit costs as a study uses them.

    ``costs``: id -> unit cost, those that questions and scenarios use in the prices of the
    study's price year, if it has one; ``known``: ids that a question may name, slots among them;
    ``slots``: id -> slot that no file fills;
    ``conversions``: id -> how it was converted, where it was; ``inputs``: files that decide.
    """

    currency: str = ""
    costs: Mapping[str, UnitCost] = field(default_factory=dict)
    known: tuple[str, ...] = ()
    conversions: Mapping[str, Conversion] = field(default_factory=dict)
    inputs: tuple[Path, ...] = ()
    slots: Mapping[str, Slot] = field(default_factory=dict)


def read_costs(
    file: Declaration, own: Mapping[str, UnitCost] | None = None, named: Iterable[str] = ()
) -> StudyCosts:
    """The unit costs of a study; what is wrong with them is added to the faults of ``file``.

    Only costs that are used must have a value and be convertible: those of questions and
    scenarios, and those of a programme, which it brings itself (``own``) or names (``named``).
    """
    own = own or {}
    raw = file.raw.get("costs")
    if raw is None:
        return StudyCosts()
    paths = [cost_path(name, file.path.parent) for name in _listed(raw["unit_costs"])]
    try:
        found = load_cost_files(paths)
    except StudyError as error:
        fix = "Mend what is said of them" if error.faults else _names_of_files()
        file.add("012", error.message, fix, "costs")
        file.faults.extend(error.faults)
        return StudyCosts()
    if not paths and not own:
        file.add("012", "unit_costs names no file", "Name one", "costs")
        return StudyCosts()
    currency = found.currency or raw.get("currency", "")
    if not currency:
        file.add("028", "it is not said in which currency costs are", "Add currency", "costs")
    if raw.get("currency", currency) != currency:
        what = f"the study is in {raw['currency']}, its unit costs are in {found.currency}"
        file.add("028", what, "Mend currency, or use unit costs in it", "costs")
    entries = file.raw.get("questions", ())
    used = dict.fromkeys(entry["unit_cost"] for entry in entries if "unit_cost" in entry)
    of_scenarios = _of_scenarios(file.raw.get("scenarios", ()), used)
    used |= dict.fromkeys([*named, *own])
    found = replace(found, currency=currency, costs={**found.costs, **own})
    _refuse_slots(file, found, used)
    # What a scenario alone uses is converted too, and may be a slot: then it is not run.
    used |= dict.fromkeys(of_scenarios)
    known = (*found.costs, *found.slots)
    found = replace(found, costs=read_ranges(file, found.costs, known))
    conversions = _conversions(file, found, [name for name in used if name in found.costs])
    costs = {**found.costs, **{name: converted(each) for name, each in conversions.items()}}
    series = dict.fromkeys(each.index.file for each in conversions.values())
    inputs = (*paths, *series)
    return StudyCosts(found.currency, costs, known, conversions, inputs, found.slots)


def _of_scenarios(entries: Iterable[Mapping[str, Any]], used: Iterable[str]) -> list[str]:
    """Ids of unit costs that scenarios put in the place of others."""
    entries, used = list(entries), list(used)
    given = [wanted for entry in entries for wanted in entry.get("unit_costs", {}).values()]
    variants = dict.fromkeys(name for entry in entries for name in entry.get("variants", ()))
    chosen = [variant_id(cost, variant) for variant in variants for cost in used]
    return [*(wanted for wanted in given if isinstance(wanted, str)), *chosen]


def converted(conversion: Conversion) -> UnitCost:
    """A unit cost in the prices of the year that it was converted to, its range too."""
    cost, by = conversion.cost, conversion.factor
    return replace(
        cost,
        value=cost.value * by,
        low=None if cost.low is None else cost.low * by,
        high=None if cost.high is None else cost.high * by,
        price_year=conversion.to_year,
    )


def _names_of_files() -> str:
    return f"Name a file that ends in .toml, or one of {', '.join(bundled_costs())}"


def _listed(names: str | list[str]) -> list[str]:
    return [names] if isinstance(names, str) else names


def _refuse_slots(file: Declaration, found: CostFile, used: Iterable[str]) -> None:
    for name in used:
        if name in found.slots:
            what = f"the unit cost {name!r} has no value: {found.slots[name].where}"
            fix = f"Write it into a file of your own: peereval costs show {name}"
            file.add("024", what, fix, "costs")


def _conversions(file: Declaration, found: CostFile, used: Iterable[str]) -> dict[str, Conversion]:
    """How each used cost gets to the study's price year, where it is not in it."""
    raw = file.raw["costs"]
    if "price_year" not in raw:
        for key in sorted({"index", "price_indices"} & raw.keys()):
            file.add("025", f"{key} converts nothing without price_year", "Add it", "costs")
        return {}
    own = [file.path.parent / name for name in _listed(raw.get("price_indices", []))]
    try:
        indices = load_indices(own)
    except StudyError as error:
        fix = "Mend what is said of them" if error.faults else "Mend the name of the file"
        file.add("012", error.message, fix, "costs")
        file.faults.extend(error.faults)
        return {}
    if "index" in raw:
        file.refer([raw["index"]], indices, "price index", "costs")
    made: dict[str, Conversion] = {}
    for name in used:
        try:
            conversion = _conversion(found.costs[name], found.currency, raw, indices)
        except UsageError as error:
            file.add("025", f"the unit cost {name!r} cannot be converted: {error.message}", "Use "
                     "another index or price year, or a cost of that year", "costs")  # fmt: skip
        else:
            made |= {name: conversion} if conversion else {}
    return made


def _conversion(
    cost: UnitCost, currency: str, raw: Mapping[str, Any], indices: Mapping[str, Index]
) -> Conversion | None:
    """None where a cost already is in prices of the year, or the study's index is unknown.

    Raises ``UsageError`` with the reason where it cannot be converted.
    """
    to_year, name = raw["price_year"], raw.get("index", cost.index)
    if cost.price_year == to_year or ("index" in raw and name not in indices):
        return None
    if not name:
        raise UsageError("it names no price index, nor does [costs] index")
    if name not in indices:
        raise UsageError(f"there is no price index {name!r}")
    index = indices[name]
    if index.currency != currency:
        raise UsageError(f"it is in {currency}, the index {name} in {index.currency}")
    return Conversion(cost, index, to_year, factor(index, cost.price_year, to_year))


# --- what is doubtful ---------------------------------------------------------------------


def doubtful_prices(
    used: Iterable[UnitCost],
    of_scenarios: Iterable[UnitCost],
    conversions: Mapping[str, Conversion],
    file: str,
    of_programme: Iterable[UnitCost] = (),
) -> list[Fault]:
    """Findings about prices, none of which stops a run.

    ``used``: unit costs of contacts; ``of_programme``: of what a programme uses, which may be
    of a time.
    ``STU026``: costs of different price years side by side; ``STU027``: years not final;
    ``STU029``: the cost of an hour, or of a day, counted once a contact. ``of_scenarios``: costs
    that scenarios use, of which years that differ are what those are about.
    """
    costs = list({cost.id: cost for cost in used}.values())
    every = {cost.id: cost for cost in (*costs, *of_scenarios)}
    return [
        *_different_years([*costs, *of_programme], file),
        *_not_final(conversions, file),
        *_of_a_time(every.values(), file),
    ]


def _different_years(used: Iterable[UnitCost], file: str) -> list[Fault]:
    by_year: dict[str, list[str]] = {}
    for cost in used:
        ids = by_year.setdefault(cost.price_year, [])
        ids += [] if cost.id in ids else [cost.id]
    if len(by_year) < 2:
        return []
    said = "; ".join(f"{year}: {', '.join(by_year[year])}" for year in sorted(by_year))
    what = f"unit costs are in prices of different years ({said})"
    fix = "Set price_year in [costs], or use costs of one year"
    return [Fault("STU026", what, fix, file, place="costs", count=len(by_year))]


def _of_a_time(used: Iterable[UnitCost], file: str) -> list[Fault]:
    found = {cost.id: cost.unit for cost in used if _TIME.search(cost.unit)}
    return [
        Fault(
            "STU029",
            f"the unit cost {name!r} is {unit}, and counts once for each contact",
            "Use what one contact costs: as [staff.ID] with its minutes, or worked out",
            file,
            place="costs",
        )
        for name, unit in found.items()
    ]


def _not_final(conversions: Mapping[str, Conversion], file: str) -> list[Fault]:
    found: dict[tuple[str, str, str, str], list[str]] = {}
    for name, each in conversions.items():
        for year, word in each.doubts.items():
            found.setdefault((each.index.id, each.index.vintage, year, word), []).append(name)
    return [
        Fault(
            "STU027",
            f"{index} of {year} is {word} in its vintage ({vintage}); {', '.join(names)} "
            f"{'rests' if len(names) == 1 else 'rest'} on it",
            "Say so beside the costs; convert again with a later vintage",
            file,
            place="costs",
            count=len(names),
        )
        for (index, vintage, year, word), names in found.items()
    ]
