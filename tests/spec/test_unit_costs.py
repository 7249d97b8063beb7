"""Unit costs as data: where they come from, what staff time costs, and in which year's prices."""

import json
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from peereval.catalogue import is_note
from peereval.costing import cost_sums
from peereval.costs import (
    UnitCost,
    all_bundled,
    bundled_costs,
    load_cost_file,
    load_cost_files,
    load_unit_costs,
)
from peereval.errors import StudyError
from peereval.estimators.paired import describe, paired_t
from peereval.output import write_run
from peereval.pipeline import analyse
from peereval.prices import load_indices
from peereval.studies import Question, Study, prices_in_doubt
from support.studies import MOOD, make_study, write_toml

DOCS = Path(__file__).parents[2] / "docs" / "costs.md"
SAID = {
    "unit": "per contact", "price_year": "2016/17", "source": "made up", "licence": "none",
    "status": "made up", "index": "nhscii",
}  # fmt: skip
SOURCES = dict.fromkeys(("salary", "on_cost", "hours_a_year", "minutes"), "made up")
STAFF = {**SAID, "salary": 35400, "on_cost": 0.254, "hours_a_year": 1265, "minutes": 15,
         "sources": SOURCES}  # fmt: skip
NURSE, GP = {"id": "nurse", "value": 54.49, **SAID}, {"id": "gp", "value": 38, **SAID}
SLOT = {"id": "gp", "slot": "table 10 of the manual", **SAID}
ANSWERS = """
    id  school  role    when  mood  nurse   gp
    k1  north   mentee  b1    1     Weekly  Once
    k1  north   mentee  f1    1     Once    Never
    k2  north   mentee  b1    1     Once    Once
    k2  north   mentee  f1    1     Never   Once
"""


def write_costs(
    folder: Path, *entries: dict[str, Any], name: str = "costs.toml", **more: Any
) -> Path:
    file = {"format": 1, "id": "made_up", "currency": "GBP", "unit_costs": list(entries), **more}
    write_toml(folder / name, file)
    return folder / name


def study_of(folder: Path, used: tuple[str, ...] = ("nurse", "gp"), **costs: Any) -> Study:
    questions = [
        {"id": name, "kind": "contact", "columns": name, "frequencies": "term", "unit_cost": cost}
        for name, cost in zip(("nurse", "gp"), used, strict=True)
    ]
    return make_study(
        folder,
        ANSWERS,
        MOOD,
        comparisons=[{"id": "short", "pairs": [["b1", "f1"]]}],
        questions=questions,
        frequencies={"term": {"Never": 0, "Once": 1, "Weekly": 12}},
        costs={"unit_costs": "costs.toml", "group": "all", **costs},
    )


def faults_of(folder: Path, *used: str, **costs: Any) -> list[tuple[str, str]]:
    with pytest.raises(StudyError) as caught:
        study_of(folder, used or ("nurse", "gp"), **costs)  # type: ignore[arg-type]
    return [(fault.code, fault.found) for fault in caught.value.faults]


# --- what is bundled ----------------------------------------------------------------------


def everything() -> dict[str, UnitCost]:
    return {name: cost for _, file in all_bundled() for name, cost in file.costs.items()}


def test_values_are_here_only_under_licences_that_allow_it() -> None:
    allowed = ("Open Government Licence v3.0", "CC BY 4.0")
    for cost in everything().values():
        assert cost.licence.startswith(allowed), cost.id
        assert cost.status.startswith(("verified", "derived", "secondary copy")), cost.id
        assert cost.source


def test_manuals_that_may_not_be_copied_are_slots() -> None:
    files = dict(all_bundled())
    for name in ("pssru_2017", "pssru_2025"):
        assert files[name].costs == {}
        assert len(files[name].slots) > 2
        assert all(slot.where and slot.source for slot in files[name].slots.values())


def test_every_bundled_id_is_in_one_file_and_every_index_is_known() -> None:
    entries = [
        entry for _, file in all_bundled() for part in (file.costs, file.slots)
        for entry in part.values()
    ]  # fmt: skip
    ids = [entry.id for entry in entries]
    assert len(set(ids)) == len(ids)
    # The file of the pilot is older than the indices, and stays as it is.
    named = {entry.index for entry in entries if entry.id.partition(":")[0] not in PILOT}
    assert named <= load_indices().keys()


PILOT = load_unit_costs(bundled_costs()["england_2016_17"])[0]


