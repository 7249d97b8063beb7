"""What rows of survey tables of every kind are made of."""

from collections.abc import Iterator

import polars as pl
from msgspec.structs import replace

from peereval.estimating.levels import n_known
from peereval.estimators.clustered import contrast_cr2
from peereval.estimators.estimate import Estimate
from peereval.estimators.paired import describe, paired_t
from peereval.moments import value_sums
from peereval.studies import Study

#: Respondents answering below which a column is flagged, and how.
SMALL_BASES = {30: "base below 30: not reliable", 50: "base below 50: take care"}


def small_base(base: int) -> str:
    """What is said of a base that is small; nothing of one that is not, or of none."""
    return next((said for least, said in SMALL_BASES.items() if 0 < base < least), "")


def said(found: Estimate, n_organisations: int, *notes: str) -> Estimate:
    """An estimate with what is to be said of it besides, and the organisations behind it."""
    note = "; ".join(filter(None, (found.note, *notes)))
    return replace(found, note=note, n_organisations=min(n_organisations, found.n))


def organisations(here: pl.DataFrame, study: Study) -> int:
    """Organisations of some responses; 0 where the study does not name any."""
    return n_known(here["organisation"]) if study.organisation else 0


def pairs_of(mine: pl.DataFrame, column: str) -> pl.DataFrame:
    """Pairs by organisation and value before and after (columns organisation, pre, post, n)."""
    values = mine.select(
        "organisation",
        pl.col(column).cast(pl.Int64).alias("pre"),
        pl.col(f"{column}_after").cast(pl.Int64).alias("post"),
    )
    counted = values.group_by("organisation", "pre", "post").agg(pl.len().cast(pl.Int64).alias("n"))
    return counted.sort("organisation", "pre", "post")


def means(
    counts: pl.DataFrame, denominator: int, level: float, clustered: bool
) -> Iterator[tuple[str, str, Estimate]]:
    """Method, estimand and estimate of the means before and after, and of the mean change."""
    before, after = (counts[name].to_numpy() for name in ("pre", "post"))
    sums = value_sums(counts, before, after, denominator, clustered)
    described = describe(sums)
    for estimand in ("mean_pre", "mean_post"):
        yield "descriptive", estimand, described[estimand]
    yield "paired_t", "mean_change", paired_t(sums, level)
    yield "paired_cr2", "mean_change", contrast_cr2((sums,), level)
