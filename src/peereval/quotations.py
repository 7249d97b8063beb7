"""Quotations that a person chose from free text: which may be shown, and why others may not.

A person has chosen and edited them; this is the second look, not the first. What is held back in
error costs a quotation, what is let through in error a child: in doubt it is held back.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import polars as pl
from msgspec import Struct, field

from peereval.coding_sheets import Coding
from peereval.columns import names
from peereval.errors import Fault
from peereval.plurals import count_of
from peereval.studies import Study, Table, ThemeRule, theme_column

Row = dict[str, Any]

_EMAIL = re.compile(r"\S@\S|\bwww\.|https?:|\.(com|org|uk|net)\b", re.IGNORECASE)
_POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s*\d[A-Z]{2}\b", re.IGNORECASE)
_DIGIT = re.compile(r"\d")
_TOKEN = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_SENTENCE_END = re.compile(r"[.!?…]['\"’”)\]]*\s*$")
_TITLE = frozenset({"mr", "mrs", "ms", "miss", "mx", "dr", "sir", "madam"})
#: Words that begin a sentence and are nobody's name; any other capital there may be one.
_BEGINNERS = """
    a about advice after all also always an and another any anyone are as asking at be because
    been before being better but by can can't could couldn't did didn't do does doesn't doing don't
    each even every everyone everything feeling felt for friends from getting give going good had
    happy hard has have haven't having he he's help helped helping her here him his how i i'd i'll
    i'm i've if in is isn't it it'll it's its just knowing learning less like listening lots make
    makes making many maybe me meeting mentoring mentors more most much my never new no nobody not
    nothing now of on one only or other our people probably quite really school seeing sharing she
    she's so some someone something sometimes speaking still talking teachers than that that's the
    their them then there there's these they they're they've things this those to together too
    trying understanding usually very was wasn't we we'd we're we've were what whatever when
    whenever where which while who why with without working would wouldn't yes you you're
    your"""
#: Words of names of organisations that say nothing about which one it is.
_GENERIC = """
    academy all and association at boys c ce centre church city club college community
    comprehensive county england for free girls grammar group high in infant infants junior juniors
    nursery of on organisation primary project pupils referral saint school schools secondary
    service services sixth form special st support the town trust unit upper lower university
    village youth young people"""
_BEGINNING, GENERIC = frozenset(_BEGINNERS.split()), frozenset(_GENERIC.split())


class Quotations(Struct, frozen=True):
    """`quotations`, which may be shown, `quotations_withheld`, which may not, and findings.

    Without any table where nothing was coded.
    """

    tables: dict[str, pl.DataFrame] = field(default_factory=dict)
    findings: tuple[Fault, ...] = ()


class _Known(Struct, frozen=True):
    """What no quotation may hold: ids of respondents, and words of names of organisations."""

    ids: frozenset[str]
    places: frozenset[str]


def choose_quotations(
    codings: Iterable[Coding], answers: pl.DataFrame, scores: pl.DataFrame, study: Study
) -> Quotations:
    """The quotations of all sheets, sorted into those that may be shown and those that may not.

    ``answers``: of `join_codes`. A quotation is shown once, under the first of its themes that
    has enough respondents and organisations behind it, of its phase, role and occasion. TBL014
    counts those withheld.
    """
    codings = tuple(codings)
    if not codings:
        return Quotations()
    known = _known(scores)
    shown, held, findings = list[Row](), list[Row](), list[Fault]()
    for coding in codings:
        mine = list(_sorted(coding, answers, known, study))
        withheld = [row for row in mine if row["reason"]]
        shown += [row for row in mine if not row["reason"]]
        held += withheld
        findings += _said(coding.table, withheld, len(mine))
    places = scores.select("row", "source", "source_row")
    released = pl.DataFrame(shown, _WORDS, orient="row")
    restricted = pl.DataFrame(held, _WORDS, orient="row").join(places, on="row")
    tables = {"quotations": released, "quotations_withheld": restricted}
    # In an order that says nothing about who answered first.
    made = {name: table.select(names(name)) for name, table in tables.items()}
    sorted_ = {name: table.sort(table.columns) for name, table in made.items()}
    return Quotations(sorted_, tuple(findings))


_WORDS: Mapping[str, Any] = {
    "row": pl.Int64, "table": pl.String, "theme": pl.String, "phase": pl.String,
    "role": pl.String, "quotation": pl.String, "reason": pl.String,
}  # fmt: skip


def _sorted(coding: Coding, answers: pl.DataFrame, known: _Known, study: Study) -> Iterator[Row]:
    """Every chosen quotation of a sheet, and why it is withheld, if it is."""
    chosen = coding.codes.filter(pl.col("quote")).sort("row", "coder")
    about = chosen.select("row", "quotation").join(answers, on="row", maintain_order="left")
    seen = set[str]()
    # Of the same words only the first are shown, whatever the order of the exports.
    for row in about.sort("quotation", "phase", "role", "row").iter_rows(named=True):
        theme, reasons = _judge(row, coding.table, answers, known, study)
        words = row["quotation"].casefold()
        if words in seen:
            reasons.append("the same quotation is there already")
        if not reasons:
            seen.add(words)
        yield {
            "row": row["row"], "table": coding.table.id, "theme": theme, "phase": row["phase"],
            "role": row["role"] or "", "quotation": row["quotation"],
            "reason": "; ".join(reasons),
        }  # fmt: skip


def _said(table: Table, held: list[Row], n: int) -> Iterator[Fault]:
    if not held:
        return
    counts: dict[str, int] = {}
    for row in held:
        for reason in row["reason"].split("; "):
            counts[reason] = counts.get(reason, 0) + 1
    listed = ", ".join(f"{reason} ({count})" for reason, count in sorted(counts.items()))
    what = f"{len(held):,} of {count_of(n, 'chosen quotation')} withheld: {listed}"
    fix = "Listed in restricted/quotations_withheld.csv: edit them in the sheet, or choose others"
    file = table.themes.sheet.name if table.themes else ""
    yield Fault("TBL014", what, fix, file, place=f"tables {table.id}", count=len(held))


def _known(scores: pl.DataFrame) -> _Known:
    ids = scores["respondent"].drop_nulls().unique().cast(pl.String).to_list()
    places = scores["organisation"].drop_nulls().unique().cast(pl.String).to_list()
    words = {word for place in places for word in _words(place)}
    return _Known(
        frozenset(each.casefold() for each in ids),
        frozenset(word for word in words if len(word) > 2).difference(GENERIC),
    )


def _words(text: str) -> list[str]:
    return [word.casefold().replace("’", "'") for word in _TOKEN.findall(text)]


# --- one quotation --------------------------------------------------------------------------


def _judge(
    row: Mapping[str, Any], table: Table, answers: pl.DataFrame, known: _Known, study: Study
) -> tuple[str, list[str]]:
    """The theme under which a quotation is shown, and why it is not."""
    rule = table.themes
    assert rule is not None
    reasons = list(_in_the_text(row["quotation"], known, rule))
    theirs = [name for name in table.options if row[theme_column(table.id, name)] == 1]
    if not theirs:
        return "", [*reasons, "no theme"]
    alike = answers.filter(
        pl.col("phase") == row["phase"],
        pl.col("occasion") == row["occasion"],
        pl.col("role").eq_missing(pl.lit(row["role"])),
    )
    against = [_too_few(alike, table, name, rule, study) for name in theirs]
    theme = next((name for name, few in zip(theirs, against, strict=True) if not few), "")
    return theme, reasons if theme else [*reasons, against[0]]


def _too_few(alike: pl.DataFrame, table: Table, theme: str, rule: ThemeRule, study: Study) -> str:
    """Why a theme has too few behind it, in a column of like responses; nothing if it has not."""
    behind = alike.filter(pl.col(theme_column(table.id, theme)) == 1)
    if behind.height < rule.respondents:
        return f"fewer than {rule.respondents} respondents with the theme"
    if not rule.organisations:
        return ""
    if not study.organisation:
        return "organisations are not known"
    few = behind["organisation"].drop_nulls().n_unique() < rule.organisations
    return f"fewer than {rule.organisations} organisations with the theme" if few else ""


def _in_the_text(text: str, known: _Known, rule: ThemeRule) -> Iterator[str]:
    if not text:
        yield "no text"
    if len(text) > rule.longest:
        yield f"longer than {rule.longest} characters"
    if _EMAIL.search(text):
        yield "an address"
    if _POSTCODE.search(text):
        yield "a postcode"
    if _DIGIT.search(text):
        yield "digits"
    parts = {part.casefold() for part in re.split(r"[\s,;:.!?\"()]+", text) if part}
    if (parts | set(_words(text))) & known.ids:
        yield "an id"
    if set(_words(text)) & known.places:
        yield "a word of the name of an organisation"
    if _may_name(text):
        yield "a word that may be a name"


def _may_name(text: str) -> bool:
    """Whether a word has a capital and is none of those that begin sentences, or is a title."""
    for found in _TOKEN.finditer(text):
        word = found[0]
        plain = word.casefold().replace("’", "'")
        if plain.rstrip(".") in _TITLE:
            return True
        if not word[0].isupper() or plain in ("i", "i'm", "i've", "i'd", "i'll", "ok"):
            continue
        before = text[: found.start()].strip().lstrip("'\"‘’“”([…")
        begins = not before or _SENTENCE_END.search(before) is not None
        if not (begins and plain in _BEGINNING):
            return True
    return False
