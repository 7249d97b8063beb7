"""Weights, imputation and tipping points against R and known truths (see missing_data.R)."""

from dataclasses import dataclass
from functools import cache
from math import sqrt
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from peereval.estimators import tipping_point
from peereval.estimators.covariates import covariates, independent
from peereval.estimators.estimate import Estimate
from peereval.estimators.imputation import combine, draw, impute_sums, regress
from peereval.estimators.selection import NOBODY_LOST, SEPARATION, chances_of_follow_up
from peereval.estimators.tipping_point import (
    Completed,
    completed_path,
    conclusion,
    pooled_estimate,
    tipping_delta,
)
from peereval.estimators.weighted_means import (
    EMPTY,
    NO_VARIATION,
    ONE_HOLDS_ALL,
    Weighted,
    adjust,
    weighted_cr2,
)
from support.reference import expected, like

HERE = Path(__file__).parent
LEVEL = 0.95
Numbers = NDArray[np.float64]


EXPECTED = expected("missing_data")
FOLLOWED = pl.read_csv(HERE / "data" / "followed.csv")
IMPUTED = pl.read_csv(HERE / "data" / "imputed.csv")
PEOPLE = FOLLOWED["dataset"].unique(maintain_order=True).to_list()
POSTERIORS = [name for name in EXPECTED if name.startswith("posterior_")]
MICE = [name for name in EXPECTED if name.startswith("mice_")]


@dataclass
class People:
    frame: pl.DataFrame
    kept: NDArray[np.bool_]
    place: NDArray[np.int64]
    change: Numbers

    @property
    def places(self) -> int:
        return int(self.place.max()) + 1


def people_of(name: str) -> People:
    frame = FOLLOWED.filter(dataset=name)
    place = frame["organisation"].rank("dense").to_numpy().astype(np.int64) - 1
    change = (frame["after"] - frame["before"]).fill_null(0).to_numpy().astype(float)
    return People(frame, frame["after"].is_not_null().to_numpy(), place, change)


# --- weights --------------------------------------------------------------------------------


def estimate_of(found: Estimate) -> tuple[float | None, ...]:
    return found.value, found.std_error, found.df, found.p_value, found.ci_low, found.ci_high


def of_r(r: dict[str, float | None], prefix: str) -> tuple[object, ...]:
    names = ("estimate", "se", "df", "p", "ci_low", "ci_high")
    return tuple(like(r[f"{prefix}_{name}"]) for name in names)


@pytest.mark.parametrize("name", PEOPLE)
def test_weighted_change_and_contrast_are_those_of_glm_and_clubsandwich(name: str) -> None:
    r, people = EXPECTED[name], people_of(name)
    design = covariates(people.frame, ["before", "other"], ["gender"], fewest=1)
    chances = chances_of_follow_up(design, people.kept)
    if r["weight_sum"] is None:
        assert chances == (NOBODY_LOST if name == "nobody_lost" else SEPARATION)
        return
    assert not isinstance(chances, str)
    weights = 1 / chances[people.kept]
    assert weights.sum() == like(r["weight_sum"])
    assert weights.max() == like(r["weight_largest"])
    treated = people.frame["treated"].to_numpy() == 1
    both = chances_of_follow_up(np.column_stack([design, treated]), people.kept)
    assert not isinstance(both, str)

    def part(chances: Numbers, mine: NDArray[np.bool_]) -> Weighted:
        mine = mine & people.kept
        return Weighted(people.change[mine], 1 / chances[mine], people.place[mine])

    change = weighted_cr2([part(chances, people.kept)], LEVEL, people.places)
    contrast = weighted_cr2([part(both, treated), part(both, ~treated)], LEVEL, people.places)
    if people.places < 5:
        assert change.reason == contrast.reason != ""
        return
    assert estimate_of(change) == of_r(r, "change")
    assert estimate_of(contrast) == of_r(r, "did")


