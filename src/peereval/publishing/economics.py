"""What an economic evaluation declares, for those who read its results: no row of data."""

from collections.abc import Iterable, Mapping
from fractions import Fraction

import msgspec

from peereval.studies import ProgrammeCost, Study


class Declared(msgspec.Struct, frozen=True):
    """A declared number, and the range that it may be in where there is one."""

    value: float
    low: float | None = None
    high: float | None = None


class Frequency(msgspec.Struct, frozen=True):
    """How many contacts in a term one answer is counted as."""

    answer: str
    contacts: Declared


class Spending(msgspec.Struct, frozen=True):
    """One thing that a programme uses: ``per`` study, organisation or participant.

    ``unit_cost`` is an id of the record's `unit_costs`; ``useful_life`` is in years; ``year`` is
    that of the programme in which it is paid for; ``source`` says how much was used.
    """

    id: str
    title: str
    what: str
    per: str
    quantity: Declared
    unit: str
    unit_cost: str
    phases: tuple[str, ...]
    useful_life: int
    year: int
    source: str


class Programme(msgspec.Struct, frozen=True):
    """What a programme used and for how many, by phase; ``outcomes`` are those it is for.

    ``discount_rate`` is a share a year (None: the Green Book's); ``thresholds`` are of
    willingness to pay for a unit of outcome.
    """

    lines: tuple[Spending, ...]
    participants: Mapping[str, int]
    organisations: Mapping[str, int]
    outcomes: tuple[str, ...]
    thresholds: tuple[float, ...]
    discount_rate: float | None = None


class Economics(msgspec.Struct, frozen=True):
    """What a study with costs declares about them and, in ``statements``, says of itself.

    ``contacts``: costed question -> id of its unit cost; ``term``: ``same`` or ``actual``;
    ``ranges``: what the ranges of unit costs are taken for; ``cv``: coefficient of variation of
    one without a range; ``indices``: id -> title of the price indices that were used.
    """

    perspective: str
    term: str
    ranges: str
    cv: float
    contacts: Mapping[str, str]
    frequencies: tuple[Frequency, ...]
    indices: Mapping[str, str]
    statements: Mapping[str, str]
    programme: Programme | None = None


def economics(study: Study) -> Economics | None:
    """What readers need of the costs of a study; None where it counts none."""
    if not study.costed and study.programme is None:
        return None
    uncertainty = study.cost_uncertainty
    return Economics(
        perspective=study.perspective.strip(),
        term=uncertainty.term,
        ranges=uncertainty.ranges,
        cv=float(uncertainty.cv),
        contacts={q.id: q.unit_cost.id for q in study.questions if q.unit_cost},
        frequencies=tuple(_frequencies(study)),
        indices={each.index.id: each.index.title for each in study.conversions.values()},
        statements={key: text.strip() for key, text in study.statements.items() if text.strip()},
        programme=_programme(study),
    )


def _frequencies(study: Study) -> Iterable[Frequency]:
    """Every answer of every table of frequencies that is costed, once."""
    found = {
        (question.table, label.text): Frequency(
            label.text, _declared(label.base, label.low, label.high)
        )
        for question in study.questions
        if question.unit_cost
        for label in question.labels
    }
    return found.values()


def _programme(study: Study) -> Programme | None:
    programme = study.programme
    if programme is None:
        return None
    rate = programme.discount_rate
    return Programme(
        lines=tuple(_spending(line) for line in programme.costs),
        participants=dict(programme.participants),
        organisations=dict(programme.organisations),
        outcomes=programme.outcomes,
        thresholds=tuple(float(each) for each in programme.thresholds),
        discount_rate=None if rate is None else float(rate),
    )


def _spending(line: ProgrammeCost) -> Spending:
    return Spending(
        line.id, line.title, line.what, line.per,
        _declared(line.quantity, line.quantity_low, line.quantity_high), line.unit,
        line.unit_cost.id, line.phases, line.useful_life, line.year, line.source,
    )  # fmt: skip


def _declared(value: Fraction, low: Fraction | None, high: Fraction | None) -> Declared:
    """A range that is none, as of an answer that means one number, is left out."""
    if low is None or high is None or low == high:
        return Declared(float(value))
    return Declared(float(value), float(low), float(high))
