"""Which columns are the id, the organisation, the role, the date, and what else is known."""

from pathlib import Path

import pytest

from peereval.labels import fold
from peereval.recognising import LIKELY, SURE, UNSURE, Draft, Given, Guess, draft_study
from peereval.recognising.words import role_of
from peereval.studies import parse_study
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


def guess(files: list[Path], what: str, **given: str) -> Guess | None:
    draft = draft_study(files, Given(**given))  # type: ignore[arg-type]
    return next((each for each in draft.guesses if each.what == what), None)


def with_id(folder: Path, name: str, values: list[str] | None = None) -> list[Path]:
    columns = {"Colour": spread(["Red", "Blue"]), name: values or ids()} | STRESS
    return [write_export(folder / f"{name}.csv", columns) for name in ("baseline", "follow_up")]


@pytest.mark.parametrize(
    "name",
    [
        "Unique ID", "unique_id", "UniqueID", "Pupil code", "Student ID", "UPN", "uid",
        "Participant identifier", "Respondent ID", "What is your unique code?", "Survey code", "ID",
        "pupil_ref", "token", "Please type in your personal code",
    ],
)  # fmt: skip
def test_an_id_is_recognised_by_its_name(tmp_path: Path, name: str) -> None:
    found = guess(with_id(tmp_path, name), "id")
    assert found is not None
    assert (found.found, found.sure) == (name, SURE)


def test_how_surely_an_id_is_one_is_said_in_the_draft(tmp_path: Path) -> None:
    text = draft_study(with_id(tmp_path, "Pupil code"), Given()).text
    said = "# sure: its name says so; 100% of its values differ, 100% come again elsewhere\n"
    assert said + 'respondent = "Pupil code"' in text


def test_an_id_with_an_odd_name_is_recognised_by_coming_again(tmp_path: Path) -> None:
    found = guess(with_id(tmp_path, "Thing on your card"), "id")
    assert found is not None
    assert (found.found, found.sure) == ("Thing on your card", UNSURE)


def test_a_column_whose_values_do_not_come_again_is_no_id(tmp_path: Path) -> None:
    files = [
        write_export(tmp_path / "baseline.csv", {"Thing": ids()} | STRESS),
        write_export(tmp_path / "follow_up.csv", {"Thing": ids(first=901)} | STRESS),
    ]
    draft = draft_study(files, Given())
    assert "REC001" in codes(draft)
    assert not draft.loadable
    assert 'respondent = ""' in draft.text


def test_of_two_ids_the_one_that_comes_again_is_taken(tmp_path: Path) -> None:
    for name, first in (("baseline", 101), ("follow_up", 901)):
        columns = {"Record ID": ids(first=first), "Pupil ID": ids()} | STRESS
        write_export(tmp_path / f"{name}.csv", columns)
    found = guess(sorted(tmp_path.glob("*.csv")), "id")
    assert found is not None
    assert found.found == "Pupil ID"


def test_a_number_that_the_platform_gives_each_response_is_the_last_resort(tmp_path: Path) -> None:
    files = [
        write_export(tmp_path / f"{name}.csv", {"ResponseId": ids(first=first)} | STRESS)
        for name, first in (("baseline", 101), ("follow_up", 901))
    ]
    draft = draft_study(files, Given())
    assert draft.loadable
    assert {"REC007", "REC008"} <= set(codes(draft))
    assert 'respondent = "ResponseId"' in draft.text


def test_an_id_beside_the_platform_s_number_is_the_id(tmp_path: Path) -> None:
    found = guess(before_and_after(tmp_path, {"ResponseId": ids(first=500)}, STRESS), "id")
    assert found is not None
    assert found.found == "Pupil code"


def test_an_id_that_is_called_otherwise_in_one_export_is_asked_for(tmp_path: Path) -> None:
    files = [
        write_export(tmp_path / "baseline.csv", {"Pupil code": ids()} | STRESS),
        write_export(tmp_path / "follow_up.csv", {"Pupil number": ids()} | STRESS),
    ]
    draft = draft_study(files, Given())
    (fault,) = [fault for fault in draft.questions if fault.code == "REC002"]
    assert (fault.file, fault.column) == ("follow_up.csv", "Pupil code")
    assert "'Pupil number'" in fault.fix
    assert not draft.loadable


def test_the_id_that_a_person_names_is_taken(tmp_path: Path) -> None:
    files = before_and_after(tmp_path, {"Card": ids()}, STRESS)
    found = guess(files, "id", id="Card")
    assert found is not None
    assert (found.found, found.sure, found.why) == ("Card", SURE, "as you said")
    draft = draft_study(files, Given(id="Crad"))
    (fault, _) = [fault for fault in draft.questions if fault.code == "REC001"]
    assert fault.fix == "Did you mean 'Card'?"
    assert not draft.loadable


