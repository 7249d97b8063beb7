"""Variants of unit costs, scenarios that choose them, and ranges of one cost."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from peereval.costs import load_cost_file
from peereval.errors import StudyError
from peereval.estimating.cost_cells import unit_cost_amount
from peereval.estimators.cost_parameters import SPANS, Amount, Parameters
from peereval.output import write_run
from peereval.pipeline import analyse
from peereval.studies import Study, prices_in_doubt
from support.studies import FULL, MOOD, make_study, write_toml

SAID = {
    "unit": "per contact", "price_year": "2016/17", "index": "nhscii", "source": "made up",
    "licence": "none", "status": "made up",
}  # fmt: skip
OWN = {key: SAID[key] for key in ("source", "licence", "status")}
NURSE = {"id": "nurse", "value": 50, **SAID}
GP = {
    "id": "gp", "value": 38, **SAID,
    "variants": {
        "with_qualification": {"slot": "table 10 of the manual", **OWN},
        "without_qualification": {"value": 32, **OWN},
        "micro_costed": {"rate": 120, "minutes": 9, "minutes_low": 6, "minutes_source": "guess",
                         "price_year": "2017/18", "index": "gdp_deflator", **OWN},
    },
}  # fmt: skip
ANSWERS = """
    id  school  role    when  mood  nurse   gp
    k1  north   mentee  b1    1     Weekly  Once
    k1  north   mentee  f1    1     Once    Never
    k2  north   mentee  b1    1     Once    Weekly
    k2  north   mentee  f1    1     Never   Once
