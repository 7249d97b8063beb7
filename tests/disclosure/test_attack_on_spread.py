"""A standard error of the total does not say who gave the label with the highest cost."""

from collections.abc import Sequence
from itertools import permutations

import numpy as np
import polars as pl
import pytest

import peereval as pe
from disclosure.cost_attack import SAVING, known, truth_of_labels
from disclosure.spread_attack import answers_of
from disclosure.test_attack_on_costs import (
    THRESHOLD,
    small,
    survey_at_random,
    system_of,
)
from peereval.bundled import bundled
from peereval.costing import TOTAL
from peereval.disclosure.cost_spread import (
    AFTER,
    BEFORE,
    Answered,
    Asked,
    is_possible,
    spread_is_open,
)
from peereval.disclosure.label_ranges import Labels
from peereval.pipeline import Run


@pytest.fixture(scope="module")
def pilot() -> Run:
    return pe.analyse(bundled("data/pilot") / "study.toml")


@pytest.mark.parametrize("phase", ["primary", "secondary"])
def test_every_count_of_the_pilot_keeps_its_range_beside_the_standard_error(
    pilot: Run, phase: str
) -> None:
    """Of all released costs together: other answers are found that give the same numbers."""
    assert pilot.moments is not None
    where = {"phase": phase, "comparison": "short_term"}
    truth = truth_of_labels(pilot.moments, pilot.study, *where.values())
    tests = pilot.tables["released"].filter(
        analysis="cost", outcome=TOTAL, method="paired_t", **where
    )
    n = tests["n"][0]
    system = system_of(pilot, *where.values(), truth, n)
    answers = answers_of(pilot.moments, pilot.study, *where.values(), system, truth)
    assert len(answers.codes) == n
    assert round(answers.std_error, 2) == tests["std_error"][0]
    few = small(truth)
    assert len(few) >= 10
    for unknown in few:
        assert answers.is_protected(unknown, truth[unknown]), unknown


@pytest.mark.parametrize("seed", [0, 2, 3, 4, 10, 17])
def test_of_surveys_drawn_at_random_too(pilot: Run, seed: int) -> None:
    study, moments, shown, n = survey_at_random(pilot, seed, 3 + seed % 2)
    truth = truth_of_labels(moments, study, "primary", "short_term")
    system = known(study, "primary", shown.to_dicts(), truth, n)
    answers = answers_of(moments, study, "primary", "short_term", system, truth)
    tests = shown.filter(outcome=TOTAL, method="paired_t")
    assert round(answers.std_error, 2) == tests["std_error"][0]
    told = shown.filter(pl.col("estimate").is_not_null(), estimand="cost_pre")["outcome"].to_list()
    tried = 0
    for unknown in small(truth):
        some = sum(count for key, count in truth.items() if key[:2] == unknown[:2])
        if some >= THRESHOLD and unknown[0] in told:
            assert answers.is_protected(unknown, truth[unknown]), unknown
            tried += 1
    assert tried > 3


@pytest.mark.parametrize("seed", [1, 7, 12, 13])
def test_one_that_says_that_somebody_came_every_day_is_kept_back(pilot: Run, seed: int) -> None:
    """Nobody every day leaves less spread than there is, whoever gave the other answers."""
    _, _, shown, _ = survey_at_random(pilot, seed, 3 + seed % 2)
    total = shown.filter(outcome=TOTAL, level="")
    tested = total.filter(estimand=SAVING, method="paired_t")
    assert tested["std_error"].to_list() == [None]
    assert total.filter(estimand=SAVING, method="paired_cr2")["std_error"].to_list() == [None]
    costs = total.filter(method="descriptive")["estimate"]
    assert costs.null_count() == 0
    assert len(costs) == 3


# --- what is possible ------------------------------------------------------------------------

CONTACTS = (1.0, 3.0, 20.0)
NOBODY = Labels(CONTACTS, (0, 0, 0))


def squares(before: Sequence[float], after: Sequence[float]) -> float:
    changes = np.array(before) - np.array(after)
    return float(((changes - changes.mean()) ** 2).sum())


def costs(labels: Labels, n: int) -> list[float]:
    """Costs of everybody, at a price of 1."""
    some = np.repeat(labels.contacts, labels.counts)
    return [0.0] * (n - len(some)) + some.tolist()


def is_open(before: Labels, after: Labels, n: int, spread: float) -> bool:
    return spread_is_open(asked(before, after), n, spread, THRESHOLD)


def asked(before: Labels, after: Labels) -> Asked:
    """One question, at a price of 1."""
    return {("seen", BEFORE): Answered(1.0, before), ("seen", AFTER): Answered(1.0, after)}


@pytest.mark.parametrize("seed", range(6))
def test_the_widest_and_the_narrowest_spread_are_those_of_all_orders(seed: int) -> None:
    """Every way in which the answers after can fall together with those before."""
    draw, n = np.random.default_rng(seed), 6
    before, after = (Labels(CONTACTS, (*draw.integers(0, 3, 2).tolist(), 1)) for _ in "ab")
    every = [squares(costs(before, n), order) for order in permutations(costs(after, n))]
    for end, beyond in ((min(every), -0.01), (max(every), 0.01)):
        assert is_possible(asked(before, after), n, end - beyond / 1000)
        assert not is_possible(asked(before, after), n, end + beyond)


def test_nobody_at_the_top_must_be_able_to_spread_as_far() -> None:
    """31 contacts of twelve respondents: as 1 and 20, or as 1 and 3, which spread less."""
    given, other = Labels(CONTACTS, (11, 0, 1)), Labels(CONTACTS, (2, 10, 0))
    spread, wide = (squares(costs(each, 40), [0.0] * 40) for each in (given, other))
    assert wide < spread
    assert is_open(given, NOBODY, 40, wide)
    assert not is_open(given, NOBODY, 40, spread)
    # Others may make the spread: those who came after, and not before.
    many = Labels(CONTACTS, (0, 0, 12))
    assert is_open(given, many, 40, squares(costs(given, 40), costs(many, 40)[::-1]) * 0.9)


def test_three_at_the_top_must_be_able_to_spread_as_little() -> None:
    """One of forty: three would spread more, unless the same came as often after."""
    given = Labels(CONTACTS, (0, 39, 1))
    assert not is_open(given, NOBODY, 40, squares(costs(given, 40), [0.0] * 40))
    same = Labels(CONTACTS, (0, 37, 3))
    assert is_open(given, same, 40, squares(costs(given, 40), costs(same, 40)))


def test_labels_that_many_or_none_gave_ask_nothing() -> None:
    many = Labels(CONTACTS, (11, 0, 10))
    assert is_open(many, NOBODY, 40, 0.0)
    assert is_open(NOBODY, NOBODY, 40, 0.0)
