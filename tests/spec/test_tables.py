"""Survey tables: what is counted, by whom, what is tested, and what is refused."""

from collections.abc import Iterable, Mapping
from io import StringIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from rich.console import Console

import peereval as pe
from peereval.errors import SourceError, StudyError
from peereval.pipeline import Run
from peereval.rendering.terminal import show_run
from support.soundness import assert_sound

HEAD = """
format = 1
id = "tables"
title = "Tables"
"""
BODY = """
[columns]
respondent = "id"
role = "role"
characteristics = { kind = "kind" }

[roles]
mentor = "Mentor"
mentee = "Mentee"
neither = "Neither"

[[groups]]
id = "participants"
title = "Participants"
roles = ["mentor", "mentee"]

[[groups]]
id = "mentors"
title = "Mentors"
roles = ["mentor"]

[[groups]]
id = "others"
title = "Others"
roles = ["neither"]

[[occasions]]
id = "before"

[[occasions]]
id = "after"

[[phases]]
id = "pupils"
title = "Pupils"
outcomes = []

[matching]
near_misses = false

[breakdowns.school]
characteristic = "kind"
levels = { primary = "Primary", other = ["Secondary", "College"] }

[[sources]]
file = "before.csv"
occasion = "before"
"""
AFTER = """
[[sources]]
file = "after.csv"
occasion = "after"

[[comparisons]]
id = "year"
pairs = [["before", "after"]]
"""
MOOD = """
[[tables]]
id = "mood"
kind = "scale"
column = "Q1"
options = { good = "Good", fair = "Fair", bad = ["Bad", "3"], unsure = "Don't know" }
values = { good = 3, fair = 2, bad = 1 }
nets = { fine = ["good", "fair"] }
breakdowns = ["school", "groups", "role"]
"""
HELP = """
[[tables]]
id = "help"
kind = "multi"
occasions = ["before"]
column = "Q2"
options = { friends = "Friends", family = "Family, or carers", none = "Nobody" }
exclusive = ["none"]
breakdowns = ["school"]
"""

Rows = list[dict[str, str]]


def write(folder: Path, rows: Iterable[Mapping[str, str]], name: str = "before.csv") -> None:
    pl.DataFrame(list(rows)).write_csv(folder / name)


def people(n: int, **answers: list[str]) -> Rows:
    """Respondents whose answers take turns, mentors, mentees and neither in turn."""
    return [
        {
            "id": f"k{n:03d}",
            "role": ["Mentor", "Mentee", "Neither"][n % 3],
            "kind": ["Primary", "Secondary", "College", "Primary"][n % 4],
            **{column: cells[n % len(cells)] for column, cells in answers.items()},
        }
        for n in range(n)
    ]


def analysed(folder: Path, study: str, engine: str = "polars") -> Run:
    path = folder / "study.toml"
    path.write_text(HEAD + BODY + study, encoding="utf-8")
    return pe.analyse(pe.load_study(path), engine)


def found(run: Run) -> dict[str, dict[str, Any]]:
    return {row["estimate_id"]: row for row in run.tables["results"].iter_rows(named=True)}


def faults_of(folder: Path, study: str) -> set[str]:
    with pytest.raises(StudyError) as error:
        analysed(folder, study)
    return {fault.code for fault in error.value.faults}


# --- what is counted ----------------------------------------------------------------------

CELLS = ["Good", "good ", "Bad", "3", "Fair", "", "Don't know", "Purple", "Good", "Good"]


def test_shares_are_of_those_who_answered(tmp_path: Path, engine: str) -> None:
    write(tmp_path, people(100, Q1=CELLS))
    run = analysed(tmp_path, MOOD, engine)
    rows = found(run)
    where = "pupils.before.all.mood"
    assert rows[f"tabulation.count.{where}.n_answering"]["estimate"] == 80
    counts = {"good": 40, "fair": 10, "bad": 20, "unsure": 10, "fine": 50}
    for option, count in counts.items():
        assert rows[f"tabulation.count.{where}.{option}.n_choosing"]["estimate"] == count
        assert rows[f"tabulation.wilson.{where}.{option}.share_choosing"]["estimate"] == count / 80
    mean = rows[f"tabulation.student.{where}.mean_score"]
    assert (mean["estimate"], mean["n"]) == (pytest.approx((120 + 20 + 20) / 70), 70)
    # What is no option is a fault, counted as everywhere.
    faults = run.tables["faults"].filter(column="Q1")
    assert faults.select("code", "value", "n").rows() == [("ANS001", "Purple", 10)]


