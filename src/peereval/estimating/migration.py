"""Bands: who moved from which to which."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from peereval.estimating.bands import organisations_of
from peereval.estimating.material import Material
from peereval.estimators.bands import band_table, bowker, cell_share, with_counts
from peereval.estimators.estimate import Estimate, Key
from peereval.estimators.prevalence import mcnemar_exact, mcnemar_midp
from peereval.estimators.shares import newcombe, share
from peereval.estimators.sums import NO_PAIRS
from peereval.moments import of_roles
from peereval.scales import Band
from peereval.studies import Comparison, Phase

_OPPOSITE = {"higher": "lower", "lower": "higher"}


class _Moves(Struct, frozen=True):
    """Pairs of one group by band before (rows) and after (columns)."""

    key: Key
    band: Band
    table: NDArray[np.int64]
    better: str
    n_organisations: int
    level: float

    @property
    def n(self) -> int:
        return int(self.table.sum())


def migration_rows(
    material: Material, phase: Phase, comparison: Comparison
) -> Iterator[dict[str, Any]]:
    """Bands: who moved from which to which, how many up and down, and into the worst.

    Shares are of all pairs, which are taken as independent.
    """
    study = material.study
    bands, scores = study.bands, study.scores
    for name in phase.bands:
        band, score = bands[name], scores[bands[name].score_outcome]
        counts = material.moments.histograms.filter(
            outcome=score.outcome, phase=phase.id, comparison=comparison.id
        )
        for group, roles in material.groups():
            mine = of_roles(counts, roles)
            key = Key("band_migration", phase.id, comparison.id, group, name, "share")
            table, organisations = band_table(mine, band, score), organisations_of(mine, study)
            moves = _Moves(key, band, table, score.better, organisations, study.ci_level)
            yield from _cells(moves)
            yield from _directions(moves)
            yield from _into_worst(moves)


def _cells(moves: _Moves) -> Iterator[dict[str, Any]]:
    names = [name for name, _, _ in moves.band.levels]
    for before, one in enumerate(names):
        for after, two in enumerate(names):
            cell = cell_share(int(moves.table[before, after]), moves.n, moves.n_organisations)
            yield moves.key.row("share", "share_moved", cell, f"{one}>{two}")
    test = with_counts(bowker(moves.table), moves.n, moves.n_organisations)
    yield moves.key.row("bowker", "symmetry", test)


def _directions(moves: _Moves) -> Iterator[dict[str, Any]]:
    for estimand, part, better in (
        ("share_up", np.triu(moves.table, 1), moves.better),
        ("share_down", np.tril(moves.table, -1), _OPPOSITE[moves.better]),
    ):
        estimate = share(int(part.sum()), moves.n, moves.level, moves.n_organisations)
        yield replace(moves.key, better=better).row("wilson", estimand, estimate)


def _into_worst(moves: _Moves) -> Iterator[dict[str, Any]]:
    """Share in the worst band (clinical, or the like), after less before."""
    table, n = moves.table, moves.n
    worst = len(table) - 1 if moves.better == "lower" else 0
    both = int(table[worst, worst])
    gained, lost = int(table[:, worst].sum()) - both, int(table[worst].sum()) - both
    name, key = moves.band.levels[worst][0], replace(moves.key, better="lower")
    bare = Estimate(reason=NO_PAIRS)
    if n:
        bare = Estimate((gained - lost) / n, n=n, n_organisations=moves.n_organisations)
    for method, p_value in (
        ("mcnemar_exact", mcnemar_exact(gained, lost)),
        ("mcnemar_midp", mcnemar_midp(gained, lost)),
    ):
        tested = replace(bare, p_value=p_value) if n else bare
        yield key.row(method, "share_change", tested, name)
    if n:
        low, high = newcombe(both, gained, lost, n - both - gained - lost, moves.level)
        bare = replace(bare, ci_low=low, ci_high=high, ci_level=moves.level)
    yield key.row("newcombe", "share_change", bare, name)
