"""What the headlines would be if those not followed up were like others, or worse.

Everybody is meant who answered an outcome before. What was known of them before are all scores of
the phase, the characteristics and, for the contrast, the group.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from peereval.columns import post, pre
from peereval.estimating.attrition import MOST_LEVELS, why_no_roles, with_unknown
from peereval.estimating.levels import large_levels, n_known
from peereval.estimating.material import TOO_MANY, Material
from peereval.estimators.clustered import contrast_cr2, too_few
from peereval.estimators.covariates import Numbers, covariates
from peereval.estimators.estimate import Estimate, Key, generator
from peereval.estimators.imputation import DRAWS, draw, impute_sums, regress
from peereval.estimators.selection import chances_of_follow_up
from peereval.estimators.tipping_point import (
    Completed,
    Path,
    completed_path,
    conclusion,
    pooled_estimate,
    tipping_delta,
)
from peereval.estimators.weighted_means import (
    NOT_CLUSTERED,
    ONE_HOLDS_ALL,
    Weighted,
    weighted_cr2,
)
from peereval.moments import ClusterSums, group_filter
from peereval.scales import Score
from peereval.studies import Comparison, Phase, Study

Flags = NDArray[np.bool_]

#: Of those not followed up, the share whose group may be unknown in estimates of the contrast.
MOST_UNKNOWN = 0.2

#: What the clustered interval of those followed up says, by its sign: not the headline's, where a
#: study declares another.
CONCLUSIONS = {
    1: "the CR2 interval of those followed up is above 0",
    0: "the CR2 interval of those followed up holds 0",
    -1: "the CR2 interval of those followed up is below 0",
}
METHODS = ("logit_weights", "multiple_imputation", "tipping_point")


class _People(Struct, frozen=True):
    """Respondents before, what was known of them (n, p), and who is in each group (one or two).

    ``who``: those that delta makes worse, in words.
    """

    rows: pl.DataFrame
    design: Numbers
    groups: tuple[Flags, ...]
    who: str = "those not followed up"


class _Answers(Struct, frozen=True):
    """Of one outcome, those who answered it before: whole numbers, ``later`` 0 where missing."""

    score: Score
    before: NDArray[np.int64]
    later: NDArray[np.int64]
    followed: Flags
    place: NDArray[np.int64]
    design: Numbers
    groups: tuple[Flags, ...]
    n_organisations: int
    n_followed_organisations: int
    unknown: int


def missing_data_rows(
    material: Material, phase: Phase, comparison: Comparison
) -> Iterator[dict[str, Any]]:
    """Weighted and imputed headlines of each outcome, and what would tip their conclusion."""
    study, rows = material.study, material.rows(phase, comparison)
    everyone: _People | str = TOO_MANY
    if rows is not None:
        design = _known_before(rows, phase, study)
        everyone = _People(rows, design, (np.ones(rows.height, dtype=bool),))
    contrast = _of_contrast(rows, phase, study) if rows is not None else TOO_MANY
    for outcome in phase.outcomes:
        score = study.scores[outcome]
        key = Key("missing_data", phase.id, comparison.id, "all", outcome, score.unit, score.better)
        if isinstance(everyone, str):
            yield from _refused(key, "mean_change", everyone)
        else:
            sums = material.sums(score, phase, comparison, None)
            yield from _rows(key, "mean_change", everyone, (sums,), score, study)
        if not study.contrast:
            continue
        key = replace(key, group="_v_".join(study.contrast))
        if isinstance(contrast, str):
            yield from _refused(key, "did", contrast)
        else:
            parts = material.contrast(score, phase, comparison)
            yield from _rows(key, "did", contrast, parts, score, study)


def _known_before(rows: pl.DataFrame, phase: Phase, study: Study) -> Numbers:
    fewest = study.subgroups.minimum
    words = [
        name
        for name in study.characteristics
        if len(large_levels(rows[name], fewest)) <= MOST_LEVELS
    ]
    return covariates(rows, [pre(name) for name in phase.outcomes], words, fewest)


def _of_contrast(rows: pl.DataFrame, phase: Phase, study: Study) -> _People | str:
    """Respondents of the two groups; or why they are not known."""
    if not study.contrast or (reason := why_no_roles(rows)):
        return reason if study.contrast else ""
    lost = rows.filter(~pl.col("matched"))
    unknown = lost["role"].null_count()
    if unknown > MOST_UNKNOWN * lost.height:
        return f"the group of {unknown} of {lost.height} who were not followed up is not known"
    roles = {group.id: group.roles for group in study.groups}
    one, two = (
        rows.select(group_filter(roles[name]).fill_null(False)).to_series().to_numpy()
        for name in study.contrast
    )
    mine = rows.filter(one | two)
    design = np.column_stack([_known_before(mine, phase, study), one[one | two]])
    who = f"those of the {study.contrast[0]} not followed up"
    return _People(mine, design, (one[one | two], two[one | two]), who)


def _refused(key: Key, estimand: str, reason: str) -> Iterator[dict[str, Any]]:
    for method in METHODS:
        what = "tipping_delta" if method == "tipping_point" else estimand
        yield key.row(method, what, Estimate(reason=reason))


def _rows(
    key: Key,
    estimand: str,
    people: _People,
    sums: tuple[ClusterSums, ...],
    score: Score,
    study: Study,
) -> Iterator[dict[str, Any]]:
    """The three methods of one outcome, of everyone or of the contrast."""
    answers, level = _answers(people, score), study.ci_level
    path = _imputed(answers, study, key)
    yield key.row("logit_weights", estimand, _weighted(answers, study))
    yield key.row("multiple_imputation", estimand, _pooled(path, answers, level))
    tipped = _tipped(path, answers, contrast_cr2(sums, level), people.who, level)
    yield key.row("tipping_point", "tipping_delta", tipped)


def _answers(people: _People, score: Score) -> _Answers:
    rows, there = people.rows, people.rows[pre(score.outcome)].is_not_null()
    later, organisation = (
        rows[name].filter(there) for name in (post(score.outcome), "organisation")
    )
    known, followed = there.to_numpy(), later.is_not_null()
    return _Answers(
        score,
        rows[pre(score.outcome)].filter(there).to_numpy(),
        later.fill_null(0).to_numpy(),
        followed.to_numpy(),
        rows["place"].filter(there).to_numpy(),
        people.design[known],
        tuple(group[known] for group in people.groups),
        n_known(organisation),
        n_known(organisation.filter(followed)),
        organisation.null_count(),
    )


def _why_not(answers: _Answers, study: Study) -> str:
    """Why neither weights nor imputation can say anything."""
    if not answers.followed.any():
        return "no matched pairs"
    if not all((group & answers.followed).any() for group in answers.groups):
        return "one group has no matched pairs"
    if not study.organisation:
        return NOT_CLUSTERED
    return too_few(answers.n_followed_organisations)


# --- weights --------------------------------------------------------------------------------


def _weighted(answers: _Answers, study: Study) -> Estimate:
    """Change of those followed up, weighted to stand for all who answered before."""
    n, present = int(answers.followed.sum()), answers.n_followed_organisations
    reason = _why_not(answers, study)
    chances = reason or chances_of_follow_up(answers.design, answers.followed)
    if isinstance(chances, str):
        return Estimate(n=n, n_organisations=present, reason=chances)
    change = (answers.later - answers.before) / answers.score.denominator
    parts = [
        Weighted(change[mine], 1 / chances[mine], answers.place[mine])
        for mine in (group & answers.followed for group in answers.groups)
    ]
    found = weighted_cr2(parts, study.ci_level, present)
    if found.reason:
        return found
    effective = " and ".join(f"{part.effective:.0f}" for part in parts)
    most = max(float(part.weight.max()) for part in parts)
    note = (
        f"{n:,} of {len(change):,} followed up stand for all, as informative as {effective} of "
        f"equal weight; largest weight {most:.1f}; weights taken as known"
    )
    return with_unknown(replace(found, note=note), answers.unknown)


# --- imputation -----------------------------------------------------------------------------


def _imputed(answers: _Answers, study: Study, key: Key) -> Path | str:
    """Mean change over completed data; or why there is none.

    Whole numbers are taken less their mean as whole numbers, so that nothing depends on where
    the scale begins. One stream of random numbers serves all outcomes.
    """
    later = answers.later[answers.followed]
    n, total = len(later), int(later.sum())
    scatter = n * int((later * later).sum()) - total * total
    reason = _why_not(answers, study) or _too_little(answers, scatter)
    if reason:
        return reason
    spread, places = float(scatter) ** 0.5, int(answers.place.max()) + 1
    known = regress(
        (later * n - total) / spread,
        answers.design[answers.followed],
        answers.place[answers.followed],
        places,
    )
    rng = generator(study.statistics.seed, "multiple_imputation", key.phase, key.comparison)
    drawn = draw(known, DRAWS, rng)
    parts = []
    for moved, group in zip((True, False), answers.groups, strict=False):
        lost = group & ~answers.followed
        imputed, x_sums = _lost(answers, lost, places)
        sums = spread * impute_sums(drawn, x_sums, imputed, rng) + _seen(answers, group, n, total)
        counts = np.bincount(answers.place[group], minlength=places).astype(float)
        parts.append(Completed(sums / (n * answers.score.denominator), counts, imputed, moved))
    path = completed_path(parts, -1.0 if answers.score.better == "lower" else 1.0)
    return ONE_HOLDS_ALL if path.whole else path


def _lost(answers: _Answers, lost: Flags, places: int) -> tuple[Numbers, Numbers]:
    """Respondents whose later score is missing, and sums of what was known, by organisation."""
    x_sums = np.zeros((places, answers.design.shape[1]))
    np.add.at(x_sums, answers.place[lost], answers.design[lost])
    return np.bincount(answers.place[lost], minlength=places).astype(float), x_sums


def _seen(answers: _Answers, group: Flags, n: int, total: int) -> Numbers:
    """What the known scores add to the sums of changes, n times each less the total."""
    later = np.where(answers.followed, answers.later * n - total, 0)
    seen = (later - (answers.before * n - total))[group].astype(float)
    sums = np.bincount(answers.place[group], seen, int(answers.place.max()) + 1)
    return sums.astype(float)


def _too_little(answers: _Answers, scatter: int) -> str:
    n, known = int(answers.followed.sum()), answers.design.shape[1]
    if n == len(answers.followed):
        return "everyone was followed up, so there is nothing to impute"
    if n <= known:
        return f"{n} matched pairs are too few to impute from {known} things known before"
    return "" if scatter else "every later score is the same, so there is nothing to impute from"


def _pooled(path: Path | str, answers: _Answers, level: float) -> Estimate:
    n, present = len(answers.followed), answers.n_organisations
    if isinstance(path, str):
        return Estimate(n=n, n_organisations=present, reason=path)
    found = pooled_estimate(path, level, n, present)
    lost = n - int(answers.followed.sum())
    note = f"{lost:,} of {n:,} later scores imputed {DRAWS} times; {found.note}"
    return with_unknown(replace(found, note=note), answers.unknown)


def _tipped(
    path: Path | str, answers: _Answers, headline: Estimate, who: str, level: float
) -> Estimate:
    """How much worse the missing would have to be for the conclusion of the CR2 estimate to go."""
    n, present, score = len(answers.followed), answers.n_organisations, answers.score
    reason = path if isinstance(path, str) else headline.reason
    if reason or isinstance(path, str):
        return Estimate(n=n, n_organisations=present, reason=reason)
    concluded, largest = conclusion(headline), float(score.high - score.low)
    delta = tipping_delta(path, concluded, level, largest)
    said, alike = CONCLUSIONS[concluded], "others with the same answers before"
    if delta is None:
        reason = f"{said}, and no delta up to the range of the score ({largest:g}) changes that"
        return Estimate(n=n, n_organisations=present, reason=reason)
    worse = f"{delta:.3g} {score.unit} ({_in_sd(delta, answers)}) worse than {alike}"
    told = f"for that to change, {who} would have to be {worse}"
    told = told if delta else f"that changes already if {who} are like {alike}"
    return Estimate(delta, n=n, n_organisations=present, note=f"{said}; {told}")


def _in_sd(delta: float, answers: _Answers) -> str:
    sd = float(np.std(answers.before, ddof=1)) / answers.score.denominator
    return f"{delta / sd:.2f} standard deviations before" if sd else "nobody differed before"
