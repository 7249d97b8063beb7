"""Survey platforms are known by their headings, and no heading is read as a response."""

import csv
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

import pytest
from openpyxl import Workbook

from peereval.errors import Fault, SourceError
from peereval.labels import fold
from peereval.reading.export import Cells, Export
from peereval.reading.formats import open_export
from peereval.studies import Layout

Rows = Sequence[Sequence[str]]


def as_text(folder: Path, rows: Rows, delimiter: str = ",") -> Path:
    made = StringIO()
    csv.writer(made, delimiter=delimiter).writerows(rows)
    path = folder / "export.csv"
    path.write_text(made.getvalue(), encoding="utf-8", newline="")
    return path


def as_workbook(folder: Path, rows: Rows) -> Path:
    book = Workbook()
    for row in rows:
        book.active.append([cell or None for cell in row])
    path = folder / "export.xlsx"
    book.save(path)
    return path


def opened(folder: Path, rows: Rows, layout: Layout | None = None) -> tuple[Export, Cells]:
    """An export and all its cells, the same from text and from a workbook."""
    exports = [
        open_export(write(folder, rows), layout or Layout()) for write in (as_text, as_workbook)
    ]
    cells = [export.read(export.columns) for export in exports]
    (one, other), (text, sheet) = exports, cells
    assert (one.columns, one.questions, one.tests, one.unfinished, one.missing) == (
        other.columns,
        other.questions,
        other.tests,
        other.unfinished,
        other.missing,
    )
    assert text.rows.to_list() == sheet.rows.to_list()
    assert text.frame.fill_null("").rows() == sheet.frame.rows()
    return one, text


def findings(export: Export, cells: Cells) -> list[Fault]:
    return [*export.findings, *cells.findings]


# --- Qualtrics ----------------------------------------------------------------------------

NAMES = ["StartDate", "EndDate", "Status", "Finished", "RecordedDate", "ResponseId", "Q1", "Q2_1"]
TEXTS = [
    "Start Date", "End Date", "Response Type", "Finished", "Recorded Date", "Response ID",
    "How are\n\nyou,  today?", "Who helped? - A teacher",
]  # fmt: skip
IMPORTS = [f'{{"ImportId":"{name}"}}' for name in NAMES]
ANSWERS = [
    ["2018-09-03", "2018-09-03", "IP Address", "True", "2018-09-03", "R_1", "Often", "A teacher"],
    ["2018-09-03", "2018-09-03", "Survey Preview", "False", "2018-09-03", "R_2", "Never", ""],
]

SHAPES = {
    "names, texts and import ids": ([NAMES, TEXTS, IMPORTS], 4, True),
    "names and texts": ([NAMES, TEXTS], 3, True),
    "names and import ids": ([NAMES, IMPORTS], 3, False),
    "names": ([NAMES], 2, False),
}


@pytest.mark.parametrize(("headings", "first", "told"), SHAPES.values(), ids=SHAPES)
def test_qualtrics_headings_are_no_responses(
    headings: Rows, first: int, told: bool, tmp_path: Path
) -> None:
    export, cells = opened(tmp_path, [*headings, *ANSWERS])
    assert export.recognised.platform == "Qualtrics"
    assert export.columns == NAMES
    assert cells.rows.to_list() == [first, first + 1]
    assert export.recognised.first_row == first
    assert export.questions.get("Q1", "") == ("How are you, today?" if told else "")
    assert findings(export, cells) == []


def test_qualtrics_says_which_responses_are_tests_or_unfinished(tmp_path: Path) -> None:
    export, _ = opened(tmp_path, [NAMES, TEXTS, IMPORTS, *ANSWERS])
    assert export.tests
    assert export.unfinished
    assert (export.tests.column, export.unfinished.column) == ("Status", "Finished")
    for mark in ("Survey Preview", "Survey Test", "Spam", "1", "2", "8"):
        assert fold(mark) in export.tests.values
    for mark in ("IP Address", "Imported", "Offline Response", "0", "4", "16", ""):
        assert fold(mark) not in export.tests.values
    assert {fold("False"), "0"} <= export.unfinished.values
    assert not {fold("True"), "1", ""} & export.unfinished.values


