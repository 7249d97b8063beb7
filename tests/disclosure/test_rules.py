"""Each rule of disclosure control, on tables drawn as text."""

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from disclosure.made import GROUPS, cells, kept_back, key, made, released, study_of, yes_no_rows
from peereval.columns import RELEASED, SUPPRESSIONS
from peereval.disclosure import RULES, find_in_release
from peereval.disclosure.notes import released_note
from peereval.disclosure.populations import disjoint, of_groups
from peereval.disclosure.record import released_counts, released_finding
from peereval.errors import StudyError
from peereval.estimators.changes import Changes
from peereval.estimators.clustered import without_organisation
from peereval.estimators.medians import sign_test
from peereval.estimators.wilcoxon import wilcoxon
from peereval.plurals import count_of
from peereval.studies import Protection, without_protection
from rules.sources import modules

Row = dict[str, Any]


def rules_of(found: Any) -> dict[str, str]:
    return dict(found.log.select("estimate_id", "rule").iter_rows())


# --- means and bases ------------------------------------------------------------------------


def mean_rows(sizes: dict[str, int], **more: Any) -> list[Row]:
    """The base and the mean change of each group."""
    rows = []
    for group, n in sizes.items():
        rows.append(key("flow", group).row("count", "n_analysed", made(n, n, **more)))
        change = made(1.5, n, std_error=0.5, p_value=0.01, **more)
        rows.append(key("paired", group).row("paired_cr2", "mean_change", change))
    return rows


BASES = """
all | participants | others | kept back
100 | 60           | 40     |
100 | 60           | 35     | others
100 | 92           | 8      | others participants
60  | 48           | 12     |
9   | 9            | 0      | all participants
105 | 60           | 20     |
45  | 40           | 0      | participants
"""


@pytest.mark.parametrize("line", cells(BASES)[1:], ids=" ".join)
def test_means_of_which_no_few_can_be_had(line: list[str]) -> None:
    sizes = dict(zip(("all", "participants", "others"), map(int, line[:3]), strict=True))
    assert kept_back(released(mean_rows(sizes)), "group") == set(line[3].split())


def test_a_small_base_is_blank_and_a_low_one_is_marked() -> None:
    found = released(mean_rows({"all": 150, "participants": 125, "others": 25})).results
    low = found.filter(group="others", analysis="paired").row(0, named=True)
    assert (low["marker"], low["estimate"], low["n"]) == ("u", 1.5, 25)
    small = released(mean_rows({"all": 7})).results.filter(analysis="paired").row(0, named=True)
    assert (small["marker"], small["n"], small["n_organisations"]) == ("c", None, 0)
    assert small["note"] == RULES["small_base"]
    assert small["status"] == "suppressed"
    for column in RELEASED:
        assert column.type != "number" or small[column.name] is None


def test_a_contrast_needs_both_of_its_groups() -> None:
    rows = mean_rows({"all": 100, "participants": 60, "others": 35})
    contrast = key("did", "participants_v_others").row("did_cr2", "did", made(0.3, 95))
    found = rules_of(released([*rows, contrast]))
    assert found[contrast["estimate_id"]] == "linked"


def test_a_base_that_is_kept_back_is_so_wherever_it_stands() -> None:
    rows = mean_rows({"all": 100, "participants": 60, "others": 35})
    parts = ("share_improved", "share_deteriorated", "share_no_reliable_change")
    rows += [key("individual_change", "others").row("jacobson_truax", part, made(0.4, 35))
             for part in parts[:1]]  # fmt: skip
    rows.append(key("did", "participants_v_others").row("did_cr2", "did", made(0.3, 95)))
    found = released(rows).results
    shown = dict(found.select("group", "n").unique().iter_rows())
    assert shown == {
        "all": 100, "participants": 60, "others": None, "participants_v_others": None,
    }  # fmt: skip


