"""Rounding, points, noughts and decimals: every combination of answers, on every road."""

from itertools import product
from math import floor
from pathlib import Path

import pytest

from peereval.scales import load_scale
from scales.routes import ROUTES, Answers

ANSWERS = (0, 1, 2, None)
#: The items of the emotional score of the SDQ, counted from nought; none is reversed.
EMOTIONAL = (2, 7, 12, 15, 23)


@pytest.mark.parametrize("route", ROUTES)
def test_the_sdq_is_pro_rated_and_rounded_as_its_official_syntax_does(
    route: str, tmp_path: Path
) -> None:
    """``floor(0.5 + 5 * mean)`` of three answers or more: all 1,024 ways to answer five items."""
    patterns = list(product(ANSWERS, repeat=5))
    sheets: list[Answers] = []
    for pattern in patterns:
        sheet: list[int | None] = [1] * 25
        for item, answer in zip(EMOTIONAL, pattern, strict=True):
            sheet[item] = answer
        sheets.append(sheet)
    made = ROUTES[route](tmp_path, load_scale("sdq_self"), "", sheets)
    halves = 0
    for pattern, scores in zip(patterns, made, strict=True):
        given = [answer for answer in pattern if answer is not None]
        if len(given) < 3:
            assert scores["emotional"] is scores["total"] is scores["internalising"] is None
            continue
        mean = 5 * sum(given) / len(given)
        halves += mean % 1 == 0.5
        assert scores["emotional"] == floor(0.5 + mean), pattern
        assert scores["total"] == floor(0.5 + mean) + 15
        assert scores["externalising"] == 10
    assert halves > 50  # where rounding to even would differ, among others


@pytest.mark.parametrize("route", ROUTES)
def test_an_impact_is_nought_without_difficulties_and_else_needs_all_answers(
    route: str, tmp_path: Path
) -> None:
    worth = {0: 0, 1: 0, 2: 1, 3: 2}
    sheets = [list(sheet) for sheet in product((0, 1, 3, None), *[(0, 1, 2, 3, None)] * 3)]
    made = ROUTES[route](tmp_path, load_scale("sdq_impact_teacher"), "", sheets)
    for (gate, *others), scores in zip(sheets, made, strict=True):
        known = [worth[answer] for answer in others if answer is not None]
        wanted = 0 if gate == 0 else sum(known) if len(known) == 3 else None
        assert scores["impact"] == wanted, (gate, others)


@pytest.mark.parametrize("route", ROUTES)
def test_millimetres_of_a_visual_analogue_scale_are_added_exactly(
    route: str, tmp_path: Path
) -> None:
    tenths = [[(7 * row + 13 * item) % 101 for item in range(4)] for row in range(101)]
    sheets = [[f"{mark / 10:g}" for mark in marks] for marks in tenths]
    made = ROUTES[route](tmp_path, load_scale("ors"), "", sheets)
    # The nearest number to the exact sum, not a sum of rounded tenths.
    assert [scores["total"] for scores in made] == [sum(marks) / 10 for marks in tenths]


@pytest.mark.parametrize("route", ROUTES)
def test_a_mean_of_goals_is_of_those_that_were_rated(route: str, tmp_path: Path) -> None:
    ratings = ("", "0", "3.5", "7", "10")
    sheets = [list(sheet) for sheet in product(ratings, repeat=3)]
    made = ROUTES[route](tmp_path, load_scale("gbo"), "", sheets)
    for sheet, scores in zip(sheets, made, strict=True):
        given = [float(rating) for rating in sheet if rating]
        wanted = sum(given) / len(given) if given else None
        assert scores["mean"] == (None if wanted is None else pytest.approx(wanted, rel=1e-15))
        assert scores["goal_2"] == (float(sheet[1]) if sheet[1] else None)
