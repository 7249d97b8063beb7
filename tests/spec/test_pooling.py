"""Several waves as one comparison, and comparisons that share occasions."""

from pathlib import Path

from peereval.pipeline import analyse, match_study
from support.studies import CALM, MEDIUM, MOOD, SHORT, make_study
from support.tables import assert_table

_BOTH_WAVES = """
    id  school  role    when  mood  calm
    k1  north   mentee  b1    1     1
    k1  north   mentee  f1    2     2
    k1  north   mentee  b2    3     3
    k1  north   mentee  f2    4     4
"""


def test_respondent_of_two_waves_counts_once_with_the_first(tmp_path: Path, engine: str) -> None:
    run = analyse(make_study(tmp_path, _BOTH_WAVES, MOOD, CALM, comparisons=[SHORT]), engine)
    expected = """
        before  after  counted  n_outcomes  n_complete  pre_mood_total  post_mood_total
        b1      f1     yes      2           2           1               2
        b2      f2     no       0           2           -               -
    """
    assert_table(run.tables["pairs"], expected)
    expected = """
        occasion  comparison  status  n_outcomes
        b1        short       used    2
        f1        short       used    2
        b2        short       pooled  0
        f2        short       pooled  0
    """
    assert_table(run.tables["ledger"], expected)
    matched = run.tables["results"].filter(estimand="n_matched", group="all")
    assert_table(matched, "estimate n\n1 1")


def test_setting_last_complete_counts_the_last_wave(tmp_path: Path, engine: str) -> None:
    study = make_study(
        tmp_path,
        _BOTH_WAVES,
        MOOD,
        CALM,
        comparisons=[SHORT],
        matching={"pooling": "last_complete"},
    )
    tables = match_study(study, engine).tables
    expected = """
        before  after  counted  n_outcomes  pre_mood_total  post_mood_total
        b1      f1     no       0           -               -
        b2      f2     yes      2           3               4
    """
    assert_table(tables["pairs"], expected)
    expected = """
        occasion  status
        b1        pooled
        f1        pooled
        b2        used
        f2        used
    """
    assert_table(tables["ledger"], expected)


def test_outcome_complete_only_in_the_second_wave_uses_it_while_another_uses_the_first(
    tmp_path: Path, engine: str
) -> None:
    answers = """
        id  school  role    when  mood  calm
        k1  north   mentee  b1    1     1
        k1  north   mentee  f1    2     -
        k1  north   mentee  b2    3     3
        k1  north   mentee  f2    4     4
    """
    run = analyse(make_study(tmp_path, answers, MOOD, CALM, comparisons=[SHORT]), engine)
    expected = """
        before  counted  n_outcomes  pre_mood_total  post_mood_total  pre_calm_total
        b1      yes      1           1               2                -
        b2      no       1           -               -                3
    """
    assert_table(run.tables["pairs"], expected)
    expected = """
        occasion  status  n_outcomes
        b1        used    1
        f1        used    1
        b2        used    1
        f2        used    1
    """
    assert_table(run.tables["ledger"], expected)
    means = run.tables["results"].filter(
        analysis="paired", method="descriptive", estimand="mean_post", group="all"
    )
    assert_table(means, "outcome estimate n\nmood_total 2 1\ncalm_total 4 1")


def test_last_complete_falls_back_to_the_first_wave(tmp_path: Path, engine: str) -> None:
    answers = """
        id  school  role    when  mood  calm
        k1  north   mentee  b1    1     1
        k1  north   mentee  f1    2     2
        k1  north   mentee  b2    3     3
        k1  north   mentee  f2    4     -
    """
    study = make_study(
        tmp_path, answers, MOOD, CALM, comparisons=[SHORT], matching={"pooling": "last_complete"}
    )
    expected = """
        before  pre_mood_total  pre_calm_total  counted
        b1      -               1               no
        b2      3               -               yes
    """
    assert_table(match_study(study, engine).tables["pairs"], expected)


