"""Survey tables over several occasions together, and of chosen groups; their grid on a screen."""

from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from rich.console import Console

import peereval as pe
from peereval.errors import StudyError
from peereval.pipeline import Run
from peereval.rendering.tabulations import show_tabulations

STUDY = """
format = 1
id = "pooled"

[columns]
respondent = "id"
role = "role"

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
id = "mentees"
title = "Mentees"
roles = ["mentee"]

[[occasions]]
id = "july"

[[occasions]]
id = "december"

[[phases]]
id = "young"
title = "Young"
outcomes = []

[[phases]]
id = "old"
title = "Old"
outcomes = []

[matching]
near_misses = false
"""
POOL = """
[pooled_occasions.follow_up]
title = "Either follow-up"
occasions = ["july", "december"]
"""
EACH = POOL + 'respondents = "each_time"\n'
LIKED = """
[[tables]]
id = "liked"
title = "Liked it"
kind = "single"
occasions = ["follow_up"]
breakdowns = ["phase", "groups"]
groups = ["mentors", "mentees"]
column = "Q1"
options = { yes = "Yes", no = "No" }
"""

Cells = dict[tuple[str, str], list[tuple[str, str, str]]]

#: k1 to k30 in July; k21 to k50 in December, where k21 to k25 change role and answer No.
FIRST = [(f"k{n}", ["Mentor", "Mentee"][n % 2], "Yes") for n in range(1, 31)]
SECOND = [
    *((f"k{n}", ["Mentee", "Mentor"][n % 2], "No") for n in range(21, 26)),
    *((f"k{n}", ["Mentor", "Mentee"][n % 2], "No") for n in range(26, 51)),
]


def analysed(folder: Path, more: str, cells: Cells, engine: str = "polars") -> Run:
    text = STUDY + more
    for (occasion, phase), rows in cells.items():
        name = f"{occasion}_{phase}.csv"
        names = ["id", "role", "Q1"]
        frame = pl.DataFrame(rows, schema=names, orient="row")
        frame.with_columns(Q2="Q1", Q3="Q1").write_csv(folder / name)
        text += f'\n[[sources]]\nfile = "{name}"\noccasion = "{occasion}"\nphase = "{phase}"\n'
    path = folder / "study.toml"
    path.write_text(text, encoding="utf-8")
    return pe.analyse(pe.load_study(path), engine)


def both(first: list[Any] = FIRST, second: list[Any] = SECOND) -> Cells:
    older = [(f"o{name}", role, answer) for name, role, answer in FIRST]
    return {
        ("july", "young"): first, ("december", "young"): second, ("july", "old"): older,
    }  # fmt: skip


def found(run: Run) -> Mapping[str, Mapping[str, Any]]:
    return {row["estimate_id"]: row for row in run.tables["results"].iter_rows(named=True)}


def count(run: Run, where: str, level: str = "") -> float:
    tail = f"{level}.n_choosing" if level else "n_answering"
    return float(found(run)[f"tabulation.count.{where}.liked.{tail}"]["estimate"])


def test_a_respondent_counts_once_with_the_first_answer(tmp_path: Path, engine: str) -> None:
    run = analysed(tmp_path, POOL + LIKED, both(), engine)
    assert count(run, "young.follow_up.all") == 50
    assert count(run, "young.follow_up.all", "yes") == 30
    assert count(run, "young.follow_up.mentors") == count(run, "young.follow_up.mentees") == 25
    assert "TBL016" not in {fault.code for fault in run.findings}


def test_the_order_of_the_occasions_says_which_is_first(tmp_path: Path) -> None:
    later = POOL.replace('["july", "december"]', '["december", "july"]')
    run = analysed(tmp_path, later + LIKED, both())
    assert count(run, "young.follow_up.all") == 50
    assert count(run, "young.follow_up.all", "yes") == 20


def test_the_first_answer_is_the_first_to_the_question(tmp_path: Path) -> None:
    silent = [(name, role, "" if name == "k25" else answer) for name, role, answer in FIRST]
    run = analysed(tmp_path, POOL + LIKED, both(silent))
    assert count(run, "young.follow_up.all") == 50
    assert count(run, "young.follow_up.all", "yes") == 29


def test_each_answer_counts_if_declared_and_is_a_finding(tmp_path: Path) -> None:
    run = analysed(tmp_path, EACH + LIKED, both())
    assert count(run, "young.follow_up.all") == 60
    (finding,) = [fault for fault in run.findings if fault.code == "TBL016"]
    assert finding.count == 10 and "liked" in finding.found
    rows = found(run)
    note = rows["tabulation.count.young.follow_up.all.liked.n_answering"]["note"]
    assert "10 answers of respondents counted before" in note
    pair = "tabulation.pooled_z.young.follow_up.mentors_v_mentees.liked.yes.share_difference"
    assert "10 answers of" in rows[pair]["note"]
    assert "counted before" not in rows["tabulation.count.old.follow_up.all.liked.n_answering"][
        "note"
    ]  # fmt: skip