def test_nobody_at_an_occasion_is_one_row_that_says_so(tmp_path: Path) -> None:
    write(tmp_path, people(40, Q1=CELLS))
    row = found(analysed(tmp_path, MOOD))["tabulation.count.pupils.after.all.mood.n_answering"]
    assert (row["status"], row["note"], row["estimate"]) == (
        "not_estimable", "nobody answered", None,
    )  # fmt: skip


def test_duplicates_and_rows_without_an_id_do_not_count(tmp_path: Path) -> None:
    rows = people(40, Q1=["Good"])
    rows += [{**rows[0], "Q1": "Bad"}, {**rows[1], "id": "", "Q1": "Bad"}]
    write(tmp_path, rows)
    base = found(analysed(tmp_path, MOOD))["tabulation.count.pupils.before.all.mood.n_answering"]
    assert base["estimate"] == 40


def test_several_answers_in_one_cell_have_a_base_of_respondents(tmp_path: Path) -> None:
    cells = ["Friends;Family, or carers", "Friends", "", "Nobody", "Family, or carers"]
    write(tmp_path, people(50, Q2=cells))
    rows = found(analysed(tmp_path, HELP))
    where = "pupils.before.all.help"
    assert rows[f"tabulation.count.{where}.n_answering"]["estimate"] == 40
    shares = {
        name: rows[f"tabulation.wilson.{where}.{name}.share_choosing"]["estimate"]
        for name in ("friends", "family", "none")
    }
    assert shares == {"friends": 0.5, "family": 0.5, "none": 0.25}
    # Those who say nobody have chosen none of the answers that are counted.
    assert rows[f"tabulation.student.{where}.mean_options"]["estimate"] == 1


def test_a_column_for_each_option_gives_the_same_table(tmp_path: Path) -> None:
    one, many = tmp_path / "one", tmp_path / "many"
    one.mkdir()
    many.mkdir()
    cells = ["Friends;Family, or carers", "Friends", "", "Nobody", "Family, or carers"]
    write(one, people(50, Q2=cells))
    ticks = {
        f"Q2_{n}": ["Yes" if option in cell else "" for cell in cells]
        for n, option in enumerate(("Friends", "Family", "Nobody"))
    }
    write(many, people(50, **ticks))
    columns = 'columns = { friends = "Q2_0", family = "Q2_1", none = "Q2_2" }'
    apart = HELP.replace('column = "Q2"', columns)
    together, split = (
        analysed(folder, study).tables["results"].filter(analysis="tabulation")
        for folder, study in ((one, HELP), (many, apart))
    )
    assert together.equals(split)


def test_no_to_every_option_is_a_finding_and_items_give_the_other_base(tmp_path: Path) -> None:
    write(tmp_path, people(60, Q2_0=["Yes", "No", ""], Q2_1=["No", "No", ""]))
    columns = '{ friends = "Q2_0", family = "Q2_1" }'
    multi = f'[[tables]]\nid = "help"\nkind = "multi"\ncolumns = {columns}\n'
    run = analysed(tmp_path, multi)
    (finding,) = [fault for fault in run.findings if fault.code == "TBL003"]
    assert finding.count == 20
    where = "pupils.before.all.help"
    assert found(run)[f"tabulation.count.{where}.n_answering"]["estimate"] == 20
    single = multi.replace("multi", "single").replace("columns =", "items =")
    run = analysed(tmp_path, single + 'options = { yes = "Yes", no = "No" }\n')
    assert "TBL003" not in {fault.code for fault in run.findings}
    share = found(run)[f"tabulation.wilson.{where}_friends.yes.share_choosing"]
    assert (share["estimate"], share["n"]) == (0.5, 40)


