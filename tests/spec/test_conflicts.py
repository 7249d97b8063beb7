"""Two responses of one respondent that contradict each other, on every engine."""

from pathlib import Path
from typing import Any

import pytest

from peereval.columns import names
from peereval.errors import ConflictError, Fault
from peereval.pipeline import Matching, analyse, match_study
from peereval.studies import Study
from support.studies import CALM, MEDIUM, MOOD, ONE_WAVE, SHORT, make_study
from support.tables import assert_table, read_table

_COLUMNS = {
    "respondent": "id",
    "organisation": "school",
    "role": "role",
    "date": "day",
    "characteristics": {"year_group": "year"},
}

#: In each pair at most one thing is wrong, and the id says what.
_ODD = """
    id      school  role    when  version  year     day         mood
    fine    north   mentee  b1    young    Year·5   2018-04-01  1
    fine    north   mentee  f1    young    Year·6   2018-07-01  2
    moved   north   mentee  b1    young    Year·5   2018-04-02  3
    moved   south   mentee  f1    young    Year·5   2018-07-02  4
    grew    north   mentee  b1    young    Year·5   2018-04-03  5
    grew    north   mentee  f1    old      Year·6   2018-07-03  6
    shrank  north   mentee  b1    young    Year·5   2018-04-04  7
    shrank  north   mentee  f1    young    Year·4   2018-07-04  8
    jumped  north   mentee  b1    young    Year·5   2018-04-05  9
    jumped  north   mentee  f1    young    Year·7   2018-07-05  1
    early   north   mentee  b1    young    Year·5   2018-04-06  2
    early   north   mentee  f1    young    Year·5   2018-04-05  3
    sameday north   mentee  b1    young    Year·5   2018-04-06  2
    sameday north   mentee  f1    young    Year·5   2018-04-06  3
"""


def odd_study(folder: Path, answers: str = _ODD, **settings: Any) -> Study:
    settings = {"phases": ["young", "old"], "columns": _COLUMNS} | settings
    return make_study(folder, answers, MOOD, **settings)


def fates(matching: Matching) -> dict[str, str]:
    """Respondent -> status, which is the same at both occasions."""
    both = matching.tables["ledger"].select("respondent", "status").unique()
    assert both.height == both["respondent"].n_unique()
    return dict(both.iter_rows())


def said(faults: tuple[Fault, ...]) -> list[tuple[str, str, int | None, tuple[int, ...], int]]:
    return [(f.code, f.file, f.row, f.others, f.count) for f in faults if f.code < "CON005"]


# --- what is done ---------------------------------------------------------------------------


def test_conflicts_are_kept_unless_the_study_says_otherwise_but_for_phases(
    tmp_path: Path, engine: str
) -> None:
    matching = match_study(odd_study(tmp_path), engine)
    assert fates(matching) == {
        "fine": "used", "moved": "used", "grew": "phase_differs", "shrank": "used",
        "jumped": "used", "early": "used", "sameday": "used",
    }  # fmt: skip
    expected = """
        respondent | kind         | before_row | before     | after_row | after      | done
        moved      | organisation | 4          | north      | 5         | south      | kept
        grew       | phase        | 6          | young      | 7         | old        | dropped
        shrank     | year_group   | 8          | 5          | 9         | 4          | kept
        jumped     | year_group   | 10         | 5          | 11        | 7          | kept
        early      | dates        | 12         | 2018-04-06 | 13        | 2018-04-05 | kept
    """
    table = matching.tables["conflicts"]
    assert_table(table, expected)
    assert table.columns == names("conflicts")
    assert set(table["comparison"]) == {"change"}
    assert set(table["before_source"]) == set(table["after_source"]) == {"answers.csv"}


