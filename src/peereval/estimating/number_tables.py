"""Survey tables of numbers: medians, quartiles and means, with and without outliers."""

from collections.abc import Iterator, Mapping
from math import sqrt
from typing import Any

import polars as pl
from msgspec.structs import replace

from peereval.estimating.table_parts import means, organisations, pairs_of, said, small_base
from peereval.estimators.changes import changes_of
from peereval.estimators.estimate import Estimate, Key
from peereval.estimators.medians import (
    NOBODY,
    mann_whitney,
    median,
    mood,
    quartiles,
    sign_test,
)
from peereval.estimators.proportions import Sums, mean_of
from peereval.estimators.wilcoxon import wilcoxon
from peereval.moments import Integers
from peereval.plurals import count_of
from peereval.studies import FENCES, THOUSANDTHS, Asked, NumberRule, Study, Table
from peereval.tabulating import WITH_OUTLIERS, WORTH, Scope, TableColumn, pair_group

_OUT = "outlier"
_KNOWN = ("row", "respondent", "occasion", "phase", "organisation", "role")

Row = dict[str, Any]


def numbers_given(sheet: pl.DataFrame, asked: Asked, table: Table) -> pl.DataFrame:
    """Of those who gave a number: the number in thousandths (``worth``), whether it is an outlier.

    Fences are those of a phase and an occasion: a number is an outlier or not in every column
    of a table alike.
    """
    name, rule = asked.columns[0], table.number or NumberRule()
    about = [c for c in sheet.columns if c in _KNOWN]
    levels = [c for c in sheet.columns if c.startswith("by ")]
    given = sheet.filter(pl.col(name).is_not_null()).select(
        *about, *levels, pl.col(name).cast(pl.Int64).alias(WORTH)
    )
    low, high = _ends(rule)
    return given.with_columns(((pl.col(WORTH) < low) | (pl.col(WORTH) > high)).alias(_OUT))


def _ends(rule: NumberRule) -> tuple[pl.Expr, pl.Expr]:
    """Numbers below the first or above the second are outliers."""
    outliers = rule.outliers
    if outliers.rule in FENCES:
        where = ("phase", "occasion")
        lower, upper = (pl.col(WORTH).quantile(part, "linear").over(where) for part in (0.25, 0.75))
        reach = float(FENCES[outliers.rule]) * (upper - lower)
        return lower - reach, upper + reach
    # Beyond the largest number that there is, where no limit is declared.
    none = 2**62
    return (
        pl.lit(-none if outliers.low is None else outliers.low),
        pl.lit(none if outliers.high is None else outliers.high),
    )


def _sets(rule: NumberRule) -> Mapping[str, pl.Expr]:
    """Level of the rows -> the numbers that they are of."""
    if rule.outliers.in_words:
        return {"": ~pl.col(_OUT), WITH_OUTLIERS: pl.lit(True)}
    return {"": pl.lit(True)}


# --- one occasion -------------------------------------------------------------------------


def one_occasion(
    table: Table, asked: Asked, scope: Scope, occasion: str, here: pl.DataFrame, study: Study
) -> Iterator[Row]:
    """Rows of one question at one occasion; ``here``: of `numbers_given`, of that occasion."""
    rule = table.number or NumberRule()
    for column in scope.columns:
        mine = column.of(here)
        key = Key("tabulation", scope.phase, occasion, column.group, asked.outcome, rule.unit)
        yield from _column(key, mine, rule, study)
    for one, two in scope.pairs():
        key = Key("tabulation", scope.phase, occasion, pair_group(one, two), asked.outcome)
        for level, stays in _sets(rule).items():
            first, second = (here.filter(each.where, stays) for each in (one, two))
            yield from _difference(replace(key, unit=rule.unit), first, second, level, study)


def _column(key: Key, mine: pl.DataFrame, rule: NumberRule, study: Study) -> Iterator[Row]:
    behind, n = organisations(mine, study), mine.height
    base = Estimate(n, n=n, n_organisations=behind, note=small_base(n))
    yield key.row("count", "n_answering", base, unit="respondents")
    out = int(mine[_OUT].sum())
    if rule.outliers.in_words:
        outliers = Estimate(out, n=n, n_organisations=behind, note=rule.outliers.in_words)
        yield key.row("count", "n_outliers", outliers, unit="respondents")
    for level, stays in _sets(rule).items():
        kept = mine.filter(stays)
        left = ""
        if out and not level:
            left = f"{count_of(out, 'outlier')} left out: {rule.outliers.in_words}"
        behind = organisations(kept, study)
        for method, estimand, found in _described(kept[WORTH].to_numpy(), study.ci_level):
            full = said(found, behind, left, small_base(kept.height))
            yield key.row(method, estimand, full, level)