def test_a_mean_that_cannot_be_tested_says_why() -> None:
    place = np.arange(6)
    values, ones = np.array([1.0, 2, 3, 4, 5, 9]), np.ones(6)
    of_all = Weighted(values, ones, place)
    assert weighted_cr2([of_all], LEVEL, 6).reason == ""
    same = Weighted(ones * 0.3, ones, place)
    assert weighted_cr2([same], LEVEL, 6).reason == NO_VARIATION
    assert weighted_cr2([of_all], LEVEL, 4).reason.startswith("4 organisations")
    alone = Weighted(values, ones, np.zeros(6, dtype=np.int64))
    assert weighted_cr2([of_all, alone], LEVEL, 6).reason == ONE_HOLDS_ALL
    empty = Weighted(values[:0], ones[:0], place[:0])
    assert weighted_cr2([of_all, empty], LEVEL, 6).reason == EMPTY


def test_a_chance_of_nought_is_found_also_where_it_is_not_of_a_level() -> None:
    known = np.linspace(-2, 2, 40)
    design = np.column_stack([np.ones(40), known])
    assert chances_of_follow_up(design, known > 0.3) == SEPARATION
    assert chances_of_follow_up(design, np.zeros(40, dtype=bool)) == "no matched pairs"


def test_columns_that_say_the_same_twice_change_no_chance() -> None:
    people = people_of("unequal")
    design = covariates(people.frame, ["before", "other"], ["gender"], fewest=1)
    twice = np.column_stack(
        [design, design[:, 1] * 7 - 2, 1 - design[:, -1], np.zeros(len(design))]
    )
    assert independent(twice).shape == independent(design).shape
    one, two = (chances_of_follow_up(x, people.kept) for x in (design, twice))
    assert two == pytest.approx(one, rel=1e-9)


def test_what_is_known_before_becomes_columns() -> None:
    rows = pl.DataFrame(
        {
            "score": [1, 2, 3, None, None, 2],
            "flat": [4, 4, 4, 4, 4, None],
            "year": ["a", "a", "a", "b", "b", None],
        }
    )
    design = covariates(rows, ["score", "flat"], ["year"], fewest=2)
    root = sqrt(2)
    drawn = [
        [1, -root, 0, 0, 0], [1, 0, 0, 0, 0], [1, root, 0, 0, 0],
        [1, 0, 1, 0, 1], [1, 0, 1, 0, 1], [1, 0, 0, 0, 0],
    ]  # fmt: skip
    assert design == pytest.approx(np.array(drawn, dtype=float))
    finest = covariates(rows, ["score", "flat"], ["year"], fewest=1)
    assert finest.shape == (6, 7)  # also who lacks `flat`, and whose year is not known


# --- Rubin's rules --------------------------------------------------------------------------


@pytest.mark.parametrize("name", IMPUTED["dataset"].unique(maintain_order=True).to_list())
def test_rubins_rules_are_those_of_mice(name: str) -> None:
    rows, r = IMPUTED.filter(dataset=name), EXPECTED[name]
    found = combine(rows["value"].to_numpy(), rows["variance"].to_numpy(), rows["df"][0])
    got = (found.value, found.std_error, found.df, found.missing)
    assert tuple(map(float, got)) == tuple(like(r[k]) for k in ("value", "se", "df", "missing"))


def test_without_variation_between_imputations_nothing_is_missing() -> None:
    found = combine(np.full(5, 2.0), np.full(5, 0.25), 12.0)
    assert (float(found.value), float(found.std_error)) == (2.0, 0.5)
    assert float(found.df) == pytest.approx(12 * 13 / 15)
    assert float(found.missing) == pytest.approx(2 / (12 * 13 / 15 + 3))


# --- the posterior --------------------------------------------------------------------------


def regression_of(people: People):  # type: ignore[no-untyped-def]
    """As missing_data.R: only the score before and gender, everybody known."""
    before = people.frame["before"].to_numpy().astype(float)
    gender = people.frame["gender"].to_numpy()
    z = (before - before.mean()) / before.std()
    design = np.column_stack([np.ones(len(z)), z, gender == "Male", gender == "Other"])
    later = people.frame["after"].drop_nulls().to_numpy().astype(float)
    y = (later - later.mean()) / later.std()
    known = regress(y, design[people.kept], people.place[people.kept], people.places)
    return known, design, later