def test_qualtrics_is_known_by_its_import_ids_alone(tmp_path: Path) -> None:
    rows = [
        ["Q1", "Q2"],
        ["How?", "Why?"],
        ['{"ImportId":"QID1"}', '{"ImportId":"QID2"}'],
        ["1", "2"],
    ]
    export, cells = opened(tmp_path, rows)
    assert export.recognised.platform == "Qualtrics"
    assert (export.questions, cells.rows.to_list()) == ({"Q1": "How?", "Q2": "Why?"}, [4])
    assert (export.tests, export.unfinished) == (None, None)


def test_an_older_qualtrics_export_numbers_its_own_columns(tmp_path: Path) -> None:
    names = ["V1", "V2", "V8", "V9", "V7", "V10", "Q1"]
    texts = ["ResponseID", "ResponseSet", "StartDate", "EndDate", "Status", "Finished", "How?"]
    rows = [names, texts, ["R_1", "Default", "2013-10-02", "2013-10-02", "0", "1", "x"]]
    export, cells = opened(tmp_path, rows)
    assert export.recognised.platform == "Qualtrics"
    assert cells.rows.to_list() == [3]
    assert export.tests
    assert export.unfinished
    assert (export.tests.column, export.unfinished.column) == ("V7", "V10")


def test_qualtrics_headings_with_line_breaks_count_as_one_row(tmp_path: Path) -> None:
    path = as_text(tmp_path, [NAMES, TEXTS, IMPORTS, *ANSWERS, ["x"] * 9])
    with pytest.raises(SourceError) as caught:
        open_export(path).read(["Q1"])
    assert [(fault.code, fault.row) for fault in caught.value.faults] == [("SRC014", 6)]


def test_a_title_may_stand_above_qualtrics_headings(tmp_path: Path) -> None:
    export, cells = opened(tmp_path, [["Our survey"], [], NAMES, TEXTS, IMPORTS, *ANSWERS])
    assert (export.recognised.header_row, cells.rows.to_list()) == (3, [6, 7])


# --- platforms that spread a question over its columns ------------------------------------

OWN = ["Respondent ID", "Collector ID", "Start Date", "End Date", "IP Address"]


def test_surveymonkey_has_two_rows_of_headings(tmp_path: Path) -> None:
    above = [*OWN, "Your code", "How often?", "", "", "Who helped?", "", "Role"]
    below = [
        "",
        "",
        "",
        "",
        "",
        "Open-Ended Response",
        "calm",
        "cross",
        "sad",
        "A teacher",
        "",
        "Response",
    ]
    row = ["118", "44", "x", "y", "z", "k1", "Often", "Never", "", "A teacher", "loose", "Mentor"]
    export, cells = opened(tmp_path, [above, below, row])
    assert export.recognised.platform == "SurveyMonkey"
    assert export.columns == [
        *OWN, "Your code", "How often? - calm", "How often? - cross", "How often? - sad",
        "Who helped? - A teacher", "Role",
    ]  # fmt: skip
    assert cells.rows.to_list() == [3]
    assert cells.frame["How often? - cross"].to_list() == ["Never"]
    assert cells.frame["Role"].to_list() == ["Mentor"]
    assert export.questions["How often? - sad"] == "How often? - sad"


def test_surveymonkey_may_say_nothing_in_its_second_row(tmp_path: Path) -> None:
    rows = [[*OWN, "How often?"], [""] * 6, ["118", "44", "x", "y", "z", "Often"]]
    export, cells = opened(tmp_path, rows)
    assert export.columns == [*OWN, "How often?"]
    assert cells.rows.to_list() == [3]


def test_questions_with_the_same_text_are_told_apart_and_a_finding(tmp_path: Path) -> None:
    rows = [[*OWN, "Why?", "Why?", "Why? (2)"], [""] * 8, [*"12345", "a", "b", "c"]]
    export, cells = opened(tmp_path, rows)
    assert export.columns[5:] == ["Why?", "Why? (3)", "Why? (2)"]
    assert cells.frame.row(0)[5:] == ("a", "b", "c")
    assert export.questions["Why? (3)"] == "Why?"
    assert [(fault.code, fault.row) for fault in findings(export, cells)] == [("SRC022", 1)]


