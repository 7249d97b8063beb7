"""Cells in which a person wrote a number -> whole thousandths, and what was no number."""

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import polars as pl

from peereval.labels import fold
from peereval.reading.coding import as_text, by_reason, counted, distinct, look_up
from peereval.reading.notes import Notes
from peereval.studies import LARGEST, THOUSANDTHS, NumberRule, plain

#: Type of a number: whole thousandths.
NUMBER = pl.Int64

_NUMBER = re.compile(r"-?\d{1,12}(\.\d{1,30})?")
#: Between digits a comma is of thousands (1,200), or of decimals (2,5), and else no one knows.
_COMMA = re.compile(r"\d,\d")
_THOUSANDS = re.compile(r"(?<![\d,])\d{1,3}(,\d{3})+(?![\d,])")
_DECIMALS = re.compile(r"(?<![\d,.])\d+,\d{1,2}(?![\d,.])")
#: What may stand between a number and the words beside it.
_AROUND = " \t\n.,;:"
_RANGE = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)\s*(?:[-‐‑‒–—−]|to)\s*(\d{1,9}(?:\.\d{1,3})?)")


def read_numbers(
    cells: pl.Series,
    rule: NumberRule,
    missing: Mapping[str, str],
    rows: pl.Series,
    notes: Notes,
) -> pl.Series:
    """The number in each cell in thousandths, missing where there is none.

    ``missing``: folded text -> reason why it is no answer; ``rows``: row numbers, missing where
    a row is not to be counted. Numbers are rounded to three decimals. Noted: TBL004 text that is
    no number, TBL005 numbers that are not possible; both count as missing. What only a rule of
    the study makes a number is noted as a change.
    """
    texts = {value: as_text(value) for value in distinct(cells)}
    absent, known, strange, beyond, ruled = _sort(texts, rule, missing)
    notes.missing(cells.name, by_reason(counted(cells, absent, rows)))
    notes.unread("TBL004", cells.name, counted(cells, strange, rows))
    notes.unread("TBL005", cells.name, counted(cells, beyond, rows))
    _say_ruled(cells, ruled, rows, notes)
    return look_up(cells, known, NUMBER)


def _sort(
    texts: Mapping[Any, str], rule: NumberRule, missing: Mapping[str, str]
) -> tuple[dict[Any, str], dict[Any, int], dict[Any, str], dict[Any, str], dict[Any, int]]:
    """Values that are missing, numbers, no numbers, impossible numbers, numbers by a rule."""
    absent, known, strange = dict[Any, str](), dict[Any, int](), dict[Any, str]()
    beyond, ruled = dict[Any, str](), dict[Any, int]()
    for value, text in texts.items():
        folded = fold(text)
        if not folded:
            continue
        if folded in missing:
            absent[value] = missing[folded]
            continue
        number, by_rule = _number(text, folded, rule)
        if number is None:
            strange[value] = text
        elif not _is_possible(number, rule):
            beyond[value] = text
        else:
            known[value] = number
            if by_rule:
                ruled[value] = number
    return absent, known, strange, beyond, ruled


def _number(text: str, folded: str, rule: NumberRule) -> tuple[int | None, bool]:
    """Thousandths, and whether it took a rule of the study, or of decimal commas, to see them."""
    decimal = bool(_COMMA.search(text)) and not _THOUSANDS.search(text)
    if decimal and not _DECIMALS.search(text):
        return None, False
    if _NUMBER.fullmatch(folded):
        return _thousandths(folded), decimal
    if folded in rule.texts:
        return rule.texts[folded], True
    bare = _without(folded, rule.ignored_words)
    if _NUMBER.fullmatch(bare):
        return _thousandths(bare), True
    if rule.middle_of_ranges:
        written = unicodedata.normalize("NFKC", text).casefold().strip()
        if found := _RANGE.fullmatch(_without(written, rule.ignored_words)):
            low, high = (Decimal(end) * THOUSANDTHS for end in found.groups())
            return (int((low + high) / 2), True) if low < high else (None, False)
    return None, False


def _thousandths(number: str) -> int:
    return round(Decimal(number) * THOUSANDTHS)


def _without(text: str, words: tuple[str, ...]) -> str:
    """Text without the words that the study ignores before and behind a number."""
    left = text
    while True:
        for word in words:
            if left.startswith(word) and _parts(word[-1], left[len(word) :][:1]):
                left = left[len(word) :].strip(_AROUND)
                break
            if left.endswith(word) and _parts(left[: -len(word)][-1:], word[0]):
                left = left[: -len(word)].strip(_AROUND)
                break
        else:
            return left


def _parts(one: str, two: str) -> bool:
    """Whether a word ends between two characters: not within a word, nor within a number."""
    return not (one.isalnum() and two.isalnum())


def _is_possible(number: int, rule: NumberRule) -> bool:
    low = 0 if rule.low is None else rule.low
    high = LARGEST * THOUSANDTHS if rule.high is None else rule.high
    return low <= number <= high


def _say_ruled(cells: pl.Series, ruled: Mapping[Any, int], rows: pl.Series, notes: Notes) -> None:
    if not ruled:
        return
    found = pl.DataFrame({"value": cells, "source_row": rows}).filter(
        pl.col("value").is_in(list(ruled)) & pl.col("source_row").is_not_null()
    )
    pairs = [(row, as_text(value), plain(ruled[value])) for value, row in found.iter_rows()]
    changed = pl.DataFrame(
        pairs,
        schema={"source_row": pl.Int64, "as_written": pl.String, "used": pl.String},
        orient="row",
    )
    if changed.height:
        reason = pl.lit("understood as a number by a rule, or a decimal comma").alias("reason")
        notes.change(changed.with_columns(reason), cells.name)
