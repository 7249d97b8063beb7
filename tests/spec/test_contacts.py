"""Contacts: labels with a range, terms of different length, and cost from labels to pounds."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from peereval.costing import costed_questions, count_answers
from peereval.errors import StudyError
from peereval.pipeline import analyse, match_study
from peereval.studies import Study
from support.studies import FULL, MOOD, SHORT, make_study
from support.surveys import draw_survey, make_survey

COSTS = """
format = 1
id = "made_up"
currency = "GBP"

[[unit_costs]]
id = "nurse"
value = 50
unit = "per contact"
price_year = "2016/17"
source = "made up"
licence = "none"
status = "made up"

[[unit_costs]]
id = "gp"
value = 38
unit = "per contact"
price_year = "2016/17"
source = "made up"
licence = "none"
status = "made up"
"""

ANSWERS = """
    id  school  role    when  mood  nurse   gp
    k1  north   mentee  b1    1     Weekly  Once
    k1  north   mentee  f1    1     Once    Never
    k2  north   mentee  b1    1     Never   Once
    k2  north   mentee  f1    1     Once    Once
    k3  south   mentee  b1    1     Once    -
    k3  south   mentee  f1    1     Never   Weekly
    k4  south   mentee  b2    1     Once    Never
    k4  south   mentee  f2    1     Weekly  Never
