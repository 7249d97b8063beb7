"""Attrition and missing data of whole studies: what is said, of whom, and what is refused."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peereval.estimating import result_table
from peereval.estimating.attrition import attrition_rows
from peereval.estimating.missing_data import missing_data_rows
from peereval.studies import Study
from spec.test_material import material_of
from support.soundness import assert_sound
from support.studies import CALM, MOOD, ONE_WAVE, make_study
from support.surveys import CONTRAST, Chances, Messy, draw_survey, make_survey, messy_surveys
from support.tables import Row, assert_table

YEAR = {"respondent": "id", "organisation": "school", "role": "role",
        "characteristics": {"year_group": "year"}}  # fmt: skip


def results_of(study: Study) -> pl.DataFrame:
    """The rows of attrition and missing data, of every phase and comparison."""
    with pytest.MonkeyPatch.context() as patch:
        material = material_of(study, patch)
    rows = [
        row
        for phase in study.phases
        for comparison in study.comparisons
        if phase.id in comparison.phases
        for area in (attrition_rows, missing_data_rows)
        for row in area(material, phase, comparison)
    ]
    return result_table(rows)


def survey(
    seed: int, schools: int = 8, each: int = 14, lost: float = 0.4, roles_before: bool = True
) -> list[Row]:
    """One wave. Who was low before is lost more often; the role may be asked after only."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(schools * each):
        level = float(np.clip(rng.normal(5, 2), 0, 10))
        role, school = ("mentee", "neither")[number % 2], f"s{number % schools}"
        year, calm = str(rng.choice(["Year 5", "Year 6"])), str(int(rng.integers(11)))
        person = {"id": f"k{number}", "school": school, "year": year}
        first = person | {"role": role if roles_before else "", "when": "b1", "calm": calm}
        rows.append(first | {"mood": str(round(level))})
        if rng.random() >= lost * (2.2 - level / 4):
            later = float(np.clip(3.5 + 0.5 * level + rng.normal(0, 1.5), 0, 10))
            after = person | {"role": role, "when": "f1", "calm": calm}
            rows.append(after | {"mood": str(round(later))})
    return rows


def study_of(folder: Path, rows: Sequence[Row], **settings: Any) -> Study:
    defaults = {"columns": YEAR, "contrast": CONTRAST, "comparisons": [ONE_WAVE]}
    return make_study(folder, rows, MOOD, CALM, **(defaults | settings))


# --- attrition ------------------------------------------------------------------------------


def test_retention_is_counted_by_group_where_roles_were_known_before(tmp_path: Path) -> None:
    rows = survey(1)
    found = results_of(study_of(tmp_path, rows)).filter(analysis="attrition", estimand="retention")
    for group, roles in (("all", ("mentee", "neither")), ("helped", ("mentee",))):
        before = [row["id"] for row in rows if row["when"] == "b1" and row["role"] in roles]
        after = {row["id"] for row in rows if row["when"] == "f1"}
        (row,) = found.filter(method="wilson", group=group).iter_rows(named=True)
        assert row["n"] == len(before)
        assert row["estimate"] == len([name for name in before if name in after]) / len(before)
        assert row["ci_low"] < row["estimate"] < row["ci_high"]


def test_difference_in_retention_is_that_of_the_groups(tmp_path: Path) -> None:
    found = results_of(study_of(tmp_path, survey(1))).filter(analysis="attrition")
    shares = dict(found.filter(method="wilson").select("group", "estimate").iter_rows())
    (row,) = found.filter(estimand="difference_in_retention").iter_rows(named=True)
    assert row["group"] == "helped_v_others"
    assert row["estimate"] == pytest.approx(shares["helped"] - shares["others"])
    assert row["n_organisations"] == 8


def test_roles_asked_at_follow_up_only_say_nothing_of_the_lost(tmp_path: Path) -> None:
    results = results_of(study_of(tmp_path, survey(1, roles_before=False)))
    known = results.filter(pl.col("group") == "all")
    assert known.filter(analysis="attrition", method="wilson")["status"].to_list() == ["ok"]
    unknown = results.filter(pl.col("group") != "all")
    assert set(unknown["group"]) == {"helped", "others", "helped_v_others"}
    assert set(unknown["status"]) == {"not_estimable"}
    assert unknown["note"].str.contains("asked at follow-up only").all()


