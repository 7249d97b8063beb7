"""What may be told of the record of a run: counts without small ones, findings without places."""

from collections.abc import Iterable, Mapping
from typing import Any

from peereval.studies import Protection

#: Parts of `run.json` that a reader needs as they are.
_AS_THEY_ARE = ("scales", "unit_costs", "settings", "packages")
#: Beginnings of the codes of findings that are not about respondents.
_OF_DESIGN = ("STU", "STA", "COST")
#: Counts of a run that are lists of words with their number.
_LISTS = ("ledger", "missing", "duplicates", "conflicts", "near_misses")


def told(record: Mapping[str, Any], protection: Protection) -> dict[str, Any]:
    """The record without files, hashes, places and messages; small counts are None.

    ``findings`` are by code: how often, and whether accepted. A message may quote a cell, and a
    file may be named after a school.
    """
    counts, findings = record["counts"], _by_code(record["findings"])
    return {
        **{name: record[name] for name in _AS_THEY_ARE},
        "counts": {name: _kept(counts[name], protection) for name in _LISTS if name in counts},
        "findings": [
            *_kept([f for f in findings if not _of_design(f)], protection, together=("code",)),
            *filter(_of_design, findings),
        ],
    }


def _of_design(finding: Mapping[str, Any]) -> bool:
    """Whether a finding counts outcomes, prices or settings, and nobody's answers."""
    return finding["code"].startswith(_OF_DESIGN)


def _by_code(findings: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    counted: dict[tuple[str, bool], int] = {}
    for each in findings:
        key = (each["code"], each["accepted"])
        counted[key] = counted.get(key, 0) + each["count"]
    return [{"code": code, "accepted": yes, "n": n} for (code, yes), n in counted.items()]


def _kept(
    counts: Iterable[Mapping[str, Any]],
    protection: Protection,
    together: tuple[str, ...] = ("comparison",),
) -> list[dict[str, Any]]:
    """Counts with the small ones blank, and with them the next one that would give one away.

    ``together``: words that rows of one total share.
    """
    rows = [dict(each) for each in counts]
    if not protection.on:
        return rows
    totals: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        totals.setdefault(tuple(row.get(name) for name in together), []).append(row)
    for those in totals.values():
        _blank(those, protection.threshold)
    return rows


def _blank(rows: list[dict[str, Any]], threshold: int) -> None:
    small = [row for row in rows if 0 < row["n"] < threshold]
    others = [row for row in rows if row["n"] >= threshold]
    if len(small) == 1 and others:
        small.append(min(others, key=lambda row: int(row["n"])))
    for row in small:
        row["n"] = None
