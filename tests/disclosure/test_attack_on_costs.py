"""How many gave a label cannot be had from the costs of single questions."""

from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import polars as pl
import pytest
from msgspec.structs import replace

import peereval as pe
from disclosure.cost_attack import (
    ENDS,
    HUNDREDTH,
    SAVING,
    System,
    Unknown,
    from_statistic,
    known,
    step_of,
    truth_of_labels,
)
from peereval.bundled import bundled
from peereval.columns import post, pre
from peereval.costing import TOTAL, cost_key, cost_rows
from peereval.disclosure import release
from peereval.estimating import result_table
from peereval.estimating.cost_cells import Costed
from peereval.estimating.cost_concentration import concentration_rows
from peereval.estimating.cost_scenarios import scenario_rows
from peereval.estimating.material import Material
from peereval.estimating.questions import question_rows
from peereval.moments import Moments
from peereval.pipeline import Run
from peereval.studies import Question, Study

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


# --- surveys drawn at random -----------------------------------------------------------------


def answers_at_random(
    asked: Sequence[Question], n: int, seed: int, none: float, falling: float = 0.5
) -> pl.DataFrame:
    """Answers of participants of eleven schools: many had no contact, few had many.

    Each label is as much rarer than the one before it as ``falling`` says.
    """
    draw = np.random.default_rng(seed)
    codes = {}
    for question in asked:
        frequent = np.array([falling**code for code in range(1, len(question.contacts))])
        shares = [none, *(frequent / frequent.sum() * (1 - none))]
        for column in (pre(question.id), post(question.id)):
            codes[column] = draw.choice(len(question.contacts), size=n, p=shares)
    return pl.DataFrame({
        "comparison": "short_term", "phase": "primary", "role": "mentor",
        "organisation": [f"school {number % 11:02d}" for number in range(n)], **codes,
    })  # fmt: skip


def moments_of(run: Run, everybody: pl.DataFrame, asked: Sequence[Question]) -> Moments:
    """The moments of a run with these answers for its own."""
    keys = ["comparison", "phase", "role", "organisation"]
    contacts = everybody.group_by(pl.all()).agg(n=pl.len().cast(pl.Int64))
    histograms = pl.concat(
        everybody.group_by(*keys, pre=pre(q.id), post=post(q.id))
        .agg(n=pl.len().cast(pl.Int64)).with_columns(outcome=pl.lit(q.id))
        for q in asked
    )  # fmt: skip
    assert run.moments is not None
    return replace(run.moments, histograms=histograms, contacts=contacts)


def survey_at_random(
    pilot: Run, seed: int, questions: int
) -> tuple[Study, Moments, pl.DataFrame, int]:
    """A survey of 25 to 220 respondents, what is shown of its costs, and of how many."""
    draw = np.random.default_rng(seed)
    n, none = int(draw.integers(25, 220)), float(draw.uniform(0.3, 0.85))
    asked = [q for q in pilot.study.questions if q.unit_cost][:questions]
    study = replace(pilot.study, questions=tuple(asked))
    moments = moments_of(pilot, answers_at_random(asked, n, seed, none), asked)
    results = result_table(cost_rows(moments, study, "primary", "short_term"))
    return study, moments, release(results, study, moments).results, n


@pytest.mark.parametrize("seed", [*range(6), 49, 53, 57, 69])
def test_no_label_of_a_small_survey_can_be_had(pilot: Run, seed: int) -> None:
    study, moments, released, n = survey_at_random(pilot, seed, 1 + seed % 4)
    shown = released.to_dicts()
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


@pytest.mark.parametrize("seed", [10, 17, 18, 21, 33])
def test_a_total_less_an_exact_cost_is_not_the_cost_of_the_other(pilot: Run, seed: int) -> None:
    """All labels of one question are common, of the other some are rare."""
    asked, n = [q for q in pilot.study.questions if q.unit_cost][:2], 180
    common = answers_at_random(asked[:1], n, seed, 0.3, falling=0.9)
    rare = answers_at_random(asked, n, seed, 0.5)
    everybody = rare.with_columns(common[pre(asked[0].id)], common[post(asked[0].id)])
    moments = moments_of(pilot, everybody, asked)
    study = replace(pilot.study, questions=tuple(asked))
    results = result_table(cost_rows(moments, study, "primary", "short_term"))
    shown = release(results, study, moments).results.to_dicts()
    truth = truth_of_labels(moments, study, "primary", "short_term")
    assert {name for name, *_ in small(truth)} == {asked[1].id}
    system = known(study, "primary", shown, truth, n)
    assert system.holds(truth)
    for unknown in small(truth):
        assert system.is_protected(unknown, truth[unknown]), (unknown, truth[unknown])


