"""Near misses of a study: the table that a person decides on, and what the screen says."""

from collections.abc import Iterator

import polars as pl
from msgspec import Struct

from peereval.columns import TABLES, names
from peereval.decisions import IDS, given_ids, link
from peereval.errors import Fault
from peereval.identifiers import match_key
from peereval.near_misses.alike import KINDS, usual_beginnings
from peereval.near_misses.evidence import weigh
from peereval.near_misses.explaining import WRITTEN, confirm, explain
from peereval.near_misses.searching import (
    Candidates,
    describe_alone,
    find_alone,
    find_candidates,
    occasions_of,
)
from peereval.plurals import count_of
from peereval.studies import Study

#: A kind is dense where more ids than this have such a neighbour by chance: about as many as are
#: mistyped.
_DENSE = 0.05
#: What is known of respondents says something if any of the candidates of an id would agree in
#: it by chance in fewer than this.
_TELLING = 0.1
#: A near miss is suggested if all that is alike would be so by chance in fewer than this.
_SURE = 0.01
#: Of more candidates than this none is the one.
_MOST = 10
#: So few ids without a match are looked at for all pairs of occasions together.
_FEW = 100_000


class NearMisses(Struct, frozen=True):
    """The table for a person, what the screen says, and how many ids are alike but not listed.

    ``n_unlisted``: responses of an earlier occasion whose id is like some of the later one, none
    of which is listed, as ids there are alike by chance.
    """

    table: pl.DataFrame
    findings: tuple[Fault, ...]
    n_unlisted: int


def find_near_misses(
    scores: pl.DataFrame,
    ledger: pl.DataFrame,
    characteristics: pl.DataFrame,
    study: Study,
    decisions: pl.DataFrame | None = None,
) -> NearMisses:
    """`near_misses`: one row per two ids that may be one respondent's, and pair of occasions.

    ``scores`` and ``characteristics`` have one row per export row, in the order of `row`;
    ``ledger`` says which of them are unmatched. ``decisions``, of `read_decisions`: a pair that
    was rejected before is listed as that. Ids that were both given at some occasion are two
    respondents, and never listed. Nothing is matched. Findings: ID003 near misses, ID005
    ids that are alike by chance, ID007 ids that are no typing errors.
    """
    if not study.near_misses:
        return NearMisses(_no_rows(), (), 0)
    alone = find_alone(scores, ledger, study)
    if alone.is_empty():
        return NearMisses(_no_rows(), (), 0)
    usual = usual_beginnings(scores)
    # A query costs the same for ten ids as for ten thousand; many are not held at once.
    several = [alone] if alone.height <= _FEW else alone.partition_by("pair", maintain_order=True)
    parts = [_search(some, usual, scores, characteristics, study) for some in several]
    tables, unlisted, strangers = zip(*parts, strict=True)
    table, n_unlisted = _decided(pl.concat(tables), decisions), pl.concat(unlisted).n_unique()
    findings = (*_about(table, n_unlisted), *_about_strangers(pl.concat(strangers)))
    return NearMisses(table, findings, n_unlisted)


def _search(
    alone: pl.DataFrame,
    usual: pl.DataFrame,
    scores: pl.DataFrame,
    characteristics: pl.DataFrame,
    study: Study,
) -> tuple[pl.DataFrame, pl.Series, pl.Series]:
    """Near misses of some pairs of occasions; who is alike but not listed; whose id is right.

    The second by place, the third by all that an id is matched by.
    """
    rows = describe_alone(scores, alone, usual, study)
    found = find_candidates(rows, occasions_of(rows, scores, study), scores, usual, study)
    listed = confirm(_worth_listing(found, rows, scores, characteristics, study))
    unlisted = found.alike.filter(~found.alike.is_in(listed["before_lone"].implode()))
    strangers = rows.filter("valid").select(match_key("respondent", study).alias("key"))["key"]
    return _table(listed, scores, study), rows["place"].gather(unlisted), strangers


def _worth_listing(
    found: Candidates,
    rows: pl.DataFrame,
    scores: pl.DataFrame,
    characteristics: pl.DataFrame,
    study: Study,
) -> pl.DataFrame:
    """Pairs that say something: by how they are alike, or by what else is known of both."""
    dense = pl.col("rate") > _DENSE
    asked = found.pairs.filter(~dense | (pl.col("n_alike") <= _MOST))
    weighed = weigh(_with_ids(asked, rows), scores, characteristics, study)
    # One of so many candidates agrees that much more often.
    by_chance = pl.col("chance") * pl.col("n_alike")
    known = (pl.col("differ") == "") & (by_chance < _TELLING)
    sure = (by_chance * pl.col("rate") < _SURE).fill_null(False)
    return weighed.filter(~dense | known).with_columns(sure.alias("sure"))


# --- the table ------------------------------------------------------------------------------

_SIDES = ("before", "after")


