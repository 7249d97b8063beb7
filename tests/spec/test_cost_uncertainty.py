"""How sure a change of cost is, through the whole program; and what is said of it."""

from fractions import Fraction
from functools import cache
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from rich.console import Console

from peereval.estimating import result_table
from peereval.estimating.cost_cells import unit_cost_amount
from peereval.estimators.cost_parameters import Amount
from peereval.estimators.estimate import Estimate, Key
from peereval.judging import find_in_results
from peereval.pipeline import analyse
from peereval.rendering.costs import reading, show_costs
from peereval.studies import Study
from support.soundness import assert_sound
from support.studies import FULL, OCCASIONS
from support.surveys import CALM, MOOD, draw_survey, make_survey
from support.tables import Row

_TERM = {
    "Every week": {"base": 12.67, "low": 10.8, "high": 14.6, "by_days": True},
    "Once": 1,
    "Never": 0,
}
SETTINGS: dict[str, Any] = {
    "frequencies": {"term": _TERM},
    "statistics": {**FULL, "draws": 499},
    "scenarios": [
        {"id": "capped", "caps": {"gp": "Once"}},
        {"id": "no_gp", "without": ["gp"]},
        {"id": "dear", "unit_costs": {"gp": "nurse", "nurse": 100}},
        {"id": "long_term", "contacts": {"term": {"Every week": 14}}},
    ],
}


def study_of(folder: Path, rows: list[Row], **more: Any) -> Study:
    return make_survey(folder, rows, MOOD, CALM, **(SETTINGS | more))


def costs_of(rows: list[Row], engine: str = "polars", **more: Any) -> pl.DataFrame:
    with TemporaryDirectory() as folder:
        results = analyse(study_of(Path(folder), rows, **more), engine).tables["results"]
    return results.filter(pl.col("analysis").str.starts_with("cost"))


@cache
def unchanged() -> pl.DataFrame:
    return costs_of(draw_survey(5))


def test_rows_are_sound_and_all_there() -> None:
    costs = unchanged()
    assert_sound(costs)
    found = costs.filter(outcome="all_contacts", phase="young", comparison="short", status="ok")
    assert {"cost_bootstrap", "cost_bootstrap_organisations", "cost_psa", "one_way",
            "concentration", "paired_cr2"} <= set(found["method"])  # fmt: skip
    assert (found.filter(method="cost_psa", estimand="saving_per_respondent")["ci_low"]
            .is_not_null().all())  # fmt: skip


def test_order_names_and_engines_change_no_number(engine: str) -> None:
    rows = draw_survey(5)
    rng = np.random.default_rng(1)
    names = sorted({row["school"] for row in rows})
    new = dict(zip(names, rng.permutation(names).tolist(), strict=True))
    changed = [
        rows[i] | {"school": f"z{new[rows[i]['school']]}"} for i in rng.permutation(len(rows))
    ]
    assert_frame_equal(costs_of(changed, engine), unchanged(), check_exact=True)


@pytest.mark.parametrize("term", ["same", "actual"])
def test_what_is_drawn_is_drawn_around_the_mean_of_its_row(term: str) -> None:
    days = (58, 64, 64, 73)
    occasions = [{"id": name, "days": n} for name, n in zip(OCCASIONS, days, strict=True)]
    contacts = {"term": term, "term_days": 63.33}
    costs = costs_of(draw_survey(5), occasions=occasions, contacts=contacts)
    keys = ["phase", "comparison", "outcome", "level", "n"]
    saving = costs.filter(estimand="saving_per_respondent", status="ok")
    known = saving.filter(method="descriptive").select(*keys, known="estimate")
    drawn = saving.filter(pl.col("method").str.starts_with("cost_bootstrap")).join(known, on=keys)
    assert drawn.height >= 8
    assert drawn["estimate"].to_list() == pytest.approx(drawn["known"].to_list(), rel=1e-9)
    if term == "actual":
        plain = unchanged().filter(estimand="saving_per_respondent", method="descriptive")
        assert (
            plain["estimate"].to_list() != saving.filter(method="descriptive")["estimate"].to_list()
        )


def test_range_of_a_unit_cost_is_taken_where_there_is_one() -> None:
    known = {"id": "nurse", "value": Fraction("54.49"), "low": Fraction("42.04"),
             "ranges": ""}  # fmt: skip
    assert unit_cost_amount(SimpleNamespace(**known, high=Fraction("65.54"))) == Amount(  # type: ignore[arg-type]
        "nurse", 54.49, 42.04, 65.54
    )
    assert unit_cost_amount(SimpleNamespace(**known, high=None)).high is None  # type: ignore[arg-type]


def test_scenarios_are_the_same_answers_at_other_prices() -> None:
    """Total = nurse + gp on one base: leaving gp out, or both at twice the price, is arithmetic."""
    costs = unchanged().filter(phase="young", comparison="short")
    saving = {
        (row["outcome"], row["level"]): row["estimate"]
        for row in costs.filter(estimand="saving_per_respondent", method="descriptive").iter_rows(
            named=True
        )
    }
    nurse, gp = (saving[(name, "all_answered")] for name in ("nurse", "gp"))
    assert saving[("all_contacts", "")] == pytest.approx(nurse + gp)
    assert saving[("all_contacts", "scenario:no_gp")] == pytest.approx(nurse)
    dear = nurse / 54.49 * 100 + gp / 38 * 54.49
    assert saving[("all_contacts", "scenario:dear")] == pytest.approx(dear)
    ends = costs.filter(method="one_way", estimand="saving_per_respondent").select(
        "level", "estimate"
    )
    at = dict(ends.iter_rows())
    assert at["unit_cost:gp:high"] == pytest.approx(nurse + gp * 1.25)
    assert at["unit_cost:nurse:low"] == pytest.approx(nurse * 0.75 + gp)
    # Contacts are linear: 14 lies where it lies between 10.8 and 14.6.
    low, high = (at[f"contacts:Every week:{end}"] for end in ("low", "high"))
    between = low + (high - low) * (14 - 10.8) / (14.6 - 10.8)
    assert saving[("all_contacts", "scenario:long_term")] == pytest.approx(between)


