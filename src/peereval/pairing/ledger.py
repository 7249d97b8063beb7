"""What a row can come to, and the ledger that says so of each."""

from collections.abc import Iterator

import polars as pl

from peereval.columns import LEDGER_STATUSES, names
from peereval.studies import Study

#: Rows that no comparison may look at, and why.
SET_ASIDE = ("test_response", "unfinished", "excluded")
#: Rows that are not the one response of a respondent at an occasion.
UNPAIRED = (*SET_ASIDE, "no_id", "duplicate")

#: The standing of a row of which nothing is decided yet.
OPEN = 0

_SAME = "this respondent at this occasion"
MORE_COMPLETE = f"another row of {_SAME} is more complete"
#: Why a duplicate lost that was not less complete than the row kept, by policy.
OTHERWISE = {
    "most_complete": f"another row of {_SAME} is as complete, and later",
    "first": f"an earlier row of {_SAME} was kept",
    "last": f"a later row of {_SAME} was kept",
    "drop": "the respondent answered more than once at this occasion; none was kept",
    "error": LEDGER_STATUSES["duplicate"],
}
_DROPS = "and the study drops such pairs"
#: Why a pair is not used although it was matched, by kind of conflict.
CONTRADICTS = {
    "organisation": f"matched, but with another organisation at the other occasion, {_DROPS}",
    "year_group": f"matched, but the year group falls or rises by more than one, {_DROPS}",
    "dates": f"matched, but the follow-up is dated before the baseline, {_DROPS}",
}


def standings(study: Study) -> dict[tuple[str, str], int]:
    """(status, reason) -> number, in the order in which a row is judged.

    A row that is in several pairs has the highest of their numbers: the one that got furthest.
    """
    found = dict.fromkeys(
        (status, reason)
        for status, text in LEDGER_STATUSES.items()
        for reason in _reasons(status, text, study)
    )
    return {each: number for number, each in enumerate(found, OPEN + 1)}


def standing(study: Study, status: str, reason: str = "") -> int:
    """The number of one standing; without ``reason``, of a status that has only one."""
    return standings(study)[status, reason or LEDGER_STATUSES[status]]


def _reasons(status: str, text: str, study: Study) -> Iterator[str]:
    if status == "excluded":
        yield from (exclusion.reason for exclusion in study.exclusions)
    elif status == "duplicate":
        yield from (MORE_COMPLETE, OTHERWISE[study.duplicates])
    elif status == "conflict":
        yield from CONTRADICTS.values()
    else:
        yield text


def write_ledger(fates: pl.DataFrame, scores: pl.DataFrame, study: Study) -> pl.DataFrame:
    """`ledger`: the fates with where each row came from, and the reason in words.

    ``scores`` sorted by row. Words that many rows share are held once (categorical).
    """
    lean = fates.with_columns(
        pl.col("comparison").cast(pl.Categorical), pl.col("n_outcomes").cast(pl.Int32)
    ).sort("row", "comparison")
    # Both are in the order of rows: looked up, not joined, which would hold everything twice;
    # and one column after the other, for the same reason.
    place = scores["row"].search_sorted(lean["row"])
    for name in ("source_row", "respondent"):
        lean = lean.with_columns(scores[name].gather(place))
    for name in ("source", "occasion", "phase"):
        lean = lean.with_columns(scores[name].cast(pl.Categorical).gather(place))
    said = lean.join(_words(study), on="standing", how="left", maintain_order="left")
    return said.with_columns(pl.col("n_outcomes").cast(pl.Int64)).select(names("ledger"))


def _words(study: Study) -> pl.DataFrame:
    """Status and reason of each standing."""
    rows = [(number, *words) for words, number in standings(study).items()]
    table = pl.DataFrame(rows, schema=["standing", "status", "reason"], orient="row")
    return table.with_columns(
        pl.col("standing").cast(pl.Int16), pl.col("status", "reason").cast(pl.Categorical)
    )
