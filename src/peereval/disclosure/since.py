"""What has changed since an earlier release, by few respondents."""

from collections.abc import Iterator, Mapping
from typing import Any

from peereval.disclosure.earlier import Earlier
from peereval.disclosure.sheet import Sheet

_COUNTED = ("base", "count")
_SHARES = ("share", "margin", "part", "moves", "retention")


def protect_from_earlier(sheet: Sheet, earlier: Earlier) -> None:
    """Keep back what differs from an earlier release by few respondents.

    The mean of those who came in since is in the two means and bases; how many of them chose an
    answer in the two counts.
    """
    for rows in earlier.rows:
        for place, row in enumerate(sheet.rows):
            before = rows.get(row["estimate_id"])
            if before is None or place in sheet.withheld or before["n"] is None:
                continue
            if before["estimate"] is not None and _few_apart(sheet, place, before):
                sheet.withhold(place, "earlier_release", bare=True)


def _few_apart(sheet: Sheet, place: int, before: Mapping[str, Any]) -> bool:
    row, p = sheet.rows[place], sheet.protection
    more = abs(row["n"] - before["n"])
    if 0 < more < p.base:
        return True
    kind = sheet.kinds[place]
    if kind in _COUNTED or row["estimand"] == "n_choosing":
        apart = abs(float(row["estimate"] or 0) - before["estimate"])
    elif kind in _SHARES:
        apart = abs(sheet.count(place) - round(before["estimate"] * before["n"]))
    else:
        return False
    beside = more and 0 < abs(more - apart) < p.threshold
    return bool(beside or 0 < apart < p.threshold)


def gone_since(sheet: Sheet, earlier: Earlier) -> int:
    """How many results that are kept back now stand in an earlier release."""
    return len(set(_gone(sheet, earlier)))


def _gone(sheet: Sheet, earlier: Earlier) -> Iterator[str]:
    for rows in earlier.rows:
        for place in sheet.withheld:
            before = rows.get(sheet.rows[place]["estimate_id"])
            if before is not None and before["estimate"] is not None:
                yield sheet.rows[place]["estimate_id"]
