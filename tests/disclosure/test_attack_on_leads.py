"""Answers of the survey of pilot leads that few gave cannot be had from its released tables."""

from collections.abc import Iterable
from typing import Any

import polars as pl
import pytest

import peereval as pe
from disclosure.attack import Sum, Which, among, attack_one_occasion, both, in_group, is_small
from peereval.bundled import bundled
from peereval.pipeline import Run

THRESHOLD = 10


@pytest.fixture(scope="module")
def run() -> Run:
    return pe.analyse(bundled("data/pilot_leads") / "study.toml")


def column_of(row: dict[str, Any]) -> str:
    """The level of the breakdown that a row is of; nothing for all."""
    return "" if row["group"] == "all" else str(row["group"])


def of(column: str, places: Iterable[int]) -> Which:
    """Those of a column (or any) who chose one of the options at some places."""
    return both(in_group([column] if column else None), among(places))


def test_no_answer_that_few_gave_can_be_had(run: Run) -> None:
    tried = 0
    tables = {asked.outcome: table for table in run.study.tables for asked in table.asked}
    shown = run.tables["released"].filter(analysis="tabulation", estimand="n_choosing")
    truth = run.tables["results"].select("estimate_id", count="estimate", base="n")
    for part in shown.join(truth, on="estimate_id").partition_by("comparison", "outcome"):
        table = tables[part["outcome"][0]]
        rows = part.to_dicts()
        columns = [*dict.fromkeys(filter(None, map(column_of, rows))), "in no level"]
        divided = table.kind != "multi"
        for level in ["any"] if divided else part["level"].unique().to_list():
            mine = [row for row in rows if divided or row["level"] == level]
            options = list(table.options) if divided else [level, "not chosen"]
            known, hidden = list[Sum](), list[tuple[Sum, float]]()
            for row in mine:
                members = table.nets.get(row["level"], (row["level"],)) if divided else (level,)
                places = [options.index(option) for option in members]
                each = Sum(row["estimate_id"], of(column_of(row), places), row["count"])
                known.append(Sum("base", of(column_of(row), range(len(options))), row["base"]))
                if row["estimate"] is not None:
                    known.append(each)
                elif is_small(row["count"], row["base"]) and row["base"] >= THRESHOLD:
                    hidden.append((each, row["base"]))
            for bounds in attack_one_occasion(columns, len(options), known, hidden):
                assert bounds.is_protected(THRESHOLD), bounds
                tried += 1
    assert tried > 30


def test_means_of_tables_with_hidden_answers_are_hidden(run: Run) -> None:
    released = run.tables["released"].filter(analysis="tabulation")
    keys = ("phase", "comparison", "group", "outcome")
    hidden = released.filter(estimand="n_choosing", marker="c").select(keys).unique()
    means = released.filter(pl.col("estimand").is_in(["mean_score", "mean_options"]))
    assert means.join(hidden, on=keys, how="semi")["estimate"].null_count() > 0
    assert means.join(hidden, on=keys, how="semi")["estimate"].drop_nulls().len() == 0