@pytest.mark.parametrize("name", POSTERIORS)
def test_posterior_is_that_of_whole_matrices_in_r(name: str) -> None:
    r = EXPECTED[name]
    known, _, _ = regression_of(people_of(name.removeprefix("posterior_")))
    icc = known.ratio / (1 + known.ratio)
    spread = np.einsum("lij,lij->li", known.root, known.root)[:, 1]
    got = {
        "icc": icc, "icc_squared": icc**2, "rest": known.rest, "slope": known.mean[:, 1],
        "level": known.mean[:, 3], "slope_variance": spread,
    }  # fmt: skip
    means = {quantity: float(known.weight @ values) for quantity, values in got.items()}
    assert means == {quantity: like(value) for quantity, value in r.items()}


def test_draws_have_the_moments_of_the_posterior() -> None:
    known, _, _ = regression_of(people_of("unequal"))
    m = 40_000
    drawn = draw(known, m, np.random.default_rng(5))
    slope = float(known.weight @ known.mean[:, 1])
    assert drawn.beta[:, 1].mean() == pytest.approx(slope, abs=4 * drawn.beta[:, 1].std() / sqrt(m))
    variance = float(known.weight @ (known.rest / (known.df - 2)))
    squared = drawn.sd**2
    assert squared.mean() == pytest.approx(variance, abs=4 * squared.std() / sqrt(m))
    # Of an organisation, the intercept is its mean residual, drawn towards 0.
    shrink = known.ratio[:, None] / (1 + known.ratio[:, None] * known.n)
    centre = known.weight @ (shrink * (known.y - known.mean @ known.x.T))
    error = drawn.intercept.std(axis=0) / sqrt(m)
    assert (np.abs(drawn.intercept.mean(axis=0) - centre) < 4.5 * error).all()


@pytest.mark.parametrize("name", MICE)
def test_imputed_mean_is_that_of_mice_within_monte_carlo_error(name: str) -> None:
    """Its random intercept is fitted by lme4 and has another prior: hence the 25% in spread."""
    r, people = EXPECTED[name], people_of(name.removeprefix("mice_"))
    known, design, later = regression_of(people)
    lost, m = ~people.kept, 2000
    rng = np.random.default_rng(6)
    x_sums = np.zeros((people.places, design.shape[1]))
    np.add.at(x_sums, people.place[lost], design[lost])
    counts = np.bincount(people.place[lost], minlength=people.places).astype(float)
    sums = impute_sums(draw(known, m, rng), x_sums, counts, rng).sum(axis=1)
    means = (later.sum() + sums * later.std() + lost.sum() * later.mean()) / len(lost)
    mean, between, theirs = r["mean_after"], r["sd_between"], r["imputations"]
    assert mean and between and theirs and r["mean_seen"]
    assert means.mean() == pytest.approx(mean, abs=4 * between * sqrt(1 / m + 1 / theirs))
    assert means.std() == pytest.approx(between, rel=0.25)
    assert abs(mean - r["mean_seen"]) > 0.5  # imputing is not nothing here


# --- the truth is known ---------------------------------------------------------------------

REPLICATIONS = 300
ORGANISATIONS = 20


def planted(rng: np.random.Generator) -> tuple[Numbers, Numbers, NDArray[np.int64], Numbers]:
    """Score before, change, organisation, and the chance of being followed up.

    The mean change is 0. Who was low before gains more, and is followed up less often; of the
    variance of change that the score does not explain, 5% lies between organisations.
    """
    sizes = rng.integers(8, 45, ORGANISATIONS)
    place = np.repeat(np.arange(ORGANISATIONS), sizes)
    before = rng.normal(0, 0.3, ORGANISATIONS)[place] + rng.normal(0, 1, len(place))
    shift, own = rng.normal(0, sqrt(0.05), ORGANISATIONS), rng.normal(0, sqrt(0.95), len(place))
    change = -0.5 * before + shift[place] + own
    return before, change, place, 1 / (1 + np.exp(-(before - 0.5)))


def one_round(rng: np.random.Generator) -> list[Estimate]:
    before, change, place, chance = planted(rng)
    kept = rng.random(len(before)) < chance
    z = (before - before.mean()) / before.std()
    design = np.column_stack([np.ones(len(z)), z])
    ones = np.ones(int(kept.sum()))
    plain = weighted_cr2([Weighted(change[kept], ones, place[kept])], LEVEL, ORGANISATIONS)
    chances = chances_of_follow_up(design, kept)
    assert not isinstance(chances, str)
    parts = [Weighted(change[kept], 1 / chances[kept], place[kept])]
    weighted = weighted_cr2(parts, LEVEL, ORGANISATIONS)
    path = imputed_path(before, change, place, kept, design, rng)
    return [plain, weighted, pooled_estimate(path, LEVEL, len(z), ORGANISATIONS)]


