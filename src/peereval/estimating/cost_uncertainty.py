"""How sure a change of cost is: of whom was asked, and of what a contact costs."""

from collections.abc import Iterator
from typing import Any

import polars as pl
from msgspec import Struct
from msgspec.structs import replace

from peereval.columns import post, pre, together
from peereval.costing import ALL_ANSWERED, TOTAL, cost_key, costed_questions
from peereval.estimating.cost_cells import Costed, costed_answers, costed_pairs
from peereval.estimating.cost_concentration import concentration_rows
from peereval.estimating.cost_scenarios import scenario_rows
from peereval.estimating.material import MOST_ROWS, TOO_MANY, Material
from peereval.estimators.cost_bootstrap import (
    MOST_DRAWS,
    drawn_means,
    drawn_organisations,
    how_drawn,
    percentile_interval,
    share_above_zero,
    why_no_bootstrap,
)
from peereval.estimators.cost_parameters import (
    Numbers,
    Swing,
    one_at_a_time,
    variance_shares,
)
from peereval.estimators.estimate import Estimate, Key, generator
from peereval.studies import Comparison, Phase, Question, Study

SAVING, FELL = "saving_per_respondent", "probability_cost_fell"
_SHARES = ("share_of_variance_sampling", "share_of_variance_parameters")


class _Drawn(Struct, frozen=True):
    """Answers to some questions, and draws of their mean net contacts; none with a ``reason``.

    ``net``: organisations drawn, then respondents; ``whole``: organisations as they are, where
    the study names any.
    """

    costed: Costed
    net: Numbers | None
    whole: Numbers | None
    reason: str
    draws: int
    seed: int

    @property
    def note(self) -> str:
        return how_drawn(self.costed.cells, self.draws, self.seed)

    @property
    def not_estimable(self) -> Estimate:
        cells = self.costed.cells
        return Estimate(n=cells.size, n_organisations=cells.n_organisations, reason=self.reason)

    def of(self, question: Question) -> "_Drawn":
        """Draws of one question, of the same respondents."""
        part = Costed(self.costed.study, (question,), self.costed.counts)
        columns = self.costed.columns_of(question)
        net, whole = (None if each is None else each[:, columns] for each in (self.net, self.whole))
        return _Drawn(part, net, whole, self.reason, self.draws, self.seed)


def cost_uncertainty_rows(
    material: Material, phase: Phase, comparison: Comparison
) -> Iterator[dict[str, Any]]:
    """Change of cost with its uncertainty, of each costed question and of all together.

    Bootstrap and probabilistic sensitivity of each question on those who answered it (and the
    bootstrap also on those who answered all), one-way sensitivity, scenarios and concentration
    of the total.
    """
    study = material.study
    questions = costed_questions(study, phase.id)
    if not questions:
        return
    answered = costed_answers(material, phase, comparison, questions, joint=True)
    if answered.counts.height > MOST_ROWS:
        yield from _too_many(study, phase, comparison, answered)
        return
    joint = _draw(answered)
    for question in questions:
        key = cost_key(study, phase.id, comparison.id, question.id)
        shared = joint.of(question)
        yield from _rows(key, _own(material, phase, comparison, question, shared), study)
        if len(questions) > 1:
            yield key.row("cost_bootstrap", SAVING, _bootstrap(shared, study), ALL_ANSWERED)
    key = cost_key(study, phase.id, comparison.id, TOTAL)
    yield from _rows(key, joint, study)
    yield from _one_way(cost_key(study, *_place(key), "cost_sensitivity"), joint.costed)
    yield from scenario_rows(cost_key(study, *_place(key), "cost_sensitivity"), joint.costed)
    yield from concentration_rows(cost_key(study, *_place(key), "cost_concentration"), joint.costed)


def _too_many(
    study: Study, phase: Phase, comparison: Comparison, answered: Costed
) -> Iterator[dict[str, Any]]:
    """Respondents so many and so unlike that draws of them would not fit."""
    n = int(answered.counts["n"].sum())
    nothing = Estimate(n=n, reason=TOO_MANY)
    for outcome in (*(question.id for question in answered.questions), TOTAL):
        key = cost_key(study, phase.id, comparison.id, outcome)
        yield key.row("cost_bootstrap", SAVING, nothing)
        yield key.row("cost_bootstrap", FELL, nothing, unit="share")


def _place(key: Key) -> tuple[str, str, str]:
    return key.phase, key.comparison, key.outcome


def _own(
    material: Material, phase: Phase, comparison: Comparison, question: Question, shared: _Drawn
) -> _Drawn:
    """Draws of who answered one question: those shared with all of them, where they are the same.

    Most often they are, and then mostly each in the same pair, which is seen without counting.
    """
    pairs = costed_pairs(material, phase, comparison)
    one, two = (pairs[end(question.id)] for end in (pre, post))
    n = pairs.height - max(one.null_count(), two.null_count())
    alike = all(pairs[together(each.name)].equals(each) for each in (one, two))
    if alike and n == shared.costed.cells.size:
        return shared
    own = costed_answers(material, phase, comparison, [question], joint=False)
    return shared if _same(own, shared.costed) else _draw(own)


