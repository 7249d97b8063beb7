"""Answers scored by hand, away from the scale files, on every road from answers to scores."""

import json
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from peereval.scales import load_scale
from scales.routes import ROUTES

VECTORS = json.loads(Path(__file__).with_name("vectors.json").read_text(encoding="utf-8"))


def place(vector: dict[str, Any]) -> tuple[str, str]:
    return vector["scale"], vector["coding"]


GROUPS = [
    pytest.param(*key, list(vectors), id=" ".join(key).strip())
    for key, vectors in groupby(VECTORS, place)
]


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(("name", "coding", "vectors"), GROUPS)
def test_a_vector_gives_the_scores_that_a_hand_computed(
    name: str, coding: str, vectors: list[dict[str, Any]], route: str, tmp_path: Path
) -> None:
    answers = [vector["answers"] for vector in vectors]
    made = ROUTES[route](tmp_path, load_scale(name), coding, answers)
    for vector, scores in zip(vectors, made, strict=True):
        wanted = vector["expected"]
        assert {key: scores[key] for key in wanted} == wanted, vector["name"]


def test_the_vectors_cover_fifteen_ways_of_scoring() -> None:
    assert {place(vector) for vector in VECTORS} == {
        ("our_future", "agree_first"),
        ("our_future", "disagree_first"),
        ("rosenberg", "from_0"),
        *((name, "") for name in PLAIN.split()),
    }
    assert len(VECTORS) == 60


PLAIN = "gad7 kidscreen10 mmf phq9 pss10 pss4 rcads25 scwbs sdq_self srs swemwbs wemwbs"
