"""Bootstrap, permutation, equivalence and clustering facts of a study: which rows there are."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import peereval.estimating
from peereval.estimating import resampling, result_table
from peereval.estimating.clustering import clustering_rows
from peereval.estimating.equivalence import equivalence_rows
from peereval.estimating.material import Material
from peereval.pipeline import analyse
from support.soundness import assert_sound
from support.studies import MOOD, make_study
from support.tables import Row

CONTRAST = {"treated": "helped", "control": "others"}
AREAS = (resampling.resampling_rows, equivalence_rows, clustering_rows)


def draw(n: int = 96, schools: int = 8, seed: int = 4) -> list[Row]:
    """Pairs of scores from 0 to 10 that mostly rise."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(n):
        before = int(rng.integers(1, 9))
        after = int(np.clip(before + rng.integers(-2, 4), 0, 10))
        role = "mentee" if rng.random() < 0.5 else "neither"
        person = {"id": f"k{number}", "school": f"s{number % schools}", "role": role}
        rows += [
            person | {"when": when, "mood": str(value)}
            for when, value in (("b1", before), ("f1", after))
        ]
    return rows


class _Enough(Exception):  # noqa: N818
    """The material is there; the other estimates are another test's."""


def results(folder: Path, rows: list[Row], **settings: Any) -> pl.DataFrame:
    """Rows of the three areas alone."""
    seen: list[Material] = []

    def watched(material: Material) -> pl.DataFrame:
        seen.append(material)
        raise _Enough

    wanted = {"contrast": CONTRAST, "statistics": {"draws": 9999}} | settings
    study = make_study(folder, rows, MOOD, **wanted)
    with pytest.MonkeyPatch.context() as patch, pytest.raises(_Enough):
        patch.setattr(peereval.estimating, "estimate_all", watched)
        analyse(study)
    phase, comparison = study.phases[0], study.comparisons[0]
    made = result_table([row for area in AREAS for row in area(seen[0], phase, comparison)])
    assert_sound(made)
    return made


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    return results(tmp_path_factory.mktemp("study"), draw())


def test_every_group_and_the_contrast_have_their_rows(found: pl.DataFrame) -> None:
    assert set(found["status"]) == {"ok"}
    counts = found.group_by("analysis", "method", "group").len()
    change = {"paired_wild": 1, "tost_cr2": 1, "anova": 4, "normal_theory": 1}
    contrast = {"did_wild": 1, "did_permutation": 1, "tost_cr2": 1, "normal_theory": 1}
    for group, wanted in (("all", change), ("helped", change), ("helped_v_others", contrast)):
        mine = counts.filter(group=group).select("method", "len").rows()
        assert dict(mine) == wanted, group


def only(found: pl.DataFrame, **words: str) -> dict[str, Any]:
    return found.filter(**words).row(0, named=True)


def test_all_patterns_of_eight_schools_are_used(found: pl.DataFrame) -> None:
    row = only(found, method="paired_wild", group="all")
    assert row["note"] == "all 256 patterns of signs"
    assert (row["p_value"] * 128).is_integer()


def test_few_pairs_are_permuted_and_many_approximated(tmp_path: Path) -> None:
    few = only(results(tmp_path / "few", draw(40)), method="did_permutation")
    assert "9,999 draws, seed 2020" in few["note"]
    many = only(results(tmp_path / "many", draw(56)), method="did_permutation")
    assert "normal approximation" in many["note"]


