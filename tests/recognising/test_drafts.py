"""The text of a draft: it loads, it is stable, and nobody's words are in it."""

import tomllib
from pathlib import Path

import pytest

from peereval.errors import SourceError, StudyError, UsageError
from peereval.recognising import Given, draft_study
from peereval.studies import load_study, parse_study
from recognising.exports import (
    N,
    before_and_after,
    codes,
    drafted,
    ids,
    items,
    spread,
    write_export,
)

STRESS = items("pss4", "pss_{n}")


def test_a_draft_loads_as_a_study_file(tmp_path: Path) -> None:
    draft = draft_study(before_and_after(tmp_path, STRESS), Given(title="Our survey"))
    assert draft.loadable
    path = tmp_path / "study.toml"
    path.write_text(draft.text, encoding="utf-8")
    study = load_study(path)
    assert (study.id, study.title) == ("our_survey", "Our survey")
    assert [(study.folder / source.file).is_file() for source in study.sources] == [True, True]


def test_exports_are_named_from_where_the_study_stands(tmp_path: Path) -> None:
    files = before_and_after(tmp_path / "exports", STRESS)
    draft = draft_study(files, Given(folder=tmp_path / "studies" / "one"))
    assert 'folder = "../../exports"' in draft.text
    assert 'file = "baseline.csv"' in draft.text
    study = parse_study(draft.text, tmp_path / "studies" / "one" / "study.toml")
    assert all((study.folder / source.file).resolve().is_file() for source in study.sources)


def test_the_same_exports_give_the_same_text_and_another_order_the_same_study(
    tmp_path: Path,
) -> None:
    files = before_and_after(tmp_path, STRESS)
    assert draft_study(files, Given()).text == draft_study(files, Given()).text
    assert drafted(files).occasions == drafted(files[::-1]).occasions


@pytest.mark.parametrize(
    "heading",
    ['say "so"', "back\\slash", "tab\there", "line\nbreak", "{braces}", "[[sources]]", "= 1", "é'"],
)  # fmt: skip
def test_headings_of_any_kind_give_a_text_that_can_be_read(tmp_path: Path, heading: str) -> None:
    columns = {heading: spread(["Yes", "No"]), f"School {heading}": spread(["North", "South"])}
    named = {f"{heading} pss_{n}": cells for n, cells in enumerate(STRESS.values(), 1)}
    draft = draft_study(before_and_after(tmp_path, columns, named), Given())
    assert tomllib.loads(draft.text)["columns"]["respondent"] == "Pupil code"
    assert draft.loadable


def test_no_answer_and_no_id_is_in_a_draft(tmp_path: Path) -> None:
    secret = [f"Zebra{n} likes yellow submarines" for n in range(N)]
    columns = {
        "Comments": secret,
        "What would you say?": secret[::-1],
        "Gender": ["I am Zebra", *spread(["Girl", "Boy"], n=N - 1)],
        "Role": ["Zebra was my mentor", *spread(["Mentor", "Mentee", "Neither"], n=N - 1)],
        "consent": ["No, says Zebra", *spread(["Yes", "No"], n=N - 1)],
        "pss_1": ["Zebra", *STRESS["pss_1"][1:]],
        "Nurse": ["Zebra a day", *spread(["Not at all", "Once a day"], n=N - 1)],
    }
    draft = draft_study(before_and_after(tmp_path, STRESS | columns), Given())
    said = draft.text + str(draft.guesses) + str(draft.questions)
    assert "Zebra" not in said
    assert not [one for one in ids() if one in said]
    assert "Gender" in said


def test_every_line_of_a_comment_fits(tmp_path: Path) -> None:
    draft = draft_study(before_and_after(tmp_path, STRESS, {"Q" * 90: ids()}), Given())
    comments = [line for line in draft.text.splitlines() if line.startswith("#")]
    assert comments
    assert max(len(line) for line in comments) <= 100


def test_every_guess_says_how_sure_it_is_and_why(tmp_path: Path) -> None:
    draft = draft_study(before_and_after(tmp_path, STRESS, {"School": spread(["N", "S"])}), Given())
    assert {guess.sure for guess in draft.guesses} <= {"sure", "likely", "unsure"}
    assert all(guess.why and guess.what and guess.found for guess in draft.guesses)
    assert "# likely: its name says so; 2 different in an export\norganisation" in draft.text


