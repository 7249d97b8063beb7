"""Which columns of an export are read, which are not, and where they were looked for."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from openpyxl import Workbook

from peereval.errors import PeerevalError, PersonalDataError, SourceError
from peereval.reading import Answers, read_answers
from peereval.reading.formats import open_export
from peereval.studies import load_study
from reading.small_survey import COLUMNS, Row, tidy_rows, write_small_survey


def survey(folder: Path, added: dict[str, str], changes: dict[str, str] | None = None) -> Path:
    """The small survey with more columns in the export before, all cells alike."""
    rows = tidy_rows()
    rows["before"] = [row | added for row in rows["before"]]
    return write_small_survey(folder, rows, changes)


def read(study: Path) -> Answers:
    return read_answers(load_study(study))


def refused(study: Path, error: type[PeerevalError]) -> PeerevalError:
    with pytest.raises(error) as caught:
        read(study)
    assert type(caught.value) is error
    return caught.value


# --- columns that could name somebody ---------------------------------------------------------

PERSONAL = {"Full name": "PRIVATE", "E-mail": "PRIVATE", "Any other comments?": "PRIVATE"}


def test_personal_columns_that_nobody_uses_are_never_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_for: list[str] = []
    study = survey(tmp_path, PERSONAL)

    def opened(*arguments: Any) -> Any:
        from msgspec.structs import replace

        export = open_export(*arguments)

        def watched(columns: list[str]) -> Any:
            asked_for.extend(columns)
            return export.read(columns)

        return replace(export, read=watched)

    monkeypatch.setattr("peereval.reading.sources.open_export", opened)
    findings = read(study).findings
    assert not set(asked_for) & set(PERSONAL)
    assert "stress_1" in asked_for
    (finding,) = findings
    assert (finding.code, finding.file, finding.count) == ("PER001", "before.csv", 3)
    assert all(column in finding.found for column in PERSONAL)
    assert "PRIVATE" not in str(finding)


def test_a_study_that_allows_a_column_hears_nothing_of_it(tmp_path: Path) -> None:
    allowed = {"[roles]": 'allowed = ["Full name", "E-mail", "Any other comments?"]\n\n[roles]'}
    assert read(survey(tmp_path, PERSONAL, allowed)).findings == ()


@pytest.mark.parametrize(
    ("use", "changes"),
    {
        "the id": {'respondent = "Pupil code"': 'respondent = "Full name"'},
        "the organisation": {'organisation = "School"': 'organisation = "Full name"'},
        "the characteristic 'who'": {
            "[roles]": 'characteristics = { who = "Full name" }\n\n[roles]'
        },
        "the question 'had_help'": {'columns = "Q2_help"': 'columns = "Full name"'},
        "the item 'control' of pss4": {
            'columns = "stress_{n}"': 'columns = { control = "Full name", confident = "stress_2", '
            'going_well = "stress_3", piling_up = "stress_4" }'
        },
        "a reason to set rows aside": {
            "[roles]": '[[exclude]]\ncolumn = "Full name"\nvalues = ["Test"]\n\n[roles]'
        },
        "the date": {"[roles]": 'date = "Full name"\n\n[roles]'},
    }.items(),
)  # fmt: skip
def test_a_study_may_not_use_one_without_allowing_it(
    tmp_path: Path, use: str, changes: dict[str, str]
) -> None:
    rows = tidy_rows()
    rows = {name: [row | {"Full name": "PRIVATE"} for row in each] for name, each in rows.items()}
    error = refused(write_small_survey(tmp_path, rows, changes), PersonalDataError)
    assert error.exit_code == 16
    assert {(f.code, f.column) for f in error.faults} == {("PER002", "Full name")}
    assert {f.file for f in error.faults} == {"before.csv", "after.csv"}
    assert f"used as {use}" in error.faults[0].found
    assert "PRIVATE" not in str(error)


def test_a_study_may_use_one_that_it_allows(tmp_path: Path) -> None:
    changes = {
        "[roles]": 'allowed = ["Full name"]\ncharacteristics = { who = "Full name" }\n\n[roles]'
    }
    answers = read(survey(tmp_path, {"Full name": "Alex Example"}, changes))
    assert answers.characteristics["who"][0] == "Alex Example"
    assert answers.findings == ()


def test_ids_that_are_e_mail_addresses_are_refused_by_what_is_in_them(tmp_path: Path) -> None:
    rows = tidy_rows()
    for number, row in enumerate(rows["before"]):
        row["Pupil code"] = f"PRIVATE{number}@example.org"
    study = write_small_survey(tmp_path, rows)
    error = refused(study, PersonalDataError)
    assert [(f.code, f.file, f.column) for f in error.faults] == [
        ("PER003", "before.csv", "Pupil code")
    ]
    assert "PRIVATE" not in str(error)
    text = study.read_text(encoding="utf-8")
    study.write_text(text.replace("[roles]", 'allowed = ["Pupil code"]\n\n[roles]'))
    assert read(study).frame["respondent"][0] == "PRIVATE0@EXAMPLE.ORG"


def test_names_among_the_characteristics_are_refused_by_what_is_in_them(tmp_path: Path) -> None:
    rows = tidy_rows()
    for number, row in enumerate(rows["before"]):
        row["Nominated"] = f"{'ABCDEFGHIJKLMNOPQRSTUVWX'[number]}nna Priv{'ate' * (number + 1)}"
    changes = {"[roles]": 'characteristics = { friend = "Nominated" }\n\n[roles]'}
    error = refused(write_small_survey(tmp_path, rows, changes), PersonalDataError)
    assert [(f.code, f.column) for f in error.faults] == [("PER003", "Nominated")]
    assert "Priv" not in str(error)


def test_schools_may_be_called_after_people(tmp_path: Path) -> None:
    rows = tidy_rows()
    for number, row in enumerate(rows["before"]):
        row["School"] = f"{'ABCDEFGHIJKLMNOPQRSTUVWX'[number]}nna Freud{'e' * (number + 1)} School"
    assert {f.code for f in read(write_small_survey(tmp_path, rows)).findings} <= {"ORG002"}


def test_everything_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    changes = {
        'organisation = "School"': 'organisation = "Full name"',
        'columns = "stress_{n}"': 'columns = ["stress_{n}", "x_{n}"]',
    }
    rows = tidy_rows()
    for row in rows["after"]:
        del row["stress_4"]
    rows = {name: [row | {"Full name": "A B"} for row in each] for name, each in rows.items()}
    study = write_small_survey(tmp_path, rows, changes)
    write_plain(rows["after"], tmp_path / "after.csv")
    error = refused(study, SourceError)
    assert {(f.code, f.file) for f in error.faults} == {
        ("PER002", "before.csv"), ("PER002", "after.csv"), ("MAP002", "after.csv"),
    }  # fmt: skip


def write_plain(rows: list[Row], path: Path) -> None:
    pl.DataFrame(rows).write_csv(path)


# --- sheets -----------------------------------------------------------------------------------


def write_book(path: Path, sheets: dict[str, Iterable[Row]], title: str = "") -> None:
    """A workbook of answer sheets, a title above the headings if there is one."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        if title:
            sheet.append([title])
            sheet.append([])
        sheet.append(COLUMNS)
        for row in rows:
            sheet.append([row.get(column) or None for column in COLUMNS])
    book.save(path)


