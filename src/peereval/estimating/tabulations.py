"""Survey tables: counts, shares and means by column, and how far columns differ."""

from collections.abc import Iterator
from typing import Any

import polars as pl
from msgspec import Struct

from peereval.estimating import number_tables
from peereval.estimating.coders import states
from peereval.estimating.table_parts import means, organisations, pairs_of, said, small_base
from peereval.estimators.adjusting import adjusted_p
from peereval.estimators.estimate import Estimate, Key
from peereval.estimators.prevalence import prevalence_rows
from peereval.estimators.proportions import Sums, compare_means, compare_shares, mean_of
from peereval.estimators.shares import share
from peereval.pairing.matching import keys_of
from peereval.plurals import count_of
from peereval.studies import Asked, Comparison, Study, Table
from peereval.tabulating import (
    WORTH,
    Scope,
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
        there = {
            occasion: [at_occasion(answers, occasion, study) for answers in parts]
            for occasion in table.occasions
        }
        for scope in scopes_of(table, study):
            for occasion in table.occasions:
                rows: list[Row] = []
                for asked, answers in zip(table.asked, there[occasion], strict=True):
                    here = answers.filter(scope.where)
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
    counted = {each.group: _counted(each.of(here), table, study) for each in scope.columns}
    for column in scope.columns:
        key = Key("tabulation", scope.phase, occasion, column.group, asked.outcome)
        mine = counted[column.group]
        yield from _column(key, mine, level)
        if _has_mean(table, asked):
            mean = said(mean_of(mine.sums, level), mine.n_organisations)
            yield key.row("student", _mean_of(table), mean, unit=_unit(table))
    for one, two in scope.pairs():
        key = Key("tabulation", scope.phase, occasion, pair_group(one, two), asked.outcome)
        first, second = (counted[each.group] for each in (one, two))
        both = here.filter(one.where | two.where)
        again = _again(n_repeated(both, study))
        note = "; ".join(filter(None, (small_base(min(first.n, second.n)), again)))
        behind = organisations(both, study)
        for name in rows_of(table):
            method, found = compare_shares(
                (first.chose[name], first.n), (second.chose[name], second.n), level,
                table.small_test,
            )  # fmt: skip
            yield key.row(method, "share_difference", said(found, behind, note), name, "share")
        if _has_mean(table, asked):
            found = compare_means(first.sums, second.sums, level)
            difference = f"difference_in_{_mean_of(table)}"
            yield key.row("welch_t", difference, said(found, behind, note), unit=_unit(table))


class _Counted(Struct, frozen=True):
    """Answers in one column of a table: how many there are, how many ``chose`` each of its rows.

    ``sums``: of what answers are worth; ``again``: what is said of those counted more than once.
    """

    n: int
    chose: dict[str, int]
    sums: Sums
    n_organisations: int
    again: str


def _counted(mine: pl.DataFrame, table: Table, study: Study) -> _Counted:
    worth, names = pl.col(WORTH), list(rows_of(table))
    *chose, n, total, squares, behind, different = mine.select(
        pl.col([flag_column(name) for name in names]).sum(),
        worth.count().alias("n"),
        worth.sum().alias("total"),
        (worth * worth).sum().alias("squares"),
        pl.col("organisation").drop_nulls().n_unique().alias("behind"),
        pl.struct(keys_of(study)).n_unique().alias("different"),
    ).row(0)
    chosen_by = dict(zip(names, map(int, chose), strict=True))
    organisations_behind = behind if study.organisation else 0
    again = _again(mine.height - different)
    return _Counted(mine.height, chosen_by, (n, total, squares), organisations_behind, again)


def _column(key: Key, mine: _Counted, level: float) -> Iterator[Row]:
    """Base, and counts and shares of one column of a table."""
    base, behind = mine.n, mine.n_organisations
    note = "; ".join(filter(None, (small_base(base), mine.again)))
    answered = Estimate(base, n=base, n_organisations=behind, note=note)
    yield key.row("count", "n_answering", answered, unit="respondents")
    for name, count in mine.chose.items():
        number = Estimate(count, n=base, n_organisations=behind)
        yield key.row("count", "n_choosing", number, name, "respondents")
        found = share(count, base, level, behind, note)
        yield key.row("wilson", "share_choosing", found, name, "share")


def _has_mean(table: Table, asked: Asked) -> bool:
    return table.kind == "scale" or len(asked.columns) > 1


def _mean_of(table: Table) -> str:
    return "mean_score" if table.kind == "scale" else "mean_options"


def _unit(table: Table) -> str:
    return "points" if table.kind == "scale" else "options"


def _again(repeated: int) -> str:
    """What is said where respondents count more than once; nothing where each counts once."""
    if not repeated:
        return ""
    return f"{count_of(repeated, 'answer')} of respondents counted before, taken as independent"


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
        mine = column.of(both)
        key = Key("tabulation", scope.phase, comparison, column.group, asked.outcome, "share")
        for name in rows_of(table):
            counts = pairs_of(mine, flag_column(name))
            yield from prevalence_rows(key, counts, study.ci_level, clustered, name)
        if table.kind == "scale":
            key = Key("tabulation", scope.phase, comparison, column.group, asked.outcome, "points")
            counts = pairs_of(mine.drop_nulls([WORTH, f"{WORTH}_after"]), WORTH)
            for method, estimand, found in means(counts, 1, study.ci_level, clustered):
                yield key.row(method, estimand, found)
