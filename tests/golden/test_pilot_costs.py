"""Service use and costs of the bundled pilot: what the report printed, and what it did not."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

import peereval as pe
from peereval.rendering.costs import reading
from peereval.rendering.numbers import fixed

PILOT = Path(__file__).parents[2] / "data" / "pilot" / "study.toml"
#: Table 5.3 of the report: teacher, doctor or nurse at school, in hospital, outside it, total.
ROWS = ("seen_teacher", "seen_school_nurse", "seen_doctor_hospital", "seen_doctor_other",
        "all_contacts")  # fmt: skip
TABLE_5_3 = {
    "primary": ("-54.93", "1.84", "-79.66", "-72.91", "-205.66"),
    # The report has 114.94, which its own rows do not come to.
    "secondary": ("-3.63", "63.80", "123.06", "-68.28", "114.95"),
}
CONTACTS = (*ROWS[:4], "family_checkin", "seen_someone_else")
GROUPS = ("participants", "mentors", "mentees")


@pytest.fixture(scope="module")
def run() -> Any:
    return pe.analyse(PILOT)


@pytest.fixture(scope="module")
def results(run: Any) -> pl.DataFrame:
    found: pl.DataFrame = run.tables["results"].filter(comparison="short_term")
    return found


@pytest.mark.parametrize("phase", TABLE_5_3)
def test_table_5_3_and_what_it_would_have_shown_with_intervals(
    results: pl.DataFrame, phase: str
) -> None:
    costs = results.filter(analysis="cost", phase=phase, level="", group="participants")
    savings = costs.filter(method="descriptive", estimand="saving_per_respondent")
    shown = {row["outcome"]: fixed(row["estimate"], 2) for row in savings.iter_rows(named=True)}
    assert tuple(shown[name] for name in ROWS) == TABLE_5_3[phase]
    assert sum(float(shown[name]) for name in ROWS[:4]) == pytest.approx(float(shown[ROWS[4]]))
    drawn = costs.filter(method="cost_bootstrap", estimand="saving_per_respondent")
    for row in drawn.iter_rows(named=True):
        assert row["ci_low"] < 0 < row["ci_high"], row["outcome"]
        assert reading(row) == "cost change"


def test_fewer_saw_a_doctor_and_yet_doctors_cost_more(run: Any) -> None:
    (found,) = [finding for finding in run.findings if finding.code == "COST001"]
    assert "seen_doctor_hospital, seen_doctor_other (primary, short_term)" in found.found


def test_how_often_is_there_for_every_contact_role_and_phase(results: pl.DataFrame) -> None:
    found = results.filter(analysis="contact_distribution")
    tested = found.filter(method="stuart_maxwell", status="ok")
    assert set(tested.select("phase", "group", "outcome").iter_rows()) == {
        (phase, group, name) for phase in TABLE_5_3 for group in GROUPS for name in CONTACTS
    }
    by_organisation = found.filter(method="wald_htz", status="ok", group="participants")
    assert by_organisation.height == len(TABLE_5_3) * len(CONTACTS)
    # Who did not come not at all came at least once.
    keys = ["phase", "group", "outcome", "estimand"]
    none = found.filter(method="share", level="Not at all").select(*keys, none="estimate")
    once = results.filter(analysis="prevalence_change", method="share").join(none, on=keys)
    assert once.height == 2 * len(TABLE_5_3) * len(GROUPS) * len(CONTACTS)
    assert once["estimate"].to_list() == pytest.approx((1 - once["none"]).to_list(), abs=1e-12)


def test_every_scenario_has_a_number_or_the_reason(results: pl.DataFrame) -> None:
    rows = results.filter(pl.col("level").str.starts_with("scenario:"), phase="primary")
    known = rows.filter(method="paired_cr2", status="ok")["level"].to_list()
    assert known == [f"scenario:{name}" for name in (
        "doctors_capped_at_weekly", "without_teachers", "teacher_15_minutes", "consultant_led",
        "doctors_micro_costed")]  # fmt: skip
    waiting = rows.filter(status="not_estimable", method="paired_cr2")
    assert waiting.height == 3
    assert all("not run: value not given: " in note for note in waiting["note"])
