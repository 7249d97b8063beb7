"""Results that were published before: what two releases give away that neither does alone."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from peereval.disclosure.sheet import Sheet
from peereval.studies import Study

_COLUMNS = ("estimate_id", "estimate", "n", "status", "unit")
_COUNTED = ("base", "choice", "count")


@dataclass(frozen=True, slots=True)
class Earlier:
    """Rows of earlier releases by `estimate_id`; ``absent``: releases that are not found.

    ``gone``: how many results that are kept back now had been released.
    """

    rows: tuple[Mapping[str, Mapping[str, Any]], ...] = ()
    absent: tuple[str, ...] = ()
    gone: int = field(default=0, compare=False)


def read_earlier(study: Study) -> Earlier:
    """What the study says was released before: folders of output, or files of results."""
    found, absent = [], []
    for name in study.protection.released:
        frame = _read(study.path.parent / name)
        if frame is None:
            absent.append(name)
        else:
            found.append({row["estimate_id"]: row for row in frame.iter_rows(named=True)})
    return Earlier(tuple(found), tuple(absent))


def _read(path: Path) -> pl.DataFrame | None:
    places = [path / "results.parquet", path / "results.csv"] if path.is_dir() else [path]
    for place in places:
        try:
            whole = pl.read_parquet(place) if place.suffix == ".parquet" else pl.read_csv(
                place, schema_overrides={"estimate": pl.Float64, "n": pl.Int64}
            )  # fmt: skip
            return whole.select(_COLUMNS)
        except (OSError, pl.exceptions.PolarsError):
            continue
    return None


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
    if kind in _COUNTED or row["estimate"] is None:
        apart = abs(float(row["estimate"] or 0) - before["estimate"])
    elif kind in ("share", "margin", "part", "moves", "retention"):
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