IN_ONE_BOOK = {
    'file = "before.csv"': 'file = "book.xlsx"\nsheet = "Spring"',
    'file = "after.csv"': 'file = "book.xlsx"\nsheet = "Summer"',
}


def test_sheets_of_one_file_are_told_apart_wherever_they_are_named(tmp_path: Path) -> None:
    rows = tidy_rows()
    rows["before"][0]["stress_1"] = rows["after"][1]["stress_1"] = "nonsense"
    study = write_small_survey(tmp_path, rows, IN_ONE_BOOK)
    write_book(tmp_path / "book.xlsx", {"Spring": rows["before"], "Summer": rows["after"]})
    answers = read(study)
    sources = ["book.xlsx [Spring]", "book.xlsx [Summer]"]
    assert answers.frame["source"].unique(maintain_order=True).to_list() == sources
    assert answers.faults["source"].to_list() == sources
    assert [name for name, _ in answers.recognised] == sources
    assert [(f.code, f.file, f.sheet, f.row) for f in answers.findings] == [
        ("ANS001", "book.xlsx", "Spring", 2),
        ("ANS001", "book.xlsx", "Summer", 3),
    ]


def test_a_missing_column_says_which_sheet_was_read_and_where(tmp_path: Path) -> None:
    rows = tidy_rows()
    changes = {
        'file = "before.csv"': 'file = "book.xlsx"\nsheet = "Spring"',
        'respondent = "Pupil code"': 'respondent = "Pupil cod"',
    }
    study = write_small_survey(tmp_path, rows, changes)
    write_book(
        tmp_path / "book.xlsx", {"Notes": [], "Spring": rows["before"]}, title="Answers of spring"
    )
    faults = [f for f in refused(study, SourceError).faults if f.file == "book.xlsx"]
    (fault,) = faults
    assert (fault.code, fault.sheet, fault.column) == ("MAP001", "Spring", "Pupil cod")
    assert "row 3" in fault.found
    assert "'Notes'" in fault.found
    assert fault.fix == "Did you mean 'Pupil code'?"


def test_one_sheet_may_not_be_read_twice(tmp_path: Path) -> None:
    rows = tidy_rows()
    changes = {
        'file = "before.csv"': 'file = "book.xlsx"',
        'file = "after.csv"': 'file = "book.xlsx"\nsheet = "Spring"',
    }
    study = write_small_survey(tmp_path, rows, changes)
    write_book(tmp_path / "book.xlsx", {"Spring": rows["before"], "Summer": rows["after"]})
    faults = refused(study, SourceError).faults
    assert [(f.code, f.file, f.sheet) for f in faults] == [("MAP006", "book.xlsx", "Spring")]


# --- what was recognised, and what readers found -----------------------------------------------


def test_what_an_export_was_taken_for_is_kept(tmp_path: Path) -> None:
    answers = read(write_small_survey(tmp_path, tidy_rows()))
    assert [(name, seen.format) for name, seen in answers.recognised] == [
        ("before.csv", "CSV"),
        ("after.csv", "CSV"),
    ]


def test_what_the_readers_found_is_passed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from msgspec.structs import replace

    from peereval.errors import Fault

    of_file, of_cells = Fault("SRC900", "of the file"), Fault("SRC901", "of the cells")

    def opened(*arguments: Any) -> Any:
        export = open_export(*arguments)

        def read_cells(columns: list[str]) -> Any:
            return replace(export.read(columns), findings=(of_cells,))

        return replace(export, read=read_cells, findings=(of_file,))

    monkeypatch.setattr("peereval.reading.sources.open_export", opened)
    findings = read(write_small_survey(tmp_path, tidy_rows())).findings
    assert findings == (of_file, of_cells, of_file, of_cells)


def test_a_missing_question_names_the_nearest_column(tmp_path: Path) -> None:
    study = write_small_survey(tmp_path, None, {'columns = "Q2_help"': 'columns = "Q2_helps"'})
    (fault,) = refused(study, SourceError).faults
    assert fault.fix == "It was looked for as 'Q2_helps'. Did you mean 'Q2_help'?"
