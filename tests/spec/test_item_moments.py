"""Sums of the answers to the items of each score, taken export by export."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from peereval.columns import TEST
from peereval.item_moments import ItemMoments, ItemSums, parts_of, sum_items
from peereval.reading import read_answers, read_sources
from peereval.scales import Scale, Score, load_scale, load_scale_file
from peereval.studies import Study
from support.studies import FIVE, Table, make_plain_study, make_scale, write_toml
from support.tables import read_table

TRUST = make_scale("trust", "t1 t2- t3", labels=FIVE)

_ANSWERS = """
    id  when  t1  t2  t3
    k1  b1    4   0   3
    k2  b1    2   1   2
    k3  b1    3   -   4
    k4  b1    -   -   -
    k5  b1    0   4   1
    k1  f1    4   1   4
    k2  f1    1   3   0
"""


def moments_of(study: Study) -> ItemMoments:
    moments = ItemMoments(study)
    for answers in read_sources(study):
        moments.add(answers.frame)
    return moments


def sums_of(study: Study, outcome: str = "trust_total", *occasions: str) -> ItemSums:
    found = moments_of(study).of(outcome, "young", occasions or ["b1"])
    assert found is not None
    return found


def assert_same(one: ItemSums, other: ItemSums) -> None:
    assert (one.items, one.n_responses, one.n) == (other.items, other.n_responses, other.n)
    for name in ("missing", "sums", "products"):
        assert getattr(one, name).tolist() == getattr(other, name).tolist(), name


def test_sums_are_of_the_responses_with_every_item(tmp_path: Path) -> None:
    sums = sums_of(make_plain_study(tmp_path, _ANSWERS, TRUST))
    assert sums.items == ("t1", "t2", "t3")
    assert (sums.n_responses, sums.n) == (5, 3)
    assert sums.missing.tolist() == [1, 2, 1]
    # k1, k2 and k5; the reversed item counts as its negative.
    assert sums.sums.tolist() == [6, -5, 6]
    assert sums.products.tolist() == [[20, -2, 16], [-2, 17, -6], [16, -6, 14]]


def test_occasions_are_apart_until_they_are_asked_for_together(tmp_path: Path) -> None:
    study = make_plain_study(tmp_path, _ANSWERS, TRUST)
    both = sums_of(study, "trust_total", "b1", "f1")
    assert (both.n_responses, both.n) == (7, 5)
    assert_same(both, sums_of(study) + sums_of(study, "trust_total", "f1"))


def test_an_occasion_that_nobody_answered_has_none(tmp_path: Path) -> None:
    moments = moments_of(make_plain_study(tmp_path, _ANSWERS, TRUST))
    assert moments.of("trust_total", "young", ["b2"]) is None
    assert moments.of("trust_total", "young", []) is None


def test_rows_set_aside_do_not_count(tmp_path: Path) -> None:
    study = make_plain_study(tmp_path, _ANSWERS, TRUST)
    frame = read_answers(study).frame
    k2 = pl.when(pl.col("respondent") == "k2").then(TEST).otherwise(pl.col("exclusion"))
    moments = ItemMoments(study)
    moments.add(frame.with_columns(k2.cast(frame["exclusion"].dtype).alias("exclusion")))
    sums = moments.of("trust_total", "young", ["b1"])
    assert sums is not None
    assert (sums.n_responses, sums.n, sums.sums.tolist()) == (4, 2, [4, -4, 4])


def test_several_exports_in_any_order_give_the_sums_of_one(tmp_path: Path) -> None:
    rows = read_table(_ANSWERS)
    one = sums_of(make_plain_study(tmp_path / "one", rows, TRUST))
    parts = {"z.csv": rows[4:], "a.csv": rows[:2][::-1], "m.csv": rows[2:4]}
    assert_same(sums_of(make_plain_study(tmp_path / "parts", parts, TRUST)), one)


def test_phases_are_apart(tmp_path: Path) -> None:
    rows = [
        row | {"version": ("young", "old")[row["id"] in "k1 k2"]} for row in read_table(_ANSWERS)
    ]
    study = make_plain_study(
        tmp_path, rows, TRUST, phases=("young", "old"),
        outcomes={"young": ["trust_total"], "old": ["trust_total"]},
    )  # fmt: skip
    moments = moments_of(study)
    sizes = [
        (found.n_responses, found.n)
        for phase in ("young", "old")
        if (found := moments.of("trust_total", phase, ["b1"]))
    ]
    assert sizes == [(3, 1), (2, 2)]


# --- which items a score is made of -------------------------------------------------------------


def scale_file(folder: Path, scale: Table) -> Scale:
    return load_scale_file(write_toml(folder / f"{scale['id']}.toml", scale))


def score_of(scale: Scale, name: str) -> Score:
    return next(score for score in scale.scores if score.id == name)


def turns(scale: Scale, name: str) -> dict[str, bool]:
    return {part.item: part.turned for part in parts_of(score_of(scale, name), scale)}


def test_a_looked_up_score_is_made_of_the_items_of_the_raw_sum() -> None:
    scale = load_scale("swemwbs")
    raw, metric = (list(parts_of(score_of(scale, name), scale)) for name in ("raw", "metric"))
    assert metric == raw
    assert [part.column for part in raw][:2] == ["swemwbs_optimistic", "swemwbs_useful"]


def test_a_score_of_scores_is_made_of_all_their_items(tmp_path: Path) -> None:
    scale = make_scale(
        "whole",
        "a1 a2- b1 b2",
        {"id": "a", "rule": "sum", "of": ["a1", "a2"], "range": [0, 8]},
        {"id": "b", "rule": "sum", "of": ["b1", "b2"], "range": [0, 8]},
        {"id": "less", "rule": "rescale", "of": ["b"], "factor": -1, "offset": 8, "range": [0, 8]},
        {"id": "total", "rule": "sum", "of": ["a", "less"], "range": [0, 16]},
        labels=FIVE,
    )
    made = scale_file(tmp_path, scale)
    # More of b is less of the total: its items are turned, as the reversed item of a is.
    assert turns(made, "total") == {"a1": False, "a2": True, "b1": True, "b2": True}
    assert turns(made, "b") == {"b1": False, "b2": False}


def test_an_answer_counts_the_points_that_the_score_gives_it(tmp_path: Path) -> None:
    score = {
        "id": "total", "rule": "sum", "of": ["a", "b"], "range": [0, 4],
        "points": {"0": 0, "1": 0, "2": 1, "3": 1, "4": 2},
    }  # fmt: skip
    scale = make_scale("worth", "a b-", score, labels=FIVE)
    answers = "id when a b\nk1 b1 4 0\nk2 b1 1 3\nk3 b1 2 2"
    sums = sums_of(make_plain_study(tmp_path, answers, scale), "worth_total")
    # a: 2 0 1; b turned is 4 1 2, which counts 2 0 1 as well.
    assert sums.sums.tolist() == [3, 3]
    assert sums.products.tolist() == [[5, 5], [5, 5]]


# --- the sums themselves ------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_sums_agree_with_whole_numbers_of_python(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows: list[list[int | None]] = rng.integers(-100, 101, size=(500, 6)).tolist()
    for row in rows:
        if rng.random() < 0.2:
            row[rng.integers(6)] = None
    sums = sum_items(table(rows))
    whole = [[code for code in row if code is not None] for row in rows if None not in row]
    assert sums.n == len(whole) < sums.n_responses == 500
    assert sums.missing.tolist() == [sum(row[i] is None for row in rows) for i in range(6)]
    assert sums.sums.tolist() == [sum(row[i] for row in whole) for i in range(6)]
    assert sums.products.tolist() == [
        [sum(row[i] * row[j] for row in whole) for j in range(6)] for i in range(6)
    ]


def table(rows: Sequence[Sequence[int | None]]) -> pl.DataFrame:
    names = [f"i{place}" for place in range(len(rows[0]))]
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.Int8), orient="row")


def test_the_largest_codes_of_a_million_rows_are_exact() -> None:
    sums = sum_items(pl.DataFrame({name: [100, -100] * 500_000 for name in "abc"}).cast(pl.Int8))
    assert sums.sums.tolist() == [0, 0, 0]
    assert sums.products.tolist() == [[10**10] * 3] * 3


def test_where_nobody_answers_all_there_are_only_the_missing() -> None:
    sums = sum_items(table([[1, None], [None, 2]]))
    assert (sums.n, sums.missing.tolist(), sums.sums.tolist()) == (0, [1, 1], [0, 0])
    assert sums.products.tolist() == [[0, 0], [0, 0]]