@pytest.mark.parametrize(
    ("kind", "dropped", "reason"),
    [
        ("organisation", {"moved"}, "another organisation"),
        ("year_group", {"shrank", "jumped"}, "year group falls or rises"),
        ("dates", {"early"}, "dated before the baseline"),
    ],
)
def test_study_may_drop_the_pairs_of_one_kind_of_conflict(
    tmp_path: Path, engine: str, kind: str, dropped: set[str], reason: str
) -> None:
    run = analyse(odd_study(tmp_path, conflicts={kind: "drop"}), engine)
    got = fates(run)
    assert {name for name, status in got.items() if status == "conflict"} == dropped
    assert not {*run.tables["pairs"]["respondent"]} & dropped
    lost = run.tables["ledger"].filter(status="conflict")
    assert lost.height == 2 * len(dropped)
    assert all(reason in text for text in lost["reason"])
    assert set(lost["n_outcomes"]) == {0}
    done = run.tables["conflicts"].filter(kind=kind)
    assert set(done["done"]) == {"dropped"}
    matched = run.tables["results"].filter(estimand="n_matched", phase="young", group="all")
    assert matched["n"].to_list() == [6 - len(dropped)]


def test_pair_with_two_conflicts_is_dropped_for_one_and_listed_for_both(
    tmp_path: Path, engine: str
) -> None:
    answers = """
        id  school  role    when  version  year  day         mood
        k1  north   mentee  b1    young    5     2018-04-01  1
        k1  south   mentee  f1    young    4     2018-03-01  2
    """
    matching = match_study(odd_study(tmp_path, answers, conflicts={"dates": "drop"}), engine)
    assert fates(matching) == {"k1": "conflict"}
    expected = """
        kind          done
        organisation  dropped
        year_group    dropped
        dates         dropped
    """
    assert_table(matching.tables["conflicts"], expected)


@pytest.mark.parametrize(
    ("kind", "code", "rows"),
    [
        ("organisation", "CON001", [5]),
        ("phase", "CON002", [7]),
        ("year_group", "CON003", [9, 11]),
        ("dates", "CON004", [13]),
    ],
)
def test_study_may_forbid_a_conflict_and_the_error_names_no_respondent(
    tmp_path: Path, engine: str, kind: str, code: str, rows: list[int]
) -> None:
    study = odd_study(tmp_path, conflicts={kind: "error"})
    with pytest.raises(ConflictError) as caught:
        match_study(study, engine)
    (fault,) = caught.value.faults
    assert (fault.code, fault.file, fault.count) == (code, "answers.csv", len(rows))
    assert [fault.row, *fault.others] == rows
    for respondent in ("moved", "grew", "shrank", "jumped", "early"):
        assert respondent not in str(caught.value)


def test_forbidden_conflicts_of_all_kinds_are_raised_at_once(tmp_path: Path, engine: str) -> None:
    forbidden = dict.fromkeys(("organisation", "phase", "year_group", "dates"), "error")
    with pytest.raises(ConflictError) as caught:
        match_study(odd_study(tmp_path, conflicts=forbidden), engine)
    assert [f.code for f in caught.value.faults] == ["CON001", "CON002", "CON003", "CON004"]


def test_study_without_what_it_forbids_is_analysed(tmp_path: Path, engine: str) -> None:
    forbidden = dict.fromkeys(("organisation", "phase", "year_group", "dates"), "error")
    answers = "\n".join(_ODD.splitlines()[:4])
    assert fates(match_study(odd_study(tmp_path, answers, conflicts=forbidden), engine)) == {
        "fine": "used"
    }


# --- what is a conflict ---------------------------------------------------------------------


def test_what_is_unknown_at_one_occasion_contradicts_nothing(tmp_path: Path, engine: str) -> None:
    answers = """
        id  school  role    when  version  year  day         mood
        k1  north   mentee  b1    young    5     2018-04-01  1
        k1  -       mentee  f1    young    -     -           2
        k2  -       -       b1    young    -     -           1
        k2  north   mentor  f1    young    5     2018-04-01  2
    """
    matching = match_study(odd_study(tmp_path, answers), engine)
    assert matching.tables["conflicts"].is_empty()
    assert [f.code for f in matching.findings if f.code.startswith("CON")] == []


