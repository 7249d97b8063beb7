"""A programme's cost, net cost and cost of a unit gained, against R (programme.R)."""

from collections.abc import Mapping
from fractions import Fraction
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from peereval.estimators.cost_effectiveness import (
    correlation_of,
    covariance_of,
    fieller_limits,
    quadrant_shares,
    ratio_limits,
)
from peereval.pipeline import Run, analyse
from peereval.prices import equivalent_annual_cost
from support.reference import close, expected
from support.studies import FULL, MOOD, make_study, write_toml
from support.tables import Row

HERE = Path(__file__).parent
EXPECTED = expected("programme")
ANSWERS = pl.read_csv(HERE / "data" / "programme.csv")
GIVEN = pl.read_csv(HERE / "data" / "programme_draws.csv")
THRESHOLDS = (0, 20, 50, 100, 500)
SETS = ("sure", "unsure")
DRAWS, R_DRAWS = 5_000, 20_000

PROGRAMME = {
    "participants": 160,
    "organisations": 12,
    "discount_rate": 0.035,
    "outcomes": ["mood_total"],
    "thresholds": list(THRESHOLDS),
    "costs": [
        {"id": "lead", "what": "staff_time", "per": "organisation", "quantity": 40,
         "quantity_low": 30, "quantity_high": 60, "unit": "hours",
         "unit_cost": {"value": 20, "low": 15, "high": 26}},
        {"id": "kit", "what": "materials", "per": "study", "quantity": 2, "unit": "kits",
         "useful_life": 3, "unit_cost": {"value": 900, "low": 600, "high": 1300}},
        {"id": "badge", "what": "other", "per": "participant", "quantity": 1.5,
         "quantity_low": 1, "quantity_high": 3, "unit": "badges", "year": 2,
         "unit_cost": {"value": 4}},
    ],
}  # fmt: skip
_SOURCED = {"price_year": "2016/17", "source": "made up"}


def programme() -> dict[str, Any]:
    lines = [
        {**line, "source": "made up", "unit_cost": {**line["unit_cost"], **_SOURCED}}
        for line in PROGRAMME["costs"]  # type: ignore[attr-defined]
    ]
    return {**PROGRAMME, "costs": lines}


def sheets(name: str) -> list[Row]:
    """Answer sheets of one data set, before and after."""
    rows = []
    for number, row in enumerate(ANSWERS.filter(dataset=name).iter_rows(named=True)):
        for when, end in (("b1", "before"), ("f1", "after")):
            cells = {what: str(row[f"{what}_{end}"]) for what in ("mood", "nurse", "gp")}
            who = {"id": f"k{number}", "school": row["school"], "role": row["role"]}
            rows.append({**who, "when": when, **cells})
    return rows


def run_of(folder: Path, name: str) -> Run:
    said = dict.fromkeys(("source", "licence", "status"), "made up")
    costs = [
        {"id": "nurse", "value": 50, "low": 40, "high": 60},
        {"id": "gp", "value": 38},
    ]
    costs = [{**cost, "unit": "per contact", "price_year": "2016/17", **said} for cost in costs]
    content = {"format": 1, "id": "made_up", "currency": "GBP", "unit_costs": costs}
    write_toml(folder / "costs.toml", content)
    questions = [
        {"id": name, "kind": "contact", "columns": name, "frequencies": "term", "unit_cost": name}
        for name in ("nurse", "gp")
    ]
    labels = {"Never": 0, "Once": 1, "Weekly": {"base": 12, "low": 10, "high": 16}}
    study = make_study(
        folder, sheets(name), MOOD,
        questions=questions, frequencies={"term": labels}, programme=programme(),
        groups=[{"id": "helped", "roles": ["mentee"]}, {"id": "others", "roles": ["neither"]}],
        contrast={"treated": "helped", "control": "others"},
        costs={"unit_costs": "costs.toml", "group": "helped", "perspective": "schools and NHS"},
        statistics={**FULL, "draws": DRAWS},
    )  # fmt: skip
    return analyse(study)


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Mapping[str, Row]]:
    """Data set -> estimate id -> row."""
    found = {}
    for name in SETS:
        results = run_of(tmp_path_factory.mktemp(name), name).tables["results"]
        found[name] = {row["estimate_id"]: row for row in results.iter_rows(named=True)}
    return found


# --- exactly -----------------------------------------------------------------------------


@pytest.mark.parametrize("case", ["900_3_0.035", "5000_10_0.05", "120_2_0.015", "77_25_0.1"])
def test_equivalent_annual_cost(case: str) -> None:
    paid, years, rate = case.split("_")
    ours = equivalent_annual_cost(Fraction(paid), int(years), Fraction(rate))
    close(float(ours), EXPECTED["declared"][f"annual_{case}"])


