"""Cluster-robust rows beside the headlines; analysis of covariance and Lord's paradox."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from peereval.estimators.ancova import ancova, disagreement
from peereval.estimators.estimate import Estimate
from peereval.moments import ClusterSums, value_sums
from peereval.pipeline import analyse
from support.soundness import assert_sound
from support.studies import FULL, MOOD, make_study
from support.tables import Row

CONTRAST = {"treated": "helped", "control": "others"}
LEVEL = 0.95


def people(apart: int, schools: int = 8, each: int = 12) -> list[Row]:
    """Two responses of pupils who fall back half-way to 5; the helped start ``apart`` higher."""
    rng = np.random.default_rng(4)
    rows = []
    for number in range(schools * each):
        helped = number // schools % 2
        before = int(np.clip(round(rng.normal(4 + helped * apart, 1.2)), 0, 10))
        after = int(np.clip(round(5 + (before - 5) / 2 + rng.normal(0, 0.8)), 0, 10))
        person = {
            "id": f"p{number}",
            "school": f"school{number % schools}",
            "role": "mentee" if helped else "neither",
        }
        rows += [
            person | {"when": when, "mood": str(mood)}
            for when, mood in (("b1", before), ("f1", after))
        ]
    return rows


def rows_of(folder: Path, rows: list[Row], **settings: Any) -> dict[str, dict[str, Any]]:
    """Method -> its row, of everything about the contrast; and of the change of all."""
    study = make_study(folder, rows, MOOD, statistics=FULL, **{"contrast": CONTRAST, **settings})
    results = analyse(study).tables["results"]
    assert_sound(results)
    mine = results.filter(
        (pl.col("analysis") == "did")
        | ((pl.col("analysis") == "paired") & (pl.col("group") == "all"))
    )
    return {row["method"]: row for row in mine.iter_rows(named=True)}


def test_every_kind_of_test_is_of_the_same_number(tmp_path: Path) -> None:
    found = rows_of(tmp_path, people(0))
    for what, estimand in (("paired", "mean_change"), ("did", "did")):
        rows = [found[f"{what}_{kind}"] for kind in ("cr1", "cr2", "cr3")]
        assert {row["estimand"] for row in rows} == {estimand}
        assert {row["estimate"] for row in rows} == {rows[1]["estimate"]}
        errors = [row["std_error"] for row in rows]
        assert errors == sorted(errors)
        assert len(set(errors)) > 1
        assert (rows[0]["df"], rows[2]["df"]) == (7, 7)
    assert {found[name]["estimand"] for name in ("ancova_ols", "ancova_cr2")} == {
        "adjusted_difference"
    }


def test_groups_that_part_before_are_told_of_lords_paradox(tmp_path: Path) -> None:
    """The helped start higher and fall back: their change is worse, their standing is not."""
    found = rows_of(tmp_path, people(3))
    assert found["did_cr2"]["ci_high"] < 0
    assert found["ancova_cr2"]["ci_low"] <= 0 <= found["ancova_cr2"]["ci_high"]
    assert "Lord's paradox" in found["ancova_cr2"]["note"]
    assert f"{found['did_cr2']['estimate']:.3g}" in found["ancova_cr2"]["note"]
    assert "Lord" not in found["ancova_ols"]["note"]


def test_groups_that_were_alike_are_not(tmp_path: Path) -> None:
    found = rows_of(tmp_path, people(0))
    assert found["ancova_cr2"]["note"] == "48 treated, 48 control"


def test_study_without_organisations_has_the_plain_one_only(tmp_path: Path) -> None:
    found = rows_of(tmp_path, people(0), columns={"respondent": "id", "role": "role"})
    assert found["ancova_ols"]["status"] == "ok"
    for name in ("ancova_cr2", "did_cr1", "did_cr3", "paired_cr1", "paired_cr3"):
        assert found[name]["status"] == "not_estimable"
        assert "names no organisation column" in found[name]["note"]


@pytest.mark.parametrize(("schools", "few"), [(1, "1 organisation"), (4, "4 organisations")])
def test_few_organisations_have_the_plain_one_only(tmp_path: Path, schools: int, few: str) -> None:
    found = rows_of(tmp_path, people(0, schools))
    assert found["ancova_ols"]["status"] == "ok"
    for name in ("ancova_cr2", "did_cr1", "did_cr3", "paired_cr1", "paired_cr3"):
        assert found[name]["note"] == f"{few}: a cluster-robust test needs 5"


# --- where there is too little --------------------------------------------------------------


def sums(*pairs: tuple[int, int], schools: str = "abcdefgh") -> ClusterSums:
    """Sums of pairs (before, after), one school after the other; every school is there."""
    rows = pl.DataFrame(
        [{"organisation": schools[n % len(schools)], "n": 1, "pre": a, "post": b}
         for n, (a, b) in enumerate(pairs)]
        + [{"organisation": school, "n": 0, "pre": 0, "post": 0} for school in schools]
    )  # fmt: skip
    before, after = (rows[name].to_numpy() for name in ("pre", "post"))
    return value_sums(rows, before, after, 1, clustered=True)


SPREAD = [(n % 4, (n * 7) % 5) for n in range(20)]
SHIFT = [(n % 4, n % 4 + 2) for n in range(20)]


@pytest.mark.parametrize(
    ("treated", "control", "reason"),
    [
        ([], [], "no matched pairs"),
        (SPREAD, [], "one group has no matched pairs"),
        (
            [(2, n % 3) for n in range(20)],
            [(4, n % 5) for n in range(20)],
            "has the same value before",
        ),
        ([(1, 2)], [(2, 5), (4, 4)], "3 matched pairs: too few for a model with 3 parameters"),
        (SHIFT, [(a, b + 1) for a, b in SHIFT], "leaves nothing over"),
        (SHIFT, SHIFT, "leaves nothing over"),
        ([(1, 4)] * 8, [(3, 9)] * 8, "has the same value before"),
    ],
)
def test_degenerate_groups_have_a_reason(
    treated: list[tuple[int, int]], control: list[tuple[int, int]], reason: str
) -> None:
    found = ancova(sums(*treated), sums(*control), LEVEL)
    assert reason in found["ols"].reason
    assert found["ols"].value is None
    assert found["cr2"].reason
    assert found["cr2"].value is None


def test_organisation_that_holds_a_group_is_refused() -> None:
    alone = sums(*[pair for pair in SPREAD for _ in range(8)][:8] * 3, schools="abcdefgh")
    held = ClusterSums(
        *(np.where(np.arange(8) == 2, array, 0) for array in (
            alone.n, alone.sum_pre, alone.sum_post, alone.sum_pre_sq, alone.sum_post_sq,
            alone.sum_pre_post,
        )),
        denominator=1,
    )  # fmt: skip
    found = ancova(held, sums(*SPREAD), LEVEL)
    assert "one organisation holds a whole group" in found["cr2"].reason


def test_organisation_that_holds_all_variation_before_is_refused() -> None:
    flat = [(3, n % 5) for n in range(24)]
    one = [(n, b) if n % 8 == 1 else (a, b) for n, (a, b) in enumerate(flat)]
    found = ancova(sums(*one), sums(*flat[::-1]), LEVEL)
    assert found["ols"].value is not None
    assert "without one of the organisations" in found["cr2"].reason


# --- what counts as a disagreement ----------------------------------------------------------


def interval(value: float, low: float, high: float) -> Estimate:
    return Estimate(value, ci_low=low, ci_high=high, ci_level=LEVEL)


@pytest.mark.parametrize(
    ("did", "adjusted", "differ"),
    [
        (interval(1, -1, 3), interval(0.5, -0.5, 1.5), False),
        (interval(2, 1, 3), interval(1.5, 0.5, 2.5), False),
        (interval(2, 1, 3), interval(0.5, -0.5, 1.5), True),  # one says something, one does not
        (interval(-1, -2, -0.1), interval(1, 0.1, 2), True),  # opposite directions
        (interval(5, 4, 6), interval(2, 1, 3), True),  # same verdict, far apart
        (interval(2, 0.5, 3.5), interval(1.2, 0.9, 1.5), False),  # one interval holds the other
        (Estimate(reason="no matched pairs"), interval(2, 1, 3), False),
        (interval(2, 1, 3), Estimate(reason="no matched pairs"), False),
    ],
)
def test_disagreement(did: Estimate, adjusted: Estimate, differ: bool) -> None:
    said = disagreement(did, adjusted)
    assert bool(said) == differ
    if differ:
        assert "Lord's paradox" in said
        assert f"{adjusted.value:.3g} ({adjusted.ci_low:.3g} to {adjusted.ci_high:.3g})" in said
