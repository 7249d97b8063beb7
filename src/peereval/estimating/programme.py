"""What the programme cost, and what is left of that after the change in the cost of contacts."""

from collections.abc import Iterator
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from peereval.costing import TOTAL, costed_questions
from peereval.estimating.cost_cells import Costed, costed_answers, unit_cost_amount
from peereval.estimating.material import MOST_ROWS, TOO_MANY, Material
from peereval.estimators.cost_bootstrap import (
    MOST_DRAWS,
    ContactCells,
    drawn_means,
    how_drawn,
    percentile_interval,
    share_above_zero,
    why_no_bootstrap,
)
from peereval.estimators.cost_parameters import Amount, Numbers, Parameters, variance_shares
from peereval.estimators.estimate import Estimate, Key, generator
from peereval.studies import Comparison, Phase, Programme, ProgrammeCost, Study

ANALYSIS = "cost_effectiveness"
PARTICIPANT, RESPONDENT = "net_cost_per_participant", "net_cost_per_respondent"
NEGATIVE = "probability_net_cost_negative"
_SHARES = ("share_of_variance_sampling", "share_of_variance_parameters")
#: What an estimate of net cost per participant, or per respondent, takes for granted.
_GRANTED = {
    PARTICIPANT: "participants who were not matched are taken to have changed as the matched did",
    RESPONDENT: "the whole programme is charged to the respondents, as if it served no others",
}


def draws_of(study: Study) -> int:
    """How many draws everything about costs is made of."""
    return min(study.statistics.draws, MOST_DRAWS)


class Charge(Struct, frozen=True, dict=True):
    """What a programme costs in one phase, beside the contacts whose cost is counted.

    ``contacts``: unit costs and contacts of labels, of as many parameters as ``n_contacts``.
    A unit cost that both name is one: if it is wrong it is wrong in both.
    """

    programme: Programme
    phase: str
    contacts: Parameters

    @property
    def lines(self) -> list[ProgrammeCost]:
        """What was used in the phase."""
        return self.programme.costs_of(self.phase)

    @property
    def participants(self) -> int:
        """How many the programme served in the phase."""
        return self.programme.participants[self.phase]

    @cached_property
    def total(self) -> Fraction:
        """What the programme cost in the phase, exactly."""
        return sum((self.programme.cost(line, self.phase) for line in self.lines), Fraction(0))

    @property
    def n_contacts(self) -> int:
        """Parameters that are contacts; those of the programme follow."""
        return len(self.contacts.cost_of)

    @cached_property
    def parameters(self) -> Parameters:
        """Those of the contacts, then one for each line: unit cost x quantity."""
        known, lines = self.contacts, self.lines
        costs = {cost.name: cost for cost in known.unit_costs}
        costs |= {line.unit_cost.id: unit_cost_amount(line.unit_cost) for line in lines}
        names, labels = list(costs), len(known.contacts)
        places = np.array([names.index(line.unit_cost.id) for line in lines], dtype=np.int64)
        return Parameters(
            tuple(costs.values()),
            (*known.contacts, *(_quantity(line) for line in lines)),
            np.concatenate([known.cost_of.astype(np.int64), places]),
            np.concatenate([known.contacts_of.astype(np.int64), labels + np.arange(len(lines))]),
            known.ranges,
            known.cv,
        )

    @cached_property
    def times(self) -> Numbers:
        """What unit cost x quantity of each line is multiplied by, for one participant."""
        of_all = [self.programme.times(line, self.phase) for line in self.lines]
        return np.array([float(times / self.participants) for times in of_all])

    def drawn(self, draws: int, seed: int) -> tuple[Numbers, Numbers]:
        """Draws of money per answer of each contact, and of the cost for one participant."""
        money = self.parameters.drawn(draws, generator(seed, "programme_psa"))
        return money[:, : self.n_contacts], money[:, self.n_contacts :] @ self.times

    @property
    def said(self) -> str:
        """The distributions in words."""
        both = "contacts of a label and quantities of the programme"
        return self.parameters.said.replace("contacts of a label", both)


