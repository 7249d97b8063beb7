"""Change of cost and how sure it is, against R (cost_uncertainty.R)."""

from fractions import Fraction
from math import sqrt
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from peereval.columns import post, pre
from peereval.costing import costs_of
from peereval.estimators.concentration import (
    gini,
    leaving_out,
    number_to_turn_sign,
    quantile_of_counts,
    top_share,
)
from peereval.estimators.cost_bootstrap import (
    ContactCells,
    drawn_means,
    drawn_organisations,
    percentile_interval,
    why_no_bootstrap,
)
from peereval.estimators.cost_parameters import (
    Amount,
    Parameters,
    one_at_a_time,
    variance_shares,
)
from peereval.estimators.estimate import generator
from reference.test_against_r import questions
from support.reference import close, expected

HERE = Path(__file__).parent
EXPECTED = expected("cost_uncertainty")
SIMULATED = ("all", "few")
DRAWS, R_DRAWS, SEED = 20_000, 40_000, 11

#: Ranges as in cost_uncertainty.R: unit costs, and contacts from the most frequent label down.
COST_RANGES = {"teacher": (2.92, 17.55), "school_nurse": (42.04, 65.54), "gp": (31, 48)}
LABEL_RANGES = ((54, 73), (10.8, 14.6), (2.5, 3.4), (1.5, 2.5), (1, 1))
CODES, COSTED = questions()
#: Code 0 is no contact; from 1 up labels are more frequent.
LABELS = 5


def answers(name: str) -> pl.DataFrame:
    """Those who answered everything: all of them, six organisations, or without the first 20."""
    rows = pl.read_csv(HERE / "data" / "contacts.csv").drop_nulls()
    ends = {"pre": pre, "post": post}
    codes = {label.casefold(): code for label, code in CODES.items()}
    coded = rows.select(
        "organisation",
        pl.lit(1).alias("n"),
        *(
            pl.col(f"{q.id}_{end}").str.to_lowercase().replace_strict(codes).cast(pl.Int64)
            .alias(named(q.id))
            for q in COSTED
            for end, named in ends.items()
        ),
    )  # fmt: skip
    if name == "few":
        chosen = sorted(coded["organisation"].unique())[:6]
        return coded.filter(pl.col("organisation").is_in(chosen))
    return coded[20:] if name == "one_organisation_less" else coded


def cells_of(rows: pl.DataFrame, clustered: bool = True) -> ContactCells:
    """One kind for each respondent; parameters by question, then label."""
    ordered = rows.with_columns(g=pl.col("organisation").rank("dense").cast(pl.Int64) - 1).sort("g")
    net = np.zeros((rows.height, len(COSTED) * LABELS))
    for place, question in enumerate(COSTED):
        for code in range(1, LABELS + 1):
            for end, sign in ((pre, 1), (post, -1)):
                chosen = (ordered[end(question.id)] == code).to_numpy()
                net[:, place * LABELS + code - 1] += sign * chosen
    number = ordered["g"].to_numpy() if clustered else np.zeros(rows.height, dtype=np.int64)
    return ContactCells(np.ones(rows.height, dtype=np.int64), number, net, clustered)


def parameters() -> Parameters:
    contacts = COSTED[0].contacts
    costs = tuple(
        Amount(q.id, float(q.unit_cost.value), *map(float, COST_RANGES[q.id]))
        for q in COSTED if q.unit_cost
    )  # fmt: skip
    labels = tuple(
        Amount(str(code), float(contacts[code]), *map(float, LABEL_RANGES[LABELS - code]))
        for code in range(1, LABELS + 1)
    )
    count = len(COSTED)
    return Parameters(
        costs, labels, np.repeat(np.arange(count), LABELS), np.tile(np.arange(LABELS), count),
        "limits", 0.25,
    )  # fmt: skip


@pytest.mark.parametrize("name", EXPECTED)
def test_mean_and_one_parameter_at_a_time(name: str) -> None:
    theirs, cells, known = EXPECTED[name], cells_of(answers(name)), parameters()
    assert cells.size == theirs["n"]
    close(float(cells.mean @ known.base), theirs["saving"])
    swings = {swing.name: swing for swing in one_at_a_time(known, cells.mean)}
    for question in COSTED:
        swing = swings[f"unit_cost:{question.id}"]
        close(swing.at_low, theirs[f"one_way_{question.id}_low"])
        close(swing.at_high, theirs[f"one_way_{question.id}_high"])
    for place in range(1, 5):
        swing = swings[f"contacts:{LABELS + 1 - place}"]
        close(swing.at_low, theirs[f"one_way_label_{place}_low"])
        close(swing.at_high, theirs[f"one_way_label_{place}_high"])


