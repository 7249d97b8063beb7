"""Which rows of an export are set aside, and whose each of them is."""

from collections.abc import Mapping

import polars as pl

from peereval.columns import DECLARED, STAYS, TEST, UNFINISHED
from peereval.identifiers import lost_digits, normalise
from peereval.labels import fold
from peereval.plurals import count_of
from peereval.reading.coding import (
    EXAMPLES,
    as_text,
    as_texts,
    by_reason,
    counted,
    distinct,
    look_up,
)
from peereval.reading.export import Cells, Export, Marks
from peereval.reading.notes import Notes
from peereval.studies import Study


def set_aside(cells: Cells, export: Export, study: Study, notes: Notes) -> pl.Series:
    """Why each row is set aside (codes of `exclusion`, 0 where it stays).

    Tests of the survey go before unfinished responses, and these before what the study
    declares, in its order. Notes EXC001, EXC002 and EXC003 with how many rows each, EXC004 if no
    row stays.
    """
    why = pl.Series("exclusion", [STAYS], pl.Int8).new_from_index(0, cells.frame.height)
    tests = "test or preview of the survey is|tests or previews of the survey are"
    unfinished = "unfinished response is|unfinished responses are"
    for code, reason, key, choice, marks, what in (
        ("EXC001", TEST, "tests", study.tests, export.tests, tests),
        ("EXC002", UNFINISHED, "unfinished", study.unfinished, export.unfinished, unfinished),
    ):
        if marks is None or marks.column not in cells.frame.columns:
            continue
        rows = _marked(cells, marks) & (why == STAYS)
        done, other = ("set aside", "keep") if choice == "exclude" else ("kept", "exclude")
        why = _set(why, rows, reason) if choice == "exclude" else why
        fix = f'To {"keep them" if other == "keep" else "set them aside"}, write {key} = "{other}"'
        _say(code, what, done, f"{fix} in [responses]", rows, cells, marks, notes)
    for position, each in enumerate(study.exclusions):
        marks = Marks(each.column, each.values)
        if marks.column not in cells.frame.columns:
            continue
        rows = _marked(cells, marks) & (why == STAYS)
        why = _set(why, rows, DECLARED + position)
        _say(
            "EXC003", "row is|rows are", f"set aside: {each.reason}", "", rows, cells, marks, notes
        )
    if why.len() and not (why == STAYS).any():
        what = f"every row is set aside, {why.len():,} in all: nothing of this export is used"
        notes.find("EXC004", what, "Look at [responses] and [[exclude]]", count=why.len())
    return why


def _marked(cells: Cells, marks: Marks) -> pl.Series:
    """Whether each row has one of the marks; an empty text among them is a blank cell."""
    column = cells.frame[marks.column]
    values = [v for v in distinct(column) if fold(as_text(v)) in marks.values]
    return column.is_in(values).fill_null("" in marks.values)


def _set(why: pl.Series, rows: pl.Series, reason: int) -> pl.Series:
    return why.zip_with(~rows, pl.Series([reason], dtype=pl.Int8)) if rows.any() else why


def _say(
    code: str,
    what: str,
    done: str,
    fix: str,
    rows: pl.Series,
    cells: Cells,
    marks: Marks,
    notes: Notes,
) -> None:
    if n := int(rows.sum()):
        first = cells.rows.filter(rows).head(EXAMPLES).to_list()
        notes.find(code, f"{count_of(n, what)} {done}", fix, marks.column, first, n)


#: What people write where they have no id, folded, and what stands at the foot of a table. Two
#: who do are not one respondent.
_NO_ID = frozenset(
    fold(text)
    for text in (
        "N/A", "NA", "none", "null", "nil", "nan", "unknown", "not known", "don't know", "no id",
        "no code", "not applicable", "missing", "blank", "?", "-", ".", "test", "testing", "tester",
        "example", "sample", "dummy", "total", "totals", "grand total", "total responses", "sum",
        "average", "mean", "median", "count",
    )
)  # fmt: skip


def _without_words(ids: pl.Series, study: Study) -> pl.Series:
    """Ids, missing where they are words for none, such as those that the study declares.

    Only words: 99 may well be somebody's id.
    """
    id_, none = pl.col("id"), _NO_ID.union(study.missing)
    words = pl.DataFrame({"id": ids}).select(
        id_.filter(id_.str.contains(r"^[^0-9]{1,60}$")).unique(maintain_order=True)
    )
    found = [each for each in words.to_series() if fold(each) in none]
    return ids.set(ids.is_in(found).fill_null(False), None) if found else ids


def read_ids(
    cells: pl.Series, blank: frozenset[str], rows: pl.Series, study: Study, notes: Notes
) -> tuple[pl.Series, pl.Series]:
    """Ids as used (missing where there is none), and as the export has them.

    ``blank``: folded texts that the export itself declares to be no answer. Each id that is not
    used as it is written goes into `changes`. An id that has lost digits is none (ID004): what
    different respondents share could match anybody.
    """
    as_written = as_texts(cells)
    answered = without(as_written, blank)
    named = _without_words(answered, study)
    normalised = normalise(named, study.normalise)
    used, reasons = normalised.used, normalised.reasons
    words = named.is_null() & answered.is_not_null()
    if words.any():
        reasons = reasons.set(words, "it is a word for no id")
        n, first = int(words.sum()), rows.filter(words).head(EXAMPLES).to_list()
        ids = count_of(n, "id is a word|ids are words")
        what = f"{ids} such as N/A, test or total: counted as no id"
        notes.find("ID009", what, "See who these respondents are", cells.name, first, n)
    lost = lost_digits(used)
    if lost.any():
        used, reasons = used.set(lost, None), reasons.set(lost, "digits were lost: it is no id")
        n, first = int(lost.sum()), rows.filter(lost).head(EXAMPLES).to_list()
        ids = count_of(n, "id has lost digits|ids have lost digits")
        what = f"{ids}, saved as a number like 1.2E+11: counted as no id"
        notes.find("ID004", what, "Export again with the ids as text", cells.name, first, n)
    table = pl.DataFrame(
        {"source_row": rows, "as_written": as_written, "used": used, "reason": reasons}
    )
    changed = pl.col("as_written").fill_null("") != pl.col("used").fill_null("")
    changes = table.filter(changed)
    if changes.height:
        notes.change(changes.with_columns(pl.col("used").fill_null("")), cells.name)
    return used, as_written


def without(texts: pl.Series, blank: frozenset[str]) -> pl.Series:
    """Texts, missing where they fold to one of ``blank``."""
    values = [value for value in distinct(texts) if fold(value) in blank] if blank else []
    return texts.set(texts.is_in(values).fill_null(False), None) if values else texts


def read_words(
    cells: pl.Series, missing: Mapping[str, str], rows: pl.Series, notes: Notes
) -> pl.Series:
    """A characteristic as words, missing where blank or, by folded text -> reason, ``missing``."""
    texts = as_texts(cells)
    folded = {value: fold(value) for value in distinct(texts)}
    absent = {value: missing[key] for value, key in folded.items() if key in missing}
    notes.missing(cells.name, by_reason(counted(texts, absent, rows)))
    used = {v: v.strip() for v, key in folded.items() if key and v not in absent}
    if used != {value: value for value in folded}:
        texts = look_up(texts, used, pl.String)
    return texts.cast(pl.Categorical)