# --- questions that few had contacts for -----------------------------------------------------


def test_a_statistic_says_no_more_than_a_hundredth(run: Run) -> None:
    """Of a change near 0 a statistic and a standard error would give many more digits."""
    tests = run.tables["released"].filter(
        pl.col("estimate").is_not_null() & pl.col("statistic").is_not_null(),
        analysis="cost", outcome=TOTAL,
    )  # fmt: skip
    for row in tests.iter_rows(named=True):
        low, high = from_statistic(row, HUNDREDTH / 2)
        assert low <= row["estimate"] <= high
        assert high - low >= HUNDREDTH


def asked_rows(moments: Moments, study: Study) -> list[dict[str, Any]]:
    """Shares with any contact, costs, and what the top few cost."""
    phase = next(phase for phase in study.phases if phase.id == "primary")
    material = cast(Material, SimpleNamespace(study=study, moments=moments))
    comparison = study.comparisons[0]
    rows = [*question_rows(material, phase, comparison),
            *cost_rows(moments, study, phase.id, comparison.id)]  # fmt: skip
    order = moments.contacts.with_columns(
        place=pl.col("organisation").rank("dense").cast(pl.Int64) - 1
    ).sort("place")
    costed = Costed(study, study.questions, order)
    about = cost_key(study, phase.id, comparison.id, TOTAL, "cost_concentration")
    varied = cost_key(study, phase.id, comparison.id, TOTAL, "cost_sensitivity")
    return [*rows, *concentration_rows(about, costed), *scenario_rows(varied, costed)]


@pytest.mark.parametrize("seed", range(8))
def test_contacts_of_few_are_not_in_the_total(pilot: Run, seed: int) -> None:
    """The cost of a question that few had contacts for is kept back; so it must be in the total."""
    draw = np.random.default_rng(200 + seed)
    n, questions = int(draw.integers(30, 110)), 1 + seed % 3
    asked = [q for q in pilot.study.questions if q.unit_cost][:questions]
    study = replace(pilot.study, questions=tuple(asked))
    none = float(draw.uniform(0.85, 0.95))
    moments = moments_of(pilot, answers_at_random(asked, n, 200 + seed, none), asked)
    results = result_table(asked_rows(moments, study))
    truth = truth_of_labels(moments, study, "primary", "short_term")
    shown = release(results, study, moments).results
    system = known(study, "primary", shown.to_dicts(), truth, n, few=THRESHOLD)
    assert system.holds(truth)
    tried = 0
    for unknown in small(truth):
        some = sum(count for name, count in truth.items() if name[:2] == unknown[:2])
        if some < THRESHOLD:
            assert system.is_open(unknown, truth[unknown]), (unknown, truth[unknown])
            tried += 1
    assert tried > 2
    assert shown.filter(analysis="cost_concentration")["estimate"].drop_nulls().len() == 0


# --- how unequal costs are -------------------------------------------------------------------


def ranges_with_gini(
    contacts: Sequence[float], some: int, n: int, cost: tuple[float, float], gini: float
) -> list[tuple[int, int]]:
    """Fewest and most of each label, of all sets with a mean of contacts and a Gini coefficient.

    ``cost``: the mean, and how near it is; ``gini``: to hundredths.
    """
    tried = np.array(list(sets_of_labels(some, len(contacts))))
    each = np.array(contacts)
    money = tried * each
    mean = money.sum(axis=1) / n
    below = np.cumsum(money, axis=1) - money
    area = (tried * (2 * below + money)).sum(axis=1)
    value = 1 - area / (n * money.sum(axis=1))
    left = tried[(np.abs(mean - cost[0]) <= cost[1]) & (np.abs(value - gini) <= 0.005)]
    return [(int(column.min()), int(column.max())) for column in left.T]


def sets_of_labels(some: int, labels: int) -> Iterator[tuple[int, ...]]:
    """How many may have given each label, if ``some`` gave any."""
    if labels == 1:
        yield (some,)
        return
    for count in range(some + 1):
        yield from ((count, *others) for others in sets_of_labels(some - count, labels - 1))


