"""Sums by organisation of any group, outcome, phase and comparison."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from msgspec import Struct
from numpy.typing import NDArray

from peereval.estimating.polars_tables import parts_by
from peereval.moments import SUMS, ClusterSums, Integers, whole_numbers
from peereval.scales import Score
from peereval.studies import Study

Roles = tuple[str, ...] | None
_PLACE, _UNKNOWN = "place", "unknown"


class GroupSums:
    """Exact sums of pairs by organisation. Every area asks for the same: each is added up once."""

    def __init__(self, cells: pl.DataFrame, study: Study) -> None:
        numbered = cells.with_columns(
            pl.col("organisation").rank("dense").cast(pl.Int64).alias(_PLACE),
            (pl.col("organisation") == "").alias(_UNKNOWN),
        )
        parts = parts_by(numbered, "outcome", "phase", "comparison")
        self._cells = {place: _cells(part) for place, part in parts.items()}
        self._nothing = _cells(numbered.clear())
        self._roles = {group.id: group.roles for group in study.groups}
        self._contrast, self._clustered = study.contrast or (), bool(study.organisation)
        self._known: dict[tuple[Any, ...], tuple[ClusterSums, ...]] = {}

    def of(self, score: Score, phase: str, comparison: str, roles: Roles) -> ClusterSums:
        """Sums of one outcome's pairs, of the roles of one group (None: of everyone)."""
        (sums,) = self._added_up(score, phase, comparison, (roles,))
        return sums

    def contrast(
        self, score: Score, phase: str, comparison: str
    ) -> tuple[ClusterSums, ClusterSums]:
        """Sums of the treated and the control group, over the same organisations in one order."""
        groups = tuple(self._roles[name] for name in self._contrast)
        treated, control = self._added_up(score, phase, comparison, groups)
        return treated, control

    def _added_up(
        self, score: Score, phase: str, comparison: str, groups: tuple[Roles, ...]
    ) -> tuple[ClusterSums, ...]:
        asked = (score.outcome, phase, comparison, groups)
        if asked not in self._known:
            cells = self._cells.get((score.outcome, phase, comparison), self._nothing)
            parts = [cells.of_roles(roles) for roles in groups]
            places = np.unique(np.concatenate([part.places for part in parts]))
            self._known[asked] = tuple(
                part.added_up(places, score.denominator, self._clustered) for part in parts
            )
        return self._known[asked]


class _Cells(Struct, frozen=True):
    """Cells of one outcome, phase and comparison: their sums (6, cells), and of each cell its
    role, the number of its organisation in the order of names, and whether that is unknown.
    """

    sums: NDArray[Any]
    roles: Sequence[str]
    places: Integers
    unknown: NDArray[np.bool_]

    def of_roles(self, roles: Roles) -> "_Cells":
        """The cells of some roles; of everyone for None."""
        if roles is None:
            return self
        mine = np.flatnonzero([role in roles for role in self.roles])
        kept = [self.roles[place] for place in mine.tolist()]
        return _Cells(self.sums[:, mine], kept, self.places[mine], self.unknown[mine])

    def added_up(self, places: Integers, denominator: int, clustered: bool) -> ClusterSums:
        """Sums by organisation, over organisations of these numbers (rising, each once)."""
        added = np.zeros((len(SUMS), len(places)), dtype=self.sums.dtype)
        which = np.searchsorted(places, self.places)
        for into, sums in zip(added, self.sums, strict=True):
            np.add.at(into, which, sums)
        blank = int(self.sums[0, self.unknown].sum()) if clustered else 0
        arrays = {name: whole_numbers(sums) for name, sums in zip(SUMS, added, strict=True)}
        return ClusterSums(**arrays, denominator=denominator, clustered=clustered, unknown=blank)


def _cells(cells: pl.DataFrame) -> _Cells:
    sums = np.array([cells[name].to_numpy() for name in SUMS])
    # Sums that fit 64 bits need not do so together, and would wrap without a word.
    fits = int(np.abs(sums).max(initial=0)) * cells.height < 2**62
    return _Cells(
        sums if fits else sums.astype(object),
        cells["role"].to_list(),
        cells[_PLACE].to_numpy(),
        cells[_UNKNOWN].to_numpy(),
    )
