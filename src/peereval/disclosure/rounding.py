"""Counts, and shares of counts, to the nearest five: what is released where a study asks for it."""

import polars as pl

#: Kinds of results that are counts, shares of a base, and tests that would give exact counts.
COUNTS, SHARES = ("base", "count"), ("share", "margin", "part", "retention", "choice")
TESTS = ("moves", "choice_contrast")
#: Digits of everything else: with more its exact base could be had from the decimals.
_DIGITS = 4
_BESIDE = ("std_error", "statistic", "df", "p_value", "p_adjusted", "ci_low", "ci_high",
           "ci_level")  # fmt: skip


def rounded(results: pl.DataFrame, kinds: list[str], step: int) -> pl.DataFrame:
    """Released results with counts and bases to the nearest ``step``; shares are of these.

    Intervals and tests of shares go: they give the exact counts. Other numbers keep four digits.
    """
    kind = pl.lit(pl.Series("kind", kinds))
    n = _to(pl.col("n"), step)
    counted = kind.is_in(COUNTS) | (pl.col("estimand") == "n_choosing")
    share = kind.is_in(SHARES) & ~counted
    own = (
        pl.when(counted).then(_to(pl.col("estimate"), step))
        .when(share).then(_to(pl.col("estimate") * pl.col("n"), step) / n)
        .when(kind == "nothing").then(pl.col("estimate"))
        .otherwise(pl.col("estimate").round_sig_figs(_DIGITS))
    )  # fmt: skip
    beside = [
        pl.when(share).then(None).otherwise(pl.col(name).round_sig_figs(_DIGITS)).alias(name)
        for name in _BESIDE
    ]
    return results.with_columns(own.alias("estimate"), *beside, n.alias("n"))


def _to(column: pl.Expr, step: int) -> pl.Expr:
    """The nearest multiple, halves up; a count is never rounded to nobody."""
    nearest = ((column / step + 0.5).floor() * step).cast(pl.Int64)
    return pl.when(column > 0).then(pl.max_horizontal(nearest, pl.lit(step))).otherwise(column)
