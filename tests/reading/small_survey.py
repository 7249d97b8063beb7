"""A survey small enough to see through: the same answers, to be written in any format.

Twenty-four pupils in six schools, before and after. Everything that a real export does
wrong is in it once: a second answer sheet, a sheet without an id, a pupil who left, one who
changed school, an answer out of range, a word that is no label, a role that nobody named.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

Row = dict[str, str]

ITEMS = {"stress": 4, "mood": 7}
SCHOOLS = ("Ash", "Beech", "Cedar", "Elm", "Fir", "Oak")
ROLES = ("Mentor", "Received support", "Both", "Neither")
MOOD = ("None of the time", "Rarely", "Some of the time", "Often", "All of the time")
TEACHER = ("Not at all", "Once", "About once a week")

COLUMNS = (
    "Pupil code",
    "School",
    "Role",
    *(f"stress_{n}" for n in range(1, 5)),
    *(f"mood_{n}" for n in range(1, 8)),
    "Q1_teacher",
    "Q2_help",
)

STUDY = """\
format = 1
id = "small"
title = "A small survey"

[columns]
respondent = "Pupil code"
organisation = "School"
role = "Role"

[roles]
mentor = "Mentor"
mentee = "Received support"
both = "Both"
neither = "Neither"

[responses]
missing = ["Prefer not to say"]

[[occasions]]
id = "before"
title = "In spring"

[[occasions]]
id = "after"
title = "In summer"

[[comparisons]]
id = "term"
title = "Spring to summer"
pairs = [["before", "after"]]

[[groups]]
id = "participants"
roles = ["mentor", "mentee", "both"]

[[groups]]
id = "non_participants"
roles = ["neither"]

[contrast]
treated = "participants"
control = "non_participants"

[[phases]]
id = "pupils"
title = "Pupils"
outcomes = ["pss4_total", "swemwbs_metric"]
bands = ["swemwbs_bands"]

[scales.pss4]
columns = "stress_{n}"

[scales.swemwbs]
columns = "mood_{n}"

[frequencies.term]
"Not at all" = 0
"Once" = 1
"About once a week" = 12.67

[[questions]]
id = "seen_teacher"
title = "Saw a teacher"
kind = "contact"
frequencies = "term"
columns = "Q1_teacher"
unit_cost = "teacher"

[[questions]]
id = "had_help"
title = "Had help"
kind = "yes_no"
columns = "Q2_help"

[costs]
unit_costs = "costs.toml"
group = "participants"

[[invited]]
occasion = "before"
n = 30

[[invited]]
occasion = "after"
n = 26

[[sources]]
file = "before.csv"
occasion = "before"

[[sources]]
file = "after.csv"
occasion = "after"
"""

#: What turns the study into one that was about something, and that published something.
WITH_CLAIMS = {
    '[[invited]]\noccasion = "before"': """\
[statistics]
primary = ["pss4_total"]
draws = 199

[[claims]]
id = "stress_fell"
says = "change"
comparison = "term"
outcomes = ["pss4_total"]
text = "Stress fell over the term"

[[claims]]
id = "wellbeing_stayed"
says = "no_change"
comparison = "term"
outcomes = ["swemwbs_metric", "swemwbs_bands"]
group = "participants"
text = "Wellbeing stayed as it was"

[[invited]]
occasion = "before\""""
}

#: A programme that cost something; costs of everybody, so that there is no control group.
WITH_PROGRAMME = {
    'unit_costs = "costs.toml"\ngroup = "participants"\n': """\
unit_costs = "costs.toml"
group = "all"
perspective = "the schools"

[programme]
participants = 24
organisations = 6
outcomes = ["swemwbs_metric"]

[[programme.costs]]
id = "lead"
title = "Time of the member of staff who leads"
what = "staff_time"
per = "organisation"
quantity = 10
unit = "hours"
unit_cost = { value = 35, price_year = "2017", source = "made up" }
source = "made up"
"""
}

COSTS = """\
format = 1
id = "made_up"
title = "Made up"
currency = "GBP"

[[unit_costs]]
id = "teacher"
value = 8.77
unit = "per contact"
price_year = "2017"
source = "made up"
licence = "none"
status = "made up"

[unit_costs.variants.timed]
rate = 35.09
minutes = 30
minutes_source = "made up"
source = "made up"
licence = "none"
status = "made up"
"""


def pupil(number: int) -> str:
    """The id of a pupil: leading zeros, and one that looks like a number in powers of ten."""
    return "1e5" if number == 5 else f"{number:04d}"


def sheet(number: int, after: bool) -> Row:
    """One answer sheet, by a rule with no chance in it."""
    turn = number * 7 + (number // 6) * 3
    row = {
        "Pupil code": pupil(number),
        "School": SCHOOLS[number % len(SCHOOLS)],
        "Role": ROLES[(number // 6) % len(ROLES)],
    }
    for n in range(1, 5):
        row[f"stress_{n}"] = str((turn + n * 3 + after * (number % 3 + n)) % 5)
    for n in range(1, 8):
        row[f"mood_{n}"] = MOOD[(turn + n * 2 + after * (number % 4 + n)) % 5]
    row["Q1_teacher"] = TEACHER[(turn + after * (number % 2)) % 3]
    row["Q2_help"] = ("Yes", "No")[(turn + after * (number % 3 == 0)) % 2]
    return row


def tidy_rows() -> dict[str, list[Row]]:
    """Both exports with nothing wrong in them."""
    return {
        name: [sheet(number, after) for number in range(24)]
        for name, after in (("before", False), ("after", True))
    }


def untidy_rows() -> dict[str, list[Row]]:
    """Both exports, with one of everything that goes wrong."""
    rows = tidy_rows()
    before, after = rows["before"], rows["after"]
    before[3]["stress_1"] = "7"
    before[4]["mood_1"] = "Now and then"
    before[6]["stress_2"] = "Prefer not to say"
    before[8]["mood_3"] = ""
    before[9]["Role"] = "Head teacher"
    before.append(before[10] | {"stress_3": ""})
    before.append(sheet(24, False) | {"Pupil code": ""})
    before.append(sheet(25, False))
    after[13]["School"] = "Fir"
    del after[11]
    return rows


def with_near_miss(rows: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """The same with one more pupil, who wrote a letter for a digit the second time."""
    for after, (name, code) in enumerate((("before", "KESTREL-7704"), ("after", "KESTREL-77O4"))):
        rows[name].append(sheet(26, bool(after)) | {"Pupil code": code})
    return rows


def write_csv(rows: Iterable[Row], path: Path, delimiter: str = ",", bom: bool = False) -> None:
    """Delimited text as a survey platform writes it."""
    rows = list(rows)
    columns = list(dict.fromkeys([*COLUMNS, *(name for row in rows for name in row)]))
    with path.open("w", encoding="utf-8-sig" if bom else "utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, delimiter=delimiter, lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(rows)


def write_small_survey(
    folder: Path,
    rows: Mapping[str, Sequence[Row]] | None = None,
    changes: Mapping[str, str] | None = None,
) -> Path:
    """The survey in ``folder`` as CSV; returns its study file.

    ``changes`` replaces pieces of the study file; a piece that is not there is a mistake in the
    test and fails.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, sheets in (rows or untidy_rows()).items():
        write_csv(sheets, folder / f"{name}.csv")
    (folder / "costs.toml").write_text(COSTS, encoding="utf-8")
    text = STUDY
    for old, new in (changes or {}).items():
        assert old in text, f"the study has no {old!r}"
        text = text.replace(old, new)
    study = folder / "study.toml"
    study.write_text(text, encoding="utf-8")
    return study
