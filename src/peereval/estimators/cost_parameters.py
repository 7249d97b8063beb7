"""Unit costs and contacts of a label as uncertain numbers: ranges, draws, and one at a time.

Unit costs are gamma (never negative, skewed: Briggs, Claxton & Sculpher 2006, Decision Modelling
for Health Economic Evaluation, chapter 4), contacts PERT (a beta between low and high with its
mode at the base: Malcolm et al. 1959). Each is drawn once for before and after: a price
that is wrong is wrong at both.
"""

from math import sqrt

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy import special

Numbers = NDArray[np.float64]

#: A range as limits of 95%, or as quartiles: how many standard deviations of a normal it spans.
SPANS = {"limits": 2 * float(special.ndtri(0.975)), "quartiles": 2 * float(special.ndtri(0.75))}
_SPREADS = {"limits": "their limits of 95%", "quartiles": "their quartiles"}


class Amount(Struct, frozen=True):
    """An uncertain number of 0 or more: its name and value, and its range where it has one.

    ``ranges`` and ``cv``: its own, in place of those of all.
    """

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    ranges: str = ""
    cv: float | None = None


class Parameters(Struct, frozen=True):
    """What a cost is linear in: unit cost x contacts of a label, for each of P parameters.

    ``cost_of`` and ``contacts_of``: which unit cost and which label a parameter is made of.
    """

    unit_costs: tuple[Amount, ...]
    contacts: tuple[Amount, ...]
    cost_of: NDArray[np.int64]
    contacts_of: NDArray[np.int64]
    ranges: str
    cv: float

    @property
    def base(self) -> Numbers:
        """Money per answer of each parameter, as declared."""
        return self.priced(*(_values(part) for part in (self.unit_costs, self.contacts)))

    def priced(self, unit_costs: Numbers, contacts: Numbers) -> Numbers:
        """Money per answer of each parameter, the last axis of both; draws before it."""
        money: Numbers = unit_costs[..., self.cost_of] * contacts[..., self.contacts_of]
        return money

    def deviation(self, cost: Amount) -> float:
        """Standard deviation of a unit cost: from its range, else from ``cv``."""
        if cost.low is not None and cost.high is not None:
            return (cost.high - cost.low) / SPANS[self._ranges(cost)]
        return self._cv(cost) * cost.value

    def _ranges(self, cost: Amount) -> str:
        return cost.ranges or self.ranges

    def _cv(self, cost: Amount) -> float:
        return self.cv if cost.cv is None else cost.cv

    def limits(self, cost: Amount) -> tuple[float, float]:
        """Low and high of a unit cost; without a range its value less and plus ``cv`` of it."""
        cv = self._cv(cost)
        low = cost.value * max(1 - cv, 0) if cost.low is None else cost.low
        high = cost.value * (1 + cv) if cost.high is None else cost.high
        return low, high

    def drawn(self, draws: int, rng: np.random.Generator) -> Numbers:
        """Money per answer of each parameter, in each draw."""
        costs = np.column_stack([self._gamma(each, draws, rng) for each in self.unit_costs])
        contacts = np.column_stack([_pert(each, draws, rng) for each in self.contacts])
        return self.priced(costs, contacts)

    def _gamma(self, cost: Amount, draws: int, rng: np.random.Generator) -> Numbers:
        deviation = self.deviation(cost)
        if not (cost.value > 0 and deviation > 0):
            return np.full(draws, cost.value)
        shape = (cost.value / deviation) ** 2
        return rng.gamma(shape, cost.value / shape, draws)

    @property
    def said(self) -> str:
        """The distributions in words."""
        by_range: dict[str, list[str]] = {}
        by_cv: dict[float, list[str]] = {}
        for cost in self.unit_costs:
            if None in (cost.low, cost.high):
                by_cv.setdefault(self._cv(cost), []).append(cost.name)
            else:
                by_range.setdefault(_SPREADS[self._ranges(cost)], []).append(cost.name)
        parts = [
            f"unit costs gamma, spread from {how}: {', '.join(names)}"
            for how, names in by_range.items()
        ]
        parts += [
            f"gamma with cv {cv:g}, for no range is given: {', '.join(names)}"
            for cv, names in by_cv.items()
        ]
        varied = any(each.low is not None for each in self.contacts)
        exact = "contacts of a label taken as exact, for no range is given"
        parts.append("contacts of a label PERT within their range" if varied else exact)
        return "; ".join(parts)


def _values(amounts: tuple[Amount, ...]) -> Numbers:
    return np.array([amount.value for amount in amounts])


def _pert(amount: Amount, draws: int, rng: np.random.Generator) -> Numbers:
    low, high = amount.low, amount.high
    if low is None or high is None or not high > low:
        return np.full(draws, amount.value)
    width = high - low
    rising = 1 + 4 * (amount.value - low) / width
    return low + width * rng.beta(rising, 6 - rising, draws)


class Swing(Struct, frozen=True):
    """What one parameter does to the mean, all others as declared: at its low and at its high."""

    name: str
    low: float
    high: float
    at_low: float
    at_high: float


def one_at_a_time(parameters: Parameters, net: Numbers) -> list[Swing]:
    """Mean net cost with each unit cost and each label at its low and high.

    ``net``: mean net contacts by parameter. A label without a range has no swing.
    """
    costs, contacts = _values(parameters.unit_costs), _values(parameters.contacts)
    found = []
    for place, cost in enumerate(parameters.unit_costs):
        low, high = parameters.limits(cost)
        ends = [parameters.priced(_with(costs, place, end), contacts) @ net for end in (low, high)]
        found.append(Swing(f"unit_cost:{cost.name}", low, high, float(ends[0]), float(ends[1])))
    for place, label in enumerate(parameters.contacts):
        if label.low is None or label.high is None:
            continue
        ends = [parameters.priced(costs, _with(contacts, place, end)) @ net
                for end in (label.low, label.high)]  # fmt: skip
        found.append(
            Swing(f"contacts:{label.name}", label.low, label.high, float(ends[0]), float(ends[1]))
        )
    return found


def _with(values: Numbers, place: int, value: float) -> Numbers:
    changed = values.copy()
    changed[place] = value
    return changed


def variance_shares(drawn_net: Numbers, net: Numbers, money: Numbers) -> tuple[float, float]:
    """Shares of the variance of net cost due to the sample and to the parameters.

    By the law of total variance for independent draws of both: E[m' S m] + Var(m' d), with m the
    money per answer, S the covariance of the draws of net contacts and d their mean. Shares of
    their sum; both 0 where nothing varies.
    """
    covariance = np.atleast_2d(np.cov(drawn_net, rowvar=False))
    sampling = float(np.einsum("bi,ij,bj->b", money, covariance, money, optimize=True).mean())
    parameters = float((money @ net).var(ddof=1))
    whole = sampling + parameters
    scale = float(np.abs(money).max()) if money.size else 0.0
    if not whole > 0 or sqrt(whole) <= 1e-12 * scale:
        return 0.0, 0.0
    return sampling / whole, parameters / whole