def test_a_group_of_two_organisations_is_not_shown() -> None:
    rows = mean_rows({"all": 100}) + mean_rows({"participants": 60}, organisations=2)
    assert rules_of(released(rows)) == {
        row["estimate_id"]: "few_organisations" for row in rows if row["group"] == "participants"
    }
    one = study_of("[disclosure]\norganisations = 1\n")
    assert kept_back(released(rows, one), "group") == set()


LEVELS = """
all | girls | boys | other | kept back
100 | 50    | 40   | 10    |
100 | 50    | 42   | 8     | other boys
100 | 50    | 46   | 0     | boys
100 | 88    | 12   | 0     |
"""


@pytest.mark.parametrize("line", cells(LEVELS)[1:], ids=" ".join)
def test_levels_of_which_the_rest_is_not_few(line: list[str]) -> None:
    n, *levels = map(int, line[:4])
    rows = mean_rows({"all": n})
    for name, size in zip(("girls", "boys", "other"), levels, strict=True):
        if size:
            row = key("subgroup").row("paired_cr2", "mean_change", made(1.0, size),
                                      f"gender_{name}")  # fmt: skip
            rows.append(row)
    study = study_of('[subgroups]\ncharacteristics = ["gender"]\n')
    held = {level.removeprefix("gender_") for level in kept_back(released(rows, study), "level")}
    assert held == set(line[4].split())


def test_two_characteristics_may_not_leave_over_nearly_the_same() -> None:
    rows = mean_rows({"all": 100})
    for name, size in (("gender_girls", 85), ("stage_old", 83)):
        rows.append(key("subgroup").row("paired_cr2", "mean_change", made(1.0, size), name))
    study = study_of('[subgroups]\ncharacteristics = ["gender", "stage"]\n')
    assert kept_back(released(rows, study), "level") == {"stage_old"}


@pytest.mark.parametrize(("organisations", "girls", "held"), [
    (11, 60, set()), (2, 60, {"gender_boys", "gender_girls"}), (2, 48, {"gender_boys"}),
])  # fmt: skip
def test_all_less_a_level_is_not_of_two_organisations(
    organisations: int, girls: int, held: set[str]
) -> None:
    """Boys are all less the girls, unless enough others are too."""
    rows = mean_rows({"all": 90})
    for name, size, count in (("girls", girls, 11), ("boys", 30, organisations)):
        of = made(1.0, size, count)
        rows.append(key("subgroup").row("paired_cr2", "mean_change", of, f"gender_{name}"))
    study = study_of('[subgroups]\ncharacteristics = ["gender"]\n')
    assert kept_back(released(rows, study), "level") == held


# --- counts ---------------------------------------------------------------------------------

#: How many said yes twice, yes then no, no then yes, no twice; what is kept back of them.
MOVES = """
yes yes | yes no | no yes | no no | shares | tests
40      | 20     | 15     | 40    |        |
40      | 20     | 5      | 40    |        | kept back
4       | 2      | 15     | 40    | kept back | kept back
40      | 60     | 70     | 0     |        |
90      | 12     | 3      | 0     | kept back | kept back
0       | 0      | 0      | 20    | kept back | kept back
0       | 0      | 0      | 40    |        |
"""


@pytest.mark.parametrize("line", cells(MOVES)[1:], ids=" ".join)
def test_shares_and_tests_of_a_question(line: list[str]) -> None:
    rows = [row for row in yes_no_rows({"neither": [int(n) for n in line[:4]]})
            if row["group"] in ("all", "others")]  # fmt: skip
    held = {estimand != "share_change" for estimand in kept_back(released(rows), "estimand")}
    assert held == {flag for flag, said in ((True, line[4]), (False, line[5])) if said}


def test_a_group_is_not_had_from_all_and_the_other() -> None:
    tables = {"mentor": [30, 30, 30, 30], "neither": [3, 30, 30, 30]}
    rows = yes_no_rows(tables | {"mentee": [30, 30, 30, 30]})
    found = released(rows)
    # Too few others said yes twice: their moves are kept back, and with them the participants'.
    tests = kept_back(found, "group", "estimand")
    assert ("others", "share_change") in tests
    assert ("participants", "share_change") in tests
    assert ("all", "share_change") not in tests
    assert not any(estimand == "share_pre" for _, estimand in tests)


