"""What a study declares about its programme: what was used, what that costs, what it is for."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from msgspec import Struct, field

from peereval.costs import UnitCost, is_price_year
from peereval.declarations import Declaration, is_kind, shape
from peereval.errors import Fault
from peereval.prices import equivalent_annual_cost, present_value
from peereval.scales import PLAIN, Score
from peereval.studies.unit_costs import StudyCosts

#: What a programme uses.
WHATS = ("staff_time", "training", "materials", "space", "other")
#: How often a quantity is used: once in the study, by every organisation, by every participant.
PER = ("study", "organisation", "participant")
#: Willingness to pay for a unit of outcome, where the study declares none.
THRESHOLDS = (0, 10, 20, 50, 100, 200, 500, 1000, 2000)
#: Nothing lasts longer, and no rate is higher: more is a slip.
_LONGEST, _HIGHEST_RATE, _MOST = 100, Decimal("0.5"), 10**7

PROGRAMME = shape(
    {"costs": "some tables", "participants": "count or counts by name"},
    {
        "organisations": "count or counts by name",
        "discount_rate": "number",
        "outcomes": "texts",
        "thresholds": "numbers",
    },
)
_LINE = shape(
    {
        "id": "text", "what": "text", "per": "text", "quantity": "number", "unit": "name",
        "unit_cost": "text or table", "source": "name",
    },
    {
        "title": "text", "quantity_low": "number", "quantity_high": "number",
        "phases": "some texts", "useful_life": "count", "year": "count",
    },
)  # fmt: skip
_UNIT_COST = shape(
    {"value": "number", "price_year": "name", "source": "name"},
    {"low": "number", "high": "number", "index": "text", "licence": "text", "status": "text"},
)

#: What a study may say of itself for the appendix on reporting, all of it free text.
STATEMENTS = shape(
    {},
    dict.fromkeys(
        (
            "background", "plan", "ethics", "population", "setting", "comparators",
            "reason_for_perspective", "horizon", "reason_for_outcomes", "distribution",
            "engagement", "effect_of_engagement", "findings", "funding", "interests",
        ),
        "text",
    ),
)  # fmt: skip


def threshold_word(threshold: Fraction | float) -> str:
    """A threshold as rows of results are called by it: 50, 12.5."""
    return f"{float(threshold):.10g}"


class ProgrammeCost(Struct, frozen=True):
    """One thing that a programme uses: how much of it, and what a unit of it costs.

    ``quantity`` with its range, if it has one, in ``unit``, each time that ``per`` says;
    ``useful_life``: years that it lasts; ``year``: the year of the programme in which it is
    paid for, 1 being the first. ``source``: who says how much was used.
    """

    id: str
    title: str
    what: str
    per: str
    quantity: Fraction
    quantity_low: Fraction | None
    quantity_high: Fraction | None
    unit: str
    unit_cost: UnitCost
    phases: tuple[str, ...]
    useful_life: int
    year: int
    source: str


class Programme(Struct, frozen=True):
    """What a programme used, for how many, and the outcomes that it was for.

    ``participants`` and ``organisations``: how many it served, by phase; ``discount_rate``: a
    share a year, None for the Green Book's.
    """

    costs: tuple[ProgrammeCost, ...]
    participants: Mapping[str, int]
    organisations: Mapping[str, int]
    discount_rate: Fraction | None = None
    outcomes: tuple[str, ...] = ()
    thresholds: tuple[Fraction, ...] = ()

    def costs_of(self, phase: str) -> list[ProgrammeCost]:
        """What was used in a phase."""
        return [line for line in self.costs if phase in line.phases]

    def times(self, line: ProgrammeCost, phase: str) -> Fraction:
        """What quantity x unit cost of a line is multiplied by to be the cost of a phase, exactly.

        Participants or organisations of the phase; of what is used once in the study the share
        of the phase in the participants of all phases that use it. What lasts longer than a
        year counts with the equivalent annual cost of one year; what is paid for in a later
        year is discounted to the first.
        """
        if line.per == "organisation":
            often = Fraction(self.organisations[phase])
        elif line.per == "participant":
            often = Fraction(self.participants[phase])
        else:
            everyone = sum(self.participants[name] for name in line.phases)
            often = Fraction(self.participants[phase], everyone)
        rate = self.discount_rate
        a_year = equivalent_annual_cost(Fraction(1), line.useful_life, rate)
        return often * present_value(a_year, line.year - 1, rate)

    def cost(self, line: ProgrammeCost, phase: str) -> Fraction:
        """What a line costs in a phase, exactly."""
        return line.quantity * line.unit_cost.value * self.times(line, phase)


# --- reading ------------------------------------------------------------------------------


class OwnCosts(Struct, frozen=True):
    """Unit costs that the lines of a programme bring themselves, and those that they name."""

    own: Mapping[str, UnitCost] = field(default_factory=dict)
    named: tuple[str, ...] = ()


def check_programme(file: Declaration) -> None:
    """Note what is wrong with the shape of ``[programme]`` and its costs."""
    raw = file.raw.get("programme", {})
    lines = raw.get("costs", [])
    if not is_kind("tables", lines):
        return  # said by the check of the section
    for position, line in enumerate(lines, 1):
        place = f"programme.costs {line.get('id', position)}"
        if not file.check(line, _LINE, place) or isinstance(line["unit_cost"], str):
            continue
        if file.check(line["unit_cost"], _UNIT_COST, place):
            _check_year(file, line["unit_cost"]["price_year"], place)
    ids = [line.get("id") for line in lines]
    for name in dict.fromkeys(name for name in ids if isinstance(name, str)):
        if ids.count(name) > 1:
            file.add("005", f"the id {name!r} is used twice", "Give each its own", "programme")
        if not name or not set(name) <= PLAIN:
            file.add("005", f"the id {name!r} is not plain", "Use a-z, 0-9, _", "programme")


def _check_year(file: Declaration, year: str, place: str) -> None:
    if not is_price_year(year):
        what = f"its price_year is {year!r}, which is no year"
        file.add("032", what, 'Write "2016/17", or "2017" for a calendar year', place)


def own_costs(file: Declaration) -> OwnCosts:
    """Unit costs of the lines of a programme, as they are written; none without a programme."""
    lines = file.raw.get("programme", {}).get("costs", ())
    own, named = dict[str, UnitCost](), list[str]()
    for line in lines:
        given = line["unit_cost"]
        if isinstance(given, str):
            named.append(given)
            continue
        name = f"programme:{line['id']}"
        own[name] = UnitCost(
            id=name, value=_number(given["value"]), unit=f"per {_one(line['unit'])}",
            price_year=given["price_year"], source=given["source"],
            licence=given.get("licence", ""), status=given.get("status", ""),
            low=_fraction(given.get("low")), high=_fraction(given.get("high")),
            index=given.get("index", ""), definition=line.get("title", line["id"]),
            title=line.get("title", ""),
        )  # fmt: skip
    return OwnCosts(own, tuple(dict.fromkeys(named)))


def read_programme(
    file: Declaration,
    phases: Iterable[str],
    scores: Mapping[str, Score],
    analysed: Iterable[str],
    costs: StudyCosts,
) -> Programme | None:
    """``[programme]``, or None without one; what is wrong becomes faults of the file.

    ``analysed``: the outcomes that some phase compares.
    """
    raw = file.raw.get("programme")
    if raw is None:
        return None
    phases = tuple(phases)
    lines = [_line(file, entry, phases, costs) for entry in raw["costs"]]
    used = [name for name in phases if any(name in _phases(e, phases) for e in raw["costs"])]
    by_organisation = [
        name
        for name in phases
        if any(name in _phases(e, phases) for e in raw["costs"] if e["per"] == "organisation")
    ]
    if not file.raw.get("costs", {}).get("perspective", "").strip():
        what = "a programme is costed from a perspective, and the study declares none"
        file.add("033", what, 'Say whose costs count: perspective = "..." in [costs]', "costs")
    return Programme(
        costs=tuple(line for line in lines if line is not None),
        participants=_numbers(file, "participants", used, phases),
        organisations=_numbers(file, "organisations", by_organisation, phases),
        discount_rate=_rate(file, raw),
        outcomes=_outcomes(file, raw, scores, tuple(analysed)),
        thresholds=_thresholds(file, raw),
    )


def _phases(entry: Mapping[str, Any], phases: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(entry.get("phases", phases))


def _number(value: Any) -> Fraction:
    """A number exactly; 0 for what is no amount, which is a fault or beyond all measure small.

    Its fraction could have thousands of millions of digits.
    """
    return Fraction(value) if Decimal("1e-12") <= value <= _MOST else Fraction(0)


def _fraction(value: Any) -> Fraction | None:
    return None if value is None else _number(value)


def _line(
    file: Declaration, entry: Mapping[str, Any], phases: tuple[str, ...], costs: StudyCosts
) -> ProgrammeCost | None:
    """One line; None where it names a unit cost that is not there."""
    place = f"programme.costs {entry['id']}"
    given = entry["unit_cost"]
    name = given if isinstance(given, str) else f"programme:{entry['id']}"
    if isinstance(given, str) and (costs.known or "costs" not in file.raw):
        file.refer([given], costs.known, "unit cost", place)
    file.refer(entry.get("phases", ()), phases, "phase", place)
    for key, known in (("what", WHATS), ("per", PER)):
        if entry[key] not in known:
            what = f"{key} = {entry[key]!r} is not a choice"
            file.add("007", what, f"Use one of {', '.join(known)}", place)
    for found, fix in _cannot_be_counted(entry):
        file.add("032", found, fix, place)
    unit_cost = costs.costs.get(name)
    if unit_cost is None:
        return None
    return ProgrammeCost(
        id=entry["id"], title=entry.get("title", entry["id"]), what=entry["what"],
        per=entry["per"], quantity=_number(entry["quantity"]),
        quantity_low=_fraction(entry.get("quantity_low")),
        quantity_high=_fraction(entry.get("quantity_high")), unit=entry["unit"],
        unit_cost=unit_cost, phases=tuple(dict.fromkeys(_phases(entry, phases))),
        useful_life=entry.get("useful_life", 1), year=entry.get("year", 1),
        source=entry["source"],
    )  # fmt: skip


def _cannot_be_counted(entry: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What is wrong with the numbers of a line, and what to do about it."""
    given = entry["unit_cost"]
    parts = {"quantity": [entry.get(f"quantity{end}") for end in ("_low", "", "_high")]}
    if isinstance(given, dict):
        parts["unit cost"] = [given.get(key) for key in ("low", "value", "high")]
    for name, rising in parts.items():
        there = [each for each in rising if each is not None]
        if any(not 0 <= each <= _MOST for each in there):
            yield f"its {name} is not between 0 and {_MOST:,}", "Mend the number"
        elif len(there) == 2:
            yield f"the range of its {name} has one end", "Give low and high, or neither"
        elif there != sorted(there):
            yield f"the range of its {name} does not hold it", "Write low <= value <= high"
    for key in ("useful_life", "year"):
        if not 1 <= entry.get(key, 1) <= _LONGEST:
            yield f"{key} is not between 1 and {_LONGEST}", "Give whole years, from 1"