def test_costs_of_the_pilot_stay_what_they_were() -> None:
    assert {n: str(float(cost.value)) for n, cost in PILOT.items() if ":" not in n} == {
        "teacher_15_minutes": "8.77", "teacher_30_minutes": "17.55",
        "school_health_one_to_one": "54.49", "hospital_outpatient": "119.84",
        "hospital_outpatient_consultant_led": "137.92", "gp_consultation": "38.0",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value", "low", "high"),
    [
        ("outpatient_all_2016_17", "119.84", None, None),
        ("outpatient_consultant_led_2016_17", "137.92", None, None),
        ("paediatrics_2016_17", "198.20", None, None),
        ("camhs_outpatient_2016_17", "290.08", "235.48", "330.98"),
        ("camhs_community_2016_17", "221.16", "178.32", "241.97"),
        ("school_health_core_one_to_one_2016_17", "54.49", "42.04", "65.54"),
        ("school_health_other_one_to_one_2016_17", "55.62", "40.16", "61.45"),
        ("outpatient_all_2017_18", "125.01", None, None),
        ("emergency_medicine_2017_18", "160.32", None, None),
        ("school_health_core_one_to_one_2017_18", "58.82", None, None),
    ],
)
def test_reference_costs_are_those_of_the_workbook(
    name: str, value: str, low: str | None, high: str | None
) -> None:
    cost = everything()[name]
    assert cost.value == Fraction(value)
    assert cost.low == (Fraction(low) if low else None)
    assert cost.high == (Fraction(high) if high else None)
    assert cost.price_year == f"20{name[-5:-3]}/{name[-2:]}"


# --- staff time ---------------------------------------------------------------------------


def test_an_hour_of_a_teacher_by_hand() -> None:
    """35,400 x 1.254 = 44,391.60 a year; / 1,265 = 35.09 an hour; a quarter of it is 8.77."""
    costs = everything()
    assert costs["classroom_teacher_hour"].value == Fraction("44391.6") / 1265
    contact = costs["classroom_teacher_15_minutes"]
    assert contact.value == Fraction("44391.6") / 1265 / 4  # to the last digit, not 8.77
    assert [round(float(v or 0), 2) for v in (contact.value, contact.low, contact.high)] == [
        8.77, 2.92, 17.55,
    ]  # fmt: skip


def test_overheads_are_a_share_of_salary_and_on_costs(tmp_path: Path) -> None:
    entry = {**STAFF, "salary": 1000, "on_cost": 0.25, "overhead": 0.2, "hours_a_year": 100,
             "minutes": 30, "sources": SOURCES}  # fmt: skip
    costs, currency = load_unit_costs(write_costs(tmp_path, staff={"aide": entry}))
    assert costs["aide"].value == Fraction("7.5")  # 1000 x 1.25 x 1.2 / 100 = 15 an hour
    assert currency == "GBP"


def test_files_in_the_documentation_are_right(tmp_path: Path) -> None:
    texts = re.findall(r"```toml\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    head, variants, staff = (text for text in texts if "annual_rates" not in text)
    (tmp_path / "costs.toml").write_text(f"{head}\n{variants}\n{staff}", encoding="utf-8")
    costs, _ = load_unit_costs(tmp_path / "costs.toml")
    assert costs["dentist_visit:micro_costed"].value == 30
    aide = costs["teaching_assistant_20_minutes"]
    assert (aide.value, aide.low, aide.high) == (Fraction(20, 3), Fraction(10, 3), Fraction(40, 3))


# --- files that are wrong -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("entries", "staff", "code"),
    [
        ([{**SAID, "id": "gp"}], {}, "CST003"),
        ([], {}, "CST003"),
        ([{**GP, "vlaue": 3}], {}, "CST002"),
        ([{**GP, "value": -1}], {}, "CST004"),
        ([{**GP, "value": 10**8}], {}, "CST004"),
        ([{**GP, "low": -0.01}], {}, "CST004"),
        ([GP, GP], {}, "CST005"),
        ([GP], {"gp": STAFF}, "CST005"),
        ([{**GP, "low": 39}], {}, "CST006"),
        ([{**GP, "high": 37}], {}, "CST006"),
        ([], {"t": {**STAFF, "minutes_low": 20}}, "CST006"),
        ([], {"t": {**STAFF, "on_cost": 25.4}}, "CST007"),
        ([], {"t": {**STAFF, "hours_a_year": 0}}, "CST007"),
        ([], {"t": {**STAFF, "minutes": 2000}}, "CST007"),
        ([], {"t": {**STAFF, "salary": -1}}, "CST004"),
        ([], {"t": {**STAFF, "sources": {**SOURCES, "salary": " "}}}, "CST003"),
        ([], {"t": {**STAFF, "sources": {**SOURCES, "pay": "x"}}}, "CST006"),
        ([], {"t": {key: STAFF[key] for key in STAFF if key != "sources"}}, "CST003"),
    ],
)
def test_wrong_unit_costs_are_refused(
    entries: list[dict[str, Any]], staff: dict[str, Any], code: str, tmp_path: Path
) -> None:
    with pytest.raises(StudyError) as caught:
        load_cost_file(write_costs(tmp_path, *entries, staff=staff))
    assert {fault.code for fault in caught.value.faults} == {code}