def charge_of(study: Study, phase: str, costed: Costed | None = None) -> Charge | None:
    """What the programme cost in a phase; None where the study declares nothing for it.

    ``costed``: answers whose costs stand beside it, if there are any.
    """
    programme = study.programme
    if programme is None or not programme.costs_of(phase):
        return None
    if costed is not None and costed.questions:
        return Charge(programme, phase, costed.parameters)
    nothing, declared = np.zeros(0, dtype=np.int64), study.cost_uncertainty
    alone = Parameters((), (), nothing, nothing, declared.ranges, declared.cv)
    return Charge(programme, phase, alone)


def _quantity(line: ProgrammeCost) -> Amount:
    low, high = (
        None if end is None else float(end) for end in (line.quantity_low, line.quantity_high)
    )
    return Amount(f"quantity:{line.id}", float(line.quantity), low, high)


# --- what it cost -------------------------------------------------------------------------


def programme_rows(material: Material, phase: Phase) -> Iterator[dict[str, Any]]:
    """What the programme cost in a phase: each line, each kind, all of it, and per participant."""
    study = material.study
    charge = charge_of(study, phase.id)
    if charge is None:
        return
    programme, whole = charge.programme, f"{study.currency}"
    key = Key("programme_cost", phase.id, "", study.cost_group, "", whole, "lower")

    def known(value: Fraction, note: str = "") -> Estimate:
        organisations = programme.organisations.get(phase.id, 0)
        return Estimate(float(value), n=charge.participants, n_organisations=organisations,
                        note=note)  # fmt: skip

    kinds: dict[str, Fraction] = {}
    for line in charge.lines:
        cost = programme.cost(line, phase.id)
        kinds[line.what] = kinds.get(line.what, Fraction(0)) + cost
        said = known(cost, workings(programme, line, phase.id))
        yield key.row("declared", "programme_cost", said, f"line:{line.id}")
    for what, cost in kinds.items():
        yield key.row("declared", "programme_cost", known(cost), f"what:{what}")
    yield key.row("declared", "programme_cost", known(charge.total))
    each = replace(key, unit=f"{whole} per participant")
    per = f"{charge.participants:,} participants, as the study declares"
    mean = known(charge.total / charge.participants, per)
    yield each.row("declared", "programme_cost_per_participant", mean)
    _, drawn = charge.drawn(draws_of(study), study.statistics.seed)
    nobody = ContactCells(
        np.array([charge.participants]), np.zeros(1, dtype=np.int64), np.zeros((1, 0)), False
    )
    note = f"{draws_of(study):,} draws, seed {study.statistics.seed}; {charge.said}"
    varied = percentile_interval(float(drawn.mean()), drawn, study.ci_level, nobody, note)
    yield each.row("programme_psa", "programme_cost_per_participant", varied)


def workings(programme: Programme, line: ProgrammeCost, phase: str) -> str:
    """How a line came to its cost, as it can be done by hand."""
    cost = line.unit_cost
    said = [
        f"{_plain(line.quantity)} {line.unit} x {_plain(cost.value)} ({cost.price_year} prices)"
    ]
    if line.per == "organisation":
        said[0] += f" x {programme.organisations[phase]:,} organisations"
    elif line.per == "participant":
        said[0] += f" x {programme.participants[phase]:,} participants"
    elif len(line.phases) > 1:
        everyone = sum(programme.participants[name] for name in line.phases)
        said.append(
            f"shared by participants of the phases: {programme.participants[phase]:,} of "
            f"{everyone:,}"
        )
    if line.useful_life > 1:
        said.append(f"lasts {line.useful_life} years: equivalent annual cost of one")
    if line.year > 1:
        said.append(f"paid for in year {line.year}, discounted to year 1")
    return "; ".join(said)


def _plain(value: Fraction) -> str:
    """A number as people write it, with four decimals at most."""
    text = f"{float(value):,.4f}"
    return text.rstrip("0").rstrip(".")


# --- net cost -----------------------------------------------------------------------------