def test_what_the_programme_cost(rows: Mapping[str, Mapping[str, Row]]) -> None:
    theirs, place = EXPECTED["declared"], "programme_cost.declared.young.helped"
    for name in ("lead", "kit", "badge"):
        close(rows["sure"][f"{place}.line:{name}.programme_cost"]["estimate"], theirs[name])
    close(rows["sure"][f"{place}.programme_cost"]["estimate"], theirs["total"])
    each = rows["sure"][f"{place}.programme_cost_per_participant"]["estimate"]
    close(each, theirs["per_participant"])


def test_draws_of_the_programme_have_the_moments_of_their_distributions(
    rows: Mapping[str, Mapping[str, Row]],
) -> None:
    theirs = EXPECTED["declared"]
    place = "programme_cost.programme_psa.young.helped.programme_cost_per_participant"
    ours, sd = rows["sure"][place], theirs["psa_sd"]
    assert sd is not None
    assert ours["estimate"] == pytest.approx(theirs["psa_mean"], abs=5 * sd / sqrt(DRAWS))
    assert ours["std_error"] == pytest.approx(sd, rel=0.06)


@pytest.mark.parametrize("name", SETS)
def test_net_cost_gain_and_ratio(name: str, rows: Mapping[str, Mapping[str, Row]]) -> None:
    theirs, mine = EXPECTED[name], rows[name]
    place = "cost_effectiveness.{}.young.change.helped."
    net = mine[place.format("descriptive") + "all_contacts.net_cost_per_participant"]
    assert net["n"] == theirs["n_treated"]
    close(net["estimate"], theirs["net_cost"])
    spread = mine[place.format("descriptive") + "all_contacts.net_cost_per_respondent"]
    close(spread["estimate"], theirs["net_cost_per_respondent"])
    drawn = place.format("programme_bootstrap") + "mood_total."
    assert mine[drawn + "gain"]["n"] == theirs["n"]
    close(mine[drawn + "gain"]["estimate"], theirs["gain"])
    close(mine[drawn + "net_cost_per_participant"]["estimate"], theirs["net_cost"])
    for method in ("programme_bootstrap", "fieller"):
        ratio = mine[place.format(method) + "mood_total.cost_per_unit_gained"]
        if name == "sure":
            close(ratio["estimate"], theirs["ratio"])
        else:
            assert ratio["estimate"] is None
            assert "the interval of the gain holds 0" in ratio["note"]


@pytest.mark.parametrize("name", ["given_sure", "given_negative", "given_unsure"])
def test_the_same_of_given_draws(name: str) -> None:
    theirs, drawn = EXPECTED[name], GIVEN.filter(dataset=name)
    cost, gain = drawn["cost"].to_numpy(), drawn["gain"].to_numpy()
    for quadrant, share in quadrant_shares(cost, gain).items():
        close(share, theirs[quadrant])
    close(correlation_of(cost, gain), theirs["correlation"])
    limits = fieller_limits(cost.mean(), gain.mean(), covariance_of(cost, gain), 0.95)
    compare(limits, theirs["fieller_low"], theirs["fieller_high"])
    found = ratio_limits(cost, gain, 0.95)
    if theirs["ratio_high"] is None:
        assert found is None
    else:
        compare(found, theirs["ratio_low"], theirs["ratio_high"])
    for worth in THRESHOLDS:
        benefit = worth * gain - cost
        close(float((benefit > 0).mean()), theirs[f"effective_{worth}"])
        close(float(np.quantile(benefit, 0.025)), theirs[f"benefit_low_{worth}"])
        close(float(np.quantile(benefit, 0.975)), theirs[f"benefit_high_{worth}"])


def compare(ours: tuple[float, float] | None, low: float | None, high: float | None) -> None:
    if low is None:
        assert ours is None
        return
    assert ours is not None
    close(ours[0], low)
    close(ours[1], high)


# --- by simulation ------------------------------------------------------------------------

KINDS = [(name, method) for name in SETS for method in ("bootstrap", "psa")]