def test_questions_are_listed_at_the_top_and_refuse_to_go_on(tmp_path: Path) -> None:
    files = [write_export(tmp_path / f"{name}.csv", STRESS) for name in ("before", "after")]
    draft = draft_study(files, Given())
    assert codes(draft)[0] == "REC001"
    assert "#   REC001 no column looks like the id of a respondent" in draft.text
    with pytest.raises(UsageError, match="REC001"):
        draft.refuse_unanswered()
    with pytest.raises(StudyError):
        parse_study(draft.text, tmp_path / "study.toml")


def test_nothing_is_refused_where_only_doubts_are_left(tmp_path: Path) -> None:
    draft = draft_study(before_and_after(tmp_path, STRESS), Given())
    assert codes(draft) == ["REC009", "REC010"]
    draft.refuse_unanswered()


def test_exports_that_cannot_be_read_are_all_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        draft_study([tmp_path / "no.csv", tmp_path / "none.csv"], Given())
    assert [fault.file for fault in caught.value.faults] == ["no.csv", "none.csv"]
    with pytest.raises(UsageError):
        draft_study([], Given())


def test_an_export_without_responses_is_no_reason_to_fall_over(tmp_path: Path) -> None:
    empty = {name: [] for name in ("Pupil code", *STRESS)}
    columns = {"Pupil code": ids()} | STRESS
    files = before_and_after(tmp_path, STRESS, after=empty)
    assert 'columns = "pss_{n}"' in draft_study(files, Given()).text
    assert columns


def test_sheets_of_a_workbook_are_exports_of_their_own(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    book.active.title = "Baseline"  # type: ignore[union-attr]
    columns = {"Pupil code": ids()} | STRESS
    for sheet in (book.active, book.create_sheet("Follow-up")):
        sheet.append(list(columns))  # type: ignore[union-attr]
        for row in zip(*columns.values(), strict=True):
            sheet.append(list(row))  # type: ignore[union-attr]
    book.create_sheet("Notes").append(["Sent to schools in April"])
    book.save(tmp_path / "survey.xlsx")
    study = drafted([tmp_path / "survey.xlsx"])
    assert [(s.file, s.layout.sheet, s.occasion) for s in study.sources] == [
        ("survey.xlsx", "Baseline", "baseline"),
        ("survey.xlsx", "Follow-up", "follow_up"),
    ]


def test_a_summary_in_front_does_not_hide_the_sheets_of_responses(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    book.active.title = "Summary"  # type: ignore[union-attr]
    for row in (["School", "Responses"], ["North", 24], ["South", 24]):
        book.active.append(row)  # type: ignore[union-attr]
    columns = {"Pupil code": ids()} | STRESS
    for name in ("North", "South"):
        sheet = book.create_sheet(name)
        for line in (list(columns), *zip(*columns.values(), strict=True)):
            sheet.append(list(line))
    book.save(tmp_path / "baseline.xlsx")
    draft = draft_study([tmp_path / "baseline.xlsx"], Given())
    study = parse_study(draft.text, tmp_path / "study.toml")
    assert [source.layout.sheet for source in study.sources] == ["North", "South"]
    (fault,) = [fault for fault in draft.questions if fault.code == "REC023"]
    assert (fault.file, "'Summary'" in fault.found) == ("baseline.xlsx", True)


def test_a_scale_that_is_left_out_is_what_must_be_answered(tmp_path: Path) -> None:
    numbered = items("pss4", "pss_{n}", ["1", "2", "3", "4", "5"])
    draft = draft_study(before_and_after(tmp_path, numbered), Given())
    assert "REC004" not in codes(draft)
    assert not draft.loadable
    assert [fault.code for fault in draft.unanswered] == ["REC013", "REC013"]
    with pytest.raises(UsageError, match="REC013"):
        draft.refuse_unanswered()
    # Beside a scale that is in, the question leaves something out and stops nothing.
    files = before_and_after(tmp_path / "two", numbered, items("swemwbs", "wb_{n}"))
    more = draft_study(files, Given())
    assert "REC013" in codes(more)
    assert more.loadable
    assert more.unanswered == ()


def test_an_export_with_five_thousand_columns_is_looked_at(tmp_path: Path) -> None:
    more = {f"Extra question {n}": spread(["a", "b"], n, 3) for n in range(5_000)}
    columns = {"Pupil code": ids(3)} | {name: cells[:3] for name, cells in STRESS.items()}
    draft = draft_study([write_export(tmp_path / "baseline.csv", columns | more)], Given())
    assert draft.loadable
    assert "and 4940" in draft.text


def test_an_export_that_is_given_twice_is_refused(tmp_path: Path) -> None:
    (first, _) = before_and_after(tmp_path, STRESS)
    draft = draft_study([first, first], Given())
    assert not draft.loadable
    with pytest.raises(UsageError, match="STU011"):
        draft.refuse_unanswered()