def test_respondents_of_either_wave_are_pooled(tmp_path: Path, engine: str) -> None:
    answers = """
        id  school  role     when  mood
        k1  north   mentee   b1    1
        k1  north   mentee   f1    2
        k2  south   neither  b2    3
        k2  south   neither  f2    4
        k3  south   mentor   b1    5
        k3  south   mentor   f2    6
        k4  south   mentor   f1    5
        k4  south   mentor   b2    6
    """
    tables = match_study(make_study(tmp_path, answers, MOOD, comparisons=[SHORT]), engine).tables
    expected = """
        respondent  comparison  before  after  role     pre_mood_total  post_mood_total  counted
        k1          short       b1      f1     mentee   1               2                yes
        k2          short       b2      f2     neither  3               4                yes
    """
    assert_table(tables["pairs"], expected)
    expected = """
        respondent  occasion  status
        k1          b1        used
        k1          f1        used
        k2          b2        used
        k2          f2        used
        k3          b1        unmatched
        k3          f2        unmatched
        k4          f1        unmatched
        k4          b2        unmatched
    """
    assert_table(tables["ledger"], expected)


def test_role_of_each_outcome_is_that_of_the_wave_that_it_uses(tmp_path: Path, engine: str) -> None:
    answers = """
        id  school  role     when  mood  calm
        k1  north   neither  b1    1     1
        k1  north   neither  f1    2     -
        k1  north   neither  b2    3     3
        k1  north   mentor   f2    4     4
    """
    run = analyse(make_study(tmp_path, answers, MOOD, CALM, comparisons=[SHORT]), engine)
    expected = """
        outcome     role     n  sum_pre
        mood_total  neither  1  1
        calm_total  mentor   1  3
    """
    assert run.moments is not None
    assert_table(run.moments.cells, expected)


def test_wave_answered_with_another_questionnaire_gives_way_to_the_next(
    tmp_path: Path, engine: str
) -> None:
    answers = """
        id  school  role    when  version  mood
        k1  north   mentee  b1    young    1
        k1  north   mentee  f1    old      2
        k1  north   mentee  b2    old      3
        k1  north   mentee  f2    old      4
    """
    study = make_study(tmp_path, answers, MOOD, phases=["young", "old"], comparisons=[SHORT])
    tables = match_study(study, engine).tables
    assert_table(
        tables["pairs"], "before phase pre_mood_total post_mood_total counted\nb2 old 3 4 yes"
    )
    expected = """
        occasion  status
        b1        phase_differs
        f1        phase_differs
        b2        used
        f2        used
    """
    assert_table(tables["ledger"], expected)


def test_wave_without_a_complete_outcome_is_unscored_and_the_other_is_used(
    tmp_path: Path, engine: str
) -> None:
    answers = """
        id  school  role    when  mood  calm
        k1  north   mentee  b1    1     -
        k1  north   mentee  f1    -     2
        k1  north   mentee  b2    3     3
        k1  north   mentee  f2    4     4
    """
    study = make_study(tmp_path, answers, MOOD, CALM, comparisons=[SHORT])
    tables = match_study(study, engine).tables
    expected = """
        before  pre_mood_total  pre_calm_total  n_complete  n_outcomes
        b1      -               -               0           0
        b2      3               3               2           2
    """
    assert_table(tables["pairs"], expected)
    expected = """
        occasion  status
        b1        unscored
        f1        unscored
        b2        used
        f2        used
    """
    assert_table(tables["ledger"], expected)


def test_waves_are_pooled_within_an_organisation_where_ids_are_unique_only_there(
    tmp_path: Path, engine: str
) -> None:
    answers = """
        id  school  role    when  mood
        k1  north   mentee  b1    1
        k1  north   mentee  f1    2
        k1  south   mentee  b2    3
        k1  south   mentee  f2    4
    """
    study = make_study(
        tmp_path, answers, MOOD, comparisons=[SHORT], matching={"id_scope": "organisation"}
    )
    expected = """
        organisation  pre_mood_total  counted
        north         1               yes
        south         3               yes
    """
    assert_table(match_study(study, engine).tables["pairs"], expected)


