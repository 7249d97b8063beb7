"""Several responses of one respondent at one occasion."""

from collections.abc import Iterator
from io import BytesIO

import narwhals.stable.v2 as nw
import polars as pl
from msgspec import Struct

from peereval.columns import STAYS, names
from peereval.engines import Engine, Frame
from peereval.errors import DuplicateError, Fault
from peereval.pairing.matching import keys_of, may_pair
from peereval.plurals import count_of
from peereval.studies import Study

_KINDS = {
    "identical": "with the same answers each time",
    "more_complete": "their answers agree, and one is more complete",
    "contradictory": "their answers contradict each other",
}
_MOST_OTHERS = 4
#: Rows from which answers are packed: to pack takes as long for ten as for ten thousand.
_MANY = 100_000


class AnswerSheets:
    """The codes of all rows, packed until those of a few are asked for.

    Scores do not tell two answer sheets apart, and few rows are duplicates: packed, all
    answers take a quarter of the memory.
    """

    def __init__(self, study: Study) -> None:
        self._columns = study.item_columns
        self._parts: list[tuple[int, bytes]] = []
        self._waiting: list[pl.DataFrame] = []

    def add(self, answers: pl.DataFrame) -> None:
        """Take the next rows in, in reading order."""
        self._waiting.append(answers[self._columns])
        if sum(map(len, self._waiting)) >= _MANY:
            self._pack()

    def _pack(self) -> None:
        together, packed = pl.concat(self._waiting), BytesIO()
        together.write_ipc(packed, compression="zstd")
        self._parts.append((together.height, packed.getvalue()))
        self._waiting = []

    def of(self, places: pl.Series) -> pl.DataFrame:
        """Codes of the rows at ``places`` in reading order (from 0, rising)."""
        if self._waiting:
            self._pack()
        found, first = list[pl.DataFrame](), 0
        for height, packed in self._parts:
            here = places.filter((places >= first) & (places < first + height)) - first
            if len(here):
                found.append(pl.read_ipc(BytesIO(packed))[here])
            first += height
        return pl.concat(found)


class Duplicates(Struct, frozen=True):
    """`duplicates`, which is restricted, and what is said of them without a respondent in it."""

    table: pl.DataFrame
    findings: tuple[Fault, ...]


def find_duplicates(
    scores: pl.DataFrame, ledger: pl.DataFrame, sheets: AnswerSheets, study: Study
) -> Duplicates:
    """`duplicates` of a study: one row per respondent and occasion with several responses.

    ``scores`` sorted by row; rows that are set aside, or without an id, are in none. Compared
    are the codes of the items and questions that the study uses, as they were understood and
    before anything is reversed; what was not understood, or is missing for a declared reason,
    is no answer. Rows are ``contradictory`` if two of them answer a question differently;
    ``identical`` if they answer the same questions with the same; else ``more_complete``: they
    agree wherever both answer, and one answers what another does not.
    """
    lost = ledger.filter(pl.col("status") == "duplicate")["row"]
    rows = _shared(scores, lost, study)
    if rows.is_empty():
        return Duplicates(pl.DataFrame(schema=_TYPES), ())
    kinds = _kinds(rows["group"], sheets.of(rows["place"]))
    shown = pl.format("{}: {}", "source", "source_row")
    kept = pl.col("kept")
    groups = rows.sort("group", "place").group_by("group", maintain_order=True).agg(
        pl.col("respondent", "occasion", "source", "source_row").first(),
        pl.coalesce(pl.col("organisation").filter(kept).first(), pl.col("organisation").first())
        .alias("organisation"),
        pl.col("organisation").drop_nulls().n_unique().alias("n_organisations"),
        pl.len().cast(pl.Int64).alias("n_rows"),
        shown.str.join("; ").alias("rows"),
        shown.filter(kept).str.join("; ").alias("kept"),
    ).join(kinds, on="group", maintain_order="left")  # fmt: skip
    findings = (*_findings(groups), *_between_organisations(groups, study))
    return Duplicates(groups.select(names("duplicates")), findings)


