"""The contracts hold on a real run, and each of their rules can be broken."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pandera.errors import SchemaError, SchemaErrors

import peereval as pe
from peereval.columns import TABLES
from peereval.contracts import OPEN_TABLES, contract
from peereval.errors import UsageError
from peereval.pipeline import Run
from peereval.reading import read_answers
from reading.small_survey import (
    WITH_CLAIMS,
    WITH_PROGRAMME,
    untidy_rows,
    with_near_miss,
    write_small_survey,
)
from support.coded import coded_rows, write_exports, write_sheet, write_study

Frame = pd.DataFrame
Change = Callable[[Frame], Frame]


DOOR = ("missing", "id_steps", "duplicates", "conflicts", "near_misses")


def draws_of(run: Run) -> Frame:
    """Draws of costs and gains, which are kept back of so few."""
    whole = pe.analyse(run.study, disclosure_control=False)
    return whole.tables["cost_effectiveness"].to_pandas()


def tables_of(run: Run) -> dict[str, Frame]:
    assert run.moments is not None
    return {
        "answers": read_answers(run.study).frame.to_pandas(),
        "scores": run.scores,
        "pairs": run.pairs,
        "ledger": run.ledger,
        "cells": run.moments.cells.to_pandas(),
        "histograms": run.moments.histograms.to_pandas(),
        "distributions": run.moments.distributions.to_pandas(),
        "faults": run.faults,
        "changes": run.changes,
        **{name: run.tables[name].to_pandas() for name in DOOR},
        "results": run.results,
        "released": run.released,
        "suppressions": run.tables["suppressions"].to_pandas(),
        "organisations": run.tables["organisations"].to_pandas(),
        "claims": run.claims,
        "cost_effectiveness": draws_of(run),
    }


@pytest.fixture(scope="module")
def quotations(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Frame]:
    folder = tmp_path_factory.mktemp("coded")
    write_exports(folder, ["chatting", "both"])
    rows = coded_rows(folder)
    for row, text in zip(rows, ("they listened", "I was 11"), strict=False):
        row |= {"quote": "yes", "quotation": text}
    write_sheet(folder, rows)
    run = pe.analyse(write_study(folder))
    return {name: run.tables[name].to_pandas() for name in ("quotations", "quotations_withheld")}


@pytest.fixture(scope="module")
def tables(
    tmp_path_factory: pytest.TempPathFactory, quotations: dict[str, Frame]
) -> dict[str, Frame]:
    rows = with_near_miss(untidy_rows())
    rows["before"][0]["Pupil code"] += " "  # so that no table is empty
    changes = WITH_CLAIMS | WITH_PROGRAMME
    study = write_small_survey(tmp_path_factory.mktemp("small"), rows, changes)
    return tables_of(pe.analyse(study)) | quotations


@pytest.fixture(scope="module")
def pilot_tables() -> dict[str, Frame]:
    from peereval.bundled import bundled

    return tables_of(pe.analyse(bundled("data/pilot") / "study.toml"))


@pytest.mark.parametrize("name", TABLES)
def test_a_real_run_keeps_the_contract(name: str, tables: dict[str, Frame]) -> None:
    assert len(tables[name]) > 0
    assert contract(name).validate(tables[name]) is not None


@pytest.mark.parametrize("name", [name for name in TABLES if not name.startswith("quotations")])
def test_the_pilot_keeps_the_contract(name: str, pilot_tables: dict[str, Frame]) -> None:
    contract(name).validate(pilot_tables[name])


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_every_engine_keeps_the_contract(
    engine: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    study = write_small_survey(tmp_path_factory.mktemp("small"), changes=WITH_CLAIMS)
    for name, frame in tables_of(pe.analyse(study, engine=engine)).items():
        contract(name).validate(frame)


def put(column: str, value: Any, where: str = "") -> Change:
    """Writes a value into one row: the first, or the first that a query finds."""

    def change(frame: Frame) -> Frame:
        row = (frame.query(where) if where else frame).index[0]
        changed = frame.copy()
        changed[column] = changed[column].astype(object)
        changed.loc[row, column] = value
        return changed.infer_objects() if column != "estimate_id" else changed

    return change


def twice(frame: Frame) -> Frame:
    return pd.concat([frame, frame.head(1)], ignore_index=True)


OK_TEST = "method == 'paired_t' and status == 'ok'"

BREAKS: dict[str, tuple[str, Change, str]] = {
    "a column is missing": (
        "ledger",
        lambda t: t.drop(columns="reason"),
        "column 'reason' not in dataframe",
    ),
    "a fixed table has another column": (
        "results",
        lambda t: t.assign(mean=1.0),
        "column 'mean' not in DataFrameSchema",
    ),
    "columns stand in another order": ("faults", lambda t: t[t.columns[::-1]], "out-of-order"),
    "a text is a number": ("ledger", lambda t: t.assign(source=1), "'source' .*is text"),
    "a number is a text": ("results", lambda t: t.assign(estimate="1"), "'estimate' .*is number"),
    "a count is a fraction": ("cells", lambda t: t.assign(n=t["n"] + 0.5), "'n' .*is integer"),
    "a flag is a number": ("pairs", lambda t: t.assign(counted=1), "'counted' .*is flag"),
    "a blank where none may be": (
        "scores",
        put("occasion", None),
        "non-nullable series 'occasion'",
    ),
    "a word that is not in the list": (
        "ledger",
        lambda t: t.assign(status="lost"),
        "'status' .*isin",
    ),
    "a method that nobody knows": (
        "results",
        lambda t: t.assign(method="magic"),
        "'method' .*isin",
    ),
    "an answer that is no code": (
        "answers",
        lambda t: t.assign(pss4_control="Often"),
        "further columns are numbers",
    ),
    "a code with a fraction": (
        "answers",
        lambda t: t.assign(pss4_control=1.5),
        "further columns are numbers",
    ),
    "a score that is a text": (
        "scores",
        lambda t: t.assign(pss4_total="high"),
        "further columns are numbers",
    ),
    "a row twice": ("answers", twice, "'row'.* not unique"),
    "a pair twice": ("pairs", twice, "'pre_row'.* not unique"),
    "a before without an after": (
        "pairs",
        lambda t: t.assign(post_pss4_total=np.nan),
        "both there or neither",
    ),
    "a before without its column": (
        "pairs",
        lambda t: t.drop(columns="post_pss4_total"),
        "both there or neither",
    ),
    "an estimate twice": ("results", twice, "'estimate_id'.* not unique"),
    "an id of other keys": (
        "results",
        put("estimate_id", "flow.count"),
        "estimate_id is made of the keys",
    ),
    "ok without a number": (
        "results",
        lambda t: t.assign(estimate=np.nan, p_value=np.nan, ci_low=np.nan, ci_high=np.nan),
        "ok has an estimate or a p value",
    ),
    "no estimate and no reason": (
        "results",
        put("note", "", "status == 'not_estimable'"),
        "there is a note and no number",
    ),
    "an estimate that is said not to be": (
        "results",
        put("estimate", 1.0, "status == 'not_estimable'"),
        "there is a note and no number",
    ),
    "a p value of 0": ("results", put("p_value", 0.0, OK_TEST), "0 < p <= 1"),
    "a p value above 1": ("results", put("p_value", 1.2, OK_TEST), "0 < p <= 1"),
    "an adjusted p value above 1": ("results", put("p_adjusted", 1.2, OK_TEST), "0 < p <= 1"),
    "an estimate outside its interval": (
        "results",
        put("estimate", 1e6, OK_TEST),
        "ci_low <= estimate <= ci_high",
    ),
    "half an interval": ("results", put("ci_low", np.nan, OK_TEST), "two ends and a level"),
    "an interval without a level": (
        "results",
        put("ci_level", np.nan, OK_TEST),
        "two ends and a level",
    ),
    "a level in per cent": ("results", put("ci_level", 95.0, OK_TEST), "two ends and a level"),
    "a negative standard error": (
        "results",
        put("std_error", -1.0, OK_TEST),
        "a standard error is not negative",
    ),
    "a negative count": ("results", put("n", -1), "counts are not negative"),
}


@pytest.mark.parametrize("case", BREAKS)
def test_a_table_that_breaks_a_rule_is_refused(case: str, tables: dict[str, Frame]) -> None:
    name, change, said = BREAKS[case]
    with pytest.raises((SchemaError, SchemaErrors), match=said):
        contract(name).validate(change(tables[name]))


def test_an_unknown_table_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="Did you mean 'results'"):
        contract("result")


def test_only_tables_by_outcome_are_open() -> None:
    assert set(OPEN_TABLES) < set(TABLES)
    for name in TABLES:
        assert bool(contract(name).strict) == (name not in OPEN_TABLES)