def test_two_files_of_one_id_or_two_currencies_are_refused(tmp_path: Path) -> None:
    one = write_costs(tmp_path, GP)
    two = write_costs(tmp_path, GP, NURSE, name="two.toml", currency="EUR")
    with pytest.raises(StudyError) as caught:
        load_cost_files([one, two])
    assert {fault.code for fault in caught.value.faults} == {"CST005", "CST008"}


# --- slots --------------------------------------------------------------------------------


def test_slot_is_a_fault_only_where_it_is_used(tmp_path: Path) -> None:
    write_costs(tmp_path, NURSE, SLOT)
    assert study_of(tmp_path, ("nurse", "nurse")).currency == "GBP"
    (fault,) = faults_of(tmp_path)
    assert fault == ("STU024", "the unit cost 'gp' has no value: table 10 of the manual")


def test_slot_is_filled_by_a_later_file_or_in_place(tmp_path: Path) -> None:
    write_costs(tmp_path, NURSE, SLOT)
    write_costs(tmp_path, {**GP, "value": 41}, name="mine.toml")
    study = study_of(tmp_path, unit_costs=["costs.toml", "mine.toml"])
    assert [cost_of(study, name).value for name in ("nurse", "gp")] == [Fraction("54.49"), 41]
    assert {"costs.toml", "mine.toml"} <= {path.name for path in study.inputs}
    write_costs(tmp_path, NURSE, {**SLOT, "value": 42})
    assert cost_of(study_of(tmp_path), "gp").value == 42


def test_slot_is_filled_by_staff_time(tmp_path: Path) -> None:
    write_costs(tmp_path, NURSE, SLOT)
    write_costs(tmp_path, name="mine.toml", staff={"gp": STAFF})
    study = study_of(tmp_path, unit_costs=["costs.toml", "mine.toml"])
    assert cost_of(study, "gp").value == Fraction("44391.6") / 1265 / 4


def test_bundled_costs_are_named_without_a_path(tmp_path: Path) -> None:
    used = ("school_health_core_one_to_one_2016_17", "classroom_teacher_15_minutes")
    names = ["nhs_reference_costs_2016_17", "school_staff_2017_18"]
    assert cost_of(study_of(tmp_path, used, unit_costs=names), "nurse").value == Fraction("54.49")
    assert ("STU012", "There is no unit-cost file") in [
        (code, found[:26]) for code, found in faults_of(tmp_path, *used, unit_costs="nothing")
    ]
    assert faults_of(tmp_path, *used, unit_costs=[])[0][0] == "STU012"


def cost_of(study: Study, question: str) -> UnitCost:
    (found,) = [each.unit_cost for each in study.questions if each.id == question]
    assert found is not None
    return found


# --- one price year -----------------------------------------------------------------------


def savings(study: Study, engine: str = "polars") -> dict[str, float]:
    results = analyse(study, engine).tables["results"]
    rows = results.filter(
        analysis="cost", method="descriptive", estimand="saving_per_respondent", group="all"
    )
    return dict(rows.select("outcome", "estimate").iter_rows())


def test_costs_of_two_years_in_the_prices_of_a_third(tmp_path: Path, engine: str) -> None:
    """By hand, in prices of 2018/19.

    Nurse, 2016/17 by the NHS index: 54.49 x 1.0124 x 1.0160 = 56.048326816 a visit.
    GP, 2017/18 by the deflator: 38 x 78.7948 / 77.0388 = 38.866163...
    Nurse visits fall from 12 + 1 to 1 + 0, 6 a respondent; of the GP from 2 to 1, half a visit.
    """
    write_costs(
        tmp_path,
        {**NURSE, "low": 42.04, "high": 65.54},
        {**GP, "price_year": "2017/18", "index": "gdp_deflator"},
    )
    study = study_of(tmp_path, price_year="2018/19")
    nurse, gp = Fraction("56.048326816"), 38 * Fraction("78.7948") / Fraction("77.0388")
    found = savings(study, engine)
    assert found["nurse"] == pytest.approx(float(6 * nurse), rel=1e-12)
    assert found["gp"] == pytest.approx(float(gp / 2), rel=1e-9)
    assert found["all_contacts"] == pytest.approx(float(6 * nurse + gp / 2), rel=1e-9)
    cost = cost_of(study, "nurse")
    assert (cost.value, cost.price_year) == (nurse, "2018/19")
    assert cost.low == Fraction("42.04") * Fraction("1.0124") * Fraction("1.016")
    assert cost.high == Fraction("65.54") * Fraction("1.0124") * Fraction("1.016")
    assert prices_in_doubt(study) == []


