"""One row per respondent before, whatever waves, ids and incomplete outcomes there are."""

from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import peereval.estimating
from peereval.columns import post, pre
from peereval.estimating import material as module
from peereval.estimating.levels import level_ids
from peereval.estimating.material import Material
from peereval.pipeline import analyse
from peereval.studies import Study
from support.studies import FULL, MEDIUM, SHORT, make_plain_study, make_study
from support.surveys import CALM, MOOD, TRUST, draw_survey, make_survey
from support.tables import Row, assert_table

Patch = pytest.MonkeyPatch


def material_of(study: Study, monkeypatch: Patch) -> Material:
    """What the estimates of a study are made from."""
    seen: list[Material] = []
    real = peereval.estimating.estimate_all

    def watched(material: Material) -> pl.DataFrame:
        seen.append(material)
        return real(material)

    with monkeypatch.context() as patch:
        patch.setattr(peereval.estimating, "estimate_all", watched)
        analyse(study)
    return seen[0]


def rows_of(study: Study, monkeypatch: Patch, comparison: int = 0) -> pl.DataFrame:
    rows = material_of(study, monkeypatch).rows(study.phases[0], study.comparisons[comparison])
    assert rows is not None
    return rows


_BASE = """
    id  school  role     when  mood  calm
    k1  north   -        b1    1     5
    k1  north   mentee   f1    2     6
    k2  north   -        b1    3     -
    k2  north   neither  f1    4     7
    k3  south   mentor   b1    5     8
    k4  south   -        b1    -     -
    k5  south   -        f1    9     9
    -   south   -        b1    7     7
"""


def test_everybody_eligible_before_has_a_row(tmp_path: Path, monkeypatch: Patch) -> None:
    rows = rows_of(make_study(tmp_path, _BASE, MOOD, CALM), monkeypatch)
    expected = """
        organisation role    role_before matched pre_mood post_mood pre_calm post_calm
        north        mentee  -           yes     1        2         5        6
        north        neither -           yes     3        4         -        -
        south        mentor  mentor      no      5        -         8        -
        south        -       -           no      -        -         -        -
    """
    short = rows.rename({name: name.removesuffix("_total") for name in rows.columns})
    assert_table(short, expected)
    # Organisations are told apart, and stand together.
    assert rows["place"].to_list() == sorted(rows["place"])
    assert rows.group_by("organisation").agg(pl.col("place").n_unique())["place"].to_list() == [
        1,
        1,
    ]


def test_duplicates_and_exclusions_have_no_row(tmp_path: Path, monkeypatch: Patch) -> None:
    exports = """
        id  school  role  when  mood  calm  state
        k1  north   -     b1    1     -     -
        k1  north   -     b1    2     2     -
        k2  north   -     b1    3     3     void
        k3  north   -     b1    4     4     -
    """
    exclude = [{"column": "state", "values": ["void"], "reason": "no consent"}]
    rows = rows_of(make_study(tmp_path, exports, MOOD, CALM, exclude=exclude), monkeypatch)
    assert_table(rows, "pre_mood_total pre_calm_total\n2 2\n4 4")


_WAVES = """
    id  school  role    when  mood  calm
    k1  north   mentee  b1    1     -
    k1  north   mentee  f1    2     2
    k1  north   mentee  b2    3     3
    k1  north   mentee  f2    4     4
    k2  north   mentee  b1    5     5
    k2  north   mentee  b2    6     6
    k2  north   mentee  f2    7     7
    k3  north   mentee  b1    8     -
    k3  north   mentee  b2    9     9
"""


def test_outcomes_of_different_waves_share_a_row(tmp_path: Path, monkeypatch: Patch) -> None:
    """Each outcome is that of its pair; who has none keeps the first response."""
    rows = rows_of(make_study(tmp_path, _WAVES, MOOD, CALM, comparisons=[SHORT]), monkeypatch)
    expected = """
        matched pre_mood_total post_mood_total pre_calm_total post_calm_total
        yes     1              2               3              4
        yes     6              7               6              7
        no      8              -               -              -
    """
    assert_table(rows, expected)


def test_each_comparison_has_rows_of_its_own(tmp_path: Path, monkeypatch: Patch) -> None:
    study = make_study(tmp_path, _WAVES, MOOD, CALM, comparisons=[SHORT, MEDIUM])
    rows = rows_of(study, monkeypatch, comparison=1)
    expected = """
        matched pre_mood_total post_mood_total pre_calm_total post_calm_total
        yes     1              4               -              -
        yes     5              7               5              7
        no      8              -               -              -
    """
    assert_table(rows, expected)


def test_the_organisation_of_a_pair_is_the_later_where_the_earlier_is_blank(
    tmp_path: Path, monkeypatch: Patch
) -> None:
    answers = """
        id  school  role     when  mood
        k1  -       mentee   b1    1
        k1  north   mentee   f1    2
        k2  south   mentee   b1    3
        k2  east    mentee   f1    4
        k3  -       mentee   b1    5
    """
    rows = rows_of(make_study(tmp_path, answers, MOOD), monkeypatch)
    expected = """
        organisation pre_mood_total post_mood_total
        north        1              2
        south        3              4
        -            5              -
    """
    assert_table(rows, expected)


