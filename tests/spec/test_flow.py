"""How many were invited, responded, are eligible, were matched and analysed, on every engine."""

from pathlib import Path
from typing import Any

import polars as pl

from peereval.pipeline import analyse
from support.soundness import assert_sound
from support.studies import CALM, MEDIUM, MOOD, ONE_WAVE, SHORT, band_levels, make_scale, make_study
from support.tables import assert_table, read_table

HELP = {"id": "help", "kind": "yes_no", "columns": "help"}


def flow_of(folder: Path, answers: Any, engine: str, *scales: Any, **settings: Any) -> pl.DataFrame:
    study = make_study(folder, answers, *(scales or (MOOD,)), **settings)
    results = analyse(study, engine).tables["results"]
    assert_sound(results)
    return results.filter(analysis="flow")


# --- invited, responded, eligible -----------------------------------------------------------

_ROWS = """
    id  school  role     when  version  class  mood
    k1  north   -        b1    young    7x     1
    k2  north   -        b1    young    7x     2
    k2  north   -        b1    young    7x     2
    -   south   -        b1    young    7x     2
    s1  south   -        b1    young    staff  2
    k3  -       -        b1    young    7x     3
    k4  east    -        b1    old      7x     4
    k1  north   mentor   f1    young    7x     1
    k3  south   neither  f1    young    7x     3
    k4  east    -        f1    young    7x     4
    k5  east    both     f1    young    7x     4
"""
_SETTINGS = {
    "phases": ["young", "old"],
    "exclude": [{"column": "class", "values": ["staff"], "reason": "staff"}],
}


def test_responses_and_the_eligible_ones_are_counted_by_phase_and_occasion(
    tmp_path: Path, engine: str
) -> None:
    """Eligible: not set aside, with an id, one a respondent and occasion."""
    flow = flow_of(tmp_path, _ROWS, engine, **_SETTINGS)
    expected = """
        phase  level  n  n_organisations
        young  b1     6  2
        young  f1     4  3
        young  b2     0  0
        young  f2     0  0
        old    b1     1  1
        old    f1     0  0
        old    b2     0  0
        old    f2     0  0
    """
    assert_table(flow.filter(estimand="n_responses"), expected)
    expected = """
        phase  level  n  n_organisations
        young  b1     3  1
        young  f1     4  3
        young  b2     0  0
        young  f2     0  0
        old    b1     1  1
        old    f1     0  0
        old    b2     0  0
        old    f2     0  0
    """
    assert_table(flow.filter(estimand="n_eligible", group=""), expected)
    ids = flow.filter(phase="young", level="b1", group="")["estimate_id"].to_list()
    assert ids == ["flow.count.young.b1.n_responses", "flow.count.young.b1.n_eligible"]


def test_eligible_ones_are_counted_by_group_where_roles_were_asked(
    tmp_path: Path, engine: str
) -> None:
    flow = flow_of(tmp_path, _ROWS, engine, **_SETTINGS)
    groups = flow.filter(pl.col("group") != "", estimand="n_eligible", phase="young")
    expected = """
        group   level  estimate  n  status
        helped  b1     -         0  not_estimable
        others  b1     -         0  not_estimable
        helped  f1     2         2  ok
        others  f1     1         1  ok
        helped  b2     -         0  not_estimable
        others  b2     -         0  not_estimable
        helped  f2     -         0  not_estimable
        others  f2     -         0  not_estimable
    """
    assert_table(groups, expected)
    blank = groups.filter(status="not_estimable")
    assert set(blank["note"]) == {"no response of this occasion says its role"}


def test_invited_are_those_that_the_study_gives(tmp_path: Path, engine: str) -> None:
    invited = [
        {"occasion": "b1", "phase": "young", "n": 50},
        {"occasion": "b1", "phase": "old", "n": 7},
        {"occasion": "f1", "n": 60},
    ]
    flow = flow_of(tmp_path, _ROWS, engine, **_SETTINGS, invited=invited)
    expected = """
        estimate_id                   | phase | level | estimate | n  | status | unit
        flow.count.f1.n_invited       | -     | f1    | 60       | 60 | ok     | young people
        flow.count.young.b1.n_invited | young | b1    | 50       | 50 | ok     | young people
        flow.count.old.b1.n_invited   | old   | b1    | 7        | 7  | ok     | young people
    """
    assert_table(flow.filter(estimand="n_invited"), expected)


def test_where_nobody_says_how_many_were_invited_there_is_no_row(
    tmp_path: Path, engine: str
) -> None:
    flow = flow_of(tmp_path, _ROWS, engine, **_SETTINGS)
    assert flow.filter(estimand="n_invited").is_empty()


def test_more_may_respond_than_were_invited(tmp_path: Path, engine: str) -> None:
    invited = [{"occasion": "b1", "phase": "young", "n": 2}]
    flow = flow_of(tmp_path, _ROWS, engine, **_SETTINGS, invited=invited)
    here = flow.filter(phase="young", level="b1", group="")
    assert_table(here, "estimand estimate\nn_invited 2\nn_responses 6\nn_eligible 3")


def test_rows_without_an_organisation_are_of_none(tmp_path: Path, engine: str) -> None:
    answers = "id when mood\nk1 b1 1\nk1 f1 2"
    flow = flow_of(tmp_path, answers, engine, columns={"respondent": "id"}, groups=[])
    assert set(flow["n_organisations"]) == {0}
    assert flow.filter(level="b1", estimand="n_eligible")["n"].item() == 1


# --- matched, analysed ----------------------------------------------------------------------