@pytest.mark.parametrize(("name", "method"), KINDS)
def test_draws_of_net_cost_and_gain(
    name: str, method: str, rows: Mapping[str, Mapping[str, Row]]
) -> None:
    theirs = EXPECTED[f"{name}_{method}"]
    place = f"cost_effectiveness.programme_{method}.young.change.helped.mood_total."
    gain = "cost_effectiveness.programme_bootstrap.young.change.helped.mood_total.gain"
    both = sqrt(1 / DRAWS + 1 / R_DRAWS)
    for word, row in (("net_cost", rows[name][f"{place}net_cost_per_participant"]),
                      ("gain", rows[name][gain])):  # fmt: skip
        sd = theirs[f"{word}_sd"]
        assert sd is not None
        # A standard deviation and quantiles at 2.5% of draws that are nearly normal.
        assert row["std_error"] == pytest.approx(sd, abs=5 * sd * both)
        for end in ("low", "high"):
            error = sqrt(0.025 * 0.975) / 0.0584 * sd * both
            assert row[f"ci_{end}"] == pytest.approx(theirs[f"{word}_{end}"], abs=5 * error)
    for quadrant in ("north_east", "north_west", "south_east", "south_west"):
        share_like(rows[name][f"{place}{quadrant}.share_of_draws"], theirs[quadrant])
    correlation = rows[name][f"{place}correlation_of_cost_and_gain"]["estimate"]
    assert correlation == pytest.approx(theirs["correlation"], abs=5 * both)


@pytest.mark.parametrize(("name", "method"), KINDS)
def test_acceptability_and_net_benefit(
    name: str, method: str, rows: Mapping[str, Mapping[str, Row]]
) -> None:
    theirs = EXPECTED[f"{name}_{method}"]
    place = f"cost_effectiveness.programme_{method}.young.change.helped.mood_total.threshold:"
    both = sqrt(1 / DRAWS + 1 / R_DRAWS)
    for worth in THRESHOLDS:
        share = rows[name][f"{place}{worth}.probability_cost_effective"]
        share_like(share, theirs[f"effective_{worth}"])
        benefit = rows[name][f"{place}{worth}.net_monetary_benefit"]
        for end in ("low", "high"):
            error = sqrt(0.025 * 0.975) / 0.0584 * benefit["std_error"] * both
            there = theirs[f"benefit_{end}_{worth}"]
            assert benefit[f"ci_{end}"] == pytest.approx(there, abs=5 * error)


def share_like(row: Row, theirs: float | None) -> None:
    """Within five standard errors of a share of both simulations."""
    assert theirs is not None
    error = sqrt(max(theirs * (1 - theirs), 1e-3) * (1 / DRAWS + 1 / R_DRAWS))
    assert row["estimate"] == pytest.approx(theirs, abs=5 * error)


@pytest.mark.parametrize("method", ["bootstrap", "psa"])
def test_limits_of_the_ratio(method: str, rows: Mapping[str, Mapping[str, Row]]) -> None:
    theirs = EXPECTED[f"sure_{method}"]
    place = f"cost_effectiveness.programme_{method}.young.change.helped.mood_total"
    row = rows["sure"][f"{place}.cost_per_unit_gained"]
    # The spread of a quantile, from the distance between the limits: wide for a skewed ratio.
    assert theirs["ratio_high"] is not None
    assert theirs["ratio_low"] is not None
    spread = (theirs["ratio_high"] - theirs["ratio_low"]) / 3.92
    error = sqrt(0.025 * 0.975) / 0.0584 * spread * sqrt(1 / DRAWS + 1 / R_DRAWS)
    assert row["ci_low"] == pytest.approx(theirs["ratio_low"], abs=5 * error)
    assert row["ci_high"] == pytest.approx(theirs["ratio_high"], abs=10 * error)
    if method == "bootstrap":
        other = rows["sure"][
            f"{place.replace('programme_bootstrap', 'fieller')}.cost_per_unit_gained"
        ]
        assert other["ci_low"] == pytest.approx(theirs["fieller_low"], abs=5 * error)
        assert other["ci_high"] == pytest.approx(theirs["fieller_high"], abs=10 * error)


def test_net_cost_has_the_interval_of_the_cost_change(
    rows: Mapping[str, Mapping[str, Row]],
) -> None:
    """The same draws: with a programme taken as exact only the sign and the place differ."""
    mine = rows["sure"]
    net = mine[
        "cost_effectiveness.programme_bootstrap.young.change.helped.all_contacts."
        "net_cost_per_participant"
    ]
    saving = mine["cost.cost_bootstrap.young.change.helped.all_contacts.saving_per_respondent"]
    one = EXPECTED["declared"]["per_participant"]
    assert one is not None
    assert net["ci_low"] == pytest.approx(one - saving["ci_high"], rel=1e-9)
    assert net["ci_high"] == pytest.approx(one - saving["ci_low"], rel=1e-9)