def test_the_log_names_the_row_that_would_be_given_away() -> None:
    rows = yes_no_rows({"mentor": [30, 30, 30, 30], "neither": [2, 1, 2, 40]})
    log = released(rows).log
    assert log.columns == [column.name for column in SUPPRESSIONS]
    because = log.filter(rule="differencing")["because_of"].unique().to_list()
    assert len(because) == 1
    assert ".others." in because[0]


SHARES = """
n   | count | kept back
100 | 50    |
100 | 9     | yes
100 | 10    |
100 | 91    | yes
100 | 0     |
100 | 100   |
20  | 0     | yes
20  | 20    | yes
9   | 0     | yes
"""


@pytest.mark.parametrize("line", cells(SHARES)[1:], ids=" ".join)
def test_a_share_by_itself(line: list[str]) -> None:
    n, count = map(int, line[:2])
    row = key("reliability", "").row("share", "share_floor", made(count / n, n), "before")
    assert bool(kept_back(released([row]), "level")) == (line[2] == "yes")


def test_three_ways_of_changing_are_shown_together() -> None:
    parts = ("share_improved", "share_deteriorated", "share_no_reliable_change")
    for counts, held in (((20, 15, 65), set()), ((20, 5, 75), set(parts))):
        rows = [
            key("individual_change").row("jacobson_truax", part, made(count / 100, 100))
            for part, count in zip(parts, counts, strict=True)
        ]
        found = kept_back(released(rows), "estimand")
        # The two smallest go together; what is left of all is then their sum.
        assert found == held - {"share_no_reliable_change"}


RETENTION = """
all     | participants | others | kept back
60 100  | 40 60        | 20 40  |
95 100  | 56 60        | 39 40  | all participants others both
60 100  | 25 60        | 35 40  | participants others both
"""


@pytest.mark.parametrize("line", cells(RETENTION)[1:], ids=" ".join)
def test_those_followed_up_and_those_lost_are_enough(line: list[str]) -> None:
    rows = []
    for group, said in zip(("all", "participants", "others"), line[:3], strict=True):
        kept, n = map(int, said.split())
        rows.append(key("attrition", group).row("wilson", "retention", made(kept / n, n)))
    both = key("attrition", "participants_v_others")
    difference = made(0.1, 100)
    rows.append(both.row("newcombe_independent", "difference_in_retention", difference))
    held = kept_back(released(rows), "group")
    assert held == {"participants_v_others" if name == "both" else name for name in line[3].split()}


# --- survey tables --------------------------------------------------------------------------

TABLE = """
[[tables]]
id = "help"
kind = "single"
column = "Q"
occasions = ["before"]
options = { a = "A", b = "B", c = "C", d = "D" }
nets = { some = ["a", "b"] }
breakdowns = ["role"]
"""
#: Counts of each answer, of all; answers that are kept back.
ANSWERS = """
a  | b  | c  | d  | kept back
20 | 30 | 40 | 50 |
4  | 30 | 40 | 50 | a b
4  | 8  | 40 | 50 | a b
4  | 5  | 40 | 50 | a b c some
4  | 0  | 2  | 50 | a c d some
"""


def answers(counts: dict[str, int], group: str = "all", when: str = "before") -> list[Row]:
    n, about = sum(counts.values()), key("tabulation", group, "help", comparison=when)
    counts = counts | {"some": counts["a"] + counts["b"]}
    rows = [about.row("count", "n_answering", made(n, n))]
    rows += [about.row("count", "n_choosing", made(c, n), name) for name, c in counts.items()]
    return [*rows, about.row("student", "mean_score", made(2.0, n, std_error=0.1))]