_TYPES = {name: pl.Int64 if name == "n_rows" else pl.String for name in names("duplicates")}


def _shared(scores: pl.DataFrame, lost: pl.Series, study: Study) -> pl.DataFrame:
    """All rows of the respondents and occasions that have lost a row to another.

    With their ``place`` in reading order, whether they are ``kept``, and the number of their
    ``group``.
    """
    keys = [*keys_of(study), "occasion"]
    theirs = scores[scores["row"].search_sorted(lost)].select(keys).unique(maintain_order=True)
    # By id alone to begin with: then there are few rows to be joined by everything. All columns
    # are filtered before some are taken: the other way round, polars copies them.
    named = scores["respondent"].is_in(theirs["respondent"].implode()).fill_null(False)
    return (
        scores.filter(named)
        .select(names("scores"))
        .with_columns(place=named.arg_true())
        .filter(exclusion=STAYS)
        .join(theirs.with_row_index("group"), on=keys, maintain_order="left")
        .with_columns(kept=~pl.col("row").is_in(lost.implode()))
    )


def _kinds(group: pl.Series, answers: pl.DataFrame) -> pl.DataFrame:
    """How the rows of each group differ."""
    answered = pl.all().count()
    differ = pl.any_horizontal(pl.all().drop_nulls().n_unique() > 1)
    gaps = pl.any_horizontal((answered > 0) & (answered < pl.len()))
    kind = (
        pl.when(differ)
        .then(pl.lit("contradictory"))
        .when(gaps)
        .then(pl.lit("more_complete"))
        .otherwise(pl.lit("identical"))
    )
    return answers.group_by(group.alias("group")).agg(kind.alias("kind"))


def _findings(groups: pl.DataFrame) -> Iterator[Fault]:
    """One fault per kind and file of the first row."""
    for kind, words in _KINDS.items():
        mine = groups.filter(kind=kind).group_by("source").agg(pl.col("source_row").sort())
        for file, rows in mine.sort("source").iter_rows():
            yield Fault(
                "DUP002",
                f"{count_of(len(rows), 'respondent')} answered more than once at one occasion: "
                f"{words}",
                "Listed in restricted/duplicates.csv; [matching] duplicates says which is kept",
                file,
                rows[0],
                count=len(rows),
                others=tuple(rows[1 : 1 + _MOST_OTHERS]),
            )


def _between_organisations(groups: pl.DataFrame, study: Study) -> Iterator[Fault]:
    """DUP003: ids that were given in several organisations at one occasion."""
    if n := groups.filter(pl.col("n_organisations") > 1).height:
        yield Fault(
            "DUP003",
            f"{count_of(n, 'id was|ids were')} given in several organisations at one occasion: "
            "counted as one respondent each",
            'If each has ids of its own, write id_scope = "organisation" in [matching]',
            study.path.name,
            count=n,
        )


def refuse_duplicates(scores: Frame, study: Study, engine: Engine) -> None:
    """Raise ``DuplicateError`` if the study forbids duplicates and there are some.

    The error says file, occasion, how many and the first row; ids stay out of it.
    """
    if study.duplicates != "error":
        return
    keys = [*keys_of(study), "occasion"]
    rows = scores.filter(may_pair(study)).with_columns(n_rows=nw.col("row").count().over(*keys))
    found = engine.fetch(
        rows.filter(nw.col("n_rows") > 1)
        .group_by("source", "occasion")
        .agg(nw.len().alias("n"), nw.col("source_row").min())
    )
    faults = [
        Fault("DUP001", f"{n} rows share their respondent with another row of {occasion}",
              'Remove them, or choose another policy for duplicates in [matching]',
              source, row, study.respondent, n)
        for source, occasion, n, row in found.sort("source", "occasion").iter_rows()
    ]  # fmt: skip
    if faults:
        raise DuplicateError("Respondents answered more than once at one occasion", faults)
