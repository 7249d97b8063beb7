"""Results made by hand: tables drawn as text, and what is released of them."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from peereval.disclosure import Release, release
from peereval.estimating import result_table
from peereval.estimators.estimate import Estimate, Key
from peereval.estimators.prevalence import prevalence_rows
from peereval.studies import Study, parse_study

#: Three roles, of which two take part; eleven organisations are behind every row.
STUDY = """
format = 1
id = "made"
[columns]
respondent = "id"
organisation = "school"
role = "role"
[columns.characteristics]
gender = "gender"
stage = "year"
[roles]
mentor = "Mentor"
mentee = "Mentee"
neither = "Neither"
[[groups]]
id = "participants"
roles = ["mentor", "mentee"]
[[groups]]
id = "others"
roles = ["neither"]
[[groups]]
id = "mentors"
roles = ["mentor"]
[[groups]]
id = "mentees"
roles = ["mentee"]
[contrast]
treated = "participants"
control = "others"
[[occasions]]
id = "before"
[[occasions]]
id = "after"
[[comparisons]]
id = "term"
pairs = [["before", "after"]]
[[phases]]
id = "pupils"
outcomes = ["pss4_total"]
[scales.pss4]
columns = "pss_{n}"
[[sources]]
file = "before.csv"
occasion = "before"
phase = "pupils"
[[sources]]
file = "after.csv"
occasion = "after"
phase = "pupils"
"""
ROLES = ("mentor", "mentee", "neither", "")
GROUPS: Mapping[str, tuple[str, ...] | None] = {
    "all": None, "participants": ("mentor", "mentee"), "others": ("neither",),
    "mentors": ("mentor",), "mentees": ("mentee",),
}  # fmt: skip


def study_of(more: str = "") -> Study:
    """The study of made-up results, with more sections."""
    return parse_study(STUDY + more, Path("study.toml"))


def key(analysis: str, group: str = "all", outcome: str = "pss4_total", **more: str) -> Key:
    """What a made-up row is of."""
    return Key(analysis, "pupils", more.pop("comparison", "term"), group, outcome, **more)


def made(value: float | None, n: int, organisations: int = 11, **more: Any) -> Estimate:
    """A number of so many respondents."""
    return Estimate(value, n=n, n_organisations=organisations, **more)


def released(rows: Iterable[Mapping[str, Any]], study: Study | None = None, **more: Any) -> Release:
    """What is released of made-up rows."""
    return release(result_table([dict(row) for row in rows]), study or study_of(), **more)


def kept_back(found: Release, *columns: str) -> set[Any]:
    """What the rows that are kept back have in some columns."""
    held = found.results.filter(marker="c").select(columns)
    return {row if len(columns) > 1 else row[0] for row in held.iter_rows()}


def cells(text: str) -> list[list[str]]:
    """The cells of a table drawn as text, line by line."""
    return [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]


def yes_no_rows(
    tables: Mapping[str, Sequence[int]], outcome: str = "asked"
) -> list[dict[str, Any]]:
    """Shares and tests by group: ``tables`` has how many of each role were yes-yes, yes-no, ..."""
    counts = pl.DataFrame(
        [
            (role, f"school {n % 11:02d}", pre, post, 1)
            for role, four in tables.items()
            for n, (pre, post) in enumerate(
                pair for pair, size in zip(((1, 1), (1, 0), (0, 1), (0, 0)), four, strict=True)
                for _ in range(size)
            )
        ],
        schema=["role", "organisation", "pre", "post", "n"], orient="row",
    )  # fmt: skip
    found = []
    for group, roles in GROUPS.items():
        mine = counts if roles is None else counts.filter(pl.col("role").is_in(roles))
        grouped = mine.group_by("organisation", "pre", "post").agg(pl.col("n").sum())
        about = key("prevalence_change", group, outcome, unit="share")
        found += list(prevalence_rows(about, grouped, 0.95, True))
    return found