@pytest.mark.parametrize("name", EXPECTED)
def test_concentration(name: str) -> None:
    theirs, rows = EXPECTED[name], answers(name)
    before, after, denominator = costs_of(rows, COSTED)
    n = np.ones(rows.height, dtype=np.int64)
    for end, costs in (("before", before), ("after", after)):
        for percent in (1, 5, 10):
            close(top_share(costs, n, percent / 100), theirs[f"top_{percent}_{end}"])
        close(gini(costs, n), theirs[f"gini_{end}"])
    savings = before - after
    found = number_to_turn_sign(savings, n)
    assert found == theirs["n_to_turn_sign"]
    whole = int(savings.sum())
    one = leaving_out(savings, n, whole, rows.height, denominator)
    by = rows.select("organisation", saving=pl.Series(savings)).group_by("organisation")
    sums = by.agg(pl.col("saving").sum(), pl.len().cast(pl.Int64).alias("size"))
    other = leaving_out(
        sums["saving"].to_numpy(), sums["size"].to_numpy(), whole, rows.height, denominator
    )
    for what, spread in (("respondent", one), ("organisation", other)):
        assert spread is not None
        close(spread.lowest, theirs[f"without_{what}_lowest"])
        close(spread.highest, theirs[f"without_{what}_highest"])
    for percent in (95, 99):
        both = np.concatenate([before, after])
        limit = quantile_of_counts(both, np.ones(2 * rows.height, dtype=np.int64), percent)
        kept = np.minimum(100 * before, limit) - np.minimum(100 * after, limit)
        close(
            float(Fraction(int(kept.sum()), 100 * denominator * rows.height)),
            theirs[f"winsorised_{percent}"],
        )


def test_concentration_of_counts_is_that_of_single_respondents() -> None:
    rng = np.random.default_rng(4)
    costs, n = rng.integers(0, 9, 40), rng.integers(1, 6, 40)
    single, ones = np.repeat(costs, n), np.ones(n.sum(), dtype=np.int64)
    assert gini(costs, n) == pytest.approx(gini(single, ones), rel=1e-12)
    assert top_share(costs, n, 0.07) == pytest.approx(top_share(single, ones, 0.07), rel=1e-12)
    savings = costs - 3
    assert number_to_turn_sign(savings, n) == number_to_turn_sign(single - 3, ones)
    for percent in (5, 50, 95, 99):
        ours = quantile_of_counts(costs, n, percent) / 100
        assert ours == pytest.approx(float(np.quantile(single, percent / 100)), rel=1e-12)


def test_greedy_removal_is_the_fewest_of_all_removals() -> None:
    from itertools import combinations

    rng = np.random.default_rng(9)
    for _ in range(200):
        savings = rng.integers(-6, 9, 8)
        total, ones = int(savings.sum()), np.ones(8, dtype=np.int64)
        every = [
            size
            for size in range(1, 9)
            for removed in combinations(range(8), size)
            if total * (total - int(savings[list(removed)].sum())) < 0
        ]
        assert number_to_turn_sign(savings, ones) == (min(every) if every else None)


# --- by simulation --------------------------------------------------------------------------


def within_error(name: str, what: str, drawn: np.ndarray) -> None:
    """Five standard errors of both simulations together."""
    theirs = {key: EXPECTED[name][f"{what}_{key}"] for key in
              ("mean", "sd", "low", "high", "above_zero")}  # fmt: skip
    assert all(value is not None for value in theirs.values())
    sd, both = theirs["sd"], sqrt(1 / DRAWS + 1 / R_DRAWS)
    assert sd is not None
    assert float(drawn.mean()) == pytest.approx(theirs["mean"], abs=5 * sd * both)
    # The error of a standard deviation, and of a quantile at 2.5%, of draws that are no normal's:
    # from their own fourth moment and density.
    centred = (drawn - drawn.mean()) / drawn.std()
    error = sqrt(float((centred**4).mean()) - 1) / 2
    assert float(drawn.std()) == pytest.approx(sd, abs=5 * sd * error * both)
    for share, end in ((0.025, "low"), (0.975, "high")):
        near = np.quantile(drawn, [share - 0.01, share + 0.01])
        density = 0.02 / float(near[1] - near[0])
        error = sqrt(share * (1 - share)) / density
        assert float(np.quantile(drawn, share)) == pytest.approx(theirs[end], abs=5 * error * both)
    above = float((drawn > 1e-9).mean())
    error = sqrt(max(above * (1 - above), 1e-4))
    assert above == pytest.approx(theirs["above_zero"], abs=5 * error * both)