def _numbers(
    file: Declaration, key: str, needed: list[str], phases: tuple[str, ...]
) -> dict[str, int]:
    """How many participants or organisations each phase has; of every phase that needs it."""
    given = file.raw["programme"].get(key, {})
    if isinstance(given, int):
        if len(phases) > 1:
            what = f"{key} is one number, and the study has {len(phases)} phases"
            file.add("033", what, f"Write {key} = {{ {phases[0]} = ... }}", "programme")
        given = dict.fromkeys(phases, given)
    file.refer(given, phases, "phase", f"programme.{key}")
    # Costs cannot be shared out among nobody, nor among more than there are.
    wrong = [name for name in needed if not 1 <= given.get(name, 0) <= _MOST]
    wrong += [name for name, n in given.items() if n > _MOST and name not in needed]
    if wrong:
        what = f"it is not said how many {key} the programme had in {', '.join(wrong)}"
        file.add("033", what, f"Give {key} of each phase, from 1 to {_MOST:,}", "programme")
    return {**given, **dict.fromkeys(wrong, 1)}


def _rate(file: Declaration, raw: Mapping[str, Any]) -> Fraction | None:
    if "discount_rate" not in raw:
        return None
    rate = _number(raw["discount_rate"])
    if not 0 <= raw["discount_rate"] <= _HIGHEST_RATE:
        what = f"discount_rate = {raw['discount_rate']} is no share between 0 and 0.5"
        file.add("035", what, "Write 3.5% as 0.035", "programme")
        return Fraction(0)
    return rate