def test_organisations_are_shown_by_their_spread(tmp_path: Path) -> None:
    """Of 8 schools of 14 one lost everybody; a ninth is too small to be looked at."""
    rows = [row for row in survey(2) if row["school"] != "s3" or row["when"] == "b1"]
    rows.append(rows[0] | {"id": "alone", "school": "tiny"})
    results = results_of(study_of(tmp_path, rows)).filter(analysis="attrition")
    spread = results.filter(method="quantiles")
    shares = []
    for school in sorted({row["school"] for row in rows} - {"tiny"}):
        mine = [row for row in rows if row["school"] == school]
        shares.append(sum(row["when"] == "f1" for row in mine) / 14)
    assert spread["estimate"].to_list() == pytest.approx(
        np.quantile(shares, [0, 0.25, 0.5, 0.75, 1])
    )
    assert set(spread["n_organisations"]) == {8}
    lost = results.filter(estimand="n_organisations_lost")
    assert_table(lost, "estimate n_organisations\n2 9")
    assert not results.select(pl.exclude("note")).write_csv().count("tiny")


def test_few_organisations_have_no_spread(tmp_path: Path) -> None:
    results = results_of(study_of(tmp_path, survey(2, schools=3)))
    spread = results.filter(method="quantiles")
    assert set(spread["status"]) == {"not_estimable"}
    assert spread["note"][0].startswith("3 organisations with 10 respondents")


def test_those_lost_are_compared_with_those_followed_up(tmp_path: Path) -> None:
    rows = survey(3)
    results = results_of(study_of(tmp_path, rows)).filter(analysis="attrition")
    after = {row["id"] for row in rows if row["when"] == "f1"}
    mood = {row["id"]: int(row["mood"]) for row in rows if row["when"] == "b1"}
    kept, gone = (
        [value for name, value in mood.items() if (name in after) == there]
        for there in (True, False)
    )
    (means,) = results.filter(method="means_cr2", outcome="mood_total").iter_rows(named=True)
    assert means["estimate"] == pytest.approx(np.mean(kept) - np.mean(gone))
    (apart,) = results.filter(method="smd", outcome="mood_total").iter_rows(named=True)
    assert apart["estimate"] > 0.25
    assert apart["note"].startswith("above 0.25")
    (whole,) = results.filter(method="wilson", group="all").iter_rows(named=True)
    assert f"{len(gone)} of {len(mood)} respondents before were not followed up" in whole["note"]
    sizes = results.filter(pl.col("outcome") != "", method="smd")["estimate"].abs()
    assert f"of 2 outcomes before, {(sizes > 0.25).sum()} differed by more" in whole["note"]


def test_levels_of_characteristics_are_compared(tmp_path: Path) -> None:
    rows = survey(4)
    for row in rows[:14]:
        row["year"] = "Year 13" if row is rows[0] else ""
    results = results_of(study_of(tmp_path, rows, subgroups={"minimum": 4}))
    levels = results.filter(analysis="attrition", method="smd", outcome="")
    assert levels["level"].to_list() == [
        "year_group_smaller_levels", "year_group_not_known", "year_group_year_5",
        "year_group_year_6",
    ]  # fmt: skip
    # What one answered is not told.
    assert levels["note"][0] == "1 level with fewer than 4 respondents before"
    assert not results["level"].str.contains("13").any()
    assert not results["note"].str.contains("Year 13").any()
    values = levels.filter(status="ok")["estimate"].to_list()
    assert len(values) >= 2
    assert all(abs(value) < 3 for value in values)


# --- missing data ---------------------------------------------------------------------------


def test_weights_and_imputation_draw_the_estimate_towards_those_lost(tmp_path: Path) -> None:
    """Who was lost was low before, and would have gained more."""
    study = study_of(tmp_path, survey(5, each=40))
    with pytest.MonkeyPatch.context() as patch:
        material = material_of(study, patch)
    sums = material.sums(study.scores["mood_total"], study.phases[0], study.comparisons[0], None)
    plain = (sums.sum_post.sum() - sums.sum_pre.sum()) / sums.size
    found = results_of(study).filter(outcome="mood_total", group="all", estimand="mean_change")
    by_method = dict(found.select("method", "estimate").iter_rows())
    assert plain + 0.1 < by_method["logit_weights"] < plain + 0.8
    assert by_method["multiple_imputation"] == pytest.approx(by_method["logit_weights"], abs=0.15)
    assert found.filter(method="multiple_imputation")["n"].item() == 8 * 40


def test_contrast_is_weighted_and_imputed_where_roles_were_known(tmp_path: Path) -> None:
    found = results_of(study_of(tmp_path, survey(5, each=40))).filter(
        analysis="missing_data", outcome="mood_total", group="helped_v_others"
    )
    assert found["estimand"].to_list() == ["did", "did", "tipping_delta"]
    assert set(found["status"][:2]) == {"ok"}
    assert abs(found["estimate"][0] - found["estimate"][1]) < 0.3
    assert "those of the helped not followed up" in found["note"][2]


