"""Subgroups: what is estimated by level of a characteristic, and what is not told."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from peereval.estimating.subgroups import MOST_LEVELS
from peereval.pipeline import analyse
from support.soundness import assert_sound
from support.studies import CALM, FULL, MOOD, make_plain_study, make_study
from support.tables import Row

CONTRAST = {"treated": "helped", "control": "others"}
GENDER = {
    "respondent": "id",
    "organisation": "school",
    "role": "role",
    "characteristics": {"gender": "sex"},
}


def people(*drawn: tuple[str, int], schools: int = 8, seed: int = 1) -> list[Row]:
    """Two responses of so many respondents of each level, spread over schools and roles."""
    rng = np.random.default_rng(seed)
    rows = []
    for level, times in drawn:
        for copy in range(times):
            person = {
                "id": f"{level}{copy}",
                "school": f"school{copy % schools}",
                "role": ("mentee", "neither")[copy // schools % 2],
                "sex": level,
            }
            before = int(rng.integers(2, 7))
            for when, mood in (("b1", before), ("f1", before + int(rng.integers(-2, 4)))):
                rows.append(person | {"when": when, "mood": str(mood)})
    return rows


def results_of(folder: Path, rows: Iterable[Row], **settings: Any) -> pl.DataFrame:
    study = make_study(
        folder,
        rows,
        MOOD,
        **{"columns": GENDER, "contrast": CONTRAST, "statistics": FULL, **settings},
    )
    results = analyse(study).tables["results"]
    assert_sound(results)
    return results.filter(analysis="subgroup")


def only(results: pl.DataFrame, **where: str) -> dict[str, Any]:
    """The one row of these words."""
    rows = results.filter(**where)
    assert rows.height == 1
    return rows.row(0, named=True)


def mean_change(rows: list[Row], **where: str) -> float:
    mine = [row for row in rows if all(row[name] == value for name, value in where.items())]
    ends = {when: [int(r["mood"]) for r in mine if r["when"] == when] for when in ("b1", "f1")}
    return float(np.mean(ends["f1"]) - np.mean(ends["b1"]))


def test_each_level_has_its_change_and_its_contrast(tmp_path: Path) -> None:
    rows = people(("Girl", 40), ("Boy", 48))
    results = results_of(tmp_path, rows)
    for word, level, n in (("gender_girl", "Girl", 40), ("gender_boy", "Boy", 48)):
        change = only(results, level=word, group="all")
        assert (change["method"], change["estimand"]) == ("paired_cr2", "mean_change")
        assert (change["n"], change["n_organisations"]) == (n, 8)
        assert change["estimate"] == pytest.approx(mean_change(rows, sex=level))
        assert change["note"] == f"level: {level}"
        did = only(results, level=word, group="helped_v_others")
        one, two = (mean_change(rows, sex=level, role=role) for role in ("mentee", "neither"))
        assert (did["method"], did["estimand"]) == ("did_cr2", "did")
        assert did["estimate"] == pytest.approx(one - two)


def test_two_levels_are_compared_in_two_ways_that_agree(tmp_path: Path) -> None:
    rows = people(("Girl", 40), ("Boy", 48))
    tests = results_of(tmp_path, rows).filter(level="gender", estimand="interaction")
    assert sorted(tests.select("method", "group").rows()) == [
        ("did_cr2", "all"),
        ("did_cr2", "helped_v_others"),
        ("wald_htz", "all"),
        ("wald_htz", "helped_v_others"),
    ]
    for group in ("all", "helped_v_others"):
        joint, single = (
            only(tests, group=group, method=method) for method in ("wald_htz", "did_cr2")
        )
        assert joint["p_value"] == pytest.approx(single["p_value"], rel=1e-9)
        assert joint["statistic"] == pytest.approx(single["statistic"] ** 2, rel=1e-9)
        assert single["note"] == "Boy less Girl"
    apart = mean_change(rows, sex="Boy") - mean_change(rows, sex="Girl")
    whole = tests.filter(group="all", method="did_cr2")["estimate"].item()
    assert whole == pytest.approx(apart)


def test_roles_are_levels_without_a_contrast(tmp_path: Path) -> None:
    rows = people(("Girl", 40), ("Boy", 48))
    roles = results_of(tmp_path, rows, columns=GENDER | {"characteristics": {}})
    assert set(roles["level"]) == {"role_mentee", "role_neither", "role"}
    assert set(roles["group"]) == {"all"}
    found = roles.filter(level="role_mentee")["estimate"].item()
    assert found == pytest.approx(mean_change(rows, role="mentee"))


def test_what_a_few_answered_is_counted_without_its_name(tmp_path: Path) -> None:
    rows = people(("Girl", 40), ("Boy", 48), ("Zebra", 3), ("Wombat", 9))
    results = results_of(tmp_path, rows).filter(pl.col("level").str.starts_with("gender"))
    few = only(results, level="gender_smaller_levels")
    assert (few["n"], few["status"]) == (12, "not_estimable")
    assert few["note"] == "2 levels with fewer than 10 pairs"
    told = " ".join(str(cell) for row in results.rows() for cell in row).lower()
    assert "zebra" not in told
    assert "wombat" not in told
    # They are not in the comparison of levels either.
    assert set(results.filter(level="gender", group="all")["n"]) == {88}


def test_a_study_says_how_many_pairs_a_level_needs(tmp_path: Path) -> None:
    rows = people(("Girl", 40), ("Boy", 48), ("Other", 9))
    results = results_of(tmp_path, rows, subgroups={"minimum": 9})
    assert results.filter(level="gender_other", group="all")["status"].to_list() == ["ok"]
    assert results.filter(level="gender_smaller_levels").is_empty()
    # Of the nine, one did not get help: too few for a contrast.
    did = only(results, level="gender_other", estimand="did")
    assert did["status"] == "not_estimable"
    assert did["note"] == "fewer than 9 pairs in one of the groups; level: Other"
    alike = results.filter(level="gender", group="helped_v_others", method="wald_htz")
    assert alike["n"].to_list() == [88]


def test_few_organisations_leave_the_plain_test_and_say_so(tmp_path: Path) -> None:
    rows = people(("Girl", 40), ("Boy", 48), schools=4)
    results = results_of(tmp_path, rows).filter(pl.col("level").str.starts_with("gender"))
    changes = results.filter(estimand="mean_change")
    assert changes["method"].to_list() == ["paired_t", "paired_t"]
    assert changes["status"].to_list() == ["ok", "ok"]
    reason = "4 organisations: a cluster-robust test needs 5"
    for level, note in changes.select("level", "note").rows():
        written = level.removeprefix("gender_").title()
        assert note == f"level: {written}; pairs taken as independent: {reason}"
    assert set(results.filter(estimand="did")["method"]) == {"did_ols"}
    tests = results.filter(estimand="interaction")
    assert set(tests["status"]) == {"not_estimable"}
    assert all(note.startswith(reason) for note in tests["note"])


def test_level_whose_pairs_all_changed_alike_says_that(tmp_path: Path) -> None:
    rows = people(("Boy", 48))
    rows += [row | {"mood": {"b1": "3", "f1": "5"}[row["when"]]} for row in people(("Girl", 40))]
    girls = only(results_of(tmp_path, rows), level="gender_girl", group="all")
    assert (girls["method"], girls["status"]) == ("paired_t", "not_estimable")
    reason = "every pair changed by the same amount, so there is nothing to test against"
    assert girls["note"] == f"{reason}; the mean change is 2; level: Girl"


def test_level_in_one_organisation_is_not_compared_as_if_it_varied(tmp_path: Path) -> None:
    rows = people(("Girl", 40), ("Boy", 48))
    rows += [row | {"school": "school0"} for row in people(("Other", 12), seed=2)]
    results = results_of(tmp_path, rows)
    test = only(results, level="gender", group="all")
    assert test["status"] == "not_estimable"
    assert "without one of the organisations" in test["note"]


def test_too_many_levels_are_not_compared(tmp_path: Path) -> None:
    rows = people(*((f"kind{number}", 2) for number in range(MOST_LEVELS + 1)))
    results = results_of(tmp_path, rows, subgroups={"minimum": 2})
    about = results.filter(pl.col("level").str.starts_with("gender"))
    assert about.select("level", "method", "status", "note").rows() == [
        ("gender", "wald_htz", "not_estimable", "13 levels: more than 12 are not compared")
    ]


def test_one_level_has_nothing_to_be_compared_with(tmp_path: Path) -> None:
    results = results_of(tmp_path, people(("Girl", 40)))
    tests = results.filter(level="gender")
    assert tests["note"].to_list() == ["fewer than two levels with at least 10 pairs"] * 2
    assert results.filter(level="gender_girl", group="all")["status"].to_list() == ["ok"]


def test_words_of_levels_are_plain_and_no_two_are_the_same(tmp_path: Path) -> None:
    levels = ("Fille / girl", "fille-girl", "Élève", "女", "男", "smaller levels")
    results = results_of(tmp_path, people(*((level, 12) for level in levels)))
    changes = results.filter(group="all", estimand="mean_change").filter(
        pl.col("level").str.starts_with("gender")
    )
    assert dict(changes.select("level", "note").rows()) == {
        "gender_fille_girl": "level: Fille / girl",
        "gender_fille_girl_2": "level: fille-girl",
        "gender_eleve": "level: Élève",
        "gender_level": "level: 女",
        "gender_level_2": "level: 男",
        "gender_smaller_levels_2": "level: smaller levels",
    }


def test_unknown_organisations_stand_together_as_one(tmp_path: Path) -> None:
    rows = people(("Girl", 40), ("Boy", 48))
    rows = [row | {"school": "" if row["school"] == "school3" else row["school"]} for row in rows]
    results = results_of(tmp_path, rows, matching={"id_scope": "study", "normalise": ["trim"]})
    girls = only(results, level="gender_girl", group="all")
    assert (girls["n"], girls["n_organisations"]) == (40, 7)
    assert girls["note"] == "5 pairs without an organisation stood together as one; level: Girl"
    test = only(results, level="gender", group="all", method="did_cr2")
    assert test["note"].startswith("11 pairs without an organisation stood together as one; ")


def test_names_and_order_change_no_number(tmp_path: Path) -> None:
    rows = people(("Girl", 40), ("Boy", 48), ("Other", 30))
    rng = np.random.default_rng(3)
    names = dict(
        zip((f"school{n}" for n in range(8)), rng.permutation(list("abcdefgh")), strict=True)
    )
    turned = [
        rows[n] | {"school": str(names[rows[n]["school"]])} for n in rng.permutation(len(rows))
    ]
    before, after = (
        results_of(tmp_path / name, part) for name, part in (("a", rows), ("b", turned))
    )
    assert before.height > 10
    assert before.equals(after)


def test_study_without_roles_and_characteristics_has_no_subgroups(tmp_path: Path) -> None:
    study = make_plain_study(tmp_path, people(("Girl", 40), ("Boy", 48)), MOOD, statistics=FULL)
    results = analyse(study).tables["results"]
    assert results.filter(analysis="paired").height > 0
    assert results.filter(analysis="subgroup").is_empty()


def test_study_of_headlines_has_no_subgroups(tmp_path: Path) -> None:
    rows = people(("Girl", 40), ("Boy", 48))
    assert results_of(tmp_path, rows, statistics={"depth": "headline"}).is_empty()


def test_outcome_that_nobody_has_says_so(tmp_path: Path) -> None:
    rows = [row | {"calm": ""} for row in people(("Girl", 40), ("Boy", 48))]
    study = make_study(
        tmp_path, rows, MOOD, CALM, columns=GENDER, contrast=CONTRAST, statistics=FULL
    )
    results = analyse(study).tables["results"].filter(analysis="subgroup", outcome="calm_total")
    assert set(results["note"]) == {"fewer than two levels with at least 10 pairs"}
    assert set(results["level"]) == {"gender", "role"}
