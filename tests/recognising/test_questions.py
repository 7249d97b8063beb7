"""Single questions: how often, yes or no, and which columns ask the same at two occasions."""

from pathlib import Path

from peereval.recognising import LIKELY, UNSURE, Given, draft_study
from peereval.recognising.words import contacts_of
from recognising.exports import before_and_after, codes, drafted, ids, items, spread, write_export

STRESS = items("pss4", "pss_{n}")
OFTEN = ["About once a day", "About once a week", "About once a month", "Once", "Not at all"]


def contacts(*names: str) -> dict[str, list[str]]:
    return {name: spread(OFTEN, n) for n, name in enumerate(names)}


def yes_no(*names: str) -> dict[str, list[str]]:
    return {name: spread(["Yes", "No"], n) for n, name in enumerate(names)}


def two(folder: Path, before: dict[str, list[str]], after: dict[str, list[str]]) -> list[Path]:
    return before_and_after(folder, before, STRESS, after={"Pupil code": ids()} | after | STRESS)


def test_contacts_in_a_term_are_read_from_words() -> None:
    assert [contacts_of(text) for text in OFTEN] == ["63.33", "12.67", "2.9", "1", "0"]
    assert contacts_of("Twice a week") == "25.33"
    assert contacts_of("2-3 times a week") == "38"
    assert contacts_of("Less than once a month") == "2"
    assert contacts_of("Never") == "0"
    assert contacts_of("Sometimes") == contacts_of("Once upon a time") == ""


def test_questions_of_the_same_name_are_one_question(tmp_path: Path) -> None:
    files = before_and_after(tmp_path, contacts("Nurse"), yes_no("Help"), STRESS)
    study = drafted(files)
    assert [(q.id, q.kind, q.columns) for q in study.questions] == [
        ("nurse", "contact", ("Nurse",)),
        ("help", "yes_no", ("Help",)),
    ]
    assert [float(n) for n in study.questions[0].contacts] == [0, 1, 2.9, 12.67, 63.33]
    draft = draft_study(files, Given())
    assert {g.sure for g in draft.guesses if g.what.startswith("question")} == {LIKELY}
    assert "# unsure: contacts in a school term" in draft.text
    assert "# unit_costs =" in draft.text


def test_questions_of_other_names_are_paired_by_order_and_that_is_said(tmp_path: Path) -> None:
    files = two(tmp_path, contacts("Q3_1", "Q3_2"), contacts("Q17a_1", "Q17b_1"))
    draft = draft_study(files, Given())
    assert 'columns = ["Q3_1", "Q17a_1"]' in draft.text
    assert 'columns = ["Q3_2", "Q17b_1"]' in draft.text
    assert {g.sure for g in draft.guesses if g.what.startswith("question")} == {UNSURE}
    (fault,) = [fault for fault in draft.questions if fault.code == "REC020"]
    assert "paired by their order alone" in fault.found


def test_questions_that_are_more_at_one_occasion_are_not_paired(tmp_path: Path) -> None:
    draft = draft_study(two(tmp_path, contacts("Q1", "Q2"), contacts("P1")), Given())
    assert "REC020" in codes(draft)
    assert "[[questions]]\n" not in draft.text
    assert "# Not used: Q1, Q2, P1." in draft.text


def test_questions_in_words_are_paired_by_their_words(tmp_path: Path) -> None:
    nurse, doctor = "How often did you see the nurse?", "How often did you see a doctor?"
    before = contacts(nurse, doctor)
    after = contacts(f"{doctor} ", f"{nurse} ")  # the other way round, and a blank after each
    after = {name.replace("did you", "have you"): cells for name, cells in after.items()}
    study = drafted(two(tmp_path, before, after))
    columns = {question.columns[0]: question.columns[1] for question in study.questions}
    assert {one.split()[-1]: other.split()[-1] for one, other in columns.items()} == {
        "nurse?": "nurse?",
        "doctor?": "doctor?",
    }
    assert study.questions[0].title == nurse


def test_a_question_at_one_occasion_only_is_not_compared(tmp_path: Path) -> None:
    files = two(tmp_path, yes_no("Help"), {})
    assert not drafted(files).questions


def test_frequencies_without_a_word_for_none_are_no_contacts(tmp_path: Path) -> None:
    files = before_and_after(tmp_path, {"Nurse": spread(OFTEN[:4])}, STRESS)
    assert not drafted(files).questions


def test_labels_of_a_scale_are_no_frequencies(tmp_path: Path) -> None:
    words = {"Colour": spread(["Never", "Sometimes", "Always"])}
    assert not drafted(before_and_after(tmp_path, words, STRESS)).questions


def test_bare_numbers_are_no_yes_and_no(tmp_path: Path) -> None:
    assert not drafted(before_and_after(tmp_path, {"Help": spread(["0", "1"])}, STRESS)).questions


def test_a_question_is_never_called_as_a_column_that_is_there(tmp_path: Path) -> None:
    files = before_and_after(tmp_path, yes_no("role", "pss4_total"), STRESS)
    assert [question.id for question in drafted(files).questions] == [
        "role_asked",
        "pss4_total_asked",
    ]


def test_questions_of_one_phase_are_compared_in_that_phase(tmp_path: Path) -> None:
    files = [
        write_export(
            tmp_path / f"{when}_{phase}.csv",
            {"Pupil code": ids()} | STRESS | (yes_no("Help") if phase == "primary" else {}),
        )
        for when in ("before", "after")
        for phase in ("primary", "secondary")
    ]
    (question,) = drafted(files).questions
    assert question.phases == ("primary",)
