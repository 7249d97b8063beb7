"""Who is compared with whom, on every engine."""

from pathlib import Path

import pytest

from peereval.errors import DuplicateError, StudyError
from peereval.pipeline import analyse, match_study
from peereval.reading import read_answers
from support.studies import CALM, MOOD, make_study
from support.tables import assert_table, read_table

# --- ids ------------------------------------------------------------------------------------


def test_pairs_are_made_by_id_and_never_by_order(tmp_path: Path, engine: str) -> None:
    answers = """
        id  school  role    when  mood
        k1  north   mentee  b1    1
        k2  north   mentee  b1    2
        k3  south   mentee  b1    3
        k3  south   mentee  f1    6
        k1  north   mentee  f1    4
        k2  north   mentee  f1    5
    """
    study = make_study(tmp_path, answers, MOOD)
    expected = """
        respondent  comparison  before  after  phase  pre_mood_total  post_mood_total  counted
        k1          change      b1      f1     young  1               4                yes
        k2          change      b1      f1     young  2               5                yes
        k3          change      b1      f1     young  3               6                yes
    """
    assert_table(match_study(study, engine).tables["pairs"], expected)


@pytest.mark.parametrize(
    ("one", "other"),
    [("0012", "12"), ("12", "12.0"), ("1e5", "100000"), ("k1", "K1"), ("k1", "k·1")],
)
def test_ids_that_are_written_differently_are_different(
    tmp_path: Path, engine: str, one: str, other: str
) -> None:
    answers = f"""
        id       school  role    when  mood
        {one}    north   mentee  b1    1
        {other}  north   mentee  f1    2
        k9       north   mentee  b1    3
        k9       north   mentee  f1    4
    """
    tables = match_study(make_study(tmp_path, answers, MOOD), engine).tables
    assert_table(tables["pairs"], "respondent pre_mood_total post_mood_total\nk9 3 4")
    expected = f"""
        respondent  occasion  status
        {one}       b1        unmatched
        {other}     f1        unmatched
        k9          b1        used
        k9          f1        used
    """
    assert_table(tables["ledger"], expected)


def test_spaces_around_an_id_do_not_count_and_the_original_is_kept(
    tmp_path: Path, engine: str
) -> None:
    answers = """
        id      school  role    when  mood
        ·k1     north   mentee  b1    1
        k1··    north   mentee  f1    2
    """
    study = make_study(tmp_path, answers, MOOD)
    assert_table(
        match_study(study, engine).tables["pairs"],
        "respondent pre_mood_total post_mood_total\nk1 1 2",
    )
    expected = """
        respondent  respondent_as_written
        k1          ·k1
        k1          k1··
    """
    assert_table(read_answers(study).frame, expected)


def test_blank_ids_never_match_each_other(tmp_path: Path, engine: str) -> None:
    answers = """
        id  school  role    when  mood
        -   north   mentee  b1    1
        -   north   mentee  f1    2
        ·   north   mentee  b1    3
        ·   north   mentee  f1    4
        -   north   mentee  f1    5
    """
    tables = match_study(make_study(tmp_path, answers, MOOD), engine).tables
    assert tables["pairs"].is_empty()
    expected = """
        source_row  respondent  comparison  status  n_outcomes
        2           -           -           no_id   0
        3           -           -           no_id   0
        4           -           -           no_id   0
        5           -           -           no_id   0
        6           -           -           no_id   0
    """
    assert_table(tables["ledger"], expected)


# Whoever writes them has no id, and two who do are not one respondent. It is said, not lost.
@pytest.mark.parametrize("name", ["None", "NA", "N/A", "null", "NULL", "nan", "NaN"])
def test_word_that_stands_for_no_id_is_none(tmp_path: Path, engine: str, name: str) -> None:
    answers = f"""
        id      school  role    when  mood
        {name}  north   mentee  b1    1
        {name}  north   mentee  f1    2
        -       north   mentee  f1    9
    """
    matching = match_study(make_study(tmp_path, answers, MOOD), engine)
    assert matching.tables["pairs"].is_empty()
    assert matching.tables["ledger"]["status"].to_list() == ["no_id"] * 3
    assert [fault.count for fault in matching.findings if fault.code == "ID009"] == [2]


