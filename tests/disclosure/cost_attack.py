"""An attacker with every released cost, the unit costs, and integer programming.

Unknown are how many gave each label of each costed question, before and after. A share with any
contact fixes a sum of them; a cost, rounded as its note says, bounds a sum of them times weights
that anybody can look up: contacts from the study, prices from the unit-cost file.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp

from peereval.columns import post, pre
from peereval.costing import ALL_ANSWERED, TOTAL, costed_questions
from peereval.moments import Moments
from peereval.studies import Question, Study

Row = Mapping[str, Any]
#: Question, before or after, code of a label.
Unknown = tuple[str, str, int]
Weights = dict[Unknown, float]
Numbers = NDArray[np.float64]
ENDS = {"cost_pre": "pre", "cost_post": "post"}
SAVING = "saving_per_respondent"
#: What a cost of all contacts is rounded to, where its note does not say.
HUNDREDTH = 0.01


class Attack(Protocol):
    """A search for how many may have given a label."""

    def can_be(self, unknown: Unknown, value: int) -> bool:
        """Whether so many are possible: that nothing was found says no more than that."""

    def is_protected(self, unknown: Unknown, count: int, threshold: int = 10) -> bool:
        """A range of ten, or of all that such a cost has room for: nobody to at least three."""
        if self.can_be(unknown, 0):
            return count >= 3 or any(self.can_be(unknown, more) for more in (3, 4, 5))
        return any(
            (low == count or self.can_be(unknown, low)) and self.can_be(unknown, low + threshold)
            for low in range(1, count + 1)
        )

    def is_open(self, unknown: Unknown, count: int) -> bool:
        """That nobody gave the label is possible, or a range of six counts is."""
        return self.can_be(unknown, 0) or any(
            (low == count or self.can_be(unknown, low)) and self.can_be(unknown, low + 5)
            for low in range(1, count + 1)
        )


@dataclass
class System(Attack):
    """What the attacker knows: sums of unknown counts, each with its bounds; ``n``: the base.

    ``weights``, ``low`` and ``high``: a row per sum, a column per unknown.
    """

    unknowns: list[Unknown]
    n: int
    weights: Numbers = field(init=False)
    low: Numbers = field(default_factory=lambda: np.zeros(0))
    high: Numbers = field(default_factory=lambda: np.zeros(0))

    def __post_init__(self) -> None:
        self.weights = np.zeros((0, len(self.unknowns)))

    def know(self, weights: Weights, low: float, high: float) -> None:
        """One more sum, of respondents or of money: made comparable by its largest weight."""
        row = np.array([weights.get(name, 0.0) for name in self.unknowns])
        size = max(float(np.abs(row).max()), 1e-12)
        self.weights = np.vstack([self.weights, row / size])
        self.low, self.high = np.append(self.low, low / size), np.append(self.high, high / size)

    def hold(self, sets: Numbers, slack: float = 1e-7) -> NDArray[np.bool_]:
        """Whether sets of counts, a row each, agree with everything."""
        sums = sets @ self.weights.T
        fit = (sums >= self.low - slack) & (sums <= self.high + slack)
        return np.asarray(fit.all(axis=1) & (sets >= 0).all(axis=1))

    def holds(self, counts: Mapping[Unknown, int]) -> bool:
        """Whether counts agree with everything."""
        return bool(self.hold(np.array([[float(counts[name]) for name in self.unknowns]]))[0])

    def of_one(self, question: str) -> "System":
        """What is known of the labels of one question alone."""
        mine = [place for place, name in enumerate(self.unknowns) if name[0] == question]
        others = np.delete(self.weights, mine, axis=1)
        kept = np.flatnonzero(~others.any(axis=1))
        found = System([self.unknowns[place] for place in mine], self.n)
        found.weights = self.weights[np.ix_(kept, mine)]
        found.low, found.high = self.low[kept], self.high[kept]
        return found

    def alone(self, unknown: Unknown) -> tuple[int, int]:
        """The lowest and highest count of a label as far as its own question says."""
        one = self.of_one(unknown[0])
        ends = [one.solved(unknown, sign) for sign in (1, -1)]
        place = one.unknowns.index(unknown)
        assert ends[0] is not None
        assert ends[1] is not None
        return int(ends[0][place]), int(ends[1][place])

    def solved(self, unknown: Unknown, sign: int = 0, value: int | None = None) -> Numbers | None:
        """Counts that agree with everything: with the fewest or most of a label, or ``value``."""
        place = self.unknowns.index(unknown)
        aim = np.zeros(len(self.unknowns))
        aim[place] = sign
        least, most = np.zeros(len(aim)), np.full(len(aim), float(self.n))
        if value is not None:
            least[place] = most[place] = value
        found = milp(
            aim, constraints=LinearConstraint(self.weights, self.low, self.high),
            integrality=np.ones(len(aim)), bounds=Bounds(least, most), options={"time_limit": 3},
        )  # fmt: skip
        return None if found.x is None else np.round(found.x)

    def can_be(self, unknown: Unknown, value: int) -> bool:
        """Whether a set of counts with this one was found that agrees with everything.

        Checked afterwards: whole numbers, and every sum within its bounds.
        """
        found = self.solved(unknown, value=value)
        return found is not None and bool(self.hold(found[None])[0])


# --- what is released -----------------------------------------------------------------------


def answered(
    moments: Moments, study: Study, phase: str, comparison: str
) -> Iterator[dict[str, Any]]:
    """Who answered every costed question before and after, of those whose costs are counted."""
    roles = {group.id: group.roles for group in study.groups}[study.cost_group]
    asked = [end(q.id) for q in costed_questions(study, phase) for end in (pre, post)]
    for row in moments.contacts.iter_rows(named=True):
        here = (row["phase"], row["comparison"]) == (phase, comparison)
        if here and row["role"] in roles and all(row[name] >= 0 for name in asked):
            yield row


def truth_of_labels(
    moments: Moments, study: Study, phase: str, comparison: str
) -> dict[Unknown, int]:
    """How many of them gave each label."""
    rows = [*answered(moments, study, phase, comparison)]
    return {
        (q.id, name, code): sum(row["n"] for row in rows if row[end(q.id)] == code)
        for q in costed_questions(study, phase) for name, end in (("pre", pre), ("post", post))
        for code in range(1, len(q.contacts))
    }  # fmt: skip


def known(
    study: Study, phase: str, rows: Iterable[Row], truth: Mapping[Unknown, int], n: int,
    rounding: bool = True, few: int = 0,
) -> System:  # fmt: skip
    """What released rows of one phase and comparison say of the labels.

    ``rounding``: whether costs are as their notes say, or exact. ``n``: those who answered all;
    rows of another base say less of them, and are not used. Of a question that fewer than ``few``
    had any contact for no more is known than that.
    """
    rows = [row for row in rows if row["estimate"] is not None and row["n"] == n]
    questions = {q.id: q for q in costed_questions(study, phase)}
    system = System(list(truth), n)
    for name in questions:
        # How many had any contact is released; of this base an attacker may know it too.
        for end in ENDS.values():
            some: Weights = {key: 1.0 for key in truth if key[:2] == (name, end)}
            total = sum(truth[key] for key in some)
            hidden = 0 < total < few
            system.know(some, 0 if hidden else total, few - 1 if hidden else total)
    base = all_costs(questions.values(), n)
    coarse = rounding and any(step_of(row) for row in rows)
    for row in rows:
        weights = weights_of(row, questions, study, base)
        if weights:
            whole = coarse and row["outcome"] == TOTAL
            slack = (step_of(row) or (HUNDREDTH if whole else 0.0)) / 2 + 1e-8
            for value, half in values_of(row, rows, rounding):
                system.know(weights, value - slack - half, value + slack + half)
            if rounding and row["statistic"] is not None and row["std_error"] is not None:
                system.know(weights, *from_statistic(row, slack))
    return system


def from_statistic(row: Row, slack: float) -> tuple[float, float]:
    """A change is its statistic times its standard error; near 0 that says more than itself."""
    statistic, error = row["statistic"], row["std_error"]
    half = max(half_digit(statistic), 0.005 if round(statistic, 2) == statistic else 0.0)
    around = max(slack, half_digit(error))
    ends = [(statistic + a) * (error + b) for a in (-half, half) for b in (-around, around)]
    return min(ends) - 1e-8, max(ends) + 1e-8


def half_digit(number: float) -> float:
    """Half of the third digit, of a number that has no more; else nothing."""
    if number != float(f"{number:.3g}") or not number:
        return 1e-9
    return float(5 * 10.0 ** (np.floor(np.log10(abs(number))) - 3))


def step_of(row: Row) -> float:
    """What a note says that a row is rounded to."""
    _, said, size = row["note"].rpartition("rounded to ")
    return float(size) if said else 0.0


def values_of(row: Row, rows: Iterable[Row], rounding: bool) -> Iterator[tuple[float, float]]:
    """Numbers that the sum is near, and how near beside its rounding.

    A change that follows from rounded costs says nothing more.
    """
    same = [other for other in rows if other["estimand"] == "cost_pre"
            and (other["outcome"], other["level"]) == (row["outcome"], row["level"])]  # fmt: skip
    if not (rounding and same and row["estimand"] == SAVING and row["analysis"] == "cost"):
        yield row["estimate"], 0.0
    if row["method"] in ("paired_t", "paired_cr2") and row["ci_low"] is not None:
        yield (row["ci_low"] + row["ci_high"]) / 2, half_digit(row["std_error"])


def all_costs(questions: Iterable[Question], n: int) -> Weights:
    """What each label of each question adds to the mean cost before, and after."""
    return {
        (q.id, end, code): float(q.contacts[code] * q.unit_cost.value) / n
        for q in questions if q.unit_cost for end in ENDS.values()
        for code in range(1, len(q.contacts))
    }  # fmt: skip


def weights_of(
    row: Row, questions: Mapping[str, Question], study: Study, base: Weights
) -> Weights | None:
    """The sum of labels that a row is; None for what is no such sum."""
    if row["outcome"] not in (*questions, TOTAL) or row["method"] in ("cost_psa", "concentration"):
        return None
    if row["outcome"] in questions and row["level"] not in ("", ALL_ANSWERED):
        return None
    mine = {key: w for key, w in base.items() if row["outcome"] in (key[0], TOTAL)}
    if row["estimand"] in ENDS:
        return {key: w for key, w in mine.items() if key[1] == ENDS[row["estimand"]]}
    scenarios = {f"scenario:{s.id}": s for s in study.cost_uncertainty.scenarios}
    capped = row["level"] in scenarios and scenarios[row["level"]].caps
    if row["estimand"] != SAVING or row["level"].startswith("winsorised") or capped:
        return None
    counted = varied(mine, row, questions, study)
    return {key: w if key[1] == "pre" else -w for key, w in counted.items()}


def varied(weights: Weights, row: Row, questions: Mapping[str, Question], study: Study) -> Weights:
    """Weights under a scenario, or with a unit cost or label at another value, which notes say."""
    kind, _, rest = row["level"].partition(":")
    name, at = rest.rpartition(":")[0], re.match(r"at ([\d.]+)", row["note"])
    found = dict(weights)
    for key in weights:
        question = questions[key[0]]
        cost, label = question.unit_cost, question.labels[key[2]]
        assert cost is not None
        if kind == "unit_cost" and name == cost.id and at:
            found[key] *= float(at[1]) / float(cost.value)
        elif kind == "contacts" and label.text == name and at:
            found[key] *= float(at[1]) / float(label.base)
        elif kind == "scenario":
            scenario = next(s for s in study.cost_uncertainty.scenarios if s.id == rest)
            if question.id in scenario.without:
                found[key] = 0.0
            elif question.id in scenario.unit_costs:
                found[key] *= float(scenario.unit_costs[question.id] / cost.value)
    return found
