"""Unit-cost files -> frozen `UnitCost` objects."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from peereval.declarations import Declaration, shape
from peereval.errors import StudyError

_FILE = shape(
    {"format": "integer", "id": "text", "currency": "text", "unit_costs": "tables"},
    {"title": "text"},
)
_UNIT_COST = shape(
    {
        "id": "text", "value": "number", "unit": "text", "price_year": "text", "source": "text",
        "licence": "text", "status": "text",
    },
    {"setting": "text", "definition": "text", "low": "number", "high": "number"},
)  # fmt: skip


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
    file = Declaration(path, "CST", StudyError, "unit-cost file")
    file.check(file.raw, _FILE)
    file.check_each("unit_costs", _UNIT_COST)
    file.stop_if_wrong()
    entries = file.raw["unit_costs"]
    ids = [entry["id"] for entry in entries]
    for name in dict.fromkeys(i for i in ids if ids.count(i) > 1):
        file.add("005", f"the id {name!r} is used twice", "Give each its own")
    for entry in entries:
        for key in ("value", "low", "high"):
            if entry.get(key, 0) < 0:
                file.add("004", f"{key!r} is less than 0", "", f"unit_costs {entry['id']}")
    file.stop_if_wrong()
    return {entry["id"]: _unit_cost(entry) for entry in entries}, file.raw["currency"]


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
