"""What a person decided about near misses: read, checked and applied to the ids."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
from msgspec import Struct

from peereval.columns import STAYS, names
from peereval.errors import DecisionError, Fault, SourceError
from peereval.formulas import as_meant
from peereval.reading.coding import as_texts
from peereval.reading.formats import open_export
from peereval.studies import Study

#: What makes two rows speak of the same two ids.
IDS = ("organisation", "before", "after", "before_id", "after_id")
_NEEDED = (*IDS, "decision", "decided_by", "decided_on")
#: Where the two responses are: one may have been given under another organisation, and a program
#: on the way may have spoilt the ids.
_PLACES = ("kind", "before_source", "before_row", "after_source", "after_row")
#: The kind of near miss in which the id is right and the organisation is not.
OTHER_ORGANISATION = "other_organisation"

#: Ids that a spreadsheet saves as something else: numbers with leading zeros, with many digits
#: or with a point, powers of ten, dates, truth.
_MONTH = "(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_SPOILT = (
    r"(?i)^(0[0-9]+|[0-9]{12,}|[0-9]*[.,][0-9.,]*|[0-9]+e[0-9]+|true|false"
    r"|[0-9]{1,4}[-/. ][0-9]{1,4}([-/. ][0-9]{1,4})?"
    rf"|([0-9]{{1,2}}[-/. ]?)?{_MONTH}[-/. ]?[0-9]{{0,4}})$"
)


def for_a_spreadsheet(table: pl.DataFrame) -> pl.DataFrame:
    """`near_misses` with an apostrophe before ids that a spreadsheet would save as something else.

    ``0012`` would come back as ``12``, ``3-4`` as a date. `read_decisions` takes it off again.
    """
    ids = ("before_id", "after_id")
    return table.with_columns(
        pl.when(pl.col(name).str.contains(_SPOILT))
        .then(pl.concat_str(pl.lit("'"), name))
        .otherwise(name)
        .alias(name)
        for name in ids
    )


# --- reading --------------------------------------------------------------------------------


def read_decisions(path: Path, study: Study) -> pl.DataFrame:
    """The decisions of a filled-in table of near misses, checked.

    In: any format that an export may have. Out: one row per row of the table, all text but
    ``table_row``: the columns of `near_misses` that a decision needs, blank where missing. A
    blank decision is none. Raises ``DecisionError`` with all faults at once: DEC001 a column
    is missing, DEC002 a decision is neither accept nor reject, DEC003 nobody or no day is
    named, DEC004 a day is not written YYYY-MM-DD, DEC005 an id is accepted with two others,
    DEC006 rows contradict each other, DEC007 an id is blank or an occasion not in the study.
    """
    table = _read(path)
    faults = [
        Fault(code, found, fix, path.name, rows[0], count=len(rows), others=tuple(rows[1:5]))
        for code, found, fix, rows in _wrong(table, study)
        if rows
    ]
    if faults:
        raise DecisionError(f"The decisions in {path.name} cannot be used", faults)
    return table


def _read(path: Path) -> pl.DataFrame:
    try:
        export = open_export(path)
        if absent := [name for name in _NEEDED if name not in export.columns]:
            what = f"there is no column {' and no column '.join(map(repr, absent))}"
            fix = "Fill in restricted/near_misses.csv, and leave its columns as they are"
            raise SourceError("", [Fault("DEC001", what, fix, path.name)])
        cells = export.read([n for n in (*_NEEDED, *_PLACES) if n in export.columns])
    except SourceError as error:
        raise DecisionError(f"{path.name} cannot be read", error.faults) from None
    table = pl.DataFrame(
        [as_meant(as_texts(c).str.strip_chars().fill_null("")) for c in cells.frame]
    )
    absent = [name for name in _PLACES if name not in table.columns]
    return table.with_columns(
        *(_unmarked(name) for name in ("before_id", "after_id")),
        *(pl.lit("").alias(name) for name in absent),
        pl.col("decision").str.to_lowercase(),
        # What a spreadsheet takes for a day has a time as well.
        pl.col("decided_on").str.replace("[T ]00:00:00$", ""),
        cells.rows.alias("table_row"),
    )


def _unmarked(name: str) -> pl.Expr:
    bare = pl.col(name).str.slice(1)
    marked = pl.col(name).str.starts_with("'") & bare.str.contains(_SPOILT)
    return pl.when(marked).then(bare).otherwise(name).alias(name)


def _wrong(table: pl.DataFrame, study: Study) -> Iterator[tuple[str, str, str, list[int]]]:
    """Code, what is wrong, what to do, and the rows concerned, of everything that is checked."""

    def rows(wrong: pl.Expr) -> list[int]:
        return table.filter(wrong)["table_row"].to_list()

    decision, accepted = pl.col("decision"), pl.col("decision") == "accept"
    known = ("accept", "reject", "")
    fix = "Write accept or reject, or leave it blank"
    yield "DEC002", "the decision is neither accept nor reject", fix, rows(~decision.is_in(known))
    unsigned = accepted & ((pl.col("decided_by") == "") | (pl.col("decided_on") == ""))
    fix = "Fill in decided_by and decided_on"
    yield "DEC003", "accepted, but not by whom or when", fix, rows(unsigned)
    days = {day for day in table["decided_on"].unique() if day and not _is_day(day)}
    fix = "Write it as 2026-11-30; in a spreadsheet, in a column formatted as text"
    yield "DEC004", "the day is not written YYYY-MM-DD", fix, rows(pl.col("decided_on").is_in(days))
    blank = (pl.col("before_id") == "") | (pl.col("after_id") == "")
    strange = ~pl.col("before").is_in(study.occasions) | ~pl.col("after").is_in(study.occasions)
    fix = "Leave these columns as they are in restricted/near_misses.csv"
    yield (
        "DEC007",
        "an id is blank, or an occasion is not in the study",
        fix,
        rows((decision != "") & (blank | strange)),
    )
    yield from _quarrels(table, study)


def _is_day(text: str) -> bool:
    try:
        return bool(re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) and date.fromisoformat(text))
    except ValueError:
        return False


def _quarrels(table: pl.DataFrame, study: Study) -> Iterator[tuple[str, str, str, list[int]]]:
    """Rows that cannot all be right."""
    accepted = table.filter(pl.col("decision") == "accept").unique(IDS, maintain_order=True)
    fits, _ = link(accepted, study)
    fix = "Accept one of them, and reject the others"
    rows = accepted.filter(~pl.Series(fits, dtype=pl.Boolean))["table_row"].to_list()
    yield "DEC005", "two ids of one occasion are accepted as one respondent's", fix, rows
    decided = table.filter(pl.col("decision").is_in(("accept", "reject")))
    both = decided.filter(pl.col("decision").n_unique().over(IDS) > 1)["table_row"].to_list()
    fix = "Leave one of these rows"
    yield "DEC006", "the same ids are accepted in one row and rejected in another", fix, both


# --- ids that are one respondent's ----------------------------------------------------------

#: An organisation (empty where ids do not belong to one) and an id.
Member = tuple[str, str]


def link(
    rows: pl.DataFrame, study: Study, given: pl.DataFrame | None = None
) -> tuple[list[bool], dict[Member, dict[str, Member]]]:
    """Which rows of near misses can be accepted, taken in order, and who that makes one.

    Two ids that were given at one occasion never become one respondent's, by whatever road, and
    no response is moved to another organisation and has its id replaced as well. ``given``: of
    `given_ids`; without it, an id is known to be given only where a row says so. Out: whether
    each row was taken; and for each id all that it is one with, occasion -> id.
    """
    pairs = [_given(row, study) for row in rows.select(*IDS, *_PLACES).iter_rows(named=True)]
    moves = (rows["kind"] == OTHER_ORGANISATION).to_list()
    responses = list(rows.select("after_source", "after_row").iter_rows())
    groups: dict[Member, dict[str, Member]] = {}
    for pair in pairs:
        for occasion, member in pair:
            groups.setdefault(member, {})[occasion] = member
    for place, used, occasion in given.iter_rows() if given is not None else ():
        if (place, used) in groups:
            groups[place, used][occasion] = (place, used)
    taken, touched = list[bool](), dict[tuple[str, str], bool]()
    for ((_, one), (_, two)), move, response in zip(pairs, moves, responses, strict=True):
        mine, theirs = groups[one], groups[two]
        fits = all(theirs.get(occasion, member) == member for occasion, member in mine.items())
        fits &= not (touched[response] or move) if response in touched else True
        if fits:
            groups |= dict.fromkeys((mine | theirs).values(), mine | theirs)
            touched[response] = move
        taken.append(fits)
    return taken, groups


def given_ids(frame: pl.DataFrame, rows: pl.DataFrame, study: Study) -> pl.DataFrame:
    """Where the ids of some near misses were given: `place`, `respondent`, `occasion`, each once.

    ``frame``: responses, as in `apply_decisions`, before ids are replaced; those that are set
    aside do not count.
    """
    ids = pl.concat([rows["before_id"], rows["after_id"]]).unique().implode()
    place = pl.col("organisation") if study.id_scope == "organisation" else pl.lit("")
    here = (pl.col("exclusion") == STAYS) & pl.col("respondent").is_in(ids)
    given = frame.filter(here).select(
        place.fill_null("").cast(pl.String).alias("place"),
        pl.col("respondent", "occasion").cast(pl.String),
    )
    return given.unique(maintain_order=True)


def refuse_spoilt(frame: pl.DataFrame, decisions: pl.DataFrame, path: Path) -> None:
    """Raise ``DecisionError`` (DEC008) if accepted ids have lost zeros since they were listed.

    ``frame``: responses of some exports, ids as used before any decision. What is left of an id
    could be another respondent's.
    """
    at = {(source, str(row)): used for source, row, used in frame.filter(
        pl.col("source_row").cast(pl.String).is_in(
            pl.concat([decisions["before_row"], decisions["after_row"]]).unique().implode()
        )
    ).select("source", "source_row", "respondent").iter_rows()}  # fmt: skip
    rows = [
        row["table_row"]
        for row in decisions.filter(pl.col("decision") == "accept").iter_rows(named=True)
        for side in ("before", "after")
        if (used := at.get((row[f"{side}_source"], row[f"{side}_row"])))
        and used != row[f"{side}_id"]
        and used.lstrip("0") == row[f"{side}_id"].lstrip("0")
    ]
    if rows:
        rows = list(dict.fromkeys(rows))
        what = "accepted, but an id has lost or gained zeros since it was listed"
        fix = "Open the table with the ids as text, or write the zeros again"
        fault = Fault("DEC008", what, fix, path.name, rows[0], count=len(rows),
                      others=tuple(rows[1:5]))  # fmt: skip
        raise DecisionError(f"The decisions in {path.name} cannot be used", [fault])


def refuse_two_at_once(
    decisions: pl.DataFrame, given: pl.DataFrame, study: Study, path: Path
) -> None:
    """Raise ``DecisionError`` (DEC005) if accepted ids were both given at some occasion.

    The exports may have changed since a person decided. ``given``: of `given_ids`, of all
    responses.
    """
    accepted = decisions.filter(pl.col("decision") == "accept").unique(IDS, maintain_order=True)
    fits, _ = link(accepted, study, given)
    rows = accepted.filter(~pl.Series(fits, dtype=pl.Boolean))["table_row"].to_list()
    if not rows:
        return
    what = "two ids are accepted as one respondent's that were both given at one occasion"
    fix = "Reject it: nobody has two ids at once. Has an export changed since?"
    fault = Fault("DEC005", what, fix, path.name, rows[0], count=len(rows), others=tuple(rows[1:5]))
    raise DecisionError(f"The decisions in {path.name} cannot be used", [fault])


def _given(row: Mapping[str, Any], study: Study) -> tuple[tuple[str, Member], tuple[str, Member]]:
    """The two ids of a near miss, each with the occasion at which it was given."""
    place = row["organisation"] if study.id_scope == "organisation" else ""
    # In another organisation the same id is another id: there it is known by its response.
    there = f"{row['after_source']}\x1f{row['after_row']}"
    later = there if row["kind"] == OTHER_ORGANISATION else place
    return (row["before"], (place, row["before_id"])), (row["after"], (later, row["after_id"]))


# --- applying -------------------------------------------------------------------------------


class Applied(Struct, frozen=True):
    """Responses with the ids that a person decided on.

    ``frame``: as it was, with other ids. ``changes``: one row per cell that was changed.
    ``found``: one row per accepted decision (`table_row`), with how many responses have its
    earlier and its later id at their occasions (`n_before`, `n_after`).
    """

    frame: pl.DataFrame
    changes: pl.DataFrame
    found: pl.DataFrame


def apply_decisions(frame: pl.DataFrame, decisions: pl.DataFrame, study: Study) -> Applied:
    """Responses in which ids that are one respondent's are one id: the one given first.

    ``frame`` has the columns `source`, `source_row`, `respondent`, `organisation` and
    `occasion`, and perhaps `respondent_as_written`; it may be one export of several.
    ``decisions``: of `read_decisions`, or `accepting`. An id is replaced at every occasion:
    somebody who writes it at the follow-up, and again a term later, is one person. Where the
    kind is ``other_organisation``, that one response gets the organisation instead. Decisions
    that do not fit together (see `link`) are left out, the later ones.
    """
    accepted = decisions.filter(pl.col("decision") == "accept").unique(IDS, maintain_order=True)
    taken, groups = link(accepted, study)
    accepted = accepted.filter(pl.Series(taken, dtype=pl.Boolean))
    ids = pl.concat([accepted["before_id"], accepted["after_id"]]).unique().implode()
    places = frame["respondent"].is_in(ids).fill_null(False).arg_true()
    here = [name for name in (*_RESPONSE, "respondent_as_written") if name in frame.columns]
    rows = frame.select(pl.col(here).gather(places)).with_columns(places.alias("place"))
    changes = pl.DataFrame(
        [*_new_ids(rows, accepted, groups, study), *_new_organisations(rows, accepted, study)],
        schema=_CHANGED,
        orient="row",
    )
    for word in changes["word"].unique():
        some = changes.filter(pl.col("word") == word)
        frame = frame.with_columns(frame[word].clone().scatter(some["place"], some["used"]))
    return Applied(frame, changes.select(names("changes")), _counted(rows, accepted, study))


_RESPONSE = ("source", "source_row", "respondent", "organisation", "occasion")
#: A cell that is to be changed: its place in the frame, and a row of `changes`.
_CHANGED = {"place": pl.UInt32, "word": pl.String} | {
    name: pl.Int64 if name == "source_row" else pl.String for name in names("changes")
}


def _new_ids(
    rows: pl.DataFrame,
    accepted: pl.DataFrame,
    groups: Mapping[Member, Mapping[str, Member]],
    study: Study,
) -> Iterator[dict[str, Any]]:
    """Responses whose id is replaced by the first of all that are the same respondent's."""
    instead: dict[Member, tuple[str, str]] = {}
    for decision in accepted.iter_rows(named=True):
        for _, member in _given(decision, study):
            first = min(groups[member], key=study.occasions.index)
            _, used = groups[member][first]
            if used != member[1]:
                instead.setdefault(member, (used, _reason(decision)))
    for row in rows.iter_rows(named=True):
        place = row["organisation"] if study.id_scope == "organisation" else ""
        if found := instead.get((place, row["respondent"])):
            written = row.get("respondent_as_written", row["respondent"])
            yield _change(row, "respondent", study.respondent, written, *found)


