"""The synthetic pilot: the same bytes again, and the report's numbers in them.

The numbers are recomputed here from the exports with pandas and scipy, scored by hand, so
that an error which the generator and the pipeline share would still show.
"""

import csv
import runpy
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from scipy import stats

from peereval.simulating.pilot import simulate_pilot

PILOT = Path(__file__).parents[2] / "data" / "pilot"
WAVES = ("w1_baseline", "w1_follow_up", "w2_baseline", "w2_follow_up")
PHASES = ("primary", "secondary")
PARTICIPANTS = ["Peer mentor", "Received peer support", "Both"]
MENTORS = ["Peer mentor", "Both"]

SRS = {"Never": 1, "Rarely": 2, "Sometimes": 3, "Often": 4, "Always": 5}
MMF = {"Never": 0, "Sometimes": 1, "Always": 2}
WELLBEING = {
    "None of the time": 1, "Rarely": 2, "Some of the time": 3, "Often": 4, "All of the time": 5,
}  # fmt: skip
STRESS = {"Never": 0, "Almost never": 1, "Sometimes": 2, "Fairly often": 3, "Very often": 4}
# Numbers of an export that lists "Strongly agree" first, and labels: higher is agreement.
AGREE = {"1": 4, "2": 3, "3": 2, "4": 1}
AGREE |= {"Strongly agree": 4, "Agree": 3, "Disagree": 2, "Strongly disagree": 1}
METRIC = dict(
    zip(
        range(7, 36),
        [
            7.00, 9.51, 11.25, 12.40, 13.33, 14.08, 14.75, 15.32, 15.84, 16.36, 16.88, 17.43,
            17.98, 18.59, 19.25, 19.98, 20.73, 21.54, 22.35, 23.21, 24.11, 25.03, 26.02, 27.03,
            28.13, 29.31, 30.70, 32.55, 35.00,
        ],
        strict=True,
    )
)  # fmt: skip
CONTACTS = {
    "About once a day": 63.33, "About once a week": 12.67, "About once a month": 2.9,
    "Less than once a month": 2, "Once": 1, "Not at all": 0,
}  # fmt: skip
YES = {"Yes": 1, "No": 0}


# --- reading and scoring by hand --------------------------------------------------------------


def file_of(wave: str, phase: str) -> str:
    return f"wave_{wave[1]}_{wave[3:]}_{phase}.csv"


@cache
def export(wave: str, phase: str) -> pd.DataFrame:
    return pd.read_csv(PILOT / file_of(wave, phase), dtype=str, keep_default_na=False)


def items(frame: pd.DataFrame, stem: str, numbers: range, codes: dict[str, int]) -> pd.DataFrame:
    """Codes of some items; a code may also be written as a number."""
    known = {str(code): code for code in codes.values()} | codes
    columns = [f"{stem}_{n}" for n in numbers]
    return frame[columns].apply(lambda column: column.map(known)).astype(float)


def total(answers: pd.DataFrame, reverse: tuple[str, ...] = (), ends: int = 0) -> pd.Series:
    answers = answers.copy()
    for column in reverse:
        answers[column] = ends - answers[column]
    return answers.sum(axis=1, skipna=False)


@cache
def scored(wave: str, phase: str) -> pd.DataFrame:
    frame = export(wave, phase)
    made = {
        "id": frame["Unique ID"],
        "organisation": frame["Organisation"],
        "role": frame.get("Role", ""),
        "family": total(items(frame, "srs", range(1, 5), SRS)),
        "school": total(items(frame, "srs", range(5, 9), SRS)),
        "community": total(items(frame, "srs", range(9, 13), SRS)),
        "participation": total(items(frame, "srs", range(13, 15), SRS)),
        "peers": total(items(frame, "srs", range(15, 27), SRS)),
    }
    if phase == "primary":
        made["emotional"] = total(items(frame, "mmf", range(1, 11), MMF))
        made["behavioural"] = total(items(frame, "mmf", range(11, 17), MMF), ("mmf_15",), 2)
    else:
        made["wellbeing"] = total(items(frame, "swemwbs", range(1, 8), WELLBEING)).map(METRIC)
        made["stress"] = total(items(frame, "pss", range(1, 5), STRESS), ("pss_2", "pss_3"), 4)
        made["school_life"] = total(items(frame, "of", range(1, 9), AGREE), ("of_1", "of_2"), 5)
    return pd.DataFrame(made)


