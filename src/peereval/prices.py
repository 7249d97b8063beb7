"""Price indices -> factors between price years, and what later costs are worth now."""

import re
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from itertools import groupby
from pathlib import Path
from typing import Any

from msgspec import Struct

from peereval.bundled import bundled
from peereval.declarations import Declaration, shape
from peereval.errors import Fault, StudyError, UsageError

_FILE = shape(
    {
        "format": "integer", "id": "name", "vintage": "name", "currency": "name",
        "source": "name", "licence": "name", "status": "name", "indices": "named tables",
    },
    {"title": "text", "provisional": "texts", "forecast": "texts"},
)  # fmt: skip
_INDEX = shape({"title": "name"}, {"annual_rates": "numbers by name", "levels": "numbers by name"})
_YEAR = re.compile(r"(\d{4})/(\d{2})")

#: Prices of one year against another differ by less than this, and never turn negative.
_LARGEST_RATE, _LARGEST_LEVEL = 1_000, 10**9

#: Green Book, social time preference rate: the last year that each rate holds for.
_TIME_PREFERENCE = ((30, Fraction(35, 1000)), (75, Fraction(30, 1000)), (125, Fraction(25, 1000)))


class Index(Struct, frozen=True):
    """Prices by financial year, as one vintage of one publication has them.

    ``series``: the publication, which indices of one file share with their vintage;
    ``levels``: financial year -> level, in order; ``chained``: whether they were made of annual
    rates; ``doubtful``: year -> ``provisional`` or ``forecast``; ``file``: where it was read.
    """

    id: str
    title: str
    series: str
    vintage: str
    currency: str
    source: str
    licence: str
    status: str
    levels: Mapping[str, Fraction]
    chained: bool
    doubtful: Mapping[str, str]
    file: Path

    @property
    def span(self) -> str:
        """First and last year in words."""
        years = list(self.levels)
        return f"{years[0]} to {years[-1]}"


# --- converting ---------------------------------------------------------------------------


def factor(index: Index, from_year: str, to_year: str) -> Fraction:
    """What prices of ``from_year`` are multiplied by to be in those of ``to_year``, exactly.

    Annual rates are multiplied as whole fractions, rounded nowhere; backwards the factor is the
    reciprocal. Within one year it is 1. Raises ``UsageError`` for a year the index does not have.
    """
    if from_year == to_year:
        return Fraction(1)
    for year in (from_year, to_year):
        if year not in index.levels:
            what = f"{year!r} is no year of the index {index.id} ({index.vintage})"
            form = "" if _start(year) else '; a financial year is written "2016/17"'
            raise UsageError(f"{what}, which has {index.span}{form}")
    return index.levels[to_year] / index.levels[from_year]


def convert(value: Fraction, from_year: str, to_year: str, index: Index) -> Fraction:
    """An amount in prices of ``from_year``, in those of ``to_year``; errors as `factor`."""
    return value * factor(index, from_year, to_year)


def doubts(index: Index, from_year: str, to_year: str) -> dict[str, str]:
    """Year -> ``provisional`` or ``forecast``, of the years that a factor rests on.

    A chain rests on the rate of every year after the first; levels on the two years alone.
    """
    if from_year == to_year:
        return {}
    first, last = sorted((from_year, to_year))
    return {
        year: doubt
        for year, doubt in index.doubtful.items()
        if (first < year <= last if index.chained else year in (first, last))
    }


def present_value(value: Fraction, years: int, rate: Fraction | None = None) -> Fraction:
    """What an amount paid ``years`` whole years from now is worth today.

    Within the first year (``years`` = 0) nothing is discounted. ``rate`` is the discount rate
    of every year; without one it is the Green Book's social time preference rate (HM Treasury):
    3.5% in years 1 to 30, 3.0% to year 75, 2.5% to year 125. Nothing in peereval discounts by
    itself: the costs of a term are never older than a year. Raises ``UsageError`` for negative
    or later years and for a rate of -100% or less.
    """
    if years < 0 or (rate is None and years > _TIME_PREFERENCE[-1][0]):
        raise UsageError(f"{years} is not a number of years from 0 to {_TIME_PREFERENCE[-1][0]}")
    if rate is not None:
        if rate <= -1:
            raise UsageError("A discount rate must be more than -100%")
        return value / (1 + rate) ** years
    before = 0
    for last, rate_then in _TIME_PREFERENCE:
        value /= (1 + rate_then) ** max(0, min(years, last) - before)
        before = last
    return value


def equivalent_annual_cost(value: Fraction, years: int, rate: Fraction | None = None) -> Fraction:
    """What something that lasts ``years`` whole years costs each year, exactly.

    The same sum at the end of each year, which together have the present value of ``value``
    (equivalent annual cost: Drummond et al. 2015, Methods for the Economic Evaluation of Health
    Care Programmes, chapter 7). One year is the value itself, without discounting. ``rate`` and
    errors as `present_value`.
    """
    if years == 1:
        return value
    if years < 1:
        raise UsageError(f"{years} is not a number of years from 1")
    worth = sum((present_value(Fraction(1), year, rate) for year in range(1, years + 1)),
                Fraction(0))  # fmt: skip
    return value / worth


