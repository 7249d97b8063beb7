"""Results that were published before: what two releases give away that neither does alone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from peereval.studies import Study

_COLUMNS = ("estimate_id", "estimate", "n", "status", "unit")


@dataclass(frozen=True, slots=True)
class Earlier:
    """Rows of earlier releases by `estimate_id`; ``absent``: releases that are not found.

    ``gone``: how many results that are kept back now had been released.
    """

    rows: tuple[Mapping[str, Mapping[str, Any]], ...] = ()
    absent: tuple[str, ...] = ()
    gone: int = field(default=0, compare=False)

    def the_same(self, rows: Iterable[Mapping[str, Any]]) -> frozenset[str]:
        """Rows of which an earlier release has the number, of as many respondents."""
        return frozenset(
            row["estimate_id"]
            for row in rows
            for release in self.rows
            if (before := release.get(row["estimate_id"])) is not None
            and before["estimate"] is not None
            and (before["estimate"], before["n"]) == (row["estimate"], row["n"])
        )


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