def test_ids_of_which_none_comes_again_are_said(tmp_path: Path) -> None:
    files = [
        write_export(tmp_path / "baseline.csv", {"Pupil code": ids()} | STRESS),
        write_export(tmp_path / "follow_up.csv", {"Pupil code": ids(first=901)} | STRESS),
    ]
    draft = draft_study(files, Given())
    assert "REC008" in codes(draft)
    assert draft.loadable


def test_an_id_that_is_personal_is_asked_about(tmp_path: Path) -> None:
    files = before_and_after(tmp_path, {"Full name": ids(first=1)}, STRESS)
    draft = draft_study(files, Given(id="Full name"))
    (fault,) = [fault for fault in draft.questions if fault.code == "REC024"]
    assert "pseudonymise" in fault.fix
    assert '\n# allowed = ["Full name"]\n' in draft.text
    assert "Never read" not in draft.text
    assert "REC024" not in codes(draft_study(files, Given(id="Pupil code")))


def numbered_in_schools(folder: Path, schools: int, more: dict[str, list[str]]) -> Draft:
    each = N // schools
    columns = {
        "Pupil code": ids(each) * schools,
        "School": [f"School {n}" for n in range(schools) for _ in range(each)],
    }
    folder.mkdir()
    rows = columns | more | STRESS
    files = [write_export(folder / f"{name}.csv", rows) for name in ("baseline", "follow_up")]
    return draft_study(files, Given(id="Pupil code"))


def test_ids_that_are_unique_within_a_school_only_are_matched_within_it(tmp_path: Path) -> None:
    draft = numbered_in_schools(tmp_path / "several", 4, {})
    assert parse_study(draft.text, tmp_path / "study.toml").id_scope == "organisation"
    (found,) = [each for each in draft.guesses if each.what == "ids"]
    assert (found.sure, "100% within an organisation" in found.why) == (LIKELY, True)
    one = numbered_in_schools(tmp_path / "one", 1, {})
    assert "id_scope" not in one.text
    # Ids that come several times within a school as well are another fault.
    repeated = numbered_in_schools(tmp_path / "repeated", 2, {"Pupil code": ids(4) * (N // 4)})
    assert "id_scope" not in repeated.text


# --- organisation ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["School", "Organisation", "School ID code", "school_name", "Centre", "Name of school",
     "Which school do you go to?", "What is the name of your school?", "College"],
)  # fmt: skip
def test_an_organisation_is_recognised_by_its_name(tmp_path: Path, name: str) -> None:
    files = before_and_after(tmp_path, {name: spread(["North", "South"])}, STRESS)
    assert drafted(files).organisation == name


@pytest.mark.parametrize(
    "name",
    ["School type", "School Contact", "How do you feel about school?", "Local Authority",
     "What do you like about your school?", "I worry when I am at school"],
)  # fmt: skip
def test_what_is_about_an_organisation_is_not_its_name(tmp_path: Path, name: str) -> None:
    files = before_and_after(tmp_path, {name: spread(["North", "South"])}, STRESS)
    assert drafted(files).organisation == ""


def test_an_empty_organisation_gives_way_to_a_full_one(tmp_path: Path) -> None:
    both = {"School name": [""] * N, "School ID code": spread(["AA1", "AA2"])}
    assert drafted(before_and_after(tmp_path, both, STRESS)).organisation == "School ID code"


def test_an_organisation_that_an_export_lacks_is_left_out(tmp_path: Path) -> None:
    with_school = {"Pupil code": ids(), "School": spread(["North", "South"])} | STRESS
    files = before_and_after(tmp_path, STRESS, after=with_school)
    draft = draft_study(files, Given())
    assert [(f.code, f.file) for f in draft.questions if f.code == "REC009"] == [
        ("REC009", "baseline.csv")
    ]
    assert draft.loadable
    assert "organisation =" not in draft.text


# --- role -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "roles",
    [
        {
            "Peer mentor": "mentor",
            "Received peer support": "mentee",
            "Both": "both",
            "Neither": "neither",
        },
        {
            "I was a mentor": "mentor",
            "I had a mentor": "mentee",
            "I was a mentor and a mentee": "both",
            "None of these": "neither",
        },
        {"MENTOR": "mentor", "Mentee": "mentee", "Not involved": "neither"},
        {"Gave support": "mentor", "Was supported": "mentee", "Did not take part": "neither"},
        {"Intervention": "participant", "Control": "neither"},
    ],
    ids=" / ".join,
)
def test_roles_are_recognised_by_what_their_words_mean(
    tmp_path: Path, roles: dict[str, str]
) -> None:
    study = drafted(before_and_after(tmp_path, {"Your role": spread(list(roles))}, STRESS))
    assert study.role == "Your role"
    assert {text: study.roles[fold(text)] for text in roles} == roles
    assert study.contrast == ("participants", "non_participants")


