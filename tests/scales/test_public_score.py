"""`peereval.score` on a frame of the caller's own: in kind, in order, and plain about mistakes."""

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import peereval as pe
from peereval.errors import PeerevalError

CODES = {f"pss4_{n}": [0, 4, 2, None] for n in range(1, 5)}
TOTALS = [8.0, 8.0, 8.0, None]


def test_a_polars_frame_comes_back_as_polars_with_one_column_a_score() -> None:
    frame = pl.DataFrame({"who": ["c", "a", "b", "d"], **CODES})
    made = pe.score(frame, "pss4")
    assert isinstance(made, pl.DataFrame)
    assert made.columns == [*frame.columns, "pss4_total"]
    assert made["who"].to_list() == ["c", "a", "b", "d"]
    assert made["pss4_total"].to_list() == TOTALS


def test_a_pandas_frame_comes_back_as_pandas_with_its_own_index() -> None:
    frame = pd.DataFrame(CODES, index=[30, 10, 20, 10])
    made = pe.score(frame, "pss4")
    assert isinstance(made, pd.DataFrame)
    assert made.index.tolist() == [30, 10, 20, 10]
    assert made["pss4_total"].tolist()[:3] == TOTALS[:3]
    assert pd.isna(made["pss4_total"].iloc[3])


def test_a_pyarrow_table_comes_back_as_pyarrow() -> None:
    made = pe.score(pa.table(CODES), "pss4")
    assert isinstance(made, pa.Table)
    assert made.column("pss4_total").to_pylist() == TOTALS


def test_the_frame_that_was_given_is_not_changed() -> None:
    frame = pd.DataFrame(CODES)
    before = frame.copy()
    pe.score(frame, "pss4")
    pd.testing.assert_frame_equal(frame, before)


def test_codes_and_labels_may_stand_side_by_side_in_any_case_and_spacing() -> None:
    frame = pl.DataFrame(
        {
            "a": ["Very often", "4", " very  OFTEN. "],
            "b": ["0", "Never", "never"],
            "c": ["Never", "0", "NEVER"],
            "d": ["4", "Very often", "Very often"],
        }
    )
    columns = {"control": "a", "confident": "b", "going_well": "c", "piling_up": "d"}
    assert pe.score(frame, "pss4", columns)["pss4_total"].to_list() == [16.0] * 3


@pytest.mark.parametrize("strange", [5, -1, "Quite often", "", 3.5, float("nan")])
def test_an_answer_that_is_none_makes_the_score_missing(strange: object) -> None:
    frame = pl.DataFrame({**{f"pss4_{n}": [4] for n in (1, 2, 3)}, "pss4_4": [strange]})
    assert pe.score(frame, "pss4")["pss4_total"].to_list() == [None]


def test_columns_may_be_named_by_item() -> None:
    frame = pl.DataFrame(
        {name: [3] for name in ("control", "confident", "going_well", "piling_up")}
    )
    assert pe.score(frame, "pss4", "{item}")["pss4_total"].to_list() == [8.0]


def test_an_absent_column_is_named_with_the_nearest() -> None:
    frame = pl.DataFrame({"pss_1": [1], "pss4_2": [1], "pss4_3": [1], "pss4_4": [1]})
    with pytest.raises(PeerevalError, match=r"1 of 4 columns.*'pss4_1'.*mean 'pss"):
        pe.score(frame, "pss4")


def test_an_item_without_a_column_is_named() -> None:
    with pytest.raises(PeerevalError, match="No column is given for piling_up of pss4"):
        pe.score(
            pl.DataFrame({"a": [1]}),
            "pss4",
            {"control": "a", "confident": "a", "going_well": "a"},
        )


def test_an_unknown_coding_is_named_with_the_nearest() -> None:
    with pytest.raises(PeerevalError, match="mean 'agree_first'"):
        pe.score(pl.DataFrame({"a": [1]}), "our_future", "a", coding="agree_frst")


def test_an_empty_frame_gives_an_empty_score() -> None:
    frame = pl.DataFrame({f"pss4_{n}": [] for n in range(1, 5)}, schema_overrides={})
    made = pe.score(frame, "pss4")
    assert made.height == 0
    assert "pss4_total" in made.columns


@pytest.mark.parametrize("pattern", ["pss4_{number}", "pss4_{", "pss4_{0}"])
def test_a_pattern_that_cannot_be_filled_in_is_said_to_be_wrong(pattern: str) -> None:
    with pytest.raises(PeerevalError):
        pe.score(pl.DataFrame(CODES), "pss4", pattern)