def test_another_spelling_of_an_organisation_is_no_other_organisation(
    tmp_path: Path, engine: str
) -> None:
    answers = """
        id  |  school      |  role    |  when  |  mood
        k1  |  North Park  |  mentee  |  b1    |  1
        k1  |  north·park· |  mentee  |  f1    |  2
    """
    study = make_study(tmp_path, answers, MOOD, conflicts={"organisation": "drop"})
    assert fates(match_study(study, engine)) == {"k1": "used"}


def test_organisation_cannot_differ_where_it_is_part_of_the_id(tmp_path: Path, engine: str) -> None:
    answers = """
        id  school  role    when  mood
        k1  north   mentee  b1    1
        k1  south   mentee  f1    2
    """
    study = make_study(
        tmp_path,
        answers,
        MOOD,
        matching={"id_scope": "organisation"},
        conflicts={"organisation": "error"},
    )
    assert fates(match_study(study, engine)) == {"k1": "unmatched"}


def test_second_answers_and_rows_set_aside_are_in_no_conflict(tmp_path: Path, engine: str) -> None:
    answers = """
        id  school  role    when  version  year  day         mood
        k1  north   mentee  b1    young    5     2018-04-01  1
        k1  south   mentee  b1    young    9     2018-08-01  -
        k1  north   mentee  f1    young    5     2018-07-01  2
        k1  staff   mentee  f1    young    1     2018-01-01  3
    """
    study = odd_study(
        tmp_path, answers, exclude=[{"column": "school", "values": ["staff"], "reason": "staff"}]
    )
    assert match_study(study, engine).tables["conflicts"].is_empty()


# --- waves and comparisons ------------------------------------------------------------------

_TWO_WAVES = """
    id  school  role    when  mood  calm
    k1  north   mentee  b1    1     1
    k1  south   mentee  f1    2     2
    k1  south   mentee  b2    3     3
    k1  south   mentee  f2    4     4
"""


def test_pair_that_is_dropped_gives_way_to_the_next_wave(tmp_path: Path, engine: str) -> None:
    study = make_study(
        tmp_path,
        _TWO_WAVES,
        MOOD,
        CALM,
        comparisons=[SHORT],
        conflicts={"organisation": "drop"},
    )
    run = analyse(study, engine)
    expected = """
        before  pre_mood_total  post_mood_total  counted  n_outcomes
        b2      3               4                yes      2
    """
    assert_table(run.tables["pairs"], expected)
    expected = """
        occasion  status
        b1        conflict
        f1        conflict
        b2        used
        f2        used
    """
    assert_table(run.tables["ledger"], expected)
    analysed = run.tables["results"].filter(estimand="n_analysed", group="all")
    assert_table(analysed, "outcome estimate\nmood_total 1\ncalm_total 1")


def test_pair_that_is_kept_counts_before_the_next_wave(tmp_path: Path, engine: str) -> None:
    matching = match_study(
        make_study(tmp_path, _TWO_WAVES, MOOD, CALM, comparisons=[SHORT]), engine
    )
    counted = matching.tables["pairs"].filter("counted")
    assert_table(counted, "before pre_mood_total\nb1 1")


def test_conflict_of_one_comparison_leaves_the_others_alone(tmp_path: Path, engine: str) -> None:
    study = make_study(
        tmp_path,
        _TWO_WAVES,
        MOOD,
        CALM,
        comparisons=[{"id": "second", "pairs": [["b2", "f2"]]}, MEDIUM],
        conflicts={"organisation": "drop"},
    )
    matching = match_study(study, engine)
    expected = """
        occasion  comparison  status
        b1        medium      conflict
        f1        -           not_compared
        b2        second      used
        f2        second      used
        f2        medium      conflict
    """
    assert_table(matching.tables["ledger"], expected)


