"""Effect sizes against R (more_effect_sizes.R) and a published example."""

from math import sqrt

import pytest

from peereval.estimators.effect_sizes import effect_sizes, g_baseline, more_effect_sizes
from peereval.estimators.estimate import negated
from peereval.estimators.sums import totals
from reference.test_against_r import EFFECTS, LEVEL, PAIRS, close, contrast_of, expected, sums_of

EXPECTED = expected("more_effect_sizes")


@pytest.fixture(params=EXPECTED)
def dataset(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_effect_sizes(dataset: str) -> None:
    theirs = EXPECTED[dataset]
    for name, ours in more_effect_sizes(sums_of(PAIRS.filter(dataset=dataset)), LEVEL).items():
        if theirs[name] is None:
            assert ours.reason, name
            assert ours.value is None
            continue
        close(ours.value, theirs[name], name)
        close(ours.ci_low, theirs[f"{name}_ci_low"], name)
        close(ours.ci_high, theirs[f"{name}_ci_high"], name)


def test_g_z_is_hedges_g_of_the_effectsize_package(dataset: str) -> None:
    theirs = EFFECTS[dataset]
    ours = more_effect_sizes(sums_of(PAIRS.filter(dataset=dataset)), LEVEL)["g_z"]
    if theirs.get("effectsize_g_z") is None:
        assert ours.reason
    else:
        close(ours.value, theirs["effectsize_g_z"])
        close(ours.ci_low, theirs["effectsize_g_z_ci_low"], rel=0, abs=1e-6)


def test_g_baseline(dataset: str) -> None:
    theirs = EXPECTED[dataset]
    ours = g_baseline(*contrast_of(dataset), LEVEL)
    if theirs["g_baseline"] is None:
        assert ours.reason
        return
    close(ours.value, theirs["g_baseline"])
    used = "cr2" if ours.note == "interval from CR2" else "ols"
    close(ours.ci_low, theirs[f"g_baseline_{used}_ci_low"])
    close(ours.ci_high, theirs[f"g_baseline_{used}_ci_high"])


def test_the_interval_of_g_baseline_is_clustered_wherever_it_can_be() -> None:
    def note(name: str) -> str:
        return g_baseline(*contrast_of(name), LEVEL).note

    assert note("unequal") == note("group_by_org") == "interval from CR2"
    assert note("one_org_holds_group") == note("one_cluster")
    assert note("one_cluster") == "interval from least squares, pairs taken as independent"


def test_swapping_the_groups_turns_g_baseline_exactly() -> None:
    treated, control = contrast_of("unequal")
    one, two = g_baseline(treated, control, LEVEL), g_baseline(control, treated, LEVEL)
    assert negated(two) == one


def test_delta_is_that_of_the_example_published_for_bonetts_interval() -> None:
    """ci.stdmean.ps(.05, 110.4, 102.1, 15.3, 14.6, .75, 25) of statpsych, its "Measurement 1".

    Twenty-five pairs with those means, standard deviations and correlation: the formula itself,
    as whole scores cannot have them.
    """
    from peereval.estimators import effect_sizes as module
    from peereval.estimators.estimate import Estimate

    class Whole:
        n, pre, pre_sq, change = 25, 0, 0, 0
        sd_change = sqrt(15.3**2 + 14.6**2 - 2 * 0.75 * 15.3 * 14.6)

        def mean(self, _total: int) -> float:
            return 110.4 - 102.1

        def sd(self, _total: int, _squares: int) -> float:
            return 15.3

    ours = module._glass_delta(Whole(), Estimate(n=25), LEVEL)  # type: ignore[arg-type]
    found = (ours.value, ours.ci_low, ours.ci_high)
    assert found == pytest.approx((0.5424837, 0.2258515, 0.8591158), abs=5e-8)


def test_all_sizes_have_one_sign_and_agree_where_the_deviations_do() -> None:
    sums = sums_of(PAIRS.filter(dataset="unequal"))
    whole, sizes = totals(sums), more_effect_sizes(sums, LEVEL)
    assert whole.n == 344
    assert all((size.value or 0) > 0 for size in sizes.values())
    # d_rm and d_av part only where the two standard deviations differ.
    assert sizes["d_rm"].value == pytest.approx(sizes["d_av"].value, rel=0.02)
    assert effect_sizes(sums, LEVEL)["g_av"].value == pytest.approx(sizes["d_av"].value, rel=0.01)
