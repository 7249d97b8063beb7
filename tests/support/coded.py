"""A study with free text that people coded."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import polars as pl

from peereval.coding_sheets import mark_of

STUDY = """
format = 1
id = "coded"

[columns]
respondent = "id"
organisation = "school"
role = "role"
allowed = ["Q9"]

[roles]
mentor = "Mentor"
mentee = "Mentee"

[[occasions]]
id = "before"

[[occasions]]
id = "after"

[[comparisons]]
id = "year"
pairs = [["before", "after"]]

[[phases]]
id = "pupils"
outcomes = []

[matching]
near_misses = false

[[sources]]
file = "before.csv"
occasion = "before"

[[sources]]
file = "after.csv"
occasion = "after"

[[tables]]
id = "again"
kind = "single"
column = "Q1"
options = { yes = "Yes", no = "No" }

[[tables]]
id = "best"
title = "Best thing"
kind = "themes"
coding_sheet = "coded.csv"
breakdowns = ["role"]
"""
COLUMN = 'column = "Q9"\n'
THEMES = """
options = { listening = "Being listened to", talking = "Talking", unclear = "Unclear" }
uncodeable = ["unclear"]
"""
#: Answer -> what a coder makes of it.
MEANS = {
    "they hear me": "Being listened to",
    "chatting": "talking",
    "both": "Talking; being listened to",
    "dunno": "Unclear",
    "hm": "",
}

Rows = list[dict[str, str]]


def write_exports(folder: Path, answers: Iterable[str], n: int = 60) -> None:
    """Two exports of ``n`` pupils of four schools, whose answers take turns."""
    texts = list(answers)
    for name, turn in (("before", 0), ("after", 1)):
        rows = [
            {
                "id": f"p{i:03d}",
                "school": ["Ashby Primary", "Birch School", "Corfe Academy", "Dene"][i % 4],
                "role": ["Mentor", "Mentee"][i // 4 % 2],
                "Q1": ["Yes", "No"][i % 2],
                "Q2": str(2 + i % 7 + turn * (i % 3)),
                "Q9": texts[(i + turn) % len(texts)],
            }
            for i in range(n)
        ]
        pl.DataFrame(rows).write_csv(folder / f"{name}.csv")


def coded_rows(folder: Path, coder: str = "AB", means: Mapping[str, str] = MEANS) -> Rows:
    """A filled-in sheet of every answer."""
    rows = Rows()
    for name in ("before.csv", "after.csv"):
        export = pl.read_csv(folder / name, infer_schema=False)
        rows += [
            {
                "source": name, "row": str(number + 2), "export": mark_of(folder / name),
                "coder": coder, "themes": means[answer], "quote": "", "quotation": "",
            }
            for number, answer in enumerate(export["Q9"].fill_null("").to_list())
            if answer
        ]  # fmt: skip
    return rows


def write_sheet(folder: Path, rows: Rows) -> None:
    """The sheet that the study names."""
    pl.DataFrame(rows).write_csv(folder / "coded.csv")


def write_study(folder: Path, more: str = COLUMN + THEMES) -> Path:
    """The study file."""
    path = folder / "study.toml"
    path.write_text(STUDY + more, encoding="utf-8")
    return path


def write_coded_by_three(folder: Path) -> Path:
    """Three people coded, and numbers before and after: a study with all that tables can say."""
    write_exports(folder, ("they hear me", "chatting", "both", "dunno", "", "hm"))
    second = MEANS | {"both": "Talking"}
    third = MEANS | {"both": "Talking", "chatting": "Unclear"}
    rows = coded_rows(folder) + coded_rows(folder, "CD", second) + coded_rows(folder, "EF", third)
    write_sheet(folder, rows + coded_rows(folder, "final"))
    numbers = (
        '\n[[tables]]\nid = "supported"\nkind = "number"\ncolumn = "Q2"\n'
        'outliers = "tukey"\ncomparisons = ["year"]\nbreakdowns = ["role"]\n'
    )
    return write_study(folder, COLUMN + 'coder = "final"\n' + THEMES + numbers)