"""


def write_costs(folder: Path, *entries: dict[str, Any], name: str = "costs.toml") -> None:
    file = {"format": 1, "id": "made_up", "currency": "GBP", "unit_costs": list(entries)}
    write_toml(folder / name, file)


def study_of(folder: Path, *scenarios: dict[str, Any], gp: Any = GP, **more: Any) -> Study:
    write_costs(folder, NURSE, gp)
    questions = [
        {"id": name, "kind": "contact", "columns": name, "frequencies": "term", "unit_cost": name}
        for name in ("nurse", "gp")
    ]
    costs = {"unit_costs": "costs.toml", "group": "all", **more.pop("costs", {})}
    return make_study(
        folder,
        ANSWERS,
        MOOD,
        comparisons=[{"id": "short", "pairs": [["b1", "f1"]]}],
        questions=questions,
        frequencies={"term": {"Never": 0, "Once": 1, "Weekly": 12}},
        statistics=FULL,
        costs=costs,
        scenarios=list(scenarios),
        **more,
    )


def totals(study: Study, engine: str = "polars") -> dict[str, tuple[float | None, str]]:
    results = analyse(study, engine).tables["results"]
    rows = results.filter(
        analysis="cost_sensitivity", method="descriptive", estimand="saving_per_respondent"
    )
    found = rows.select("level", "estimate", "note").iter_rows()
    return {level.removeprefix("scenario:"): (value, note) for level, value, note in found}


def faults_of(folder: Path, *scenarios: dict[str, Any], **more: Any) -> list[tuple[str, str]]:
    with pytest.raises(StudyError) as caught:
        study_of(folder, *scenarios, **more)
    return [(fault.code, fault.found) for fault in caught.value.faults]


# --- variants as data ---------------------------------------------------------------------


def test_a_variant_has_the_unit_and_year_of_its_cost_and_a_source_of_its_own(
    tmp_path: Path,
) -> None:
    write_costs(tmp_path, GP)
    file = load_cost_file(tmp_path / "costs.toml")
    assert list(file.costs) == ["gp", "gp:without_qualification", "gp:micro_costed"]
    variant, timed = file.costs["gp:without_qualification"], file.costs["gp:micro_costed"]
    assert (variant.value, variant.price_year, variant.unit) == (32, "2016/17", "per contact")
    # 120 an hour x 9 / 60 = 18; from 120 x 6 / 60 = 12 up to no known end but its own minutes.
    assert (timed.value, timed.low, timed.high) == (18, 12, None)
    assert (timed.price_year, timed.index) == ("2017/18", "gdp_deflator")
    assert [slot.where for slot in file.slots.values()] == ["table 10 of the manual"]
    without = {**GP, "variants": {"other": {"value": 3}}}
    write_costs(tmp_path, without)
    with pytest.raises(StudyError) as caught:
        load_cost_file(tmp_path / "costs.toml")
    assert [(f.code, f.found) for f in caught.value.faults] == [
        ("CST003", f"{key!r} is missing") for key in ("licence", "source", "status")
    ]


def test_a_variant_of_staff_time_says_only_what_is_different(tmp_path: Path) -> None:
    """1,000 x 1.25 / 100 = 12.50 an hour, 6.25 for 30 minutes; with overheads of 0.2, 7.50."""
    staff = {
        **SAID, "salary": 1000, "on_cost": 0.25, "hours_a_year": 100, "minutes": 30,
        "sources": dict.fromkeys(("salary", "on_cost", "hours_a_year", "minutes"), "made up"),
        "variants": {"with_overheads": {"overhead": 0.2, "sources": {"overhead": "guess"}}},
    }  # fmt: skip
    file = {"format": 1, "id": "x", "currency": "GBP", "staff": {"aide": staff}}
    write_toml(tmp_path / "costs.toml", file)
    costs = load_cost_file(tmp_path / "costs.toml").costs
    assert {name: float(cost.value) for name, cost in costs.items()} == {
        "aide": 6.25, "aide:with_overheads": 7.5,
    }  # fmt: skip
    assert costs["aide:with_overheads"].staff is not None
    assert costs["aide:with_overheads"].staff.sources["overhead"] == "guess"


# --- scenarios ----------------------------------------------------------------------------


def test_scenarios_choose_variants(tmp_path: Path, engine: str) -> None:
    """Nurse contacts fall from 12 + 1 to 1 + 0: 6 a respondent; of the GP from 1 + 12 to 0 + 1.

    So 6 x 50 + 6 x 38 = 528; at 32 a consultation 6 x 50 + 6 x 32 = 492; by time, 18, 408.
    """
    study = study_of(
        tmp_path,
        {"id": "without", "variants": ["without_qualification"]},
        {"id": "by_time", "unit_costs": {"gp": "gp:micro_costed"}},
        {"id": "capped", "variants": ["without_qualification"], "caps": {"gp": "Once"}},
    )
    found = totals(study, engine)
    assert found["without"][0] == pytest.approx(492)
    assert found["by_time"][0] == pytest.approx(408)
    # No more than one contact: the GP's fall from 1 + 1 to 0 + 1, half a contact at 32.
    assert found["capped"][0] == pytest.approx(300 + 16)


def test_a_cost_of_a_scenario_alone_is_converted_to_the_price_year(tmp_path: Path) -> None:
    """By hand, in prices of 2018/19: 1.0124 x 1.0160 for the index of the NHS, 78.7948 / 77.0388
    for the deflator from 2017/18, in which the micro-costed consultation of 18 is."""
    study = study_of(
        tmp_path,
        {"id": "without", "variants": ["without_qualification"]},
        {"id": "by_time", "variants": ["micro_costed"]},
        costs={"price_year": "2018/19"},
    )
    nhs, gdp = Fraction("1.0124") * Fraction("1.016"), Fraction("78.7948") / Fraction("77.0388")
    found = totals(study)
    assert found["without"][0] == pytest.approx(float(6 * 50 * nhs + 6 * 32 * nhs), rel=1e-9)
    assert found["by_time"][0] == pytest.approx(float(6 * 50 * nhs + 6 * 18 * gdp), rel=1e-9)
    assert set(study.conversions) == {"nurse", "gp", "gp:without_qualification", "gp:micro_costed"}
    write_run(analyse(study), tmp_path / "out")
    record = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))["unit_costs"]
    by_time = {entry["id"]: entry for entry in record}["gp:micro_costed"]
    assert by_time["scenarios"] == ["by_time"]
    assert by_time["converted"]["value_before"] == 18
    assert by_time["converted"]["index"] == "gdp_deflator"


def test_a_cost_of_a_scenario_that_cannot_be_converted_is_refused(tmp_path: Path) -> None:
    old = {**GP["variants"]["without_qualification"], "price_year": "1999/00"}
    gp = {**GP, "variants": {"old": old}}
    scenario = {"id": "old", "variants": ["old"]}
    (fault,) = faults_of(tmp_path, scenario, gp=gp, costs={"price_year": "2018/19"})
    assert fault[0] == "STU025"
    assert "'gp:old' cannot be converted: '1999/00' is no year" in fault[1]
    assert study_of(tmp_path, gp=gp, costs={"price_year": "2018/19"})  # unused


def test_years_that_are_not_final_are_said_of_scenarios_too(tmp_path: Path) -> None:
    gp = {**GP, "price_year": "2024/25", "variants": {"old": {
        "value": 1, "price_year": "2016/17", **OWN}}}  # fmt: skip
    nurse_year = {"price_year": "2024/25"}
    study = study_of(tmp_path, {"id": "old", "variants": ["old"]}, gp=gp, costs=nurse_year)
    (note,) = prices_in_doubt(study)
    assert note.code == "STU027"
    assert "nurse, gp:old rest on it" in note.found


def test_an_hour_that_a_scenario_counts_once_a_contact_is_found(tmp_path: Path) -> None:
    gp = {**GP, "variants": {"hour": {"value": 100, "unit": "per hour", **OWN}}}
    study = study_of(tmp_path, {"id": "hour", "variants": ["hour"]}, gp=gp)
    assert [f.code for f in prices_in_doubt(study)] == ["STU029"]


def test_a_scenario_whose_value_nobody_gave_is_not_run_and_says_so(tmp_path: Path) -> None:
    scenario = {"id": "with", "title": "with training", "variants": ["with_qualification"]}
    study = study_of(tmp_path, scenario)
    assert totals(study)["with"] == (
        None, "with training: not run: value not given: gp:with_qualification",
    )  # fmt: skip
    run = analyse(study)
    rows = run.tables["results"].filter(level="scenario:with")
    assert rows["status"].to_list() == ["not_estimable"] * 2
    assert rows["method"].to_list() == ["descriptive", "paired_cr2"]
    (note,) = [finding for finding in run.findings if finding.code == "COST010"]
    assert "with (needed: gp:with_qualification)" in note.found
    # A file of one's own fills it, by the id of the variant.
    write_costs(tmp_path, {"id": "gp:with_qualification", "value": 44, **SAID}, name="own.toml")
    filled = study_of(tmp_path, scenario, costs={"unit_costs": ["costs.toml", "own.toml"]})
    assert totals(filled)["with"][0] == pytest.approx(300 + 6 * 44)
    assert "COST010" not in {finding.code for finding in analyse(filled).findings}


def test_a_scenario_by_the_id_of_a_slot_is_not_run_either(tmp_path: Path) -> None:
    study = study_of(tmp_path, {"id": "x", "unit_costs": {"gp": "gp:with_qualification"}})
    assert totals(study)["x"][0] is None


@pytest.mark.parametrize(
    ("scenario", "code", "said"),
    [
        ({"variants": ["micro_costd"]}, "STU039", "has a variant 'micro_costd'"),
        ({"variants": ["micro_costed"], "without": ["gp"]}, "STU039", "has a variant"),
        ({"variants": ["micro_costed", "without_qualification"]}, "STU039", "two variants of the"),
        ({"unit_costs": {"gp": "gp:x"}}, "STU006", "there is no unit cost 'gp:x'"),
        ({"unit_costs": {"gp": True}}, "STU007", "no id and no number"),
        ({"unit_costs": {"gp": -3}}, "STU007", "less than 0"),
    ],
)
def test_a_scenario_that_cannot_be_is_refused(
    scenario: dict[str, Any], code: str, said: str, tmp_path: Path
) -> None:
    (fault,) = faults_of(tmp_path, {"id": "x", **scenario})
    assert fault[0] == code
    assert said in fault[1]


def test_the_pilot_has_the_scenarios_that_were_asked_for() -> None:
    """What is known has a number; of what a licensed manual holds there is the reason."""
    from peereval.studies import load_study

    study = load_study(Path(__file__).parents[2] / "data" / "pilot" / "study.toml")
    waiting = {each.id: [slot.id for slot in each.waiting]
               for each in study.cost_uncertainty.scenarios}  # fmt: skip
    assert waiting == {
        "doctors_capped_at_weekly": [], "without_teachers": [], "teacher_15_minutes": [],
        "consultant_led": [], "doctors_micro_costed": [],
        "all_micro_costed": ["school_health_one_to_one:micro_costed"],
        "with_qualification": [f"{cost}:with_qualification" for cost in (
            "school_health_one_to_one", "hospital_outpatient", "gp_consultation")],
        "without_qualification": [f"{cost}:without_qualification" for cost in (
            "school_health_one_to_one", "gp_consultation")],
    }  # fmt: skip
    by_time = study.cost_uncertainty.scenarios[4].unit_costs
    # 101 an hour x 15 / 60, and 121 an hour x 11.7 / 60.
    assert by_time["seen_doctor_hospital"] == Fraction("25.25")
    assert by_time["seen_doctor_other"] == Fraction("23.595")


# --- the range of one cost ----------------------------------------------------------------


def amounts(study: Study) -> dict[str, Amount]:
    declared = study.cost_uncertainty
    costs = [question.unit_cost for question in study.questions if question.unit_cost]
    return {cost.id: unit_cost_amount(cost, declared.cvs.get(cost.id)) for cost in costs}


def parameters(study: Study) -> Parameters:
    one = study.cost_uncertainty
    zero = (pl.Series([0]).to_numpy(),) * 2
    return Parameters(tuple(amounts(study).values()), (), *zero, one.ranges, one.cv)


def ranged(folder: Path, **unit_costs: Any) -> Study:
    settings = {"ranges": "limits", "cv": 0.25, "unit_costs": unit_costs}
    return study_of(folder, cost_uncertainty=settings)


def test_each_cost_may_have_a_range_of_its_own(tmp_path: Path) -> None:
    study = ranged(tmp_path, gp={"low": 30, "high": 50, "ranges": "quartiles"}, nurse={"cv": 0.4})
    known, drawn = amounts(study), parameters(study)
    assert known["gp"] == Amount("gp", 38, 30, 50, "quartiles")
    assert drawn.deviation(known["gp"]) == pytest.approx(20 / SPANS["quartiles"])
    assert drawn.deviation(known["nurse"]) == pytest.approx(20)
    assert drawn.limits(known["nurse"]) == (30, 70)
    assert "their quartiles: gp" in drawn.said
    assert "gamma with cv 0.4, for no range is given: nurse" in drawn.said
    part = amounts(ranged(tmp_path, gp={"fraction": 0.5}))["gp"]
    assert (part.low, part.high) == (19, 57)
    assert parameters(study_of(tmp_path)).deviation(amounts(study_of(tmp_path))["gp"]) == 9.5


def test_a_cost_says_in_its_file_what_its_range_is(tmp_path: Path) -> None:
    gp = {**GP, "low": 30, "high": 50, "ranges": "quartiles"}
    study = study_of(tmp_path, gp=gp, cost_uncertainty={"ranges": "limits"})
    assert amounts(study)["gp"].ranges == "quartiles"
    other = study_of(tmp_path, gp=gp, cost_uncertainty={"unit_costs": {"gp": {"ranges": "limits"}}})
    assert amounts(other)["gp"] == Amount("gp", 38, 30, 50, "limits")


def test_a_range_of_the_study_is_in_the_prices_of_the_file(tmp_path: Path) -> None:
    settings = {"unit_costs": {"gp": {"low": 30, "high": 50}}}
    study = study_of(tmp_path, cost_uncertainty=settings, costs={"price_year": "2017/18"})
    known = amounts(study)["gp"]
    assert (known.low, known.high) == (pytest.approx(30 * 1.0124), pytest.approx(50 * 1.0124))


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        ({"gp": {"low": 39}}, "STU038", "does not hold the value of 'gp', 38"),
        ({"gp": {"high": 37}}, "STU038", "does not hold"),
        ({"gp": {"low": -1}}, "STU038", "does not hold"),
        ({"gp": {"fraction": 30}}, "STU038", "not a share of the cost"),
        ({"gp": {"fraction": 0.3, "low": 3}}, "STU038", "not given in one way"),
        ({"gp": {"cv": 0.3, "ranges": "limits"}}, "STU038", "not given in one way"),
        ({"gp": {}}, "STU038", "not given in one way"),
        ({"gp": {"ranges": "sd"}}, "STU007", "ranges = 'sd'"),
        ({"gp": {"cv": 0}}, "STU007", "cv = 0.0"),
        ({"gp": {"low": "30"}}, "STU003", "'low' is not a number"),
        ({"gp": {"lowest": 3}}, "STU002", "unknown key 'lowest'"),
        ({"vet": {"cv": 0.3}}, "STU006", "there is no unit cost 'vet'"),
    ],
)
def test_a_range_that_cannot_be_is_refused(
    given: dict[str, Any], code: str, said: str, tmp_path: Path
) -> None:
    (fault,) = faults_of(tmp_path, cost_uncertainty={"unit_costs": given})
    assert fault[0] == code
    assert said in fault[1]
