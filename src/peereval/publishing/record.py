"""What readers need of the record of a run: its settings, what was counted, findings by code."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

#: Parts of `run.json` that a reader needs as they are.
_AS_THEY_ARE = ("scales", "unit_costs", "settings", "packages")
#: Counts of a run that are lists of words with their number.
_LISTS = ("ledger", "missing", "duplicates", "conflicts", "near_misses")


def told(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record without files, hashes and places: a file may be named after a school.

    ``findings`` are by code: how often, and whether accepted. A count that was kept back is None.
    """
    counts = record["counts"]
    chosen = {
        **{name: record[name] for name in _AS_THEY_ARE},
        "counts": {name: counts[name] for name in _LISTS if name in counts},
        "findings": _by_code(record["findings"]),
    }
    # As it is read back from a file: lists for tuples.
    return dict(msgspec.json.decode(msgspec.json.encode(chosen)))


def _by_code(findings: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    counted: dict[tuple[str, bool], list[int | None]] = {}
    for each in findings:
        counted.setdefault((each["code"], each["accepted"]), []).append(each["count"])
    return [
        {"code": code, "accepted": yes, "n": None if None in all_of else sum(filter(None, all_of))}
        for (code, yes), all_of in counted.items()
    ]
