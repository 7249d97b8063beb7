"""A scale of somebody's own: a file in a folder, and no line of code."""

from pathlib import Path

import polars as pl
import pytest

import peereval as pe
from cli.command import done, run
from peereval.errors import StudyError
from peereval.scales import load_scale
from peereval.studies import load_study
from support.tables import write_csv

#: Every part that a file may have.
OWN = """\
format = 1
id = "kindness"
version = "2"
title = "Kindness at our school"
ages = "8 to 12"

[source]
citation = "our own"
licence = "ours"
verified = false
checked = "by us"

[responses.numbers]
from = 0
to = 10
step = 0.5

[responses.labels]
"Not at all" = 0
"Completely" = 10

[[items]]
id = "given"
gloss = "kindness given"

[[items]]
id = "seen"
gloss = "kindness seen"

[[items]]
id = "unkind"
gloss = "unkind words heard"
reverse = true

[[scores]]
id = "sum"
title = "Kindness"
rule = "sum"
of = ["given", "seen", "unkind"]
range = [0, 30]
unit = "points"
better = "higher"
min_answered = 2
prorate = true
rounding = "half_up"
primary = true
reliable_change = { threshold = 4, source = "our pilot", verified = true }
reliability = { value = 0.8, kind = "alpha", source = "our pilot", verified = true }
norms = [
  { mean = 20, sd = 5, n = 400, population = "our district", source = "pilot", verified = true },
  { mean = 21, population = "elsewhere", source = "hearsay", verified = false },
]

[[scores]]
id = "average"
title = "Kindness, average"
rule = "mean"
of = ["given", "seen", "unkind"]
range = [0, 10]
unit = "points"
better = "higher"

[[bands]]
id = "third"
title = "Thirds"
score = "sum"
population = "our school"
verified = true
levels = [
  { id = "low", title = "Low", from = 0 },
  { id = "high", title = "High", from = 15 },
]

[[examples]]
name = "7.5 + 10 + (10 - 2) = 25.5, which is 26"
answers = [7.5, "Completely", 2]
expected = { sum = 26, average = 8.5, third = "high" }

[[examples]]
name = "one missing: (0.5 + 0.5) x 3 / 2 = 1.5, which is 2"
answers = [0.5, "", 9.5]
expected = { sum = 2, average = "missing", third = "low" }
"""

STUDY = """\
format = 1
id = "own"
scale_folder = "ours"

[columns]
respondent = "id"
organisation = "school"

[[occasions]]
id = "before"

[[occasions]]
id = "after"

[[comparisons]]
id = "change"
pairs = [["before", "after"]]

[[phases]]
id = "all"
outcomes = ["kindness_sum", "kindness_average"]
bands = ["kindness_third"]

[scales.kindness]
columns = "kind_{n}"

[[sources]]
file = "before.csv"
occasion = "before"

[[sources]]
file = "after.csv"
occasion = "after"
"""


def answers(shift: int) -> list[dict[str, str]]:
    """Thirty respondents of six schools, whose answers are halves; one of them leaves a blank."""
    rows = []
    for n in range(30):
        given, seen, unkind = ((3 * n + shift) % 21 / 2, (5 * n + 2 * shift) % 21 / 2, n % 7 / 2)
        rows.append({"id": f"k{n}", "school": f"s{n % 6}", "kind_1": f"{given:g}",
                     "kind_2": "Completely" if n == 4 else f"{seen:g}".replace(".", ","),
                     "kind_3": "" if n == 3 else f"{unkind:g}"})  # fmt: skip
    return rows


@pytest.fixture
def study(tmp_path: Path) -> Path:
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours" / "kindness.toml").write_text(OWN, encoding="utf-8")
    (tmp_path / "study.toml").write_text(STUDY, encoding="utf-8")
    write_csv(answers(0), tmp_path / "before.csv")
    write_csv(answers(3), tmp_path / "after.csv")
    return tmp_path / "study.toml"


def by_hand(row: dict[str, str]) -> float:
    given = float(row["kind_1"])
    seen = 10.0 if row["kind_2"] == "Completely" else float(row["kind_2"].replace(",", "."))
    there = [given, seen] + ([10 - float(row["kind_3"])] if row["kind_3"] else [])
    return int(sum(there) * 3 / len(there) + 0.5)


@pytest.mark.parametrize("engine", ["polars", "pandas", "duckdb"])
def test_a_scale_of_one_s_own_is_analysed_without_code(study: Path, engine: str) -> None:
    made = pe.analyse(study, engine=engine)
    results = made.tables["results"].filter(outcome="kindness_sum", group="all")
    before, after = ([by_hand(row) for row in answers(shift)] for shift in (0, 3))
    found = {
        row["estimand"]: row["estimate"]
        for row in results.filter(analysis="paired", method="descriptive").iter_rows(named=True)
    }
    assert found["mean_pre"] == pytest.approx(sum(before) / 30)
    assert found["mean_post"] == pytest.approx(sum(after) / 30)
    bands = made.tables["results"].filter(outcome="kindness_third", group="all", level="high")
    share = bands.filter(estimand="share_pre")["estimate"].item()
    assert share == pytest.approx(sum(value >= 15 for value in before) / 30)


