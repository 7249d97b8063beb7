"""What is known of two respondents that speaks for or against their being one."""

import polars as pl

from peereval.labels import fold
from peereval.reading.answers import YEAR_GROUP
from peereval.reading.days import read_years
from peereval.studies import Study


def weigh(
    pairs: pl.DataFrame, scores: pl.DataFrame, characteristics: pl.DataFrame, study: Study
) -> pl.DataFrame:
    """``pairs`` with the names of the characteristics that ``agree`` and ``differ``.

    ``pairs`` has ``before_place`` and ``after_place``, rows of ``scores`` and
    ``characteristics``. Two cells agree if they fold to the same text. They do neither where one
    is missing, nor where the later is the next year group. ``n_agree`` counts them; ``chance``
    is how often two respondents of that organisation agree in all of these by chance.
    """
    if not study.evidence:
        return pairs.with_columns(agree=pl.lit(""), differ=pl.lit(""), n_agree=0, chance=1.0)
    said = pl.DataFrame(
        _verdict(name, characteristics, pairs).alias(name) for name in study.evidence
    )
    n_agree = pl.zeros(pairs.height, dtype=pl.Int32, eager=True).alias("n_agree")
    chance = pl.ones(pairs.height, eager=True).alias("chance")
    alike = _alike_by_chance(pairs, scores, characteristics.select(study.evidence))
    for name in study.evidence:
        agrees = (said[name] == "agree").fill_null(False)
        n_agree = n_agree + agrees
        chance = chance * alike[name].zip_with(agrees, pl.Series([1.0]))
    return pairs.with_columns(_names(said, "agree"), _names(said, "differ"), n_agree, chance)


def _alike_by_chance(
    pairs: pl.DataFrame, scores: pl.DataFrame, characteristics: pl.DataFrame
) -> pl.DataFrame:
    """For each pair and characteristic, how often two responses of its organisation agree."""
    groups = ["organisation", "phase"]
    mine = scores.lazy().select(pl.col(groups).gather(pairs["before_place"]))
    alike = (
        scores.lazy()
        .select(*groups, *characteristics)
        .join(mine.unique(), on=groups, how="semi", nulls_equal=True)
        .group_by(groups)
        .agg(_same_word(name) for name in characteristics.columns)
    )
    found = mine.join(alike, on=groups, how="left", nulls_equal=True, maintain_order="left")
    return found.select(pl.col(characteristics.columns).fill_null(1.0)).collect()


def _same_word(name: str) -> pl.Expr:
    """How often two have the same; missing where nobody has any."""
    n = pl.col(name).drop_nulls().unique_counts().cast(pl.Float64)
    share = n / n.sum()
    return pl.when(pl.col(name).count() > 0).then((share * share).sum()).alias(name)


def _verdict(name: str, characteristics: pl.DataFrame, pairs: pl.DataFrame) -> pl.Series:
    """``agree``, ``differ`` or nothing, for each pair."""
    words = [
        characteristics[name].gather(pairs[place]).cast(pl.String)
        for place in ("before_place", "after_place")
    ]
    before, after = (_folded(side) for side in words)
    differs = before != after
    if name == YEAR_GROUP:
        earlier, later = (read_years(side) for side in words)
        differs &= (later != earlier + 1).fill_null(True)
    same = pl.when(before == after).then(pl.lit("agree"))
    return pl.select(same.when(differs).then(pl.lit("differ"))).to_series()


def _folded(words: pl.Series) -> pl.Series:
    known = {word: fold(word) for word in words.unique().drop_nulls()}
    return words.replace_strict(list(known), list(known.values()), return_dtype=pl.String)


def _names(said: pl.DataFrame, word: str) -> pl.Series:
    texts = [pl.when(pl.col(name) == word).then(pl.lit(name)) for name in said.columns]
    joined = pl.concat_str(texts, separator=", ", ignore_nulls=True)
    return said.select(joined.alias(word)).to_series()