def imputed_path(
    before: Numbers,
    change: Numbers,
    place: NDArray[np.int64],
    kept: NDArray[np.bool_],
    design: Numbers,
    rng: np.random.Generator,
    draws: int = 20,
) -> tipping_point.Path:
    after = (before + change)[kept]
    centre, spread = after.mean(), after.std()
    known = regress((after - centre) / spread, design[kept], place[kept], ORGANISATIONS)
    x_sums = np.zeros((ORGANISATIONS, 2))
    np.add.at(x_sums, place[~kept], design[~kept])
    counts, imputed = (
        np.bincount(place[mine], minlength=ORGANISATIONS).astype(float)
        for mine in (np.ones_like(kept), ~kept)
    )
    drawn = impute_sums(draw(known, draws, rng), x_sums, imputed, rng)
    seen = np.bincount(place, np.where(kept, before + change, 0) - before, ORGANISATIONS)
    sums = spread * drawn + imputed * centre + seen
    return completed_path([Completed(sums, counts, imputed)])


@cache
def rounds() -> NDArray[np.float64]:
    """Estimate, standard error and whether the interval holds the truth, by method."""
    rng = np.random.default_rng(20180401)
    made = [one_round(rng) for _ in range(REPLICATIONS)]
    return np.array(
        [
            [(e.value, e.std_error, e.ci_low <= 0 <= e.ci_high) for e in each]  # type: ignore[operator]
            for each in made
        ],
        dtype=float,
    )


def test_those_followed_up_alone_are_biased() -> None:
    values = rounds()[:, 0, 0]
    assert values.mean() < -0.2
    assert rounds()[:, 0, 2].mean() < 0.5  # and their interval misses the truth


@pytest.mark.parametrize(("method", "name"), [(1, "weights"), (2, "imputation")])
def test_planted_attrition_leaves_no_bias(method: int, name: str) -> None:
    values, errors, held = rounds()[:, method].T
    assert abs(values.mean()) < 4 * values.std() / sqrt(REPLICATIONS), name
    # The standard error is that of the estimates, and never much too small.
    assert sqrt((errors**2).mean()) == pytest.approx(values.std(), rel=0.2)
    # Three standard errors below 95%; more is allowed: few organisations make both careful.
    assert held.mean() > 0.95 - 3 * sqrt(0.95 * 0.05 / REPLICATIONS)


def test_imputation_without_clusters_is_that_of_statsmodels() -> None:
    """Each in an organisation of their own, nobody is more alike: its model and ours agree.

    Both are run long, so that the difference that is allowed is Monte-Carlo error.
    """
    from statsmodels.imputation.bayes_mi import BayesGaussMI

    rng = np.random.default_rng(8)
    n = 400
    before = rng.normal(0, 1, n)
    after = 0.6 * before + rng.normal(0, 0.8, n)
    kept = rng.random(n) < 1 / (1 + np.exp(-before))
    z = (before - before.mean()) / before.std()
    y = (after - after[kept].mean()) / after[kept].std()
    chain = BayesGaussMI(np.column_stack([z, np.where(kept, y, np.nan)]), rng=rng)
    theirs = []
    for turn in range(3000):
        chain.update()
        if turn >= 500 and turn % 5 == 0:
            theirs.append(chain.data[:, 1].mean())
    design, place = np.column_stack([np.ones(n), z]), np.arange(n)
    known = regress(y[kept], design[kept], place[kept], n)
    lost = (~kept).astype(float)
    x_sums = design * lost[:, None]
    drawn = draw(known, 2000, rng)
    ours = (y[kept].sum() + impute_sums(drawn, x_sums, lost, rng).sum(axis=1)) / n
    # Its draws follow one another: 1.5 standard errors for one.
    error = 1.5 * sqrt(np.var(theirs) / len(theirs) + np.var(ours) / len(ours))
    assert ours.mean() == pytest.approx(np.mean(theirs), abs=4 * error)
    assert np.std(ours) == pytest.approx(np.std(theirs), rel=0.15)
    assert abs(np.mean(theirs)) > 0.1  # the seen have mean 0


