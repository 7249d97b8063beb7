"""Adjusted p values against R's p.adjust (families.R)."""

import csv
from collections import defaultdict
from pathlib import Path

import pytest

from peereval.judging.families import adjusted_p
from peereval.studies import ADJUSTMENTS

EXPECTED = Path(__file__).parent / "expected" / "families.csv"


def cases() -> dict[str, dict[str, list[float]]]:
    """Data set -> p values, and those adjusted by each method, in one order."""
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    with EXPECTED.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            quantity = row["quantity"].rpartition("_")[0]
            found[row["dataset"]][quantity].append(float(row["value"]))
    return found


@pytest.mark.parametrize("method", ADJUSTMENTS)
@pytest.mark.parametrize("dataset", cases())
def test_adjusted_p_values_are_those_of_r(dataset: str, method: str) -> None:
    case = cases()[dataset]
    assert adjusted_p(case["p"], method) == pytest.approx(case[method], rel=1e-12)
