"""Power against pwr, power.t.test and the non-central t of R (power.R), and statsmodels."""

import re

import pytest

from peereval.errors import UsageError
from peereval.estimators.power import (
    Design,
    noncentrality,
    normal_n,
    plan_study,
    power_at,
    power_of_t,
    precision,
    smallest_n,
)
from support.reference import expected, like

EXPECTED = expected("power")
PAIRED, DID = Design(), Design("did")


def cases(dataset: str, pattern: str) -> list[tuple[float, ...]]:
    """Numbers in the names of R's quantities, and R's number last."""
    found = [(re.fullmatch(pattern, name), value) for name, value in EXPECTED[dataset].items()]
    made = [(*map(float, match.groups()), value or 0.0) for match, value in found if match]
    assert made, pattern
    return made


@pytest.mark.parametrize(("effect", "n", "theirs"), cases("paired", r"power_of_(.+)_with_(.+)"))
def test_power_of_one_group(effect: float, n: float, theirs: float) -> None:
    assert power_at(PAIRED, int(n), effect) == like(theirs)


@pytest.mark.parametrize(("effect", "power", "theirs"), cases("paired", r"n_for_(.+)_at_(.+)"))
def test_pairs_of_one_group(effect: float, power: float, theirs: float) -> None:
    ours = plan_study(PAIRED, effect=effect, power=power)
    assert (ours.n, ours.solved) == (theirs, "n")
    assert ours.power >= power > power_at(PAIRED, ours.n - 1, effect)


@pytest.mark.parametrize(("n", "power", "theirs"), cases("paired", r"effect_with_(.+)_at_(.+)"))
def test_effect_of_one_group(n: float, power: float, theirs: float) -> None:
    ours = plan_study(PAIRED, n=int(n), power=power)
    assert (ours.effect, ours.solved) == (like(theirs), "effect")


def groups(treated: float, control: float) -> Design:
    return Design("did", treated=treated / (treated + control))


@pytest.mark.parametrize(
    ("effect", "treated", "control", "theirs"), cases("did", r"power_of_(.+)_with_(.+)_(.+)")
)
def test_power_of_two_groups(effect: float, treated: float, control: float, theirs: float) -> None:
    design = groups(treated, control)
    assert plan_study(design, n=int(treated + control), effect=effect).power == like(theirs)


@pytest.mark.parametrize(
    ("power", "treated", "control", "theirs"), cases("did", r"effect_at_(.+)_with_(.+)_(.+)")
)
def test_effect_of_two_groups(power: float, treated: float, control: float, theirs: float) -> None:
    design = groups(treated, control)
    assert plan_study(design, n=int(treated + control), power=power).effect == like(theirs)


@pytest.mark.parametrize(("effect", "power", "theirs"), cases("did", r"n_of_each_for_(.+)_at_(.+)"))
def test_pairs_of_two_groups(effect: float, power: float, theirs: float) -> None:
    ours = plan_study(DID, effect=effect, power=power)
    # An odd pair may be enough before both groups have one more.
    assert ours.n in (2 * theirs - 1, 2 * theirs)
    assert power_at(DID, int(2 * theirs), effect) >= power > power_at(DID, ours.n - 1, effect)


CLUSTERS = cases("clusters", r"(?:change)_(.+)_of_(.+)_icc_(.+)_cv_(.+)")


@pytest.mark.parametrize(("count", "size", "icc", "variation", "theirs"), CLUSTERS)
@pytest.mark.parametrize("kind", ["change", "separate", "mixed"])
def test_power_by_organisation(
    kind: str, count: float, size: float, icc: float, variation: float, theirs: float
) -> None:
    name = f"{kind}_{count:g}_of_{size:g}_icc_{icc:g}_cv_{variation:g}"
    design, mixed = "paired" if kind == "change" else "did", kind == "mixed"
    effect = 0.5 if kind == "separate" else 0.3
    shared = {"icc": icc, "size_variation": variation, "mixed": mixed}
    by_size = Design(design, organisation_size=size, **shared)
    by_count = Design(design, organisations=int(count), **shared)
    for each in (by_size, by_count):
        assert power_at(each, int(count * size), effect) == like(EXPECTED["clusters"][name])
    assert kind != "change" or EXPECTED["clusters"][name] == theirs


