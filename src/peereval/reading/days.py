"""Days on which responses were given, and the number of a year group."""

import re
from collections.abc import Iterable, Mapping
from datetime import date

import polars as pl
from msgspec import Struct

from peereval.labels import fold
from peereval.plurals import count_of
from peereval.reading.coding import as_texts, by_reason, counted, distinct, examples, look_up
from peereval.reading.notes import Notes

_TIME = r"[T ,]+\d{1,2}:\d{2}.*$"
_HALF_DAY = r"(?i)\d\s*[ap]\.?m\.?$"
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})|(\d{4})(\d{2})(\d{2})")
_YEAR_LAST = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})")
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = rf"({'|'.join(_MONTHS)})[a-z]*\.?"
_NAMED = re.compile(
    rf"(?:[a-z]+,? )?(?:(\d{{1,2}})(?:st|nd|rd|th)?[- ]{_MONTH},?|{_MONTH} (\d{{1,2}})"
    r"(?:st|nd|rd|th)?,?)[- ](\d{4}|\d{2})"
)
_YEARS = range(1990, 2200)
_EPOCH = date(1970, 1, 1)
_HOW = "Export dates as YYYY-MM-DD, such as 2018-03-31"


class _Written(Struct, frozen=True):
    """What the distinct dates of a column are: ``day_first`` ones could be read two ways."""

    clear: Mapping[str, date]
    day_first: Mapping[str, tuple[int, int, int]]
    strange: tuple[str, ...]


def read_days(
    cells: pl.Series, missing: Mapping[str, str], rows: pl.Series, notes: Notes
) -> pl.Series:
    """Days since 1970-01-01 (Int32), missing where blank or not understood.

    Dates that begin with the year and dates with the name of a month can be read one way
    only. Others are day, month, year. If one of them cannot be (``03/31/2018``), or times are
    written with AM and PM and no day is above 12, the column may have the month first, and none
    of its dates of this kind is used. Notes ANS005, and ANS009 where nothing tells the order.
    """
    if cells.dtype in (pl.Date, pl.Datetime):
        return cells.cast(pl.Date).cast(pl.Int32)
    written_out = as_texts(cells).str.strip_chars()
    texts = written_out.str.replace(_TIME, "")
    values = distinct(texts)
    absent = {v: missing[fold(v)] for v in values if fold(v) in missing}
    notes.missing(cells.name, by_reason(counted(texts, absent, rows)))
    written = _sort([v for v in values if v and v not in absent])
    days = dict(written.clear)
    sure = any(day > 12 for day, _, _ in written.day_first.values())
    twelve_hours = bool(written.day_first) and written_out.str.contains(_HALF_DAY).any()
    if any(month > 12 for _, month, _ in written.day_first.values()) or (twelve_hours and not sure):
        _ask_for_order(texts, written.day_first, rows, notes)
    else:
        days |= {v: date(y, m, d) for v, (d, m, y) in written.day_first.items()}
        _say_order_is_open(texts, written.day_first, rows, notes)
    notes.unread("ANS005", cells.name, counted(texts, {v: v for v in written.strange}, rows))
    return look_up(texts, {v: (day - _EPOCH).days for v, day in days.items()}, pl.Int32)


def can_be_read_both_ways(cells: pl.Series) -> bool:
    """Whether dates of a column may have the day first or the month, and nothing tells which."""
    if cells.dtype in (pl.Date, pl.Datetime):
        return False
    texts = as_texts(cells).str.strip_chars().str.replace(_TIME, "")
    return bool(_two_ways(_sort(distinct(texts)).day_first))


def _two_ways(day_first: Mapping[str, tuple[int, int, int]]) -> list[str]:
    """Dates that are another day with the month first, where none tells the order by itself."""
    if any(day > 12 or month > 12 for day, month, _ in day_first.values()):
        return []
    return [value for value, (day, month, _) in day_first.items() if day != month]


def _say_order_is_open(
    texts: pl.Series,
    day_first: Mapping[str, tuple[int, int, int]],
    rows: pl.Series,
    notes: Notes,
) -> None:
    open_ones = _two_ways(day_first)
    values = counted(texts, {value: value for value in open_ones}, rows)
    n = sum(value.n for value in values)
    what = (
        f"{count_of(n, 'date')} can be read as day, month or as month, day; read here as day, "
        "month, year"
    )
    if n:
        notes.find("ANS009", what, _HOW, texts.name, examples(values), n)


def _sort(values: Iterable[str]) -> _Written:
    clear, day_first, strange = dict[str, date](), dict[str, tuple[int, int, int]](), list[str]()
    for value in values:
        if found := _YEAR_LAST.fullmatch(value):
            one, two, year = (int(part) for part in found.groups())
            year = year if year > 99 else 2000 + year
            if _is_day(year, two, one) or _is_day(year, one, two):
                day_first[value] = (one, two, year)
                continue
        elif day := _clear_day(value.casefold()):
            clear[value] = day
            continue
        strange.append(value)
    return _Written(clear, day_first, tuple(strange))


def _clear_day(text: str) -> date | None:
    if found := _YEAR_FIRST.fullmatch(text):
        year, month, day = (int(part) for part in found.groups() if part)
    elif found := _NAMED.fullmatch(text):
        before, month_one, month_two, after, written = found.groups()
        month = _MONTHS.index(month_one or month_two) + 1
        day, year = int(before or after), int(written)
        year = year if year > 99 else 2000 + year
    else:
        return None
    return date(year, month, day) if _is_day(year, month, day) else None


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        return date(year, month, day).year in _YEARS
    except ValueError:
        return False


def _ask_for_order(
    texts: pl.Series,
    day_first: Mapping[str, tuple[int, int, int]],
    rows: pl.Series,
    notes: Notes,
) -> None:
    every = counted(texts, {v: v for v in day_first}, rows)
    wrong = [value for value in every if day_first[value.value][1] > 12]
    mixed = any(day > 12 for day, _, _ in day_first.values())
    n, n_wrong = (sum(value.n for value in values) for values in (every, wrong))
    kind = "others have the day first" if mixed else "the month may come first in all of them"
    impossible = count_of(n_wrong, "date is impossible|dates are impossible")
    what = f"{impossible} as day, month, year, and {kind}"
    if not wrong:
        what = "times are written with AM and PM, as where the month comes first"
    what += f": no date written so is used, of {n:,}"
    notes.find("ANS005", what, _HOW, texts.name, examples(wrong or every), n)


def read_years(words: pl.Series) -> pl.Series:
    """The first whole number of each year group (Int16): 7 of ``Year 7``, 0 of ``Reception``."""
    found = {word: _year(word) for word in distinct(words)}
    known = {word: year for word, year in found.items() if year is not None}
    return look_up(words.cast(pl.String), known, pl.Int16)


def _year(word: str) -> int | None:
    if number := re.search(r"\d+", word):
        return int(number[0]) if len(number[0]) <= 4 else None
    return 0 if re.fullmatch(r"(year |yr )?(reception|rec|r)( (class|year))?", fold(word)) else None
