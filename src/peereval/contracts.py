"""The table contracts: what `peereval.columns` says, as schemas that a table can be held to.

For `peereval check`, for tests, and for notebooks that pass tables on; a run does not check
itself with them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import polars as pl

from peereval.columns import RESULT_KEYS, TABLES, Column, item_column, post, pre
from peereval.errors import Fault, UsageError, nearest
from peereval.plurals import count_of
from peereval.studies import Study

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
    "distributions": ["outcome", "comparison", "phase", "role", "pre", "post"],
    "faults": ["source", "column", "value"],
    "changes": ["source", "source_row", "column"],
    "missing": ["source", "column", "reason"],
    "id_steps": ["step"],
    "duplicates": ["respondent", "organisation", "occasion"],
    "conflicts": ["comparison", "kind", "before_source", "before_row", "after_source", "after_row"],
    "near_misses": ["organisation", "before", "after", "before_id", "after_id"],
    "results": ["estimate_id"],
    "released": ["estimate_id"],
    "suppressions": ["estimate_id"],
    "organisations": ["organisation", "phase", "comparison", "outcome"],
    "claims": ["claim", "outcome"],
    "quotations": ["table", "quotation"],
    "quotations_withheld": ["table", "source", "source_row", "quotation"],
    "cost_effectiveness": ["phase", "comparison", "outcome", "draw"],
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
    if table == "released":
        rules += [
            ("what is kept back has no number and says so", _kept_back_is_blank),
            ("an interval has two ends and a level", _whole_interval),
        ]
    return [pa.Check(rule, name=name, error=name) for name, rule in rules]


def _kept_back_is_blank(frame: "pd.DataFrame") -> "pd.Series[bool]":
    kept = frame["marker"] == "c"
    blank = frame[list(_NUMBERS)].isna().all(axis=1) & (frame["status"] == "suppressed")
    return (kept & blank) | (~kept & (frame["status"] != "suppressed"))


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


# --- what was read, held to the contract and to the study ---------------------------------

#: Rows that are held as pandas at once: their numbers need eight times the room there.
_AT_ONCE = 100_000
#: How the rules say what they found, by the beginning of a rule's name in pandera.
_SAID = {
    "not_nullable": "nothing where something must stand",
    "isin": "a value that is not in the list of those allowed",
    "multiple_fields_uniqueness": "the number of another row",
    "column_in_dataframe": "nothing at all: the column is not there",
    "is text": "something that is no text",
    "is integer": "something that is no whole number",
    "further columns": "codes that are no whole numbers",
}
_OTHERWISE = "something that the contract of the table does not allow"


def answers_contract(study: Study) -> "DataFrameSchema":
    """The contract of `answers`, with the words and codes that a study allows in it."""
    import pandera.pandas as pa

    # A row that is set aside may belong to no occasion.
    allowed: dict[str, Iterable[Any]] = {
        "occasion": ["", *study.occasions],
        "phase": ["", *(phase.id for phase in study.phases)],
    }
    if study.roles:
        allowed["role"] = set(study.roles.values())
    for part in study.scales:
        codes = set(part.scale.labels.values())
        allowed |= {item_column(part.scale.id, item.id): codes for item in part.scale.items}
    allowed |= {question.id: set(question.codes.values()) for question in study.questions}
    schema = contract("answers")
    fixed = {name: schema.columns[name] for name in allowed if name in schema.columns}
    return schema.add_columns(
        {
            name: pa.Column(
                checks=[*(fixed[name].checks if name in fixed else ()), pa.Check.isin(values)],
                nullable=name not in fixed or fixed[name].nullable,
            )
            for name, values in allowed.items()
        }
    )


def broken_rules(answers: pl.DataFrame, file: str, study: Study, sheet: str = "") -> list[Fault]:
    """``TAB001``: rules of the contract of `answers` that the table of one export breaks.

    One fault per rule and column, with how many rows break it and where the first are; in
    plain words, and without a value in it. Rows are looked at so many at a time, and so is
    whether two have the same number.
    """
    from pandera.errors import SchemaErrors

    schema, rows = answers_contract(study), dict[tuple[str, str], list[int | None]]()
    numbered = answers.get_column("source_row", default=None)
    for start in range(0, max(answers.height, 1), _AT_ONCE):
        try:
            schema.validate(answers.slice(start, _AT_ONCE).to_pandas(), lazy=True)
        except SchemaErrors as error:
            for column, rule, index in _failures(error):
                row = None
                if index is not None and numbered is not None:
                    row = int(numbered[start + index])
                rows.setdefault((column, rule), []).append(row)
    return [
        replace(_broken(rule, found), file=file, sheet=sheet, column=_column_of(column, study))
        for (column, rule), found in rows.items()
    ]


def _failures(error: Any) -> Iterator[tuple[str, str, int | None]]:
    """Column, rule and position of each failure; what was found there is left where it is."""
    from pandas import isna

    for case in error.failure_cases.itertuples(index=False):
        absent = str(case.check) == "column_in_dataframe"
        # The name of a column that is not there stands where its value would be.
        column = case.failure_case if absent else case.column
        position = None if isna(case.index) else int(case.index)
        yield str(column), str(case.check), position


def _column_of(column: str, study: Study) -> str:
    """The export column of a column of `answers`, as the study names it."""
    for part in study.scales:
        for item, columns in part.columns.items():
            if column == item_column(part.scale.id, item):
                return " or ".join(columns)
    named = {question.id: " or ".join(question.columns) for question in study.questions}
    named |= {"respondent": study.respondent, "role": study.role, "answers": ""}
    return named.get(column, column)


def _broken(rule: str, rows: list[int | None]) -> Fault:
    said = next((text for start, text in _SAID.items() if rule.startswith(start)), _OTHERWISE)
    numbers = sorted({row for row in rows if row is not None})
    where = "what was read holds"
    if numbers:
        where = count_of(len(numbers), "row of what was read holds|rows of what was read hold")
    return Fault(
        "TAB001",
        f"{where} {said}",
        "This should not happen: tell the makers of peereval, without the answers themselves",
        row=numbers[0] if numbers else None,
        count=max(len(numbers), 1),
        others=tuple(numbers[1:5]),
    )
