"""Reliable change in the results of a study."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from peereval.pipeline import analyse
from support.soundness import assert_sound
from support.studies import FULL, make_scale, make_study
from support.tables import assert_table, read_table

#: Before: 2, 4, 6, 8, each eight times or so; some change a little, some a lot.
CHANGES = "2>2 4\n2>8 4\n4>5 4\n4>1 4\n6>6 4\n6>10 4\n8>7 4\n8>2 4"


def results_of(
    folder: Path, drawn: str = CHANGES, better: str = "higher", **facts: Any
) -> pl.DataFrame:
    """Rows of this area; ``drawn``: the mood before>after and how many ``times``."""
    reliabilities = facts.pop("declared", {})
    total = {"id": "total", "rule": "sum", "of": ["mood"], "range": [0, 10], "better": better}
    rows = [
        {"id": f"k{number}_{copy}", "when": when, "school": f"s{copy % 3}",
         "role": "neither" if copy % 2 else "mentee", "mood": value}
        for number, person in enumerate(read_table("mood times\n" + drawn))
        for copy in range(int(person["times"]))
        for when, value in zip(("b1", "f1"), person["mood"].replace("-", "").split(">"),
                               strict=True)
    ]  # fmt: skip
    scale = make_scale("mood", "mood", total | facts)
    study = make_study(folder, rows, scale, statistics=FULL | {"reliabilities": reliabilities})
    results = analyse(study).tables["results"]
    assert_sound(results)
    return results.filter(analysis="individual_change")


def only(results: pl.DataFrame, **where: Any) -> dict[str, Any]:
    (row,) = results.filter(**where).iter_rows(named=True)
    return row


def test_declared_reliability_gives_the_index(tmp_path: Path) -> None:
    results = results_of(tmp_path, declared={"mood_total": 0.8})
    threshold = only(results, estimand="threshold")
    # Of 2, 4, 6, 8, each eight times: sqrt(160 / 31).
    wanted = 1.96 * 2**0.5 * (160 / 31) ** 0.5 * 0.2**0.5
    assert threshold["estimate"] == pytest.approx(wanted, rel=1e-12)
    assert (threshold["unit"], threshold["n"], threshold["n_organisations"]) == ("points", 32, 3)
    assert threshold["note"].startswith("reliability 0.8 (declared in the study), standard dev")
    # 2.82 points: 3 and more count.
    expected = """
        group   estimand                  estimate  n   better
        all     share_improved            0.25      32  higher
        all     share_deteriorated        0.25      32  lower
        all     share_no_reliable_change  0.5       32  -
        helped  share_improved            0.25      16  higher
        helped  share_deteriorated        0.25      16  lower
        helped  share_no_reliable_change  0.5       16  -
        others  share_improved            0.25      16  higher
        others  share_deteriorated        0.25      16  lower
        others  share_no_reliable_change  0.5       16  -
    """
    shares = results.filter(pl.col("estimand") != "threshold")
    assert_table(shares, expected)
    assert set(shares["note"]) == {"3 or more either way is reliable; share of all pairs"}
    assert (shares["ci_low"] < shares["estimate"]).all()


def test_improved_is_less_where_less_is_better(tmp_path: Path) -> None:
    drawn = "2>2 6\n4>9 3\n8>1 1"
    results = results_of(tmp_path, drawn, "lower", declared={"mood_total": 0.9})
    shares = {row["estimand"]: row["estimate"]
              for row in results.filter(group="all").iter_rows(named=True)}  # fmt: skip
    assert shares["share_improved"] == 0.1
    assert shares["share_deteriorated"] == 0.3


PUBLISHED = {"value": 0.7, "kind": "test_retest", "source": "Somebody 2001", "verified": True}


def test_published_reliability_is_used_where_none_is_declared(tmp_path: Path) -> None:
    threshold = only(results_of(tmp_path, reliability=PUBLISHED), estimand="threshold")
    assert threshold["note"].startswith("reliability 0.7 (test_retest, Somebody 2001), ")
    both = results_of(tmp_path / "two", reliability=PUBLISHED, declared={"mood_total": 0.8})
    assert "declared in the study" in only(both, estimand="threshold")["note"]


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        ({}, "the reliability is not known from the scale file, nor from these responses: "),
        (
            {"reliability": PUBLISHED | {"verified": False}},
            "the reliability is not verified in the scale file, nor from these responses: ",
        ),
    ],
)
def test_without_a_reliability_the_row_says_how_to_declare_one(
    tmp_path: Path, facts: dict[str, Any], found: str
) -> None:
    row = only(results_of(tmp_path, **facts))
    assert (row["estimand"], row["status"], row["n"]) == ("threshold", "not_estimable", 32)
    how = "declare one as mood_total under [statistics.reliabilities] of the study"
    assert row["note"] == found + how


def test_without_any_the_alpha_of_the_responses_before_is_taken(tmp_path: Path) -> None:
    answers = [(1, 2, 2), (2, 3, 3), (0, 1, 0), (4, 3, 4), (3, 3, 2), (1, 0, 1)]
    rows = [
        {"id": f"k{n}", "when": when, "school": "s", "role": "mentee",
         **dict(zip(("one", "two", "three"), map(str, given), strict=True))}
        for n, given in enumerate(answers)
        for when in ("b1", "f1")
    ]  # fmt: skip
    study = make_study(tmp_path, rows, make_scale("mood", "one two three"), statistics=FULL)
    results = analyse(study).tables["results"].filter(level="", outcome="mood_total")
    alpha = only(results.filter(analysis="individual_change"), estimand="threshold")["note"]
    items = np.array(answers)
    # Cronbach 1951: k / (k - 1) (1 - sum of the items' variances / variance of the sum).
    wanted = 3 / 2 * (1 - items.var(axis=0, ddof=1).sum() / items.sum(axis=1).var(ddof=1))
    assert alpha.startswith(f"reliability {wanted:g} (alpha of the responses before)")


def test_a_published_threshold_counts_from_its_own_points_on(tmp_path: Path) -> None:
    published = {"threshold": 4, "source": "Somebody 2001", "verified": True}
    results = results_of(tmp_path, reliable_change=published).filter(method="published_threshold")
    threshold = only(results, estimand="threshold")
    assert (threshold["estimate"], threshold["note"]) == (4, "Somebody 2001")
    everyone = results.filter(group="all")
    # 2 to 8 and 6 to 10 improved; 8 to 2 deteriorated, 4 to 1 did not.
    assert only(everyone, estimand="share_improved")["estimate"] == 0.25
    assert only(everyone, estimand="share_deteriorated")["estimate"] == 0.125


def test_an_unverified_threshold_is_not_used(tmp_path: Path) -> None:
    published = {"threshold": 4, "source": "Somebody 2001", "verified": False}
    row = only(results_of(tmp_path, reliable_change=published), method="published_threshold")
    assert row["note"] == "the published threshold in the scale file is not verified"


@pytest.mark.parametrize(
    ("drawn", "note"),
    [
        ("2>- 3", "no matched pairs"),
        ("2>5 1", "one matched pair: a standard error needs two"),
        ("2>5 3\n2>1 3", "everyone has the same value before"),
    ],
)
def test_too_little_for_an_index(tmp_path: Path, drawn: str, note: str) -> None:
    row = only(results_of(tmp_path, drawn, declared={"mood_total": 0.8}))
    assert (row["estimand"], row["note"]) == ("threshold", note)
