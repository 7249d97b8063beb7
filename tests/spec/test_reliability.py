"""How well scales measure: what is said of it, and where nothing can be."""

from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peereval import estimating
from peereval.estimating import Material
from peereval.estimating.reliability import sample_alpha
from peereval.estimators.estimate import Estimate
from peereval.estimators.factors import factors_of
from peereval.estimators.omega import omega_hierarchical, omega_total
from peereval.estimators.reliability import (
    alphas_if_dropped,
    cronbach,
    error_of_measurement,
    item_rest_correlations,
    shares_missing,
)
from peereval.item_moments import ItemSums, sum_items
from peereval.pipeline import analyse
from peereval.studies import Study
from support.studies import FIVE, FULL, Table, make_scale, make_study
from support.tables import Row

LEVEL = 0.95


def of(rows: Sequence[Sequence[int | None]]) -> ItemSums:
    names = [f"i{place}" for place in range(len(rows[0]))]
    return sum_items(pl.DataFrame(rows, schema=dict.fromkeys(names, pl.Int8), orient="row"))


def drawn(n: int, loadings: Sequence[float], seed: int = 1) -> list[list[int]]:
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(n, 1))
    values = 2 + common * np.array(loadings) + rng.normal(size=(n, len(loadings))) * 0.7
    return np.clip(np.round(values), 0, 4).astype(int).tolist()


# --- alpha ------------------------------------------------------------------------------------


def test_alpha_worked_by_hand() -> None:
    # Variances 1, 1 and of the sum 3: 2 (1 - 2 / 3).
    ours = cronbach(of([[0, 0], [1, 2], [2, 1]]), LEVEL)
    assert ours.value == pytest.approx(2 / 3)
    assert "Spearman-Brown coefficient is 0.6667" in ours.note


def test_items_that_are_all_the_same_have_an_alpha_of_one() -> None:
    ours = cronbach(of([[1, 1, 1], [2, 2, 2], [4, 4, 4]]), LEVEL)
    assert (ours.value, ours.ci_low, ours.ci_high) == (1, 1, 1)


def test_an_alpha_below_nought_asks_about_reversed_items() -> None:
    ours = cronbach(of([[0, 4, 1], [4, 0, 1], [1, 3, 2], [3, 2, 0]]), LEVEL)
    assert ours.value is not None
    assert ours.value < 0
    assert "are the items reversed as they should be?" in ours.note


def test_an_item_without_variance_is_left_out_and_named() -> None:
    rows = drawn(50, [0.8, 0.9, 0.7])
    constant = cronbach(of([[*row, 3] for row in rows]), LEVEL)
    without = cronbach(of(rows), LEVEL)
    assert (constant.value, constant.ci_low) == (without.value, without.ci_low)
    assert constant.note == "without i3, which everyone answered alike"


@pytest.mark.parametrize(
    ("rows", "word"),
    [
        ([[None, 1]], "0 responses"),
        ([[2, 1]], "1 response "),
        ([[2, 1], [2, 1]], "the same answer to each item"),
        ([[1], [2]], "one item"),
        ([[1, 3], [2, 3], [4, 3]], "one item"),
        ([[0, 4], [1, 3], [2, 2]], "the sum of the items is the same for everyone"),
    ],
)
def test_where_there_is_no_alpha_the_reason_is_said(
    rows: list[list[int | None]], word: str
) -> None:
    assert word in cronbach(of(rows), LEVEL).reason
    assert error_of_measurement(cronbach(of(rows), LEVEL), 1.0, 2).reason


def test_two_items_that_say_the_opposite_have_no_spearman_brown_coefficient() -> None:
    ours = cronbach(of([[0, 4], [1, 2], [2, 0]]), LEVEL)
    assert ours.value is not None
    assert "the opposite" in ours.note


# --- items ------------------------------------------------------------------------------------


def test_items_without_variance_have_no_correlation_and_change_no_other() -> None:
    rows = drawn(60, [0.8, 0.9, 0.7])
    ours = item_rest_correlations(of([[*row, 3] for row in rows]))
    assert "same answer to this item" in ours[3].reason
    assert [each.value for each in ours[:3]] == [
        each.value for each in item_rest_correlations(of(rows))
    ]
    assert (
        "everyone gave the same answer to it"
        in alphas_if_dropped(of([[*r, 3] for r in rows]))[3].reason
    )


