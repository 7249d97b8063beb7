"""Multilevel and weighted estimates of a study: which rows there are, and of whom."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from peereval.estimating import material
from peereval.pipeline import analyse
from support.studies import FULL, MOOD, make_study
from support.tables import Row

CONTRAST = {"treated": "helped", "control": "others"}
COLUMNS = {
    "respondent": "id",
    "organisation": "school",
    "role": "role",
    "characteristics": {"gender": "gender"},
}


def draw(n: int = 72, schools: int = 8, seed: int = 4) -> list[Row]:
    """Pairs in which low scores are helped more often."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(n):
        before = int(rng.integers(1, 9))
        person = {
            "id": f"k{number}",
            "school": f"s{number % schools}",
            "role": "mentee" if rng.random() < 0.75 - 0.07 * before else "neither",
            "gender": str(rng.choice(["Female", "Male"])) if number > 2 else "Other",
        }
        after = int(np.clip(before + rng.integers(-2, 4) + number % schools % 2, 0, 10))
        rows.append(person | {"when": "b1", "mood": str(before)})
        rows.append(person | {"when": "f1", "mood": str(after)})
    return rows


def results(folder: Path, rows: list[Row], **settings: Any) -> pl.DataFrame:
    wanted = {"columns": COLUMNS, "contrast": CONTRAST} | settings
    return analyse(make_study(folder, rows, MOOD, statistics=FULL, **wanted)).tables["results"]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    return results(tmp_path_factory.mktemp("models"), draw())


def test_change_and_contrast_have_a_multilevel_estimate_each(found: pl.DataFrame) -> None:
    effects = found.filter(
        pl.col("method").str.ends_with("_multilevel"), pl.col("statistic").is_not_null()
    )
    assert effects.select("analysis", "group", "estimand").rows() == [
        ("paired", "all", "mean_change"),
        ("paired", "helped", "mean_change"),
        ("paired", "others", "mean_change"),
        ("did", "helped_v_others", "did"),
    ]
    assert set(effects["status"]) == {"ok"}


def test_variances_are_neither_good_nor_bad_and_in_squares(found: pl.DataFrame) -> None:
    variances = found.filter(pl.col("estimand").str.starts_with("variance_"))
    assert set(variances["analysis"]) == {"clustering"}
    assert set(variances["unit"]) == {"square of points"}
    assert set(variances["better"]) == {""}
    assert variances.height == 5
    assert (variances["estimate"] >= 0).all()


def test_the_weighted_contrast_is_of_the_pairs_of_both_groups(found: pl.DataFrame) -> None:
    (row,) = found.filter(method="did_weighted").to_dicts()
    plain = found.filter(method="did_cr2").to_dicts()[0]
    assert row["status"] == "ok"
    assert (row["n"], row["n_organisations"]) == (plain["n"], plain["n_organisations"]) == (72, 8)
    assert row["estimate"] != plain["estimate"]


def test_balance_is_better_with_weights(found: pl.DataFrame) -> None:
    balance = found.filter(analysis="balance", level="")
    plain, other = (balance.filter(method=name)["estimate"][0] for name in ("smd", "smd_weighted"))
    assert plain < -0.25
    assert abs(other) < 0.1


def test_a_level_of_a_handful_has_no_balance_nor_name_and_separates_nobody(
    found: pl.DataFrame,
) -> None:
    balance = found.filter(analysis="balance").filter(pl.col("level") != "")
    assert balance["level"].unique().sort().to_list() == [
        "gender_female", "gender_male", "gender_smaller_levels",
    ]  # fmt: skip
    few = balance.filter(level="gender_smaller_levels")
    assert set(few["note"]) == {"1 level with fewer than 10 pairs"}
    assert set(balance.filter(pl.col("level") != few["level"][0])["status"]) == {"ok"}


def test_groups_that_are_told_apart_before_are_not_weighted(tmp_path: Path) -> None:
    rows = [row | {"role": "mentee" if int(row["id"][1:]) % 2 else "neither"} for row in draw()]
    # All girls are helped, and no boy.
    rows = [row | {"gender": "Girl" if row["role"] == "mentee" else "Boy"} for row in rows]
    found = results(tmp_path, rows)
    (row,) = found.filter(method="did_weighted").to_dicts()
    assert row["status"] == "not_estimable"
    assert "tells exactly who was treated" in row["note"]
    balance = found.filter(analysis="balance")
    assert set(balance.filter(method="smd_weighted")["status"]) == {"not_estimable"}
    assert balance.filter(method="smd", level="", status="ok").height == 1


def test_without_a_contrast_there_is_nothing_to_weight(tmp_path: Path) -> None:
    found = analyse(make_study(tmp_path, draw(), MOOD, columns=COLUMNS, statistics=FULL)).tables[
        "results"
    ]
    assert found.filter(analysis="balance").is_empty()
    assert found.filter(method="did_weighted").is_empty()


def test_without_organisations_there_are_no_levels(tmp_path: Path) -> None:
    columns = {key: value for key, value in COLUMNS.items() if key != "organisation"}
    found = results(tmp_path, draw(), columns=columns)
    models = found.filter(pl.col("method").str.contains("multilevel|did_weighted"))
    assert set(models["status"]) == {"not_estimable"}
    assert all("names no organisation column" in note for note in models["note"])
    assert found.filter(analysis="balance", level="", status="ok").height == 2


def test_more_respondents_than_rows_are_kept_for_are_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(material, "MOST_ROWS", 3)
    found = results(tmp_path, draw())
    (row,) = found.filter(method="did_weighted").to_dicts()
    assert row["note"] == material.TOO_MANY
    assert found.filter(analysis="balance").is_empty()
    # Sums by organisation need no rows.
    assert set(found.filter(method="paired_multilevel")["status"]) == {"ok"}


def test_nothing_written_says_that_there_is_no_effect(found: pl.DataFrame) -> None:
    assert not any("no effect" in note or "no change" in note for note in found["note"])
