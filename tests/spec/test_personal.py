"""Which columns are taken for personal, by their headings and by what is in them."""

import random
import time
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from peereval.bundled import bundled
from peereval.personal import (
    RESPONSE_ID,
    STAFF,
    labels_in_several,
    left_unread,
    looks_personal,
    only_ticks,
    personal_columns,
    reads_as_prose,
    refusal,
    traced_columns,
)
from peereval.scales import load_scale, scale_files

ASKED_FOR = {
    "a name": [
        "Name", "Your name", "What is your name?", "First name", "first_name", "FirstName",
        "firstname", "SURNAME", "Forename(s)", "Full Name (Last, First)", "Pupil's name",
        "pupil_name", "Parent/carer name", "Name of mentor", "Please write your full name",
        "Initials", "RecipientLastName", "RecipientFirstName", "Q1 - Name", "Signature",
        "What is your first name and surname?", "Name (optional)", "NAME IN BLOCK CAPITALS",
        "First name only",
    ],
    "an e-mail address": [
        "Email", "E-mail", "E-mail address", "Email Address", "RecipientEmail", "School email",
        "Please enter your email address.", "email_address", "Parent e-mail",
        "Your e-mail address (so that we can send you the results)",
    ],
    "a telephone number": [
        "Telephone", "Telephone number", "Phone no.", "Mobile", "mobile_number", "Contact number",
        "What is your phone number?",
    ],
    "an address": ["Address", "Home address", "Address line 1", "What is your address?"],
    "a postcode": ["Postcode", "Post code", "PostCode", "home_postcode", "Zip code",
                   "What is your home postcode?", "postcode_5_TEXT"],
    "a date of birth": ["Date of birth", "DOB", "D.O.B.", "dob", "date.of.birth", "DateOfBirth",
                        "Birthday", "What is your date of birth?", "When is your birthday?",
                        "When were you born?", "Date of Birth (DD/MM/YYYY)"],
    "part of a date of birth": ["dobday", "dobmnth", "dob_month", "Day of birth", "Birth month"],
    "an NHS number": ["NHS number", "NHS No", "NHSNumber"],
    "an IP address": ["IP Address", "IPAddress", "ipaddr", "ip_address"],
    "a place on the map": ["LocationLatitude", "LocationLongitude", "Latitude", "longitude"],
    "free text": [
        "Comments", "Any other comments?", "Further comments", "Please tell us",
        "Please tell us more",
        "Other (please specify)", "If other, please state", "Q5_7_TEXT", "Q12[other]",
        "Please explain your answer.", "Is there anything else you would like to tell us?",
        "Open-Ended Response", "In your own words", "Feedback", "Why? - please tell us why",
    ],
}  # fmt: skip

ASKS_FOR_NOTHING_PERSONAL = [
    "School name", "Name (school)", "Name (of your club)", "Organisation",
    "Organisation name", "Name of organisation", "Class name",
    "Name of your school", "Group name", "Course name", "Name of Local Authority", "Username",
    "User name", "Unique ID", "Pupil code", "UPN", "Respondent ID", "ResponseId", "Pupil", "School",
    "Year of birth", "Birth year", "Age", "Gender", "Year group", "Which year are you in?",
    "Start date", "Completion time", "Duration (in seconds)", "Role", "Mentor or mentee",
    "I feel confident", "I can address the problem", "We address problems together",
    "We do not ask your name.", "My friends know my name", "Please tell us how often you feel so",
    "For each one, please say how often you feel like this.", "Please state your year group",
    "How would you describe yourself?", "Which best describes you?", "feedback_1", "comments_2",
    "What is the first letter of your first name?", "Do you own a phone?", "Do you have a mobile?",
    "Text message sent", "Other", "Contact with a teacher", "Home", "Street dance club", "Q3_1",
    "srs_1", "Q2_help", "I can say what I want to say", "Status", "",
]  # fmt: skip


@pytest.mark.parametrize(
    ("heading", "what"), [(heading, what) for what, many in ASKED_FOR.items() for heading in many]
)
def test_a_heading_that_asks_for_something_personal_is_seen(heading: str, what: str) -> None:
    assert personal_columns([heading], {}) == {heading: what}


