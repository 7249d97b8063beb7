"""Text that a spreadsheet would run, and how it is made harmless and brought back."""

import csv
import io

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from peereval.formulas import as_meant, harmless

DANGEROUS = [
    "=1+1", "=cmd|' /C calc'!A0", "+cmd|' /C calc'!A0", "-cmd|' /C calc'!A0", "@SUM(1,2)",
    " =1+1", "'=1+1", '"=1+1', "\t=1", "\r=1", "\n=1", "\tx", "-1+1", "-", "+44 20", "- I agree",
    "＝1+1", "=HYPERLINK(\"http://a.example\",\"click\")",
]  # fmt: skip
HARMLESS = [
    "", " ", "-99", "-1.5", "+7", "-1,5", "1e-5", "-1e5", "2-3", "a=b", "me@home.example", "'tis",
    "St Mary's", "x", "1001",
]  # fmt: skip


@pytest.mark.parametrize("text", DANGEROUS)
@pytest.mark.parametrize("kind", [pl.String, pl.Categorical])
def test_what_would_be_run_gets_an_apostrophe(text: str, kind: type[pl.DataType]) -> None:
    frame = pl.DataFrame({"a": ["plain", text, None]}, schema={"a": kind})
    assert harmless(frame)["a"].to_list() == ["plain", "'" + text, None]


@pytest.mark.parametrize("text", HARMLESS)
def test_what_would_not_be_run_stays(text: str) -> None:
    frame = pl.DataFrame({"a": [text, None], "n": [-1, 2], "f": [-0.5, None]})
    assert harmless(frame).equals(frame)


def test_the_words_of_a_closed_list_are_looked_at_too() -> None:
    words = pl.Series("a", ["=1", "b"], dtype=pl.Enum(["=1", "b"]))
    assert harmless(words.to_frame())["a"].to_list() == ["'=1", "b"]


def test_headings_are_text_too() -> None:
    frame = pl.DataFrame({"=1": [1], "'=1": [2], "x": [3]})
    assert harmless(frame).columns == ["'=1", "''=1", "x"]


def test_an_empty_table_is_harmless() -> None:
    assert harmless(pl.DataFrame()).shape == (0, 0)
    assert harmless(pl.DataFrame(schema={"a": pl.String, "b": pl.Null})).columns == ["a", "b"]


_TEXTS = st.text(alphabet=" '\"=+-@\t\r\n0123.,eaＺ＝", max_size=6)


@given(st.lists(_TEXTS, max_size=20))
def test_what_was_made_harmless_comes_back_as_it_was(texts: list[str]) -> None:
    column = pl.Series("a", texts, dtype=pl.String)
    marked = harmless(column.to_frame())["a"]
    assert as_meant(marked).to_list() == texts
    written = list(csv.reader(io.StringIO(marked.to_frame().write_csv(), newline="")))
    assert [row[0] if row else "" for row in written[1:]] == marked.to_list()


# The rule as a spreadsheet has it: what it runs begins so, whatever was there before.
@given(_TEXTS)
def test_no_text_begins_like_a_formula_afterwards(text: str) -> None:
    (made,) = harmless(pl.DataFrame({"a": [text]}))["a"]
    begins = made.lstrip(" ")[:1]
    try:
        float(made.replace(",", ""))
    except ValueError:
        assert begins not in tuple("=+-@\t\r\n＝")