def _outcomes(
    file: Declaration, raw: Mapping[str, Any], scores: Mapping[str, Score],
    analysed: tuple[str, ...],
) -> tuple[str, ...]:  # fmt: skip
    wanted = tuple(dict.fromkeys(raw.get("outcomes", ())))
    file.refer(wanted, scores, "outcome", "programme")
    for name in wanted:
        if name in scores and name not in analysed:
            what = f"the outcome {name!r} is compared in no phase"
            file.add("034", what, "Add it to the outcomes of a phase", "programme")
        elif name in scores and not scores[name].better:
            what = f"of the outcome {name!r} it is not said which direction is better"
            file.add("034", what, "Name one whose scale says it", "programme")
    return wanted


def _thresholds(file: Declaration, raw: Mapping[str, Any]) -> tuple[Fraction, ...]:
    written = raw.get("thresholds", THRESHOLDS)
    given = tuple(_number(each) for each in written)
    words = {threshold_word(each) for each in given}
    if not given or any(not 0 <= each <= _MOST for each in written) or len(words) < len(given):
        what = "thresholds are not different numbers of 0 or more"
        file.add("035", what, "Write what a unit of outcome may cost: [0, 50, 100]", "programme")
    return tuple(sorted(set(given)))


# --- what is doubtful ---------------------------------------------------------------------


def other_units(lines: Iterable[ProgrammeCost], file: str) -> list[Fault]:
    """``STU036``: a quantity in another unit than its unit cost, such as days at an hourly rate."""
    return [
        Fault(
            "STU036",
            f"the quantity of {line.id!r} is in {line.unit!r}, its unit cost is "
            f"{line.unit_cost.unit}",
            "Write both in one unit, such as hours and per hour",
            file,
            place=f"programme.costs {line.id}",
        )
        for line in lines
        if _stem(line.unit) != _stem(line.unit_cost.unit)
    ]


def _stem(unit: str) -> str:
    """The last word of a unit, in the singular."""
    return _one(unit.casefold().split()[-1]) if unit.split() else ""


def _one(unit: str) -> str:
    """A unit in the singular: hours -> hour."""
    return unit[:-1] if unit.endswith("s") and not unit.endswith("ss") else unit