@pytest.mark.parametrize("heading", ASKS_FOR_NOTHING_PERSONAL)
def test_a_heading_that_asks_for_something_else_is_left_alone(heading: str) -> None:
    assert personal_columns([heading], {}) == {}
    assert personal_columns(["Q17"], {"Q17": heading}) == {}


QUESTIONS = {
    "What is your home postcode?\nThis shows what kind of place you live in. - Selected Choice": (
        "a postcode"
    ),
    "Use the menus below to select your date of birthMonth": "part of a date of birth",
    "Please write your name. It will be taken out before anyone sees your answers.": "a name",
    "What helped you most?\n\nIf something else did, please tell us": "free text",
    "Where do you live? - Other (please specify)": "free text",
    "Welcome to our survey!\nWe will not ask:\n\tyour name\n\tyour address\nDo you agree?": "",
    "We use your postcode to see where you live. Are you happy to go on?": "",
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_of_a_long_question_only_what_it_asks_counts(question: str) -> None:
    what = QUESTIONS[question]
    assert personal_columns(["Q17"], {"Q17": question}) == ({"Q17": what} if what else {})


def test_the_year_of_birth_is_personal_only_beside_the_day_or_month() -> None:
    assert personal_columns(["dobyr", "class"], {}) == {}
    assert set(personal_columns(["dobday", "dobyr", "class"], {})) == {"dobday", "dobyr"}


@pytest.mark.parametrize("name", scale_files())
def test_no_item_of_a_scale_asks_for_anything_personal(name: str) -> None:
    scale = load_scale(name)
    headings = [text for item in scale.items for text in (item.gloss, f"I feel: {item.gloss}")]
    assert personal_columns([*headings, *scale.labels, scale.title], {}) == {}


@pytest.mark.parametrize(
    "export", sorted((bundled("data/pilot")).glob("wave_*.csv")), ids=lambda p: p.stem
)
def test_nothing_in_the_pilot_looks_personal(export: Path) -> None:
    frame = pl.read_csv(export, infer_schema=False)
    assert personal_columns(frame.columns, {}) == {}
    assert {column: looks_personal(frame[column]) for column in frame.columns} == dict.fromkeys(
        frame.columns, ""
    )


def test_a_heading_as_long_as_a_book_takes_no_time() -> None:
    began = time.perf_counter()
    for text in ("name " * 200_000, "firstname" * 100_000, "? " * 500_000, "anythingelse" * 90_000):
        personal_columns([text, "Q1"], {"Q1": text})
    assert time.perf_counter() - began < 5


# --- by what is in a column

FIRST = ["Anna", "Ben", "Chloe", "Dev", "Ella", "Farah", "George", "Hana"]
LAST = ["Smith", "O'Neill", "Khan-Jones", "Brown", "Adeyemi", "Li"]


def days(first: date, last: date, n: int, seed: int = 1, every_day: bool = True) -> list[date]:
    chance, span = random.Random(seed), (last - first).days
    found = []
    while len(found) < n:
        day = first + timedelta(chance.randrange(span))
        if every_day or day.weekday() < 5:
            found.append(day)
    return found


def born(n: int) -> list[date]:
    year = date.today().year
    return days(date(year - 16, 9, 1), date(year - 11, 8, 31), n)


PERSONAL: dict[str, tuple[str, list[str | None]]] = {
    "e-mail addresses": (
        "an e-mail address", [f"{a}.{b}@school.example" for a in FIRST for b in "xyz"]
    ),
    "e-mail addresses, most of them blank": (
        "an e-mail address", [None, "", " "] * 50 + ["someone@home.example"]
    ),
    "e-mail addresses among codes": (
        "an e-mail address", [f"K{n}" for n in range(40)] + [f"p{n}@x.example" for n in range(8)]
    ),
    "postcodes": ("a postcode", ["M1 1AE", "EC1A 1BB", "w1a0ax", "CR2 6XH", "DN55 1PT", "??"]),
    "telephone numbers": (
        "a telephone number", ["07700 900123", "+44 7700 900456", "(0161) 496 0000", "01632960001"]
    ),
    "births as a person writes them": (
        "a date of birth", [f"{day:%d/%m/%Y}" for day in born(30)]
    ),
    "births as a workbook gives them": (
        "a date of birth", [f"{day.isoformat()}T00:00:00" for day in born(30)]
    ),
    "a few births": ("a date of birth", [day.isoformat() for day in born(8)]),
    "names": ("a name", [f"{a} {b}" for a in FIRST for b in LAST]),
    "names, surname first": ("a name", [f"{b}, {a}" for a in FIRST for b in LAST]),
    "comments": (
        "free text",
        [f"I liked it when {a} came and we talked about week {n}" for n, a in enumerate(FIRST)],
    ),
}  # fmt: skip

SURVEYED = days(date(2018, 4, 16), date(2020, 7, 10), 60, every_day=False)
NOT_PERSONAL: dict[str, list[str | None]] = {
    "nothing": [],
    "blanks": [None, "", "  "],
    "codes": [f"PS-{n:04d}-{n * 7:04d}" for n in range(100)],
    "codes that begin with zeros": [f"{n:011d}" for n in range(100)],
    "codes shaped like postcodes": [
        f"{a}{b}{n}4{b}{a}" for a in "QXZ" for b in "AJV" for n in range(9)
    ],
    "long numbers": [str(7_700_900_000 + n * 13) for n in range(100)],
    "labels": ["None of the time", "Some of the time", "Prefer not to say, thank you"] * 40,
    "one label in one row": ["About once a week"],
    "schools": ["St Mary's Church of England Primary School", "Ash School", "Oak School"] * 30,
    "lists of options": [
        "; ".join(part)
        for n in range(64)
        if (part := [w for k, w in enumerate(
            ["Reading a book", "Playing a game", "Seeing my friends", "Being out of doors",
             "Making some music", "Watching a film"]) if n >> k & 1])
    ],
    "survey days over three years": [day.isoformat() for day in SURVEYED],
    "times": [f"{day.isoformat()} 10:0{n % 10}:12" for n, day in enumerate(SURVEYED)],
    "birth years": [str(date.today().year - n % 8 - 9) for n in range(60)],
    "one stray e-mail among many codes": [f"K{n}" for n in range(100)] + ["me@home.example"],
}  # fmt: skip


@pytest.mark.parametrize("case", PERSONAL)
def test_what_is_in_a_column_gives_it_away(case: str) -> None:
    what, cells = PERSONAL[case]
    assert looks_personal(pl.Series("c7", cells, dtype=pl.String)) == what
    assert looks_personal(pl.Series("c7", cells, dtype=pl.String).cast(pl.Categorical)) == what


@pytest.mark.parametrize("case", NOT_PERSONAL)
def test_what_is_in_a_column_gives_nothing_away(case: str) -> None:
    assert looks_personal(pl.Series("c7", NOT_PERSONAL[case], dtype=pl.String)) == ""


def test_columns_with_types_are_looked_at_as_they_are() -> None:
    assert looks_personal(pl.Series(born(40))) == "a date of birth"
    assert looks_personal(pl.Series(SURVEYED)) == ""
    for cells in (
        [1.5, None],
        [7700900123],
        [True, False],
        [[1], [2]],
        [None],
        [b"x"],
        [timedelta(1)],
    ):
        assert looks_personal(pl.Series(cells)) == ""


def test_a_long_column_is_looked_at_throughout_and_quickly() -> None:
    codes = pl.Series([f"K{n:07d}" for n in range(1_000_000)])
    late = pl.concat([codes.head(800_000), codes.head(200_000) + "@x.example"])
    began = time.perf_counter()
    assert looks_personal(codes) == ""
    assert looks_personal(late) == "an e-mail address"
    assert time.perf_counter() - began < 1


# --- what a file that is passed on can do without

TRACED = {
    STAFF: ["Form tutor", "Teacher", "Name of your form tutor", "Class teacher",
            "Who is your tutor?", "Head of year", "Member of staff"],
    "a pupil number": ["UPN", "ULN", "Unique Learner Number", "Candidate number", "Admission no.",
                       "Unique Pupil Number (UPN)"],
    "a number or code of a person": ["Pupil ID", "Student number", "Mentor code", "Username"],
    RESPONSE_ID: ["ResponseId", "Response ID", "Respondent ID", "record_id", "Submission ID", "ID",
                  "_uuid", "Unique Response Number"],
    "free text": ["Why?", "Why not?", "Reasons", "Tell us about your day"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("heading", "what"), [(heading, what) for what, many in TRACED.items() for heading in many]
)
def test_a_heading_that_leads_to_somebody_is_seen(heading: str, what: str) -> None:
    assert traced_columns([heading], {}) == {heading: what}
    assert personal_columns([heading], {}) == {}


@pytest.mark.parametrize(
    "heading",
    ["School", "Tutor group", "Form", "Year group", "Role", "Contact with a teacher", "Status",
     "I get on with my teachers", "RecordedDate", "Group", "Q1_1", "pss_1", "Mentor or mentee"],
)  # fmt: skip
def test_a_heading_that_leads_to_nobody_is_left_alone(heading: str) -> None:
    assert traced_columns([heading], {}) == {}


PROSE: dict[str, tuple[str, list[str | None]]] = {
    "two sentences": ("free text", ["my mum left us", "it was fun for me"]),
    "mostly no, a few sentences": (
        "free text", ["no"] * 900 + [f"on day {n} I was left all alone" for n in range(12)]
    ),
    "one as long as a book": ("free text", ["yes"] * 50 + ["word " * 8_000]),
    "a member of staff": ("a name", ["ok", "I like Mr Smith"] * 20),
    "two words each": ("free text", [f"{a} {b}" for a in ("my", "our", "the", "no")
                                     for b in ("bus", "class", "lunch")]),
}  # fmt: skip
MIXED = ["White and Asian or other mixed group", "Any other group", "I prefer not to say that"]


@pytest.mark.parametrize("case", PROSE)
def test_what_is_written_freely_is_seen(case: str) -> None:
    what, cells = PROSE[case]
    assert reads_as_prose(pl.Series("c", cells, dtype=pl.String), frozenset()) == what


@pytest.mark.parametrize(
    "cells",
    [
        *(cells for case, cells in NOT_PERSONAL.items() if case != "one label in one row"),
        MIXED * 10,
        [f"{name} Church of England Primary School" for name in ("Oak", "Ash", "Elm", "Yew")],
    ],
)
def test_what_is_chosen_from_options_is_kept(cells: list[str | None]) -> None:
    assert reads_as_prose(pl.Series("c", cells, dtype=pl.String), frozenset()) == ""


def test_labels_of_several_columns_are_no_prose_however_few_the_rows() -> None:
    often = ["None of the time", "Some of the time", "Most of the time"]
    comments = [f"we walked to the park {n} times" for n in range(6)]
    frame = pl.DataFrame(
        {"q1": often * 2, "q2": often[::-1] * 2, "c": comments, "copy of c": comments}
    )
    labels = labels_in_several(frame)
    assert [reads_as_prose(frame[name], labels) for name in frame.columns] == [
        "", "", "free text", "free text",
    ]  # fmt: skip


def test_ticks_are_told_from_names() -> None:
    assert only_ticks(pl.Series("Q1_teacher", ["1", "0", "", None]))
    assert only_ticks(pl.Series("Teacher", ["Teacher", ""]))
    assert not only_ticks(pl.Series("Teacher", ["RP", ""]))


# --- what is said


def test_the_faults_name_columns_and_never_a_cell() -> None:
    finding = left_unread("a.csv", {"Name": "a name", "Q9": "free text"})
    assert str(finding) == (
        "PER001 a.csv: 2 columns look personal and were not read: 'Name' (a name), 'Q9' "
        "(free text). Leave them out of the export"
    )
    assert finding.count == 2
    many = left_unread("a.csv", dict.fromkeys((f"Name {n}" for n in range(30)), "a name"))
    assert (many.count, str(many).count("(a name)")) == (30, 10)
    assert "and 20 more" in many.found
    fault = refusal("a.csv", "Email", "the respondent", "an e-mail address")
    assert str(fault) == (
        "PER002 a.csv, column 'Email': it is used as the respondent, and its heading asks for an "
        "e-mail address. If it must be read, name it in [columns] allowed = [...]"
    )