@cache
def pairs(phase: str, waves: tuple[tuple[str, str], ...]) -> pd.DataFrame:
    return pd.concat(
        [
            scored(before, phase).merge(scored(after, phase), on="id", suffixes=("_pre", "_post"))
            for before, after in waves
        ],
        ignore_index=True,
    )


SHORT = (("w1_baseline", "w1_follow_up"), ("w2_baseline", "w2_follow_up"))
MEDIUM = (("w1_baseline", "w2_follow_up"),)


def changes(phase: str, outcome: str, waves=SHORT, roles: list[str] | None = None):
    """Before and after of everybody (or some roles) with both."""
    frame = pairs(phase, waves)
    if roles is not None:
        frame = frame[frame["role_post"].isin(roles)]
    both = frame[[f"{outcome}_pre", f"{outcome}_post"]].dropna()
    return both.iloc[:, 0], both.iloc[:, 1]


def asked(phase: str, before: str, after: str, codes: dict[str, float], roles: list[str]):
    """Answers to one question before and after, of some roles, where both were given."""
    parts = []
    for first, second in SHORT:
        old = export(first, phase)[["Unique ID", before]]
        new = export(second, phase)[["Unique ID", "Role", after]]
        parts.append(old.merge(new, on="Unique ID"))
    frame = pd.concat(parts, ignore_index=True)
    frame = frame[frame["Role"].isin(roles)]
    both = pd.DataFrame({"pre": frame[before].map(codes), "post": frame[after].map(codes)})
    both = both.dropna()
    return both["pre"], both["post"]


def printed(value: float, digits: int = 1) -> str:
    step = Decimal(1).scaleb(-digits)
    return str(Decimal(repr(float(value))).quantize(step, rounding=ROUND_HALF_UP))


def exact_mcnemar(pre: pd.Series, post: pd.Series) -> float:
    lost, gained = int(((pre > 0) & (post == 0)).sum()), int(((pre == 0) & (post > 0)).sum())
    return float(stats.binomtest(lost, lost + gained).pvalue)


# --- the generator ----------------------------------------------------------------------------


def test_the_same_seed_gives_the_committed_bytes(tmp_path: Path) -> None:
    paths = simulate_pilot(tmp_path / "again")
    exports = paths[:8]
    assert [path.name for path in exports] == [file_of(w, p) for w in WAVES for p in PHASES]
    assert [path.name for path in paths[8:]] == ["study.toml", "england_2016_17.toml"]
    for path in exports:
        assert path.read_bytes() == (PILOT / path.name).read_bytes(), path.name


def test_another_seed_gives_other_answers_and_the_same_totals(tmp_path: Path) -> None:
    simulate_pilot(tmp_path, seed=1)
    name = file_of("w1_follow_up", "primary")
    ours, other = (pd.read_csv(folder / name, dtype=str) for folder in (PILOT, tmp_path))
    assert len(ours) == len(other) == 324
    assert not ours.equals(other)


@pytest.mark.parametrize("phase", PHASES)
def test_versions_ask_their_own_scales(phase: str) -> None:
    strangers = {"primary": ("swemwbs", "pss", "of_"), "secondary": ("mmf",)}[phase]
    for wave in WAVES:
        columns = list(export(wave, phase).columns)
        assert not [name for name in columns if name.startswith(strangers)]
        assert ("Role" in columns) == wave.endswith("follow_up")


# --- tables 1.2 to 1.4 ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phase", "expected"), [("primary", (862, 324, 142, 270)), ("secondary", (1362, 366, 140, 134))]
)
def test_responses(phase: str, expected: tuple[int, ...]) -> None:
    assert tuple(len(export(wave, phase)) for wave in WAVES) == expected


@pytest.mark.parametrize(("phase", "expected"), [("primary", 393), ("secondary", 371)])
def test_matched_pairs_of_the_short_term(phase: str, expected: int) -> None:
    frame = pairs(phase, SHORT)
    assert len(frame) == expected
    assert frame["id"].is_unique
    assert (frame["organisation_pre"] == frame["organisation_post"]).all()
    assert frame["role_post"].isin([*PARTICIPANTS, "Neither"]).all()


