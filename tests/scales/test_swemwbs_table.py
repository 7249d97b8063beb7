"""The published conversion of raw to metric wellbeing, value by value."""

from fractions import Fraction
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import pytest

from peereval.scales import load_scale
from scales.routes import ROUTES

# Of "7:7.00,8:9.51,...,35:35.00": one changed digit anywhere changes it.
DIGEST = "35b3e503c00dd5b7c725a3072a8a1af73b7ec824fcc6895ebf610f0fb98c4744"


def table() -> dict[int, Fraction]:
    score = next(score for score in load_scale("swemwbs").scores if score.id == "metric")
    return {raw: Fraction(metric, score.denominator) for raw, metric in score.table.items()}


def test_the_table_has_a_value_for_each_raw_score() -> None:
    assert sorted(table()) == list(range(7, 36))


def test_the_table_rises_strictly() -> None:
    values = [metric for _, metric in sorted(table().items())]
    assert all(one < two for one, two in pairwise(values))


def test_the_table_adds_up() -> None:
    assert sum(table().values()) == Fraction("585.66")


def test_the_table_is_the_published_one_to_the_digit() -> None:
    text = ",".join(f"{raw}:{float(metric):.2f}" for raw, metric in sorted(table().items()))
    assert sha256(text.encode()).hexdigest() == DIGEST


@pytest.mark.parametrize("route", ["score pandas", "study polars csv", "study duckdb parquet"])
def test_every_raw_score_is_converted_by_the_table(route: str, tmp_path: Path) -> None:
    sheets = [[5] * (extra // 4) + [1 + extra % 4] + [1] * 7 for extra in range(29)]
    answers = [sheet[:7] for sheet in sheets]
    made = ROUTES[route](tmp_path, load_scale("swemwbs"), "", answers)
    assert {scores["raw"]: scores["metric"] for scores in made} == {
        float(raw): float(metric) for raw, metric in table().items()
    }