def net_cost_rows(
    material: Material, phase: Phase, comparison: Comparison
) -> Iterator[dict[str, Any]]:
    """Programme cost less the fall in the cost of contacts: positive is a net cost.

    On respondents who answered every costed question, from the same draws as the cost change.
    """
    study = material.study
    questions = costed_questions(study, phase.id)
    if not questions:
        return
    costed = costed_answers(material, phase, comparison, questions, joint=True)
    charge = charge_of(study, phase.id, costed)
    if charge is None:
        return
    keys = {
        name: Key(ANALYSIS, phase.id, comparison.id, study.cost_group, TOTAL,
                  f"{study.currency} per {name.rpartition('_')[2]}", "lower")
        for name in (PARTICIPANT, RESPONDENT)
    }  # fmt: skip
    for name, key in keys.items():
        yield key.row("descriptive", name, _point(charge, costed, name, study))
    for method, found in _drawn_net_costs(charge, costed, study).items():
        for name, estimate in found.items():
            unit = None if name in keys else "share"
            yield keys.get(name, keys[PARTICIPANT]).row(method, name, estimate, unit=unit)


def _programme_cost(charge: Charge, costed: Costed, name: str) -> float:
    """For one participant, or for one respondent."""
    spread = charge.participants if name == PARTICIPANT else costed.cells.size
    return float(charge.total / spread)


def _point(charge: Charge, costed: Costed, name: str, study: Study) -> Estimate:
    cells = costed.cells
    if not cells.size:
        return Estimate(reason="no matched pairs")
    value = _programme_cost(charge, costed, name) - float(cells.mean @ charge.contacts.base)
    note = (
        "programme cost less the fall in the cost of contacts (before minus after): positive "
        f"costs more; {_GRANTED[name]}; contacts are those of one term, and the whole programme "
        f"is charged to it; perspective: {study.perspective}"
    )
    return Estimate(value, n=cells.size, n_organisations=cells.n_organisations, note=note)


def _drawn_net_costs(
    charge: Charge, costed: Costed, study: Study
) -> dict[str, dict[str, Estimate]]:
    """Method -> estimand -> estimate, with respondents drawn, and with everything drawn."""
    cells, draws, seed = costed.cells, draws_of(study), study.statistics.seed
    names = (PARTICIPANT, RESPONDENT, NEGATIVE)
    reason = why_no_bootstrap(cells)
    if costed.counts.height > MOST_ROWS:
        reason = TOO_MANY
    if reason:
        nothing = Estimate(n=cells.size, n_organisations=cells.n_organisations, reason=reason)
        return {"programme_bootstrap": dict.fromkeys(names, nothing),
                "programme_psa": dict.fromkeys((*names, *_SHARES), nothing)}  # fmt: skip
    net, base = drawn_means(cells, draws, seed), charge.contacts.base
    money, cost = charge.drawn(draws, seed)
    fell, point = (money * net).sum(axis=1), float(cells.mean @ base)
    plain, note = net @ base, how_drawn(cells, draws, seed)
    found: dict[str, dict[str, Estimate]] = {"programme_bootstrap": {}, "programme_psa": {}}
    for name in (PARTICIPANT, RESPONDENT):
        one = _programme_cost(charge, costed, name)
        # As many times as high for one respondent as there are participants for each of them.
        scale = 1.0 if name == PARTICIPANT else charge.participants / cells.size
        found["programme_bootstrap"][name] = percentile_interval(
            one - point, one - plain, study.ci_level, cells, note
        )
        varied = scale * cost - fell
        found["programme_psa"][name] = percentile_interval(
            float(varied.mean()), varied, study.ci_level, cells, f"{note}; {charge.said}"
        )
    one = _programme_cost(charge, costed, PARTICIPANT)
    found["programme_bootstrap"][NEGATIVE] = share_above_zero(plain - one, cells, note)
    found["programme_psa"][NEGATIVE] = share_above_zero(fell - cost, cells, note)
    found["programme_psa"] |= _variance(net, cells, money, cost)
    return found


def _variance(
    net: Numbers, cells: ContactCells, money: Numbers, cost: Numbers
) -> dict[str, Estimate]:
    """What respondents and parameters add to the variance; the programme is of the latter."""
    one = np.ones((len(net), 1))
    shares = variance_shares(
        np.hstack([net, one]), np.append(cells.mean, 1.0), np.column_stack([money, -cost])
    )
    return {
        name: Estimate(share, n=cells.size, n_organisations=cells.n_organisations)
        for name, share in zip(_SHARES, shares, strict=True)
    }