def test_a_rest_without_variance_has_no_correlation() -> None:
    ours = item_rest_correlations(of([[0, 1, 3], [1, 2, 2], [4, 3, 1]]))
    assert "the sum of the other items is the same" in ours[0].reason
    assert ours[1].value is not None


def test_of_two_items_none_can_be_dropped() -> None:
    assert all(
        "one would be left" in each.reason for each in alphas_if_dropped(of([[1, 2], [2, 4]]))
    )


def test_shares_missing_are_of_all_responses() -> None:
    ours = shares_missing(of([[1, None], [None, None], [2, 3], [1, 4]]))
    assert [(each.value, each.n) for each in ours] == [(0.25, 4), (0.5, 4)]


# --- omega ------------------------------------------------------------------------------------


def test_omega_of_items_that_go_against_the_others_says_so() -> None:
    ours = omega_total(of(drawn(200, [0.9, 0.8, -0.9, 0.8, 0.9])))
    assert ours.value is not None
    assert "goes against the others" in ours.note


@pytest.mark.parametrize(
    ("rows", "word"),
    [
        ([[2, 1, 1]], "1 response "),
        ([[2, 1], [1, 1], [3, 4]], "fewer than three items"),
        ([[2, 1, 3], [1, 1, 3], [3, 4, 3]], "fewer than three items"),
        ([[1, 1, 1], [2, 2, 2], [4, 4, 4]], "follow from those to the others"),
        ([[1, 2, 1], [2, 1, 3]], "follow from those to the others"),
    ],
)
def test_where_there_is_no_omega_the_reason_is_said(rows: list[list[int]], word: str) -> None:
    assert word in omega_total(of(rows)).reason


def test_items_that_share_nothing_at_all_have_no_common_factor() -> None:
    assert factors_of(np.eye(5), 1).reason == "no fit of common factors was found"


def test_too_few_items_for_the_factors_are_refused() -> None:
    assert "too few" in factors_of(np.eye(4) * 0.6 + 0.4, 2).reason


def test_omega_of_parts_needs_three_that_vary() -> None:
    sums = of(drawn(80, [0.8] * 6))
    assert "fewer than three" in omega_hierarchical(sums, [["i0", "i1"], ["i2", "i3"]]).reason
    flat = of([[*row, 2] for row in drawn(80, [0.8] * 6)])
    parts = [["i0", "i1", "i2"], ["i3", "i4", "i5"], ["i6"]]
    assert "no item of one sub-score varies" in omega_hierarchical(flat, parts).reason


def test_omega_of_parts_that_are_one_has_no_number_that_means_nothing() -> None:
    """Parts that are not there in the answers: refused, or a share."""
    for seed in range(20):
        sums = of(drawn(90, [0.9] * 9, seed))
        ours = omega_hierarchical(sums, [[f"i{3 * p + i}" for i in range(3)] for p in range(3)])
        assert ours.reason or (ours.value is not None and 0 <= ours.value <= 1)


_CODES = st.lists(
    st.lists(st.one_of(st.none(), st.integers(0, 3)), min_size=4, max_size=4),
    min_size=1,
    max_size=12,
)


@settings(max_examples=200, deadline=None)
@given(rows=_CODES)
def test_any_answers_give_numbers_that_mean_something_or_a_reason(
    rows: list[list[int | None]],
) -> None:
    sums = of(rows)
    alpha, omega = cronbach(sums, LEVEL), omega_total(sums)
    correlations = item_rest_correlations(sums)
    made = [alpha, omega, *correlations, *alphas_if_dropped(sums), *shares_missing(sums)]
    assert all(is_sound(each) for each in made)
    if alpha.value is not None:
        assert alpha.ci_low is not None and alpha.ci_high is not None
        assert alpha.ci_low <= alpha.value <= alpha.ci_high
        assert alpha.value <= 1
    assert omega.value is None or 0 <= omega.value <= 1
    assert all(each.value is None or -1 <= each.value <= 1 for each in correlations)


def is_sound(estimate: Estimate) -> bool:
    numbers = [n for n in (estimate.value, estimate.ci_low, estimate.ci_high) if n is not None]
    return all(map(isfinite, numbers)) and bool(numbers) != bool(estimate.reason)