def test_without_a_price_year_nothing_is_converted_and_years_that_differ_are_found(
    tmp_path: Path,
) -> None:
    write_costs(tmp_path, NURSE, {**GP, "price_year": "2013/14"})
    study = study_of(tmp_path)
    assert study.conversions == {}
    assert savings(study)["gp"] == 19.0
    (finding,) = prices_in_doubt(study)
    assert finding.code == "STU026"
    assert "(2013/14: gp; 2016/17: nurse)" in finding.found
    assert finding in analyse(study).findings
    # Two questions of the same year have nothing to differ in.
    assert prices_in_doubt(study_of(tmp_path, ("nurse", "nurse"))) == []


def test_index_of_the_study_overrides_that_of_each_cost(tmp_path: Path) -> None:
    write_costs(tmp_path, NURSE, {**GP, "price_year": "2013/14"})
    study = study_of(tmp_path, price_year="2016/17", index="gdp_deflator")
    assert cost_of(study, "gp").value == 38 * Fraction("76.0754") / Fraction("73.0337")
    assert set(study.conversions) == {"gp"}  # the other one is in the year already
    assert "gdp_deflator.toml" in {path.name for path in study.inputs}
    assert "nhscii.toml" not in {path.name for path in study.inputs}


def test_provisional_and_forecast_years_are_notes(tmp_path: Path) -> None:
    write_costs(tmp_path, NURSE, GP)
    (note,) = prices_in_doubt(study_of(tmp_path, price_year="2024/25"))
    assert note.code == "STU027"
    assert is_note("STU027")
    assert not is_note("STU026")
    assert note.found == (
        "nhscii of 2024/25 is provisional in its vintage (PSSRU 2025); nurse, gp rest on it"
    )
    (note,) = prices_in_doubt(study_of(tmp_path, price_year="2025/26", index="gdp_deflator"))
    assert "2025/26 is forecast" in note.found
    assert prices_in_doubt(study_of(tmp_path, price_year="2023/24")) == []


def test_own_vintage_of_an_index(tmp_path: Path) -> None:
    write_costs(tmp_path, NURSE, GP)
    index = {"title": "made up", "annual_rates": {"2016/17": 5, "2017/18": 10}}
    file = {
        "format": 1, "id": "nhscii", "vintage": "2030", "currency": "GBP", "source": "made up",
        "licence": "none", "status": "made up", "indices": {"nhscii": index},
    }  # fmt: skip
    write_toml(tmp_path / "own.toml", file)
    study = study_of(tmp_path, price_year="2017/18", price_indices="own.toml")
    assert cost_of(study, "gp").value == Fraction("41.8")
    assert study.conversions["gp"].index.vintage == "2030"
    assert "own.toml" in {path.name for path in study.inputs}
    write_toml(tmp_path / "two.toml", {**file, "vintage": "2031"})
    found = faults_of(tmp_path, price_year="2017/18", price_indices=["own.toml", "two.toml"])
    assert {code for code, _ in found} == {"STU012", "PRI007"}


@pytest.mark.parametrize(
    ("cost", "settings", "said"),
    [
        ({"price_year": "2017"}, {"price_year": "2018/19"}, "'2017' is no year of the index"),
        ({"price_year": "2013/14"}, {"price_year": "2018/19"}, "2014/15 to 2024/25"),
        ({}, {"price_year": "2030/31"}, "'2030/31' is no year of the index"),
        ({"index": "hchs"}, {"price_year": "2018/19"}, "there is no price index 'hchs'"),
        ({"index": ""}, {"price_year": "2018/19"}, "it names no price index"),
        ({}, {"index": "nhscii"}, "index converts nothing without price_year"),
    ],
)
def test_cost_that_cannot_be_converted_is_refused(
    cost: dict[str, str], settings: dict[str, str], said: str, tmp_path: Path
) -> None:
    write_costs(tmp_path, NURSE, {**GP, **cost})
    found = faults_of(tmp_path, "gp", "gp", **settings)
    assert [code for code, _ in found] == ["STU025"]
    assert said in found[0][1]
    if "price_year" in settings and cost:
        assert study_of(tmp_path, ("nurse", "nurse"), **settings)  # unused, it needs no conversion