def test_joined_options_are_judged_one_by_one(tmp_path: Path) -> None:
    roles = {
        "I am a mentor;": "mentor",
        "I have a mentor;": "mentee",
        "I am a mentor;I have a mentor;": "both",
        "I have a mentor, I am a mentor": "both",
        "Mentor|Mentee": "both",
        "None of these;": "neither",
    }
    texts = [*roles, "I am a mentor;None of these;"]
    draft = draft_study(before_and_after(tmp_path, {"Your role": spread(texts)}, STRESS), Given())
    study = parse_study(draft.text, tmp_path / "study.toml")
    assert {text: study.roles.get(fold(text), "") for text in texts} == {**roles, texts[-1]: ""}
    (fault,) = [fault for fault in draft.questions if fault.code == "REC010"]
    assert "contradict themselves" in fault.found
    assert "None of these" not in str(fault)
    (found,) = [each for each in draft.guesses if each.what == "role"]
    assert found.sure == LIKELY


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("I did not receive support", ""),
        ("I was not a mentor or a mentee", ""),
        ("Mentor, not mentee", ""),
        ("Mentor; something of my own", ""),
        ("Mentor;;", "mentor"),
        ("Took part, mentor", "mentor"),
        ("Yes, I was a mentor", "mentor"),
        ("Neither, comparison group", "neither"),
    ],
)
def test_a_role_is_not_guessed_from_a_part_of_what_was_said(text: str, role: str) -> None:
    assert role_of(text) == role


def test_a_role_that_is_asked_at_follow_up_only_is_recognised(tmp_path: Path) -> None:
    role = {"Involvement": spread(["Peer mentor", "Mentee", "Neither"])}
    after = {"Pupil code": ids()} | role | STRESS
    assert drafted(before_and_after(tmp_path, STRESS, after=after)).role == "Involvement"


def test_yes_and_no_are_no_roles(tmp_path: Path) -> None:
    files = before_and_after(tmp_path, {"Do you have friends?": spread(["Yes", "No"])}, STRESS)
    draft = draft_study(files, Given())
    assert "REC010" in codes(draft)
    assert "\n[roles]" not in draft.text


def test_somebody_s_own_words_about_a_role_are_never_shown(tmp_path: Path) -> None:
    texts = (
        ["Mentor"] * 10 + ["Mentee"] * 10 + ["I mentored Robin at Elm House"] * 2 + ["Neither"] * 2
    )
    draft = draft_study(before_and_after(tmp_path, {"Role": texts}, STRESS), Given())
    assert "Robin" not in draft.text + str(draft.guesses) + str(draft.questions)
    assert 'mentee = "Mentee"' in draft.text
    assert "REC010" in codes(draft)


# --- characteristics, dates, consent, personal ----------------------------------------------


def test_characteristics_are_recognised_by_name_or_question(tmp_path: Path) -> None:
    known = {
        "Year group": spread(["Year 7", "Year 8"]),
        "Gender": spread(["Girl", "Boy", "Prefer not to say"]),
        "Ethnic group": spread(["A", "B"]),
        "FSM": spread(["Yes", "No"]),
        "SEND": spread(["Yes", "No"]),
        "How old are you?": spread(["11", "12"]),
    }
    study = drafted(before_and_after(tmp_path, known, STRESS))
    assert study.characteristics == {
        "year_group": "Year group",
        "gender": "Gender",
        "age": "How old are you?",
        "ethnicity": "Ethnic group",
        "sen": "SEND",
        "free_school_meals": "FSM",
    }
    assert not study.questions


def test_a_year_of_birth_is_no_year_group(tmp_path: Path) -> None:
    study = drafted(before_and_after(tmp_path, {"Year": spread(["2009", "2010"])}, STRESS))
    assert study.characteristics == {}


def test_the_date_of_beginning_comes_before_that_of_the_end(tmp_path: Path) -> None:
    days = [f"{day:02}/04/2018 09:30" for day in range(2, 2 + N)]
    dates = {"End date": days, "Start date": days}
    assert drafted(before_and_after(tmp_path, dates, STRESS)).date == "Start date"


def test_rows_without_consent_are_set_aside(tmp_path: Path) -> None:
    asked = {"consent": spread(["Yes, I want to take part", "No, I do not want to take part"])}
    study = drafted(before_and_after(tmp_path, asked, STRESS))
    (exclusion,) = study.exclusions
    assert exclusion.column == "consent"
    assert len(exclusion.values) == 1
    assert next(iter(exclusion.values)).startswith("no")


def test_personal_columns_are_named_and_never_used(tmp_path: Path) -> None:
    personal = {"Full name": ids(first=1), "Email": ids(first=2), "Postcode": ids(first=3)}
    draft = draft_study(before_and_after(tmp_path, personal, STRESS), Given())
    assert "# Never read: Email (an e-mail address), Full name (a name), Postcode" in draft.text
    assert LIKELY in {each.sure for each in draft.guesses}