# --- rows of a study ----------------------------------------------------------------------------

TRUST = make_scale("trust", "t1 t2- t3", labels=FIVE)


def survey(n: int = 60, seed: int = 3) -> list[Row]:
    """Answers of ``n`` respondents before and after, the last of them without an answer to t3."""
    rows = []
    for occasion in ("b1", "f1"):
        for number, (a, b, c) in enumerate(drawn(n, [0.9, 0.8, 0.9], seed)):
            row = {"id": f"k{number}", "school": f"s{number % 6}", "when": occasion}
            row |= {"role": ("mentee", "neither")[number % 2]}
            rows.append(row | {"t1": str(a), "t2": str(4 - b), "t3": str(c)})
        rows[-1]["t3"] = ""
    return rows


def reliability_of(study: Study) -> pl.DataFrame:
    return analyse(study).tables["results"].filter(analysis="reliability")


def row_of(results: pl.DataFrame, **words: Any) -> dict[str, Any]:
    (row,) = results.filter(**words).iter_rows(named=True)
    return row


def test_a_score_has_its_rows_at_each_occasion(tmp_path: Path) -> None:
    results = reliability_of(make_study(tmp_path, survey(), TRUST, statistics=FULL))
    whole = {
        "alpha",
        "omega_total",
        "standard_error_of_measurement",
        "share_floor",
        "share_ceiling",
    }
    items = {"item_rest_correlation", "alpha_if_dropped", "share_missing"}
    for occasion in ("b1", "f1"):
        assert set(results.filter(level=occasion)["estimand"]) == whole
        for item in ("t1", "t2", "t3"):
            assert set(results.filter(level=f"{occasion}:{item}")["estimand"]) == items
    assert set(results["status"]) == {"ok"}
    assert results.height == 2 * (5 + 9) + 1  # and the correlation of before and after


def test_rows_are_of_the_answers_turned_as_the_score_turns_them(tmp_path: Path) -> None:
    results = reliability_of(make_study(tmp_path, survey(), TRUST, statistics=FULL))
    ours = cronbach(of(drawn(60, [0.9, 0.8, 0.9], 3)[:-1]), LEVEL)
    row = row_of(results, estimand="alpha", level="b1")
    assert (row["estimate"], row["ci_low"], row["n"]) == (ours.value, ours.ci_low, 59)
    missing = row_of(results, estimand="share_missing", level="b1:t3")
    assert (missing["estimate"], missing["n"]) == (1 / 60, 60)
    sd = np.std([sum(row) for row in drawn(60, [0.9, 0.8, 0.9], 3)[:-1]], ddof=1)
    error = row_of(results, estimand="standard_error_of_measurement", level="b1")
    assert error["estimate"] == pytest.approx(sd * (1 - row["estimate"]) ** 0.5)
    assert error["unit"] == "points"


def test_floor_and_ceiling_are_the_ends_that_the_score_can_have(tmp_path: Path) -> None:
    rows = survey()
    for row, (t1, t2, t3) in zip(rows, ["040", "404", "404", "404"], strict=False):
        row |= {"t1": t1, "t2": t2, "t3": t3}
    results = reliability_of(make_study(tmp_path, rows, TRUST, statistics=FULL))
    by_hand = [
        int(row["t1"]) + 4 - int(row["t2"]) + int(row["t3"])
        for row in rows
        if row["when"] == "b1" and row["t3"]
    ]
    for estimand, end in (("share_floor", 0), ("share_ceiling", 12)):
        row = row_of(results, estimand=estimand, level="b1")
        assert (row["estimate"], row["n"]) == (by_hand.count(end) / 59, 59)
        assert by_hand.count(end) >= 1


def test_before_and_after_are_correlated_in_the_control_group(tmp_path: Path) -> None:
    contrast = {"treated": "helped", "control": "others"}
    row = row_of(
        reliability_of(
            make_study(tmp_path / "a", survey(), TRUST, contrast=contrast, statistics=FULL)
        ),
        estimand="test_retest",
    )
    assert (row["group"], row["comparison"], row["note"][:13]) == (
        "others",
        "change",
        "control group",
    )
    assert row["n"] == 29
    everyone = row_of(
        reliability_of(make_study(tmp_path / "b", survey(), TRUST, statistics=FULL)),
        estimand="test_retest",
    )
    assert (everyone["group"], everyone["n"]) == ("all", 59)
    assert "no control group" in everyone["note"]