_PAIRS = """
    id  school  role     when  mood  calm  help
    k1  north   mentor   b1    1     1     Yes
    k1  north   mentor   f1    2     2     No
    k2  north   neither  b1    1     -     Yes
    k2  north   neither  f1    2     2     Yes
    k3  south   neither  b1    1     1     -
    k3  south   neither  f1    -     2     No
    k4  south   -        b1    1     1     Yes
    k4  south   -        f1    2     -     No
    k5  -       both     b1    -     -     Yes
    k5  -       both     f1    -     -     Yes
    k6  east    mentor   b1    5     5     Yes
"""


def test_those_analysed_are_counted_for_every_outcome_and_group(
    tmp_path: Path, engine: str
) -> None:
    flow = flow_of(tmp_path, _PAIRS, engine, MOOD, CALM, questions=[HELP])
    assert_table(flow.filter(estimand="n_matched"), "group n\nall 5\nhelped 2\nothers 2")
    expected = """
        outcome     group   estimate  n  n_organisations  level
        mood_total  all     3         3  2                -
        mood_total  helped  1         1  1                -
        mood_total  others  1         1  1                -
        calm_total  all     2         2  2                -
        calm_total  helped  1         1  1                -
        calm_total  others  1         1  1                -
        help        all     4         4  2                -
        help        helped  2         2  1                -
        help        others  1         1  1                -
    """
    analysed = flow.filter(estimand="n_analysed")
    assert_table(analysed, expected)
    assert analysed["estimate_id"][0] == "flow.count.young.change.all.mood_total.n_analysed"


def test_those_analysed_are_those_behind_the_estimates(tmp_path: Path, engine: str) -> None:
    bands = [{"id": "bands", "score": "total", "levels": band_levels(low=0, high=2)}]
    banded = make_scale("calm", "calm", bands=bands)
    study = make_study(
        tmp_path, _PAIRS, MOOD, banded, questions=[HELP], outcomes=["mood_total"],
        bands=["calm_bands"],
    )  # fmt: skip
    results = analyse(study, engine).tables["results"]
    rows = results.filter(estimand="n_analysed").rows_by_key(["outcome", "group"], named=True)
    analysed = {key: row[0]["n"] for key, row in rows.items()}
    behind = {}
    for row in results.filter(pl.col("analysis") != "flow").iter_rows(named=True):
        outcome = "calm_total" if row["outcome"] == "calm_bands" else row["outcome"]
        if row["analysis"] != "did":
            behind.setdefault((outcome, row["group"]), set()).add(row["n"])
    assert analysed.keys() == behind.keys()
    for key, n in analysed.items():
        # A share that cannot be estimated has nobody behind it.
        assert behind[key] <= {n, 0}, key


def test_score_that_is_banded_and_an_outcome_is_counted_once(tmp_path: Path, engine: str) -> None:
    bands = [{"id": "bands", "score": "total", "levels": band_levels(low=0, high=2)}]
    banded = make_scale("mood", "mood", bands=bands)
    flow = flow_of(tmp_path, _PAIRS, engine, banded, CALM, bands=["mood_bands"])
    expected = "outcome n\nmood_total 3\ncalm_total 2"
    assert_table(flow.filter(estimand="n_analysed", group="all"), expected)


def test_groups_of_one_kind_of_analysis_are_counted_for_that(tmp_path: Path, engine: str) -> None:
    groups = [
        {"id": "mentors", "roles": ["mentor"], "only": ["questions"]},
        {"id": "others", "roles": ["neither"], "only": ["scores"]},
    ]
    question = {**HELP, "groups": ["mentors"]}
    flow = flow_of(tmp_path, _PAIRS, engine, MOOD, questions=[question], groups=groups)
    expected = """
        outcome     group    n
        mood_total  all      3
        mood_total  others   1
        help        mentors  1
    """
    assert_table(flow.filter(estimand="n_analysed"), expected)
    assert_table(flow.filter(estimand="n_matched"), "group n\nall 5\nothers 2")


def test_respondents_of_two_waves_count_once_and_of_each_comparison(
    tmp_path: Path, engine: str
) -> None:
    answers = """
        id  school  role    when  mood  calm
        k1  north   mentee  b1    1     -
        k1  north   mentee  f1    2     1
        k1  north   mentee  b2    3     3
        k1  north   mentee  f2    4     4
        k2  north   mentee  b1    3     3
        k2  north   mentee  f2    4     4
    """
    flow = flow_of(tmp_path, answers, engine, MOOD, CALM, comparisons=[SHORT, MEDIUM])
    expected = """
        comparison  estimand    outcome     n
        short       n_matched   -           1
        short       n_analysed  mood_total  1
        short       n_analysed  calm_total  1
        medium      n_matched   -           2
        medium      n_analysed  mood_total  2
        medium      n_analysed  calm_total  1
    """
    assert_table(flow.filter(pl.col("comparison") != "", group="all"), expected)


def test_comparison_of_one_phase_has_no_rows_for_the_others(tmp_path: Path, engine: str) -> None:
    only = {**ONE_WAVE, "phases": ["young"]}
    flow = flow_of(tmp_path, _ROWS, engine, **_SETTINGS, comparisons=[only])
    assert set(flow.filter(comparison="change")["phase"]) == {"young"}


def test_those_of_whom_a_pair_is_dropped_are_not_matched(tmp_path: Path, engine: str) -> None:
    rows = read_table(_PAIRS)
    rows[1]["school"] = "elsewhere"
    flow = flow_of(tmp_path, rows, engine, MOOD, conflicts={"organisation": "drop"})
    expected = "estimand group n\nn_matched all 4\nn_analysed all 2"
    assert_table(flow.filter(pl.col("comparison") != "", group="all"), expected)
