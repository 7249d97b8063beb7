"""Unmatched ids of two occasions -> those that are alike, and whether that says anything."""

from collections.abc import Iterator

import polars as pl
from msgspec import Struct

from peereval.columns import STAYS
from peereval.identifiers import has_check_character, match_key
from peereval.near_misses.alike import (
    SAME_ID,
    Alike,
    Key,
    describe,
    find_alike,
    typing_keys,
    with_oddness,
)
from peereval.near_misses.density import chance_rates, measured
from peereval.studies import Comparison, Study

#: What a row comes to whose id was found at both occasions of a comparison.
_PAIRED = ("used", "pooled", "unscored", "phase_differs", "conflict")
_LONE = ["before_lone", "after_lone"]


# --- who is alone ---------------------------------------------------------------------------


def find_alone(scores: pl.DataFrame, ledger: pl.DataFrame, study: Study) -> pl.DataFrame:
    """Rows of ``scores``, by ``place``, that no row of the other occasion matches.

    Once for each ``pair`` of occasions, a number, of all comparisons that compare them; whether
    it is of the ``later`` one. Without pairs of which one occasion has nobody to compare, unless
    check characters are to be counted. An id that is matched in another wave of the same
    comparison is not alone.
    """
    numbers: dict[tuple[str, str], int] = {}
    alone = [pl.DataFrame(schema={"pair": pl.Int32, "later": pl.Boolean, "place": pl.UInt32})]
    for comparison in study.comparisons:
        rows = _unmatched(scores, ledger, comparison, study)
        for pair in comparison.pairs:
            here = rows.filter(pl.col("occasion").is_in(pair))
            if study.check_character or here["occasion"].n_unique() == len(pair):
                number = pl.lit(numbers.setdefault(pair, len(numbers)), dtype=pl.Int32)
                later = pl.col("occasion") == pair[1]
                alone.append(here.select(number.alias("pair"), later.alias("later"), "place"))
    return pl.concat(alone).unique().sort("pair", "place")


def _unmatched(
    scores: pl.DataFrame, ledger: pl.DataFrame, comparison: Comparison, study: Study
) -> pl.DataFrame:
    mine = ledger.filter(pl.col("comparison") == comparison.id)
    rows = _keyed(scores, mine.filter(pl.col("status") == "unmatched")["row"], study)
    if len(comparison.pairs) == 1:
        return rows
    paired = mine.filter(pl.col("status").cast(pl.String).is_in(_PAIRED))["row"]
    return rows.join(_keyed(scores, paired, study), on="key", how="anti", maintain_order="left")


def _keyed(scores: pl.DataFrame, rows: pl.Series, study: Study) -> pl.DataFrame:
    places = scores["row"].search_sorted(rows).cast(pl.UInt32)
    some = scores.select(pl.col("respondent", "organisation", "occasion").gather(places))
    return some.select(
        "occasion", match_key("respondent", study).alias("key"), places.alias("place")
    )


def describe_alone(
    scores: pl.DataFrame, alone: pl.DataFrame, usual: pl.DataFrame, study: Study
) -> pl.DataFrame:
    """Everything that the ids of ``alone`` are compared by, numbered as ``lone``.

    ``alone``: of `find_alone`; ``usual``: of `usual_beginnings`.
    """
    rows = with_oddness(describe(scores, alone["place"]), usual)
    valid = has_check_character(rows["respondent"]) if study.check_character else pl.lit(False)
    return rows.with_columns(
        *alone.select("pair", "later"),
        scores["occasion"].gather(alone["place"]),
        valid.alias("valid"),
    ).with_row_index("lone")


def occasions_of(rows: pl.DataFrame, scores: pl.DataFrame, study: Study) -> pl.DataFrame:
    """Each ``lone`` of ``rows`` beside every occasion at which its id was given."""
    key = match_key("respondent", study).alias("key")
    keys = rows.select("lone", key)
    given = scores.select("occasion", "exclusion", key).filter(
        pl.col("key").is_in(keys["key"].unique().implode()) & (pl.col("exclusion") == STAYS)
    )
    return keys.join(given.select("key", "occasion").unique(), on="key").select("lone", "occasion")


# --- who is alike ---------------------------------------------------------------------------


class _Search(Struct, frozen=True):
    """Which ids are compared with which: those of a left and a right that are ``among`` the same.

    That is a phase, and mostly an organisation.
    """

    among: tuple[str, ...]
    left: pl.Expr
    right: pl.Expr
    same_id: bool = False

    def keys(self) -> list[Key]:
        """Keys by which ids are compared."""
        return [SAME_ID] if self.same_id else list(typing_keys())

    def blocked(self, rows: pl.DataFrame, at: str) -> pl.DataFrame:
        """``rows`` with whom they are ``among``, and the ``block``: the same ``at`` one time."""
        return rows.with_columns(
            pl.concat_str(*self.among, separator="\x1f").alias("among"),
            pl.concat_str(at, *self.among, separator="\x1f").alias("block"),
        )


def _searches(study: Study) -> Iterator[_Search]:
    """Inside each organisation; and where that is not known, in all of them."""
    known, all_rows = pl.col("organisation") != "", pl.lit(True)
    yield _Search(("phase", "organisation"), known, known)
    yield _Search(("phase",), ~known, all_rows)
    yield _Search(("phase",), known, ~known)
    if study.id_scope == "organisation":
        yield _Search(("phase",), known, known, same_id=True)


