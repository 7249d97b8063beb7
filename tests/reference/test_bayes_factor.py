"""Bayes factors against R's BayesFactor and the integral itself (bayes_factor.R)."""

import pytest

from peereval.estimators import bayes_factor as module
from peereval.estimators.bayes_factor import bayes_factor
from reference.test_against_r import PAIRS, close, expected, sums_of

EXPECTED = expected("bayes_factor")
DATA = [name for name in EXPECTED if not name.startswith("t_")]
GRID = [name for name in EXPECTED if name.startswith("t_")]
#: Where BayesFactor says "t is large; approximation invoked".
APPROXIMATE = {"large_effect": 2e-5}


@pytest.mark.parametrize("name", DATA)
def test_bayes_factor(name: str) -> None:
    theirs = EXPECTED[name]
    ours = bayes_factor(sums_of(PAIRS.filter(dataset=name)))
    if theirs["bf10"] is None:
        assert ours.reason
        assert ours.value is None
        return
    close(ours.value, theirs["bf10_integral"])
    close(ours.value, theirs["bf10"], rel=APPROXIMATE.get(name, 1e-8))
    close(ours.statistic, theirs["t"])
    close(ours.df, theirs["df"])


@pytest.mark.parametrize("name", GRID)
def test_bayes_factor_far_from_the_middle(name: str) -> None:
    theirs = EXPECTED[name]
    assert theirs["t"] is not None
    assert theirs["df"] is not None
    close(module._of_t(theirs["t"], int(theirs["df"]) + 1), theirs["bf10_integral"])


@pytest.mark.parametrize(("t", "n"), [(60.0, 5000), (99.0, 1_000_000), (-101.0, 5), (1e9, 5)])
def test_a_factor_that_cannot_be_trusted_is_none(t: float, n: int) -> None:
    """Beyond all numbers, or beyond what pingouin's integral sees (1e9: it says 70317)."""
    assert module._of_t(t, n) is None


def test_the_note_says_it_in_words() -> None:
    more = bayes_factor(sums_of(PAIRS.filter(dataset="balanced")))
    assert more.note.startswith("the data are 4.36 times as likely with a change as without;")
    less = bayes_factor(sums_of(PAIRS.filter(dataset="one_cluster")))
    assert less.note.startswith("the data are 4.58 times as likely without a change as with;")
