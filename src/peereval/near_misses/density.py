"""How much it says that two ids are alike: how often those of two respondents are."""

import polars as pl

from peereval.near_misses.alike import Key, find_alike

#: Ids whose neighbours are counted, an organisation; and ids among which, an occasion.
_ASKED, _MEASURED = 200, 50_000
#: An organisation counts as having had this many more ids, like those of all others.
_BORROWED = 40


def chance_rates(pairs: pl.DataFrame, given: pl.DataFrame, keys: list[Key]) -> pl.DataFrame:
    """By ``block`` and ``kind`` of ``pairs``, the ``rate`` of ids that are alike by chance.

    ``given``: the ids given at each ``occasion`` (of `describe`, with ``block``), each once: two
    of one occasion are two respondents for certain. The rate is the share of them that have a
    neighbour of that kind. It is not known well of few ids, so each organisation borrows forty
    more, with the rate of all organisations.
    """
    at_once = pl.concat_str("occasion", "block", separator="\x1f")
    everybody = given.rename({"block": "of"}).with_columns(given.select(at_once.alias("block")))
    some = everybody.filter(pl.int_range(pl.len()).over("block") < _ASKED)
    alike = find_alike(some, everybody, keys)
    near = pl.concat([alike.pairs.select("l", "kind"), alike.crowded_l]).unique()
    n = some.group_by(pl.col("of").alias("block")).len("n")
    hits = near.select(some["of"].gather(near["l"]).alias("block"), "kind")
    n_hits = hits.group_by("block", "kind").len("hits")
    overall = n_hits.group_by("kind").agg((pl.col("hits").sum() / n["n"].sum()).alias("overall"))
    rates = (
        pairs.select("block", "kind")
        .unique()
        .join(n, on="block", how="left")
        .join(n_hits, on=["block", "kind"], how="left")
        .join(overall, on="kind", how="left")
        .with_columns(pl.col("n", "hits", "overall").fill_null(0))
    )
    borrowed = pl.col("hits") + _BORROWED * pl.col("overall")
    return rates.select("block", "kind", (borrowed / (pl.col("n") + _BORROWED)).alias("rate"))


def measured(given: pl.DataFrame, blocks: pl.Series) -> pl.DataFrame:
    """Of the ids ``given``, whole blocks up to so many: first ``blocks``, then the others.

    The rate of a block that is not measured is that of all.
    """
    sizes = given.group_by("block", maintain_order=True).len()
    first = sizes.sort(~pl.col("block").is_in(blocks.implode()), maintain_order=True)
    fits = (pl.col("len").cum_sum() <= _MEASURED) | (pl.int_range(pl.len()) == 0)
    return given.join(first.filter(fits), on="block", how="semi", maintain_order="left")