def test_row_of_two_pairs_says_how_far_it_got(tmp_path: Path, engine: str) -> None:
    """At the end of a dropped pair and at the beginning of a good one, it is used."""
    chain = {"id": "chain", "pairs": [["b1", "f1"], ["f1", "b2"]]}
    answers = "\n".join(_TWO_WAVES.splitlines()[:-1])
    study = make_study(
        tmp_path, answers, MOOD, CALM, comparisons=[chain], conflicts={"organisation": "drop"}
    )
    expected = """
        occasion  status    n_outcomes
        b1        conflict  0
        f1        used      2
        b2        used      2
    """
    assert_table(match_study(study, engine).tables["ledger"], expected)


_OUTGROWN = """
    id  school  role    when  version  mood
    k1  north   mentee  b1    young    1
    k1  north   mentee  f1    old      2
    k2  north   mentee  b1    old      3
    k2  north   mentee  f1    young    4
    k3  north   mentee  b1    young    5
    k4  north   mentee  b1    old      6
    k4  north   mentee  f1    old      7
"""


def test_change_of_phase_is_said_where_only_one_of_the_phases_is_compared(
    tmp_path: Path, engine: str
) -> None:
    only = {**ONE_WAVE, "phases": ["young"]}
    study = make_study(tmp_path, _OUTGROWN, MOOD, phases=["young", "old"], comparisons=[only])
    matching = match_study(study, engine)
    expected = """
        respondent  occasion  comparison  status
        k1          b1        change      phase_differs
        k1          f1        -           not_compared
        k2          b1        -           not_compared
        k2          f1        change      phase_differs
        k3          b1        change      unmatched
        k4          b1        -           not_compared
        k4          f1        -           not_compared
    """
    assert_table(matching.tables["ledger"], expected)
    assert matching.tables["pairs"].is_empty()
    expected = """
        respondent  kind   before  after
        k1          phase  young   old
        k2          phase  old     young
    """
    assert_table(matching.tables["conflicts"], expected)


# --- what is said ---------------------------------------------------------------------------


def test_conflicts_are_said_by_kind_and_file_and_once_for_all_comparisons(
    tmp_path: Path, engine: str
) -> None:
    exports = {
        "one.csv": read_table("""
            id    school  role    when  mood
            anna  north   mentee  b1    1
            bea   north   mentee  b1    2
            cleo  north   mentee  b1    3
            anna  south   mentee  f2    4
        """),
        "two.csv": read_table("""
            id    school  role    when  mood
            cleo  south   mentee  f2    5
            bea   south   mentee  f2    6
        """),
    }
    study = make_study(tmp_path, exports, MOOD, comparisons=[MEDIUM, {**MEDIUM, "id": "again"}])
    matching = match_study(study, engine)
    assert matching.tables["conflicts"].height == 6
    assert said(matching.findings) == [
        ("CON001", "one.csv", 5, (), 1),
        ("CON001", "two.csv", 2, (3,), 2),
    ]
    for fault in matching.findings:
        assert not {"anna", "bea", "cleo", "north", "south"} & {*str(fault).split()}


# --- roles ----------------------------------------------------------------------------------


def test_respondents_without_a_role_count_among_all_and_are_counted(
    tmp_path: Path, engine: str
) -> None:
    answers = """
        id  school  role     when  mood
        k1  north   -        b1    1
        k1  north   -        f1    2
        k2  north   -        b1    1
        k2  north   mentor   f1    3
        k3  north   mentor   b1    1
        k3  north   -        f1    4
        k4  north   -        b1    1
    """
    run = analyse(make_study(tmp_path, answers, MOOD), engine)
    matched = run.tables["results"].filter(estimand="n_matched")
    assert_table(matched, "group n\nall 3\nhelped 2\nothers 0")
    (fault,) = (fault for fault in run.findings if fault.code == "CON005")
    assert (fault.count, fault.place, fault.column) == (1, "comparisons change", "role")


