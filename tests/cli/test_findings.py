"""Faults and findings as people, programs and a GitHub log see them."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import msgspec
import pytest
from rich.console import Console

from peereval.catalogue import EXPLANATIONS, explain
from peereval.checking import Checked
from peereval.errors import Fault, SourceError, UsageError
from peereval.reading.export import Recognised
from peereval.recognising import Draft, Guess
from peereval.rendering.findings import (
    error_text,
    findings_text,
    recognised_text,
    show_checked,
    show_draft,
    show_explanation,
    show_findings,
    show_recognised,
    summary,
    tell,
)

NO_COLUMN = Fault(
    "MAP001", "there is no such column", "Did you mean 'Pupil code'?", "before.csv",
    column="Pupil Code",
)  # fmt: skip
NO_LABEL = Fault(
    "ANS001", "3 cells hold text that is no label", "See restricted/faults.csv", "before.csv",
    row=7, column="mood_1", count=3, others=(9, 12),
)  # fmt: skip
STRAIGHT = Fault("DIA002", "31 of 412 responses give the same answer", "Compare", "after.csv")
NO_NAME = Fault("STU006", "there is no phase 'pupls'", "Did you mean 'pupils'?", "study.toml",
                place="questions help")  # fmt: skip


def shown(show: Any, *things: Any, width: int = 110, **more: Any) -> str:
    """What a function puts on a screen of this width."""
    text = StringIO()
    show(*things, screen=Console(file=text, width=width, highlight=False), **more)
    return text.getvalue()


def words(text: str) -> str:
    """Text without its line breaks and columns."""
    return " ".join(text.split())


def columns(n: int, code: str = "ANS001") -> list[Fault]:
    return [
        replace(NO_LABEL, code=code, column=f"q_{k}", row=k, others=()) for k in range(1, n + 1)
    ]


# --- for people -----------------------------------------------------------------------------


def test_the_screen_is_file_by_file_and_says_what_stops_first() -> None:
    text = shown(show_findings, [NO_NAME, NO_COLUMN], [NO_LABEL, STRAIGHT], width=90)
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    assert lines == [
        "study.toml",
        "  fault  STU006  questions help: there is no phase 'pupls'. Did you mean 'pupils'?",
        "before.csv",
        "  fault    MAP001  column 'Pupil Code': there is no such column. Did you mean 'Pupil",
        "                   code'?",
        "  finding  ANS001  rows 7, 9, 12, column 'mood_1': 3 cells hold text that is no label. "
        "See",
        "                   restricted/faults.csv",
        "after.csv",
        "  finding  DIA002  31 of 412 responses give the same answer. Compare",
        "2 faults, 2 findings",
        "What a code means and how to mend it: peereval explain STU006",
    ]


@pytest.mark.parametrize(
    ("faults", "findings", "accepted", "said"),
    [
        (0, 0, 0, "Nothing is wrong, and nothing is doubtful"),
        (1, 0, 0, "1 fault, 0 findings"),
        (3, 3, 2, "3 faults, 5 findings (2 accepted)"),
        (0, 0, 1, "0 faults, 1 finding (1 accepted)"),
        (1200, 1, 0, "1,200 faults, 1 finding"),
    ],
)
def test_the_last_line_counts(faults: int, findings: int, accepted: int, said: str) -> None:
    assert summary([NO_NAME] * faults, [STRAIGHT] * findings, [NO_LABEL] * accepted) == said


def test_accepted_findings_are_counted_and_not_told() -> None:
    text = shown(show_findings, [], [STRAIGHT], [NO_LABEL])
    assert "ANS001" not in text
    assert "0 faults, 2 findings (1 accepted)" in text


def test_where_nothing_was_found_no_code_is_offered() -> None:
    text = shown(show_findings, [], [])
    assert words(text) == "Nothing is wrong, and nothing is doubtful"


def test_a_hundred_columns_with_the_same_trouble_are_one_line() -> None:
    (line,) = tell(columns(100), stops=False)
    text = words(shown(show_findings, [], columns(100)))
    assert text.count("ANS001") == 2  # the line, and the hint
    assert (
        "Text that is no label of its question, in 100 columns, 300 times in all: "
        "'q_1' (row 1); 'q_2' (row 2); 'q_3' (row 3) and 97 more. See restricted/faults.csv"
    ) in text
    assert "See restricted/faults.csv" in line.fix
    assert "100 findings" in text


@pytest.mark.parametrize(("n", "lines"), [(1, 1), (3, 3), (4, 1)])
def test_a_few_columns_are_told_one_by_one(n: int, lines: int) -> None:
    assert len(tell(columns(n), stops=False)) == lines


def test_columns_of_two_files_are_not_put_together() -> None:
    other = [replace(fault, file="after.csv") for fault in columns(50)]
    assert [line.files for line in tell([*columns(50), *other], stops=False)] == [
        ("before.csv", "after.csv")
    ]
    other = [replace(fault, file="after.csv") for fault in columns(40)]
    assert [line.files for line in tell([*columns(50), *other], stops=False)] == [
        ("before.csv",),
        ("after.csv",),
    ]


def test_many_faults_of_a_study_file_are_one_line_that_names_the_first() -> None:
    faults = [replace(NO_NAME, found=f"there is no phase 'p{n}'") for n in range(40)]
    (line,) = tell(faults, stops=True)
    start = "A name that refers to nothing, in 40 places: questions help: there is no phase 'p0'; "
    assert line.found.startswith(start)
    assert line.found.endswith("'p2' and 37 more")


def test_faults_of_a_study_file_are_told_one_by_one_up_to_a_dozen() -> None:
    faults = [replace(NO_NAME, found=f"there is no phase 'p{n}'") for n in range(12)]
    assert [line.found for line in tell(faults, stops=True)] == [each.found for each in faults]


def test_a_hint_is_kept_only_if_it_is_the_same_for_all() -> None:
    faults = [replace(fault, fix=f"Did you mean 'r_{n}'?") for n, fault in enumerate(columns(9))]
    (line,) = tell(faults, stops=True)
    assert line.fix == ""


def test_the_same_in_many_files_is_said_once() -> None:
    faults = [replace(NO_COLUMN, file=f"school_{n}.csv") for n in range(400)]
    text = words(shown(show_findings, faults, []))
    assert text.count("there is no such column") == 1
    assert "school_0.csv, school_1.csv, school_2.csv, school_3.csv and 396 more files" in text
    assert "400 faults, 0 findings" in text


def test_a_sheet_is_named() -> None:
    (line,) = tell([replace(NO_LABEL, sheet="Form 1")], stops=False)
    assert line.where == "sheet 'Form 1', rows 7, 9, 12, column 'mood_1'"


@pytest.mark.parametrize("width", [40, 80, 200])
def test_the_screen_is_no_wider_than_the_terminal(width: int) -> None:
    text = shown(show_findings, [NO_COLUMN, NO_NAME], [*columns(50), STRAIGHT], width=width)
    tables = [line for line in text.splitlines() if line.startswith("  ")]
    assert tables
    assert all(len(line) <= width for line in tables)


def test_brackets_and_signs_that_move_a_cursor_do_nothing() -> None:
    odd = replace(NO_LABEL, file="a[red].csv", found="\x1b[2J[bold]gone\x07", column="x\x1b[31m")
    text = shown(show_findings, [], [odd])
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "a[red].csv" in text
    assert "[bold]gone" in text


# --- a whole check --------------------------------------------------------------------------

CSV = Recognised("CSV", "Qualtrics", "UTF-8", ",", header_row=1, first_row=4)
EXCEL = Recognised(
    "Excel", sheet="Answers", other_sheets=("Notes",), header_row=3, first_row=4,
    notes=("2 rows above the header were left out.",),
)  # fmt: skip
CHECKED = Checked(
    None, (NO_COLUMN,), (STRAIGHT,), (NO_LABEL,), (("before.csv", CSV), ("after.xlsx", EXCEL)),
    "Ids were not looked at.", 13,
)  # fmt: skip


def test_what_the_exports_were_taken_for_is_said() -> None:
    assert recognised_text(CSV) == (
        "CSV; Qualtrics; UTF-8; delimited by comma; names in row 1, answers from row 4"
    )
    assert recognised_text(EXCEL) == (
        "Excel; sheet 'Answers'; not read: 'Notes'; names in row 3, answers from row 4; "
        "2 rows above the header were left out"
    )
    text = words(shown(show_checked, CHECKED))
    assert text.startswith("What the exports were taken for before.csv CSV; Qualtrics")


def test_exports_that_are_alike_share_a_line() -> None:
    many = tuple((f"school_{n}.csv", CSV) for n in range(100))
    text = words(shown(show_checked, msgspec.structs.replace(CHECKED, recognised=many)))
    assert text.count("Qualtrics") == 1
    assert "and 96 more files" in text


def test_what_could_not_be_looked_at_is_said_last() -> None:
    assert shown(show_checked, CHECKED).rstrip().endswith("Ids were not looked at.")


def test_a_check_is_shown_as_json_with_everything_in_it() -> None:
    content = json.loads(shown(show_checked, CHECKED, "json"))
    assert content["summary"] == {"faults": 1, "findings": 2, "notes": 0, "accepted": 1}
    assert [each["file"] for each in content["exports"]] == ["before.csv", "after.xlsx"]
    assert content["exports"][0]["platform"] == "Qualtrics"
    assert content["left_out"] == "Ids were not looked at."
    assert [each["code"] for each in content["found"]] == ["MAP001", "DIA002", "ANS001"]


def test_where_no_export_was_opened_nothing_is_said_of_any() -> None:
    assert shown(show_recognised, ()) == ""


# --- a draft --------------------------------------------------------------------------------

DRAFT = Draft(
    "format = 1\n",
    (
        Guess("id", "Pupil code", "sure", "its name says so"),
        Guess("organisation", "a[bold]b", "unsure", "it holds 12 names"),
    ),
    (
        Fault("REC009", "no column looks like the school", "Say --organisation COLUMN"),
        Fault("REC003", "which occasion cannot be told", "Say --occasion", "a.csv"),
    ),
    loadable=False,
    unanswered=(Fault("REC003", "which occasion cannot be told", "Say --occasion", "a.csv"),),
)


def test_a_draft_says_what_was_recognised_and_how_sure_that_is() -> None:
    text = words(shown(show_draft, DRAFT, Path("study.toml")))
    assert "What was recognised sure id: Pupil code (its name says so)" in text
    assert "unsure organisation: a[bold]b (it holds 12 names)" in text


def test_a_draft_asks_first_what_it_cannot_do_without() -> None:
    text = words(shown(show_draft, DRAFT, Path("study.toml")))
    assert (
        "to answer REC003 a.csv: which occasion cannot be told. Say --occasion "
        "to check REC009 no column looks like the school. Say --organisation COLUMN"
    ) in text
    assert "Answer what is asked, then: peereval check study.toml" in text


def test_a_draft_without_questions_asks_none() -> None:
    text = shown(show_draft, msgspec.structs.replace(DRAFT, questions=()), Path("study.toml"))
    assert "What is asked" not in text
    assert "Look through it, then: peereval check study.toml" in text


# --- for programs ---------------------------------------------------------------------------


def test_the_schema_of_the_json_is_fixed() -> None:
    content = json.loads(findings_text([NO_COLUMN], [replace(NO_LABEL, sheet="S")], [STRAIGHT]))
    assert content == {
        "format": 1,
        "summary": {"faults": 1, "findings": 2, "notes": 0, "accepted": 1},
        "found": [
            {
                "code": "MAP001", "severity": "fault", "accepted": False, "file": "before.csv",
                "sheet": "", "place": "", "row": None, "rows": [], "column": "Pupil Code",
                "count": 1, "found": "there is no such column", "fix": "Did you mean 'Pupil code'?",
            },
            {
                "code": "ANS001", "severity": "finding", "accepted": False, "file": "before.csv",
                "sheet": "S", "place": "", "row": 7, "rows": [7, 9, 12], "column": "mood_1",
                "count": 3, "found": "3 cells hold text that is no label",
                "fix": "See restricted/faults.csv",
            },
            {
                "code": "DIA002", "severity": "finding", "accepted": True, "file": "after.csv",
                "sheet": "", "place": "", "row": None, "rows": [], "column": "", "count": 1,
                "found": "31 of 412 responses give the same answer", "fix": "Compare",
            },
        ],
    }  # fmt: skip


def test_a_note_is_told_from_a_finding() -> None:
    note = Fault("CON007", "3 responses have no partner")
    content = json.loads(findings_text([], [NO_LABEL, note]))
    assert content["summary"] == {"faults": 0, "findings": 1, "notes": 1, "accepted": 0}
    assert [each["severity"] for each in content["found"]] == ["finding", "note"]
    assert summary([], [NO_LABEL, note]) == "0 faults, 1 finding, 1 note"
    assert findings_text([], [note], form="github").startswith("::notice ")


def test_json_holds_every_fault_and_not_the_lines_of_the_screen() -> None:
    assert len(json.loads(findings_text([], columns(100)))["found"]) == 100


def test_json_is_plain_ascii_and_reads_back_as_it_was() -> None:
    odd = replace(NO_LABEL, column="Wie geht’s?\x1b")
    text = findings_text([], [odd])
    assert text.isascii()
    assert json.loads(text)["found"][0]["column"] == odd.column


COMMAND = re.compile(r"::(error|warning) ([^:]*)::(.*)")


def commands(faults: Sequence[Fault], findings: Sequence[Fault] = ()) -> list[tuple[str, ...]]:
    lines = findings_text(faults, findings, form="github").splitlines()
    found = [COMMAND.fullmatch(line) for line in lines]
    assert all(found), lines
    return [match.groups() for match in found if match]


def test_a_github_log_gets_errors_and_warnings() -> None:
    assert commands([NO_COLUMN], [NO_LABEL]) == [
        (
            "error",
            "file=before.csv,title=MAP001",
            "column 'Pupil Code': there is no such column. Did you mean 'Pupil code'?",
        ),
        (
            "warning",
            "file=before.csv,line=7,title=ANS001",
            "rows 7, 9, 12, column 'mood_1': 3 cells hold text that is no label. "
            "See restricted/faults.csv",
        ),
    ]


def test_a_github_log_gets_one_line_for_a_hundred_columns() -> None:
    assert len(commands([], columns(100))) == 1


def test_a_github_log_gets_the_same_of_several_files_for_each() -> None:
    files = commands([replace(NO_COLUMN, file=name) for name in ("a.csv", "b.csv")])
    assert [where for _, where, _ in files] == [
        "file=a.csv,title=MAP001",
        "file=b.csv,title=MAP001",
    ]


def test_nothing_in_a_fault_begins_a_command_of_its_own() -> None:
    odd = Fault("ANS001", "100%\r\n::error::gone", file="a:b,c%.csv", row=2)
    ((word, where, text),) = commands([odd])
    assert word == "error"
    assert where == "file=a%3Ab%2Cc%25.csv,line=2,title=ANS001"
    assert text == "row 2: 100%25%0D%0A::error::gone"


@pytest.mark.parametrize("form", ["json", "github"])
def test_accepted_findings_are_no_warnings(form: str) -> None:
    text = findings_text([], [], [STRAIGHT], form)
    assert ("DIA002" in text) == (form == "json")


def test_an_error_is_said_to_programs_with_its_faults() -> None:
    error = SourceError("The exports have 1 fault", [NO_COLUMN])
    content = json.loads(error_text(error, "json"))
    assert (content["error"], content["exit_code"]) == ("The exports have 1 fault", 13)
    assert [each["code"] for each in content["found"]] == ["MAP001"]
    assert error_text(error, "github").startswith("::error file=before.csv,title=MAP001::")


def test_an_error_is_said_to_people_as_it_says_itself() -> None:
    error = SourceError("The exports have 3 faults", [NO_COLUMN, NO_LABEL, NO_NAME])
    assert error_text(error) == str(error)


def test_an_error_with_a_hundred_faults_of_one_kind_is_one_line_more() -> None:
    text = error_text(SourceError("The exports have 100 faults", columns(100, "MAP002")))
    first, second = text.splitlines()
    assert first == "The exports have 100 faults"
    assert second.startswith("  MAP002 before.csv: An item without a column, in 100 columns")
    assert second.endswith("and 97 more. See restricted/faults.csv")


def test_an_error_moves_no_cursor() -> None:
    odd = replace(NO_LABEL, found="\x1b[2Jgone")
    assert "\x1b" not in error_text(SourceError("\x1b[31mred", [odd]))


def test_an_error_without_faults_is_said_all_the_same() -> None:
    error = UsageError("There is no such\nengine")
    assert json.loads(error_text(error, "json"))["error"] == "There is no such\nengine"
    assert error_text(error, "github") == "::error::There is no such%0Aengine"


# --- what a code means ----------------------------------------------------------------------


@pytest.mark.parametrize("code", EXPLANATIONS)
def test_every_code_is_shown_with_all_its_parts(code: str) -> None:
    explanation, text = explain(code), shown(show_explanation, explain(code))
    assert text.startswith(f"{code}  {explanation.title}\n")
    kind = "a fault: it stops a run" if explanation.stops else "a finding: a run goes on"
    kind = "a note: good to know, nothing to mend" if explanation.note else kind
    assert text.splitlines()[1] == f"{code} is {kind}."
    for part in (explanation.meaning, explanation.why, explanation.fix, explanation.example):
        assert words(part) in words(text)
    assert all(len(line) <= 110 for line in text.splitlines())


def test_a_code_is_shown_as_json() -> None:
    content = json.loads(shown(show_explanation, explain("DIA001"), "json"))
    assert content == msgspec.structs.asdict(explain("DIA001"))
