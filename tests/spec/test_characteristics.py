"""Characteristics are words beside the scores; they change no number."""

from pathlib import Path

import polars as pl
import pytest

from peereval.errors import SourceError, StudyError
from peereval.pipeline import analyse, score_study
from peereval.studies import load_study
from reading.small_survey import tidy_rows, write_small_survey

COLUMNS = {'role = "Role"\n': 'role = "Role"\ncharacteristics = { gender = "Gender" }\n'}


#: Analyses that compare by characteristics, or take them into account.
ABOUT_THEM = (
    "subgroup", "balance", "attrition", "missing_data", "families", "agreement",
)  # fmt: skip


def with_gender(folder: Path, names: dict[str, str] = COLUMNS) -> Path:
    rows = tidy_rows()
    rows["before"] = [row | {"Gender": ""} for row in rows["before"]]
    for number, row in enumerate(rows["before"]):
        row["Gender"] = ("Girl", " Boy ", "")[number % 3]
    return write_small_survey(folder, rows, names)


def test_they_stand_beside_the_scores_on_every_engine(tmp_path: Path, engine: str) -> None:
    scores = score_study(load_study(with_gender(tmp_path)), engine).tables["scores"]
    before = scores.filter(source="before.csv")["gender"].to_list()
    assert before[:4] == ["Girl", "Boy", None, "Girl"]
    # The other export has no such column.
    assert (
        scores.filter(source="after.csv")["gender"].null_count()
        == scores.filter(source="after.csv").height
    )


def test_they_change_no_number_that_is_not_about_them(tmp_path: Path) -> None:
    plain = analyse(load_study(write_small_survey(tmp_path / "plain", tidy_rows())))
    described = analyse(load_study(with_gender(tmp_path / "described")))
    theirs = pl.col("analysis").is_in(ABOUT_THEM) | (pl.col("method") == "did_weighted")
    now, before = (run.tables["results"].filter(~theirs) for run in (described, plain))
    assert now.equals(before)
    assert described.tables["results"].height > plain.tables["results"].height


def test_one_that_no_export_has_is_a_fault(tmp_path: Path) -> None:
    names = {'role = "Role"\n': 'role = "Role"\ncharacteristics = { age = "Age" }\n'}
    with pytest.raises(SourceError) as caught:
        score_study(load_study(with_gender(tmp_path, names)))
    assert [(fault.code, "'Age'" in fault.found) for fault in caught.value.faults] == [
        ("MAP003", True)
    ]


def test_one_may_not_take_the_name_of_a_column(tmp_path: Path) -> None:
    names = {'role = "Role"\n': 'role = "Role"\ncharacteristics = { occasion = "Gender" }\n'}
    with pytest.raises(StudyError, match="taken"):
        load_study(with_gender(tmp_path, names))


def titled(folder: Path, titles: str) -> Path:
    names = {'role = "Role"\n': COLUMNS['role = "Role"\n'] + titles}
    return with_gender(folder, names)


def test_readers_call_them_by_their_titles(tmp_path: Path) -> None:
    own = load_study(
        titled(tmp_path / "own", 'titles = { gender = "how pupils see themselves" }\n')
    )
    assert own.characteristic_titles == {"gender": "how pupils see themselves"}
    plain = load_study(with_gender(tmp_path / "plain"))
    assert plain.characteristic_titles == {"gender": "gender"}


def test_a_title_of_no_characteristic_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="gendre"):
        load_study(titled(tmp_path, 'titles = { gendre = "gender" }\n'))