def test_later_role_counts_and_those_who_changed_it_are_counted_once(
    tmp_path: Path, engine: str
) -> None:
    answers = """
        id  school  role     when  mood
        k1  north   neither  b1    1
        k1  north   mentor   f1    2
        k1  north   mentor   b2    3
        k1  north   neither  f2    4
        k2  north   mentor   b1    1
        k2  north   mentor   f1    2
        k3  north   -        b1    1
        k3  north   neither  f1    2
        k4  north   mentee   b1    1
        k4  north   both     f1    2
    """
    run = analyse(make_study(tmp_path, answers, MOOD, comparisons=[SHORT]), engine)
    roles = run.tables["pairs"].filter("counted")
    expected = """
        respondent  role
        k1          mentor
        k2          mentor
        k3          neither
        k4          both
    """
    assert_table(roles, expected)
    (fault,) = (fault for fault in run.findings if fault.code == "CON006")
    assert fault.count == 2
    assert run.tables["conflicts"].is_empty()


def test_those_who_are_both_mentor_and_mentee_are_counted_by_comparison(
    tmp_path: Path, engine: str
) -> None:
    answers = """
        id  school  role     when  mood
        k1  north   both     b1    1
        k1  north   both     f1    2
        k2  north   mentee   b1    1
        k2  north   both     f1    2
        k3  north   both     b1    1
        k3  north   mentor   f1    2
        k4  north   both     b1    1
        k5  north   both     b1    1
        k5  north   -        f2    1
    """
    comparisons = [ONE_WAVE, {"id": "year", "pairs": [["b1", "f2"]]}]
    study = make_study(tmp_path, answers, MOOD, comparisons=comparisons)
    found = match_study(study, engine).findings
    one, other = (fault for fault in found if fault.code == "CON009")
    assert (one.count, one.place, one.column) == (2, "comparisons change", "role")
    assert (other.count, other.place) == (1, "comparisons year")
    helped = next(group.title for group in study.groups if "both" in group.roles)
    assert one.found == "2 matched respondents are both mentor and mentee"
    assert one.fix == f"Counted among {helped}"


def test_both_in_no_group_is_said(tmp_path: Path, engine: str) -> None:
    answers = """
        id  school  role     when  mood
        k1  north   both     b1    1
        k1  north   both     f1    2
    """
    groups = [{"id": "mentors", "roles": ["mentor"]}, {"id": "mentees", "roles": ["mentee"]}]
    roles = {role: role for role in ("mentor", "mentee", "both")}
    study = make_study(tmp_path, answers, MOOD, groups=groups, roles=roles)
    (fault,) = match_study(study, engine).findings
    assert (fault.code, fault.fix) == ("CON009", "Counted among all, and in no group")


def test_roles_are_no_matter_where_there_are_no_groups(tmp_path: Path, engine: str) -> None:
    answers = """
        id  school  role     when  mood
        k1  north   -        b1    1
        k1  north   -        f1    2
    """
    study = make_study(tmp_path, answers, MOOD, groups=[])
    assert match_study(study, engine).findings == ()


def test_responses_without_a_partner_are_counted_by_comparison(tmp_path: Path, engine: str) -> None:
    answers = """
        id  school  role    when  mood
        k1  north   mentee  b1    1
        k1  north   mentee  f1    2
        k2  north   mentee  b1    3
        k3  north   mentee  f1    4
        k4  north   mentee  f1    5
        k5  north   mentee  f2    6
    """
    study = make_study(tmp_path, answers, MOOD, comparisons=[ONE_WAVE, MEDIUM])
    one, nobody, two = match_study(study, engine).findings
    assert (one.code, one.place, one.count) == ("CON007", "comparisons change", 3)
    assert one.found.startswith("2 responses at the later occasion have no earlier one, and 1 at")
    assert (two.code, two.place, two.count) == ("CON007", "comparisons medium", 3)
    assert two.found.startswith("1 response at the later occasion has no earlier one, and 2 at")
    # Of the second comparison not one respondent is at both occasions, which is said first.
    assert (nobody.code, nobody.place) == ("CON008", "comparisons medium")