def test_ids_that_belong_to_an_organisation_are_different_people(
    tmp_path: Path, monkeypatch: Patch
) -> None:
    exports = """
        id  school  role  when  mood  calm
        k1  north   -     b1    1     1
        k1  north   -     f1    2     2
        k1  south   -     b1    3     3
    """
    matching = {"id_scope": "organisation"}
    rows = rows_of(make_study(tmp_path, exports, MOOD, CALM, matching=matching), monkeypatch)
    expected = """
        organisation matched pre_mood_total post_mood_total
        north        yes     1              2
        south        no      3              -
    """
    assert_table(rows, expected)


def test_a_study_that_knows_nothing_but_ids_has_rows(tmp_path: Path, monkeypatch: Patch) -> None:
    exports = "id when mood\nk1 b1 1\nk1 f1 2\nk2 b1 3"
    rows = rows_of(make_plain_study(tmp_path, exports, MOOD), monkeypatch)
    assert_table(rows, "matched pre_mood_total post_mood_total\nyes 1 2\nno 3 -")
    assert rows["organisation"].null_count() == rows["role"].null_count() == 2
    assert rows["place"].to_list() == [0, 0]


_YEAR = {"year_group": "year_group"}


def test_characteristics_are_those_before(tmp_path: Path, monkeypatch: Patch) -> None:
    exports = """
        id  school  role  when  mood  year_group
        k1  north   -     b1    1     Year_5
        k1  north   -     f1    2     Year_6
        k2  north   -     b1    3     -
    """
    columns = {"respondent": "id", "organisation": "school", "characteristics": _YEAR}
    rows = rows_of(make_study(tmp_path, exports, MOOD, columns=columns), monkeypatch)
    assert_table(rows, "pre_mood_total year_group\n1 Year_5\n3 -")


def test_too_many_respondents_have_no_rows(tmp_path: Path, monkeypatch: Patch) -> None:
    study = make_study(tmp_path, _BASE, MOOD, CALM, statistics=FULL)
    monkeypatch.setattr(module, "MOST_ROWS", 3)
    material = material_of(study, monkeypatch)
    assert material.rows(study.phases[0], study.comparisons[0]) is None
    results = peereval.estimating.estimate_all(material)
    by_rows = results.filter(pl.col("analysis").is_in(["attrition", "missing_data"]))
    assert by_rows.height > 0
    assert set(by_rows["status"]) == {"not_estimable"}
    assert by_rows["note"].str.contains("single rows").all()


def renamed(rows: list[Row]) -> list[Row]:
    """Backwards, under other names whose order is another one."""
    schools = sorted({row["school"] for row in rows})
    return [
        row | {"id": f"z{row['id']}", "school": f"{len(schools) - schools.index(row['school'])} x"}
        for row in reversed(rows)
    ]


@pytest.mark.parametrize("seed", [1, 2])
def test_order_and_places_depend_on_answers_alone(
    tmp_path: Path, monkeypatch: Patch, seed: int
) -> None:
    exports = draw_survey(seed, respondents=60)
    studies = [
        make_survey(tmp_path / name, rows, MOOD, CALM, TRUST)
        for name, rows in (("one", exports), ("two", renamed(exports)))
    ]
    one, two = (rows_of(study, monkeypatch).drop("row", "organisation") for study in studies)
    assert_frame_equal(one, two, check_exact=True)


@pytest.mark.parametrize("seed", [1, 2])
def test_pairs_among_the_rows_are_those_of_the_sums(
    tmp_path: Path, monkeypatch: Patch, seed: int
) -> None:
    """What is estimated of rows and what is estimated of sums are of the same pairs."""
    study = make_survey(tmp_path, draw_survey(seed, respondents=60), MOOD, CALM, TRUST)
    material = material_of(study, monkeypatch)
    for phase in study.phases:
        for comparison in study.comparisons:
            if phase.id not in comparison.phases:
                continue
            rows = material.rows(phase, comparison)
            assert rows is not None
            for outcome in phase.outcomes:
                score = study.scores[outcome]
                sums = material.sums(score, phase, comparison, None)
                both = rows.drop_nulls(post(outcome))
                assert both.height == sums.size
                assert both[pre(outcome)].sum() == sums.sum_pre.sum()
                assert both[post(outcome)].sum() == sums.sum_post.sum()


def test_levels_have_plain_ids_each_its_own() -> None:
    texts = ["Year 5", "year-5", "", "Åse", "???", "Year 5"]
    ids = level_ids("year", texts)
    assert ids == {
        "": "year_not_known",
        "???": "year_level",
        "Year 5": "year_year_5",
        "year-5": "year_year_5_2",
        "Åse": "year_ase",
    }