@pytest.mark.parametrize("line", cells(ANSWERS)[1:], ids=" ".join)
def test_answers_that_few_chose(line: list[str]) -> None:
    counts = dict(zip("abcd", map(int, line[:4]), strict=True))
    found = released(answers(counts), study_of(TABLE))
    held = kept_back(found, "level") - {""}
    assert held == set(line[4].split())
    # With the others a mean gives the one that is kept back.
    assert bool(held) == ("mean_score" in kept_back(found, "estimand"))


POOLED = (
    TABLE.replace('["before"]', '["before", "either"]')
    + """
[pooled_occasions.either]
occasions = ["before", "after"]
"""
)


def test_a_table_of_pooled_occasions_is_protected_as_any() -> None:
    found = released(answers({"a": 4, "b": 8, "c": 40, "d": 50}, when="either"), study_of(POOLED))
    assert kept_back(found, "level") - {""} == {"a", "b"}


def test_of_tables_that_share_an_occasion_the_widest_is_shown() -> None:
    """41 of both occasions, 40 of one: the other occasion's one could be had."""
    many = answers({"a": 30, "b": 40, "c": 41, "d": 50}, when="either")
    few = answers({"a": 29, "b": 40, "c": 40, "d": 50})
    found = released([*few, *many], study_of(POOLED))
    assert kept_back(found, "comparison") == {"before"}
    assert kept_back(released(few, study_of(TABLE)), "comparison") == set()


def test_numbers_are_shown_by_their_bases_alone() -> None:
    rows = []
    for group, n in (("all", 120), ("role_mentor", 100), ("role_mentee", 15)):
        about = key("tabulation", group, "help", comparison="before")
        rows += [
            about.row("count", "n_answering", made(n, n)),
            about.row("student", "mean_number", made(3.2, n)),
            about.row("sample", "median", made(3.0, n)),
        ]
    found = kept_back(released(rows, study_of(TABLE)), "group", "estimand")
    # Five are of neither role: with both, their mean could be had. Medians need more.
    assert {group for group, estimand in found if estimand == "mean_number"} == {"role_mentee"}
    assert {group for group, estimand in found if estimand == "median"} == {"role_mentee"}
    assert ("all", "median") not in found


@pytest.mark.parametrize(("mentees", "held"), [(39, True), (40, False)])
def test_two_medians_apart_do_not_say_one_that_is_kept_back(mentees: int, held: bool) -> None:
    """A median is kept back of fewer than forty: so is how far it is from another."""
    rows = []
    for group, n in (("all", 60 + mentees), ("role_mentor", 60), ("role_mentee", mentees)):
        about = key("tabulation", group, "help", comparison="before")
        rows += [about.row("count", "n_answering", made(n, n)),
                 about.row("student", "mean_number", made(3.2, n)),
                 about.row("order_statistics", "median", made(3.0, n))]  # fmt: skip
    both = key("tabulation", "role_mentor_v_role_mentee", "help", comparison="before")
    rows += [both.row("mood_median", "difference_in_median", made(0.0, 60 + mentees)),
             both.row("mann_whitney", "shift_of_numbers", made(1.0, 60 + mentees))]  # fmt: skip
    found = kept_back(released(rows, study_of(TABLE)), "estimand")
    assert found == ({"median", "difference_in_median", "shift_of_numbers"} if held else set())


# --- costs, points and what is beside headlines -----------------------------------------------


def test_no_single_respondent_or_organisation_is_shown() -> None:
    about = key("cost_concentration", "participants", "all_contacts")
    rows = [
        about.row("concentration", "saving_leaving_one_out", made(3.0, 200), "respondent:lowest"),
        about.row("concentration", "share_of_cost", made(0.2, 200), "top_1:before"),
        about.row("concentration", "share_of_cost", made(0.4, 200), "top_5:before"),
        about.row("concentration", "n_to_turn_sign", made(7.0, 200)),
        key("attrition").row("quantiles", "retention", made(0.1, 200, 20), "lowest"),
        key("attrition").row("quantiles", "retention", made(0.4, 200, 20), "median"),
    ]
    assert kept_back(released(rows), "level") == {
        "respondent:lowest", "top_1:before", "", "lowest",
    }  # fmt: skip


