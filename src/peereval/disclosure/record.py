"""The record of a run as it may be published: no small counts, and nothing about single rows."""

from collections.abc import Mapping, Sequence
from typing import Any

from peereval.catalogue import EXPLANATIONS
from peereval.studies import Protection

#: Findings about the study and its estimates, whose texts count no respondents.
_HARMLESS = (
    "STU", "STA", "SCL", "CST", "DIS", "COST001", "COST002", "COST003", "COST010",
)  # fmt: skip
#: What each list of counts is divided by, beside the status or kind that is counted.
_WITHIN = {"ledger": "comparison"}


def released_counts(counts: Mapping[str, Any], protection: Protection) -> dict[str, Any]:
    """Counts of a run, those of few respondents as None, and with them what would give them."""
    found = {name: _released(name, value, protection) for name, value in counts.items()}
    return found | (
        {"id_steps": _steps(found["id_steps"], protection)} if "id_steps" in found else {}
    )


def _steps(rows: Sequence[Mapping[str, Any]], protection: Protection) -> list[dict[str, Any]]:
    """Steps one after the other, without how many are matched after one that added few."""
    found: list[dict[str, Any]] = []
    for row in reversed(rows):
        known = [each["n_matched"] for each in found if each["n_matched"] is not None]
        near = (
            known
            and row["n_matched"] is not None
            and any(_few(abs(row["n_matched"] - n), protection) is None for n in known)
        )
        found.append({**row, "n_matched": None if near else row["n_matched"]})
    return found[::-1]


def _released(name: str, value: Any, protection: Protection) -> Any:
    if isinstance(value, int):
        return _few(value, protection)
    if not isinstance(value, list):
        return value
    hidden = _hidden(value, _WITHIN.get(name, ""), protection)
    return [
        {key: None if place in hidden and key == "n" else
         _few(found, protection) if isinstance(found, int) and not isinstance(found, bool)
         else found for key, found in row.items()}
        for place, row in enumerate(value)
    ]  # fmt: skip


def _few(value: int, protection: Protection) -> int | None:
    return None if 0 < value < protection.threshold else value


def _hidden(rows: Sequence[Mapping[str, Any]], within: str, protection: Protection) -> set[int]:
    """Places of counts that are kept back: small ones, and the next where these add up to few."""
    found: set[int] = set()
    parts: dict[Any, list[int]] = {}
    for place, row in enumerate(rows):
        if "n" in row:
            parts.setdefault(row.get(within), []).append(place)
    for places in parts.values():
        small = [p for p in places if _few(rows[p]["n"], protection) is None]
        others = sorted(set(places) - set(small), key=lambda p: (rows[p]["n"], p))
        while (
            within
            and small
            and others
            and (len(small) == 1 or sum(rows[p]["n"] for p in small) < protection.threshold)
        ):
            small.append(others.pop(0))
        found |= set(small)
    return found


def released_finding(finding: Mapping[str, Any], protection: Protection) -> dict[str, Any]:
    """A finding as it may be published: without rows, and without a text that counts people."""
    code = str(finding["code"])
    bare = dict(finding) | {"row": None, "others": []}
    if not code.startswith(_HARMLESS):
        known = EXPLANATIONS.get(code)
        bare |= {"found": known.title if known else code, "fix": ""}
        bare["count"] = _few(int(finding["count"]), protection)
    return bare
