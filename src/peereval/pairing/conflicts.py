"""Two responses of one respondent that contradict each other."""

from collections.abc import Collection, Iterator

import narwhals.stable.v2 as nw
import polars as pl
from msgspec import Struct

from peereval.columns import names
from peereval.errors import ConflictError, Fault
from peereval.pairing.ledger import CONTRADICTS, standing
from peereval.plurals import count_of
from peereval.studies import Study

#: What two responses can contradict each other in; its position is its bit in ``conflict``.
KINDS = ("organisation", "phase", "year_group", "dates", "role")
_CODES = {"organisation": "CON001", "phase": "CON002", "year_group": "CON003", "dates": "CON004"}
_EARLIER = "at the earlier occasion"
_FOUND = {
    "organisation": (
        "matched response names|matched responses name",
        f"another organisation than {_EARLIER}",
    ),
    "phase": (
        "matched response answers|matched responses answer",
        f"another questionnaire version than {_EARLIER}",
    ),
    "year_group": (
        "matched response gives|matched responses give",
        f"a year group that is lower than {_EARLIER}, or more than one higher",
    ),
    "dates": ("matched response is|matched responses are", f"dated before the one {_EARLIER}"),
}
_COLUMN = {"organisation": "organisation", "phase": "phase", "year_group": "year", "dates": "day"}
_MOST_OTHERS = 4


class Conflicts(Struct, frozen=True):
    """`conflicts`, which is restricted, and what is said of them without a respondent in it."""

    table: pl.DataFrame
    findings: tuple[Fault, ...]


# --- on the engine --------------------------------------------------------------------------


def _contradictions(columns: Collection[str], study: Study) -> dict[str, nw.Expr]:
    """Kind -> whether the two responses of a pair contradict each other in it.

    What is not known at one of the occasions contradicts nothing. A year group may stay or
    rise by one; two responses may be of one day. Where ids are unique only within an
    organisation, another organisation is another respondent.
    """
    before, after = nw.col("year"), nw.col("post_year")
    known = {
        "phase": nw.col("phase") != nw.col("post_phase"),
        "role": nw.col("pre_role") != nw.col("post_role"),
    }
    if study.id_scope == "study":
        known["organisation"] = nw.col("organisation") != nw.col("post_organisation")
    if "year" in columns:
        known["year_group"] = (after < before) | (after > before + 1)
    if "day" in columns:
        known["dates"] = nw.col("post_day") < nw.col("day")
    return {kind: contradicts.fill_null(False) for kind, contradicts in known.items()}


def contradiction_bits(columns: Collection[str], study: Study) -> nw.Expr:
    """All kinds in which a pair contradicts itself, as one number: the sum of their bits."""
    bits = nw.lit(0)
    for kind, flag in _contradictions(columns, study).items():
        bits = bits + flag.cast(nw.Int16) * _bit(kind)
    return bits.cast(nw.Int16)


def bars(columns: Collection[str], study: Study) -> Iterator[tuple[nw.Expr, int]]:
    """Why a pair is not used: condition and standing, of which the first that holds counts."""
    found = _contradictions(columns, study)
    yield found["phase"], standing(study, "phase_differs")
    for kind, reason in CONTRADICTS.items():
        if kind in found and study.conflicts[kind] == "drop":
            yield found[kind], standing(study, "conflict", reason)


# --- after it -------------------------------------------------------------------------------


def find_conflicts(contradictions: pl.DataFrame, scores: pl.DataFrame, study: Study) -> Conflicts:
    """`conflicts` of a study: one row per pair and kind, in the order of kinds and rows.

    ``contradictions``: as `pair_scores` gives them. ``scores`` sorted by row. A pair that is
    in two comparisons is there twice, and counted once in the findings. Raises
    ``ConflictError`` if there are conflicts of a kind that the study forbids.
    """
    found = contradictions["conflict"].unique()
    # Of a study without conflicts the table has its columns all the same.
    kinds = [kind for kind in _CODES if any(n & _bit(kind) for n in found)] or ["organisation"]
    table = pl.concat(
        _of_kind(contradictions.filter(has(kind)), kind, scores) for kind in kinds
    ).select(names("conflicts"))
    forbidden = [kind for kind in _CODES if study.conflicts[kind] == "error"]
    if faults := list(_findings(table.filter(pl.col("kind").is_in(forbidden)), study)):
        raise ConflictError("Responses of one respondent contradict each other", faults)
    return Conflicts(table, tuple(_findings(table, study)))


def has(kind: str) -> pl.Expr:
    """Whether a row of contradictions is one of this kind."""
    return pl.col("conflict") // _bit(kind) % 2 == 1


def _bit(kind: str) -> int:
    return 1 << KINDS.index(kind)


def _of_kind(found: pl.DataFrame, kind: str, scores: pl.DataFrame) -> pl.DataFrame:
    found = found.sort("comparison", "pre_row", "post_row")
    ends: dict[str, pl.Series] = {}
    for end, rows in (("before", found["pre_row"]), ("after", found["post_row"])):
        place = scores["row"].search_sorted(rows)
        ends |= {
            f"{end}_source": scores["source"].gather(place),
            f"{end}_row": scores["source_row"].gather(place),
            end: _said(scores, kind).gather(place),
            "respondent": scores["respondent"].gather(place),
        }
    return pl.DataFrame(ends).with_columns(
        pl.lit(kind).alias("kind"),
        found["comparison"].cast(pl.String),
        done=pl.when(found["usable"]).then(pl.lit("kept")).otherwise(pl.lit("dropped")),
    )


def _said(scores: pl.DataFrame, kind: str) -> pl.Series:
    """What each response says of what may contradict, in words."""
    column = _COLUMN[kind]
    if column not in scores.columns:
        return pl.Series(dtype=pl.String)
    said = scores[column].cast(pl.Date) if kind == "dates" else scores[column]
    return said.cast(pl.String)


def _findings(table: pl.DataFrame, study: Study) -> Iterator[Fault]:
    """One fault per kind and file of the later response."""
    pairs = table.unique(["kind", "before_source", "before_row", "after_source", "after_row"])
    rows = pairs.group_by("kind", "after_source").agg(pl.col("after_row").sort())
    order = {kind: number for number, kind in enumerate(_CODES)}
    for kind, file, found in sorted(rows.iter_rows(), key=lambda row: (order[row[0]], row[1])):
        policy, (forms, what) = study.conflicts[kind], _FOUND[kind]
        yield Fault(
            _CODES[kind],
            f"{count_of(len(found), forms)} {what}{_DONE[policy]}",
            _FIX[policy],
            file,
            found[0],
            count=len(found),
            others=tuple(found[1 : 1 + _MOST_OTHERS]),
        )


_DONE = {
    "keep": "; the study keeps such pairs",
    "drop": "; the study drops such pairs",
    "error": "",
}
_FIX = {
    "keep": "Listed in restricted/conflicts.csv",
    "drop": "Listed in restricted/conflicts.csv",
    "error": "Mend them, or choose another policy in [conflicts]",
}