def _new_organisations(
    rows: pl.DataFrame, accepted: pl.DataFrame, study: Study
) -> Iterator[dict[str, Any]]:
    """Responses that were given under another organisation."""
    moves = accepted.filter(pl.col("kind") == OTHER_ORGANISATION)
    for decision in moves.iter_rows(named=True):
        for row in rows.iter_rows(named=True):
            if _is_later(row, decision):
                used = decision["organisation"], _reason(decision)
                yield _change(row, "organisation", study.organisation, row["organisation"], *used)


def _is_later(row: Mapping[str, Any], decision: Mapping[str, Any]) -> bool:
    """Whether a response is the later one of a decision, in the export and row that it names."""
    return (row["source"], str(row["source_row"]), row["occasion"], row["respondent"]) == (
        decision["after_source"],
        str(decision["after_row"]),
        decision["after"],
        decision["after_id"],
    )


def _change(
    row: Mapping[str, Any], word: str, column: str, as_written: str, used: str, reason: str
) -> dict[str, Any]:
    place, source, source_row = (row[name] for name in ("place", "source", "source_row"))
    return dict(
        zip(
            _CHANGED,
            (place, word, source, source_row, column, as_written, used, reason),
            strict=True,
        )
    )


def _reason(decision: Mapping[str, Any]) -> str:
    who, when = decision["decided_by"], decision["decided_on"]
    return f"near miss accepted by {who} on {when}" if who else "near miss taken as accepted"