def test_unknown_index_of_the_study_is_said_once(tmp_path: Path) -> None:
    write_costs(tmp_path, NURSE, GP)
    found = faults_of(tmp_path, price_year="2018/19", index="nhsci")
    assert found == [("STU006", "there is no price index 'nhsci'")]


def test_prices_are_converted_in_one_currency_only(tmp_path: Path) -> None:
    write_costs(tmp_path, NURSE, GP, currency="EUR")
    assert study_of(tmp_path, currency="EUR").currency == "EUR"
    assert [code for code, _ in faults_of(tmp_path, currency="GBP")] == ["STU028"]
    found = faults_of(tmp_path, price_year="2018/19")
    assert {code for code, _ in found} == {"STU025"}
    assert "it is in EUR, the index nhscii in GBP" in found[0][1]


@pytest.mark.parametrize(
    ("unit", "is_a_time"),
    [("per hour", True), ("per directed hour", True), ("per contact", False),
     ("per 15 minutes", False), ("per consultation", False), ("per Day", True)],
)  # fmt: skip
def test_cost_of_an_hour_is_not_taken_for_that_of_a_contact(
    unit: str, is_a_time: bool, tmp_path: Path
) -> None:
    write_costs(tmp_path, NURSE, {**GP, "unit": unit})
    found = [fault.code for fault in prices_in_doubt(study_of(tmp_path))]
    assert found == (["STU029"] if is_a_time else [])


# --- what is left behind ------------------------------------------------------------------


def test_run_says_what_each_cost_was_and_how_it_was_converted(tmp_path: Path) -> None:
    write_costs(tmp_path, NURSE, {**GP, "price_year": "2024/25"})
    run = analyse(study_of(tmp_path, price_year="2024/25"))
    write_run(run, tmp_path / "out")
    record = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))
    gp, nurse = record["unit_costs"]
    assert (gp["id"], gp["value"], gp["price_year"], gp["converted"]) == (
        "gp", 38, "2024/25", None,
    )  # fmt: skip
    assert (nurse["licence"], nurse["source"], nurse["currency"]) == ("none", "made up", "GBP")
    assert nurse["value"] == pytest.approx(54.49 * 1.263514224321145)
    assert nurse["converted"] == {
        "value_before": 54.49,
        "price_year_before": "2016/17",
        "index": "nhscii",
        "vintage": "PSSRU 2025",
        "factor": pytest.approx(1.263514224321145),
        "not_final": {"2024/25": "provisional"},
    }
    assert "nhscii.toml" in {entry["name"] for entry in record["inputs"]}


# --- sums ---------------------------------------------------------------------------------


@pytest.mark.parametrize("respondents", [4, 1_000_000])
def test_costs_with_dozens_of_decimals_are_summed_to_a_hundred_millionth(respondents: int) -> None:
    """A chain of rates has more decimals than whole numbers of 128 bits can square."""
    price = Fraction("119.84") * Fraction("1.2635142243211450123456789")
    contacts = (Fraction(0), Fraction(1), Fraction("12.67"), Fraction("63.33"))
    cost = UnitCost("visit", price, "per contact", "2024/25", "", "", "")
    question = Question("visit", "", "contact", (), {}, contacts, (), (), cost, "")
    before, after = [3, 2, 1, 0], [0, 1, 1, 3]
    counts = pl.DataFrame(
        {"organisation": ["north", "south"] * 2, "n": [respondents // 4] * 4,
         "pre_visit": before, "post_visit": after}
    )  # fmt: skip
    sums = cost_sums(counts, [question], True)
    change = [(contacts[b] - contacts[a]) * price for a, b in zip(before, after, strict=True)]
    mean = sum(change) / 4
    assert describe(sums)["mean_pre"].value == pytest.approx(
        float(sum(contacts[a] for a in before) * price / 4), rel=1e-11
    )
    found = paired_t(sums, 0.95)
    scatter = sum((each - mean) ** 2 for each in change) * (respondents // 4)
    error = (float(scatter) / (respondents - 1) / respondents) ** 0.5
    assert found.value == pytest.approx(float(mean), rel=1e-10)
    assert found.std_error == pytest.approx(error, rel=1e-10)
