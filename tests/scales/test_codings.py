"""The same answers give the same scores, however an export numbers them."""

from itertools import product
from pathlib import Path

import pytest

from peereval.scales import load_scale
from scales.routes import ROUTES, Answers

LABELS = ("Strongly disagree", "Disagree", "Agree", "Strongly agree")

#: Every pair of answers to a negative and a positive item, and one sheet with a blank.
SHEETS: list[Answers] = [
    *([one, one, *[two] * 6] for one, two in product(LABELS, LABELS)),
    ["Agree", "", *["Disagree"] * 6],
]


def numbered(sheets: list[Answers], best: int, worst: int) -> list[Answers]:
    step = (best - worst) // 3
    code = {label: worst + step * n for n, label in enumerate(LABELS)}
    return [[code[str(answer)] if answer else None for answer in sheet] for sheet in sheets]


@pytest.mark.parametrize("route", ROUTES)
def test_our_future_scores_alike_in_words_and_in_both_codings(route: str, tmp_path: Path) -> None:
    scale = load_scale("our_future")
    score = ROUTES[route]
    words = score(tmp_path, scale, "", SHEETS)
    agree_first = score(tmp_path, scale, "agree_first", numbered(SHEETS, best=1, worst=4))
    disagree_first = score(tmp_path, scale, "disagree_first", numbered(SHEETS, best=4, worst=1))
    assert agree_first == words
    assert disagree_first == words
    assert len({scores["engagement"] for scores in words}) > 10
    assert words[-1]["engagement"] is None


def test_numbers_without_a_coding_are_no_answers_where_they_are_ambiguous(tmp_path: Path) -> None:
    scale = load_scale("our_future")
    assert scale.coding_required
    made = ROUTES["score polars"](tmp_path, scale, "", [[1, 2, 3, 4, 1, 2, 3, 4]])
    assert made == [{"engagement": None}]


@pytest.mark.parametrize("route", ROUTES)
def test_cesd_scores_alike_numbered_from_nought_and_from_one(route: str, tmp_path: Path) -> None:
    scale = load_scale("cesd")
    sheets = [[(start + n * n) % 4 for n in range(20)] for start in range(4)]
    from_nought = ROUTES[route](tmp_path, scale, "", sheets)
    shifted = [[code + 1 for code in sheet] for sheet in sheets]
    assert ROUTES[route](tmp_path, scale, "from_1", shifted) == from_nought
    assert len({scores["total"] for scores in from_nought}) > 1