@pytest.mark.parametrize("seed", [313, 319, 336])
def test_a_gini_coefficient_beside_a_cost_gives_labels_away(pilot: Run, seed: int) -> None:
    """So it is kept back where few gave a label, and the shares of the top with it."""
    draw = np.random.default_rng(seed)
    n, none = int(draw.integers(60, 130)), float(draw.uniform(0.6, 0.75))
    asked = [q for q in pilot.study.questions if q.unit_cost][:1]
    study = replace(pilot.study, questions=tuple(asked))
    moments = moments_of(pilot, answers_at_random(asked, n, seed, none), asked)
    results = result_table(asked_rows(moments, study))
    truth = truth_of_labels(moments, study, "primary", "short_term")
    shown = release(results, study, moments).results
    contacts = sorted(float(each) for each in asked[0].contacts[1:])
    counts = [truth[(asked[0].id, "pre", code)] for code in range(1, len(asked[0].contacts))]
    mean = float(np.dot(contacts, counts)) / n
    exact = results.filter(estimand="gini", level="before")["estimate"][0]
    known_of = ranges_with_gini(contacts, sum(counts), n, (mean, 0.05), round(exact, 2))
    few = [place for place, count in enumerate(counts) if 0 < count < THRESHOLD]
    assert any(known_of[place][1] - known_of[place][0] <= 1 for place in few)
    assert shown.filter(pl.col("estimate").is_not_null(), estimand="gini").height == 0
    assert shown.filter(pl.col("estimate").is_not_null(), estimand="share_of_cost").height == 0


def test_a_share_of_the_top_to_five_points_says_that_somebody_came_every_day(pilot: Run) -> None:
    """Of several questions: nobody every day leaves the top tenth less than is left of it.

    Each of them could cost as much as the next label, and all other questions be theirs alone.
    """
    where = {"phase": "secondary", "comparison": "short_term"}
    results = pilot.tables["results"].filter(**where)
    means = results.filter(analysis="cost", method="descriptive", estimand="cost_pre", level="")
    cost = dict(means.select("outcome", "estimate").iter_rows())
    asked = next(q for q in pilot.study.questions if q.id == "seen_doctor_hospital")
    top = results.filter(estimand="share_of_cost", level="top_10:before")
    n, share = int(top["n"][0]), float(top["estimate"][0])
    *_, weekly, _every_day = (float(each) for each in asked.contacts)
    assert asked.unit_cost is not None
    most = weekly * float(asked.unit_cost.value) / 10 + cost[TOTAL] - cost[asked.id]
    assert most / cost[TOTAL] < round(share / 0.05) * 0.05 - 0.025
    assert pilot.moments is not None
    truth = truth_of_labels(pilot.moments, pilot.study, *where.values())
    assert 0 < truth[asked.id, "pre", len(asked.contacts) - 1] < THRESHOLD
    shown = pilot.tables["released"].filter(analysis="cost_concentration", **where)
    assert n > 100
    assert shown["estimate"].drop_nulls().len() == 0


def test_costs_cut_off_at_the_top_do_not_count_who_is_above(pilot: Run) -> None:
    """Of one question: what is cut off is as many as came every day, times the same contacts."""
    asked, n = [q for q in pilot.study.questions if q.unit_cost][:1], 210
    every_day, weekly, none = 5, 4, 0
    before = [every_day] * 3 + [weekly] * 15 + [none] * (n - 18)
    after = [none] * 3 + [weekly] * 15 + [none] * (n - 18)
    everybody = answers_at_random(asked, n, 1, 0.5).with_columns(
        pl.Series(pre(asked[0].id), before), pl.Series(post(asked[0].id), after)
    )
    moments = moments_of(pilot, everybody, asked)
    study = replace(pilot.study, questions=tuple(asked))
    results = result_table(asked_rows(moments, study))
    shown = release(results, study, moments).results
    saved = results.filter(outcome=TOTAL, method="descriptive", estimand=SAVING)
    plain, cut = (saved.filter(level=level)["estimate"][0] for level in ("", "winsorised:95"))
    assert asked[0].unit_cost is not None
    each = float((asked[0].contacts[every_day] - asked[0].contacts[weekly])
                 * asked[0].unit_cost.value)  # fmt: skip
    assert (plain - cut) * n / each == pytest.approx(3)
    held = shown.filter(level="winsorised:95")
    assert held.height > 0
    assert held["estimate"].drop_nulls().len() == 0
