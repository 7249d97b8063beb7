"""What is changed in an export before it is used is written down, row by row."""

from pathlib import Path

import polars as pl
import pytest

from peereval.columns import names
from peereval.identifiers import lost_digits
from peereval.output import write_matching
from peereval.pipeline import match_study
from peereval.reading.coding import as_texts
from peereval.studies import load_study
from reading.small_survey import Row, tidy_rows, write_small_survey


def plain_rows() -> dict[str, list[Row]]:
    """Both exports, with no id that is not used as it is written."""
    rows = tidy_rows()
    for row in (*rows["before"], *rows["after"]):
        row["Pupil code"] = row["Pupil code"].upper()
    return rows


def test_ids_with_spaces_are_kept_in_both_forms(tmp_path: Path) -> None:
    rows = plain_rows()
    first, second = rows["before"][0]["Pupil code"], rows["before"][1]["Pupil code"]
    rows["before"][0]["Pupil code"] = f"  {first} "
    rows["before"][1]["Pupil code"] = "   "
    matching = match_study(load_study(write_small_survey(tmp_path, rows)))
    assert matching.tables["changes"].columns == names("changes")
    assert matching.tables["changes"].select(
        "source", "source_row", "as_written", "used"
    ).rows() == [
        ("before.csv", 2, f"  {first} ", first),
        ("before.csv", 3, "   ", ""),
    ]
    assert second not in matching.tables["pairs"]["respondent"]
    write_matching(matching, tmp_path / "out")
    written = pl.read_csv(tmp_path / "out" / "restricted" / "changes.csv", infer_schema=False)
    assert written["as_written"].to_list() == [f"  {first} ", "   "]


def test_tidy_exports_are_used_as_they_are(tmp_path: Path) -> None:
    study = load_study(write_small_survey(tmp_path, plain_rows()))
    assert match_study(study).tables["changes"].is_empty()


def test_each_change_of_an_id_says_why(tmp_path: Path) -> None:
    rows = plain_rows()
    for row, code in zip(rows["before"], ["a1 ", "1002.0", "ＡＢ1"], strict=False):
        row["Pupil code"] = code
    changes = match_study(load_study(write_small_survey(tmp_path, rows))).tables["changes"]
    assert changes.select("source_row", "column", "as_written", "used").rows() == [
        (2, "Pupil code", "a1 ", "A1"),
        (3, "Pupil code", "1002.0", "1002"),
        (4, "Pupil code", "ＡＢ1", "AB1"),
    ]
    reasons = changes["reason"].to_list()
    assert reasons[0] == "spaces around the id were removed; small letters were made capitals"
    assert len(set(reasons)) == 3


# Two pupils whose numbers a spreadsheet shortened have one text, and are not one respondent.
def test_an_id_that_has_lost_digits_is_none(tmp_path: Path) -> None:
    rows = plain_rows()
    for name in ("before", "after"):
        rows[name][0]["Pupil code"] = "1.23457E+11"
    matching = match_study(load_study(write_small_survey(tmp_path, rows)))
    lost = [fault for fault in matching.findings if fault.code == "ID004"]
    assert [(f.file, f.column, f.row, f.count) for f in lost] == [
        ("before.csv", "Pupil code", 2, 1),
        ("after.csv", "Pupil code", 2, 1),
    ]
    assert not any("23457" in str(fault) for fault in matching.findings)
    ledger = matching.tables["ledger"]
    assert ledger.filter(status="no_id")["source_row"].to_list() == [2, 2]
    changes = matching.tables["changes"]
    assert changes["reason"].unique().to_list() == ["digits were lost: it is no id"]


# In one export all ids are of 16 digits, in the other one cell is not whole.
@pytest.mark.parametrize("beside", [2e15, 1.5, 2e17])
def test_a_number_too_long_to_be_sure_of_reads_alike_whatever_stands_beside_it(
    beside: float,
) -> None:
    texts = as_texts(pl.Series([1234567890123450.0, None, beside]))
    assert texts.to_list()[:2] == ["1.23456789012345E+15", None]
    assert lost_digits(texts).to_list()[0]


def test_whole_numbers_of_fifteen_digits_are_written_out() -> None:
    texts = as_texts(pl.Series([123456789012345.0, float("nan"), 12.0, -3.0]))
    assert texts.to_list() == ["123456789012345", None, "12", "-3"]


def test_what_is_no_number_is_missing_beside_numbers_that_are_not_whole() -> None:
    assert as_texts(pl.Series([float("nan"), 1.5, None])).to_list() == [None, "1.5", None]


# Two pupils who wrote "none" where the id goes are not one respondent.
def test_a_word_for_no_id_is_no_id(tmp_path: Path) -> None:
    rows = plain_rows()
    for name in ("before", "after"):
        rows[name][0]["Pupil code"] = "N/A"
        rows[name][1]["Pupil code"] = "prefer not to say."
        rows[name][2]["Pupil code"] = "99"
        rows[name][3]["Pupil code"] = "Total responses:"
    matching = match_study(load_study(write_small_survey(tmp_path, rows)))
    words = [fault for fault in matching.findings if fault.code == "ID009"]
    assert [(f.file, f.row, f.others, f.count) for f in words] == [
        ("before.csv", 2, (3, 5), 3),
        ("after.csv", 2, (3, 5), 3),
    ]
    ledger = matching.tables["ledger"]
    assert ledger.filter(status="no_id")["source_row"].to_list() == [2, 3, 5, 2, 3, 5]
    assert ledger.filter(respondent="99")["status"].to_list() == ["used", "used"]
    assert set(matching.tables["changes"]["reason"]) == {"it is a word for no id"}