def test_outcome_is_taken_from_the_first_wave_whose_phase_analyses_it(
    tmp_path: Path, engine: str
) -> None:
    """A pupil who moved up: what the first questionnaire asks in passing must not be counted."""
    answers = """
        id  school  role    when  version  mood  calm
        k1  north   mentee  b1    young    1     1
        k1  north   mentee  f1    young    2     2
        k1  north   mentee  b2    old      3     3
        k1  north   mentee  f2    old      4     4
    """
    outcomes = {"young": ["mood_total"], "old": ["mood_total", "calm_total"]}
    study = make_study(
        tmp_path,
        answers,
        MOOD,
        CALM,
        phases=["young", "old"],
        comparisons=[SHORT],
        outcomes=outcomes,
    )
    means = analyse(study, engine).tables["results"].filter(estimand="mean_pre", group="all")
    expected = """
        phase  outcome     estimate  n
        young  mood_total  1         1
        old    mood_total  -         0
        old    calm_total  3         1
    """
    assert_table(means, expected)


def test_medium_term_spans_the_waves_and_is_made_of_its_own_pairs(
    tmp_path: Path, engine: str
) -> None:
    answers = """
        id  school  role     when  version  mood
        k1  north   neither  b1    young    1
        k1  north   neither  f1    young    2
        k1  north   neither  b2    young    3
        k1  north   mentor   f2    young    4
        k2  north   mentor   b1    young    5
        k2  north   mentor   f2    young    6
        k3  north   mentor   b1    old      7
        k3  north   mentor   f2    old      8
    """
    comparisons = [SHORT, {**MEDIUM, "phases": ["young"]}]
    study = make_study(tmp_path, answers, MOOD, phases=["young", "old"], comparisons=comparisons)
    run = analyse(study, engine)
    expected = """
        respondent  comparison  before  after  role     pre_mood_total  post_mood_total  counted
        k1          short       b1      f1     neither  1               2                yes
        k1          short       b2      f2     mentor   -               -                no
        k1          medium      b1      f2     mentor   1               4                yes
        k2          medium      b1      f2     mentor   5               6                yes
    """
    assert_table(run.tables["pairs"], expected)
    expected = """
        respondent  occasion  comparison  status
        k1          b1        short       used
        k1          f1        short       used
        k1          b2        short       pooled
        k1          f2        short       pooled
        k1          b1        medium      used
        k1          f2        medium      used
        k2          b1        short       unmatched
        k2          f2        short       unmatched
        k2          b1        medium      used
        k2          f2        medium      used
        k3          b1        short       unmatched
        k3          f2        short       unmatched
    """
    assert_table(run.tables["ledger"], expected)
    matched = run.tables["results"].filter(estimand="n_matched", group="all")
    expected = """
        phase  comparison  n
        young  short       1
        young  medium      2
        old    short       0
    """
    assert_table(matched, expected)


def test_row_may_end_one_pair_and_begin_the_next(tmp_path: Path, engine: str) -> None:
    chain = {"id": "chain", "pairs": [["b1", "f1"], ["f1", "b2"]]}
    answers = """
        id  school  role    when  mood
        k1  north   mentee  f1    2
        k1  north   mentee  b2    3
        k2  north   mentee  b1    4
        k2  north   mentee  f1    5
        k2  north   mentee  b2    6
    """
    tables = match_study(make_study(tmp_path, answers, MOOD, comparisons=[chain]), engine).tables
    expected = """
        respondent  before  pre_mood_total  post_mood_total  counted
        k1          f1      2               3                yes
        k2          b1      4               5                yes
        k2          f1      -               -                no
    """
    assert_table(tables["pairs"], expected)
    expected = """
        respondent  occasion  status
        k1          f1        used
        k1          b2        used
        k2          b1        used
        k2          f1        used
        k2          b2        pooled
    """
    assert_table(tables["ledger"], expected)