# --- tipping points -------------------------------------------------------------------------


def drawn_path(mean: float, seed: int = 3, lower: bool = False) -> tipping_point.Path:
    rng = np.random.default_rng(seed)
    counts = np.array([12.0, 20, 8, 15, 30, 25, 9, 18])
    imputed = np.array([6.0, 12, 0, 9, 20, 25, 5, 10])
    sums = mean * counts + rng.normal(0, 0.3, 8) * counts + rng.normal(0, 1.5, (40, 8))
    return completed_path([Completed(sums, counts, imputed)], -1.0 if lower else 1.0)


def test_completed_data_are_analysed_as_any_other() -> None:
    """Each imputation by the CR2 of a mean; and a delta as if it had been taken from the data."""
    rng = np.random.default_rng(12)
    place = np.repeat(np.arange(7), [4, 9, 3, 8, 6, 10, 5])
    missing = rng.random(len(place)) < 0.4
    values = rng.normal(0.4, 1, (5, len(place)))
    counts, imputed = (
        np.bincount(place[mine], minlength=7).astype(float) for mine in (missing | True, missing)
    )
    sums = np.array([np.bincount(place, row, 7) for row in values])
    path = completed_path([Completed(sums, counts, imputed)])
    for delta in (0.0, 0.7):
        moved = values - delta * missing
        each = [weighted_cr2([Weighted(row, np.ones(len(row)), place)], LEVEL, 7) for row in moved]
        wanted = combine(
            np.array([e.value for e in each], dtype=float),
            np.array([e.std_error for e in each], dtype=float) ** 2,
            each[0].df or 0,
        )
        got = path.at(np.array([delta]))
        for one, two in zip(
            (got.value, got.std_error, got.df, got.missing),
            (wanted.value, wanted.std_error, wanted.df, wanted.missing),
            strict=True,
        ):
            assert float(one[0]) == pytest.approx(float(two), rel=1e-10)


@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("mean", [0.8, 0.05, -0.8])
def test_tipping_delta_is_where_the_conclusion_goes(mean: float, lower: bool) -> None:
    path = drawn_path(mean, lower=lower)
    concluded = conclusion(pooled_estimate(path, LEVEL, 137, 8))
    delta = tipping_delta(path, concluded, LEVEL, 20.0)
    if (mean == -0.8 and not lower) or (mean == 0.8 and lower):
        # Worse makes a change for the worse no less so.
        assert concluded == (1 if lower else -1)
        assert delta is None
        return
    assert delta is not None
    assert delta > 0
    step = 1e-6
    before, after = (sign_at(path, delta + way) for way in (-step, step))
    assert (before, after) == (concluded, concluded - 1 if not lower else concluded + 1)


def sign_at(path: tipping_point.Path, delta: float) -> int:
    at = path.at(np.array([delta]))
    from scipy import stats

    margin = float(stats.t.ppf(0.975, at.df[0]) * at.std_error[0])
    value = float(at.value[0])
    return int(value - margin > 0) - int(value + margin < 0)


def test_conclusion_that_is_gone_already_tips_at_nought() -> None:
    assert tipping_delta(drawn_path(0.05), 1, LEVEL, 5.0) == 0
    assert tipping_delta(drawn_path(0.05), 0, LEVEL, 0.01) is None


def test_contrast_moves_the_treated_only() -> None:
    rng = np.random.default_rng(4)
    counts, imputed = np.full(6, 10.0), np.full(6, 4.0)
    one, two = (
        Completed(rng.normal(3, 1, (10, 6)), counts, imputed, moved) for moved in (True, False)
    )
    path = completed_path([one, two])
    assert path.slope == pytest.approx(0.4)
    value = (one.sums.sum() - two.sums.sum()) / 10 / 60
    assert float(path.at(np.zeros(1)).value[0]) == pytest.approx(value)


def test_one_organisation_that_holds_a_group_is_noticed() -> None:
    counts = np.array([10.0, 0, 0, 0, 0])
    assert adjust(counts, counts, counts).whole
    assert not adjust(counts + 1, counts + 1, counts + 1).whole