def test_cost_of_all_labels_is_all_of_it() -> None:
    shares = unchanged().filter(pl.col("level").str.starts_with("label:"), status="ok")
    for _, part in shares.group_by(
        "phase", "comparison", pl.col("level").str.split(":").list.last()
    ):
        assert part["estimate"].sum() == pytest.approx(1)


def test_without_organisations_respondents_are_drawn_and_the_row_says_so() -> None:
    with TemporaryDirectory() as folder:
        study = study_of(Path(folder), draw_survey(5), columns={"respondent": "id", "role": "role"})
        results = analyse(study).tables["results"]
    drawn = results.filter(method="cost_bootstrap", outcome="all_contacts", status="ok")
    assert drawn.height
    assert drawn["note"].str.contains("draws of respondents, seed").all()
    alone = results.filter(method="cost_bootstrap_organisations")
    assert set(alone["status"]) == {"not_estimable"}


def test_nobody_who_answered_has_rows_that_say_so() -> None:
    rows = [row | {"nurse": "", "gp": ""} for row in draw_survey(5)]
    costs = costs_of(rows)
    assert_sound(costs)
    assert set(costs["status"]) == {"not_estimable"}


def test_nobody_who_came_has_rows_that_say_so() -> None:
    rows = [row | {"nurse": "Never", "gp": "Never"} for row in draw_survey(5)]
    costs = costs_of(rows)
    assert_sound(costs)
    drawn = costs.filter(method="cost_bootstrap", outcome="all_contacts", comparison="short")
    assert set(drawn["status"]) == {"not_estimable"}
    gini = costs.filter(estimand="gini", comparison="short")
    assert set(gini["note"]) <= {"nobody had any cost", "no matched pairs"}


def test_too_many_kinds_of_respondents_are_not_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("peereval.estimating.cost_uncertainty.MOST_ROWS", 3)
    costs = costs_of(draw_survey(5)).filter(method="cost_bootstrap", comparison="short")
    assert costs.height == 2 * 3 * 2
    assert set(costs["status"]) == {"not_estimable"}
    assert costs["note"].str.contains("respondents: this method works on single rows").all()


# --- what is said ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(1, 9, "saving"), (-9, -1, "cost increase"), (-1, 9, "cost change"), (None, None, "")],
)
def test_a_saving_is_one_only_where_its_interval_excludes_zero(
    low: float | None, high: float | None, said: str
) -> None:
    assert reading({"ci_low": low, "ci_high": high}) == said


def test_screen_has_the_table_the_perspective_and_no_saving_it_cannot_know(tmp_path: Path) -> None:
    study = study_of(tmp_path, draw_survey(5))
    screen = Console(record=True, width=120, file=StringIO())
    results = analyse(study).tables["results"]
    drawn = results.filter(method="cost_bootstrap", estimand="saving_per_respondent")
    show_costs(results, study, screen)
    text = screen.export_text()
    assert "Cost change per respondent, GBP" in text
    assert "what the programme cost is not in them" in " ".join(text.split())
    assert ("saving" in text.lower()) == bool((drawn["ci_low"] > 0).any())


def findings(study: Study, share: float, p: float, saving: float, turn: float) -> list[str]:
    cost = Key("cost", "young", "short", "helped", "gp", "GBP per respondent")
    whole = Key("cost_concentration", "young", "short", "helped", "all_contacts")
    asked = Key("prevalence_change", "young", "short", "helped", "gp", "share")
    rows = [
        cost.row("descriptive", "saving_per_respondent", Estimate(saving, n=90)),
        asked.row("mcnemar_midp", "share_change", Estimate(share, p_value=p, n=90)),
        whole.row("concentration", "n_to_turn_sign", Estimate(turn, n=90)),
    ]
    found = find_in_results(result_table(rows), study)
    return [fault.code for fault in found if fault.code.startswith("COST")]


@pytest.mark.parametrize(
    ("numbers", "codes"),
    {
        "fewer came and it cost more": ((-0.09, 0.01, -79.66, 12), ["COST001"]),
        "more came and it cost less": ((0.09, 0.01, 79.66, 12), ["COST001"]),
        "fewer came and it cost less": ((-0.09, 0.01, 79.66, 12), []),
        "as many came as far as is known": ((-0.09, 0.2, -79.66, 12), []),
        "it hangs on nine": ((0.09, 0.2, 5, 9), ["COST002"]),
        "it hangs on ten": ((0.09, 0.2, 5, 10), []),
    }.values(),
)
def test_findings_about_costs(
    tmp_path: Path, numbers: tuple[float, float, float, float], codes: list[str]
) -> None:
    assert findings(study_of(tmp_path, draw_survey(1, 2, 1)), *numbers) == codes
