"""What an organisation may see of its own respondents: it knows them, and could name them."""

from itertools import combinations

import polars as pl

from peereval.columns import pre
from peereval.studies import Protection

_OWN = (
    "mean_pre", "mean_post", "mean_change", "ci_low", "ci_high", "shrunk_change", "shrunk_low",
    "shrunk_high", "own_weight",
)  # fmt: skip
_ALL = ("n_all", "n_organisations", "mean_pre_all", "mean_post_all")
_COUNTS = ("n_before", "n_after", "n")
FEW = "too few matched respondents"
ALIKE = "everybody has the same score at one of the occasions"
NEARLY = "the same respondents as in another comparison, but for a few"
_PLACE = ("organisation", "phase", "comparison")
_KEYS = (*_PLACE, "outcome")
_OF = ("organisation", "phase", "outcome")
#: A response, as a column that no outcome is called.
_ROW = "pre/post"


def release_organisations(
    table: pl.DataFrame, protection: Protection, pairs: pl.DataFrame
) -> pl.DataFrame:
    """`peereval.columns.ORGANISATIONS` as each organisation may see it.

    ``pairs``: the table of that name, which says who is behind two comparisons. Without its own
    means below the base that the study sets, where everybody has the same score, which is then
    known of each, or where an earlier comparison has the same respondents and few more or less;
    without counts below the threshold; and without the means of all where the others are so few
    that its own numbers would give them away.
    """
    if not protection.on:
        return table
    nearly = _nearly_the_same(pairs, table, protection.base).select(
        *_KEYS, pl.lit(True).alias("nearly")
    )
    columns = table.columns
    table = table.join(nearly, on=_KEYS, how="left", maintain_order="left")
    again = pl.col("nearly").fill_null(False)
    few = (pl.col("outcome") != "") & (pl.col("n") < protection.base)
    alike = pl.col("uniform") & (pl.col("outcome") != "")
    withheld = few | alike | again
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
        .when(again)
        .then(pl.lit(NEARLY))
        .otherwise(pl.col("note"))
        .alias("note"),
    ).select(columns)


def _nearly_the_same(pairs: pl.DataFrame, table: pl.DataFrame, base: int) -> pl.DataFrame:
    """Keys of comparisons of which another, before them, has the same responses and few more.

    Or few less: the two means and how many they are of give the mean of these few.
    """
    order = table["comparison"].unique(maintain_order=True).to_list()
    shown = table.filter((pl.col("outcome") != "") & (pl.col("n") >= base)).select(_KEYS)
    columns = {pre(name): name for name in shown["outcome"].unique() if pre(name) in pairs.columns}
    found = [shown.clear()]
    for end in ("pre_row", "post_row") if columns and len(order) > 1 else ():
        behind = pairs.select(
            *(pl.col(key).cast(pl.String) for key in _PLACE),
            pl.col(end).alias(_ROW),
            pl.col(*columns).is_not_null(),
        )
        for earlier, later in combinations(order, 2):
            one, two = (behind.filter(comparison=name) for name in (earlier, later))
            few = _alike(one, two, [*columns], base).with_columns(
                pl.col("outcome").replace_strict(columns)
            )
            ends = (few.select(*few.columns, comparison=pl.lit(name)) for name in (earlier, later))
            first, second = (each.join(shown, on=_KEYS, how="semi") for each in ends)
            found.append(second.join(first, on=_OF, how="semi").select(_KEYS))
    return pl.concat(found).unique()


def _alike(one: pl.DataFrame, two: pl.DataFrame, columns: list[str], base: int) -> pl.DataFrame:
    """Where two comparisons have the same responses, but for few: organisation, phase, outcome.

    Responses of the second that the first has too are counted, an outcome in each of ``columns``.
    """
    there = one.group_by(*_PLACE[:2], _ROW).agg(pl.col(columns).any())
    same = two.join(there, on=[*_PLACE[:2], _ROW], suffix=_ROW).with_columns(
        pl.col(name) & pl.col(f"{name}{_ROW}") for name in columns
    )
    n_one, n_two, both = (
        rows.group_by(_PLACE[:2]).agg(pl.col(columns).sum())
        .unpivot(columns, index=_PLACE[:2], variable_name="outcome", value_name=name)
        for rows, name in ((one, "one"), (two, "two"), (same, "both"))
    )  # fmt: skip
    counted = both.filter(pl.col("both") > 0).join(n_one, on=_OF).join(n_two, on=_OF)
    more, less = pl.col("one") - pl.col("both"), pl.col("two") - pl.col("both")
    few = ((less == 0) & more.is_between(1, base - 1)) | (
        (more == 0) & less.is_between(1, base - 1)
    )
    return counted.filter(few).select(_OF)


def _blank_where(kept_back: pl.Expr, names: tuple[str, ...]) -> list[pl.Expr]:
    return [pl.when(kept_back).then(None).otherwise(pl.col(name)).alias(name) for name in names]