@pytest.mark.parametrize(("df", "power", "theirs"), cases("t", r"multiplier_(\S+)_at_(0\.8)"))
def test_degrees_of_freedom_need_not_be_whole(df: float, power: float, theirs: float) -> None:
    assert noncentrality(df, power, 0.95) == like(theirs)


@pytest.mark.parametrize(("df", "theirs"), cases("t", r"multiplier_(\S+)_at_0\.9_level_0\.9"))
def test_another_level_and_power(df: float, theirs: float) -> None:
    assert noncentrality(df, 0.9, 0.9) == like(theirs)


def test_power_is_that_of_statsmodels() -> None:
    from statsmodels.stats.power import TTestIndPower, TTestPower

    for effect, n in ((0.2, 198), (0.5, 30), (0.05, 2000)):
        assert power_at(PAIRED, n, effect) == like(TTestPower().power(effect, n, 0.05))
        theirs = TTestIndPower().power(effect, n, 0.05, ratio=0.5)
        assert power_at(groups(n, n / 2), int(1.5 * n), effect) == like(theirs)


def test_where_about_196_comes_from() -> None:
    assert normal_n(PAIRED, 0.2, 0.8) == pytest.approx(196.2219, abs=1e-4)
    assert power_at(PAIRED, 196, 0.2) == pytest.approx(0.7957, abs=5e-5)
    assert smallest_n(PAIRED, 0.2, 0.8) == 199


def test_nothing_to_find_is_found_at_the_level() -> None:
    for df in (1, 3.3, 400):
        assert power_of_t(0, df, 0.95) == pytest.approx(0.05, abs=1e-12)
    # Far out a library function has no answer; the power there is 1.
    assert power_of_t(60, 4.5, 0.95) == pytest.approx(1, abs=1e-12)


def test_pairs_come_in_whole_organisations_of_their_size() -> None:
    design = Design(icc=0.05, organisation_size=14)
    ours = plan_study(design, effect=0.2, power=0.8)
    assert ours.n % 14 == 0
    assert ours.precision.organisations == ours.n / 14
    assert power_at(design, ours.n, 0.2) >= 0.8 > power_at(design, ours.n - 14, 0.2)
    # 329 by the design effect alone: the degrees of freedom of 26 organisations cost more.
    assert ours.n == 364


def test_some_organisations_are_not_enough_however_large() -> None:
    design = Design(icc=0.1, organisations=10)
    with pytest.raises(UsageError, match="10 organisations give a power of 43% at the most"):
        plan_study(design, effect=0.2, power=0.8)
    assert smallest_n(Design(icc=0.1, organisations=40), 0.2, 0.8) is not None


@pytest.mark.parametrize(
    ("design", "numbers", "why"),
    [
        (Design(), {"effect": 0.2}, "two of n, effect and power"),
        (Design(), {"effect": 0.2, "n": 1}, "n must be 2"),
        (Design(), {"effect": 0.0, "n": 10}, "effect must be more"),
        (Design(), {"effect": 0.2, "power": 0.04}, "more than 1 - level"),
        (Design(), {"effect": 0.2, "power": 1.0}, "less than 1"),
        (Design(icc=0.05), {"effect": 0.2, "n": 100}, "size of organisations, or their number"),
        (Design(icc=1.0, organisations=5), {"effect": 0.2, "n": 100}, "below 1"),
        (Design(organisations=5, organisation_size=3), {"effect": 0.2, "n": 9}, "not both"),
        (Design("did", organisations=2), {"effect": 0.2, "n": 100}, "too few for a test"),
        (Design("paired", organisations=3, mixed=True), {"effect": 0.2, "n": 9}, "did design"),
        (Design("other"), {"effect": 0.2, "n": 9}, "one of paired, did"),
        (Design(level=0.3), {"effect": 0.2, "n": 9}, "level"),
    ],
)
def test_what_cannot_be_is_refused(design: Design, numbers: dict[str, float], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        plan_study(design, **numbers)


def test_too_few_for_a_test_have_no_precision() -> None:
    assert precision(PAIRED, 1) is None
    assert precision(DID, 2) is None
    assert power_at(DID, 2, 1.0) == 0