@pytest.mark.parametrize("name", SIMULATED)
def test_bootstraps(name: str) -> None:
    rows, money = answers(name), parameters().base
    within_error(name, "bootstrap", drawn_means(cells_of(rows), DRAWS, SEED) @ money)
    alone = cells_of(rows, clustered=False)
    within_error(name, "respondents", drawn_means(alone, DRAWS, SEED) @ money)
    within_error(name, "organisations", drawn_organisations(cells_of(rows), DRAWS, SEED) @ money)


@pytest.mark.parametrize("name", SIMULATED)
def test_joint_draws_of_respondents_and_parameters(name: str) -> None:
    cells, known = cells_of(answers(name)), parameters()
    net = drawn_means(cells, DRAWS, SEED)
    money = known.drawn(DRAWS, generator(SEED, "cost_psa"))
    joint = (net * money).sum(axis=1)
    within_error(name, "psa", joint)
    sampling, of_parameters = variance_shares(net, cells.mean, money)
    assert sampling + of_parameters == pytest.approx(1)
    theirs = EXPECTED[name]["parameter_sd"]
    assert theirs is not None
    assert (money @ cells.mean).std() == pytest.approx(theirs, rel=0.04)
    # The two parts are those of the joint draws.
    whole = (money @ cells.mean).var() / of_parameters
    assert joint.var() == pytest.approx(whole, rel=0.05)


def test_draws_as_normal_are_like_those_of_every_respondent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Beyond some thousand kinds of respondents: the same mean and spread."""
    cells, money = cells_of(answers("all")), parameters().base
    exact = drawn_means(cells, DRAWS, SEED) @ money
    monkeypatch.setattr("peereval.estimators.cost_bootstrap.MOST_CELLS", 10)
    normal = drawn_means(cells, DRAWS, SEED) @ money
    assert normal.mean() == pytest.approx(exact.mean(), abs=5 * exact.std() * sqrt(2 / DRAWS))
    assert normal.std() == pytest.approx(exact.std(), rel=0.03)


# --- what cannot be drawn --------------------------------------------------------------------


def test_few_organisations_and_few_respondents_are_not_drawn() -> None:
    rows = answers("few")
    some = sorted(rows["organisation"].unique())[:4]
    cells = cells_of(rows.filter(pl.col("organisation").is_in(some)))
    assert why_no_bootstrap(cells) == "4 organisations: a cluster bootstrap needs 5"
    assert why_no_bootstrap(cells_of(rows[:1])) == "one matched pair: a standard error needs two"
    assert why_no_bootstrap(cells_of(rows[:0])) == "no matched pairs"
    assert not why_no_bootstrap(cells_of(rows))


def test_draws_that_do_not_vary_have_no_interval() -> None:
    cells = cells_of(answers("few"))
    same = np.full(500, 3.0)
    found = percentile_interval(3.0, same, 0.95, cells, "")
    assert found.value is None
    assert found.reason == "every draw is the same; the mean is 3"


def test_prices_and_weights_have_the_mean_and_spread_that_are_declared() -> None:
    """Gamma: mean 54.49, (65.54 - 42.04) / 3.92 = 5.99. PERT of 54, 63.33, 73: mean 63.38."""
    known = parameters()
    assert known.deviation(known.unit_costs[1]) == pytest.approx(5.995, abs=1e-3)
    money = known.drawn(200_000, generator(SEED, "cost_psa"))
    daily_nurse, once_nurse = money[:, 2 * LABELS - 1], money[:, LABELS]
    assert once_nurse.mean() == pytest.approx(54.49, rel=1e-3)
    assert once_nurse.std() == pytest.approx(5.995, rel=0.01)
    contacts = daily_nurse / once_nurse
    assert contacts.mean() == pytest.approx((54 + 4 * 63.33 + 73) / 6, rel=1e-3)
    assert contacts.min() >= 54
    assert contacts.max() <= 73
    without = Parameters((Amount("x", 40.0),), known.contacts, known.cost_of * 0,
                         known.contacts_of, "limits", 0.25)  # fmt: skip
    assert without.deviation(without.unit_costs[0]) == 10
    assert without.limits(without.unit_costs[0]) == (30, 50)
    assert without.drawn(9, generator(1, "x")).shape == (9, 15)
