"""Programme costs: from hours to pounds to net cost per point; what a study may and may not say."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from peereval.errors import PeerevalError, StudyError
from peereval.estimators.cost_effectiveness import ratio_limits, why_no_ratio
from peereval.estimators.estimate import Estimate
from peereval.pipeline import Run, analyse
from peereval.prices import equivalent_annual_cost
from peereval.studies import Study
from support.studies import FULL, MOOD, SHORT, make_scale, make_study, write_toml
from support.tables import Row

PENCE = {"price_year": "2016/17", "source": "made up"}
#: 40 hours x 20.00 x 6 schools, and 5 books x 4.00 x 60 participants: 4,800 + 1,200 = 6,000.
LEAD = {
    "id": "lead", "what": "staff_time", "per": "organisation", "quantity": 40, "unit": "hours",
    "unit_cost": {"value": 20, **PENCE}, "source": "diaries",
}  # fmt: skip
BOOKS = {
    "id": "books", "what": "materials", "per": "participant", "quantity": 5, "unit": "books",
    "unit_cost": {"value": 4, "low": 3, "high": 6, **PENCE}, "source": "receipts",
}  # fmt: skip
PROGRAMME = {
    "participants": 60, "organisations": 6, "outcomes": ["mood_total"], "thresholds": [0, 50],
    "costs": [LEAD, BOOKS],
}  # fmt: skip
CONTRAST = {"treated": "helped", "control": "others"}


def answers(schools: int = 6) -> list[Row]:
    """In each school two are helped, one of whom saw a nurse; and one is not.

              mood before  after    nurse before  after
    helped    4            6        Once          Never
    helped    4            8        Never         Never
    others    5            6        not asked
    """
    rows = []
    for school in range(schools):
        for kind, (role, moods, nurse) in enumerate(
            (("mentee", "46", ("Once", "Never")), ("mentor", "48", ("Never", "Never")),
             ("neither", "56", ("", "")))
        ):  # fmt: skip
            who = {"id": f"k{school}{kind}", "school": f"s{school}", "role": role}
            for when, mood, seen in zip(("b1", "f1"), moods, nurse, strict=True):
                rows.append({**who, "when": when, "mood": mood, "nurse": seen})
    return rows


def study_of(folder: Path, rows: list[Row] | None = None, **more: Any) -> Study:
    said = dict.fromkeys(("source", "licence", "status"), "made up")
    costs = [
        {"id": "nurse", "value": 50, "unit": "per contact", "price_year": "2016/17", **said},
        {"id": "hour", "value": 20, "unit": "per working hour", "price_year": "2015/16",
         "index": "gdp_deflator", **said},
        {"id": "slot", "slot": "page 9", "unit": "per hour", "price_year": "2016/17", **said},
    ]  # fmt: skip
    content = {"format": 1, "id": "made_up", "currency": "GBP", "unit_costs": costs}
    write_toml(folder / "costs.toml", content)
    nurse = {"id": "nurse", "kind": "contact", "columns": "nurse", "frequencies": "term"}
    settings: dict[str, Any] = {
        "questions": [{**nurse, "unit_cost": "nurse"}],
        "frequencies": {"term": {"Never": 0, "Once": 1, "Weekly": 12}},
        "costs": {"unit_costs": "costs.toml", "group": "helped", "perspective": "schools and NHS"},
        "contrast": CONTRAST,
        "programme": PROGRAMME,
        "statistics": {**FULL, "draws": 999},
    }
    return make_study(folder, rows or answers(), MOOD, **(settings | more))


def rows_of(run: Run) -> dict[str, Row]:
    kept = run.tables["results"].filter(
        pl.col("analysis").is_in(["programme_cost", "cost_effectiveness"])
    )
    return {row["estimate_id"]: row for row in kept.iter_rows(named=True)}


def with_lines(*lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**PROGRAMME, "costs": list(lines), **more}


# --- with a pencil ------------------------------------------------------------------------


def test_from_hours_to_pounds_to_net_cost_per_point(tmp_path: Path, engine: str) -> None:
    """6,000 / 60 participants = 100.00 each.

    Contacts: of two helped pupils in a school one saves a nurse at 50.00, on average 25.00. Net
    cost 100 - 25 = 75.00 per participant. Mood: helped rise by (2 + 4) / 2 = 3, others by 1: a
    gain of 2 points, so a point costs 75 / 2 = 37.50. Charged to the 12 respondents alone:
    6,000 / 12 - 25 = 475.00. At 50.00 a point the net benefit is 2 x 50 - 75 = 25.00.
    """
    found = rows_of(analyse(study_of(tmp_path), engine))
    cost, place = "programme_cost.declared.young.helped.", "young.change.helped."

    def number(name: str) -> float:
        value: float = found[name]["estimate"]
        return value

    assert number(cost + "line:lead.programme_cost") == 4800
    assert number(cost + "what:materials.programme_cost") == 1200
    assert number(cost + "programme_cost") == 6000
    assert number(cost + "programme_cost_per_participant") == 100
    net = f"cost_effectiveness.descriptive.{place}all_contacts.net_cost_per_"
    assert number(net + "participant") == 75
    assert number(net + "respondent") == 475
    drawn = f"cost_effectiveness.programme_bootstrap.{place}mood_total."
    assert number(drawn + "gain") == 2
    assert number(drawn + "net_cost_per_participant") == 75
    assert number(drawn + "cost_per_unit_gained") == 37.5
    assert number(drawn + "threshold:50.net_monetary_benefit") == pytest.approx(25)
    assert number(drawn + "north_east.share_of_draws") == 1
    fieller = found[f"cost_effectiveness.fieller.{place}mood_total.cost_per_unit_gained"]
    assert fieller["estimate"] == 37.5
    assert fieller["ci_low"] < 37.5 < fieller["ci_high"]


def test_the_workings_can_be_followed(tmp_path: Path) -> None:
    lasting = {**LEAD, "id": "kit", "per": "study", "useful_life": 3, "year": 2, "quantity": 1}
    found = rows_of(analyse(study_of(tmp_path, programme=with_lines(LEAD, lasting))))
    place = "programme_cost.declared.young.helped.line:"
    lead, kit = (found[f"{place}{name}.programme_cost"] for name in ("lead", "kit"))
    assert lead["note"] == "40 hours x 20 (2016/17 prices) x 6 organisations"
    assert (lead["n"], lead["n_organisations"]) == (60, 6)
    assert kit["note"] == (
        "1 hours x 20 (2016/17 prices); lasts 3 years: equivalent annual cost of one; paid for in "
        "year 2, discounted to year 1"
    )
    # 20 / (1 / 1.035 + 1 / 1.035^2 + 1 / 1.035^3) = 7.1387; a year later 7.1387 / 1.035.
    assert kit["estimate"] == pytest.approx(7.138684 / 1.035, abs=1e-6)


def test_what_is_used_once_is_shared_by_participants(tmp_path: Path) -> None:
    """900.00 for both phases: 120 of 180 participants pay 600.00, 60 pay 300.00."""
    kit = {**LEAD, "id": "kit", "per": "study", "quantity": 1, "unit_cost": {"value": 900, **PENCE}}
    only = {**LEAD, "id": "own", "per": "study", "quantity": 2, "phases": ["old"]}
    rows = [{**row, "version": "young"} for row in answers()]
    study = study_of(
        tmp_path, rows, phases=["young", "old"],
        programme=with_lines(
            kit, only, participants={"young": 120, "old": 60}, organisations={"young": 6}
        ),
    )  # fmt: skip
    found = rows_of(analyse(study))
    place = "programme_cost.declared.{}.helped.{}programme_cost"
    assert found[place.format("young", "")]["estimate"] == 600
    assert found[place.format("old", "")]["estimate"] == 340
    assert found[place.format("old", "line:own.")]["estimate"] == 40
    assert place.format("young", "line:own.") not in found
    note = found[place.format("young", "line:kit.")]["note"]
    assert note.endswith("shared by participants of the phases: 120 of 180")


def test_prices_of_the_programme_are_converted_like_others(tmp_path: Path) -> None:
    """The deflator from 2015/16 to 2016/17: 20 x 76.0754 / 74.5804."""
    costs = {"unit_costs": "costs.toml", "group": "helped", "perspective": "schools",
             "price_year": "2016/17"}  # fmt: skip
    own = {**BOOKS, "unit_cost": {"value": 4, "low": 3, "high": 6, "price_year": "2015/16",
                                  "index": "gdp_deflator", "source": "made up"}}  # fmt: skip
    study = study_of(
        tmp_path, costs=costs, programme=with_lines({**LEAD, "unit_cost": "hour"}, own)
    )
    assert study.programme is not None
    hour, book = (line.unit_cost for line in study.programme.costs)
    factor = 76.0754 / 74.5804
    assert float(hour.value) == pytest.approx(20 * factor)
    assert (float(book.value), float(book.high or 0)) == pytest.approx((4 * factor, 6 * factor))
    assert {hour.price_year, book.price_year} == {"2016/17"}


def test_one_year_is_not_discounted_and_no_rate_is_no_discounting() -> None:
    from fractions import Fraction

    from peereval.errors import UsageError

    assert equivalent_annual_cost(Fraction(900), 1) == 900
    assert equivalent_annual_cost(Fraction(900), 3, Fraction(0)) == 300
    with pytest.raises(UsageError):
        equivalent_annual_cost(Fraction(900), 0)


# --- who is counted -----------------------------------------------------------------------


def test_only_those_with_costs_and_outcome_are_drawn(tmp_path: Path) -> None:
    rows = answers(8)
    rows[0]["nurse"] = ""  # helped, without costs
    rows[8]["mood"] = ""  # helped, without outcome before
    found = rows_of(analyse(study_of(tmp_path, rows)))
    place = "cost_effectiveness.programme_bootstrap.young.change.helped."
    assert found[f"{place}all_contacts.net_cost_per_participant"]["n"] == 15
    assert found[f"{place}mood_total.net_cost_per_participant"]["n"] == 14
    assert found[f"{place}mood_total.gain"]["n"] == 14 + 8
    assert (
        "14 respondents of helped less that of 8 of others"
        in found[f"{place}mood_total.gain"]["note"]
    )


def test_cost_and_outcome_may_be_of_two_waves(tmp_path: Path) -> None:
    rows = answers()
    first = {"id": "k00", "school": "s0", "role": "mentee"}
    rows[0]["nurse"] = ""  # k00 answers it in the second wave alone
    rows += [{**first, "when": "b2", "mood": "1", "nurse": "Once"},
             {**first, "when": "f2", "mood": "9", "nurse": "Never"}]  # fmt: skip
    found = rows_of(analyse(study_of(tmp_path, rows, comparisons=[SHORT])))
    drawn = "cost_effectiveness.programme_bootstrap.young.short.helped.mood_total."
    # As in the example: the mood of the first wave (4 to 6) beside the nurse of the second.
    assert found[f"{drawn}gain"]["estimate"] == 2
    assert found[f"{drawn}net_cost_per_participant"]["estimate"] == 75


def test_without_a_contrast_the_gain_is_a_change_and_is_said_to_be(tmp_path: Path) -> None:
    run = analyse(study_of(tmp_path, contrast={"treated": "others", "control": "helped"}))
    gain = rows_of(run)[
        "cost_effectiveness.programme_bootstrap.young.change.helped.mood_total.gain"
    ]
    assert (gain["estimate"], gain["n"]) == (3, 12)
    assert "without a control group" in gain["note"]
    assert "COST003" in {finding.code for finding in run.findings}


def test_lower_may_be_better(tmp_path: Path) -> None:
    gloom = make_scale(
        "gloom", "mood",
        {"id": "total", "rule": "sum", "of": ["mood"], "range": [0, 10], "better": "lower"},
    )  # fmt: skip
    rows = [{**row, "mood": str(10 - int(row["mood"]))} for row in answers()]
    study = study_of(tmp_path, rows)
    write_toml(tmp_path / "scales" / "gloom.toml", gloom)
    text = study.path.read_text(encoding="utf-8").replace("mood_total", "gloom_total")
    text = text.replace('scales = {"mood"', 'scales = {"gloom"')
    study.path.write_text(text, encoding="utf-8")
    from peereval.studies import load_study

    found = rows_of(analyse(load_study(study.path)))
    place = "cost_effectiveness.programme_bootstrap.young.change.helped.gloom_total"
    assert found[f"{place}.gain"]["estimate"] == 2
    assert found[f"{place}.cost_per_unit_gained"]["estimate"] == 37.5


def test_a_programme_without_costed_contacts_has_a_cost_of_a_point(tmp_path: Path) -> None:
    """100.00 per participant / 2 points = 50.00, and there is no net cost of contacts."""
    study = study_of(
        tmp_path, questions=[],
        costs={"unit_costs": [], "group": "helped", "currency": "GBP", "perspective": "schools"},
    )  # fmt: skip
    found = rows_of(analyse(study))
    assert not [name for name in found if "all_contacts" in name]
    place = "cost_effectiveness.programme_psa.young.change.helped.mood_total"
    assert found[f"{place}.net_cost_per_participant"]["estimate"] == pytest.approx(100, rel=0.05)
    place = place.replace("programme_psa", "programme_bootstrap")
    assert found[f"{place}.cost_per_unit_gained"]["estimate"] == 50
    same = found[f"{place}.net_cost_per_participant"]
    assert same["note"] == "every draw is the same; the mean is 100"


# --- what cannot be estimated -----------------------------------------------------------


def test_few_organisations_have_a_net_cost_without_an_interval(tmp_path: Path) -> None:
    found = rows_of(analyse(study_of(tmp_path, answers(3))))
    place = "cost_effectiveness.{}.young.change.helped."
    net = place + "all_contacts.net_cost_per_participant"
    assert found[net.format("descriptive")]["estimate"] == 75
    for name in (net, place + "mood_total.gain", place + "mood_total.cost_per_unit_gained"):
        row = found[name.format("programme_bootstrap")]
        assert row["status"] == "not_estimable"
        assert row["note"] == "3 organisations: a cluster bootstrap needs 5"


@pytest.mark.parametrize("role", ["mentee", "neither"])
def test_a_group_without_anybody_is_said_to_be_empty(role: str, tmp_path: Path) -> None:
    rows = [row for row in answers() if (row["role"] == "neither") == (role == "neither")]
    found = rows_of(analyse(study_of(tmp_path, rows)))
    row = found["cost_effectiveness.programme_bootstrap.young.change.helped.mood_total.gain"]
    assert row["note"] == (
        "one of the groups has nobody with the outcome and costs before and after"
    )


def test_why_a_unit_has_no_cost() -> None:
    shares = {"north_east": 0.75, "north_west": 0.25, "south_east": 0.0, "south_west": 0.0}
    draws = "draws: 75% better at a higher cost, 25% worse at a higher cost"

    def why(cost: float, low: float, high: float) -> str:
        return why_no_ratio(cost, Estimate(1.0, ci_low=low, ci_high=high), shares)

    assert why(10, 0.5, 2) == ""
    assert why(10, -0.5, 2) == (
        f"the interval of the gain holds 0, so a unit of it could cost anything; {draws}"
    )
    assert why(10, -2, -0.5).startswith("the outcome got worse")
    assert why(-10, 0.5, 2).startswith("it got better at no net cost")
    assert why_no_ratio(10, Estimate(1.0), shares).startswith("the gain has no interval")
    assert why_no_ratio(10, Estimate(reason="no matched pairs"), shares) == "no matched pairs"


def test_draws_without_a_gain_have_no_upper_limit() -> None:
    import numpy as np

    cost, gain = np.full(100, 5.0), np.linspace(-1, 9, 100)
    assert ratio_limits(cost, gain, 0.95) is None
    assert ratio_limits(cost, gain + 2, 0.95) == pytest.approx(
        (5 / 10.747475, 5 / 1.20202), rel=0.01
    )


def test_draws_of_fewer_than_ten_are_not_kept(tmp_path: Path) -> None:
    few = analyse(study_of(tmp_path / "few", answers(6)))  # six controls
    many = analyse(study_of(tmp_path / "many", answers(16)))
    assert few.tables["cost_effectiveness"].height == 0
    assert many.tables["cost_effectiveness"].height == 999
    assert many.tables["cost_effectiveness"].null_count().sum_horizontal().item() == 0


# --- the same whatever does not matter ----------------------------------------------------


def test_order_of_rows_and_names_of_schools_do_not_matter(tmp_path: Path) -> None:
    rows = answers(7)
    rows[3]["mood"] = "9"
    other = [{**row, "school": f"z{9 - int(row['school'][1:])}"} for row in reversed(rows)]
    one, two = (
        rows_of(analyse(study_of(tmp_path / name, some)))
        for name, some in (("one", rows), ("two", other))
    )
    assert one == two


def test_headlines_alone_leave_it_out(tmp_path: Path) -> None:
    run = analyse(study_of(tmp_path, statistics={"depth": "headline", "draws": 99}))
    assert not rows_of(run)
    assert run.tables["cost_effectiveness"].height == 0


# --- what is doubtful ---------------------------------------------------------------------


def test_participants_and_respondents_are_held_against_each_other(tmp_path: Path) -> None:
    def codes(participants: int) -> set[str]:
        folder = tmp_path / str(participants)
        study = study_of(folder, programme={**PROGRAMME, "participants": participants})
        return {finding.code for finding in analyse(study).findings}

    assert codes(11) & {"COST004", "COST005"} == {"COST004"}
    assert codes(25) & {"COST004", "COST005"} == {"COST005"}
    assert not codes(20) & {"COST003", "COST004", "COST005"}


@pytest.mark.parametrize("year", ["now", "2018/20", "2018-19"])
def test_a_price_year_of_its_own_is_a_year(year: str, tmp_path: Path) -> None:
    cost = {"value": 20, "price_year": year, "source": "made up"}
    with pytest.raises(StudyError, match=f"price_year is '{year}', which is no year"):
        study_of(tmp_path, programme=with_lines({**LEAD, "unit_cost": cost}))


def test_organisations_served_are_held_against_those_of_respondents(tmp_path: Path) -> None:
    def findings(organisations: int) -> list[str]:
        programme = {**PROGRAMME, "organisations": organisations}
        found = analyse(study_of(tmp_path / str(organisations), programme=programme)).findings
        return [each.found for each in found if each.code == "COST004"]

    assert not findings(6)
    (found,) = findings(5)
    assert found.startswith("matched respondents are of more organisations than it served: 6 of 5")


def test_days_at_an_hourly_rate_are_a_finding(tmp_path: Path) -> None:
    days = {**LEAD, "unit": "days", "unit_cost": "hour"}
    run = analyse(study_of(tmp_path, programme=with_lines(days)))
    (finding,) = [each for each in run.findings if each.code == "STU036"]
    assert finding.found == "the quantity of 'lead' is in 'days', its unit cost is per working hour"
    # The hour is of another year than the nurse, and no contact: one finding, not two.
    codes = [each.code for each in run.findings]
    assert "STU026" in codes
    assert "STU029" not in codes


# --- what is refused ----------------------------------------------------------------------


def _costs(**changes: Any) -> dict[str, Any]:
    costs = {"unit_costs": "costs.toml", "group": "helped", "perspective": "schools"}
    return {"costs": {key: value for key, value in (costs | changes).items() if value}}


def _line(**changes: Any) -> dict[str, Any]:
    return {"programme": with_lines({**LEAD, **changes})}


def _programme(**changes: Any) -> dict[str, Any]:
    return {"programme": {**PROGRAMME, **changes}}


FAULTS = {
    "no perspective": (_costs(perspective=""), "STU033", "declares none"),
    "another key": (_line(hours=4), "STU002", "unknown key 'hours'"),
    "no source": (_line(source=" "), "STU003", "'source' is not"),
    "a key of the unit cost": (_line(unit_cost={"value": 4}), "STU003", "'price_year' is missing"),
    "no lines": (_programme(costs=[]), "STU003", "'costs' is not one table or more"),
    "twice": ({"programme": with_lines(LEAD, LEAD)}, "STU005", "'lead' is used twice"),
    "no plain id": (_line(id="Lead time"), "STU005", "is not plain"),
    "what": (_line(what="cake"), "STU007", "what = 'cake' is not a choice"),
    "per": (_line(per="pupil"), "STU007", "per = 'pupil' is not a choice"),
    "a phase": (_line(phases=["elder"]), "STU006", "there is no phase 'elder'"),
    "a unit cost": (_line(unit_cost="houre"), "STU006", "there is no unit cost 'houre'"),
    "a slot": (_line(unit_cost="slot"), "STU024", "'slot' has no value"),
    "less than nothing": (_line(quantity=-1), "STU032", "its quantity is not between"),
    "a negative price": (
        _line(unit_cost={"value": -4, **PENCE}), "STU032", "its unit cost is not between",
    ),
    "a range elsewhere": (
        _line(quantity_low=50, quantity_high=60), "STU032", "the range of its quantity does not",
    ),
    "half a range": (_line(quantity_low=30), "STU032", "the range of its quantity has one end"),
    "no life": (_line(useful_life=0), "STU032", "useful_life is not between"),
    "no year": (_line(year=0), "STU032", "year is not between"),
    "nobody": (_programme(participants=0), "STU033", "how many participants"),
    "no schools": (_programme(organisations={}), "STU003", "'organisations' is not"),
    "no school": (_programme(organisations=0), "STU033", "how many organisations"),
    "too many": (_programme(participants=10**20), "STU033", "how many participants"),
    "too many schools": (
        _programme(costs=[BOOKS], organisations=10**20), "STU033", "how many organisations",
    ),
    "a phase of nobody": (
        _programme(participants={"elder": 4}), "STU006", "there is no phase 'elder'",
    ),
    "an outcome": (_programme(outcomes=["joy"]), "STU006", "there is no outcome 'joy'"),
    "an outcome of no phase": (
        _programme(outcomes=["mood_total"]) | {"outcomes": []}, "STU034", "compared in no phase",
    ),
    "a rate in per cent": (_programme(discount_rate=3.5), "STU035", "no share between 0 and 0.5"),
    "a threshold": (_programme(thresholds=[-1]), "STU035", "thresholds are not"),
    "one threshold twice": (_programme(thresholds=[50, 50]), "STU035", "thresholds are not"),
    "a year that no index has": (
        _line(unit_cost={"value": 4, "price_year": "2016", "source": "made up"})
        | _costs(price_year="2016/17"), "STU025", "'programme:lead' cannot be converted",
    ),
    "statements": ({"statements": {"fundng": "us"}}, "STU002", "unknown key 'fundng'"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_what_is_wrong_is_said(name: str, tmp_path: Path) -> None:
    changes, code, said = FAULTS[name]
    with pytest.raises(StudyError) as caught:
        study_of(tmp_path, **changes)
    assert (code, True) in {(f.code, said in f.found) for f in caught.value.faults}, [
        (fault.code, fault.found) for fault in caught.value.faults
    ]


def test_all_faults_are_said_at_once(tmp_path: Path) -> None:
    lines = [{**LEAD, "quantity": -1}, {**BOOKS, "per": "pupil", "unit_cost": "houre"}]
    wrong = with_lines(*lines, participants=0, discount_rate=9, thresholds=[])
    with pytest.raises(StudyError) as caught:
        study_of(tmp_path, programme=wrong, **_costs(perspective=""))
    codes = {fault.code for fault in caught.value.faults}
    assert codes >= {"STU006", "STU007", "STU032", "STU033", "STU035"}


def test_a_programme_needs_a_section_of_costs(tmp_path: Path) -> None:
    study = study_of(tmp_path)
    text = study.path.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith(("costs =", "questions ="))]
    study.path.write_text("\n".join(lines), encoding="utf-8")
    from peereval.studies import load_study

    with pytest.raises(PeerevalError) as caught:
        load_study(study.path)
    assert {fault.code for fault in caught.value.faults} == {"STU033"}


@pytest.mark.parametrize("number", ["1e999999999", "1e-999999999", "-1e999999999"])
def test_numbers_beyond_all_measure_are_met_at_once(number: str, tmp_path: Path) -> None:
    from peereval.studies import load_study

    path = study_of(tmp_path).path
    text = path.read_text(encoding="utf-8")
    for old in ('"quantity" = 40', '"value" = 20', '"thresholds" = [0, 50]'):
        assert old in text
        path.write_text(text.replace(old, old.replace("40", number).replace("20", number)
                                     .replace("50", number)), encoding="utf-8")  # fmt: skip
        if number.startswith("1e-") and "thresholds" not in old:
            assert load_study(path).programme is not None  # as good as nothing
            continue
        with pytest.raises(StudyError):
            load_study(path)


# --- the example --------------------------------------------------------------------------


def test_the_example_comes_to_what_its_readme_says() -> None:
    """30 x 35.09 x 30 + 4 x 1,500 + 6 x 1.0127 x 510 + 400 / 4.5151 x 30 = 43,339."""
    folder = Path(__file__).parents[2] / "examples" / "programme_costs"
    from peereval.studies import load_study

    study = load_study(folder / "study.toml")
    assert study.programme is not None
    assert {line.source for line in study.programme.costs} == {"made up"}
    total = sum(float(study.programme.cost(line, "secondary")) for line in study.programme.costs)
    hour, book = 35400 * 1.254 / 1265, 6 * 77.0388 / 76.0754
    room = 400 * 0.035 / (1 - 1.035**-5)
    assert total == pytest.approx(30 * hour * 30 + 4 * 1500 + book * 510 + room * 30)
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert f"{total:,.0f}" in readme
    assert f"{total / 510:.2f} per participant" in readme
