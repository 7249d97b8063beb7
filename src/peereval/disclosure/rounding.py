"""Rounding: counts to the nearest five where a study asks for it, and costs to their steps."""

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import polars as pl

from peereval.disclosure.sheet import Step

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


# --- tests of few organisations, and draws --------------------------------------------------

#: Digits of tests of few organisations: enough to read, and too few to tell sets of whole numbers
#: apart.
_FEW_DIGITS = 3
#: Digits of a draw, of its standard deviation.
_OF_DRAWS = 2
_DRAWN = ("net_cost", "gain")
# Decimals beyond which a rounded number is noise.
_NOISE = 12


def shortened(results: pl.DataFrame, places: AbstractSet[int]) -> pl.DataFrame:
    """Released results with few digits of the tests of some rows (by place).

    Limits are rounded as their standard error is: one near 0 would have more digits of it. Of
    what is said of organisations themselves the estimate is short too.
    """
    if not places:
        return results
    here = pl.int_range(pl.len()).is_in(sorted(places))
    short = {
        name: pl.col(name).round_sig_figs(_FEW_DIGITS)
        for name in ("estimate", "std_error", "statistic", "df", "p_value", "p_adjusted",
                     "ci_low", "ci_high")
    }  # fmt: skip
    error, own = pl.col("std_error"), pl.col("analysis") == "clustering"
    limits = {
        name: pl.when(error > 0).then(_as_near_as(pl.col(name), error, _FEW_DIGITS))
        .otherwise(short[name])
        for name in ("ci_low", "ci_high")
    }  # fmt: skip
    return results.with_columns(
        pl.when(here & own if name == "estimate" else here).then(made)
        .otherwise(pl.col(name)).alias(name)
        for name, made in (short | limits).items()
    )  # fmt: skip


def rounded_draws(planes: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """Draws of cost and gain to the second digit of their standard deviation, the lowest first.

    A mean of whole numbers with all its digits says how many were drawn. And whoever knows the
    seed knows which organisations each draw is of: in the order in which they were drawn they
    would give the mean of every organisation.
    """
    short = planes.with_columns(
        pl.when(pl.col(name).std().over(keys) > 0)
        .then(_as_near_as(pl.col(name), pl.col(name).std().over(keys), _OF_DRAWS))
        .otherwise(pl.col(name)).alias(name)
        for name in _DRAWN
    )  # fmt: skip
    return short.with_columns(pl.col(_DRAWN).sort_by(_DRAWN).over(keys))


def _as_near_as(column: pl.Expr, error: pl.Expr, digits: int) -> pl.Expr:
    """A column to the last of so many digits of another."""
    unit = pl.lit(10.0).pow(error.log10().floor() - (digits - 1))
    return ((column / unit).round() * unit).round(_NOISE)


# --- costs --------------------------------------------------------------------------------

_AMOUNTS = ("estimate", "std_error", "ci_low", "ci_high")
#: A change near 0 is its statistic times its standard error: with all digits of the first it
#: would be known to far less than a hundredth.
_SHORT = {
    "statistic": pl.col("statistic").round(2),
    "df": pl.col("df"),
    "p_value": pl.col("p_value").round_sig_figs(3),
    "p_adjusted": pl.col("p_adjusted").round_sig_figs(3),
}
_CHANGE = "saving_per_respondent"
#: Steps that are no coarser than what is printed are not remarked upon.
_HUNDREDTH = 0.01
#: How a note says what its row is rounded to.
_ROUNDED = re.compile(r"rounded to (\d[\d.]*)$")


def rounded_to(note: str) -> float | None:
    """What the note of a released row says that its numbers are rounded to; None if to nothing."""
    found = _ROUNDED.search(note)
    return float(found[1]) if found else None


def stepped(results: pl.DataFrame, steps: Mapping[int, Step]) -> pl.DataFrame:
    """Released results with the numbers of some rows (by place) rounded to their steps.

    A change is that of the rounded costs before and after, where both are released, and a swing
    that of its rounded ends. A test of rows that lose digits goes: with its statistic the standard
    error gives the change; of those in hundredths it keeps few digits, for the same reason. Notes
    say what is rounded to more than hundredths.
    """
    places = sorted(place for place in steps if results["estimate"][place] is not None)
    if not places:
        return results
    here = pl.DataFrame({
        "place": places,
        "size": [steps[place].size for place in places],
        "bare": [not steps[place].tested for place in places],
    }, schema_overrides={"place": pl.UInt32})  # fmt: skip
    joined = results.with_row_index("place").join(
        here, on="place", how="left", maintain_order="left"
    )
    size, bare = pl.col("size"), pl.col("bare").fill_null(False)
    marked = size.is_not_null()
    exact = joined.with_columns(
        *(pl.when(marked).then(_multiple(pl.col(name), size)).otherwise(pl.col(name)).alias(name)
          for name in _AMOUNTS),
        *(pl.when(bare).then(None).when(marked).then(short).otherwise(pl.col(name)).alias(name)
          for name, short in _SHORT.items()),
        pl.when(bare & (size != _HUNDREDTH)).then(_said(size)).otherwise("note").alias("note"),
    ).drop("place", "size", "bare")  # fmt: skip
    return _consistent(exact, places)


def _multiple(column: pl.Expr, size: pl.Expr) -> pl.Expr:
    """The nearest multiple of a step, halves away from zero; never -0."""
    whole = ((column.abs() / size + 0.5).floor() * size).round(8)
    return pl.when(column < 0, whole > 0).then(-whole).otherwise(whole)


def _said(size: pl.Expr) -> pl.Expr:
    to = pl.format("rounded to {}", size.cast(pl.String).str.strip_suffix(".0"))
    return pl.when(pl.col("note") == "").then(to).otherwise(pl.format("{}; {}", "note", to))


def _consistent(results: pl.DataFrame, places: Sequence[int]) -> pl.DataFrame:
    """The change of rounded costs, and the swing of rounded ends."""
    rows = {row["estimate_id"]: row for row in results[list(places)].iter_rows(named=True)}
    told: dict[tuple[Any, ...], float] = {
        (row["phase"], row["comparison"], row["outcome"], row["level"], row["estimand"]):
        row["estimate"] for row in rows.values() if row["method"] in ("descriptive", "one_way")
    }  # fmt: skip
    changed = {name: value for name, row in rows.items()
               if (value := _follows(row, told)) is not None}  # fmt: skip
    return results.with_columns(
        pl.coalesce(
            pl.col("estimate_id").replace_strict(changed, default=None, return_dtype=pl.Float64),
            pl.col("estimate"),
        ).alias("estimate")
    )


def _follows(row: Mapping[str, Any], told: Mapping[tuple[Any, ...], float]) -> float | None:
    at = (row["phase"], row["comparison"], row["outcome"])
    if row["analysis"] == "cost" and row["estimand"] == _CHANGE:
        ends = [told.get((*at, row["level"], name)) for name in ("cost_pre", "cost_post")]
    elif row["estimand"] == "swing" and row["analysis"] == "cost_sensitivity":
        ends = [told.get((*at, f"{row['level']}:{end}", _CHANGE)) for end in ("high", "low")]
    else:
        return None
    one, two = ends
    if one is None or two is None:
        return None
    change = round(one - two, 8) + 0.0
    return abs(change) if row["estimand"] == "swing" else change
