"""Questions with several answers: one option of them becomes 1, 0 or missing."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Any

import polars as pl
from msgspec import Struct

from peereval.labels import fold
from peereval.plurals import count_of
from peereval.reading.coding import (
    EXAMPLES,
    Unread,
    as_text,
    by_reason,
    counted,
    distinct,
    distinct_in,
    examples,
    looked_up,
)
from peereval.reading.export import Cells
from peereval.reading.mapping import Option
from peereval.reading.notes import Notes
from peereval.studies import AnswerColumn

#: What platforms write in the column of an option, beside the words of the study.
_TICKED = frozenset({"checked", "selected"})
_UNTICKED = frozenset({"unchecked", "not selected"})
#: Words that nobody would give an option of a question.
_TICKS = _TICKED | _UNTICKED | {"true", "false", "0", "1"}
_DELIMITERS = (";", "|", "\n", ",")


class _Parts(Struct, frozen=True):
    """The answers in one cell: the folded options, reasons to be missing, and other texts."""

    chosen: frozenset[str]
    reasons: tuple[str, ...]
    others: tuple[str, ...]

    @property
    def answered(self) -> bool:
        """Whether there is any answer in it."""
        return bool(self.chosen or self.others)


def read_options(
    cells: Cells,
    options: Iterable[Option],
    missing: Callable[[str], Mapping[str, str]],
    rows: pl.Series,
    notes: Notes,
) -> Iterator[pl.Series]:
    """The code of each option: 1 chosen, 0 not chosen by one who answered, else missing.

    ``missing``: of a column, folded text -> reason why it is no answer. Where every option has
    its own column, one who answered ticked any of them. Where options stand in one cell, so
    does the rest of the answer; options are found whole although they may hold the delimiter.
    Notes TBL003 for tables whose options all are no, and ANS006 for cells with answers that are no
    declared option.
    """
    joined: dict[str, list[Option]] = {}
    tables = set[frozenset[str]]()
    for option in options:
        if option.among:
            table = frozenset((option.column, *option.among))
            if isinstance(option.question, AnswerColumn) and table not in tables:
                _say_none_chosen(cells.frame, option, missing, rows, notes)
            tables.add(table)
            yield _of_columns(cells.frame, option, missing, rows, notes)
        else:
            joined.setdefault(option.column, []).append(option)
    values, codes = distinct_in(cells.frame, joined), list[pl.Expr]()
    for column, sharing in joined.items():
        texts = {value: as_text(value) for value in values[column]}
        found = _of_one_column(cells.frame[column], texts, sharing, missing(column), rows, notes)
        for id_, known in found:
            codes += (each.alias(id_) for each in looked_up([column], known, pl.Int8))
    yield from cells.frame.select(codes)


# --- every option has a column -------------------------------------------------------------


def _of_columns(
    frame: pl.DataFrame,
    option: Option,
    missing: Callable[[str], Mapping[str, str]],
    rows: pl.Series,
    notes: Notes,
) -> pl.Series:
    own, *others = (
        _is_ticked(frame[column], option, missing(column))
        for column in (option.column, *option.among)
    )
    cells, reasons = frame[option.column], missing(option.column)
    folded = {value: fold(as_text(value)) for value in distinct(cells)}
    absent = {value: reasons[key] for value, key in folded.items() if key in reasons}
    notes.missing(option.column, by_reason(counted(cells, absent, rows)))
    code = pl.when(own).then(1).when(reduce(or_, others)).then(0)
    return pl.select(code.cast(pl.Int8).alias(option.question.id)).to_series()


def _say_none_chosen(
    frame: pl.DataFrame,
    option: Option,
    missing: Callable[[str], Mapping[str, str]],
    rows: pl.Series,
    notes: Notes,
) -> None:
    """Note responses that say no to options, in words, and yes to none (TBL003)."""
    columns = (option.column, *option.among)
    ticked = reduce(or_, (_is_ticked(frame[name], option, missing(name)) for name in columns))
    words = _nothing(option)
    said = reduce(or_, (_holds(frame[name], words) for name in columns))
    found = rows.filter(said & ~ticked).drop_nulls()
    if found.len():
        notes.find(
            "TBL003",
            f"{count_of(found.len(), 'response says|responses say')} no to options of "
            f"{option.question.id!r} and its like, and yes to none: counted as not answered",
            "If each option was asked by itself, make them items of a table of kind single",
            option.column,
            found.head(EXAMPLES).to_list(),
            found.len(),
        )


def _holds(cells: pl.Series, words: Collection[str]) -> pl.Series:
    """Whether each cell is one of some folded words."""
    values = [value for value in distinct(cells) if fold(as_text(value)) in words]
    return cells.is_in(values).fill_null(False)


def _is_ticked(cells: pl.Series, option: Option, missing: Mapping[str, str]) -> pl.Series:
    """Whether anything is in a cell but a word for nothing."""
    nothing = _nothing(option) | missing.keys() | {""}
    ticked = [value for value in distinct(cells) if fold(as_text(value)) not in nothing]
    return cells.is_in(ticked).fill_null(False)


def _nothing(option: Option) -> set[str]:
    """Folded words for an option that was not chosen; never its own."""
    words = {text for text, code in option.question.codes.items() if code == 0} | _UNTICKED
    return words - {fold(option.question.option)}


# --- all options in one cell ---------------------------------------------------------------


def _of_one_column(
    cells: pl.Series,
    texts: Mapping[Any, str],
    sharing: Sequence[Option],
    missing: Mapping[str, str],
    rows: pl.Series,
    notes: Notes,
) -> Iterator[tuple[str, dict[Any, int]]]:
    """Each option, and the codes of the distinct values, which have ``texts``."""
    folded = {value: fold(text) for value, text in texts.items()}
    if _holds_ticks(folded.values(), sharing, missing):
        absent = {value: missing[key] for value, key in folded.items() if key in missing}
        notes.missing(cells.name, by_reason(counted(cells, absent, rows)))
        yield sharing[0].question.id, _codes_of_ticks(folded, sharing[0], missing)
        return
    options = frozenset(fold(option.question.option) for option in sharing)
    parts = _part(texts, options, missing)
    absent = {v: p.reasons[0] for v, p in parts.items() if p.reasons and not p.answered}
    notes.missing(cells.name, by_reason(counted(cells, absent, rows)))
    _say_others(cells, parts, rows, notes)
    for option in sharing:
        wanted = fold(option.question.option)
        codes = {v: int(wanted in part.chosen) for v, part in parts.items() if part.answered}
        yield option.question.id, codes


def _holds_ticks(
    folded: Iterable[str], sharing: Sequence[Option], missing: Mapping[str, str]
) -> bool:
    """Whether the column belongs to one option, which platforms tick in words of their own."""
    (option, *others) = (fold(each.question.option) for each in sharing)
    said = set(folded) - missing.keys() - {""}
    return not others and not option.isdecimal() and bool(said) and said <= {*_TICKS, option}


def _codes_of_ticks(
    folded: Mapping[object, str], option: Option, missing: Mapping[str, str]
) -> dict[object, int]:
    nothing = _nothing(option)
    return {v: int(key not in nothing) for v, key in folded.items() if key and key not in missing}


def _part(
    texts: Mapping[object, str], options: frozenset[str], missing: Mapping[str, str]
) -> dict[object, _Parts]:
    """The answers in each cell, parted by the delimiter that is used in this column.

    That is the first of all that parts a known answer from what follows in some cell; else a
    comma.
    """
    # Pieces have a word each, so no more of them than words can make an answer that is known.
    most = max((len(answer.split()) for answer in (*options, *missing)), default=1)
    for delimiter in _DELIMITERS:
        parts = {v: _answers(text, delimiter, options, missing, most) for v, text in texts.items()}
        if any(_is_parted(texts[value], delimiter, part) for value, part in parts.items()):
            break
    return parts


def _is_parted(text: str, delimiter: str, part: _Parts) -> bool:
    known = len(part.chosen) + len(part.reasons)
    return known > 0 and (known + len(part.others) > 1 or text.endswith(delimiter))


def _answers(
    text: str, delimiter: str, options: frozenset[str], missing: Mapping[str, str], most: int
) -> _Parts:
    pieces = [piece.strip() for piece in text.split(delimiter) if piece.strip()]
    chosen, reasons, others, at = set[str](), list[str](), list[str](), 0
    while at < len(pieces):
        ends = range(min(at + most, len(pieces)), at, -1)
        whole = ((end, fold(delimiter.join(pieces[at:end]))) for end in ends)
        known = ((end, answer) for end, answer in whole if answer in options or answer in missing)
        end, answer = next(known, (at + 1, ""))
        if answer in options:
            chosen.add(answer)
        elif answer:
            reasons.append(missing[answer])
        else:
            others.append(pieces[at])
        at = end
    return _Parts(frozenset(chosen), tuple(reasons), tuple(others))


def _say_others(
    cells: pl.Series, parts: Mapping[object, _Parts], rows: pl.Series, notes: Notes
) -> None:
    """Note answers that are no declared option: each for the table, the cells for the screen."""
    values = counted(cells, {v: as_text(v) for v, part in parts.items() if part.others}, rows)
    if not values:
        return
    by_text = {as_text(v): part.others for v, part in parts.items()}
    each: dict[str, list[Unread]] = {}
    for value in values:
        for other in dict.fromkeys(by_text[value.value]):
            each.setdefault(other, []).append(value)
    listed = [Unread(o, sum(v.n for v in found), examples(found)) for o, found in each.items()]
    notes.list_values("ANS006", cells.name, listed)
    n = sum(value.n for value in values)
    notes.find(
        "ANS006",
        f"{count_of(n, 'cell holds|cells hold')} {count_of(len(listed), 'other answer')} than the "
        "options that the study names",
        "Listed in restricted/faults.csv. Name every option of the column, so that one is "
        "found whole although it holds the delimiter",
        cells.name,
        examples(values),
        n,
    )
