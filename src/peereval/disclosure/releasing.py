"""Which results may be published, and what stands for those that may not."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from peereval.columns import RELEASED, RESULTS
from peereval.studies import Protection

#: Rules of disclosure control.
RULES: Mapping[str, str] = {
    "small_base": "fewer respondents than a mean or a test may be shown of",
}
_NUMBERS = tuple(column.name for column in RESULTS if column.type == "number")


@dataclass(frozen=True, slots=True)
class Release:
    """Results that may be published, and what was kept back and why.

    ``results``: `peereval.columns.RELEASED`, a row per row of the results; ``log``:
    `peereval.columns.SUPPRESSIONS`.
    """

    results: pl.DataFrame
    log: pl.DataFrame


def release(results: pl.DataFrame, protection: Protection) -> Release:
    """Results with every number that could identify somebody blank, and the log of those."""
    small = pl.col("n").is_between(1, protection.base - 1) if protection.on else pl.lit(False)
    log = results.filter(small).select(
        "estimate_id", rule=pl.lit("small_base"), because_of=pl.lit("")
    )
    marker = (
        pl.when(small).then(pl.lit("c"))
        .when(pl.col("status") == "not_estimable").then(pl.lit("x"))
        .when(pl.col("n").is_between(1, protection.low_base - 1)).then(pl.lit("u"))
        .otherwise(pl.lit(""))
    )  # fmt: skip
    blank = [pl.when(small).then(None).otherwise(pl.col(name)).alias(name) for name in _NUMBERS]
    said = [
        pl.when(small).then(pl.lit("suppressed")).otherwise(pl.col("status")).alias("status"),
        pl.when(small).then(pl.lit(RULES["small_base"])).otherwise(pl.col("note")).alias("note"),
        pl.when(small).then(None).otherwise(pl.col("n")).alias("n"),
    ]
    released = results.with_columns(marker.alias("marker"), *blank, *said)
    return Release(released.select([column.name for column in RELEASED]), log)