def test_a_response_in_no_level_is_a_finding(tmp_path: Path) -> None:
    rows = people(40, Q1=["Good"])
    rows[0]["kind"], rows[1]["kind"] = "Nursery", ""
    write(tmp_path, rows)
    run = analysed(tmp_path, MOOD)
    (finding,) = [fault for fault in run.findings if fault.code == "TBL001"]
    assert finding.count == 1
    bases = [
        found(run)[f"tabulation.count.pupils.before.{group}.mood.n_answering"]["estimate"]
        for group in ("all", "school_primary", "school_other")
    ]
    assert bases[0] == bases[1] + bases[2] + 2


def test_an_exclusive_answer_beside_another_is_a_finding(tmp_path: Path) -> None:
    write(tmp_path, people(50, Q2=["Friends", "Nobody", "Nobody;Friends"]))
    (finding,) = [f for f in analysed(tmp_path, HELP).findings if f.code == "TBL002"]
    assert finding.count == 16


# --- what is tested -----------------------------------------------------------------------


def test_only_columns_without_a_common_respondent_are_tested(tmp_path: Path) -> None:
    write(tmp_path, people(90, Q1=CELLS))
    results = analysed(tmp_path, MOOD).tables["results"]
    tested = set(results.filter(estimand="share_difference")["group"])
    assert tested == {
        "school_primary_v_school_other",
        # Mentors are participants: these two are not tested, nor is anything against all.
        "participants_v_others", "mentors_v_others",
        "role_mentor_v_role_mentee", "role_mentor_v_role_neither", "role_mentee_v_role_neither",
    }  # fmt: skip


def test_small_bases_are_flagged(tmp_path: Path) -> None:
    write(tmp_path, people(90, Q1=["Good", "Bad", "Fair"]))
    rows = found(analysed(tmp_path, MOOD))
    notes = {
        group: rows[f"tabulation.count.pupils.before.{group}.mood.n_answering"]["note"]
        for group in ("all", "school_primary", "role_mentor")
    }
    assert notes["all"] == ""
    assert notes["school_primary"] == "base below 50: take care"
    write(tmp_path, people(40, Q1=["Good", "Bad", "Fair"]))
    rows = found(analysed(tmp_path, MOOD))
    note = rows["tabulation.count.pupils.before.role_mentor.mood.n_answering"]["note"]
    assert note == "base below 30: not reliable"


def test_adjusted_p_values_are_of_one_table_and_no_other_test_has_one(tmp_path: Path) -> None:
    write(tmp_path, people(90, Q1=CELLS, Q2=["Friends", "Nobody"]))
    results = analysed(tmp_path, MOOD + 'adjust = "holm"\n' + HELP).tables["results"]
    tests = results.filter(pl.col("p_value").is_not_null(), analysis="tabulation")
    assert tests.filter(outcome="mood")["p_adjusted"].null_count() == 0
    assert (
        tests.filter(outcome="help")["p_adjusted"].null_count()
        == tests.filter(outcome="help").height
    )
    mood = tests.filter(outcome="mood")
    assert (mood["p_adjusted"] >= mood["p_value"]).all()


def test_before_and_after_is_of_those_who_answered_both(tmp_path: Path) -> None:
    before = people(40, Q1=["Good", "Bad", "Fair", ""])
    after = [{**row, "Q1": "Good"} for row in before[4:]]
    write(tmp_path, before)
    write(tmp_path, after, "after.csv")
    rows = found(analysed(tmp_path, AFTER + MOOD + 'comparisons = ["year"]\n'))
    where = "pupils.year.all.mood"
    change = rows[f"tabulation.mcnemar_exact.{where}.good.share_change"]
    # 9 of each of three answers are left; 18 come to say good, nobody ceases to.
    assert (change["n"], change["estimate"]) == (27, pytest.approx(18 / 27))
    assert change["p_value"] == pytest.approx(2 * 0.5**18)
    assert rows[f"tabulation.share.{where}.good.share_pre"]["estimate"] == pytest.approx(9 / 27)
    assert rows[f"tabulation.descriptive.{where}.mean_post"]["estimate"] == 3
    assert rows[f"tabulation.paired_t.{where}.mean_change"]["estimate"] == pytest.approx(1)


