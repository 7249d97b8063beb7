"""What is changed in an export before it is used is written down, row by row."""

from pathlib import Path

import polars as pl

from peereval.columns import names
from peereval.output import write_matching
from peereval.pipeline import match_study
from peereval.studies import load_study
from reading.small_survey import tidy_rows, write_small_survey


def test_ids_with_spaces_are_kept_in_both_forms(tmp_path: Path) -> None:
    rows = tidy_rows()
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
    study = load_study(write_small_survey(tmp_path, tidy_rows()))
    assert match_study(study).tables["changes"].is_empty()