"""
PLAIN = {"Never": 0, "Once": 1, "Weekly": 12}


def study_of(folder: Path, labels: dict[str, Any], answers: str = ANSWERS, **more: Any) -> Study:
    (folder / "costs.toml").write_text(COSTS, encoding="utf-8")
    questions = [
        {"id": name, "kind": "contact", "columns": name, "frequencies": "term", "unit_cost": name}
        for name in ("nurse", "gp")
    ]
    settings = {
        "comparisons": [SHORT],
        "questions": questions,
        "frequencies": {"term": labels},
        "costs": {"unit_costs": "costs.toml", "group": "all"},
        "statistics": {**FULL, "draws": 199},
    }
    return make_study(folder, answers, MOOD, **(settings | more))


def savings(study: Study) -> dict[tuple[str, str], tuple[int, float]]:
    """Outcome and level -> respondents and saving."""
    results = analyse(study).tables["results"].filter(analysis="cost", method="descriptive")
    rows = results.filter(estimand="saving_per_respondent").select(
        "outcome", "level", "n", "estimate"
    )
    return {(outcome, level): (n, value) for outcome, level, n, value in rows.iter_rows()}


def test_from_labels_to_pounds_with_a_pencil(tmp_path: Path) -> None:
    """Weekly is 12 contacts in the term and Once is 1; a nurse costs 50 and a GP 38 a contact.

    nurse     before        after         saving        gp      before   after    saving
    k1        12 x 50 = 600  1 x 50 =  50   550                 38        0         38
    k2         0              50            -50                 38       38          0
    k3        50               0             50                 not answered before
    k4        50             600           -550                  0        0          0

    nurse, four pupils: (550 - 50 + 50 - 550) / 4 = 0. On the three who answered both questions:
    (550 - 50 - 550) / 3 = -16.67. gp, three pupils: 38 / 3 = 12.67. Together: -12 / 3 = -4.
    """
    found = savings(study_of(tmp_path, PLAIN))
    assert found[("nurse", "")] == (4, 0.0)
    assert found[("nurse", "all_answered")] == (3, pytest.approx(-50 / 3))
    assert found[("gp", "")] == found[("gp", "all_answered")] == (3, pytest.approx(38 / 3))
    assert found[("all_contacts", "")] == (3, pytest.approx(-4))
    parts = [value for (_, level), (_, value) in found.items() if level]
    assert sum(parts) == pytest.approx(found[("all_contacts", "")][1])


def test_weekly_contacts_follow_the_days_of_the_term(tmp_path: Path) -> None:
    """Declared for 60 days: 12 weekly contacts are 11.6 in 58 days, 12.8 in 64, 14.6 in 73.

    k1 saves (11.6 - 1) x 50 = 530 on the nurse, k4 (wave 2, 64 to 73 days) (1 - 14.6) x 50 = -680;
    once is once: k2 -50, k3 50.
    """
    labels = {"Never": 0, "Once": 1, "Weekly": {"base": 12, "by_days": True}}
    occasions = [{"id": name, "days": days}
                 for name, days in (("b1", 58), ("f1", 64), ("b2", 64), ("f2", 73))]  # fmt: skip
    study = study_of(
        tmp_path, labels, occasions=occasions, contacts={"term": "actual", "term_days": 60}
    )
    found = savings(study)
    assert found[("nurse", "")] == (4, pytest.approx((530 - 50 + 50 - 680) / 4))
    results = analyse(study).tables["results"].filter(analysis="cost", method="descriptive")
    notes = results.filter(estimand="saving_per_respondent")["note"]
    assert set(notes) == {"contacts are counted for the days of each term"}


def test_term_is_said_to_be_taken_as_equally_long(tmp_path: Path) -> None:
    results = analyse(study_of(tmp_path, PLAIN)).tables["results"].filter(analysis="cost")
    notes = results.filter(estimand="saving_per_respondent", method="descriptive")["note"]
    assert set(notes) == {"the term is taken as equally long at both occasions"}


def test_labels_may_have_a_range(tmp_path: Path) -> None:
    study = study_of(tmp_path, PLAIN | {"Weekly": {"base": 12, "low": 10.8, "high": 14.6}})
    (_, _, weekly) = study.questions[0].labels
    assert (float(weekly.low), float(weekly.base), float(weekly.high)) == (10.8, 12, 14.6)


@pytest.mark.parametrize(
    ("labels", "said"),
    {
        "below its range": ({"Weekly": {"base": 12, "low": 13}}, "does not hold its base"),
        "above its range": ({"Weekly": {"base": 12, "high": 11}}, "does not hold its base"),
        "lows in another order": ({"Once": {"base": 1, "low": 1},
                                   "Weekly": {"base": 12, "low": 0.5}}, "is below that of 'Once'"),
        "highs in another order": ({"Once": {"base": 1, "high": 20}}, "is below that of 'Once'"),
        "none may be some": ({"Never": {"base": 0, "high": 1}}, "no contact has a range"),
        "less than none": ({"Weekly": {"base": 12, "low": -1}}, "numbers of 0 or more"),
        "twice the same": ({"Weekly": {"base": 1}}, "no two the same number"),
        "no base": ({"Weekly": {"low": 10}}, "'base' is missing"),
        "an unknown key": ({"Weekly": {"base": 12, "most": 14}}, "unknown key 'most'"),
        "a text": ({"Weekly": "12"}, "numbers of 0 or more"),
    }.values(),
)  # fmt: skip
def test_wrong_labels_are_refused(tmp_path: Path, labels: dict[str, Any], said: str) -> None:
    with pytest.raises(StudyError) as raised:
        study_of(tmp_path, PLAIN | labels)
    assert any(said in fault.found for fault in raised.value.faults)


@pytest.mark.parametrize(
    ("more", "said"),
    {
        "a term unheard of": ({"contacts": {"term": "long"}}, "term = 'long'"),
        "no days": ({"contacts": {"term": "actual", "term_days": 60}}, "the days of 'b1'"),
        "ranges unheard of": ({"cost_uncertainty": {"ranges": "sd"}}, "ranges = 'sd'"),
        "no cv": ({"cost_uncertainty": {"cv": 0}}, "cv = 0.0"),
        "an idle scenario": ({"scenarios": [{"id": "x"}]}, "changes nothing"),
        "another question": ({"scenarios": [{"id": "x", "without": ["dentist"]}]}, "'dentist'"),
        "another label": ({"scenarios": [{"id": "x", "caps": {"gp": "Daily"}}]}, "'daily'"),
        "another cost": ({"scenarios": [{"id": "x", "unit_costs": {"gp": "vet"}}]}, "'vet'"),
        "another table": ({"scenarios": [{"id": "x", "contacts": {"year": {"Once": 1}}}]},
                          "no frequencies 'year'"),
    }.values(),
)  # fmt: skip
def test_wrong_settings_are_refused(tmp_path: Path, more: dict[str, Any], said: str) -> None:
    with pytest.raises(StudyError) as raised:
        study_of(tmp_path, PLAIN, **more)
    assert any(said in fault.found for fault in raised.value.faults)


@pytest.mark.parametrize("joint", [True, False])
def test_answers_are_counted_as_the_moments_count_them(tmp_path: Path, joint: bool) -> None:
    study = make_survey(tmp_path, draw_survey(3))
    run, pairs = analyse(study), match_study(study).tables["pairs"]
    here = {"phase": "young", "comparison": "short"}
    questions = costed_questions(study, "young")
    for chosen in [questions] if joint else [[q] for q in questions]:
        columns = [f"{end}_{q.id}" for q in chosen for end in ("pre", "post")]
        ours = count_answers(pairs.filter(**here), chosen, joint)
        if joint:
            theirs = run.moments.contacts.filter(**here)
        else:
            theirs = run.moments.histograms.filter(outcome=chosen[0].id, **here).rename(
                {"pre": columns[0], "post": columns[1]}
            )
        keys = ["organisation", *columns]
        one, two = (
            frame.with_columns(pl.col("organisation").cast(pl.String))
            .group_by(keys).agg(pl.col("n").sum()).sort(keys).rows()
            for frame in (ours, theirs)
        )  # fmt: skip
        assert one == two
        assert one