def test_matched_pairs_of_the_medium_term_answered_three_times() -> None:
    frame = pairs("primary", MEDIUM)
    assert len(frame) == 106
    assert frame["id"].isin(export("w1_follow_up", "primary")["Unique ID"]).all()


def test_an_id_is_one_person_of_one_organisation() -> None:
    whole = pd.concat([export(w, p).assign(phase=p, wave=w) for w in WAVES for p in PHASES])
    assert not whole.duplicated(["Unique ID", "wave"]).any()
    by_id = whole.groupby("Unique ID")
    assert (by_id["Organisation"].nunique() == 1).all()
    assert (by_id["phase"].nunique() == 1).all()
    assert whole["Organisation"].nunique() == 56


# --- means, bases and stars -------------------------------------------------------------------

SCORES = [
    # phase, outcome, base (None where the report prints none), before, after, star
    ("primary", "peers", None, "51.9", "52.1", False),
    ("primary", "family", None, "17.6", "17.6", False),
    ("primary", "school", None, "17.2", "17.4", False),
    ("primary", "community", 373, "17.8", "18.3", True),
    ("primary", "participation", 361, "6.6", "7.1", False),
    ("primary", "emotional", 366, "6.7", "6.3", False),
    ("primary", "behavioural", 367, "2.6", "2.4", False),
    ("secondary", "peers", None, "50.3", "51.5", False),
    ("secondary", "family", None, "17.7", "17.7", False),
    ("secondary", "school", None, "15.8", "15.2", False),
    ("secondary", "community", 350, "17.1", "17.0", False),
    ("secondary", "participation", 353, "6.8", "6.5", False),
    ("secondary", "wellbeing", None, "24.1", "24.6", False),
    ("secondary", "stress", None, "6.9", "6.8", False),
    ("secondary", "school_life", None, "21.9", "22.0", False),
]


@pytest.mark.parametrize(("phase", "outcome", "base", "before", "after", "star"), SCORES)
def test_score(
    phase: str, outcome: str, base: int | None, before: str, after: str, star: bool
) -> None:
    pre, post = changes(phase, outcome)
    assert base is None or len(pre) == base
    assert (printed(pre.mean()), printed(post.mean())) == (before, after)
    p = stats.ttest_rel(post, pre).pvalue
    assert p < 0.045 if star else p > 0.06


@pytest.mark.parametrize(("phase", "outcome"), [row[:2] for row in SCORES])
def test_participants_did_not_change_otherwise_than_the_rest(phase: str, outcome: str) -> None:
    pre, post = changes(phase, outcome, roles=PARTICIPANTS)
    rest_pre, rest_post = changes(phase, outcome, roles=["Neither"])
    assert stats.ttest_ind(post - pre, rest_post - rest_pre).pvalue > 0.06


@pytest.mark.parametrize(
    ("phase", "roles", "base", "before", "after"),
    [
        ("primary", PARTICIPANTS, 249, "17.9", "18.3"),
        ("primary", ["Neither"], 124, "17.6", "18.2"),
        ("secondary", PARTICIPANTS, 184, "17.3", "17.1"),
        ("secondary", ["Neither"], 166, "16.9", "16.9"),
    ],
)
def test_figure_a5(phase: str, roles: list[str], base: int, before: str, after: str) -> None:
    pre, post = changes(phase, "community", roles=roles)
    assert (len(pre), printed(pre.mean()), printed(post.mean())) == (base, before, after)


@pytest.mark.parametrize("outcome", [row[1] for row in SCORES if row[0] == "primary"])
def test_medium_term(outcome: str) -> None:
    pre, post = changes("primary", outcome, MEDIUM)
    p = stats.ttest_rel(post, pre).pvalue
    if outcome == "community":
        assert (printed(pre.mean()), printed(post.mean())) == ("18.2", "18.9")
        assert p < 0.045
    else:
        assert p > 0.06