@pytest.mark.parametrize("name", ["Nona", "NA7", "nullx", "inf", "1e5", "True"])
def test_id_that_libraries_take_for_something_else_is_an_id(
    tmp_path: Path, engine: str, name: str
) -> None:
    answers = f"""
        id      school  role    when  mood
        {name}  north   mentee  b1    1
        {name}  north   mentee  f1    2
        -       north   mentee  f1    9
    """
    tables = match_study(make_study(tmp_path, answers, MOOD), engine).tables
    assert_table(tables["pairs"], f"respondent post_mood_total\n{name} 2")


def test_same_id_in_two_organisations_is_one_respondent_unless_the_study_says_otherwise(
    tmp_path: Path, engine: str
) -> None:
    answers = """
        id  school  role    when  mood
        k1  north   mentee  b1    1
        k1  south   mentee  b1    -
        k1  south   mentee  f1    4
        k1  north   mentee  f1    -
    """
    study = make_study(tmp_path / "study", answers, MOOD)
    assert_table(
        match_study(study, engine).tables["pairs"],
        "respondent organisation pre_mood_total post_mood_total\nk1 north 1 4",
    )
    scoped = make_study(
        tmp_path / "organisation", answers, MOOD, matching={"id_scope": "organisation"}
    )
    expected = """
        respondent  organisation  pre_mood_total  post_mood_total  n_outcomes
        k1          north         -               -                0
        k1          south         -               -                0
    """
    assert_table(match_study(scoped, engine).tables["pairs"], expected)


def test_ids_unique_within_organisations_match_within_them(tmp_path: Path, engine: str) -> None:
    answers = """
        id  school  role    when  mood
        k1  north   mentee  b1    1
        k1  south   mentee  b1    2
        k1  south   mentee  f1    3
        k1  north   mentee  f1    4
        k2  north   mentee  b1    5
        k2  south   mentee  f1    6
    """
    study = make_study(tmp_path, answers, MOOD, matching={"id_scope": "organisation"})
    tables = match_study(study, engine).tables
    expected = """
        respondent  organisation  pre_mood_total  post_mood_total
        k1          north         1               4
        k1          south         2               3
    """
    assert_table(tables["pairs"], expected)
    expected = """
        source_row  status
        2           used
        3           used
        4           used
        5           used
        6           unmatched
        7           unmatched
    """
    assert_table(tables["ledger"], expected)


def test_blank_organisations_never_match_where_ids_are_unique_only_within_one(
    tmp_path: Path, engine: str
) -> None:
    answers = """
        id  school  role    when  mood
        k1  -       mentee  b1    1
        k1  -       mentee  f1    2
        k2  north   mentee  b1    3
        k2  north   mentee  f1    4
    """
    study = make_study(tmp_path, answers, MOOD, matching={"id_scope": "organisation"})
    tables = match_study(study, engine).tables
    assert_table(tables["pairs"], "respondent post_mood_total\nk2 4")
    expected = """
        respondent  occasion  status
        k1          b1        no_id
        k1          f1        no_id
        k2          b1        used
        k2          f1        used
    """
    assert_table(tables["ledger"], expected)


# --- values ---------------------------------------------------------------------------------


def test_each_outcome_has_its_own_pairs(tmp_path: Path, engine: str) -> None:
    """A value without its partner is in no pair, and does not cost the other outcome its own."""
    answers = """
        id  school  role    when  mood  calm
        k1  north   mentee  b1    1     1
        k1  north   mentee  f1    2     2
        k2  north   mentee  b1    3     -
        k2  north   mentee  f1    4     4
        k3  north   mentee  b1    5     5
        k3  north   mentee  f1    -     6
        k4  north   mentee  b1    7     -
        k4  north   mentee  f1    -     8
    """
    run = analyse(make_study(tmp_path, answers, MOOD, CALM), engine)
    expected = """
        respondent  pre_mood_total  post_mood_total  pre_calm_total  post_calm_total  n_outcomes
        k1          1               2                1               2                2
        k2          3               4                -               -                1
        k3          -               -                5               6                1
        k4          -               -                -               -                0
    """
    assert_table(run.tables["pairs"], expected)
    means = run.tables["results"].filter(
        analysis="paired", method="descriptive", estimand="mean_pre", group="all"
    )
    assert_table(means, "outcome estimate n\nmood_total 2 2\ncalm_total 3 2")
    matched = run.tables["results"].filter(estimand="n_matched", group="all")
    assert_table(matched, "estimate n\n4 4")


