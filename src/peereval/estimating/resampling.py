"""Wild cluster bootstrap, and permutation of groups within organisations."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from peereval.columns import post, pre
from peereval.estimating.effects import Effect, effects_of
from peereval.estimating.material import Material
from peereval.estimators.estimate import Estimate
from peereval.estimators.permutation import FEW_PAIRS, drawn_permutation, permutation_test
from peereval.estimators.wild_bootstrap import wild_bootstrap
from peereval.moments import group_filter
from peereval.studies import Comparison, Phase


def resampling_rows(
    material: Material, phase: Phase, comparison: Comparison
) -> Iterator[dict[str, Any]]:
    """Wild bootstrap of each change and contrast; permutation of the groups of the contrast."""
    statistics = material.study.statistics
    for effect in effects_of(material, phase, comparison):
        drawn = wild_bootstrap(effect.parts, statistics.ci_level, statistics.draws, statistics.seed)
        if not effect.of_contrast:
            yield effect.key("paired", phase, comparison).row("paired_wild", "mean_change", drawn)
            continue
        key = effect.key("did", phase, comparison)
        yield key.row("did_wild", "did", drawn)
        permuted = _permuted(material, phase, comparison, effect)
        yield key.row("did_permutation", "did", permuted)


def _permuted(material: Material, phase: Phase, comparison: Comparison, effect: Effect) -> Estimate:
    """By the normal approximation, and for few pairs by permutations drawn."""
    statistics = material.study.statistics
    treated, control = effect.parts
    known = permutation_test(treated, control, statistics.ci_level)
    if known.reason or known.n > FEW_PAIRS:
        return known
    changes = _changes(material, phase, comparison, effect.score.outcome)
    denominator = effect.score.denominator
    return drawn_permutation(known, changes, denominator, statistics.draws, statistics.seed)


def _changes(
    material: Material, phase: Phase, comparison: Comparison, outcome: str
) -> list[tuple[list[int], list[int]]]:
    """Whole-number changes of the treated and of the control pairs, by organisation."""
    roles = {group.id: group.roles for group in material.study.groups}
    change = pl.col(post(outcome)).cast(pl.Int64) - pl.col(pre(outcome)).cast(pl.Int64)
    pairs = material.pairs.filter(phase=phase.id, comparison=comparison.id)
    both = (
        pairs.group_by(pl.col("organisation").fill_null(""))
        .agg(
            change.filter(group_filter(roles[name])).drop_nulls().alias(side)
            for side, name in zip(
                ("treated", "control"), material.study.contrast or (), strict=True
            )
        )
        .select("treated", "control")
    )
    return list(both.iter_rows())