def _with_ids(pairs: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """``pairs`` with everything about both sides that is looked at or shown."""
    known = pl.col("place", "form", "organisation", "valid", "occasion", "pair")
    both = rows.select(pl.col("respondent").alias("id"), known)
    sides = (
        both.select(pl.all().gather(pairs[f"{side}_lone"]).name.prefix(f"{side}_"))
        for side in _SIDES
    )
    return pl.concat([pairs, *sides], how="horizontal")


def _table(pairs: pl.DataFrame, scores: pl.DataFrame, study: Study) -> pl.DataFrame:
    """`near_misses` of all pairs of occasions, nothing decided yet."""
    known = pl.when(pl.col("before_organisation") != "").then("before_organisation")
    best = _is_best("before_lone") & _is_best("after_lone")
    table = explain(pairs, study.check_character).with_columns(
        pl.col("before_occasion").alias("before"),
        pl.col("after_occasion").alias("after"),
        known.otherwise("after_organisation").alias("organisation"),
        *(
            scores[column].cast(kind).gather(pairs[f"{side}_place"]).alias(f"{side}_{name}")
            for side in _SIDES
            for name, column, kind in (
                ("source", "source", pl.String),
                ("row", "source_row", pl.Int64),
            )
        ),
        (pl.len().over("before_lone") + pl.len().over("after_lone") - 1)
        .cast(pl.Int64)
        .alias("n_candidates"),
        (best & pl.col("sure")).alias("suggested"),
        *(pl.lit("").alias(name) for name in ("decision", "decided_by", "decided_on")),
    )
    ordered = table.sort("before_pair", "organisation", "before_id", "after_id")
    return ordered.select(names("near_misses"))


def _is_best(lone: str) -> pl.Expr:
    """Nothing speaks against it, and more for it than for any other candidate of this id."""
    fair = pl.when(pl.col("differ") == "").then("n_agree")
    best = fair.max().over(lone)
    return ((fair == best) & ((fair == best).sum().over(lone) == 1)).fill_null(False)


def _no_rows() -> pl.DataFrame:
    kinds = {"integer": pl.Int64, "flag": pl.Boolean}
    return pl.DataFrame(
        schema={c.name: kinds.get(c.type, pl.String) for c in TABLES["near_misses"]}
    )


def _decided(table: pl.DataFrame, decisions: pl.DataFrame | None) -> pl.DataFrame:
    """``table`` with what was decided before; what was rejected is suggested no more."""
    if decisions is None:
        return table
    words = ("decision", "decided_by", "decided_on")
    earlier = decisions.filter(pl.col("decision") != "").unique(IDS, maintain_order=True)
    found = table.drop(words).join(
        earlier.select(*IDS, *words), on=IDS, how="left", maintain_order="left"
    )
    return found.with_columns(
        pl.col(words).fill_null(""),
        (pl.col("suggested") & pl.col("decision").is_null()).alias("suggested"),
    ).select(table.columns)


def accepting(table: pl.DataFrame, study: Study, scores: pl.DataFrame) -> pl.DataFrame:
    """What would be decided if every near miss were accepted, for `apply_decisions`.

    One to one, the best first: suggested, then by how little speaks against it, how much for it,
    and how telling its kind is. What was rejected stays so. ``scores``: those in which the near
    misses were found.
    """
    open_rows = table.filter(pl.col("decision") != "reject")
    ranks = {kind: rank for rank, kind in enumerate((*WRITTEN, *KINDS))}
    ordered = open_rows.sort(
        ~pl.col("suggested"),
        _n_named("differ"),
        -_n_named("agree"),
        pl.col("kind").replace_strict(ranks, return_dtype=pl.Int32),
        maintain_order=True,
    )
    taken, _ = link(ordered, study, given_ids(scores, ordered, study))
    accepted = ordered.filter(pl.Series(taken, dtype=pl.Boolean))
    return accepted.with_columns(pl.lit("accept").alias("decision")).with_row_index("table_row")


def _n_named(column: str) -> pl.Expr:
    text = pl.col(column)
    return (
        pl.when(text != "")
        .then(text.str.count_matches(", ", literal=True) + 1)
        .otherwise(0)
        .cast(pl.Int32)
    )


# --- what the screen says -------------------------------------------------------------------


def _about(table: pl.DataFrame, n_unlisted: int) -> Iterator[Fault]:
    undecided = table.filter(pl.col("decision") == "")
    if n := undecided.height:
        counts = (
            undecided["kind"]
            .value_counts(sort=True)
            .sort("count", "kind", descending=[True, False])
        )
        kinds = ", ".join(
            f"{count:,} {kind.replace('_', ' ')}" for kind, count in counts.iter_rows()
        )
        yield Fault(
            "ID003",
            f"{count_of(n, 'pair of unmatched ids is|pairs of unmatched ids are')} so alike that "
            f"one may be a typing error: {kinds}",
            "Decide in a copy of restricted/near_misses.csv, and hand it back with --decisions",
            count=n,
        )
    if n_unlisted:
        yield Fault(
            "ID005",
            f"{count_of(n_unlisted, 'unmatched id is|unmatched ids are')} like others that are not "
            "listed: ids of different respondents are as much alike here",
            "Ids with a check character tell a typing error: peereval ids make",
            count=n_unlisted,
        )


def _about_strangers(strangers: pl.Series) -> Iterator[Fault]:
    if n := strangers.n_unique():
        ids = count_of(n, "unmatched id passes its|unmatched ids pass their")
        yield Fault(
            "ID007",
            f"{ids} check character: it was issued so",
            "Such respondents did not answer at the other occasion, or mistyped their id there",
            count=n,
        )