@pytest.mark.parametrize(
    ("outcome", "edges", "roles", "before", "after"),
    [
        ("emotional", (10, 12), None, "77 14 9", "81 11 7"),
        ("emotional", (10, 12), PARTICIPANTS, "75 15 9", "82 10 8"),
        ("emotional", (10, 12), ["Neither"], "79 11 10", "81 13 6"),
        ("behavioural", (6, 7), None, "91 4 5", "90 5 5"),
        ("behavioural", (6, 7), PARTICIPANTS, "92 4 4", "91 5 4"),
        ("behavioural", (6, 7), ["Neither"], "89 5 6", "90 5 6"),
    ],
)
def test_bands(
    outcome: str, edges: tuple[int, int], roles: list[str] | None, before: str, after: str
) -> None:
    for scores, expected in zip(
        changes("primary", outcome, roles=roles), (before, after), strict=True
    ):
        low, high = edges
        shares = [scores < low, (scores >= low) & (scores < high), scores >= high]
        assert " ".join(printed(100 * share.mean(), 0) for share in shares) == expected


# --- questions on support and services ----------------------------------------------------------

MENTEES = ["Received peer support"]
QUESTIONS = [
    # phase, before, after, codes, roles, base, shares, star
    ("primary", "Q3_1", "Q17a_1", CONTACTS, PARTICIPANTS, 212, "58 52", False),
    ("secondary", "Q3_1", "Q17a_1", CONTACTS, PARTICIPANTS, 163, "52 58", False),
    ("primary", "Q3_2", "Q17a_2", CONTACTS, PARTICIPANTS, 212, "35 24", True),
    ("primary", "Q3_2", "Q17a_2", CONTACTS, MENTORS, 148, None, True),
    ("primary", "Q3_2", "Q17a_2", CONTACTS, MENTEES, 64, None, False),
    ("secondary", "Q3_2", "Q17a_2", CONTACTS, PARTICIPANTS, 163, "36 21", True),
    ("secondary", "Q3_2", "Q17a_2", CONTACTS, MENTORS, 105, None, True),
    ("secondary", "Q3_2", "Q17a_2", CONTACTS, MENTEES, 58, None, False),
    ("primary", "Q3_3", "Q17b_1", CONTACTS, PARTICIPANTS, 212, "31 22", True),
    ("primary", "Q3_3", "Q17b_1", CONTACTS, MENTORS, 148, None, False),
    ("primary", "Q3_4", "Q17b_2", CONTACTS, PARTICIPANTS, 212, "30 22", True),
    ("primary", "Q3_4", "Q17b_2", CONTACTS, MENTEES, 64, None, False),
    ("secondary", "Q3_3", "Q17b_1", CONTACTS, PARTICIPANTS, 163, "24 19", False),
    ("primary", "Q3_6", "Q17b_4", CONTACTS, PARTICIPANTS, 212, "54 40", True),
    ("primary", "Q3_6", "Q17b_4", CONTACTS, MENTORS, 148, "53 33", True),
    ("primary", "Q4_2", "Q18_2", YES, PARTICIPANTS, 212, "3 6", False),
    ("primary", "Q5_4", "Q19_4", YES, PARTICIPANTS, 212, "2 6", True),
    ("primary", "Q5_4", "Q19_4", YES, MENTORS, 148, None, False),
    ("primary", "Q5_4", "Q19_4", YES, MENTEES, 64, None, False),
    ("secondary", "Q5_1", "Q19_1", YES, PARTICIPANTS, 194, "69 58", True),
    ("secondary", "Q5_1", "Q19_1", YES, MENTORS, 126, None, False),
    ("secondary", "Q5_2", "Q19_2", YES, PARTICIPANTS, 194, "57 53", False),
]


@pytest.mark.parametrize(
    ("phase", "before", "after", "codes", "roles", "base", "shares", "star"), QUESTIONS
)
def test_question(phase, before, after, codes, roles, base, shares, star) -> None:
    pre, post = asked(phase, before, after, codes, roles)
    used_pre, used_post = (pre > 0).astype(float), (post > 0).astype(float)
    assert len(pre) == base
    if shares:
        ours = f"{printed(100 * used_pre.mean(), 0)} {printed(100 * used_post.mean(), 0)}"
        assert ours == shares
    for p in (stats.ttest_rel(used_post, used_pre).pvalue, exact_mcnemar(pre, post)):
        assert p < 0.045 if star else p > 0.06