def test_an_occasion_at_which_nobody_answered_is_a_finding(tmp_path: Path) -> None:
    """The export of December has no column Q1: the table is of July alone, and says so."""
    silent = [(name, role, "") for name, role, _ in SECOND]
    run = analysed(tmp_path, POOL + LIKED, both(second=silent))
    assert count(run, "young.follow_up.all") == 30
    (finding,) = [fault for fault in run.findings if fault.code == "TBL017"]
    assert finding.found == "nobody answered liked at december (young)"
    assert "TBL017" not in {
        fault.code for fault in analysed(tmp_path, POOL + LIKED, both()).findings
    }


def test_results_do_not_depend_on_the_order_of_rows(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir(), (tmp_path / "two").mkdir()
    one = found(analysed(tmp_path / "one", POOL + LIKED, both()))
    two = found(analysed(tmp_path / "two", POOL + LIKED, both(FIRST[::-1], SECOND[::-1])))
    assert one == two


def test_ids_of_two_organisations_are_two_respondents(tmp_path: Path) -> None:
    scope = STUDY.replace("[matching]", '[matching]\nid_scope = "organisation"').replace(
        'role = "role"', 'role = "role"\norganisation = "school"'
    )
    text = scope + POOL + LIKED
    for occasion, school in (("july", "A"), ("december", "B")):
        rows = [(f"k{n}", "Mentor", "Yes", school) for n in range(12)]
        names = ["id", "role", "Q1", "school"]
        pl.DataFrame(rows, schema=names, orient="row").write_csv(tmp_path / f"{occasion}.csv")
        source = f'file = "{occasion}.csv"\noccasion = "{occasion}"\nphase = "young"'
        text += f"\n[[sources]]\n{source}\n"
    path = tmp_path / "study.toml"
    path.write_text(text, encoding="utf-8")
    run = pe.analyse(pe.load_study(path))
    assert count(run, "young.follow_up.all") == 24


def test_named_groups_alone_are_columns(tmp_path: Path) -> None:
    run = analysed(tmp_path, POOL + LIKED, both())
    groups = {row["group"] for row in found(run).values() if row["analysis"] == "tabulation"}
    assert "mentors_v_mentees" in groups
    assert "participants" not in groups


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (POOL.replace("december", "november") + LIKED, "STU006"),
        (POOL.replace("follow_up]", "july]") + LIKED.replace("follow_up", "july"), "STU005"),
        (EACH.replace("each_time", "twice") + LIKED, "STU006"),
        (POOL + LIKED.replace('"mentees"]', '"mentes"]'), "STU006"),
        (LIKED, "STU006"),
    ],
)
def test_what_names_nothing_is_a_fault(tmp_path: Path, more: str, code: str) -> None:
    with pytest.raises(StudyError) as error:
        analysed(tmp_path, more, both())
    assert code in {fault.code for fault in error.value.faults}


# --- the screen -----------------------------------------------------------------------------

MORE = """
[[tables]]
id = "again"
title = "Liked it again"
kind = "single"
occasions = ["follow_up"]
breakdowns = ["phase"]
column = "Q1"
options = { yes = "Yes", no = "No" }
"""
ITEMS = """
[[tables]]
id = "said"
title = "Agreed that it was"
kind = "scale"
occasions = ["follow_up"]
phases = ["young"]
items = { a = ["Q1"], b = ["QB", "Q2"], c = "Q3" }
options = { yes = "Yes", no = "No" }
values = { yes = 1, no = 0 }
nets = { agreed = "yes" }
titles = { a = "Safe", b = "Kind", c = "Fair", agreed = "Agreed" }
"""


def on_screen(run: Run) -> list[str]:
    screen = Console(width=110, file=StringIO())
    show_tabulations(run.tables["results"], run.study, screen)
    return [line.strip() for line in screen.file.getvalue().splitlines()]  # type: ignore[attr-defined]


def test_tables_with_the_same_columns_share_a_grid(tmp_path: Path) -> None:
    too = MORE.replace('"again"', '"too"').replace("it again", "it too").replace("Q1", "Q2")
    lines = on_screen(analysed(tmp_path, POOL + MORE + too, both()))
    assert [line.split() for line in lines].count(["All", "Young", "Old"]) == 1
    # Broken down by nothing but phase: no grid for each phase.
    assert [line for line in lines if line.startswith(("Young.", "Old."))] == []
    title = next(line for line in lines if line.startswith("Liked it again"))
    assert title.split()[-4:] == ["80", "50", "!", "30"]
    assert any(line.startswith("Liked it too") for line in lines)


def test_a_table_of_many_questions_shows_its_nets(tmp_path: Path) -> None:
    lines = on_screen(analysed(tmp_path, POOL + ITEMS, both()))
    # The title of the net is in that of the table: it is not said again.
    assert [line.split()[-1] for line in lines if line.startswith("Agreed that it was ")] == ["50"]
    assert [line.split() for line in lines if line.startswith(("Safe", "Kind", "Fair"))] == [
        ["Safe", "60%"], ["Kind", "60%"], ["Fair", "60%"],
    ]  # fmt: skip
    assert not any(line.startswith("No ") for line in lines)
