"""Who was followed up, and how those who were not differ."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl
from msgspec.structs import replace

from peereval.columns import pre
from peereval.estimating.levels import SMALLER, level_ids, level_sizes, n_known
from peereval.estimating.material import TOO_MANY, Material
from peereval.estimators.attrition import (
    ALIKE,
    TOO_FAR,
    difference_of_means,
    difference_of_shares,
    differential,
)
from peereval.estimators.clustered import FEWEST_ORGANISATIONS, without_organisation
from peereval.estimators.estimate import Estimate, Key
from peereval.estimators.shares import share
from peereval.estimators.weighted_means import NOT_CLUSTERED, Weighted, weighted_cr2
from peereval.moments import group_filter
from peereval.plurals import count_of
from peereval.scales import Score
from peereval.studies import Comparison, Phase, Study

#: Respondents before that an organisation needs to be one of those whose retention is compared.
FEWEST_IN_ORGANISATION = 10
#: More levels than this are no subgroups.
MOST_LEVELS = 12
_QUANTILES = {
    "lowest": 0.0, "lower_quartile": 0.25, "median": 0.5, "upper_quartile": 0.75, "highest": 1.0,
}  # fmt: skip
_NOBODY = "no eligible respondents before"


def attrition_rows(
    material: Material, phase: Phase, comparison: Comparison
) -> Iterator[dict[str, Any]]:
    """Retention by group and organisation; those followed up against those who were not.

    A respondent is followed up if matched in this comparison. The differences are of what was
    answered before, the same two sets of respondents for each outcome.
    """
    study, rows = material.study, material.rows(phase, comparison)
    key = Key("attrition", phase.id, comparison.id, "all", unit="share")
    if rows is None or not rows.height:
        reason = TOO_MANY if rows is None else _NOBODY
        yield key.row("wilson", "retention", Estimate(reason=reason))
        return
    differences = list(_differences(rows, material, phase, comparison))
    note = _sentence(rows, differences)
    yield key.row("wilson", "retention", _retention(rows, study, note))
    yield from _by_group(rows, material, phase, comparison)
    yield from _by_organisation(rows, study, key)
    yield from differences


def _retention(rows: pl.DataFrame, study: Study, note: str = "") -> Estimate:
    if not rows.height:
        return Estimate(reason=_NOBODY)
    return share(
        int(rows["matched"].sum()), rows.height, study.ci_level, _organisations(rows, study), note
    )


def _organisations(rows: pl.DataFrame, study: Study) -> int:
    return n_known(rows["organisation"]) if study.organisation else 0


def _sentence(rows: pl.DataFrame, differences: list[dict[str, Any]]) -> str:
    """What attrition comes to: how many were lost, and how different they were."""
    lost = rows.height - int(rows["matched"].sum())
    sizes = [abs(row["estimate"]) for row in differences
             if row["method"] == "smd" and row["outcome"] and row["status"] == "ok"]  # fmt: skip
    said = f"{lost:,} of {rows.height:,} respondents before were not followed up"
    if not sizes:
        return said
    far = sum(size > TOO_FAR for size in sizes)
    some = sum(ALIKE < size <= TOO_FAR for size in sizes)
    return (
        f"{said}; of {count_of(len(sizes), 'outcome')} before, {far} differed by more than "
        f"{TOO_FAR} standard deviations between those who were and those who were not, {some} by "
        f"{ALIKE} to {TOO_FAR}"
    )


# --- groups and organisations ---------------------------------------------------------------


def _by_group(
    rows: pl.DataFrame, material: Material, phase: Phase, comparison: Comparison
) -> Iterator[dict[str, Any]]:
    """Retention of each group, as the roles were before, and the difference of the contrast."""
    study = material.study
    before = rows.drop("role").rename({"role_before": "role"})
    unknown = before["role"].null_count()
    reason = why_no_roles(rows)
    note = f"{count_of(unknown, 'respondent')} of unknown role before" if unknown else ""
    kept: dict[str, tuple[int, int]] = {}
    for group, roles in material.groups():
        if roles is None:
            continue
        mine = before.filter(group_filter(roles))
        kept[group] = int(mine["matched"].sum()), mine.height
        found = Estimate(n=rows.height, reason=reason) if reason else _retention(mine, study, note)
        key = Key("attrition", phase.id, comparison.id, group, unit="share")
        yield key.row("wilson", "retention", found)
    if study.contrast and set(study.contrast) <= kept.keys():
        key = Key("attrition", phase.id, comparison.id, "_v_".join(study.contrast), unit="share")
        one, two = (kept[name] for name in study.contrast)
        named = [pl.col("role").is_in(g.roles) for g in study.groups if g.id in study.contrast]
        there = _organisations(before.filter(pl.any_horizontal(named)), study)
        found = differential(one, two, study.ci_level, there)
        found = Estimate(n=rows.height, reason=reason) if reason else found
        yield key.row("newcombe_independent", "difference_in_retention", found)


def why_no_roles(rows: pl.DataFrame) -> str:
    """Why the groups of those who were not followed up are not known; or an empty text."""
    if rows["role_before"].null_count() < rows.height:
        return ""
    return (
        "no response before says its role (it was asked at follow-up only), so the group of those "
        "who were not followed up is not known"
    )


def _by_organisation(rows: pl.DataFrame, study: Study, key: Key) -> Iterator[dict[str, Any]]:
    """How retention spreads over organisations, none of them by name."""
    by = rows.drop_nulls("organisation").group_by("organisation")
    each = by.agg(pl.len().alias("n"), pl.col("matched").sum().alias("kept"))
    large = each.filter(pl.col("n") >= FEWEST_IN_ORGANISATION)
    reason = "" if study.organisation else "the study names no organisation column"
    if not reason and large.height < FEWEST_ORGANISATIONS:
        reason = (
            f"{count_of(large.height, 'organisation')} with {FEWEST_IN_ORGANISATION} respondents "
            f"before: the spread is shown from {FEWEST_ORGANISATIONS}"
        )
    shares = np.sort((large["kept"] / large["n"]).to_numpy())
    note = f"organisations with {FEWEST_IN_ORGANISATION} or more respondents before"
    unknown = Estimate(n=int(large["n"].sum()), n_organisations=large.height, reason=reason)
    for level, at in _QUANTILES.items():
        found = unknown
        if not reason:
            found = replace(unknown, value=float(np.quantile(shares, at)), note=note)
        yield key.row("quantiles", "retention", found, level)
    lost = Estimate(n=rows.height, reason="the study names no organisation column")
    if study.organisation:
        none = each.filter(pl.col("kept") == 0).height
        lost = Estimate(none, n=int(each["n"].sum()), n_organisations=each.height)
    yield key.row("count", "n_organisations_lost", lost, unit="organisations")


# --- those followed up against those who were not -------------------------------------------


def _differences(
    rows: pl.DataFrame, material: Material, phase: Phase, comparison: Comparison
) -> Iterator[dict[str, Any]]:
    study, scores = material.study, material.study.scores
    for outcome in phase.outcomes:
        score = scores[outcome]
        key = Key("attrition", phase.id, comparison.id, "all", outcome, score.unit, score.better)
        known = rows.drop_nulls(pre(outcome))
        values, matched = known[pre(outcome)].to_numpy(), known["matched"].to_numpy()
        apart = difference_of_means(values[matched], values[~matched], study.ci_level)
        apart = replace(apart, n_organisations=_organisations(known, study))
        yield key.row("smd", "standardised_difference", apart, unit="standard deviations")
        yield key.row("means_cr2", "difference_before", _difference(known, score, study))
    for name in study.characteristics:
        yield from _levels(rows, name, study, phase, comparison)


def _difference(known: pl.DataFrame, score: Score, study: Study) -> Estimate:
    """Mean before of those followed up less that of the others, clustered."""
    if not study.organisation:
        return Estimate(n=known.height, reason=NOT_CLUSTERED)
    values, matched = known[pre(score.outcome)].to_numpy(), known["matched"].to_numpy()
    total = int(values.sum())
    # Whole numbers less their mean, exactly: the same whatever is added to all of them.
    off = (values * known.height - total) / (max(known.height, 1) * score.denominator)
    place, weight = known["place"].to_numpy(), np.ones(known.height)
    parts = [Weighted(off[mine], weight[mine], place[mine]) for mine in (matched, ~matched)]
    found = weighted_cr2(parts, study.ci_level, _organisations(known, study))
    return with_unknown(found, known["organisation"].null_count())


def with_unknown(found: Estimate, unknown: int, who: str = "respondent") -> Estimate:
    """An estimate whose note also says what became of those without an organisation."""
    if found.reason:
        return found
    said = without_organisation(unknown, who)
    return replace(found, note="; ".join(filter(None, (found.note, said))))


def _levels(
    rows: pl.DataFrame, name: str, study: Study, phase: Phase, comparison: Comparison
) -> Iterator[dict[str, Any]]:
    """Shares at each level of one characteristic, those who are not known being a level.

    Levels of fewer respondents than the study asks for stand together, without their names.
    """
    minimum, matched = study.subgroups.minimum, rows["matched"]
    key = Key("attrition", phase.id, comparison.id, "all", unit="standard deviations")
    texts = rows[name].cast(pl.String).fill_null("")
    sizes = level_sizes(texts)
    large = [level for level, n in sizes.items() if n >= minimum]
    few = [n for n in sizes.values() if n < minimum]
    if few:
        reason = f"{count_of(len(few), 'level')} with fewer than {minimum} respondents before"
        found = Estimate(n=sum(few), reason=reason)
        yield key.row("smd", "standardised_difference", found, f"{name}_{SMALLER}")
    if len(large) > MOST_LEVELS:
        reason = f"{len(large)} levels: more than {MOST_LEVELS} are not compared"
        yield key.row("smd", "standardised_difference", Estimate(reason=reason), name)
        return
    for text, level in level_ids(name, large).items():
        there = texts == text
        one, two = ((int((there & mine).sum()), int(mine.sum())) for mine in (matched, ~matched))
        found = difference_of_shares(one, two, study.ci_level)
        found = replace(found, n_organisations=_organisations(rows, study))
        yield key.row("smd", "standardised_difference", found, level)
