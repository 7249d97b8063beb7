"""Unit costs and price indices, as a person reads them in a terminal."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction

from peereval.costs import CostFile, Slot, Staff, Timed, UnitCost
from peereval.prices import Index, convert, doubts, factor
from peereval.rendering.numbers import fixed
from peereval.rendering.scale_text import wrapped

#: What stands for a value that is not here, and for its status until it is.
_SLOT, _TO_BE_SUPPLIED = "slot", "no value here: to be supplied by you"


def pounds(value: Fraction) -> str:
    """An amount with two decimals, whatever its currency."""
    return fixed(float(value), 2)


# --- all of them --------------------------------------------------------------------------


def cost_list(files: Iterable[tuple[str, CostFile]], width: int) -> Iterator[str]:
    """Each file with what its costs share, then a line for each cost."""
    for name, file in files:
        entries: list[UnitCost | Slot] = [*file.costs.values(), *file.slots.values()]
        shared = _shared(entries)
        yield from wrapped("", f"{file.title}: {name}", width)
        about = "; ".join([f"in {file.currency}", *shared.values()])
        yield from wrapped("  ", about, width)
        longest = max(len(entry.id) for entry in entries)
        for entry in entries:
            value = pounds(entry.value) if isinstance(entry, UnitCost) else _SLOT
            said = [entry.unit, *_range(entry)]
            own = [text for key, text in _facts(entry).items() if key not in shared]
            start = f"  {value:>10}  {entry.id:<{longest}}  "
            # Below the id, not below the unit: there is not much room on a narrow screen.
            yield from wrapped(start, "; ".join([", ".join(said), *own]), width, below=14)
        yield ""


def index_list(indices: Mapping[str, Index], width: int) -> Iterator[str]:
    """A line for each price index: its years, its vintage and which years are not final."""
    longest = max(map(len, indices))
    for name, index in sorted(indices.items()):
        said = [index.title, f"vintage {index.vintage}", *_not_final(index.doubtful)]
        yield from wrapped(f"  {name:<{longest}}  {index.span}  ", "; ".join(said), width)


def _facts(entry: UnitCost | Slot) -> dict[str, str]:
    """What may be the same for all costs of a file."""
    facts = {
        "price_year": f"{entry.price_year} prices",
        "index": f"index {entry.index}",
        "licence": f"licence: {entry.licence}",
        "status": _status(entry),
    }
    return facts if entry.index else {key: facts[key] for key in facts if key != "index"}


def _shared(entries: Sequence[UnitCost | Slot]) -> dict[str, str]:
    facts = [_facts(entry) for entry in entries]
    return {
        key: text for key, text in facts[0].items() if all(each.get(key) == text for each in facts)
    }


def _status(entry: UnitCost | Slot) -> str:
    return _TO_BE_SUPPLIED if isinstance(entry, Slot) else entry.status


def _range(entry: UnitCost | Slot) -> list[str]:
    if isinstance(entry, Slot) or (entry.low is None and entry.high is None):
        return []
    if entry.low is None or entry.high is None:
        one = entry.high if entry.low is None else entry.low
        return [f"{'up to' if entry.low is None else 'from'} {pounds(one or Fraction(0))}"]
    return [f"{pounds(entry.low)} to {pounds(entry.high)}"]


def _not_final(doubtful: Mapping[str, str]) -> list[str]:
    return [f"{year} {word}" for year, word in doubtful.items()]


# --- one cost -----------------------------------------------------------------------------


def cost_lines(
    cost: UnitCost, currency: str, file: str, index: Index | None, width: int
) -> Iterator[str]:
    """Everything about one unit cost, and how it was worked out where it is staff time."""
    yield from wrapped("", f"{cost.id}: {_price(cost.value, currency, cost)}", width)
    if cost.staff:
        yield from _named("worked out", workings(cost.staff), width)
    if cost.timed:
        yield from _named("worked out", _by_time(cost.timed), width)
        yield from _named("minutes", cost.timed.minutes_source, width)
    span = ", ".join(_range(cost)) or "none known"
    facts = {"range": f"{span} ({cost.ranges})" if cost.ranges else span, **_about(cost)}
    facts["index"] = f"{index.title} ({index.vintage})" if index else cost.index or "none named"
    facts["file"] = file
    for name, text in facts.items():
        yield from _named(name, text, width)
    if cost.staff:
        yield from ["", "Made of"]
        for name, text in _inputs(cost.staff).items():
            yield from _named(name, text, width)


def variant_lines(names: Sequence[str], width: int) -> Iterator[str]:
    """The variants of a unit cost by their ids, if it has any."""
    if names:
        yield from _named("variants", ", ".join(names), width)


def slot_lines(slot: Slot, currency: str, file: str, width: int) -> Iterator[str]:
    """What a slot is for, where its value is found, and what to write to fill it."""
    head = f"{slot.id}: a slot ({currency} {slot.unit}, {slot.price_year} prices)"
    yield from wrapped("", head, width)
    for name, text in {"where": slot.where, **_about(slot), "file": file}.items():
        yield from _named(name, text, width)
    yield ""
    text = (
        f'To fill it, write a file of your own, and in the study unit_costs = ["{file}", '
        '"my_costs.toml"]:'
    )
    yield from wrapped("", text, width)
    yield from ["", "format = 1", 'id = "my_costs"', f'currency = "{currency}"', ""]
    yield from ["[[unit_costs]]", f'id = "{slot.id}"', "value = # the value"]
    for key in ("unit", "price_year", "index", "source", "licence"):
        if text := getattr(slot, key):
            yield f'{key} = "{text}"'
    yield 'status = "supplied by the user, not checked by peereval"'


def conversion_lines(
    cost: UnitCost, currency: str, to_year: str, index: Index, width: int
) -> Iterator[str]:
    """A unit cost in the prices of another year. Raises ``UsageError`` as `convert` does."""
    by = factor(index, cost.price_year, to_year)
    value = convert(cost.value, cost.price_year, to_year, index)
    doubtful = doubts(index, cost.price_year, to_year)
    known = "; ".join([index.id, index.vintage, *_not_final(doubtful)])
    # With pence alone the product would not come out as printed.
    before = fixed(float(cost.value), 2 if (100 * cost.value).denominator == 1 else 4)
    said = f"{currency} {pounds(value)} = {before} x {fixed(float(by), 4)} ({known})"
    yield ""
    yield from wrapped(f"In {to_year} prices  ", said, width)


def workings(staff: Staff) -> str:
    """How the cost of staff time was computed, as it can be done by hand."""
    shares = [f"(1 + {_plain(staff.on_cost)})"]
    shares += [f"(1 + {_plain(staff.overhead)})"] if staff.overhead else []
    hour = f"{_plain(staff.salary)} x {' x '.join(shares)} / {_plain(staff.hours_a_year)}"
    cost = pounds(staff.cost(staff.minutes))
    minutes = _plain(staff.minutes)
    return f"{hour} = {pounds(staff.hour)} an hour; x {minutes} / 60 = {cost}"


def _by_time(timed: Timed) -> str:
    cost = pounds(timed.rate * timed.minutes / 60)
    return f"{_plain(timed.rate)} an hour x {_plain(timed.minutes)} / 60 = {cost}"


def _price(value: Fraction, currency: str, cost: UnitCost) -> str:
    return f"{currency} {pounds(value)} {cost.unit}, {cost.price_year} prices"


def _about(entry: UnitCost | Slot) -> dict[str, str]:
    said = {
        "definition": entry.definition, "setting": entry.setting, "source": entry.source,
        "licence": entry.licence, "status": _status(entry),
    }  # fmt: skip
    return {name: text for name, text in said.items() if text}


def _inputs(staff: Staff) -> dict[str, str]:
    amounts = {
        "salary": _plain(staff.salary),
        "on_cost": f"{_plain(100 * staff.on_cost)}% of the salary",
        "overhead": f"{_plain(100 * staff.overhead)}% of both",
        "hours_a_year": _plain(staff.hours_a_year),
        "minutes": _plain(staff.minutes),
    }
    limits = [m for m in (staff.minutes_low, staff.minutes_high) if m is not None]
    if len(limits) == 2:
        amounts["minutes"] += f" ({_plain(limits[0])} to {_plain(limits[1])})"
    sources = {**staff.sources}
    if not staff.overhead:
        sources["overhead"] = "none counted"
    return {
        name: f"{text}: {sources[name]}" if name in sources else text
        for name, text in amounts.items()
    }


def _plain(value: Fraction) -> str:
    """A number as it was written, without needless noughts."""
    whole, text = value.denominator == 1, f"{float(value):,.6f}"
    return f"{value.numerator:,}" if whole else text.rstrip("0")


def _named(name: str, text: str, width: int) -> list[str]:
    return wrapped(f"  {name:<12}  ", text, width)


# --- one index ----------------------------------------------------------------------------


def index_lines(index: Index, width: int) -> Iterator[str]:
    """Everything about one price index, with its level in each year."""
    yield from wrapped("", f"{index.id}: {index.title}", width)
    facts = {
        "vintage": index.vintage,
        "currency": index.currency,
        "source": index.source,
        "licence": index.licence,
        "status": index.status,
        "file": index.file.name,
    }
    for name, text in facts.items():
        yield from _named(name, text, width)
    yield from ["", "Year         level  on the year before"]
    before: Fraction | None = None
    for year, level in index.levels.items():
        rate = "" if before is None else f"{fixed(float(100 * (level / before - 1)), 2)}%"
        line = f"{year}  {fixed(float(level), 4):>9}  {rate:>7}  {index.doubtful.get(year, '')}"
        yield line.rstrip()
        before = level
