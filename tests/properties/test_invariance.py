"""What must not change the numbers, and what must change them in a known way."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from peereval.pipeline import analyse
from support.soundness import NUMBERS, assert_sound
from support.studies import FULL, make_scale
from support.surveys import (
    CALM,
    CONTRAST,
    MOOD,
    TRUST,
    Chances,
    Messy,
    draw_survey,
    make_survey,
    messy_surveys,
)
from support.tables import Row

seeds = st.integers(0, 9)


def results_of(
    exports: Sequence[Row] | Mapping[str, Sequence[Row]], *scales: Any, **settings: Any
) -> pl.DataFrame:
    """Results with every estimator."""
    with tempfile.TemporaryDirectory() as folder:
        study = make_survey(
            Path(folder), exports, *(scales or (MOOD, CALM, TRUST)), statistics=FULL, **settings
        )
        return analyse(study).tables["results"]


def analysis_is_not(name: str) -> pl.Expr:
    return pl.col("analysis") != name


@cache
def unchanged(seed: int) -> pl.DataFrame:
    return results_of(draw_survey(seed))


# --- any survey -----------------------------------------------------------------------------


@settings(max_examples=40)
@given(messy=messy_surveys())
def test_results_of_any_survey_are_sound(messy: Messy) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert_sound(analyse(messy.study(Path(folder), statistics=FULL)).tables["results"])


@settings(max_examples=20)
@given(
    seed=st.integers(0, 2**32 - 1),
    respondents=st.integers(1, 40),
    organisations=st.integers(1, 8),
    highest=st.sampled_from([1, 2, 10]),
)
def test_results_of_a_coarse_survey_are_sound(
    seed: int, respondents: int, organisations: int, highest: int
) -> None:
    """Few answers apart make ties, flat outcomes and equal organisations."""
    rows = draw_survey(seed, respondents, organisations, Chances(highest=highest))
    if rows:
        assert_sound(results_of(rows))


# --- what must change nothing ---------------------------------------------------------------


def _shuffled_rows(rows: list[Row], rng: np.random.Generator) -> Any:
    return [rows[i] for i in rng.permutation(len(rows))]


def _shuffled_columns(rows: list[Row], rng: np.random.Generator) -> Any:
    names = [list(rows[0])[i] for i in rng.permutation(len(rows[0]))]
    return [{name: row[name] for name in names} for row in rows]


def _renamed(column: str, names: Callable[[int], str]) -> Any:
    def change(rows: list[Row], rng: np.random.Generator) -> Any:
        old = sorted({row[column] for row in rows})
        new = dict(zip(old, map(names, rng.permutation(len(old)).tolist()), strict=True))
        return [row | {column: new[row[column]]} for row in rows]

    return change


def _other_file_name(rows: list[Row], _rng: np.random.Generator) -> Any:
    return {"zz, spring & summer.csv": rows}


def _split(rows: list[Row], rng: np.random.Generator) -> Any:
    first = rng.random(len(rows)) < 0.5
    first[0] = True
    parts = {name: [row for row, one in zip(rows, first, strict=True) if one == side]
             for name, side in (("part_b.csv", True), ("part_a.csv", False))}  # fmt: skip
    return {name: part for name, part in parts.items() if part}


_HARMLESS = {
    "order_of_rows": _shuffled_rows,
    "order_of_columns": _shuffled_columns,
    "names_of_organisations": _renamed("school", lambda n: f'Sankt "{n % 3}", é {n}'),
    "ids": _renamed("id", lambda n: f"{n:04d}"),
    "name_of_the_file": _other_file_name,
    "one_source_in_two_files": _split,
}


@pytest.mark.parametrize("what", _HARMLESS)
@settings(max_examples=6)
@given(seed=seeds)
def test_change_of_form_changes_no_number(what: str, seed: int) -> None:
    rows = draw_survey(seed)
    changed = _HARMLESS[what](rows, np.random.default_rng(seed))
    before, after = unchanged(seed), results_of(changed)
    if what == "ids":  # which ids are nearly alike is another matter then
        before, after = (part.filter(analysis_is_not("near_misses")) for part in (before, after))
    assert before.filter(status="ok", method="did_cr2").height > 0
    assert_frame_equal(after, before, check_exact=True)


#: What is about more than pairs, so that responses without a partner count in it: retention and
#: who was lost, what the lost would have answered, how well scales measure (and the reliable
#: change that rests on it), and how many of the estimators of all this agree.
_OF_RESPONSES = ("attrition", "missing_data", "reliability", "individual_change", "agreement",
                 "near_misses")  # fmt: skip


@settings(max_examples=6)
@given(seed=seeds)
def test_sheets_that_match_nothing_change_only_what_is_of_responses(seed: int) -> None:
    rows = draw_survey(seed)
    strangers = [
        row | {"id": name, "school": "elsewhere"}
        for number, row in enumerate(rows[::5])
        for name in ("", f"stranger{number}")
    ]
    # Responses at the first occasion alone are in the mixed model, which the others are not.
    of_pairs = ~pl.col("analysis").is_in(_OF_RESPONSES) & (pl.col("method") != "mixed_model")
    before, after = (
        results.filter(of_pairs) for results in (unchanged(seed), results_of(rows + strangers))
    )
    counts = pl.col("estimand").is_in(["n_responses", "n_eligible"])
    assert len(set(before["analysis"])) > 10
    assert_frame_equal(after.filter(~counts), before.filter(~counts), check_exact=True)
    # Every second stranger has an id.
    for estimand, added in (("n_responses", len(strangers)), ("n_eligible", len(strangers) // 2)):
        one, two = (part.filter(estimand=estimand, group="") for part in (before, after))
        assert two["n"].sum() - one["n"].sum() == added


# --- what must change them in a known way ---------------------------------------------------


def _about_the_contrast(results: pl.DataFrame) -> pl.DataFrame:
    """Rows about the contrast, by all but the name of the contrast."""
    helped = results.filter(pl.col("group").str.contains("_v_"))
    name = "helped_v_others|others_v_helped"
    return helped.with_columns(pl.col("estimate_id").str.replace(name, "contrast"))


#: Of one group as the other is not: weights make the control group like the treated.
_ONE_SIDED = {"did_weighted", "smd_weighted"}
#: The same for either group, but other random numbers fall to each. And what would have to
#: happen to those of the treated group who were lost is not what would have to happen to the
#: others; how many estimators agree hangs on these.
_OF_LUCK = {"multiple_imputation", "tipping_point", "comparison_of_methods"}
#: Numbers without a direction.
_OF_BOTH = {"design_effect", "variance_between", "variance_of_effect", "minimum_detectable_effect",
            "interaction", "retention"}  # fmt: skip


@settings(max_examples=6)
@given(seed=seeds)
def test_swapping_the_groups_of_the_contrast_turns_its_sign(seed: int) -> None:
    rows = draw_survey(seed)
    swapped = {"treated": CONTRAST["control"], "control": CONTRAST["treated"]}
    one, two = (
        _about_the_contrast(results).filter(~pl.col("method").is_in(_ONE_SIDED | _OF_LUCK))
        for results in (unchanged(seed), results_of(rows, contrast=swapped))
    )
    assert set(one["group"]) == {"helped_v_others"}
    assert set(two["group"]) == {"others_v_helped"}
    assert one["estimate_id"].to_list() == two["estimate_id"].to_list()
    assert {"did", "balance", "equivalence", "missing_data", "attrition"} <= set(one["analysis"])
    for mine, theirs in zip(one.iter_rows(named=True), two.iter_rows(named=True), strict=True):
        place = mine["estimate_id"]
        for name in ("n", "n_organisations", "status"):
            assert mine[name] == theirs[name], place
        # Weights are found by steps, which end a bit apart; all else is the same to the bit.
        rel = 1e-9 if mine["method"] == "logit_weights" else 0
        for name in ("std_error", "p_value", "p_adjusted", "df"):
            assert mine[name] == _about(theirs[name], rel), place
        signed = mine["estimand"] not in _OF_BOTH
        sign, low, high = (-1, "ci_high", "ci_low") if signed else (1, "ci_low", "ci_high")
        # A statistic of equivalence is that of the end that is nearer, whichever it is.
        turned = {"estimate": "estimate", "statistic": "statistic", "ci_low": low, "ci_high": high}
        for name, other in turned.items():
            value = theirs[other]
            flips = sign if name != "statistic" or mine["analysis"] != "equivalence" else 1
            assert mine[name] == _about(None if value is None else flips * value, rel), place
    assert (one["status"] == "ok").any()


def _about(value: float | None, rel: float) -> Any:
    return value if value is None or not rel else pytest.approx(value, rel=rel, abs=rel)


#: Sums with and without a reversed item, and a mean of which an answer may be missing.
_SHIFTABLE = (
    make_scale("mood", "mood"),
    make_scale("calm", "calm-"),
    make_scale(
        "trust",
        "t1 t2 t3",
        {"id": "mean", "rule": "mean", "of": ["t1", "t2", "t3"], "range": [0, 10],
         "min_answered": 2},
    ),
)  # fmt: skip


@settings(max_examples=6)
@given(seed=seeds, constant=st.integers(1, 6))
def test_constant_added_to_both_occasions_changes_no_change(seed: int, constant: int) -> None:
    rows = draw_survey(seed, chances=Chances(highest=4))
    shifted = [
        row | {name: str(int(row[name]) + constant)
               for name in ("mood", "calm", "t1", "t2", "t3") if row[name]}
        for row in rows
    ]  # fmt: skip
    before, after = (results_of(part, *_SHIFTABLE, bands=[]) for part in (rows, shifted))
    level = pl.col("estimand").is_in(["mean_pre", "mean_post", "mean_at_occasion"])
    ends = pl.col("estimand").is_in(["share_floor", "share_ceiling"])
    same = ~level & ~ends
    assert_frame_equal(after.filter(same), before.filter(same), check_exact=True)
    moved = after.filter(level)["estimate"] - before.filter(level)["estimate"]
    sign = before.filter(level)["outcome"].replace_strict({"calm_total": -1}, default=1)
    assert moved.drop_nulls().len() > 0
    assert moved.to_list() == pytest.approx((sign * constant).to_list(), abs=1e-12, nan_ok=True)


#: How a number goes with the unit that it is in; what is in no unit does not.
_POWERS = {"points": 1, "square of points": 2}
_FREE = ("statistic", "df", "p_value", "p_adjusted", "ci_level")


@settings(max_examples=6)
@given(seed=seeds, steps=st.integers(2, 9))
def test_finer_unit_scales_the_estimates_and_leaves_the_tests(seed: int, steps: int) -> None:
    """A score counted in halves or tenths is the same evidence."""
    rows = draw_survey(seed)
    total = {"id": "total", "rule": "sum", "of": ["mood"], "range": [0, 10]}
    fine = {"id": "fine", "rule": "rescale", "of": ["total"], "factor": steps,
            "range": [0, 10 * steps]}  # fmt: skip
    results = results_of(rows, make_scale("mood", "mood", total, fine), bands=[], questions=[])
    estimates = results.filter(analysis_is_not("flow"))
    one, two = (estimates.filter(outcome=name) for name in ("mood_total", "mood_fine"))
    assert len(set(one["analysis"])) > 8
    for base, got in zip(one.iter_rows(named=True), two.iter_rows(named=True), strict=True):
        assert got["estimand"] == base["estimand"]
        factor = steps ** _POWERS.get(base["unit"], 0)
        for name in NUMBERS:
            wanted = base[name]
            if wanted is not None:
                wanted *= 1 if name in _FREE else factor
                wanted = pytest.approx(wanted, rel=1e-9)
            assert got[name] == wanted, f"{base['estimate_id']}: {name}"
