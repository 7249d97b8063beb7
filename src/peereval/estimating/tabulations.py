"""Survey tables: counts, shares and means by column, and how far columns differ."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from peereval.estimating import number_tables
from peereval.estimating.coders import states
from peereval.estimating.table_parts import means, organisations, pairs_of, said, small_base
from peereval.estimators.adjusting import adjusted_p
from peereval.estimators.estimate import Estimate, Key
from peereval.estimators.prevalence import prevalence_rows
from peereval.estimators.proportions import Sums, compare_means, compare_shares, mean_of
from peereval.estimators.shares import share
from peereval.studies import Asked, Comparison, Study, Table
from peereval.tabulating import (
    WORTH,
    Scope,
    TableColumn,
    at_occasion,
    chosen,
    flag_column,
    n_repeated,
    pair_group,
    rows_of,
    scopes_of,
)

NOBODY = "nobody answered"

Row = dict[str, Any]


def tabulation_rows(study: Study, sheet: pl.DataFrame, pairs: pl.DataFrame) -> Iterator[Row]:
    """Every table at each of its occasions, then before and after of those matched.

    ``sheet`` as `TableAnswers.sheet` makes it; ``pairs``: the table of that name.
    """
    comparisons = {comparison.id: comparison for comparison in study.comparisons}
    for table in study.tables:
        given = number_tables.numbers_given if table.number else chosen
        parts = [given(sheet, asked, table) for asked in table.asked]
        for scope in scopes_of(table, study):
            for occasion in table.occasions:
                rows: list[Row] = []
                for asked, answers in zip(table.asked, parts, strict=True):
                    here = at_occasion(answers, occasion, study).filter(scope.where)
                    rows += _one_occasion(table, asked, scope, occasion, here, study)
                if table.themes:
                    rows += states(table, scope, occasion, sheet, study)
                yield from _adjusted(rows, table)
            for name in table.comparisons:
                if scope.phase not in comparisons[name].phases:
                    continue
                rows = []
                for asked, answers in zip(table.asked, parts, strict=True):
                    both = _matched(answers, pairs, scope.phase, comparisons[name])
                    change = number_tables.before_and_after if table.number else _before_and_after
                    rows += change(table, asked, scope, name, both, study)
                yield from _adjusted(rows, table)


def _adjusted(rows: list[Row], table: Table) -> list[Row]:
    """Rows with p adjusted among the tests of one table at one occasion.

    Of the tests of one change McNemar's exact one stands for all. Of numbers those of ranks do,
    without outliers.
    """
    mcnemar = ("share_change", "mean_change")
    ranks = ("mann_whitney", "wilcoxon")
    tests = [
        row for row in rows
        if row["p_value"] is not None
        and (
            row["method"] in ranks and row["level"] == "" if table.number
            else row["estimand"] not in mcnemar or row["method"] == "mcnemar_exact"
        )
    ]  # fmt: skip
    if table.adjust and tests:
        new = adjusted_p([row["p_value"] for row in tests], table.adjust)
        for row, p_value in zip(tests, new, strict=True):
            row["p_adjusted"] = p_value
    return rows


# --- one occasion -------------------------------------------------------------------------


def _one_occasion(
    table: Table, asked: Asked, scope: Scope, occasion: str, here: pl.DataFrame, study: Study
) -> Iterator[Row]:
    level = study.ci_level
    # Nobody was asked at this occasion: one row says so.
    if not here.height:
        key = Key("tabulation", scope.phase, occasion, "all", asked.outcome, "respondents")
        yield key.row("count", "n_answering", Estimate(reason=NOBODY))
        return
    if table.number:
        yield from number_tables.one_occasion(table, asked, scope, occasion, here, study)
        return
    counts = {column.group: _counts(here, column, table) for column in scope.columns}
    sums = {column.group: _sums(here, column) for column in scope.columns}
    for column in scope.columns:
        key = Key("tabulation", scope.phase, occasion, column.group, asked.outcome)
        n_organisations = organisations(here.filter(column.where), study)
        again = _again(here.filter(column.where), study)
        yield from _column(key, counts[column.group], level, n_organisations, again)
        if _has_mean(table, asked):
            mean = said(mean_of(sums[column.group], level), n_organisations)
            yield key.row("student", _mean_of(table), mean, unit=_unit(table))
    for one, two in scope.pairs():
        key = Key("tabulation", scope.phase, occasion, pair_group(one, two), asked.outcome)
        base_one, base_two = (counts[each.group] for each in (one, two))
        again = _again(here.filter(one.where | two.where), study)
        note = "; ".join(filter(None, (small_base(min(base_one[""], base_two[""])), again)))
        behind = organisations(here.filter(one.where | two.where), study)
        for name in rows_of(table):
            first, second = ((base[name], base[""]) for base in (base_one, base_two))
            method, found = compare_shares(first, second, level, table.small_test)
            yield key.row(method, "share_difference", said(found, behind, note), name, "share")
        if _has_mean(table, asked):
            found = compare_means(sums[one.group], sums[two.group], level)
            difference = f"difference_in_{_mean_of(table)}"
            yield key.row("welch_t", difference, said(found, behind, note), unit=_unit(table))


def _column(
    key: Key, counts: dict[str, int], level: float, n_organisations: int, again: str
) -> Iterator[Row]:
    """Base, and counts and shares of one column of a table."""
    base = counts[""]
    note = "; ".join(filter(None, (small_base(base), again)))
    answered = Estimate(base, n=base, n_organisations=n_organisations, note=note)
    yield key.row("count", "n_answering", answered, unit="respondents")
    for name, count in counts.items():
        if name:
            number = Estimate(count, n=base, n_organisations=n_organisations)
            yield key.row("count", "n_choosing", number, name, "respondents")
            found = share(count, base, level, n_organisations, note)
            yield key.row("wilson", "share_choosing", found, name, "share")


def _counts(here: pl.DataFrame, column: TableColumn, table: Table) -> dict[str, int]:
    """How many chose each row of the table; under an empty name how many answered."""
    mine = here.filter(column.where)
    flags = mine.select(pl.col(flag_column(name)).sum() for name in rows_of(table))
    return {"": mine.height, **dict(zip(rows_of(table), map(int, flags.row(0)), strict=True))}


def _sums(here: pl.DataFrame, column: TableColumn) -> Sums:
    worth = here.filter(column.where)[WORTH].drop_nulls()
    return worth.len(), int(worth.sum()), int((worth * worth).sum())


def _has_mean(table: Table, asked: Asked) -> bool:
    return table.kind == "scale" or len(asked.columns) > 1


def _mean_of(table: Table) -> str:
    return "mean_score" if table.kind == "scale" else "mean_options"


def _unit(table: Table) -> str:
    return "points" if table.kind == "scale" else "options"


def _again(here: pl.DataFrame, study: Study) -> str:
    """What is said where respondents count more than once; nothing where each counts once."""
    repeated = n_repeated(here, study)
    if not repeated:
        return ""
    return f"{repeated:,} of them are of respondents counted before, taken as independent"


# --- before and after ---------------------------------------------------------------------


def _matched(
    answers: pl.DataFrame, pairs: pl.DataFrame, phase: str, comparison: Comparison
) -> pl.DataFrame:
    """Respondents who answered the question at both occasions: columns of the later end in _after.

    Each counts once; organisation and role are those of the pair, levels of breakdowns those of
    the earlier response, else of the later.
    """
    here = pairs.filter(pl.col("counted"), phase=phase, comparison=comparison.id)
    known = here.select("pre_row", "post_row", "organisation", "role")
    own = answers.drop("respondent", "occasion", "phase", "organisation", "role")
    joined = known.join(own, left_on="pre_row", right_on="row").join(
        own, left_on="post_row", right_on="row", suffix="_after"
    )
    levels = [name for name in own.columns if name.startswith("by ")]
    return joined.with_columns(pl.coalesce(name, f"{name}_after") for name in levels)


def _before_and_after(
    table: Table, asked: Asked, scope: Scope, comparison: str, both: pl.DataFrame, study: Study
) -> Iterator[Row]:
    """Shares of each row of the table before and after, and means of a scale, by column."""
    clustered = bool(study.organisation)
    both = both.with_columns(pl.col("organisation").fill_null("").cast(pl.String))
    for column in scope.columns:
        mine = both.filter(column.where)
        key = Key("tabulation", scope.phase, comparison, column.group, asked.outcome, "share")
        for name in rows_of(table):
            counts = pairs_of(mine, flag_column(name))
            yield from prevalence_rows(key, counts, study.ci_level, clustered, name)
        if table.kind == "scale":
            key = Key("tabulation", scope.phase, comparison, column.group, asked.outcome, "points")
            counts = pairs_of(mine.drop_nulls([WORTH, f"{WORTH}_after"]), WORTH)
            for method, estimand, found in means(counts, 1, study.ci_level, clustered):
                yield key.row(method, estimand, found)