def test_its_verified_norm_is_a_benchmark_and_the_other_is_not(study: Path) -> None:
    results = pe.analyse(study).tables["results"]
    rows = results.filter(analysis="benchmark", group="all")
    assert rows["level"].to_list() == ["before_norm_1", "after_norm_1"]
    before = [by_hand(row) for row in answers(0)]
    assert rows["estimate"][0] == pytest.approx(sum(before) / 30 - 20)
    assert rows["method"].unique().to_list() == ["norm_difference"]
    assert all("our district" in note for note in rows["note"])
    assert "hearsay" not in "".join(results["note"].to_list())
    assert (rows["ci_low"] < rows["estimate"]).all()


def test_what_a_file_says_of_a_score_is_there_for_the_estimators(study: Path) -> None:
    score = load_scale("kindness", study.parent / "ours").scores[0]
    assert score.reliable_change
    assert (score.reliable_change.threshold, score.reliable_change.verified) == (4, True)
    assert score.reliability
    assert (score.reliability.value, score.reliability.kind) == (0.8, "alpha")
    assert [norm.verified for norm in score.norms] == [True, False]
    assert (score.norms[1].sd, score.norms[1].n) == (None, None)


def test_the_commands_know_a_folder_of_one_s_own(study: Path) -> None:
    ours = study.parent / "ours"
    assert (
        "is right: Kindness at our school" in done("scales", "check", ours / "kindness.toml").stdout
    )
    said = " ".join(done("scales", "show", "kindness", "--scales", ours).stdout.split())
    assert "numbers from 0 to 10 in steps of 0.5" in said
    assert "at least 2 answered, pro-rated, halves rounded up" in said
    assert "norm: elsewhere: mean 21 (hearsay) (NOT verified)" in said
    assert "kindness" in done("scales", "list", "--scales", ours).stdout
    assert '<a id="kindness"></a>' in done("scales", "document", "--scales", ours).stdout
    assert "Did you mean 'kindness'?" in run("scales", "show", "kindnes", "--scales", ours).stderr


def test_a_number_between_the_steps_is_no_answer(study: Path) -> None:
    rows = answers(0)
    rows[0]["kind_1"] = "7.3"
    write_csv(rows, study.parent / "before.csv")
    made = pe.analyse(study)
    faults = made.tables["faults"].filter(pl.col("value") == "7.3")
    assert faults["n"].to_list() == [1]
    assert faults["column"].to_list() == ["kind_1"]


def test_bands_of_two_systems_of_one_scale_are_refused(study: Path) -> None:
    text = OWN.replace('population = "our school"', 'system = "thirds"\npopulation = "our school"')
    other = text[text.index("[[bands]]") : text.index("[[examples]]")]
    other = other.replace('id = "third"', 'id = "half"').replace('"thirds"', '"halves"')
    text = text.replace("[[examples]]", f"{other}[[examples]]", 1)
    (study.parent / "ours" / "kindness.toml").write_text(text, encoding="utf-8")
    assert load_study(study)
    both = STUDY.replace('["kindness_third"]', '["kindness_third", "kindness_half"]')
    study.write_text(both, encoding="utf-8")
    with pytest.raises(StudyError, match="STU023") as caught:
        load_study(study)
    assert "halves or thirds" in str(caught.value)


SLIDER = OWN.partition("[responses.numbers]")[0]
SLIDER += """\
[responses.numbers]
from = 0
to = 100
step = 0.5

[[items]]
id = "given"
gloss = "kindness given"

[[scores]]
id = "sum"
title = "Kindness"
rule = "sum"
of = ["given"]
range = [0, 100]
unit = "points"
better = "higher"

[[examples]]
name = "as it is answered"
answers = [63.5]
expected = { sum = 63.5 }

[[examples]]
name = "not answered"
answers = [""]
expected = { sum = "missing" }
"""


@pytest.mark.parametrize("engine", ["polars", "pandas", "duckdb"])
def test_answers_on_a_line_of_two_hundred_steps_are_all_kept(tmp_path: Path, engine: str) -> None:
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours" / "kindness.toml").write_text(SLIDER, encoding="utf-8")
    settings = STUDY.replace('"kindness_sum", "kindness_average"', '"kindness_sum"')
    settings = settings.replace('bands = ["kindness_third"]\n', "")
    (tmp_path / "study.toml").write_text(settings, encoding="utf-8")
    lines = {"before": [n * 3.5 for n in range(29)], "after": [100 - n / 2 for n in range(29)]}
    for name, values in lines.items():
        rows = [{"id": f"k{n}", "school": f"s{n % 6}", "kind_1": f"{value:g}"}
                for n, value in enumerate(values)]  # fmt: skip
        write_csv(rows, tmp_path / f"{name}.csv")
    results = pe.analyse(tmp_path / "study.toml", engine=engine).tables["results"]
    rows = results.filter(analysis="paired", method="descriptive", outcome="kindness_sum")
    found = {row["estimand"]: row for row in rows.filter(group="all").iter_rows(named=True)}
    for name, values in zip(("mean_pre", "mean_post"), lines.values(), strict=True):
        assert found[name]["estimate"] == pytest.approx(sum(values) / 29)
        assert found[name]["n"] == 29