def test_the_boxes_at_the_top_of_a_scale_are_nets(tmp_path: Path) -> None:
    write(tmp_path, people(100, Q1=CELLS))
    rows = found(analysed(tmp_path, MOOD + "top = 2\n"))
    where = "pupils.before.all.mood"
    assert rows[f"tabulation.count.{where}.top_1.n_choosing"]["estimate"] == 40
    assert rows[f"tabulation.count.{where}.top_2.n_choosing"]["estimate"] == 50


def test_results_do_not_depend_on_the_order_of_rows_or_on_ids(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    rows = people(60, Q1=CELLS, Q2=["Friends", "Nobody", ""])
    write(one, rows)
    write(two, [{**row, "id": f"z{row['id'][::-1]}"} for row in reversed(rows)])
    first, second = (
        analysed(folder, MOOD + HELP).tables["results"].filter(analysis="tabulation")
        for folder in (one, two)
    )
    assert first.equals(second)


PHASES = """
[[phases]]
id = "older"
title = "Older"
outcomes = []

[[sources]]
file = "older.csv"
occasion = "before"
phase = "older"
"""


def test_phases_side_by_side_are_columns_of_one_table(tmp_path: Path) -> None:
    write(tmp_path, people(40, Q1=["Good", "Bad"]))
    older = [{**row, "id": f"old{row['id']}"} for row in people(80, Q1=["Good"] * 3 + ["Bad"])]
    write(tmp_path, older, "older.csv")
    study = PHASES + MOOD.replace('["school", "groups", "role"]', '["phase"]')
    body = BODY.replace('occasion = "before"', 'occasion = "before"\nphase = "pupils"')
    path = tmp_path / "study.toml"
    path.write_text(HEAD + body + study, encoding="utf-8")
    run = pe.analyse(pe.load_study(path))
    rows = found(run)
    both = "tabulation.count.before.{}.mood.n_answering"
    bases = [rows[both.format(g)]["estimate"] for g in ("all", "phase_pupils", "phase_older")]
    assert bases == [120, 40, 80]
    test = rows["tabulation.pooled_z.before.phase_pupils_v_phase_older.mood.good.share_difference"]
    assert test["estimate"] == pytest.approx(0.5 - 0.75)
    assert "Older" in on_screen(run)


def test_matched_without_an_answer_at_both_has_no_change(tmp_path: Path) -> None:
    write(tmp_path, people(40, Q1=["Good"]))
    write(tmp_path, people(40, Q1=["", " "]), "after.csv")
    run = analysed(tmp_path, AFTER + MOOD + 'comparisons = ["year"]\n')
    rows = run.tables["results"].filter(analysis="tabulation", comparison="year")
    assert rows.height
    assert set(rows["status"]) == {"not_estimable"}
    assert on_screen(run)


def test_every_row_of_a_table_is_sound(tmp_path: Path) -> None:
    schools = [f"School {letter}" for letter in "ABCDEFG"]
    before = people(90, Q1=CELLS, Q2=["Friends", "Nobody", ""], school=schools)
    write(tmp_path, before)
    write(tmp_path, [{**row, "Q1": "Good"} for row in before[::2]], "after.csv")
    body = BODY.replace('role = "role"', 'role = "role"\norganisation = "school"')
    path = tmp_path / "study.toml"
    study = AFTER + MOOD + 'comparisons = ["year"]\n' + HELP
    path.write_text(HEAD + body + study, encoding="utf-8")
    run = pe.analyse(pe.load_study(path))
    assert_sound(run.tables["results"])
    rows = found(run)
    test = rows["tabulation.welch_t.pupils.before.school_primary_v_school_other.mood"
                ".difference_in_mean_score"]  # fmt: skip
    assert test["n_organisations"] == 7
    # Before and after is clustered where there are organisations.
    change = rows["tabulation.paired_cr2.pupils.year.all.mood.good.share_change"]
    assert (change["status"], change["n_organisations"]) == ("ok", 7)


# --- what is refused ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('column = "Q1"', "", "STU030"),
        ('column = "Q1"', 'columns = { good = "Q1" }', "STU030"),
        ('unsure = "Don\'t know"', 'unsure = "good"', "STU030"),
        ("values = { good = 3, fair = 2, bad = 1 }", "", "STU030"),
        ("fine = [", "good = [", "STU030"),
        ('["good", "fair"]', '["good", "fare"]', "STU006"),
        ('kind = "scale"', 'kind = "scales"', "STU006"),
        ('["school", "groups", "role"]', '["schools"]', "STU006"),
        ('breakdowns = [', 'small_test = "chi"\nbreakdowns = [', "STU006"),
        ('breakdowns = [', 'adjust = "all"\nbreakdowns = [', "STU006"),
        ('breakdowns = [', 'comparisons = ["year"]\nbreakdowns = [', "STU006"),
        ("nets =", "netts =", "STU002"),
    ],
)  # fmt: skip
def test_a_table_that_does_not_fit_is_a_fault(
    tmp_path: Path, old: str, new: str, code: str
) -> None:
    assert old in MOOD
    assert code in faults_of(tmp_path, MOOD.replace(old, new))


