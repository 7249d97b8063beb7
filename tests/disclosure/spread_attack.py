"""Other answers of everybody that agree with all that is released, the standard error too.

An attacker who looks for how many gave a label knows the standard error of the total as well. It
says less than it seems to: who gave which labels, and who the same before and after, is not known.
A count is possible if answers of as many respondents are found that give every released number.
"""

import random
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp

from disclosure.cost_attack import ENDS, Attack, System, Unknown, answered
from peereval.columns import post, pre
from peereval.costing import costed_questions
from peereval.moments import Moments
from peereval.studies import Study

Truth = dict[Unknown, int]
Codes = NDArray[np.int64]
#: How near a standard error is known that is printed with two decimals.
HALF = 0.005
_TRIED = 60_000


@dataclass
class Answers(Attack):
    """Answers of everybody whose costs are counted, and what the attacker knows of them.

    ``codes``: a row per respondent, a column before and after, one deep per question.
    """

    study: Study
    phase: str
    codes: Codes
    system: System
    truth: Truth
    _found: dict[tuple[Unknown, int], bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.asked = costed_questions(self.study, self.phase)
        self.prices = [
            [float(each * q.unit_cost.value) for each in q.contacts]
            for q in self.asked if q.unit_cost
        ]  # fmt: skip

    @property
    def std_error(self) -> float:
        """Of the mean change of the total, as a paired t-test has it."""
        changes = np.array(self.changes(self.codes))
        return float(changes.std(ddof=1) / np.sqrt(len(changes)))

    def changes(self, codes: Codes) -> list[float]:
        """Cost before less after of everybody."""
        return [
            sum(price[one] - price[two] for price, one, two in zip(self.prices, *ends, strict=True))
            for ends in codes.tolist()
        ]

    def can_be(self, unknown: Unknown, value: int) -> bool:
        """Whether answers were found in which so many gave a label, and all else is the same."""
        if (unknown, value) not in self._found:
            counts = nearest(self.system, self.truth, unknown, value)
            self._found[unknown, value] = counts is not None and any(
                self._fits(self._with(counts, seed), seed) for seed in range(3)
            )
        return self._found[unknown, value]

    def _with(self, counts: Truth, seed: int) -> Codes:
        """Everybody's answers with other counts of labels, nobody's rank in a question changed."""
        draw, made = np.random.default_rng(seed), self.codes.copy()
        for place, question in enumerate(self.asked):
            for end, name in enumerate(ENDS.values()):
                given = [counts[question.id, name, code]
                         for code in range(1, len(question.contacts))]  # fmt: skip
                every = [len(made) - sum(given), *given]
                order = np.lexsort((draw.random(len(made)), made[:, end, place]))
                made[order, end, place] = np.repeat(np.arange(len(every)), every)
        return made

    def _fits(self, codes: Codes, seed: int) -> bool:
        """Whether the standard error is met when respondents swap their answers to a question."""
        draw, n = random.Random(seed), len(codes)
        changes = self.changes(codes)
        shown = round(self.std_error, 2)
        low, high = ((shown + side * HALF) ** 2 * n * (n - 1) for side in (-1, 1))
        middle, mean = (low + high) / 2, sum(changes) / n
        squares = sum(each**2 for each in changes) - n * mean**2
        answers = codes.transpose(1, 2, 0).tolist()
        for _ in range(_TRIED):
            if low <= squares <= high:
                return True
            end, place = draw.randrange(2), draw.randrange(len(self.asked))
            one, two = draw.randrange(n), draw.randrange(n)
            given, price = answers[end][place], self.prices[place]
            moved = (1 - 2 * end) * (price[given[two]] - price[given[one]])
            first, second = changes[one] + moved, changes[two] - moved
            after = squares + first**2 + second**2 - changes[one] ** 2 - changes[two] ** 2
            if one != two and abs(after - middle) <= abs(squares - middle):
                squares, changes[one], changes[two] = after, first, second
                given[one], given[two] = given[two], given[one]
        return False


def answers_of(
    moments: Moments, study: Study, phase: str, comparison: str, system: System, truth: Truth
) -> Answers:
    """The answers of those who answered every costed question before and after."""
    asked = costed_questions(study, phase)
    codes = [
        [[row[end(q.id)] for q in asked] for end in (pre, post)]
        for row in answered(moments, study, phase, comparison) for _ in range(row["n"])
    ]  # fmt: skip
    return Answers(study, phase, np.array(codes), system, truth)


def nearest(system: System, truth: Truth, unknown: Unknown, value: int) -> Truth | None:
    """The counts nearest to the true ones that agree with every sum, one of them as it is said."""
    size = len(system.unknowns)
    true = np.array([float(truth[name]) for name in system.unknowns])
    least, most = np.zeros(2 * size), np.full(2 * size, float(system.n))
    place = system.unknowns.index(unknown)
    least[place] = most[place] = value
    known = np.hstack([system.weights, np.zeros_like(system.weights)])
    # The second half is at least how far each count is off, either way.
    one = np.eye(size)
    off = np.vstack([np.hstack([one, -one]), np.hstack([-one, -one])])
    found = milp(
        np.repeat([0.0, 1.0], size),
        constraints=[LinearConstraint(known, system.low, system.high),
                     LinearConstraint(off, -np.inf, np.concatenate([true, -true]))],
        integrality=np.repeat([1, 0], size), bounds=Bounds(least, most),
        options={"time_limit": 10},
    )  # fmt: skip
    if found.x is None:
        return None
    counts = np.round(found.x[:size])
    held = bool(system.hold(counts[None])[0])
    return dict(zip(system.unknowns, counts.astype(int).tolist(), strict=True)) if held else None