def test_too_many_unknown_groups_have_no_contrast(tmp_path: Path) -> None:
    rows = survey(5)
    followed = {row["id"] for row in rows if row["when"] == "f1"}
    for place, row in enumerate(rows):
        if row["id"] not in followed and place % 3 == 0:
            row["role"] = ""
    found = results_of(study_of(tmp_path, rows)).filter(
        analysis="missing_data", group="helped_v_others"
    )
    assert set(found["status"]) == {"not_estimable"}
    assert found["note"].str.contains("who were not followed up is not known").all()


def test_what_would_tip_a_conclusion_is_said_in_words(tmp_path: Path) -> None:
    found = results_of(study_of(tmp_path, survey(6, each=30))).filter(
        method="tipping_point", group="all", outcome="mood_total"
    )
    (row,) = found.iter_rows(named=True)
    assert row["estimate"] > 0
    assert row["note"].startswith(
        "the CR2 interval of those followed up is above 0; for that to change"
    )
    assert f"would have to be {row['estimate']:.3g} points" in row["note"]
    assert "standard deviations before) worse than others with the same answers" in row["note"]


def test_same_seed_same_numbers_other_seed_others(tmp_path: Path) -> None:
    def imputed(name: str, seed: int) -> list[float]:
        study = study_of(tmp_path / name, survey(7), statistics={"seed": seed})
        return results_of(study).filter(method="multiple_imputation")["estimate"].to_list()

    one, two, three = imputed("one", 1), imputed("two", 1), imputed("three", 2)
    assert one == two
    assert one != three


def test_whole_follow_up_leaves_nothing_to_do(tmp_path: Path) -> None:
    found = results_of(study_of(tmp_path, survey(8, lost=0.0))).filter(analysis="missing_data")
    assert set(found["status"]) == {"not_estimable"}
    assert found["note"].str.contains("everyone was followed up").all()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"columns": {"respondent": "id", "role": "role"}}, "no organisation column"),
        ({"schools": 3}, "3 organisations"),
        ({"after": ""}, "no matched pairs"),
        ({"after": "7"}, "every later score is the same"),
    ],
)
def test_what_cannot_be_estimated_says_why(
    tmp_path: Path, change: dict[str, Any], reason: str
) -> None:
    rows = survey(9, schools=change.get("schools", 7), each=change.get("each", 12), lost=0.2)
    if "after" in change:
        rows = [row | {"mood": change["after"]} if row["when"] == "f1" else row for row in rows]
    settings = {"columns": change["columns"]} if "columns" in change else {}
    found = results_of(study_of(tmp_path, rows, **settings)).filter(
        outcome="mood_total", method="multiple_imputation", group="all"
    )
    assert found["status"].item() == "not_estimable"
    assert reason in found["note"].item()


def test_more_things_known_than_pairs_leave_nothing_to_learn_from(tmp_path: Path) -> None:
    """Twelve in six schools and six year groups, of whom six were followed up."""
    rows = [
        {"id": f"k{n}", "school": f"s{n % 6}", "role": "mentee", "year": f"Year {n % 6}",
         "when": when, "mood": str(n % 5 + turn), "calm": str(n % 3)}
        for n in range(12)
        for turn, when in enumerate(("b1", "f1"))
        if turn == 0 or n < 6
    ]  # fmt: skip
    study = study_of(tmp_path, rows, subgroups={"minimum": 2})
    found = results_of(study).filter(method="multiple_imputation", group="all")
    said = "6 matched pairs are too few to impute from 8 things known before"
    assert found["note"].to_list() == [said, said]


# --- any survey -----------------------------------------------------------------------------


def assert_all_sound(study: Study) -> None:
    results = results_of(study)
    assert_sound(results)
    for words in ("no effect", "no change", "no difference"):
        assert not results["note"].str.to_lowercase().str.contains(words).any()
    names = {*study.scores, ""}
    assert set(results["outcome"]) <= names


@settings(max_examples=25, deadline=None)
@given(messy=messy_surveys())
def test_results_of_any_survey_are_sound(messy: Messy) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert_all_sound(messy.study(Path(folder)))


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    respondents=st.integers(1, 80),
    organisations=st.integers(1, 9),
    highest=st.sampled_from([1, 2, 10]),
)
def test_results_of_a_coarse_survey_are_sound(
    seed: int, respondents: int, organisations: int, highest: int
) -> None:
    rows = draw_survey(seed, respondents, organisations, Chances(absent=0.35, highest=highest))
    if rows:
        with tempfile.TemporaryDirectory() as folder:
            assert_all_sound(make_survey(Path(folder), rows))
