"""Change and contrast by level of a characteristic, with tests of interaction."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import polars as pl
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from peereval.estimating.material import Material
from peereval.estimating.polars_tables import parts_by
from peereval.estimators.clustered import contrast_cr2, n_together
from peereval.estimators.did import did_ols
from peereval.estimators.estimate import Estimate, Key
from peereval.estimators.paired import paired_t
from peereval.estimators.subgroups import interaction
from peereval.moments import SUMS, ClusterSums
from peereval.plurals import count_of
from peereval.studies import Comparison, Phase, Study

#: A characteristic with more levels that are large enough is not compared by level.
MOST_LEVELS = 12

_ROLE = "role"
#: Ends the word of the row for all levels with too few pairs: what a few answered is not told.
_SMALLER = "smaller_levels"
_ROLE_LEVELS = (
    pl.lit(_ROLE).cast(pl.Categorical).alias("characteristic"),
    pl.col("role").alias("level"),
)


def subgroup_rows(
    material: Material, phase: Phase, comparison: Comparison
) -> Iterator[dict[str, Any]]:
    """Change and contrast by level of a characteristic, with tests of interaction.

    The roles are the levels of a characteristic ``role``. Levels with fewer pairs than the study
    asks for are counted together in one row, without their names.
    """
    study = material.study
    named = [*study.subgroups.characteristics, *([_ROLE] if study.role else ())]
    if not named:
        return
    levels = _levels(material)
    words = _words(levels)
    cells = _cells(material, phase, comparison).join(levels, on=("characteristic", "level"))
    parts = parts_by(cells, "outcome", "characteristic")
    roles, nothing = cells["role"].unique().sort().to_list(), cells.clear()
    for outcome in phase.outcomes:
        score = study.scores[outcome]
        key = Key("subgroup", phase.id, comparison.id, "", outcome, score.unit, score.better)
        for name in named:
            part = parts.get((outcome, name), nothing)
            grid = _grid(part, roles, study, score.denominator)
            yield from _rows(key, name, words.get(name, []), grid, study)


def _rows(
    key: Key, name: str, words: Sequence[tuple[str, str]], grid: "_Grid", study: Study
) -> Iterator[dict[str, Any]]:
    """Rows about one outcome by the levels of one characteristic."""
    minimum, everyone = study.subgroups.minimum, replace(key, group="all")
    few = grid.sums(len(grid.large))
    if few.size:
        reason = f"{count_of(grid.n_small, 'level')} with fewer than {minimum} pairs"
        estimate = Estimate(n=few.size, n_organisations=few.n_organisations, reason=reason)
        yield everyone.row("paired_cr2", "mean_change", estimate, f"{name}_{_SMALLER}")
    if len(grid.large) > MOST_LEVELS:
        reason = f"{len(grid.large)} levels: more than {MOST_LEVELS} are not compared"
        yield everyone.row("wald_htz", "interaction", Estimate(reason=reason), name)
        return
    known = [words[level] for level in grid.large]
    changes = [(grid.sums(place),) for place in range(len(known))]
    yield from _compared(everyone, name, known, changes, study)
    if study.contrast and name != _ROLE:
        roles = {group.id: group.roles for group in study.groups}
        one, two = (roles[group] for group in study.contrast)
        contrasts = [(grid.sums(place, one), grid.sums(place, two)) for place in range(len(known))]
        about = replace(key, group="_v_".join(study.contrast))
        yield from _compared(about, name, known, contrasts, study)


def _compared(
    key: Key,
    name: str,
    words: Sequence[tuple[str, str]],
    levels: Sequence[tuple[ClusterSums, ...]],
    study: Study,
) -> Iterator[dict[str, Any]]:
    """The change (of one group) or the contrast (of two) at each level, and whether they differ."""
    minimum, enough = study.subgroups.minimum, []
    for number, (word, written) in enumerate(words):
        if min(part.size for part in levels[number]) < minimum:
            n, present = sum(part.size for part in levels[number]), n_together(levels[number])
            reason = f"fewer than {minimum} pairs in one of the groups; level: {written}"
            estimate = Estimate(n=n, n_organisations=present, reason=reason)
            yield key.row("did_cr2", "did", estimate, word)
        else:
            enough.append(number)
            yield _of_level(key, word, written, levels[number], study.ci_level)
    if len(enough) < 2:
        reason = f"fewer than two levels with at least {minimum} pairs"
        yield key.row("wald_htz", "interaction", Estimate(reason=reason), name)
        return
    said = f"{len(enough)} levels"
    if len(enough) == 2:
        said = " less ".join(words[number][1] for number in enough)
    for method, test in interaction([levels[number] for number in enough], study.ci_level).items():
        yield key.row(method, "interaction", _noted(test, said), name)


def _of_level(
    key: Key, word: str, written: str, parts: tuple[ClusterSums, ...], level: float
) -> dict[str, Any]:
    """With CR2; where that is not possible as if pairs were independent, and the note says so."""
    method, estimand = ("paired", "mean_change") if len(parts) == 1 else ("did", "did")
    found, said = contrast_cr2(parts, level), f"level: {written}"
    if not found.reason:
        return key.row(f"{method}_cr2", estimand, _noted(found, said), word)
    plain = paired_t(parts[0], level) if len(parts) == 1 else did_ols(parts[0], parts[1], level)
    if not plain.reason:
        said = f"{said}; pairs taken as independent: {found.reason}"
    kind = "t" if len(parts) == 1 else "ols"
    return key.row(f"{method}_{kind}", estimand, _noted(plain, said), word)


def _noted(estimate: Estimate, said: str) -> Estimate:
    """With something more to know, beside the reason or the note."""
    if estimate.reason:
        return replace(estimate, reason=f"{estimate.reason}; {said}")
    return replace(estimate, note="; ".join(filter(None, (estimate.note, said))))


# --- from cells to sums by level ------------------------------------------------------------


def _levels(material: Material) -> pl.DataFrame:
    """Levels of every characteristic, roles too, with their number in the order of texts."""
    roles = material.moments.cells.filter(pl.col("role") != "").select(*_ROLE_LEVELS)
    named = material.moments.subgroups.select("characteristic", "level")
    known = pl.concat([named, roles]).unique().sort("characteristic", "level")
    return known.with_columns(pl.int_range(pl.len()).over("characteristic").alias("level_number"))


def _cells(material: Material, phase: Phase, comparison: Comparison) -> pl.DataFrame:
    """Cells by characteristic and level, with numbers of roles and organisations as named."""
    moments, here = material.moments, {"phase": phase.id, "comparison": comparison.id}
    columns = ("outcome", "role", "organisation", *SUMS)
    roles = moments.cells.filter(pl.col("role") != "", **here)
    return pl.concat(
        [
            moments.subgroups.filter(**here).select("characteristic", "level", *columns),
            roles.select(*_ROLE_LEVELS, *columns),
        ]
    ).with_columns(
        (pl.col("role", "organisation").rank("dense").cast(pl.Int64) - 1).name.suffix("_number"),
        (pl.col("organisation") == "").any().alias("some_unknown"),
    )


def _words(levels: pl.DataFrame) -> dict[str, list[tuple[str, str]]]:
    """By characteristic, its levels in order: the word of each in `results`, and as written.

    No two words are the same: where only signs and capitals differ, they are numbered.
    """
    found: dict[str, list[tuple[str, str]]] = {}
    taken = {f"{name}_{_SMALLER}" for name in levels["characteristic"].unique()}
    for name, level in levels.select("characteristic", "level").iter_rows():
        plain = unicodedata.normalize("NFKD", level).encode("ascii", "ignore").decode().lower()
        stem = f"{name}_{re.sub('[^a-z0-9]+', '_', plain).strip('_') or 'level'}"
        number, word = 1, stem
        while word in taken:
            number += 1
            word = f"{stem}_{number}"
        taken.add(word)
        found.setdefault(name, []).append((word, level))
    return found


class _Grid(Struct, frozen=True):
    """Sums of one outcome by role, level and organisation: shape (6, roles, levels, G).

    ``large``: numbers of the levels with enough pairs; all others, ``n_small`` of them, stand
    together after these. ``unknown``: whether the first organisation is that of pairs without one.
    """

    table: NDArray[Any]
    roles: Sequence[str]
    large: Sequence[int]
    n_small: int
    unknown: bool
    denominator: int
    clustered: bool

    def sums(self, place: int, roles: Sequence[str] | None = None) -> ClusterSums:
        """Sums by organisation of one level's pairs of these roles (None: of everyone)."""
        mine = [roles is None or role in roles for role in self.roles]
        sums = self.table[:, np.array(mine, dtype=bool), place].sum(axis=1)
        named = dict(zip(SUMS[1:], sums[1:], strict=True))
        n = sums[0].astype(np.int64)
        return ClusterSums(
            n=n,
            **named,
            denominator=self.denominator,
            clustered=self.clustered,
            unknown=int(n[0]) if self.unknown else 0,
        )


def _grid(part: pl.DataFrame, roles: Sequence[str], study: Study, denominator: int) -> _Grid:
    role, level, organisation = (
        part[f"{what}_number"].to_numpy() for what in ("role", "level", "organisation")
    )
    sizes = np.bincount(level, weights=part["n"].to_numpy()).astype(np.int64)
    large = np.flatnonzero(sizes >= study.subgroups.minimum)
    place = np.full(len(sizes), len(large))
    place[large] = np.arange(len(large))
    sums = np.array([part[name].to_numpy() for name in SUMS])
    # Sums that fit 64 bits need not do so together, and would wrap without a word.
    fits = int(np.abs(sums).max(initial=0)) * part.height < 2**62
    shape = (len(SUMS), len(roles), len(large) + 1, int(organisation.max(initial=0)) + 1)
    table = np.zeros(shape, dtype=np.int64 if fits else object)
    cells: Any = (slice(None), role, place[level], organisation)
    np.add.at(table, cells, sums)
    clustered = bool(study.organisation)
    return _Grid(
        table, roles, large.tolist(), int(np.count_nonzero(sizes)) - len(large),
        clustered and bool(part["some_unknown"].any()), denominator, clustered,
    )  # fmt: skip
