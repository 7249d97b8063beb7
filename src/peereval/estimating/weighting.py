"""The contrast weighted so that the groups are alike before."""

from collections.abc import Iterator
from typing import Any

import polars as pl
from msgspec.structs import replace

from peereval.columns import post, pre
from peereval.estimating.attrition import MOST_LEVELS, with_unknown
from peereval.estimating.levels import SMALLER, level_ids, level_sizes, n_known
from peereval.estimating.material import TOO_MANY, Material
from peereval.estimators.estimate import Estimate, Key
from peereval.estimators.weighting import (
    Compared,
    balance_before,
    balance_of_share,
    did_weighted,
    known_before,
    odds_weights,
)
from peereval.moments import group_filter
from peereval.plurals import count_of
from peereval.scales import Score
from peereval.studies import Comparison, Phase, Study

_IN_SD = "standard deviations"


def weighting_rows(
    material: Material, phase: Phase, comparison: Comparison
) -> Iterator[dict[str, Any]]:
    """The contrast with controls weighted by their odds of being treated; balance before.

    Weights are of each outcome: from its value before and the characteristics, of the pairs of
    that outcome. Balance is of the same, without weights and with them.
    """
    study = material.study
    if not study.contrast:
        return
    rows = material.rows(phase, comparison)
    both = None if rows is None else _of_contrast(rows, study)
    name = "_v_".join(study.contrast)
    for outcome in phase.outcomes:
        score = study.scores[outcome]
        key = Key("did", phase.id, comparison.id, name, outcome, score.unit, score.better)
        if both is None:
            yield key.row("did_weighted", "did", Estimate(reason=TOO_MANY))
        else:
            mine = both.drop_nulls([pre(outcome), post(outcome)])
            yield from _rows(key, mine, score, study)


def _of_contrast(rows: pl.DataFrame, study: Study) -> pl.DataFrame:
    """Respondents of either group, and whether they are treated."""
    roles = {group.id: group.roles for group in study.groups}
    treated, control = (group_filter(roles[name]).fill_null(False) for name in study.contrast or ())
    return rows.filter(treated | control).with_columns(treated=treated)


def _rows(key: Key, mine: pl.DataFrame, score: Score, study: Study) -> Iterator[dict[str, Any]]:
    treated = mine["treated"].to_numpy()
    known = [name for name in study.characteristics if mine[name].n_unique() <= MOST_LEVELS]
    design = known_before(mine, pre(score.outcome), known, study.subgroups.minimum)
    pairs = Compared(
        mine[pre(score.outcome)].to_numpy(),
        mine[post(score.outcome)].to_numpy(),
        treated,
        mine["place"].to_numpy(),
        odds_weights(design, treated),
        score.denominator,
    )
    organisations = n_known(mine["organisation"]) if study.organisation else 0
    found = did_weighted(pairs, study.ci_level, bool(study.organisation), organisations)
    yield key.row("did_weighted", "did", _with_unknown(found, mine, study))
    balance = Key("balance", *(key.phase, key.comparison, key.group, key.outcome), unit=_IN_SD)
    parts = [("", balance_before(pairs, study.ci_level))]
    for name in known:
        parts += _levels(name, mine, pairs, study)
    for level, (plain, weighted) in parts:
        for method, estimate in (("smd", plain), ("smd_weighted", weighted)):
            counted = replace(estimate, n_organisations=organisations)
            yield balance.row(method, "standardised_difference", counted, level)


def _with_unknown(found: Estimate, mine: pl.DataFrame, study: Study) -> Estimate:
    unknown = mine["organisation"].null_count() if study.organisation else 0
    return with_unknown(found, unknown, "pair")


def _levels(
    name: str, mine: pl.DataFrame, pairs: Compared, study: Study
) -> Iterator[tuple[str, tuple[Estimate, Estimate]]]:
    """Balance at each level of a characteristic, those who are not known being a level.

    Levels of fewer pairs than the study asks for stand together, without their names.
    """
    minimum = study.subgroups.minimum
    texts = mine[name].cast(pl.String).fill_null("")
    sizes = level_sizes(texts)
    large = [level for level, n in sizes.items() if n >= minimum]
    for text, level in level_ids(name, large).items():
        yield level, balance_of_share(pairs, (texts == text).to_numpy(), study.ci_level)
    few = [n for n in sizes.values() if n < minimum]
    if few:
        reason = f"{count_of(len(few), 'level')} with fewer than {minimum} pairs"
        none = Estimate(n=sum(few), reason=reason)
        yield f"{name}_{SMALLER}", (none, none)