def test_role_is_the_one_at_follow_up_else_the_one_at_baseline(tmp_path: Path, engine: str) -> None:
    answers = """
        id  school  role     when  mood
        k1  north   neither  b1    1
        k1  north   mentor   f1    2
        k2  north   mentee   b1    1
        k2  north   -        f1    2
        k3  north   -        b1    1
        k3  north   both     f1    2
        k4  north   -        b1    1
        k4  north   -        f1    2
        k5  north   mentor   b1    1
        k5  north   pupil    f1    2
    """
    run = analyse(make_study(tmp_path, answers, MOOD), engine)
    expected = """
        respondent  role
        k1          mentor
        k2          mentee
        k3          both
        k4          -
        k5          mentor
    """
    assert_table(run.tables["pairs"], expected)
    matched = run.tables["results"].filter(estimand="n_matched")
    assert_table(matched, "group n\nall 5\nhelped 4\nothers 0")


def test_organisation_is_the_one_at_baseline_else_the_one_at_follow_up(
    tmp_path: Path, engine: str
) -> None:
    answers = """
        id  school  role    when  mood
        k1  north   mentee  b1    1
        k1  south   mentee  f1    2
        k2  -       mentee  b1    1
        k2  south   mentee  f1    2
        k3  north   mentee  b1    1
        k3  -       mentee  f1    2
        k4  -       mentee  b1    1
        k4  -       mentee  f1    2
    """
    expected = """
        respondent  organisation
        k1          north
        k2          south
        k3          north
        k4          -
    """
    study = make_study(tmp_path, answers, MOOD)
    assert_table(match_study(study, engine).tables["pairs"], expected)


def test_questions_are_compared_where_no_score_is(tmp_path: Path, engine: str) -> None:
    answers = """
        id  school  role    when  mood  help
        k1  north   mentee  b1    1     Yes
        k1  north   mentee  f1    2     No
    """
    question = {"id": "help", "kind": "yes_no", "columns": "help"}
    study = make_study(tmp_path, answers, MOOD, outcomes=[], questions=[question])
    assert_table(match_study(study, engine).tables["pairs"], "pre_help post_help n_outcomes\n1 0 1")


def test_study_that_compares_nothing_is_refused(tmp_path: Path, engine: str) -> None:
    answers = """
        id  school  role    when  mood
        k1  north   mentee  b1    1
        k1  north   mentee  f1    2
    """
    with pytest.raises(StudyError):
        match_study(make_study(tmp_path, answers, MOOD, outcomes=[]), engine)


# --- phases ---------------------------------------------------------------------------------


def test_questionnaires_of_different_phases_are_not_compared(tmp_path: Path, engine: str) -> None:
    answers = """
        id  school  role    when  version  mood
        k1  north   mentee  b1    young    1
        k1  north   mentee  f1    old      2
        k2  north   mentee  b1    young    3
        k2  north   mentee  f1    young    4
        k3  north   mentee  b1    old      5
        k3  north   mentee  f1    old      6
    """
    run = analyse(make_study(tmp_path, answers, MOOD, phases=["young", "old"]), engine)
    expected = """
        respondent  phase  pre_mood_total  post_mood_total
        k2          young  3               4
        k3          old    5               6
    """
    assert_table(run.tables["pairs"], expected)
    expected = """
        respondent  occasion  phase  status
        k1          b1        young  phase_differs
        k1          f1        old    phase_differs
        k2          b1        young  used
        k2          f1        young  used
        k3          b1        old    used
        k3          f1        old    used
    """
    assert_table(run.tables["ledger"], expected)
    matched = run.tables["results"].filter(estimand="n_matched", group="all")
    assert_table(matched, "phase n\nyoung 1\nold 1")


