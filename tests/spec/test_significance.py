"""A p value counts as found below alpha, and not at it."""

import pytest

from peereval.estimators.equivalence import verdict
from peereval.estimators.estimate import Estimate
from peereval.significance import alpha_of


@pytest.mark.parametrize(("level", "alpha"), [(0.95, 0.05), (0.9, 0.1), (0.99, 0.01), (0.8, 0.2)])
def test_alpha_is_the_number_that_a_reader_means(level: float, alpha: float) -> None:
    assert alpha_of(level) == alpha


@pytest.mark.parametrize(("p", "found"), [(0.0499999999, "change"), (0.05, "undecided")])
def test_a_p_value_of_exactly_alpha_is_not_found(p: float, found: str) -> None:
    test, tost = (Estimate(0.5, p_value=value, n=9) for value in (p, 0.5))
    assert verdict(test, tost, 0.95) == found
