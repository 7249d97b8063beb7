"""The table contracts: what `peereval.columns` says, as schemas that a table can be held to.

For tests and for notebooks that pass tables on; a run does not check itself with them.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from peereval.columns import RESULT_KEYS, TABLES, Column, post, pre
from peereval.errors import UsageError, nearest

if TYPE_CHECKING:
    import pandas as pd
    from pandera.pandas import Check, DataFrameSchema

#: Tables that have a column for each item, question or outcome after the fixed ones.
OPEN_TABLES = ("answers", "scores", "pairs")

#: What tells the rows of a table apart.
_UNIQUE = {
    "answers": ["row"],
    "scores": ["row"],
    "pairs": ["comparison", "pre_row", "post_row"],
    "ledger": ["row", "comparison"],
    "cells": ["outcome", "comparison", "phase", "role", "organisation"],
    "histograms": ["outcome", "comparison", "phase", "role", "organisation", "pre", "post"],
    "faults": ["source", "column", "value"],
    "changes": ["source", "source_row", "column"],
    "results": ["estimate_id"],
}
_NUMBERS = ("estimate", "std_error", "statistic", "df", "p_value", "p_adjusted", "ci_low",
            "ci_high", "ci_level")  # fmt: skip


def contract(table: str) -> "DataFrameSchema":
    """The schema of one table, by its name in `peereval.columns.TABLES`, for a pandas frame.

    It holds the columns with their types, which of them may be blank, and the closed lists of
    words. A table with fixed columns may have no other; `answers`, `scores` and `pairs` may
    have further columns of numbers, `scores` also of categories (characteristics). In
    `results` it also holds what the numbers of a row have to do with each other. Use:
    ``contract("results").validate(run.results)``, which returns the frame or raises pandera's
    ``SchemaError`` (``SchemaErrors`` for the columns themselves).
    Raises ``UsageError`` if there is no such table.
    """
    import pandera.pandas as pa

    if table not in TABLES:
        hint = nearest(table, TABLES) or f"There are {', '.join(TABLES)}."
        raise UsageError(f"There is no table {table!r}. {hint}")
    is_open = table in OPEN_TABLES
    return pa.DataFrameSchema(
        {column.name: _column(column) for column in TABLES[table]},
        checks=_between_columns(table),
        strict=not is_open,
        ordered=not is_open,
        unique=_UNIQUE[table],
        name=table,
    )


def _column(column: Column) -> Any:
    import pandera.pandas as pa

    kinds = {"text": _is_text, "integer": _is_whole, "number": _is_number, "flag": _is_flag}
    checks = [pa.Check(kinds[column.type], name=f"is {column.type}", error=f"is {column.type}")]
    if column.allowed:
        checks.append(pa.Check.isin(column.allowed))
    return pa.Column(checks=checks, nullable=column.nullable, description=column.meaning)


# Not a dtype: whole numbers with a blank are floats in pandas, and words that many rows share
# are categories. What counts is what a cell can be read as.


def _is_text(cells: "pd.Series[Any]") -> bool:
    return all(isinstance(cell, str) for cell in cells)


def _is_whole(cells: "pd.Series[Any]") -> bool:
    return _is_number(cells) and bool((cells % 1 == 0).all())


def _is_number(cells: "pd.Series[Any]") -> bool:
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    return is_numeric_dtype(cells) and not is_bool_dtype(cells)


def _is_flag(cells: "pd.Series[Any]") -> bool:
    from pandas.api.types import is_bool_dtype

    return is_bool_dtype(cells)


# --- what columns have to do with each other ----------------------------------------------


def _between_columns(table: str) -> "list[Check]":
    import pandera.pandas as pa

    rules: list[tuple[str, Any]] = []
    if table in OPEN_TABLES:
        rules.append(("further columns are numbers", _others_are_numbers(table)))
    if table == "pairs":
        rules.append(("before and after are both there or neither", _both_or_neither))
    if table == "results":
        rules += [
            ("estimate_id is made of the keys", _id_of_keys),
            ("ok has an estimate or a p value", _ok_has_a_number),
            ("without an estimate there is a note and no number", _blank_has_a_note),
            ("0 < p <= 1", _p_in_range),
            ("ci_low <= estimate <= ci_high", _in_interval),
            ("an interval has two ends and a level", _whole_interval),
            ("a standard error is not negative", lambda t: ~(t["std_error"] < 0)),
            ("counts are not negative", lambda t: (t["n"] >= 0) & (t["n_organisations"] >= 0)),
        ]
    return [pa.Check(rule, name=name, error=name) for name, rule in rules]


def _others(frame: "pd.DataFrame", table: str) -> Iterable[str]:
    fixed = {column.name for column in TABLES[table]}
    return [name for name in frame.columns if name not in fixed]


def _others_are_numbers(table: str) -> Any:
    kind = {"answers": _is_whole, "scores": _is_number_or_category}.get(table, _is_number)
    return lambda frame: all(kind(frame[name].dropna()) for name in _others(frame, table))


def _is_number_or_category(cells: "pd.Series[Any]") -> bool:
    return cells.dtype == "category" or _is_number(cells)


def _both_or_neither(frame: "pd.DataFrame") -> bool:
    others = _others(frame, "pairs")
    outcomes = {name.removeprefix(pre("")).removeprefix(post("")) for name in others}
    return all(
        {pre(outcome), post(outcome)} <= set(others)
        and frame[pre(outcome)].isna().equals(frame[post(outcome)].isna())
        for outcome in outcomes
    )


def _id_of_keys(frame: "pd.DataFrame") -> "pd.Series[bool]":
    keys = frame[list(RESULT_KEYS)].apply(lambda row: ".".join(filter(None, row)), axis=1)
    return frame["estimate_id"] == keys


def _ok_has_a_number(frame: "pd.DataFrame") -> "pd.Series[bool]":
    there = frame["estimate"].notna() | frame["p_value"].notna()
    return (frame["status"] != "ok") | there


def _blank_has_a_note(frame: "pd.DataFrame") -> "pd.Series[bool]":
    blank = frame[list(_NUMBERS)].isna().all(axis=1)
    return (frame["status"] == "ok") | (blank & (frame["note"] != ""))


def _p_in_range(frame: "pd.DataFrame") -> "pd.Series[bool]":
    ps = frame[["p_value", "p_adjusted"]]
    return (ps.isna() | ((ps > 0) & (ps <= 1))).all(axis=1)


def _in_interval(frame: "pd.DataFrame") -> "pd.Series[bool]":
    low, value, high = (frame[name] for name in ("ci_low", "estimate", "ci_high"))
    return ~((low > value) | (value > high))


def _whole_interval(frame: "pd.DataFrame") -> "pd.Series[bool]":
    there = frame[["ci_low", "ci_high", "ci_level"]].notna()
    level = frame["ci_level"]
    outside = (level <= 0) | (level >= 1)
    return (there.all(axis=1) | ~there.any(axis=1)) & ~outside