def _described(values: Integers, level: float) -> Iterator[tuple[str, str, Estimate]]:
    """Method, estimand and estimate of all that is said of one set of numbers."""
    n = len(values)
    sums: Sums = (n, sum(values.tolist()), sum(value * value for value in values.tolist()))
    yield "order_statistics", "median", median(values, THOUSANDTHS, level)
    low, _, high = quartiles(values, THOUSANDTHS) if n else (None, None, None)
    for estimand, value in (("lower_quartile", low), ("upper_quartile", high)):
        found = Estimate(reason=NOBODY) if value is None else Estimate(value, n=n)
        yield "sample", estimand, found
    yield "student", "mean_number", _in_units(mean_of(sums, level))
    yield "sample", "sd_number", _spread(sums)


def _in_units(found: Estimate) -> Estimate:
    """A mean of thousandths as one of numbers."""
    if found.value is None:
        return Estimate(reason=NOBODY)

    def units(thousandths: float | None) -> float | None:
        return None if thousandths is None else thousandths / THOUSANDTHS

    return replace(
        found,
        value=units(found.value),
        std_error=units(found.std_error),
        ci_low=units(found.ci_low),
        ci_high=units(found.ci_high),
    )


def _spread(sums: Sums) -> Estimate:
    n, total, squares = sums
    if n < 2:
        return Estimate(n=n, reason="fewer than two gave a number" if n else NOBODY)
    return Estimate(sqrt((n * squares - total * total) / (n * (n - 1))) / THOUSANDTHS, n=n)


def _difference(
    key: Key, first: pl.DataFrame, second: pl.DataFrame, level: str, study: Study
) -> Iterator[Row]:
    note = small_base(min(first.height, second.height))
    behind = organisations(pl.concat([first, second]), study)
    one, two = (part[WORTH].to_numpy() for part in (first, second))
    for method, estimand, test in (
        ("mann_whitney", "shift_of_numbers", mann_whitney),
        ("mood_median", "difference_in_median", mood),
    ):
        found = test(one, two, THOUSANDTHS, study.ci_level)
        yield key.row(method, estimand, said(found, behind, note), level)


# --- before and after ---------------------------------------------------------------------


def before_and_after(
    table: Table, asked: Asked, scope: Scope, comparison: str, both: pl.DataFrame, study: Study
) -> Iterator[Row]:
    """Rows of respondents who gave a number at both occasions; ``both``: of `matched`.

    Left out is who is an outlier at either.
    """
    rule = table.number or NumberRule()
    both = both.with_columns((pl.col(_OUT) | pl.col(f"{_OUT}_after")).alias(_OUT))
    for column in scope.columns:
        key = Key("tabulation", scope.phase, comparison, column.group, asked.outcome, rule.unit)
        for level, stays in _sets(rule).items():
            yield from _changed(key, both, column, stays, level, rule, study)


def _changed(
    key: Key,
    both: pl.DataFrame,
    column: TableColumn,
    stays: pl.Expr,
    level: str,
    rule: NumberRule,
    study: Study,
) -> Iterator[Row]:
    mine = column.of(both)
    out = int(mine[_OUT].sum()) if not level else 0
    left = ""
    if out:
        left = f"{count_of(out, 'pair')} with an outlier left out: {rule.outliers.in_words}"
    kept = mine.filter(stays)
    counts, behind = pairs_of(kept, WORTH), organisations(kept, study)
    changes, ci_level = changes_of(counts, THOUSANDTHS, behind), study.ci_level
    before, after = (kept[name].to_numpy() for name in (WORTH, f"{WORTH}_after"))
    for method, estimand, found in (
        ("order_statistics", "median_pre", median(before, THOUSANDTHS, ci_level)),
        ("order_statistics", "median_post", median(after, THOUSANDTHS, ci_level)),
        ("sign_test", "median_change", sign_test(changes, ci_level)),
        ("wilcoxon", "pseudo_median", wilcoxon(changes, ci_level)),
        *means(counts, THOUSANDTHS, ci_level, bool(study.organisation)),
    ):
        yield key.row(method, estimand, said(found, behind, left, small_base(kept.height)), level)