def test_levels_of_a_breakdown_may_not_overlap(tmp_path: Path) -> None:
    more = '\n[breakdowns.twice]\ncharacteristic = "kind"\nlevels = { a = "X", b = ["y", "x"] }\n'
    assert faults_of(tmp_path, more + MOOD) == {"STU031"}


def test_a_study_without_tables_still_needs_scales_and_comparisons(tmp_path: Path) -> None:
    assert faults_of(tmp_path, "") == {"STU003"}


def test_a_table_with_some_of_its_columns_is_refused(tmp_path: Path) -> None:
    write(tmp_path, people(40, Q2_0=["Yes", ""], Q2_1=["", "Yes"]))
    columns = 'columns = { friends = "Q2_0", family = "Q2_1", none = "Q2_2" }'
    with pytest.raises(SourceError) as error:
        analysed(tmp_path, HELP.replace('column = "Q2"', columns))
    assert {fault.code for fault in error.value.faults} >= {"MAP007"}


# --- the screen ---------------------------------------------------------------------------


def on_screen(run: Run) -> str:
    screen = Console(width=110, file=StringIO())
    show_run(run, screen)
    return str(screen.file.getvalue())  # type: ignore[attr-defined]


def line(text: str, begins: str) -> list[str]:
    lines = (each.strip() for each in text.splitlines())
    return next(each for each in lines if each.startswith(begins)).split()[1:]


def test_the_screen_marks_what_differs_and_hides_what_is_rare(tmp_path: Path) -> None:
    rows = people(200, Q1=["Good"])
    for n, row in enumerate(rows):
        row["Q1"] = "Good" if (row["kind"] == "Primary") == (n % 5 > 0) else "Bad"
    rows[0]["Q1"] = rows[1]["Q1"] = "Fair"
    write(tmp_path, rows)
    text = on_screen(analysed(tmp_path, MOOD.replace('["school", "groups", "role"]', '["school"]')))
    assert "Good" in text and "[s], or the letters" in text
    assert line(text, "Bad").count("[s]") == 2
    assert line(text, "Fair") == ["-", "-", "-"]  # two respondents, one in each column
    assert "Matched respondents" not in text


def test_three_columns_have_letters(tmp_path: Path) -> None:
    rows = people(300, Q1=["Good"])
    for row in rows:
        row["Q1"] = "Good" if row["role"] == "Mentor" or row["id"].endswith("1") else "Bad"
    write(tmp_path, rows)
    text = on_screen(analysed(tmp_path, MOOD.replace('["school", "groups", "role"]', '["role"]')))
    assert "Mentor (A)" in text
    assert "(BC)" in text or "BC 100%" in text