def test_an_item_that_is_sensitive_has_no_row_of_its_own(tmp_path: Path) -> None:
    scale: Table = make_scale("trust", "t1 t2- t3", labels=FIVE)
    scale["items"][2]["sensitive"] = True
    results = reliability_of(make_study(tmp_path, survey(), scale, statistics=FULL))
    open_ = reliability_of(make_study(tmp_path / "open", survey(), TRUST, statistics=FULL))
    assert not results["level"].str.contains("t3").any()
    assert not results["note"].str.contains("t3").any()
    same = {"estimand": "alpha", "level": "b1"}
    assert row_of(results, **same) == row_of(open_, **same)


def test_a_score_of_three_scores_has_a_hierarchical_omega(tmp_path: Path) -> None:
    parts = ("a1 a2 a3", "b1 b2 b3", "c1 c2 c3")
    scores = [
        {"id": part[0], "rule": "sum", "of": part.split(), "range": [0, 12]} for part in parts
    ]
    total = {"id": "total", "rule": "sum", "of": ["a", "b", "c"], "range": [0, 36]}
    scale = make_scale("whole", " ".join(parts), *scores, total, labels=FIVE)
    rng = np.random.default_rng(8)
    common = rng.normal(size=(200, 1))
    own = np.repeat(0.7 * common + 0.7 * rng.normal(size=(200, 3)), 3, axis=1)
    codes = np.clip(np.round(2 + own + 0.7 * rng.normal(size=(200, 9))), 0, 4).astype(int)
    items = " ".join(parts).split()
    rows = [
        {"id": f"k{n}", "school": "s", "role": "mentee", "when": "b1"}
        | dict(zip(items, map(str, answers), strict=True))
        for n, answers in enumerate(codes.tolist())
    ]
    rows += [row | {"when": "f1"} for row in rows]
    results = reliability_of(make_study(tmp_path, rows, scale, statistics=FULL))
    row = row_of(results, estimand="omega_hierarchical", level="b1")
    assert row["outcome"] == "whole_total"
    named = pl.DataFrame(codes, schema=items, orient="row")
    assert (
        row["estimate"]
        == omega_hierarchical(sum_items(named), [part.split() for part in parts]).value
    )
    assert (
        0.3
        < row["estimate"]
        < row_of(results, estimand="alpha", level="b1", outcome="whole_total")["estimate"]
    )


def test_a_primary_outcome_says_why_invariance_is_not_tested(tmp_path: Path) -> None:
    study = make_study(tmp_path, survey(), TRUST, statistics=FULL | {"primary": ["trust_total"]})
    row = row_of(reliability_of(study), estimand="longitudinal_invariance")
    assert row["status"] == "not_estimable"
    assert "a model of several occasions with means" in row["note"]


def test_an_occasion_without_responses_has_no_rows(tmp_path: Path) -> None:
    results = reliability_of(make_study(tmp_path, survey(), TRUST, statistics=FULL))
    assert not results["level"].str.contains("b2|f2").any()


def test_a_study_of_headlines_has_none(tmp_path: Path) -> None:
    study = make_study(tmp_path, survey(), TRUST, statistics={"depth": "headline"})
    assert reliability_of(study).is_empty()


def test_the_alpha_of_a_sample_is_of_the_occasions_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = list[Material]()
    made = estimating.estimate_all
    monkeypatch.setattr(estimating, "estimate_all", lambda it: kept.append(it) or made(it))
    study = make_study(tmp_path, survey(), TRUST, statistics=FULL)
    analyse(study)
    (material,), (phase,), score = kept, study.phases, study.scores["trust_total"]
    answers = drawn(60, [0.9, 0.8, 0.9], 3)[:-1]
    for occasions, rows in (
        (["b1"], answers),
        (["b1", "f1"], answers * 2),
        (["b1", "b1"], answers),
    ):
        assert sample_alpha(material, score, phase, occasions) == cronbach(of(rows), LEVEL)
    assert sample_alpha(material, score, phase, ["b2"]).reason == "no responses"
