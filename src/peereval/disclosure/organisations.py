"""What an organisation may see of its own respondents: it knows them, and could name them."""

import polars as pl

from peereval.studies import Protection

_OWN = (
    "mean_pre", "mean_post", "mean_change", "ci_low", "ci_high", "shrunk_change", "shrunk_low",
    "shrunk_high", "own_weight",
)  # fmt: skip
_ALL = ("n_all", "n_organisations", "mean_pre_all", "mean_post_all")
_COUNTS = ("n_before", "n_after", "n")
FEW = "too few matched respondents"
ALIKE = "everybody has the same score at one of the occasions"


def release_organisations(table: pl.DataFrame, protection: Protection) -> pl.DataFrame:
    """`peereval.columns.ORGANISATIONS` as each organisation may see it.

    Without its own means below the base that the study sets, or where everybody has the same score,
    which is then known of each; without counts below the threshold; and
    without the means of all where the others are so few that its own numbers would give them away.
    """
    if not protection.on:
        return table
    few = (pl.col("outcome") != "") & (pl.col("n") < protection.base)
    alike = pl.col("uniform") & (pl.col("outcome") != "")
    withheld = few | alike
    others = (pl.col("n_all") - pl.col("n") < protection.base) | (
        pl.col("n_organisations") - 1 < protection.organisations
    )
    small = [
        pl.when(pl.col(name).is_between(1, protection.threshold - 1))
        .then(None)
        .otherwise(pl.col(name))
        .alias(name)
        for name in _COUNTS
    ]
    return table.with_columns(
        *_blank_where(withheld, _OWN),
        *_blank_where(withheld | others, _ALL),
        *small,
        pl.when(withheld).then(pl.lit("suppressed")).otherwise(pl.col("status")).alias("status"),
        pl.when(few)
        .then(pl.lit(FEW))
        .when(alike)
        .then(pl.lit(ALIKE))
        .otherwise(pl.col("note"))
        .alias("note"),
    )


def _blank_where(kept_back: pl.Expr, names: tuple[str, ...]) -> list[pl.Expr]:
    return [pl.when(kept_back).then(None).otherwise(pl.col(name)).alias(name) for name in names]