def test_columns_of_no_platform_may_not_share_a_heading(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        open_export(as_text(tmp_path, [["id", "Why?", "Why?"], ["1", "a", "b"]]))
    assert [fault.code for fault in caught.value.faults] == ["SRC004"]


def test_smartsurvey_has_up_to_three_rows_of_headings(tmp_path: Path) -> None:
    own = ["UserID", "UserNo", "Started", "Ended", "Completed"]
    rows = [
        [*own, "Q1. Your code", "Q2. How often?", "", "Q3. How much?", ""],
        ["", "", "", "", "", "", "calm", "cross", "Q3.1. of this", ""],
        ["", "", "", "", "", "", "", "", "Q3.1.1. first", "Q3.1.2. then"],
        ["901", "1", "x", "y", "Yes", "k1", "Often", "-", "1", "2"],
        ["902", "2", "x", "y", "No", "k2", "-", "Never", "1", "2"],
    ]
    export, cells = opened(tmp_path, rows)
    assert export.recognised.platform == "SmartSurvey"
    assert export.columns[5:] == [
        "Q1. Your code", "Q2. How often? - calm", "Q2. How often? - cross",
        "Q3. How much? - Q3.1. of this - Q3.1.1. first",
        "Q3. How much? - Q3.1. of this - Q3.1.2. then",
    ]  # fmt: skip
    assert cells.rows.to_list() == [4, 5]
    assert export.missing["Q2. How often? - calm"] == frozenset({fold("-")})
    assert export.unfinished
    assert (export.unfinished.column, fold("No") in export.unfinished.values) == ("Completed", True)


# --- platforms with one row ---------------------------------------------------------------


def test_limesurvey_columns_go_by_their_codes(tmp_path: Path) -> None:
    names = [
        "id",
        "submitdate",
        "lastpage",
        "startlanguage",
        "code",
        "G01Q02[SQ001]",
        "G01Q02[other]",
    ]
    rows = [names, ["1", "", "2", "en", "k1", "A2", ""]]
    export, cells = opened(tmp_path, rows)
    assert export.recognised.platform == "LimeSurvey"
    assert (export.columns, cells.rows.to_list()) == (names, [2])
    assert export.unfinished
    assert (export.unfinished.column, "" in export.unfinished.values) == ("submitdate", True)


def test_limesurvey_may_say_code_and_text_in_one(tmp_path: Path) -> None:
    names = [
        "id. Response ID", "submitdate. Date submitted", "lastpage. Last page",
        "startlanguage. Start language", "G01Q02[SQ001].  How often? [e.g. calm. Or so]", "end.",
    ]  # fmt: skip
    export, _ = opened(tmp_path, [names, ["1", "2018-09-03", "2", "en", "A2", "x"]])
    assert export.columns == [
        "id",
        "submitdate",
        "lastpage",
        "startlanguage",
        "G01Q02[SQ001]",
        "end",
    ]
    assert export.questions["G01Q02[SQ001]"] == "How often? [e.g. calm. Or so]"
    assert export.unfinished
    assert export.unfinished.column == "submitdate"


def test_limesurvey_may_say_texts_alone(tmp_path: Path) -> None:
    names = ["Response ID", "Date submitted", "Last page", "Start language", "How often? [calm]"]
    export, _ = opened(tmp_path, [names, ["1", "", "2", "en", "Often"]])
    assert export.recognised.platform == "LimeSurvey"
    assert export.columns == names
    assert export.unfinished
    assert export.unfinished.column == "Date submitted"


def test_redcap_says_what_is_complete_if_there_is_one_form(tmp_path: Path) -> None:
    names = ["record_id", "redcap_event_name", "q1", "help___1", "wellbeing_complete"]
    export, _ = opened(tmp_path, [names, ["1", "baseline_arm_1", "2", "1", "0"]])
    assert export.recognised.platform == "REDCap"
    assert export.columns == names
    assert export.unfinished
    assert export.unfinished.column == "wellbeing_complete"
    assert {"0", fold("Incomplete")} <= export.unfinished.values
    assert "2" not in export.unfinished.values


def test_redcap_with_several_forms_does_not_say_what_is_complete(tmp_path: Path) -> None:
    names = ["record_id", "consent_complete", "q1", "wellbeing_complete"]
    export, _ = opened(tmp_path, [names, ["1", "2", "2", "0"]])
    assert (export.recognised.platform, export.unfinished) == ("REDCap", None)
    assert any("several" in note for note in export.recognised.notes)


def test_redcap_labels_repeat_and_are_told_apart(tmp_path: Path) -> None:
    names = ["Record ID", "Event Name", "Complete?", "How often?", "Complete?"]
    export, cells = opened(tmp_path, [names, ["1", "Baseline", "Complete", "Often", "Incomplete"]])
    assert export.recognised.platform == "REDCap"
    assert export.columns == ["Record ID", "Event Name", "Complete?", "How often?", "Complete? (2)"]
    assert [fault.code for fault in findings(export, cells)] == ["SRC022"]


FORMS = {
    "Microsoft Forms": [
        "ID",
        "Start time",
        "Completion time",
        "Email",
        "Name",
        "How\u00a0are you?\n",
    ],
    "Google Forms": ["Timestamp", "Your code", "How often? [calm]", "How are you?"],
    "Online surveys": ["Unique Response Number", "1. Your code", "2.1. calm", "How are you?"],
}


@pytest.mark.parametrize("platform", FORMS)
def test_forms_go_by_the_text_of_their_questions(platform: str, tmp_path: Path) -> None:
    names = FORMS[platform]
    export, cells = opened(tmp_path, [names, ["1", *"abcde"[: len(names) - 1]]])
    assert export.recognised.platform == platform
    assert export.columns[-1] == "How are you?"
    assert export.questions["How are you?"] == "How are you?"
    assert (cells.rows.to_list(), findings(export, cells)) == ([2], [])
    assert (export.tests, export.unfinished) == (None, None)


@pytest.mark.parametrize(
    "names",
    [
        ["id", "School", "stress_1", "stress_2"],
        ["Status", "Finished", "q1"],
        ["id", "submitdate", "q1"],
        ["timestamp", "id", "q1"],
        ["Name", "Email", "q1"],
        ["Record ID", "q1"],
    ],
)
def test_a_table_of_no_platform_is_taken_for_none(names: list[str], tmp_path: Path) -> None:
    export, _ = opened(tmp_path, [names, [f"x{n}" for n, _ in enumerate(names)]])
    assert export.recognised.platform == ""
    assert (export.questions, export.tests, export.unfinished) == ({}, None, None)


# --- what the study says ------------------------------------------------------------------


@pytest.mark.parametrize("said", ["surveymonkey", "SurveyMonkey", "survey monkey"])
def test_the_study_may_say_the_platform(said: str, tmp_path: Path) -> None:
    rows = [["Respondent", "How often?", ""], ["", "calm", "cross"], ["118", "Often", "Never"]]
    export, cells = opened(tmp_path, rows, Layout(platform=said))
    assert export.columns == ["Respondent", "How often? - calm", "How often? - cross"]
    assert cells.rows.to_list() == [3]


def test_the_study_may_say_that_there_is_no_platform(tmp_path: Path) -> None:
    rows = [["Timestamp", "a"], ["x", "y"]]
    export, _ = opened(tmp_path, rows, Layout(platform="none"))
    assert (export.recognised.platform, export.questions) == ("", {})


def test_a_platform_that_is_not_known_is_a_fault_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        open_export(as_text(tmp_path, [["id", "a"]]), Layout(platform="Qualtrix"))
    (fault,) = caught.value.faults
    assert (fault.code, "Qualtrics" in fault.fix) == ("SRC017", True)


def test_a_platform_is_known_whatever_parts_its_columns(tmp_path: Path) -> None:
    path = as_text(tmp_path, [NAMES, TEXTS, IMPORTS, *ANSWERS], "\t")
    export = open_export(path)
    assert (export.recognised.platform, export.recognised.delimiter) == ("Qualtrics", "tab")
    assert export.read(["Q1"]).frame["Q1"].to_list() == ["Often", "Never"]
