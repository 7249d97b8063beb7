"""Tables of numbers against R: one set, two sets, and changes (number_tables.R)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import peereval as pe
from peereval.estimators.changes import Changes
from peereval.estimators.medians import mann_whitney, median, mood, quartiles, sign_test
from support.reference import close, expected

EXPECTED = expected("number_tables")
STEPS = 1000

STUDY = """
format = 1
id = "numbers"

[columns]
respondent = "id"
characteristics = { which = "which" }

[[occasions]]
id = "once"

[[phases]]
id = "people"
outcomes = []

[breakdowns.g]
characteristic = "which"
levels = { one = "one", two = "two" }

[[sources]]
file = "a.csv"
occasion = "once"

[matching]
near_misses = false

[[tables]]
id = "q"
kind = "number"
column = "Q"
breakdowns = ["g"]
outliers = "tukey"
possible = [-1000, 1000]
"""
SAMPLES = {
    "mentors": ((2, 3, 3, 1, 4, 5, 3, 2, 8, 20, 3, 1, 2, 6), (1, 2, 2, 3, 1, 1, 2, 5, 2, 30, 4)),
    "no_ties": ((1.5, 2.25, 7, 9, 11.5, 13), (0.5, 3, 4, 5.75, 6, 8, 10, 12)),
    "tiny": ((3, 5), (4, 4, 9)),
    "far": ((100, 120, 90, 105, 130, 99), (1, 2, 3, 2, 1, 4, 3)),
    "zeros": ((0, 0, 0, 1, 0, 2, 0, 0, 0, 0), (0, 3, 0, 0, 1, 0, 4)),
    "many": (
        (1, 2, 2, 3, 3, 3, 4, 4, 5, 5, 6, 7, 8, 9, 12, 3, 2, 40, 4, 5),
        (0, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 4, 5, 1, 2, 30, 2, 1),
    ),
    "negative": ((-5, -2.5, 0, 3, 3, 7.125), (-1, -1, 2, 2, 4, 6, 8)),
}
CHANGES = {
    "pupils": (1, 2, 0, -1, 3, 3, 0, 2, 1, 5, -2, 4),
    "all_up": (1, 2, 3, 4, 5, 6),
    "halves": (-0.5, -1.5, 0.25, -2, -0.75, 0, 0, -3, 1, -4, -0.5),
    "two": (1, -1),
}


def steps(values: Sequence[float]) -> npt.NDArray[Any]:
    return np.array([round(value * STEPS) for value in values], dtype=np.int64)


def both(name: str) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    one, two = SAMPLES[name]
    return steps(one), steps(two)


def same(ours: float | None, theirs: float | None) -> None:
    if theirs is None:
        assert ours is None
    else:
        close(ours, theirs)


@pytest.mark.parametrize("name", SAMPLES)
def test_medians_and_quartiles_are_those_of_r(name: str) -> None:
    values, theirs = steps(SAMPLES[name][1]), EXPECTED[name]
    found = median(values, STEPS, 0.95)
    same(found.value, theirs["median"])
    same(found.ci_low, theirs["median_low"])
    same(found.ci_high, theirs["median_high"])
    low, middle, high = quartiles(values, STEPS)
    close(low, theirs["lower_quartile"])
    close(middle, theirs["median"])
    close(high, theirs["upper_quartile"])


@pytest.mark.parametrize("name", SAMPLES)
def test_the_rank_sum_test_and_the_shift_are_those_of_r(name: str) -> None:
    found, theirs = mann_whitney(*both(name), STEPS, 0.95), EXPECTED[name]
    close(found.statistic, theirs["w"])
    close(found.p_value, theirs["w_p"])
    close(found.value, theirs["shift"])
    same(found.ci_low, theirs["shift_low"])
    same(found.ci_high, theirs["shift_high"])
    assert ("exact p" in found.note) == (name == "no_ties")


@pytest.mark.parametrize("name", SAMPLES)
def test_the_median_test_is_that_of_r(name: str) -> None:
    found, theirs = mood(*both(name), STEPS, 0.95), EXPECTED[name]
    close(found.value, theirs["difference"])
    few = (theirs["smallest_expected"] or 0) < 5
    assert ("Fisher" in found.note) == few
    close(found.p_value, theirs["mood_fisher_p" if few else "mood_p"])
    same(found.statistic, None if few else theirs["mood_statistic"])


def test_the_median_test_meets_both_roads() -> None:
    smallest = [EXPECTED[name]["smallest_expected"] or 0 for name in SAMPLES]
    assert min(smallest) < 5 <= max(smallest)


@pytest.mark.parametrize("name", CHANGES)
def test_the_sign_test_is_that_of_r(name: str) -> None:
    values, counts = np.unique(steps(CHANGES[name]), return_counts=True)
    found, theirs = sign_test(Changes(values, counts, STEPS), 0.95), EXPECTED[name]
    close(found.value, theirs["median"])
    close(found.statistic, theirs["up"])
    close(found.p_value, theirs["sign_p"])
    same(found.ci_low, theirs["median_low"])
    same(found.ci_high, theirs["median_high"])


@pytest.mark.parametrize("name", [name for name in SAMPLES if name != "tiny"])
def test_a_table_of_numbers_is_that_of_r(tmp_path: Path, name: str) -> None:
    """From an export: with outliers by Tukey's rule counted, and everything with them."""
    one, two = SAMPLES[name]
    rows = [f"a{n},one,{value}" for n, value in enumerate(one)]
    rows += [f"b{n},two,{value}" for n, value in enumerate(two)]
    (tmp_path / "a.csv").write_text("\n".join(["id,which,Q", *rows]) + "\n", encoding="utf-8")
    path = tmp_path / "study.toml"
    path.write_text(STUDY, encoding="utf-8")
    results = pe.analyse(pe.load_study(path)).tables["results"]
    found = {row["estimate_id"]: row for row in results.iter_rows(named=True)}
    theirs = EXPECTED[name]
    for method, estimand, quantity in (
        ("order_statistics", "median", "median"),
        ("sample", "lower_quartile", "lower_quartile"),
        ("sample", "upper_quartile", "upper_quartile"),
        ("student", "mean_number", "mean"),
        ("sample", "sd_number", "sd"),
    ):
        row = found[f"tabulation.{method}.people.once.g_two.q.with_outliers.{estimand}"]
        close(row["estimate"], theirs[quantity], estimand)
        assert row["n"] == len(two)
    between = "people.once.g_one_v_g_two.q.with_outliers"
    close(found[f"tabulation.mann_whitney.{between}.shift_of_numbers"]["p_value"], theirs["w_p"])
    # The second alone, so that the fences are its own.
    (tmp_path / "a.csv").write_text(
        "\n".join(["id,which,Q", *rows[len(one) :]]) + "\n", encoding="utf-8"
    )
    again = pe.analyse(pe.load_study(path)).tables["results"].filter(estimand="n_outliers")
    close(again.filter(group="all")["estimate"][0], theirs["n_outliers"])


def test_what_cannot_be_tested_says_so() -> None:
    nobody, flat = steps(()), steps((3, 3, 3))
    assert median(nobody, STEPS, 0.95).reason
    for test in (mann_whitney, mood):
        assert "nobody" in test(nobody, flat, STEPS, 0.95).reason
        assert test(flat, flat, STEPS, 0.95).reason
    still = Changes(np.array([0]), np.array([4]), STEPS)
    assert sign_test(still, 0.95).reason == "nobody changed"
