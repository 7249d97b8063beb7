"""Every export row is accounted for, whatever the rows are.

On the default engine; that the others give the same tables is a property of its own.
"""

import tempfile
from collections import Counter
from pathlib import Path

import polars as pl
from hypothesis import given, settings

from peereval.columns import post, pre
from peereval.pairing import UNPAIRED
from peereval.pipeline import Matching, analyse, match_study
from support.by_hand import (
    Pair,
    contradictions,
    duplicates_by_hand,
    match_by_hand,
    understand,
)
from support.surveys import CODES, ROLES, Messy, messy_surveys

_OUTCOMES = {
    "mood": "mood_total",
    "calm": "calm_total",
    "help": "help",
    "nurse": "nurse",
    "gp": "gp",
}


def matched(messy: Messy) -> Matching:
    with tempfile.TemporaryDirectory() as folder:
        return match_study(messy.study(Path(folder)))


@given(messy=messy_surveys())
def test_pairs_and_ledger_account_for_every_row(messy: Messy) -> None:
    matching = matched(messy)
    ledger, pairs, rows = (matching.tables[name] for name in ("ledger", "pairs", "scores"))
    assert rows.height == len(messy.rows)
    assert set(ledger["row"]) == set(rows["row"])
    assert not ledger.select("row", "comparison").is_duplicated().any()
    used = ledger.filter(pl.col("status") == "used").select("row", "comparison")
    in_use = pairs.filter(pl.col("n_outcomes") > 0)
    ends = pl.concat(
        [in_use.select(pl.col(end).alias("row"), "comparison") for end in ("pre_row", "post_row")]
    )
    assert set(used.iter_rows()) == set(ends.iter_rows())
    assert (ledger["status"] == "used").to_list() == (ledger["n_outcomes"] > 0).to_list()
    lost = ledger.filter(pl.col("comparison") == "")
    assert set(lost["status"]) <= {"excluded", "no_id", "duplicate", "not_compared"}
    assert not set(lost["row"]) & set(ledger.filter(pl.col("comparison") != "")["row"])


@given(messy=messy_surveys())
def test_respondent_counts_once_in_a_comparison(messy: Messy) -> None:
    pairs = matched(messy).tables["pairs"]
    key = ["comparison", "respondent"]
    if messy.matching["id_scope"] == "organisation":
        key.append("organisation")
    for outcome in _OUTCOMES.values():
        before, after = pairs[pre(outcome)].is_null(), pairs[post(outcome)].is_null()
        assert (before == after).all()
        assert not pairs.filter(~before).select(key).is_duplicated().any()
    counted = pairs.filter("counted").select(key)
    assert not counted.is_duplicated().any()
    assert set(counted.iter_rows()) == set(pairs.select(key).iter_rows())


@given(messy=messy_surveys())
def test_steps_of_the_flow_account_for_every_row(messy: Messy) -> None:
    """Responses less what is lost are eligible; eligible ones are unmatched, or in some pair."""
    with tempfile.TemporaryDirectory() as folder:
        run = analyse(messy.study(Path(folder)))
    ledger, flow = run.tables["ledger"], run.tables["results"].filter(analysis="flow")
    by_row = ledger.select("row", "phase", "occasion", "status").unique("row")
    for row in flow.filter(group="").iter_rows(named=True):
        here = by_row.filter(phase=row["phase"], occasion=row["level"])
        kept = here.filter(~pl.col("status").is_in(UNPAIRED))
        assert row["n"] == (here if row["estimand"] == "n_responses" else kept).height
    for row in flow.filter(group="all", estimand="n_matched").iter_rows(named=True):
        mine = flow.filter(comparison=row["comparison"], phase=row["phase"], group="all")
        analysed = mine.filter(estimand="n_analysed")["n"]
        fates = ledger.filter(comparison=row["comparison"], phase=row["phase"])
        paired = fates.filter(pl.col("status").is_in(["used", "pooled", "unscored"])).height
        assert max(analysed, default=0) <= row["n"] <= paired / 2 or row["comparison"] == "chain"


@settings(max_examples=100)
@given(messy=messy_surveys())
def test_rows_are_matched_as_a_person_with_a_pencil_would(messy: Messy) -> None:
    matching = matched(messy)
    sheets = understand(messy.rows, CODES, ROLES)
    pairs, ledger = match_by_hand(sheets, messy.rules)
    table = matching.tables["ledger"]
    columns = ["source_row", "comparison", "status", "n_outcomes"]
    assert Counter(table.select(columns).iter_rows()) == ledger
    rows = dict(matching.tables["scores"].select("row", "source_row").iter_rows())
    got = [_as_written(row, rows) for row in matching.tables["pairs"].iter_rows(named=True)]
    assert Counter(got) == Counter(_by_hand(pair) for pair in pairs if not pair.bar)
    conflicts = [
        (
            pair.comparison,
            kind,
            pair.before.number,
            pair.after.number,
            "dropped" if pair.bar else "kept",
        )
        for pair in pairs
        for kind in contradictions(pair.before, pair.after, messy.rules)
    ]
    columns = ["comparison", "kind", "before_row", "after_row", "done"]
    assert Counter(matching.tables["conflicts"].select(columns).iter_rows()) == Counter(conflicts)


@settings(max_examples=100)
@given(messy=messy_surveys())
def test_duplicates_differ_as_a_person_with_a_pencil_would_say(messy: Messy) -> None:
    sheets = understand(messy.rows, CODES, ROLES)
    table = matched(messy).tables["duplicates"].select("occasion", "kind", "n_rows")
    assert Counter(table.iter_rows()) == duplicates_by_hand(sheets, messy.rules)


def _as_written(row: dict, rows: dict[int, int]) -> tuple:
    values = [(row[pre(outcome)], row[post(outcome)]) for outcome in _OUTCOMES.values()]
    return (
        row["comparison"],
        rows[row["pre_row"]],
        rows[row["post_row"]],
        row["before"],
        row["after"],
        row["phase"],
        row["organisation"] or "",
        row["role"] or "",
        row["counted"],
        row["n_complete"],
        row["n_outcomes"],
        *values,
    )


def _by_hand(pair: Pair) -> tuple:
    one, two = pair.before, pair.after
    values = [
        (one.values[name], two.values[name]) if name in pair.used else (None, None)
        for name in _OUTCOMES
    ]
    return (
        pair.comparison,
        one.number,
        two.number,
        one.occasion,
        two.occasion,
        one.phase,
        one.organisation or two.organisation,
        two.role or one.role,
        pair.counted,
        len(pair.complete),
        len(pair.used),
        *values,
    )
