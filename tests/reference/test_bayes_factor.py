"""Bayes factors against R's BayesFactor and the integral itself (bayes_factor.R)."""

import warnings
from math import exp, log, log1p, pi

import pytest
from scipy.integrate import quad

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


@pytest.mark.parametrize(("t", "n"), [(60.0, 5000), (99.0, 1_000_000)])
def test_a_factor_beyond_all_numbers_is_none(t: float, n: int) -> None:
    assert module._of_t(t, n) is None


@pytest.mark.parametrize(
    ("t", "n"), [(0.0, 5), (0.001, 200), (2.5, 30), (-3.0, 1000), (30.0, 400), (-100.0, 5)]
)
def test_pingouin_has_the_same_factor(t: float, n: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what pingouin imports
        from pingouin import bayesfactor_ttest
    close(module._of_t(t, n), float(bayesfactor_ttest(t, n, paired=True)))


@pytest.mark.parametrize(("t", "n"), [(-101.0, 5), (1e6, 5), (1e9, 3), (440.0, 30), (1e40, 3)])
def test_a_very_large_t_has_a_factor_where_other_integrals_miss_their_peak(
    t: float, n: int
) -> None:
    """The integral in pieces, by another rule; pingouin gives 70317 at t = 1e9 and n = 5."""
    df, r2 = n - 1, 0.707**2

    def integrand(u: float) -> float:
        spread = 1 + n * r2 * exp(u)
        ratio = (df + 1) / 2 * (log1p(t * t / df) - log1p(t * t / (spread * df)) - log(t * t))
        return exp(ratio - (log(2 * pi) + u + exp(-u) + log(spread)) / 2)

    ends = range(-7, 260, 3)
    whole = sum(quad(integrand, low, low + 3, epsabs=0, epsrel=1e-12)[0] for low in ends)
    close(module._of_t(t, n), whole * exp((df + 1) / 2 * log(t * t)))


def test_the_note_says_it_in_words() -> None:
    more = bayes_factor(sums_of(PAIRS.filter(dataset="balanced")))
    assert more.note.startswith("the data are 4.36 times as likely with a change as without;")
    less = bayes_factor(sums_of(PAIRS.filter(dataset="one_cluster")))
    assert less.note.startswith("the data are 4.58 times as likely without a change as with;")