def test_comparison_is_made_only_of_its_phases(tmp_path: Path, engine: str) -> None:
    answers = """
        id  school  role    when  version  mood
        k1  north   mentee  b1    young    1
        k1  north   mentee  f1    young    2
        k2  north   mentee  b1    old      3
        k2  north   mentee  f1    old      4
    """
    comparison = {"id": "change", "pairs": [["b1", "f1"]], "phases": ["young"]}
    study = make_study(tmp_path, answers, MOOD, phases=["young", "old"], comparisons=[comparison])
    run = analyse(study, engine)
    assert_table(run.tables["pairs"], "respondent phase\nk1 young")
    expected = """
        respondent  occasion  comparison  status
        k1          b1        change      used
        k1          f1        change      used
        k2          b1        -           not_compared
        k2          f1        -           not_compared
    """
    assert_table(run.tables["ledger"], expected)
    assert set(run.tables["results"].filter(analysis="paired")["phase"]) == {"young"}


# --- duplicates -----------------------------------------------------------------------------

_TWICE = """
    id  school  role    when  mood  calm
    k1  north   mentee  b1    1     -
    k1  north   mentee  b1    2     2
    k1  north   mentee  b1    3     -
    k1  north   mentee  f1    9     9
"""
_MORE = "another row of this respondent at this occasion is more complete"
_LATER = "another row of this respondent at this occasion is as complete, and later"
_EARLIEST = "an earlier row of this respondent at this occasion was kept"
_LATEST = "a later row of this respondent at this occasion was kept"
_NONE = "the respondent answered more than once at this occasion; none was kept"


@pytest.mark.parametrize(
    ("policy", "kept", "reasons"),
    [
        ("most_complete", 3, {2: _MORE, 4: _MORE}),
        ("first", 2, {3: _EARLIEST, 4: _EARLIEST}),
        ("last", 4, {2: _LATEST, 3: _LATEST}),
        ("drop", 0, {2: _NONE, 3: _NONE, 4: _NONE}),
    ],
)
def test_policy_says_which_of_several_rows_is_kept(
    tmp_path: Path, engine: str, policy: str, kept: int, reasons: dict[int, str]
) -> None:
    study = make_study(tmp_path, _TWICE, MOOD, CALM, matching={"duplicates": policy})
    tables = match_study(study, engine).tables
    pairs = {2: "2 5 1 9", 3: "3 5 2 9", 4: "4 5 3 9"}
    drawn = "pre_row post_row pre_mood_total post_mood_total\n" + pairs.get(kept, "")
    assert_table(tables["pairs"], drawn)
    used = {kept: "used", 5: "used"} if kept else {5: "unmatched"}
    statuses = used | dict.fromkeys(reasons, "duplicate")
    ledger = tables["ledger"]
    assert dict(ledger.select("source_row", "status").iter_rows()) == statuses
    lost = ledger.filter(status="duplicate")
    assert dict(lost.select("source_row", "reason").iter_rows()) == reasons
    assert set(lost["comparison"]) == {""}


def test_of_equally_complete_rows_the_last_is_kept(tmp_path: Path, engine: str) -> None:
    answers = """
        id  school  role    when  mood  calm
        k1  north   mentee  b1    1     1
        k1  north   mentee  b1    2     2
        k1  north   mentee  b1    3     -
        k1  north   mentee  f1    9     9
    """
    tables = match_study(make_study(tmp_path, answers, MOOD, CALM), engine).tables
    assert_table(tables["pairs"], "pre_mood_total post_mood_total\n2 9")
    expected = f"""
        source_row | status    | reason
        2          | duplicate | {_LATER}
        3          | used      | in at least one pair
        4          | duplicate | {_MORE}
        5          | used      | in at least one pair
    """
    assert_table(tables["ledger"], expected)


