"""The wild cluster bootstrap against every pattern of signs in R (wild_bootstrap.R)."""

from math import sqrt

import numpy as np
import pytest
from msgspec.structs import replace

from peereval.estimators.wild_bootstrap import wild_bootstrap
from peereval.moments import ClusterSums
from support.reference import PAIRS, change_sums, close, contrast_sums, expected

LEVEL, MANY, SEED = 0.95, 9999, 7


EXPECTED = expected("wild_bootstrap")
CASES = [
    (name, estimand)
    for name, quantities in EXPECTED.items()
    for estimand in ("mean_change", "did")
    if f"{estimand}_p" in quantities
]


def parts_of(name: str, estimand: str) -> tuple[ClusterSums, ...]:
    rows = PAIRS.filter(dataset=name)
    return change_sums(rows) if estimand == "mean_change" else contrast_sums(rows)


@pytest.mark.parametrize(("name", "estimand"), CASES)
def test_every_pattern_of_signs(name: str, estimand: str) -> None:
    ours = wild_bootstrap(parts_of(name, estimand), LEVEL, MANY, SEED)
    assert "patterns of signs" in ours.note
    for quantity, value in {
        "se": ours.std_error, "statistic": ours.statistic, "p": ours.p_value,
        "ci_low": ours.ci_low, "ci_high": ours.ci_high,
    }.items():  # fmt: skip
        theirs = EXPECTED[name][f"{estimand}_{quantity}"]
        if theirs is None:
            assert value is None, quantity
        else:
            close(value, theirs, quantity, abs=1e-9)
    if ours.ci_low is None:
        assert "p is never below 0.062" in ours.note


def within_error_of_simulation(ours: float | None, truth: float | None, draws: int) -> None:
    """Four standard errors of a share counted over so many draws."""
    assert ours is not None
    assert truth is not None
    assert abs(ours - truth) <= 4 * sqrt(max(truth * (1 - truth), 1 / draws) / draws) + 1 / draws


@pytest.mark.parametrize("estimand", ["mean_change", "did"])
@pytest.mark.parametrize("name", ["some_singletons", "group_by_org"])
def test_webb_weights_for_few_organisations(name: str, estimand: str) -> None:
    ours = wild_bootstrap(parts_of(name, estimand), LEVEL, 1023, SEED)
    assert "1,023 draws of Webb's six-point weights, seed 7" in ours.note
    within_error_of_simulation(ours.p_value, EXPECTED[name][f"{estimand}_webb_p"], 1023)


@pytest.mark.parametrize("estimand", ["mean_change", "did"])
@pytest.mark.parametrize("name", ["balanced", "unequal"])
def test_random_signs_come_near_to_all_patterns(name: str, estimand: str) -> None:
    parts = parts_of(name, estimand)
    some = wild_bootstrap(parts, LEVEL, 4095, SEED)
    every = wild_bootstrap(parts, LEVEL, 2**18, SEED)
    assert "4,095 draws of random signs" in some.note
    assert "patterns" in every.note
    within_error_of_simulation(some.p_value, every.p_value, 4095)
    assert every.std_error is not None
    for one, other in ((some.ci_low, every.ci_low), (some.ci_high, every.ci_high)):
        assert one == pytest.approx(other, abs=0.15 * every.std_error)


def test_p_of_the_ends_of_the_interval_is_one_minus_its_level() -> None:
    """Moving the data by a limit makes the null of no change that limit."""
    (part,) = parts_of("unequal", "mean_change")
    known = wild_bootstrap((part,), LEVEL, MANY, SEED)
    for limit, outwards in ((known.ci_low, -1), (known.ci_high, 1)):
        assert limit is not None
        p_values = []
        for step in (-1e-3, 1e-3):
            moved = _moved(part, limit + outwards * step)
            p_values.append(wild_bootstrap((moved,), LEVEL, MANY, SEED).p_value)
        inside, outside = p_values
        assert inside > 0.05 >= outside


def _moved(part: ClusterSums, by: float) -> ClusterSums:
    """Every pair's change less ``by``, in hundred thousandths of a point."""
    fine = 100_000
    step = round(by * fine)
    change, squares = part.sum_post - part.sum_pre, part.sum_post_sq + part.sum_pre_sq
    squares = squares - 2 * part.sum_pre_post
    new = fine * change - step * part.n
    new_squares = fine**2 * squares - 2 * step * fine * change + step**2 * part.n
    zero = np.zeros_like(part.n)
    return ClusterSums(part.n, zero, new, zero, new_squares, zero, fine)


def test_draws_do_not_depend_on_names_or_on_which_group_is_first() -> None:
    for draws in (MANY, 1023):
        for name in ("some_singletons", "unequal"):
            one, two = parts_of(name, "did")
            first = wild_bootstrap((one, two), LEVEL, draws, SEED)
            order = np.random.default_rng(1).permutation(len(one.n))
            assert wild_bootstrap((reorder(one, order), reorder(two, order)), LEVEL, draws,
                                  SEED) == first  # fmt: skip
            turned = wild_bootstrap((two, one), LEVEL, draws, SEED)
            assert first.value is not None and first.ci_high is not None
            assert (turned.value, turned.p_value) == (-first.value, first.p_value)
            assert turned.ci_low == -first.ci_high


def reorder(part: ClusterSums, order: np.ndarray) -> ClusterSums:
    names = ("n", "sum_pre", "sum_post", "sum_pre_sq", "sum_post_sq", "sum_pre_post")
    return replace(part, **{name: getattr(part, name)[order] for name in names})


def test_another_seed_draws_others_and_the_same_seed_the_same() -> None:
    parts = parts_of("unequal", "mean_change")
    one, again, other = (wild_bootstrap(parts, LEVEL, MANY, seed) for seed in (1, 1, 2))
    assert one == again
    assert one.p_value != other.p_value


@pytest.mark.parametrize(
    ("name", "estimand", "why"),
    [
        ("one_cluster", "mean_change", "1 organisation"),
        ("two_clusters", "did", "2 organisation"),
        ("identical", "mean_change", "same amount"),
        ("one_org_holds_group", "did", "holds a whole group"),
        ("one_pair", "did", "one group has no matched pairs"),
    ],
)
def test_what_cannot_be_estimated_says_why(name: str, estimand: str, why: str) -> None:
    ours = wild_bootstrap(parts_of(name, estimand), LEVEL, MANY, SEED)
    assert why in ours.reason
    assert ours.p_value is None


def test_many_organisations_are_drawn_in_blocks() -> None:
    rng = np.random.default_rng(3)
    n = rng.integers(1, 30, 3000)
    change = rng.integers(-3, 4, 3000) * n
    zero = np.zeros_like(n)
    part = ClusterSums(n, zero, change, zero, change * change, zero, 1)
    ours = wild_bootstrap((part,), LEVEL, 999, SEED)
    assert ours.statistic is not None and ours.p_value is not None
    # So many organisations leave the t of a draw close to normal.
    from scipy import special

    within_error_of_simulation(ours.p_value, 2 * float(special.ndtr(-abs(ours.statistic))), 999)