def test_near_misses_are_not_beside_headlines_that_few_more_make() -> None:
    rows = mean_rows({"all": 100, "participants": 60, "others": 40})
    for group, n, value in (("all", 102, 1.6), ("participants", 60, 1.5), ("others", 60, 1.0)):
        rows.append(key("near_misses", group).row("paired_cr2", "mean_change", made(value, n)))
    held = released(rows).results.filter(analysis="near_misses", marker="c")["group"].to_list()
    assert held == ["all"]


def test_a_result_of_no_kind_is_kept_back() -> None:
    row = key("paired").row("paired_t", "swing", made(1.0, 500))
    found = released([row])
    assert rules_of(found) == {row["estimate_id"]: "unclassified"}
    assert "DIS009" in {fault.code for fault in find_in_release(found, study_of())}


def test_nothing_is_kept_back_where_it_is_switched_off() -> None:
    off = without_protection(study_of())
    found = released(mean_rows({"all": 4}), off)
    assert found.log.height == 0
    assert found.results["estimate"].null_count() == 0
    assert [fault.code for fault in find_in_release(found, off)] == ["DIS002"]


# --- notes and the record -------------------------------------------------------------------

NOTES = """
56 pairs without change counted | some pairs without change counted
1 pair without change counted | some pairs without change counted
1 matched pair: too few for a model | some matched pairs: too few for a model
1 answer of respondents counted before | some answers of respondents counted before
3 respondents of unknown role before | some respondents of unknown role before
1 of 12 later scores imputed | some later scores imputed
234 treated, 118 control | 234 treated, 118 control
234 treated, 4 control | some treated, some control
70 lowest and 70 highest changes left out | some lowest and some highest changes left out
fewer than 10 pairs in one of the groups | fewer than 10 pairs in one of the groups
9,999 draws of random signs, seed 2020 | 9,999 draws of random signs, seed 2020
611 of 1,004 respondents before were lost | some respondents before were lost
the data are 14.5 times as likely | the data are 14.5 times as likely
organisations with 10 or more respondents before | organisations with 10 or more respondents before
7 of 7 other estimators agree | 7 of 7 other estimators agree
"""


@pytest.mark.parametrize("line", cells(NOTES), ids=lambda line: line[0])
def test_notes_count_no_respondents(line: list[str]) -> None:
    assert released_note(line[0], Protection()) == line[1]


#: What a note may count for everybody to read: nothing that a respondent is.
SHOWN = {"organisation", "level", "outcome", "item", "common factor", "degree", "numerator degree"}


def counted_in_notes() -> set[str]:
    """The words that come after a number in what makes results, as `count_of` is given them."""
    calls = [
        node
        for module in modules()
        if module.stage in ("estimators", "estimating")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "count_of"
    ]
    forms = [call.args[1] for call in calls]
    return {form.value for form in forms if isinstance(form, ast.Constant)} | {"respondent"}


@pytest.mark.parametrize("forms", sorted(counted_in_notes() - SHOWN))
def test_what_is_hidden_reads_the_same_of_one_as_of_several(forms: str) -> None:
    said = {released_note(f"{count_of(n, forms)} left out", Protection()) for n in (1, 5, 1200)}
    assert len(said) == 1
    assert said.pop().startswith("some ")


def unchanged(n: int) -> Changes:
    """Changes of which so many are none."""
    return Changes(np.array([-1, 0, 1, 2]), np.array([4, n, 7, 5]), 1)


