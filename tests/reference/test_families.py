"""Adjusted p values against R's p.adjust (families.R)."""

from collections import defaultdict

import pytest

from peereval.estimators.adjusting import adjusted_p
from peereval.studies import ADJUSTMENTS
from support.reference import close, expected

EXPECTED = expected("families")


def in_order(dataset: str) -> dict[str, list[float | None]]:
    """The p values, and those adjusted by each method, in one order."""
    found: dict[str, list[float | None]] = defaultdict(list)
    for quantity, value in EXPECTED[dataset].items():
        found[quantity.rpartition("_")[0]].append(value)
    return found


@pytest.mark.parametrize("method", ADJUSTMENTS)
@pytest.mark.parametrize("dataset", EXPECTED)
def test_adjusted_p_values_are_those_of_r(dataset: str, method: str) -> None:
    case = in_order(dataset)
    for ours, theirs in zip(adjusted_p(case["p"], method), case[method], strict=True):
        close(ours, theirs, rel=1e-12)