# --- files of indices ---------------------------------------------------------------------


def price_files() -> list[Path]:
    """Files of the indices that come with peereval."""
    return sorted(bundled("data/prices").glob("*.toml"))


def load_indices(own: Iterable[Path] = ()) -> dict[str, Index]:
    """Index id -> index: those of a person's ``own`` files, and the bundled ones.

    An own file with the id of a bundled one replaces it as a whole, all its indices together,
    so no index is put together from two vintages. Raises ``StudyError`` for wrong files, and
    where an index or a publication is in two files.
    """
    theirs = [index for path in own for index in load_price_file(path)]
    replaced = {index.series for index in theirs}
    ours = [index for path in price_files() for index in load_price_file(path)]
    indices = [*theirs, *(index for index in ours if index.series not in replaced)]
    faults = [*_twice(indices), *_mixed(theirs)]
    if faults:
        raise StudyError("The price indices cannot be used together", faults)
    return {index.id: index for index in indices}


def _twice(indices: Iterable[Index]) -> Iterator[Fault]:
    for name, group in groupby(sorted(indices, key=lambda each: each.id), lambda each: each.id):
        found = [f"{index.series} ({index.vintage})" for index in group]
        if len(found) > 1:
            fix = "Use one: a file of your own replaces a bundled one that has its id"
            yield Fault("PRI007", f"the index {name!r} is in {' and in '.join(found)}", fix)


def _mixed(indices: Iterable[Index]) -> Iterator[Fault]:
    vintages: dict[str, set[str]] = {}
    for index in indices:
        vintages.setdefault(index.series, set()).add(index.vintage)
    for series, found in vintages.items():
        if len(found) > 1:
            what = f"vintages of {series} are mixed: {' and '.join(sorted(found))}"
            yield Fault("PRI007", what, "Keep one: a later one revises the earlier")


def load_price_file(path: Path) -> tuple[Index, ...]:
    """The indices of one file. Raises ``StudyError`` with every fault found in it."""
    file = Declaration(path, "PRI", StudyError, "file of price indices")
    file.check(file.raw, _FILE)
    file.stop_if_wrong()
    if not file.raw["indices"]:
        file.add("003", "'indices' has no index", "Add [indices.ID]")
    for name, entry in file.raw["indices"].items():
        _check(file, entry, f"indices.{name}")
    file.stop_if_wrong()
    return tuple(_index(file, name, entry) for name, entry in file.raw["indices"].items())


def _check(file: Declaration, entry: Mapping[str, Any], place: str) -> None:
    if not file.check(entry, _INDEX, place):
        return
    kinds = [key for key in ("annual_rates", "levels") if entry.get(key)]
    if len(kinds) != 1:
        file.add("003", "needs either annual_rates or levels", "Give one of them", place)
        return
    numbers = entry[kinds[0]]
    starts = [_start(year) for year in numbers]
    if starts != list(range(starts[0] or 0, (starts[0] or 0) + len(starts))):
        what = "the years are not financial years that follow one another"
        file.add(
            "004", what, 'Write "2015/16" = ..., then "2016/17" = ..., leaving none out', place
        )
    low, high = (-100, _LARGEST_RATE) if kinds[0] == "annual_rates" else (0, _LARGEST_LEVEL)
    for year, number in numbers.items():
        if not low < number < high:
            what = f"{kinds[0]} of {year} is not between {low} and {high:,}"
            file.add("005", what, "Write a rate in per cent, a level as published", place)
    known = numbers if kinds[0] == "levels" else [*_before(numbers), *numbers]
    for word in ("provisional", "forecast"):
        file.refer(file.raw.get(word, ()), known, "year", word)


def _index(file: Declaration, name: str, entry: Mapping[str, Any]) -> Index:
    raw, rates = file.raw, entry.get("annual_rates")
    return Index(
        id=name,
        title=entry["title"],
        series=raw["id"],
        vintage=raw["vintage"],
        currency=raw["currency"],
        source=raw["source"],
        licence=raw["licence"],
        status=raw["status"],
        levels=_chain(rates) if rates else {y: Fraction(n) for y, n in entry["levels"].items()},
        chained=bool(rates),
        doubtful={year: word for word in ("provisional", "forecast") for year in raw.get(word, ())},
        file=file.path,
    )


def _chain(rates: Mapping[str, Any]) -> dict[str, Fraction]:
    """Levels from annual rates in per cent; the year before the first rate is 100."""
    (before,) = _before(rates)
    level = Fraction(100)
    levels = {before: level}
    for year, rate in rates.items():
        level *= 1 + Fraction(rate) / 100
        levels[year] = level
    return levels


def _before(rates: Mapping[str, Any]) -> list[str]:
    """The financial year before the first one, if that is one."""
    start = _start(next(iter(rates)))
    return [f"{start - 1}/{start % 100:02}"] if start else []


def _start(year: str) -> int | None:
    """The calendar year in which a financial year begins; None of any other text."""
    found = _YEAR.fullmatch(year)
    if not found or (int(found[1]) + 1) % 100 != int(found[2]) or int(found[1]) < 1000:
        return None
    return int(found[1])