def _same(own: Costed, shared: Costed) -> bool:
    """Whether the same respondents answered one question and all of them: most often they did."""
    (question,) = own.questions
    keys = ["organisation", *({"before", "after"} & set(own.counts.columns)),
            pre(question.id), post(question.id)]  # fmt: skip
    one, two = (
        each.counts.group_by(keys).agg(n=pl.col("n").sum()).sort(keys) for each in (own, shared)
    )
    return one.equals(two)


def _draw(costed: Costed) -> _Drawn:
    statistics = costed.study.statistics
    draws = min(statistics.draws, MOST_DRAWS)
    cells, seed = costed.cells, statistics.seed
    reason = why_no_bootstrap(cells)
    net = None if reason else drawn_means(cells, draws, seed)
    whole = drawn_organisations(cells, draws, seed) if cells.clustered and not reason else None
    return _Drawn(costed, net, whole, reason, draws, seed)


def _rows(key: Key, drawn: _Drawn, study: Study) -> Iterator[dict[str, Any]]:
    """Bootstrap and probabilistic sensitivity of one outcome."""
    yield key.row("cost_bootstrap", SAVING, _bootstrap(drawn, study))
    yield key.row("cost_bootstrap", FELL, _fell(drawn), unit="share")
    yield key.row("cost_bootstrap_organisations", SAVING, _organisations(drawn, study))
    sensitivity = cost_key(study, *_place(key), "cost_sensitivity")
    for estimand, estimate in _probabilistic(drawn, study).items():
        unit = None if estimand == SAVING else "share"
        yield sensitivity.row("cost_psa", estimand, estimate, unit=unit)


def _bootstrap(drawn: _Drawn, study: Study) -> Estimate:
    if drawn.net is None:
        return drawn.not_estimable
    cells, money = drawn.costed.cells, drawn.costed.parameters.base
    return percentile_interval(
        float(cells.mean @ money), drawn.net @ money, study.ci_level, cells, drawn.note
    )


def _organisations(drawn: _Drawn, study: Study) -> Estimate:
    """The same with the respondents of an organisation as they are."""
    cells, money = drawn.costed.cells, drawn.costed.parameters.base
    if drawn.whole is None:
        reason = drawn.reason or "the study names no organisation column"
        return replace(drawn.not_estimable, reason=reason)
    means = drawn.whole @ money
    note = f"{drawn.draws:,} draws of organisations, each with its respondents, seed {drawn.seed}"
    return percentile_interval(float(cells.mean @ money), means, study.ci_level, cells, note)


def _fell(drawn: _Drawn) -> Estimate:
    if drawn.net is None:
        return drawn.not_estimable
    costed = drawn.costed
    return share_above_zero(drawn.net @ costed.parameters.base, costed.cells, drawn.note)


def _probabilistic(drawn: _Drawn, study: Study) -> dict[str, Estimate]:
    """Joint draws of respondents, prices and weights; and what each adds to the variance."""
    if drawn.net is None:
        return dict.fromkeys((SAVING, FELL, *_SHARES), drawn.not_estimable)
    cells, parameters = drawn.costed.cells, drawn.costed.parameters
    money = parameters.drawn(drawn.draws, generator(drawn.seed, "cost_psa"))
    saving = (money * drawn.net).sum(axis=1)
    note = f"{drawn.note}; {parameters.said}"
    joint = percentile_interval(float(saving.mean()), saving, study.ci_level, cells, note)
    if joint.reason:
        return dict.fromkeys((SAVING, FELL, *_SHARES), joint)
    shares = variance_shares(drawn.net, cells.mean, money)
    split = {
        name: Estimate(share, n=cells.size, n_organisations=cells.n_organisations)
        for name, share in zip(_SHARES, shares, strict=True)
    }
    return {SAVING: joint, FELL: share_above_zero(saving, cells, note), **split}


# --- one at a time ----------------------------------------------------------------------------


def _one_way(key: Key, costed: Costed) -> Iterator[dict[str, Any]]:
    """The total with each parameter at its low and at its high, and how far apart the two are."""
    cells = costed.cells
    if not cells.size:
        return
    base = float(cells.mean @ costed.parameters.base)
    for swing in one_at_a_time(costed.parameters, cells.mean):
        turned = []
        for end, at, value in (
            ("low", swing.low, swing.at_low),
            ("high", swing.high, swing.at_high),
        ):
            turns = value * base < 0
            turned += [end] if turns else []
            note = f"at {at:g}" + ("; the sign turns" if turns else "")
            estimate = _known(value, costed, note)
            yield key.row("one_way", SAVING, estimate, f"{swing.name}:{end}")
        yield key.row("one_way", "swing", _swing(swing, turned, costed), swing.name)


def _swing(swing: Swing, turned: list[str], costed: Costed) -> Estimate:
    note = f"the sign turns at {' and '.join(turned)}" if turned else "the sign stays"
    return _known(abs(swing.at_high - swing.at_low), costed, note)


def _known(value: float, costed: Costed, note: str) -> Estimate:
    cells = costed.cells
    return Estimate(value, n=cells.size, n_organisations=cells.n_organisations, note=note)