class Candidates(Struct, frozen=True):
    """Rows of two occasions whose ids are alike.

    ``pairs``: `before_lone`, `after_lone`, `kind`, the ``rate`` of that kind by chance, and
    how many candidates one of the two has (``n_alike``), the one with more of them; missing if
    one is in a crowd. ``alike``: those of the earlier occasion that are like any, also where
    there are too many to pair.
    """

    pairs: pl.DataFrame
    alike: pl.Series


def find_candidates(
    rows: pl.DataFrame,
    given_at: pl.DataFrame,
    scores: pl.DataFrame,
    usual: pl.DataFrame,
    study: Study,
) -> Candidates:
    """Ids of one occasion that are like ids of the other, of all pairs of occasions.

    ``rows``: those that are alone, of `describe_alone`. ``given_at``: of `occasions_of`.
    ``usual``: of `usual_beginnings`.
    """
    sides = [rows.filter(later=False), rows.filter(later=True)]
    parts, crowded = list[pl.DataFrame](), [pl.Series(dtype=pl.UInt32)] * 2
    for search in _searches(study):
        left, right = (
            search.blocked(side.filter(wanted), "pair")
            for side, wanted in zip(sides, (search.left, search.right), strict=True)
        )
        if left.is_empty() or right.is_empty():
            continue
        keys = search.keys()
        alike = find_alike(left, right, keys)
        crowded[0] = pl.concat([crowded[0], left["lone"].gather(alike.crowded_l["l"])])
        crowded[1] = pl.concat([crowded[1], right["lone"].gather(alike.crowded_r["r"])])
        pairs = _never_together(_placed(alike, left, right), given_at)
        if pairs.height:
            at = rows.select("pair", "occasion").unique()
            parts.append(_with_rates(pairs, at, scores, search, keys, usual))
    return _candidates(parts, crowded)


def _placed(alike: Alike, left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """Pairs of those alone, without those of two different ids that pass their check."""
    lefts, rights = alike.pairs["l"], alike.pairs["r"]
    one = left.select(pl.col("lone", "pair", "among", "form", "valid").gather(lefts))
    two = right.select(pl.col("lone", "form", "valid").gather(rights))
    different, both_valid = one["form"] != two["form"], one["valid"] & two["valid"]
    return one.select(
        pl.col("lone").alias("before_lone"),
        two["lone"].alias("after_lone"),
        "pair",
        "among",
        alike.pairs["kind"],
    ).filter(~(different & both_valid))


def _never_together(pairs: pl.DataFrame, given_at: pl.DataFrame) -> pl.DataFrame:
    """``pairs`` without those whose ids were both given at some occasion."""
    before = pairs.select(_LONE).join(given_at, left_on="before_lone", right_on="lone")
    both = before.join(
        given_at, left_on=["after_lone", "occasion"], right_on=["lone", "occasion"], how="semi"
    )
    return pairs.join(both, on=_LONE, how="anti", maintain_order="left")


def _with_rates(
    pairs: pl.DataFrame,
    at: pl.DataFrame,
    scores: pl.DataFrame,
    search: _Search,
    keys: list[Key],
    usual: pl.DataFrame,
) -> pl.DataFrame:
    """``pairs`` with the ``rate`` of their kind by chance. ``at``: each ``pair``'s occasions."""
    people, one = _given(scores, at["occasion"], search), ["occasion", *search.among]
    sizes = people.group_by(one, maintain_order=True).len()
    blocks = measured(search.blocked(sizes, "occasion"), pairs, at)
    places = people.join(blocks, on=one, how="semi", maintain_order="left")["place"]
    given = with_oddness(describe(scores, places), usual).with_columns(
        scores["occasion"].gather(places)
    )
    rates = chance_rates(pairs, search.blocked(given, "occasion"), blocks, keys)
    on = ["pair", "among", "kind"]
    return pairs.join(rates, on=on, how="left", maintain_order="left")


def _given(scores: pl.DataFrame, occasions: pl.Series, search: _Search) -> pl.DataFrame:
    """Every id given at each of some occasions, once, with its ``place``."""
    people = scores.select("respondent", "organisation", "phase", "occasion", "exclusion")
    people = people.with_row_index("place").filter(
        pl.col("occasion").is_in(occasions.implode()),
        pl.col("exclusion") == STAYS,
        pl.col("respondent").is_not_null(),
    )
    once = ["occasion", "respondent", *search.among, *(["organisation"] if search.same_id else [])]
    people = people.with_columns(pl.col("organisation").fill_null(""))
    return people.unique(once, keep="first", maintain_order=True)


def _candidates(parts: list[pl.DataFrame], crowded: list[pl.Series]) -> Candidates:
    schema = {**dict.fromkeys(_LONE, pl.UInt32), "kind": pl.UInt8, "rate": pl.Float64}
    pairs = pl.concat([pl.DataFrame(schema=schema), *(part.select(*schema) for part in parts)])
    before, after = (
        pl.when(~pl.col(lone).is_in(crowd.implode())).then(pl.len().over(lone))
        for lone, crowd in zip(_LONE, crowded, strict=True)
    )
    most = pl.when(before > after).then(before).when(before <= after).then(after)
    pairs = pairs.with_columns(most.alias("n_alike"))
    return Candidates(pairs, pl.concat([pairs["before_lone"], crowded[0]]).unique())
