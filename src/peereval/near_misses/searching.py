"""Unmatched ids of two occasions -> those that are alike, and whether that says anything."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

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

#: The earlier and the later of two occasions that are compared.
Occasions = tuple[str, str]

#: What a row comes to whose id was found at both occasions of a comparison.
_PAIRED = ("used", "pooled", "unscored", "phase_differs", "conflict")
_PLACES = ["before_place", "after_place"]


# --- who is alone ---------------------------------------------------------------------------


def find_alone(
    scores: pl.DataFrame, ledger: pl.DataFrame, study: Study
) -> dict[Occasions, pl.Series]:
    """Places in ``scores`` of the rows that no row of the other occasion matches.

    By the two occasions, of all comparisons that compare them; without those of which one has
    nobody to compare, unless check characters are to be counted. An id that is matched in
    another wave of the same comparison is not alone.
    """
    alone: dict[Occasions, list[pl.Series]] = {}
    for comparison in study.comparisons:
        rows = _unmatched(scores, ledger, comparison, study)
        for pair in comparison.pairs:
            here = rows.filter(pl.col("occasion").is_in(pair))
            if study.check_character or here["occasion"].n_unique() == len(pair):
                alone.setdefault(pair, []).append(here["place"])
    return {pair: pl.concat(places).unique().sort() for pair, places in alone.items()}


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
    scores: pl.DataFrame, places: pl.Series, usual: pl.DataFrame, study: Study
) -> pl.DataFrame:
    """Everything about the rows at ``places`` that their ids are compared by.

    ``usual``: of `usual_beginnings`.
    """
    rows = with_oddness(describe(scores, places), usual)
    valid = has_check_character(rows["respondent"]) if study.check_character else pl.lit(False)
    return rows.with_columns(scores["occasion"].gather(places), valid.alias("valid"))


def occasions_of(rows: pl.DataFrame, scores: pl.DataFrame, study: Study) -> pl.DataFrame:
    """``place`` of each of ``rows`` beside every occasion at which its id was given."""
    key = match_key("respondent", study).alias("key")
    keys = rows.select("place", key)
    given = scores.select("occasion", "exclusion", key).filter(
        pl.col("key").is_in(keys["key"].unique().implode()) & (pl.col("exclusion") == STAYS)
    )
    return keys.join(given.select("key", "occasion").unique(), on="key").select("place", "occasion")


# --- who is alike ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Search:
    """Which ids are compared with which: those of a left and a right that share a block."""

    block: tuple[str, ...]
    left: pl.Expr
    right: pl.Expr
    same_id: bool = False

    def keys(self) -> list[Key]:
        """Keys by which ids are compared."""
        return [SAME_ID] if self.same_id else list(typing_keys())

    def blocked(self, rows: pl.DataFrame) -> pl.DataFrame:
        """``rows`` with ``block``."""
        return rows.with_columns(pl.concat_str(self.block, separator="\x1f").alias("block"))


def _searches(study: Study) -> Iterator[_Search]:
    """Inside each organisation; and where that is not known, in all of them."""
    known, all_rows = pl.col("organisation") != "", pl.lit(True)
    yield _Search(("phase", "organisation"), known, known)
    yield _Search(("phase",), ~known, all_rows)
    yield _Search(("phase",), known, ~known)
    if study.id_scope == "organisation":
        yield _Search(("phase",), known, known, same_id=True)


@dataclass(frozen=True, slots=True)
class Candidates:
    """Rows of two occasions whose ids are alike.

    ``pairs``: `before_place`, `after_place`, `kind`, the ``rate`` of that kind by chance, and
    how many candidates one of the two has (``n_alike``), the one with more of them; missing if
    one is in a crowd. ``alike``: places of the earlier occasion that are like any, also where
    there are too many to pair.
    """

    pairs: pl.DataFrame
    alike: pl.Series


def find_candidates(
    rows: pl.DataFrame,
    pair: Occasions,
    given_at: pl.DataFrame,
    scores: pl.DataFrame,
    usual: pl.DataFrame,
    study: Study,
) -> Candidates:
    """Ids of one occasion that are like ids of the other.

    ``rows``: those that are alone, of `describe_alone`. ``given_at``: of `occasions_of`.
    ``usual``: of `usual_beginnings`.
    """
    sides = [rows.filter(pl.col("occasion") == occasion) for occasion in pair]
    parts, crowded = list[pl.DataFrame](), [pl.Series(dtype=pl.UInt32)] * 2
    for search in _searches(study):
        left, right = (
            search.blocked(side.filter(wanted))
            for side, wanted in zip(sides, (search.left, search.right), strict=True)
        )
        if left.is_empty() or right.is_empty():
            continue
        keys = search.keys()
        alike = find_alike(left, right, keys)
        crowded[0] = pl.concat([crowded[0], left["place"].gather(alike.crowded_l["l"])])
        crowded[1] = pl.concat([crowded[1], right["place"].gather(alike.crowded_r["r"])])
        pairs = _never_together(_placed(alike, left, right), given_at)
        if pairs.height:
            given = _given(scores, pair, search, pairs["block"].unique(), usual)
            rates = chance_rates(pairs, given, keys)
            parts.append(pairs.join(rates, on=["block", "kind"], how="left", maintain_order="left"))
    return _candidates(parts, crowded)


def _placed(alike: Alike, left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """Pairs by place and block, without those of two different ids that pass their check."""
    lefts, rights = alike.pairs["l"], alike.pairs["r"]
    different = left["form"].gather(lefts) != right["form"].gather(rights)
    both_valid = left["valid"].gather(lefts) & right["valid"].gather(rights)
    return alike.pairs.select(
        left["place"].gather(lefts).alias("before_place"),
        right["place"].gather(rights).alias("after_place"),
        left["block"].gather(lefts),
        "kind",
    ).filter(~(different & both_valid))


def _never_together(pairs: pl.DataFrame, given_at: pl.DataFrame) -> pl.DataFrame:
    """``pairs`` without those whose ids were both given at some occasion."""
    before = pairs.select(_PLACES).join(given_at, left_on="before_place", right_on="place")
    both = before.join(
        given_at, left_on=["after_place", "occasion"], right_on=["place", "occasion"], how="semi"
    )
    return pairs.join(both, on=_PLACES, how="anti", maintain_order="left")


def _given(
    scores: pl.DataFrame,
    pair: Occasions,
    search: _Search,
    blocks: pl.Series,
    usual: pl.DataFrame,
) -> pl.DataFrame:
    """The ids given at each occasion, each once, as `describe` has them, with ``occasion``.

    If they are many, those of ``blocks`` and of some others.
    """
    people = scores.select("respondent", "organisation", "phase", "occasion", "exclusion")
    people = people.with_row_index("place").filter(
        pl.col("occasion").is_in(pair),
        pl.col("exclusion") == STAYS,
        pl.col("respondent").is_not_null(),
    )
    people = search.blocked(people.with_columns(pl.col("organisation").fill_null("")))
    once = ["occasion", "block", "respondent", *(["organisation"] if search.same_id else [])]
    people = people.unique(once, keep="first", maintain_order=True)
    parts = [measured(people.filter(pl.col("occasion") == at), blocks) for at in pair]
    places = pl.concat(parts)["place"]
    rows = search.blocked(with_oddness(describe(scores, places), usual))
    return rows.with_columns(scores["occasion"].gather(places))


def _candidates(parts: list[pl.DataFrame], crowded: list[pl.Series]) -> Candidates:
    schema = {**dict.fromkeys(_PLACES, pl.UInt32), "kind": pl.UInt8, "rate": pl.Float64}
    pairs = pl.concat([pl.DataFrame(schema=schema), *(part.select(*schema) for part in parts)])
    counted = [
        pl.when(~pl.col(place).is_in(crowd.implode())).then(pl.len().over(place))
        for place, crowd in zip(_PLACES, crowded, strict=True)
    ]
    before, after = pl.col("n_before"), pl.col("n_after")
    most = pl.when(before > after).then(before).when(before <= after).then(after)
    pairs = pairs.with_columns(counted[0].alias("n_before"), counted[1].alias("n_after"))
    pairs = pairs.with_columns(most.alias("n_alike")).drop("n_before", "n_after")
    return Candidates(pairs, pl.concat([pairs["before_place"], crowded[0]]).unique())
