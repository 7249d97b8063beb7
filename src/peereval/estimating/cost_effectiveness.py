"""Net cost and gain of the same respondents: what a unit of an outcome cost."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl
from msgspec import Struct
from msgspec.structs import replace

from peereval.columns import post, pre, together
from peereval.costing import costed_questions
from peereval.estimating.cost_cells import Costed, in_order
from peereval.estimating.material import MOST_ROWS, TOO_MANY, Material
from peereval.estimating.programme import ANALYSIS, PARTICIPANT, Charge, charge_of, draws_of
from peereval.estimators.cost_bootstrap import (
    ContactCells,
    drawn_means,
    how_drawn,
    percentile_interval,
    share_above_zero,
    why_no_bootstrap,
)
from peereval.estimators.cost_effectiveness import (
    QUADRANTS,
    correlation_of,
    covariance_of,
    fieller_limits,
    in_words,
    quadrant_shares,
    ratio_limits,
    why_no_ratio,
)
from peereval.estimators.cost_parameters import Numbers
from peereval.estimators.estimate import Estimate, Key
from peereval.moments import group_filter
from peereval.pairing import keys_of
from peereval.scales import Score
from peereval.studies import Comparison, Phase, Question, Study, threshold_word

GAIN, RATIO = "gain", "cost_per_unit_gained"
#: Of fewer respondents no draws are kept: a mean of so few could be told apart.
FEWEST_SHOWN = 10
#: Draws without one of the groups are left out; with more of them than this nothing is drawn.
_MOST_EMPTY = 0.01
_BOTH = ("programme_bootstrap", "programme_psa")


def control_of(study: Study) -> str:
    """The group that a gain is compared with; empty where it is before and after alone."""
    contrast = study.contrast
    return contrast[1] if contrast and contrast[0] == study.cost_group else ""


def cost_effectiveness_rows(
    material: Material, phase: Phase, comparison: Comparison
) -> Iterator[dict[str, Any]]:
    """Gain, net cost and what a unit gained cost, of each outcome that the programme is for.

    On those of the group whose costs are counted who answered the outcome and every costed
    question twice; where that group is the treated one of the contrast, its gain is the change
    beyond that of the control group.
    """
    study = material.study
    questions = costed_questions(study, phase.id)
    for outcome in study.programme.outcomes if study.programme else ():
        if outcome not in phase.outcomes:
            continue
        score = study.scores[outcome]
        answers = _Answers(study, score, _kinds(material, phase, comparison, score, questions))
        charge = charge_of(study, phase.id, answers.costed(questions))
        if charge is None:
            continue
        key = Key(ANALYSIS, phase.id, comparison.id, study.cost_group, outcome)
        drawn = _draw(answers, charge, questions)
        if isinstance(drawn, str):
            yield from _nothing(key, answers, study, drawn)
            continue
        yield from _rows(key, drawn, study)
        if answers.fewest >= FEWEST_SHOWN:
            place = (phase.id, comparison.id, outcome)
            material.planes[place] = (drawn.cost["programme_psa"], drawn.gain)


# --- who -----------------------------------------------------------------------------------


def _kinds(
    material: Material, phase: Phase, comparison: Comparison, score: Score,
    questions: list[Question],
) -> pl.DataFrame:  # fmt: skip
    """Kinds of respondents: organisation, codes of the costed questions, group, change; and n.

    Of a respondent with several waves the costs are of the first in which all are complete,
    the outcome is of the first in which it is.
    """
    study = material.study
    groups = {group.id: group.roles for group in study.groups}
    mine, control = groups.get(study.cost_group), groups.get(control_of(study))
    keys = keys_of(study)
    known = [pl.col("organisation").cast(pl.String).fill_null(""),
             pl.col("before", "after").cast(pl.String)]  # fmt: skip
    pairs = material.pairs.filter(phase=phase.id, comparison=comparison.id)
    change = pl.col(post(score.outcome)).cast(pl.Int64) - pl.col(pre(score.outcome)).cast(pl.Int64)
    changed = pairs.with_columns(change=change).filter(pl.col("change").is_not_null())
    codes = {name: together(name) for q in questions for name in (pre(q.id), post(q.id))}
    coded = [pl.col(column).cast(pl.Int64).alias(name) for name, column in codes.items()]
    costed = pairs.filter(group_filter(mine), *(pl.col(c).is_not_null() for c in codes.values()))
    if not codes:
        costed = changed.filter(group_filter(mine))
    treated = costed.select(*_names(keys), *known, *coded).join(
        changed.select(*_names(keys), "change"), on=_named(keys)
    )
    kinds = treated.drop(_named(keys)).with_columns(treated=pl.lit(1))
    if control is not None:
        others = changed.filter(group_filter(control)).select(*_names(keys), *known, "change")
        apart = others.join(treated, on=_named(keys), how="anti").drop(_named(keys))
        blank = [pl.lit(-1, dtype=pl.Int64).alias(name) for name in codes]
        apart = apart.with_columns(*blank, treated=pl.lit(0))
        kinds = pl.concat([kinds, apart.select(kinds.columns)])
    counted = kinds.group_by(pl.all()).len("n").with_columns(pl.col("n").cast(pl.Int64))
    return in_order(counted, study)


def _names(keys: list[str]) -> list[pl.Expr]:
    return [pl.col(name).alias(f"key_{name}") for name in keys]


def _named(keys: list[str]) -> list[str]:
    return [f"key_{name}" for name in keys]


class _Answers(Struct, frozen=True):
    """Kinds of respondents of both groups, and what was gained in one outcome."""

    study: Study
    score: Score
    counts: pl.DataFrame

    def costed(self, questions: list[Question]) -> Costed:
        """The same as answers to costed questions; of the control group none."""
        return Costed(self.study, tuple(questions), self.counts)

    def size(self, treated: int) -> int:
        """Respondents of one group."""
        return int(self.counts.filter(treated=treated)["n"].sum())

    @property
    def fewest(self) -> int:
        """Respondents of the smaller group."""
        sizes = [self.size(1), *([self.size(0)] if control_of(self.study) else [])]
        return min(sizes)

    @property
    def sides(self) -> list[tuple[int, float]]:
        """Groups of which means are taken, each with the sign of its change in the gain."""
        better = 1.0 if self.score.better == "higher" else -1.0
        return [(1, better), *([(0, -better)] if control_of(self.study) else [])]

    @property
    def said(self) -> str:
        """What the gain is, in words."""
        if not control_of(self.study):
            return (
                "gain: change from before to after of one group, without a control group: not all "
                "of it need be due to the programme"
            )
        return (
            f"gain: change of {self.size(1):,} respondents of {self.study.cost_group} less that "
            f"of {self.size(0):,} of {control_of(self.study)}"
        )


# --- draws ---------------------------------------------------------------------------------


class _Drawn(Struct, frozen=True):
    """Draws of net cost (by method) and of gain, with the estimates on the answers themselves."""

    cells: ContactCells
    cost: dict[str, Numbers]
    gain: Numbers
    point: dict[str, float]
    point_gain: float
    treated: int
    note: dict[str, str]


def _draw(answers: _Answers, charge: Charge, questions: list[Question]) -> _Drawn | str:
    """Cost and gain drawn together: a drawn respondent brings both. A text says why there is none.

    Means of each group are sums over respondents divided by how many were drawn of it, so that
    organisations and respondents of both groups are drawn in one go.
    """
    study, costed = answers.study, answers.costed(questions)
    if any(not answers.size(treated) for treated, _ in answers.sides):
        return "one of the groups has nobody with the outcome and costs before and after"
    if answers.counts.height > MOST_ROWS:
        return TOO_MANY
    group, change = (answers.counts[name].to_numpy() for name in ("treated", "change"))
    sums = [part for treated, sign in answers.sides
            for part in (group == treated, (group == treated) * change * sign)]  # fmt: skip
    width, scale = charge.n_contacts, answers.score.denominator
    net = costed.cells.net if questions else np.zeros((answers.counts.height, 0))
    plain = costed.cells
    cells = replace(plain, net=np.column_stack([net, *(np.asarray(s, float) for s in sums)]))
    if reason := why_no_bootstrap(cells):
        return reason
    draws, seed = draws_of(study), study.statistics.seed
    means = drawn_means(cells, draws, seed)
    there = (means[:, width::2] > 0).all(axis=1)
    if (~there).mean() > _MOST_EMPTY:
        return "organisations are so few that many draws hold nobody of one of the groups"
    means = means[there]
    money, cost = (part[there] for part in charge.drawn(draws, seed))
    base, treated = charge.contacts.base, means[:, width]
    one = float(charge.total / charge.participants)
    varied = cost - (money * means[:, :width]).sum(axis=1) / treated
    fell = float(cells.mean[:width] @ base / cells.mean[width])
    note = f"{how_drawn(cells, draws, seed)}; {answers.said}"
    if not there.all():
        note += f"; {int((~there).sum())} draws with nobody of one group are left out"
    return _Drawn(
        cells,
        {_BOTH[0]: one - means[:, :width] @ base / treated, _BOTH[1]: varied},
        _gain(means[:, width:]) / scale,
        {_BOTH[0]: one - fell, _BOTH[1]: float(varied.mean())},
        float(_gain(cells.mean[None, width:])[0]) / scale,
        answers.size(1),
        {_BOTH[0]: note, _BOTH[1]: f"{note}; {charge.said}"},
    )


def _gain(means: Numbers) -> Numbers:
    """Mean gain of the first group, and of the others in pairs of size and sum."""
    total: Numbers = (means[:, 1::2] / means[:, 0::2]).sum(axis=1)
    return total


# --- rows ----------------------------------------------------------------------------------


def _rows(key: Key, drawn: _Drawn, study: Study) -> Iterator[dict[str, Any]]:
    score = study.scores[key.outcome]
    money = f"{study.currency} per participant"
    cells, level = drawn.cells, study.ci_level
    gain = percentile_interval(drawn.point_gain, drawn.gain, level, cells, drawn.note[_BOTH[0]])
    up = replace(key, better="higher")
    yield up.row(_BOTH[0], GAIN, gain, unit=score.unit)
    for method in _BOTH:
        cost, note = drawn.cost[method], drawn.note[method]
        net = percentile_interval(drawn.point[method], cost, level, cells, note)
        down = replace(key, better="lower")
        yield down.row(method, PARTICIPANT, replace(net, n=drawn.treated), unit=money)
        shares = quadrant_shares(cost, drawn.gain)
        for name, share in shares.items():
            said = Estimate(share, n=cells.size, n_organisations=cells.n_organisations,
                            note=QUADRANTS[name])  # fmt: skip
            yield key.row(method, "share_of_draws", said, name, unit="share")
        yield key.row(method, "correlation_of_cost_and_gain", _together(drawn, method))
        yield from _benefits(up, drawn, method, study)
        unit = f"{study.currency} per unit gained ({score.unit})"
        for by in (method, *(["fieller"] if method == _BOTH[0] else [])):
            found = _ratio(drawn, method, by, gain, level)
            yield down.row(by, RATIO, found, unit=unit)


def _together(drawn: _Drawn, method: str) -> Estimate:
    cells = drawn.cells
    value = correlation_of(drawn.cost[method], drawn.gain)
    reason = "" if value is not None else "cost or gain is the same in every draw"
    return Estimate(value, n=cells.size, n_organisations=cells.n_organisations, reason=reason)


def _benefits(key: Key, drawn: _Drawn, method: str, study: Study) -> Iterator[dict[str, Any]]:
    """What the gain is worth at each threshold less its net cost, and how often that is positive.

    The second, over thresholds, is the acceptability curve.
    """
    cells, programme = drawn.cells, study.programme
    for threshold in programme.thresholds if programme else ():
        worth = float(threshold)
        benefit = worth * drawn.gain - drawn.cost[method]
        value = worth * drawn.point_gain - drawn.point[method]
        if method == _BOTH[1]:
            value = float(benefit.mean())
        level = f"threshold:{threshold_word(threshold)}"
        note = "a threshold of the study: none is official for a unit of this outcome"
        found = percentile_interval(value, benefit, study.ci_level, cells, note)
        money = f"{study.currency} per participant"
        yield key.row(method, "net_monetary_benefit", found, level, unit=money)
        often = share_above_zero(benefit, cells, note)
        yield key.row(method, "probability_cost_effective", often, level, unit="share")


def _ratio(drawn: _Drawn, method: str, by: str, gain: Estimate, level: float) -> Estimate:
    """Net cost divided by gain, with percentile limits or those of Fieller."""
    cells, cost = drawn.cells, drawn.cost[method]
    value, shares = drawn.point[method], quadrant_shares(cost, drawn.gain)
    blank = Estimate(n=cells.size, n_organisations=cells.n_organisations)
    if reason := why_no_ratio(value, gain, shares):
        return replace(blank, reason=reason)
    over = drawn.point_gain if method == _BOTH[0] else float(drawn.gain.mean())
    ratio = value / over
    if by == "fieller":
        limits = fieller_limits(value, over, covariance_of(cost, drawn.gain), level)
        none = "no interval: by the normal distribution the gain could be 0"
    else:
        limits = ratio_limits(cost, drawn.gain, level)
        none = "no interval: too many draws hold no gain"
    if limits and not limits[0] <= ratio <= limits[1]:
        limits, none = None, "no interval: that of the draws does not hold the estimate"
    low, high = limits or (None, None)
    note = f"draws: {in_words(shares)}; {drawn.note[method]}"
    note += "" if limits else f"; {none}"
    return replace(blank, value=ratio, ci_low=low, ci_high=high, ci_level=level, note=note)


def _nothing(key: Key, answers: _Answers, study: Study, reason: str) -> Iterator[dict[str, Any]]:
    """Rows that say why there is nothing."""
    blank = Estimate(n=int(answers.counts["n"].sum()), reason=reason)
    score = study.scores[key.outcome]
    yield key.row(_BOTH[0], GAIN, blank, unit=score.unit)
    for method in _BOTH:
        for name in (PARTICIPANT, RATIO):
            yield key.row(method, name, blank, unit=study.currency)
