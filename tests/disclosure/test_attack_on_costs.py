"""How many gave a label cannot be had from the costs of single questions."""

from collections.abc import Iterator

import numpy as np
import polars as pl
import pytest
from msgspec.structs import replace

import peereval as pe
from disclosure.cost_attack import (
    ENDS,
    SAVING,
    System,
    Unknown,
    known,
    step_of,
    truth_of_labels,
)
from peereval.bundled import bundled
from peereval.columns import post, pre
from peereval.costing import TOTAL, cost_rows
from peereval.disclosure import release
from peereval.estimating import result_table
from peereval.moments import Moments
from peereval.pipeline import Run
from peereval.studies import Question

STUDIES = ("data/pilot", "examples/programme_costs")
THRESHOLD = 10


@pytest.fixture(scope="module", params=STUDIES)
def run(request: pytest.FixtureRequest) -> Run:
    return pe.analyse(bundled(request.param) / "study.toml")


@pytest.fixture(scope="module")
def pilot() -> Run:
    return pe.analyse(bundled("data/pilot") / "study.toml")


def places(run: Run) -> Iterator[tuple[str, str, dict[Unknown, int], int]]:
    """Phases and comparisons with costs: how many gave each label, of how many."""
    costs = run.tables["results"].filter(analysis="cost", outcome=TOTAL, estimand="cost_pre")
    for phase, comparison, n in costs.select("phase", "comparison", "n").iter_rows():
        assert run.moments is not None
        yield phase, comparison, truth_of_labels(run.moments, run.study, phase, comparison), n


def system_of(
    run: Run,
    phase: str,
    comparison: str,
    truth: dict[Unknown, int],
    n: int,
    table: str = "released",
) -> System:
    """What the rows of a table say of the labels of one phase and comparison."""
    mine = pl.col("analysis").is_in(["cost", "cost_sensitivity"])
    rows = run.tables[table].filter(mine, phase=phase, comparison=comparison).to_dicts()
    return known(run.study, phase, rows, truth, n, rounding=table == "released")


def small(truth: dict[Unknown, int]) -> list[Unknown]:
    return [key for key, count in truth.items() if 0 < count < 10]


def test_exact_costs_give_labels_away(run: Run) -> None:
    """The attack is one that works: what it finds of the costs as they are is narrow or known."""
    phase, comparison, truth, n = min(places(run), key=lambda place: place[3])
    system = system_of(run, phase, comparison, truth, n, "results")
    known_exactly = 0
    for unknown in small(truth):
        low, high = system.alone(unknown)
        assert low <= truth[unknown] <= high
        known_exactly += low == high
    assert known_exactly >= 5


def test_no_label_is_known_too_narrowly_from_all_released_costs(run: Run) -> None:
    """Of all questions at once, with the total, its scenarios and one-way bounds."""
    tried = 0
    for phase, comparison, truth, n in places(run):
        system = system_of(run, phase, comparison, truth, n)
        assert system.holds(truth)
        for unknown in small(truth):
            assert system.is_protected(unknown, truth[unknown]), (phase, comparison, unknown)
            tried += 1
    assert tried >= 3


def test_a_change_is_that_of_the_rounded_costs(run: Run) -> None:
    """No number twice with two values, and a swing is that of its ends."""
    shown = run.tables["released"].filter(pl.col("estimate").is_not_null(), analysis="cost")
    keys = ["phase", "comparison", "outcome", "level"]
    ends = {end: {tuple(row[key] for key in keys): row["estimate"] for row in shown.filter(
        estimand=end).iter_rows(named=True)} for end in ENDS}  # fmt: skip
    changes = shown.filter(estimand=SAVING)
    assert changes.height > 3
    for row in changes.iter_rows(named=True):
        place = tuple(row[key] for key in keys)
        if place in ends["cost_pre"]:
            change = ends["cost_pre"][place] - ends["cost_post"][place]
            assert row["estimate"] == pytest.approx(change, abs=1e-9)
    assert changes.group_by(keys).agg(pl.col("estimate").round(9).n_unique())["estimate"].max() == 1


def test_exact_costs_stay_restricted(run: Run) -> None:
    """Results keep every digit; of a rounded row no number of the results is released."""
    exact = {row["estimate_id"]: row for row in run.tables["results"].iter_rows(named=True)}
    numbers = ("estimate", "std_error", "ci_low", "ci_high", "statistic", "p_value")
    shown = run.tables["released"].filter(pl.col("estimate").is_not_null())
    rounded = [row for row in shown.iter_rows(named=True) if step_of(row)]
    assert len(rounded) > 5
    for row in rounded:
        for name in numbers:
            value = exact[row["estimate_id"]][name]
            assert row[name] is None or row[name] != value or value == round(value), row
            if name in ("estimate", "ci_low", "ci_high") and row[name] is not None:
                assert abs(row[name] - value) <= step_of(row) + 1e-9


# --- surveys drawn at random ------------------------------------------------------------------


def answers_at_random(run: Run, asked: list[Question], n: int, seed: int, none: float) -> Moments:
    """Answers of participants of eleven schools: most had no contact, few had many."""
    draw = np.random.default_rng(seed)
    codes = {}
    for question in asked:
        frequent = np.array([0.5**code for code in range(1, len(question.contacts))])
        shares = [none, *(frequent / frequent.sum() * (1 - none))]
        for column in (pre(question.id), post(question.id)):
            codes[column] = draw.choice(len(question.contacts), size=n, p=shares)
    everybody = pl.DataFrame({
        "comparison": "short_term", "phase": "primary", "role": "mentor",
        "organisation": [f"school {number % 11:02d}" for number in range(n)], **codes,
    })  # fmt: skip
    keys = ["comparison", "phase", "role", "organisation"]
    contacts = everybody.group_by(pl.all()).agg(n=pl.len().cast(pl.Int64))
    histograms = pl.concat(
        everybody.group_by(*keys, pre=pre(q.id), post=post(q.id))
        .agg(n=pl.len().cast(pl.Int64)).with_columns(outcome=pl.lit(q.id))
        for q in asked
    )  # fmt: skip
    assert run.moments is not None
    return replace(run.moments, histograms=histograms, contacts=contacts)


@pytest.mark.parametrize("seed", range(6))
def test_no_label_of_a_small_survey_can_be_had(pilot: Run, seed: int) -> None:
    draw = np.random.default_rng(seed)
    n, questions, none = int(draw.integers(25, 220)), 1 + seed % 4, float(draw.uniform(0.3, 0.85))
    asked = [q for q in pilot.study.questions if q.unit_cost][:questions]
    study = replace(pilot.study, questions=tuple(asked))
    moments = answers_at_random(pilot, asked, n, seed, none)
    results = result_table(cost_rows(moments, study, "primary", "short_term"))
    shown = release(results, study, moments).results.to_dicts()
    truth = truth_of_labels(moments, study, "primary", "short_term")
    system = known(study, "primary", shown, truth, n)
    assert system.holds(truth)
    told = {row["outcome"] for row in shown
            if row["estimand"] == "cost_pre" and row["estimate"] is not None}  # fmt: skip
    for unknown in small(truth):
        some = sum(count for key, count in truth.items() if key[:2] == unknown[:2])
        # Where fewer than ten had any contact the share says so, and is kept back with its cost.
        if some >= THRESHOLD and unknown[0] in told:
            assert system.is_protected(unknown, truth[unknown]), (unknown, truth[unknown])
        elif some >= THRESHOLD:
            # Changes alone: what the total has room for is left, and it may be little.
            assert system.is_open(unknown, truth[unknown]), (unknown, truth[unknown])