def test_answers_that_mean_nothing_make_a_row_no_more_complete(tmp_path: Path, engine: str) -> None:
    answers = """
        id  school  role    when  mood  calm
        k1  north   mentee  b1    1     1
        k1  north   mentee  b1    99    ?
        k1  north   mentee  f1    9     9
    """
    tables = match_study(make_study(tmp_path, answers, MOOD, CALM), engine).tables
    assert_table(tables["pairs"], "pre_mood_total pre_calm_total\n1 1")


def test_same_respondent_at_another_occasion_or_a_blank_id_is_no_duplicate(
    tmp_path: Path, engine: str
) -> None:
    answers = """
        id  school  role    when  mood
        k1  north   mentee  b1    1
        k1  north   mentee  f1    2
        k1  north   mentee  b2    3
        -   north   mentee  b1    4
        -   north   mentee  b1    5
    """
    study = make_study(tmp_path, answers, MOOD, matching={"duplicates": "error"})
    expected = """
        source_row  status
        2           used
        3           used
        4           not_compared
        5           no_id
        6           no_id
    """
    assert_table(match_study(study, engine).tables["ledger"], expected)


def test_duplicate_across_exports_and_phases_is_found(tmp_path: Path, engine: str) -> None:
    exports = {
        "one.csv": read_table("""
            id  school  role    when  version  mood
            k1  north   mentee  b1    young    1
            k1  north   mentee  f1    young    2
        """),
        "two.csv": read_table("""
            id  school  role    when  version  mood
            k1  north   mentee  b1    old      5
        """),
    }
    study = make_study(tmp_path, exports, MOOD, phases=["young", "old"])
    expected = """
        source   source_row  status
        one.csv  2           duplicate
        one.csv  3           phase_differs
        two.csv  2           phase_differs
    """
    assert_table(match_study(study, engine).tables["ledger"], expected)


def test_policy_error_stops_the_run_and_names_no_respondent(tmp_path: Path, engine: str) -> None:
    exports = {
        "one.csv": read_table("""
            id     school  role    when  mood
            anna   north   mentee  b1    1
            bella  north   mentee  b1    2
            anna   north   mentee  b1    3
            anna   north   mentee  f1    3
        """),
        "two.csv": read_table("""
            id     school  role    when  mood
            cleo   north   mentee  b1    1
            anna   north   mentee  b1    4
        """),
    }
    study = make_study(tmp_path, exports, MOOD, matching={"duplicates": "error"})
    with pytest.raises(DuplicateError) as caught:
        match_study(study, engine)
    found = [(fault.code, fault.file, fault.row, fault.count) for fault in caught.value.faults]
    assert found == [("DUP001", "one.csv", 2, 2), ("DUP001", "two.csv", 3, 1)]
    assert "anna" not in str(caught.value)


def test_duplicates_are_judged_within_an_organisation_where_ids_are_unique_only_there(
    tmp_path: Path, engine: str
) -> None:
    answers = """
        id  school  role    when  mood
        k1  north   mentee  b1    1
        k1  south   mentee  b1    2
        k1  south   mentee  b1    3
        k1  north   mentee  f1    4
        k1  south   mentee  f1    5
    """
    study = make_study(
        tmp_path, answers, MOOD, matching={"id_scope": "organisation", "duplicates": "last"}
    )
    tables = match_study(study, engine).tables
    expected = """
        organisation  pre_mood_total  post_mood_total
        north         1               4
        south         3               5
    """
    assert_table(tables["pairs"], expected)


def test_ids_of_an_organisation_need_the_organisation(tmp_path: Path, engine: str) -> None:
    """With ids unique only within one, a row without its organisation matches nothing."""
    answers = """
        id  school  role    when  mood
        k1  -       mentee  b1    1
        k1  -       mentee  f1    2
        k1  -       mentee  f1    2
        k1  north   mentee  b1    1
        k1  north   mentee  f1    2
    """
    study = make_study(tmp_path, answers, MOOD, matching={"id_scope": "organisation"})
    matching = match_study(study, engine)
    assert matching.tables["ledger"]["status"].to_list() == [
        "no_id",
        "no_id",
        "no_id",
        "used",
        "used",
    ]
    assert matching.tables["pairs"].height == 1