def _counted(rows: pl.DataFrame, accepted: pl.DataFrame, study: Study) -> pl.DataFrame:
    """How many responses have the two ids of each decision at its occasions."""
    there = Counter[tuple[str, Member]]()
    for row in rows.iter_rows(named=True):
        place = row["organisation"] if study.id_scope == "organisation" else ""
        there[row["occasion"], (place, row["respondent"])] += 1
        response = f"{row['source']}\x1f{row['source_row']}"
        there[row["occasion"], (response, row["respondent"])] += 1
    return pl.DataFrame(
        [
            (decision["table_row"], *(there[given] for given in _given(decision, study)))
            for decision in accepted.iter_rows(named=True)
        ],
        schema=dict.fromkeys(("table_row", "n_before", "n_after"), pl.Int64),
        orient="row",
    )


def find_stale(found: Iterable[pl.DataFrame], path: Path) -> list[Fault]:
    """DEC010: accepted decisions of which an id is not at its occasion any more.

    ``found``: `Applied.found` of every part of the responses.
    """
    counts = pl.concat(found).group_by("table_row").sum().sort("table_row")
    stale = counts.filter((pl.col("n_before") == 0) | (pl.col("n_after") == 0))
    rows = stale["table_row"].to_list()
    if not rows:
        return []
    what = "accepted, but no response has one of the two ids at its occasion: nothing was changed"
    fix = "The exports have changed since: look at restricted/near_misses.csv again"
    return [
        Fault("DEC010", what, fix, path.name, rows[0], count=len(rows), others=tuple(rows[1:5]))
    ]
