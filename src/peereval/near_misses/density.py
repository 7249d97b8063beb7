"""How much it says that two ids are alike: how often those of two respondents are."""

import polars as pl

from peereval.near_misses.alike import Key, find_alike

#: Ids whose neighbours are counted, an organisation; and ids among which, an occasion.
_ASKED, _MEASURED = 200, 50_000
#: An organisation counts as having had this many more ids, like those of all others.
_BORROWED = 40


def chance_rates(
    pairs: pl.DataFrame, given: pl.DataFrame, blocks: pl.DataFrame, keys: list[Key]
) -> pl.DataFrame:
    """The ``rate`` of ids alike by chance, by ``pair``, ``among`` and ``kind`` of ``pairs``.

    ``given``: the ids given at each occasion (of `describe`, with the ``block`` that is compared),
    each once: two of one occasion are two respondents for certain. ``blocks``: of `measured`. The
    rate is the share of ids that have a neighbour of that kind. It is not known well of few ids,
    so each organisation borrows forty more, with the rate of all organisations.
    """
    n, hits = (counts.join(blocks.lazy(), on="block") for counts in _neighbours(given, keys))
    here, all_n, all_hits = ["pair", "among"], pl.col("n").sum(), pl.col("hits").sum()
    n, hits = n.group_by(here).agg(all_n), hits.group_by(*here, "kind").agg(all_hits)
    everywhere = hits.group_by("pair", "kind").agg(all_hits.alias("all_hits"))
    borrowed = pl.col("hits") + _BORROWED * (pl.col("all_hits") / pl.col("all_n"))
    return (
        pairs.lazy()
        .select(*here, "kind")
        .unique()
        .join(n, on=here, how="left")
        .join(hits, on=[*here, "kind"], how="left")
        .join(n.group_by("pair").agg(all_n.alias("all_n")), on="pair", how="left")
        .join(everywhere, on=["pair", "kind"], how="left")
        .with_columns(pl.col("n", "hits", "all_hits").fill_null(0))
        .select(*here, "kind", (borrowed / (pl.col("n") + _BORROWED)).alias("rate"))
        .collect()
    )


def _neighbours(given: pl.DataFrame, keys: list[Key]) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """The ids that are asked, ``n`` by block; and how many have a neighbour, ``hits`` by kind."""
    some = given.filter(pl.int_range(pl.len()).over("block") < _ASKED)
    alike = find_alike(some, given, keys)
    near = pl.concat([alike.pairs.select("l", "kind"), alike.crowded_l]).unique()
    hits = near.lazy().select(some["block"].gather(near["l"]), "kind")
    return (
        some.lazy().group_by("block").len("n"),
        hits.group_by("block", "kind").len("hits"),
    )


def measured(sizes: pl.DataFrame, pairs: pl.DataFrame, at: pl.DataFrame) -> pl.DataFrame:
    """Whole blocks of ``sizes``, up to so many ids for an ``occasion`` of a ``pair``.

    ``at``: the occasions of each pair. First the blocks of ``pairs``, then the others. The rate
    of a block that is not measured is that of all.
    """
    wanted = pairs.lazy().select("pair", "among", wanted=True).unique()
    n, one = pl.col("len"), ["pair", "occasion"]
    fits = (n.cum_sum().over(one) <= _MEASURED) | (pl.int_range(pl.len()).over(one) == 0)
    return (
        at.lazy()
        .join(wanted, on="pair", how="semi")
        .join(sizes.lazy(), on="occasion", maintain_order="right")
        .join(wanted, on=["pair", "among"], how="left", maintain_order="left")
        .sort("wanted", nulls_last=True, maintain_order=True)
        .filter(fits)
        .collect()
    )