def test_draws_are_of_the_changes_that_the_sums_are_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The drawn p is near the approximated one: both see the same pairs."""
    drawn = only(results(tmp_path / "one", draw(48)), method="did_permutation")
    monkeypatch.setattr(resampling, "FEW_PAIRS", 0)
    known = only(results(tmp_path / "two", draw(48)), method="did_permutation")
    assert "normal approximation" in known["note"]
    assert [drawn[name] for name in ("estimate", "std_error", "n")] == [
        known[name] for name in ("estimate", "std_error", "n")
    ]
    assert drawn["p_value"] == pytest.approx(known["p_value"], abs=0.03)
    assert drawn["ci_low"] == pytest.approx(known["ci_low"], abs=0.15 * known["std_error"])


def test_the_margin_is_a_share_of_the_deviation_before_of_everyone(found: pl.DataFrame) -> None:
    before = [int(row["mood"]) for row in draw() if row["when"] == "b1"]
    margin = f"{0.2 * np.std(before, ddof=1):.3g} points"
    for group in ("all", "helped", "others"):
        note = only(found, method="tost_cr2", group=group)["note"]
        assert f"smallest effect of interest {margin} (0.2 standard deviations before)" in note


def test_the_margin_may_be_given_in_points(tmp_path: Path) -> None:
    statistics = {"smallest_effects": {"mood_total": 9.0}}
    found = results(tmp_path, draw(), statistics=statistics)
    note = only(found, method="tost_cr2", group="all")["note"]
    assert note.startswith("evidence of a change, and that it is smaller than 9 points; ")
    assert "9 points, as the study says" in note
    note = only(found, method="tost_cr2", group="helped_v_others")["note"]
    assert "any difference in change is smaller than 9 points" in note


def test_where_clusters_are_too_few_pairs_are_taken_as_independent(tmp_path: Path) -> None:
    found = results(tmp_path, draw(schools=3))
    assert only(found, method="tost_cr2", group="all")["status"] == "not_estimable"
    assert only(found, method="tost_t", group="all")["status"] == "ok"
    assert "3 organisations" in only(found, method="paired_wild", group="all")["note"]
    note = only(found, method="normal_theory", group="all")["note"]
    assert "pairs taken as independent" in note
    assert only(found, method="did_permutation")["status"] == "ok"


def test_without_organisations_nothing_is_said_of_clusters(tmp_path: Path) -> None:
    found = results(tmp_path, draw(), columns={"respondent": "id", "role": "role"})
    facts = found.filter(method="anova")
    assert set(facts["status"]) == {"not_estimable"}
    assert set(facts["note"]) == {"the study names no organisation column"}
    assert only(found, method="tost_t", group="all")["status"] == "ok"


def test_one_value_before_leaves_no_margin_in_points(tmp_path: Path) -> None:
    rows = [row | ({"mood": "5"} if row["when"] == "b1" else {}) for row in draw()]
    found = results(tmp_path, rows)
    for method in ("tost_cr2", "normal_theory"):
        row = only(found, method=method, group="all")
        assert "everyone has the same value before" in row["note"]
    assert only(found, estimand="icc_baseline")["status"] == "not_estimable"
    assert only(found, estimand="icc_change")["status"] == "ok"


def test_groups_in_separate_schools_cannot_be_permuted(tmp_path: Path) -> None:
    role = {f"s{n}": "mentee" if n % 2 else "neither" for n in range(8)}
    rows = [row | {"role": role[row["school"]]} for row in draw()]
    row = only(results(tmp_path, rows), method="did_permutation")
    assert "no organisation has pairs of both groups" in row["note"]


def test_everybody_alike_is_a_reason_everywhere(tmp_path: Path) -> None:
    rows = [row | {"mood": "5" if row["when"] == "b1" else "6"} for row in draw()]
    assert set(results(tmp_path, rows)["status"]) == {"not_estimable"}


def test_nobody_matched_is_a_reason_everywhere(tmp_path: Path) -> None:
    rows = [row | ({"id": row["id"] + "x"} if row["when"] == "f1" else {}) for row in draw(n=12)]
    assert set(results(tmp_path, rows)["status"]) == {"not_estimable"}


def test_a_seed_of_the_study_is_the_seed_of_its_draws(tmp_path: Path) -> None:
    statistics = {"draws": 999, "seed": 11}
    found = results(tmp_path, draw(schools=14), statistics=statistics)
    assert "999 draws of random signs, seed 11" in only(found, method="did_wild")["note"]


def test_nothing_denies_an_effect(found: pl.DataFrame) -> None:
    assert not found["note"].str.contains("no effect|no change|no difference").any()
