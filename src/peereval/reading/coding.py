"""Cells as written -> codes, with everything that was not understood counted."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from math import isfinite, isnan
from operator import itemgetter
from typing import Any

import polars as pl
from msgspec import Struct, field

from peereval.labels import fold, number_beside

#: A number that could be a code; codes are small.
WHOLE = re.compile(r"-?\d{1,9}")
#: Whole numbers from here on lose digits in a spreadsheet.
_DIGITS_KEPT = 10**15
#: Rows that are given as examples.
EXAMPLES = 5


class Unread(Struct, frozen=True):
    """A value that means nothing in its column: what, how often, and the first rows with it."""

    value: str
    n: int
    rows: tuple[int, ...]

    @property
    def first_row(self) -> int:
        """The first row with it."""
        return self.rows[0]


class Coding(Struct, frozen=True):
    """Columns of one type that share their codes.

    ``codes``: folded text -> code; ``missing``: folded text -> reason why it is no answer.
    """

    columns: Sequence[str]
    codes: Mapping[str, Any]
    missing: Mapping[str, str]


class Coded(Struct, frozen=True):
    """What was made of some columns that share their codes.

    ``unread``: column -> values that are neither a code nor missing. ``missing``: column ->
    reason -> cells. ``numbers``: whole numbers that stand alone. ``beside``: number and code of
    its label, where cells hold both; ``contradicted``: column -> values whose number stands for
    another label elsewhere.
    """

    codes: pl.DataFrame
    unread: Mapping[str, list[Unread]]
    missing: Mapping[str, Mapping[str, int]]
    numbers: frozenset[int]
    beside: frozenset[tuple[int, Any]]
    contradicted: Mapping[str, list[Unread]]


class _Meanings(Struct):
    """What each distinct value means."""

    every: list[Any] = field(default_factory=list)
    known: dict[Any, Any] = field(default_factory=dict)
    absent: dict[Any, str] = field(default_factory=dict)
    strange: dict[Any, str] = field(default_factory=dict)
    doubtful: dict[Any, str] = field(default_factory=dict)
    numbers: set[int] = field(default_factory=set)
    beside: set[tuple[int, Any]] = field(default_factory=set)

    def by_reason(self) -> dict[str, list[Any]]:
        """Values that are missing, by their reason."""
        reasons: dict[str, list[Any]] = {}
        for value, reason in self.absent.items():
            reasons.setdefault(reason, []).append(value)
        return reasons


def as_text(value: Any) -> str:
    """A cell as a person reads it: 12.0 is ``12``, no value is an empty text."""
    if value is None or (isinstance(value, float) and isnan(value)):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and isfinite(value) and abs(value) >= _DIGITS_KEPT:
        return f"{value:.14E}"  # its last digits are not known, and should not look as if
    if isinstance(value, float | Decimal) and isfinite(value) and value == int(value):
        return str(int(value))
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value).strip()


def as_texts(cells: pl.Series) -> pl.Series:
    """Cells as a person reads them, spaces as they are; a missing one is missing."""
    kind = cells.dtype
    if kind in (pl.String, pl.Categorical, pl.Enum) or kind.is_integer():
        return cells.cast(pl.String)
    if kind.is_float():
        cells = cells.fill_nan(None)
        if ((cells == cells.floor()) & (cells.abs() < _DIGITS_KEPT)).all():
            return cells.cast(pl.Int64).cast(pl.String)
    texts = {value: as_text(value) or None for value in cells.unique().to_list()}
    return pl.Series(cells.name, [texts[value] for value in cells.to_list()], dtype=pl.String)


def distinct(cells: pl.Series) -> list[Any]:
    """Every value of a column once, in order of appearance, without the missing."""
    return distinct_in(cells.to_frame(), [cells.name])[cells.name]


def distinct_in(cells: pl.DataFrame, columns: Collection[str]) -> dict[str, list[Any]]:
    """As `distinct`, of several columns at once."""
    if not columns:
        return {}
    once = pl.col(*columns).drop_nulls().unique(maintain_order=True).implode()
    return dict(zip(columns, cells.select(once).row(0), strict=True))


def find_code(text: str, codes: Mapping[str, Any]) -> Any:
    """What a cell means by ``codes`` (folded text -> code), ``None`` if nothing.

    A number beside a label does not count: ``4 - Often`` is ``Often``.
    """
    folded = fold(text)
    if folded in codes:
        return codes[folded]
    number = number_beside(text)
    return codes.get(number[1]) if number else None


def code_column(
    cells: pl.Series,
    codes: Mapping[str, Any],
    missing: Collection[str],
    rows: pl.Series,
    dtype: Any,
) -> tuple[pl.Series, list[Unread]]:
    """As `code_columns`, for one column whose missing texts have no reasons."""
    coding = Coding([cells.name], codes, dict.fromkeys(missing, ""))
    (coded,) = code_columns(cells.to_frame(), [coding], rows, dtype)
    return coded.codes.to_series(), coded.unread.get(cells.name, [])


def code_columns(
    cells: pl.DataFrame,
    codings: Sequence[Coding],
    rows: pl.Series,
    dtype: Any,
    numbered: bool = False,
) -> list[Coded]:
    """The codes of columns, and what is neither code nor missing; one for each of ``codings``.

    ``rows``: the row number of each row, missing where the row is not to be counted;
    ``numbered``: whether cells may hold a number beside the label. Work is done once a distinct
    value, not once a cell, and for all columns at once. Blank cells are missing without a word;
    other values that are not understood are counted.
    """
    names = dict.fromkeys(name for coding in codings for name in coding.columns)
    if not names:
        return []
    values = distinct_in(cells, names)
    means = [
        _meanings((v for name in coding.columns for v in values[name]), coding, numbered)
        for coding in codings
    ]
    every = list(zip(codings, means, strict=True))
    codes = cells.select(each for c, mean in every for each in _codes(cells, c, mean, dtype))
    reasons = _reasons(cells, every, values, rows)

    def found(coding: Coding, wanted: Mapping[Any, str]) -> dict[str, list[Unread]]:
        there = {
            name: counted(cells[name], {v: wanted[v] for v in values[name] if v in wanted}, rows)
            for name in (coding.columns if wanted else ())
        }
        return {name: counts for name, counts in there.items() if counts}

    return [
        Coded(
            codes[list(coding.columns)],
            found(coding, mean.strange),
            {name: reasons[name] for name in coding.columns if name in reasons},
            frozenset(mean.numbers),
            frozenset(mean.beside),
            found(coding, mean.doubtful),
        )
        for coding, mean in every
    ]


def _reasons(
    cells: pl.DataFrame,
    every: Iterable[tuple[Coding, _Meanings]],
    values: Mapping[str, Iterable[Any]],
    rows: pl.Series,
) -> dict[str, dict[str, int]]:
    """Column -> reason -> cells, the reason that comes first first; none that no cell has."""
    asked = [
        ([c for c in coding.columns if not set(texts).isdisjoint(values[c])], reason, texts)
        for coding, mean in every
        for reason, texts in mean.by_reason().items()
    ]
    if not asked:
        return {}
    stays = rows.is_not_null()
    held = [pl.col(*names).is_in(texts) & stays for names, _, texts in asked]
    counts = cells.select(
        expression.name.suffix(f" {place} {what}")
        for place, each in enumerate(held)
        for what, expression in (("n", each.sum()), ("first", each.arg_max()))
    ).row(0)
    found, at = list[tuple[int, str, str, int]](), 0
    for names, reason, _ in asked:
        n, first = (counts[at + len(names) * part :] for part in (0, 1))
        found += [(first[i] or 0, name, reason, n[i]) for i, name in enumerate(names) if n[i]]
        at += 2 * len(names)
    reasons: dict[str, dict[str, int]] = {}
    for _, name, reason, times in sorted(found, key=itemgetter(0)):
        reasons.setdefault(name, {})[reason] = times
    return reasons


def _meanings(values: Iterable[Any], coding: Coding, numbered: bool) -> _Meanings:
    means, codes, missing = _Meanings(), coding.codes, coding.missing
    there_are_numbers = any(WHOLE.fullmatch(text) for text in codes)
    for value in dict.fromkeys(values):
        means.every.append(value)
        text = as_text(value)
        folded = fold(text)
        if not folded:
            continue
        if folded in missing:
            means.absent[value] = missing[folded]
            continue
        if WHOLE.fullmatch(folded):
            means.numbers.add(int(folded))
        if folded in codes:
            means.known[value] = codes[folded]
        elif numbered and (both := number_beside(text)) and both[1] in codes:
            number, code = both[0], codes[both[1]]
            means.known[value] = code
            means.beside.add((number, code))
            if there_are_numbers and codes.get(str(number)) != code:
                means.doubtful[value] = text
        else:
            means.strange[value] = text
    return means


def _codes(cells: pl.DataFrame, coding: Coding, means: _Meanings, dtype: Any) -> Iterable[pl.Expr]:
    known = means.known
    if known and known == {value: value for value in means.every} and _is_integer(cells, coding):
        return [pl.col(*coding.columns).cast(dtype)]  # every cell already is its code
    return looked_up(coding.columns, known, dtype)


def _is_integer(cells: pl.DataFrame, coding: Coding) -> bool:
    return cells[coding.columns[0]].dtype.is_integer()


def looked_up(columns: Sequence[str], known: Mapping[Any, Any], dtype: Any) -> Iterable[pl.Expr]:
    """What each cell of some columns stands for; missing where nothing is known of it."""
    cells = pl.col(*columns)
    if not known:
        return [pl.when(False).then(cells.is_null()).cast(dtype)]  # missing in every row
    if not all(isinstance(value, str) for value in known):
        meant = cells.replace_strict(
            list(known), list(known.values()), default=None, return_dtype=dtype
        )
        return [meant]
    # As categories they are compared once each, which takes half the time.
    words = pl.Enum(list(known))
    codes = pl.lit(pl.Series(list(known.values())).cast(dtype, strict=False))
    places = (pl.col(name).cast(words, strict=False).to_physical() for name in columns)
    return [codes.gather(place).alias(name) for name, place in zip(columns, places, strict=True)]


def look_up(cells: pl.Series, known: Mapping[Any, Any], dtype: Any) -> pl.Series:
    """As `looked_up`, of one column that is at hand."""
    return cells.to_frame().select(looked_up([cells.name], known, dtype)).to_series()


def counted(cells: pl.Series, wanted: Mapping[Any, str], rows: pl.Series) -> list[Unread]:
    """How often each of some values stands in a column, in order of appearance.

    ``wanted``: value -> what to call it. Rows without a number are not counted.
    """
    if not wanted:
        return []
    found = (
        pl.DataFrame({"value": cells, "row": rows})
        .filter(pl.col("value").is_in(list(wanted)) & pl.col("row").is_not_null())
        .group_by("value", maintain_order=True)
        .agg(pl.len().alias("n"), pl.col("row").head(EXAMPLES))
    )
    return [Unread(wanted[value], n, tuple(first)) for value, n, first in found.iter_rows()]


def by_reason(counts: Iterable[Unread]) -> dict[str, int]:
    """Cells by reason, of values that were called by their reason."""
    reasons: dict[str, int] = {}
    for value in counts:
        reasons[value.value] = reasons.get(value.value, 0) + value.n
    return reasons


def examples(values: Iterable[Unread]) -> tuple[int, ...]:
    """The first rows in which any of some values stand."""
    rows = {row for value in values for row in value.rows}
    return tuple(sorted(rows)[:EXAMPLES])