@pytest.mark.parametrize(
    "note",
    [
        lambda n: without_organisation(n, "pair"),
        lambda n: without_organisation(n, "respondent"),
        lambda n: sign_test(unchanged(n), 0.95).note,
        lambda n: wilcoxon(unchanged(n), 0.95).note,
    ],
)
def test_a_whole_note_reads_the_same_of_one_as_of_several(note: Callable[[int], str]) -> None:
    assert note(1) != note(5)
    assert released_note(note(1), Protection()) == released_note(note(5), Protection())


def test_counts_of_a_run_without_small_ones() -> None:
    counts = {
        "rows": 300, "answers_not_understood": 3,
        "ledger": [{"comparison": "term", "status": s, "n": n}
                   for s, n in (("used", 200), ("no_id", 4), ("unmatched", 96))],
        "duplicates": [{"kind": "identical", "n": 2}],
    }  # fmt: skip
    found = released_counts(counts, Protection())
    assert found["answers_not_understood"] is None
    # One alone could be had from the rows: the next smallest goes too.
    assert [row["n"] for row in found["ledger"]] == [200, None, None]
    assert found["duplicates"] == [{"kind": "identical", "n": None}]


def test_a_finding_about_rows_is_named_and_no_more() -> None:
    finding = {"code": "ANS001", "row": 7, "others": [9], "count": 2, "found": "2 cells hold 'x'",
               "fix": "y", "file": "before.csv", "column": "mood_1"}  # fmt: skip
    found = released_finding(finding, Protection())
    assert (found["row"], found["others"], found["count"]) == (None, [], None)
    assert "2" not in found["found"]
    kept = released_finding(finding | {"code": "STA002", "found": "up to 70 tests"}, Protection())
    assert kept["found"] == "up to 70 tests"


# --- settings ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("threshold = 2", "threshold = 2 would protect nobody"),
        ("base = 5", "base = 5 is below threshold = 10"),
        ("low_base = 5", "low_base = 5 is below base = 10"),
        ("organisations = 0", "organisations = 0"),
        ("rounding = 3", "rounding = 3 is not a choice"),
        ("treshold = 10", "threshold"),
    ],
)
def test_settings_that_would_protect_nobody_are_faults(setting: str, said: str) -> None:
    with pytest.raises(StudyError, match=said):
        study_of(f"[disclosure]\n{setting}\n")


def test_settings_are_those_of_the_study() -> None:
    study = study_of('[disclosure]\nthreshold = 5\nbase = 20\nrounding = 5\nreleased = ["a"]\n')
    assert study.protection == Protection(True, 5, 20, 30, 3, 5, ("a",))
    found = released(mean_rows({"all": 15}), study)
    assert kept_back(found, "group") == {"all"}
    codes = [fault.code for fault in find_in_release(found, study)]
    assert codes == ["DIS001", "DIS003", "DIS010"]


# --- rounding and earlier releases --------------------------------------------------------------


def test_counts_and_their_shares_are_rounded_to_five() -> None:
    study = study_of("[disclosure]\nrounding = 5\n" + TABLE)
    about = key("tabulation", "all", "help", comparison="before")
    rows = [
        *answers({"a": 21, "b": 33, "c": 47, "d": 52}),
        about.row("wilson", "share_choosing", made(21 / 153, 153, ci_low=0.1, ci_high=0.2), "a"),
    ]
    found = released(rows, study).results
    counts = found.filter(estimand="n_choosing")
    assert dict(counts.select("level", "estimate").iter_rows()) == {
        "a": 20, "b": 35, "c": 45, "d": 50, "some": 55,
    }  # fmt: skip
    assert set(found["n"]) == {155}
    share = found.filter(estimand="share_choosing").row(0, named=True)
    assert share["estimate"] == 20 / 155
    assert share["ci_low"] is None
    assert released(mean_rows({"all": 152}), study).results["n"].to_list() == [150, 150]


def test_tests_of_exact_counts_go_where_counts_are_rounded() -> None:
    study = study_of("[disclosure]\nrounding = 5\n")
    found = released(yes_no_rows({"neither": [40, 30, 20, 40]}), study)
    assert kept_back(found, "estimand") == {"share_change"}