COSTS = [
    ("Q3_1", "Q17a_1", 17.55, "-54.93", "-3.63"),
    ("Q3_2", "Q17a_2", 54.49, "1.84", "63.80"),
    ("Q3_3", "Q17b_1", 119.84, "-79.66", "123.06"),
    ("Q3_4", "Q17b_2", 38.00, "-72.91", "-68.28"),
]


@pytest.mark.parametrize(
    ("phase", "column", "expected"), [("primary", 3, "-205.66"), ("secondary", 4, "114.95")]
)
def test_table_5_3(phase: str, column: int, expected: str) -> None:
    whole = 0.0
    for row in COSTS:
        pre, post = asked(phase, row[0], row[1], CONTACTS, PARTICIPANTS)
        saving = (pre - post) * row[2]
        assert printed(saving.mean(), 2) == row[column]
        assert stats.ttest_1samp(saving, 0).pvalue > 0.06
        whole = saving + whole
    assert printed(whole.mean(), 2) == expected
    assert stats.ttest_1samp(whole, 0).pvalue > 0.06


def test_only_participants_were_asked_at_follow_up() -> None:
    for phase in PHASES:
        for wave in ("w1_follow_up", "w2_follow_up"):
            frame = export(wave, phase)
            others = frame[~frame["Role"].isin(PARTICIPANTS)]
            assert (others[[c for c in frame if c.startswith("Q1")]] == "").all(axis=None)


# --- the comparison with the report -------------------------------------------------------------

CHECK = PILOT / "report_check.py"


def results_that_agree() -> dict[str, dict[str, str]]:
    """A results table in which every number is as the report prints it."""
    made: dict[str, dict[str, str]] = {}
    with (PILOT / "published_numbers.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            ours = made.setdefault(
                row["estimate_id"], {"estimate": "0", "p_value": "0.5", "n": "1"}
            )
            if row["kind"] == "star":
                ours["p_value"] = "0.01" if row["printed"] == "1" else "0.2"
            elif row["kind"] == "base":
                ours["n"] = row["printed"]
            elif "whole pounds" not in row["number"]:
                ours["estimate"] = str(Decimal(row["printed"]) / Decimal(row["scale"]))
    return made


def run_check(tmp_path: Path, results: dict[str, dict[str, str]]) -> int:
    path = tmp_path / "results.csv"
    columns = ["estimate_id", "estimate", "p_value", "n", "status", "note"]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        for name, row in results.items():
            writer.writerow({"estimate_id": name, "status": "ok", "note": "", **row})
    return int(runpy.run_path(str(CHECK))["main"]([str(path)]))


COMMUNITY = "paired.descriptive.primary.short_term.all.srs_community.mean_pre"
TOTAL = "cost.paired_t.secondary.short_term.participants.all_contacts.saving_per_respondent"
STAR = "paired.paired_t.primary.short_term.all.srs_community.mean_change"


def test_check_passes_what_rounds_to_the_printed_number(tmp_path: Path, capsys) -> None:
    results = results_that_agree()
    results[COMMUNITY]["estimate"] = "17.75"
    results[TOTAL]["estimate"] = "114.9451"
    assert run_check(tmp_path, results) == 0
    assert "explained (the four printed rows" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("row", "column", "value"),
    [
        (COMMUNITY, "estimate", "17.7499999"),
        (COMMUNITY, "estimate", ""),
        (TOTAL, "estimate", "114.96"),
        (STAR, "p_value", "0.051"),
        (STAR, "n", "372"),
    ],
)
def test_check_fails_on_any_difference(
    tmp_path: Path, capsys, row: str, column: str, value: str
) -> None:
    results = results_that_agree()
    results[row][column] = value
    assert run_check(tmp_path, results) == 1
    assert "DIFFERENT" in capsys.readouterr().out


def test_check_fails_on_a_missing_row(tmp_path: Path, capsys) -> None:
    results = results_that_agree()
    del results[COMMUNITY]
    assert run_check(tmp_path, results) == 1
    assert f"no row {COMMUNITY}" in capsys.readouterr().out
