"""Unit-cost files -> frozen `UnitCost` objects."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from peereval.errors import Fault, StudyError, nearest

_KEYS = {
    "id", "setting", "value", "low", "high", "unit", "price_year", "definition", "source",
    "licence", "status",
}  # fmt: skip
_REQUIRED = {"id", "value", "unit", "price_year", "source", "licence", "status"}


@dataclass(frozen=True, slots=True)
class UnitCost:
    """What one contact costs, in the currency and prices of ``price_year``, and who says so."""

    id: str
    value: Fraction
    unit: str
    price_year: str
    source: str
    licence: str
    status: str


def load_unit_costs(path: Path) -> tuple[dict[str, UnitCost], str]:
    """Unit costs by id, and their currency.

    Raises ``StudyError`` with every fault of the file: unknown or missing keys, an
    id used twice, a cost that is not a number of 0 or more.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except OSError:
        raise StudyError(f"There is no unit-cost file {path.name}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        fault = Fault("CST001", f"not a TOML file: {error}", "Mend the syntax", file=path.name)
        raise StudyError(f"{path.name} is not a unit-cost file", [fault]) from None
    entries = raw.get("unit_costs", [])
    faults = [fault for entry in entries for fault in _faults(entry, path.name)]
    ids = [entry.get("id") for entry in entries]
    faults += [
        Fault("CST002", f"the id {name!r} is used twice", "Give each its own", file=path.name)
        for name in {i for i in ids if ids.count(i) > 1}
    ]
    if not isinstance(raw.get("currency"), str):
        faults.append(
            Fault("CST003", "'currency' is missing", 'Write currency = "GBP"', file=path.name)
        )
    if faults:
        raise StudyError(f"{path.name} has {len(faults)} fault(s)", faults)
    return {entry["id"]: _unit_cost(entry) for entry in entries}, raw["currency"]


def _faults(entry: Mapping[str, Any], file: str) -> list[Fault]:
    place = f"unit_costs {entry.get('id', '')}"
    faults = [
        Fault("CST002", f"unknown key {key!r}", nearest(key, _KEYS), file=file, column=place)
        for key in sorted(entry.keys() - _KEYS)
    ]
    faults += [
        Fault("CST003", f"{key!r} is missing", "Add it", file=file, column=place)
        for key in sorted(_REQUIRED - entry.keys())
    ]
    for key in ("value", "low", "high"):
        value = entry.get(key, 0)
        if isinstance(value, bool) or not isinstance(value, int | Decimal) or value < 0:
            faults.append(
                Fault(
                    "CST004", f"{key!r} is not a number of 0 or more", "", file=file, column=place
                )
            )
    return faults


def _unit_cost(entry: Mapping[str, Any]) -> UnitCost:
    return UnitCost(
        id=entry["id"],
        value=Fraction(entry["value"]),
        unit=entry["unit"],
        price_year=entry["price_year"],
        source=entry["source"],
        licence=entry["licence"],
        status=entry["status"],
    )