def earlier(folder: Path, sizes: dict[str, int], more: str = "") -> Any:
    """Results of a study that names a release with other bases, which is in a folder."""
    released(mean_rows(sizes)).results.write_csv(folder / "results.csv")
    return study_of(f'[disclosure]\nreleased = ["{folder}"]\n{more}')


RUNS = """
before | now | kept back
100    | 100 |
100    | 104 | yes
100    | 130 |
104    | 100 | yes
"""


@pytest.mark.parametrize("line", cells(RUNS)[1:], ids=" ".join)
def test_two_runs_do_not_give_those_who_came_in_between(line: list[str], tmp_path: Path) -> None:
    study = earlier(tmp_path, {"all": int(line[0])})
    found = released(mean_rows({"all": int(line[1])}), study)
    assert bool(kept_back(found, "group")) == (line[2] == "yes")
    if line[2]:
        assert set(found.log["rule"]) == {"earlier_release"}
        assert "DIS004" in {fault.code for fault in find_in_release(found, study)}


PUBLIC = """
before           | kept back
                 | others
all others       | participants
participants others | all
"""


@pytest.mark.parametrize("line", cells(PUBLIC)[1:], ids=lambda line: line[0] or "nothing")
def test_what_is_public_counts_among_what_is_shown(line: list[str], tmp_path: Path) -> None:
    """All less participants less others are five without a role: one of the three must go."""
    sizes = {"all": 105, "participants": 60, "others": 40}
    before = {name: sizes[name] for name in line[0].split()}
    released(mean_rows(before)).results.write_csv(tmp_path / "results.csv")
    study = study_of(f'[disclosure]\nreleased = ["{tmp_path}"]\n')
    assert kept_back(released(mean_rows(sizes), study), "group") == {line[1]}


def test_what_was_released_too_freely_is_kept_back_now(tmp_path: Path) -> None:
    lax = study_of("[disclosure]\nthreshold = 5\nbase = 5\n")
    released(mean_rows({"all": 8}), lax).results.write_csv(tmp_path / "results.csv")
    study = study_of(f'[disclosure]\nreleased = ["{tmp_path}"]\n')
    found = released(mean_rows({"all": 8}), study)
    assert kept_back(found, "group") == {"all"}
    assert "DIS004" in {fault.code for fault in find_in_release(found, study)}


def test_an_earlier_release_that_is_not_there_is_said() -> None:
    study = study_of('[disclosure]\nreleased = ["nowhere"]\n')
    found = released(mean_rows({"all": 100}), study)
    assert [fault.code for fault in find_in_release(found, study)] == ["DIS003"]


# --- what can be had ----------------------------------------------------------------------------


def test_sets_that_can_be_had_by_adding_and_subtracting() -> None:
    groups = of_groups(study_of(), GROUPS)
    shown = groups.derived(frozenset({"all", "participants", "others"}))
    names = list(groups.names)
    without_role = [0.0] * len(names)
    for name, times in (("all", 1.0), ("participants", -1.0), ("others", -1.0)):
        without_role[names.index(name)] = times
    assert without_role in shown.tolist()
    assert len(groups.derived(frozenset({"participants"}))) == 1
    assert groups.within("others", shown[shown.tolist().index(without_role)]) is None


def test_overlapping_groups_give_their_common_part() -> None:
    more = '[[groups]]\nid = "both"\nroles = ["mentee", "neither"]\n'
    groups = of_groups(study_of(more), ["participants", "both"])
    shown = groups.derived(frozenset({"all", "participants", "both"}))
    # Neither the mentees nor those without a role alone: their sum with all is.
    assert len(shown) == 5


def test_what_divides_all_leaves_a_rest() -> None:
    parts = disjoint("all", ["a", "b"])
    found = parts.derived(frozenset({"all", "a", "b"})).tolist()
    assert [1.0, -1.0, -1.0] in found
    assert pl.Series(found).len() == 4
