"""Means of organisations given all others against R's own integrals (shrinkage.R)."""

import numpy as np
import pytest

from peereval.estimators.shrinkage import FEWEST_ORGANISATIONS, Shrunk, shrink
from support.reference import close, expected

EXPECTED = expected("shrinkage")
SETS = {
    "eight_schools": ([28, 8, -3, 7, -1, 1, 18, 12], [15, 10, 16, 11, 9, 11, 10, 18]),
    "nothing_between": ([0.1, -0.2, 0.05, 0.15, -0.1, 0], [1, 0.8, 1.2, 0.9, 2, 1.5]),
    "much_between": ([-5, -2, 0, 3, 6, 9, -8], [0.5, 0.4, 0.6, 0.5, 0.7, 0.3, 2]),
    "five": ([1, 2, 0.5, -1, 1.5], [0.3, 0.9, 0.5, 1.4, 0.7]),
    "alike": ([2.0] * 5, [0.3, 0.9, 0.5, 1.4, 0.7]),
}


def shrunk(name: str) -> Shrunk:
    means, errors = SETS[name]
    return shrink(np.array(means, dtype=float), np.array(errors, dtype=float), 0.95)


@pytest.mark.parametrize("name", SETS)
def test_shrinkage(name: str) -> None:
    ours, theirs = shrunk(name), EXPECTED[name]
    close(ours.spread, theirs["spread"])
    for place in range(len(SETS[name][0])):
        close(ours.means[place], theirs[f"mean_{place + 1}"])
        close(ours.own_weight[place], theirs[f"own_weight_{place + 1}"])
        close(ours.low[place], theirs[f"q025_{place + 1}"])
        close(ours.high[place], theirs[f"q975_{place + 1}"])


def test_the_eight_schools_of_the_textbook() -> None:
    """Bayesian Data Analysis, table 5.3: 200 simulated draws, so to a point or two."""
    ours = shrunk("eight_schools")
    assert ours.low[0] == pytest.approx(-2, abs=1.5)
    assert ours.high[0] == pytest.approx(31, abs=1.5)
    assert ours.means[4] == pytest.approx(5, abs=1.5)


def test_four_organisations_are_too_few() -> None:
    with pytest.raises(ValueError, match="5 are needed"):
        shrink(np.zeros(FEWEST_ORGANISATIONS - 1), np.ones(FEWEST_ORGANISATIONS - 1), 0.95)


def test_order_and_units_change_nothing() -> None:
    means, errors = (np.array(part, dtype=float) for part in SETS["eight_schools"])
    turned = shrink(means[::-1] * 10 + 3, errors[::-1] * 10, 0.95)
    assert turned.low[::-1] == pytest.approx(shrunk("eight_schools").low * 10 + 3, rel=1e-9)
