"""What the synthetic pilot's pupils say of it: the report's figures, counted with pandas."""

import csv
import runpy
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pandas as pd
import pytest

import peereval as pe
from peereval.output import write_run
from peereval.simulating.pilot import simulate_pilot

PILOT = Path(__file__).parents[2] / "data" / "pilot"
MENTORS = {"Peer mentor", "Both"}
MENTEES = {"Received peer support"}
OUTSIDE = {"Neither"}
AGREE = ("Strongly agree", "Agree", "Neither", "Disagree", "Strongly disagree")

#: phase, column, who answers, base, and what of whom the report prints.
FIGURES = [
    ("primary", "Q9a", MENTEES, 69, {"More than once a week": 20, "About once a week": 70,
                                     "Less than once a week": 10}),
    ("secondary", "Q14a", MENTEES, 65, {"More than once a week": 12, "About once a week": 68,
                                        "Less than once a week": 20}),
    ("primary", "Q9b", MENTEES, 61, {"During the school day": 70, "Before or after school": 15,
                                     "It varied": 15}),
    ("secondary", "Q14b", MENTEES, 64, {"During the school day": 78, "Before or after school": 5,
                                        "It varied": 17}),
    ("primary", "Q3d", MENTORS, 174, {"Yes, before": 38}),
    ("secondary", "Q6", MENTORS, 120, {"Yes, before": 41}),
    ("primary", "Q4g", MENTORS, 174, dict(zip(AGREE, (34, 39, 22, 3, 2), strict=True))),
    ("secondary", "Q8g", MENTORS, 120, dict(zip(AGREE, (35, 38, 18, 6, 3), strict=True))),
    ("primary", "Q20", OUTSIDE, 163, {"No need of support": 47, "It was not offered": 26,
                                      "Worried what others would think": 16,
                                      "Too embarrassed to ask": 7}),
    ("secondary", "Q20", OUTSIDE, 105, {"No need of support": 52, "It was not offered": 23,
                                        "Worried what others would think": 8,
                                        "Too embarrassed to ask": 4}),
    ("primary", "Q3b", MENTORS, 174, {"To share experiences": 27,
                                      "A teacher or youth worker thought so": 15}),
    ("secondary", "Q7", MENTORS, 120, {"Interest in others": 44, "A good listener": 44,
                                       "To share experiences": 35, "New skills, a better CV": 27,
                                       "A teacher or youth worker thought so": 25}),
    ("secondary", "Q17_2", MENTEES, 41, {}),
    *(("secondary", f"Q22_{n}", MENTORS | MENTEES, 182, {"Helped a lot": share})
      for n, share in enumerate((65, 54, 53, 53), 1)),
]  # fmt: skip


def follow_ups(phase: str, folder: Path = PILOT) -> pd.DataFrame:
    waves = (folder / f"wave_{wave}_follow_up_{phase}.csv" for wave in (1, 2))
    return pd.concat(
        [pd.read_csv(path, dtype=str, keep_default_na=False) for path in waves], ignore_index=True
    )


def shares(cells: pd.Series) -> dict[str, int]:
    """Per cent of those who answered, halves up."""
    counts = Counter(text for cell in cells for text in cell.split(";"))
    return {text: (200 * n + len(cells)) // (2 * len(cells)) for text, n in counts.items()}


@pytest.mark.parametrize(("phase", "column", "roles", "base", "printed"), FIGURES)
def test_figure(
    phase: str, column: str, roles: set[str], base: int, printed: dict[str, int]
) -> None:
    frame = follow_ups(phase)
    answered = frame[frame[column] != ""]
    assert len(answered) == base
    assert set(answered["Role"]) <= roles
    found = shares(answered[column])
    assert {text: found[text] for text in printed} == printed


@pytest.mark.parametrize(
    ("phase", "columns", "mentors", "mentees"),
    [("primary", "Q4", 79, 84), ("secondary", "Q8", 84, 75)],
)
def test_principles(phase: str, columns: str, mentors: int, mentees: int) -> None:
    frame = follow_ups(phase)
    for roles, printed in ((MENTORS, mentors), (MENTEES, mentees)):
        mine = frame[frame["Role"].isin(roles)]
        asked = mine[mine[f"{columns}c"] != ""][f"{columns}c"]
        agreed = int(asked.isin(AGREE[:2]).sum())
        assert (200 * agreed + len(asked)) // (2 * len(asked)) == printed
    if phase == "primary":
        mine = frame[frame["Role"].isin(MENTORS)]
        bases = [int((mine[f"Q4{item}"] != "").sum()) for item in "abcde"]
        assert (min(bases), max(bases)) == (147, 158)


@pytest.mark.parametrize("phase", ["primary", "secondary"])
def test_only_those_who_did_not_take_part_answer_twice(phase: str) -> None:
    frame = follow_ups(phase)
    own = {column for row in FIGURES if row[0] == phase for column in [row[1]]} - {"Q20"}
    for column in own:
        assert frame[frame[column] != ""]["Unique ID"].is_unique, column
    repeated = frame[frame["Q20"] != ""]["Unique ID"].duplicated().sum()
    assert repeated == {"primary": 26, "secondary": 5}[phase]


def test_nobody_names_more_than_three_qualities_and_nothing_stands_alone() -> None:
    qualities = follow_ups("secondary")["Q17_2"]
    assert max(cell.count(";") for cell in qualities) == 2
    for phase in ("primary", "secondary"):
        assert not follow_ups(phase)["Q21"].str.contains("Nothing would;|;Nothing would").any()


def test_answers_are_spread_over_organisations() -> None:
    frame = follow_ups("primary")
    answered = frame[frame["Q4g"] != ""]
    assert answered["Organisation"].nunique() > 20
    # The school decides when they meet: far more alike within it than the training was liked.
    alike = {
        column: max(
            counts.max() / counts.sum()
            for _, own in frame[frame[column] != ""].groupby("Organisation")
            if (counts := own[column].value_counts()).sum() >= 5
        )
        for column in ("Q9b", "Q4g")
    }
    assert alike["Q9b"] > alike["Q4g"]


def checked(results: Path) -> int:
    main = runpy.run_path(str(PILOT / "report_check.py"))["main"]
    return int(main([str(results), str(own_numbers(results.parent))]))


def own_numbers(folder: Path) -> Path:
    """The published numbers of the survey tables alone."""
    with (PILOT / "published_numbers.csv").open(encoding="utf-8", newline="") as file:
        rows: list[dict[str, str]] = list(csv.DictReader(file))
    mine: Iterable[dict[str, str]] = [
        row for row in rows if row["estimate_id"].startswith("tabulation.")
    ]
    path = folder / "published.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(mine)
    return path


@pytest.mark.parametrize("seed", [2018, 7])
def test_every_printed_number_is_there_with_any_seed(
    tmp_path: Path, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    simulate_pilot(tmp_path, seed)
    study = pe.load_study(tmp_path / "study.toml")
    write_run(pe.analyse(study), tmp_path / "out")
    assert checked(tmp_path / "out" / "restricted" / "results.parquet") == 0
    assert "59 numbers: 59 equal, 0 explained, 0 different" in capsys.readouterr().out
