"""Days on which responses were given, and the numbers of year groups."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from peereval.errors import SourceError
from peereval.reading import Answers, read_answers
from peereval.studies import Study
from support.studies import FIVE, make_scale, make_study
from support.tables import assert_table

TRUST = make_scale("trust", "a", labels=FIVE)


def study_of(folder: Path, written: list[str], **settings: Any) -> Study:
    rows = [{"id": f"K{n}", "when": "b1", "a": "1", "On": cell} for n, cell in enumerate(written)]
    columns = {"respondent": "id", "date": "On"}
    return make_study(folder, rows, TRUST, columns=columns, **settings)


def read(folder: Path, written: list[str], **settings: Any) -> Answers:
    return read_answers(study_of(folder, written, **settings))


def days(found: Answers) -> list[date | None]:
    assert found.frame.schema["day"] == pl.Int32
    return found.frame["day"].cast(pl.Date).to_list()


@pytest.mark.parametrize(
    "written",
    ["2018-03-05", "2018-03-05T09:30:00", "2018-03-05 09:30", "2018-03-05T09:30:00.000Z",
     "2018-03-05 09:30:00+01:00", "2018/03/05", "2018-3-5", "20180305", "05/03/2018", "5/3/2018",
     "5 Mar 2018", "05-Mar-2018", "5th March 2018", "Mon, 5 Mar 2018 09:30", "March 5, 2018",
     "  05/03/2018 ", "5-mar-18"],
)  # fmt: skip
def test_a_day_is_read_as_it_is_usually_written(tmp_path: Path, written: str) -> None:
    found = read(tmp_path, [written])
    assert days(found) == [date(2018, 3, 5)]
    assert [fault.code for fault in found.findings if fault.code != "ANS009"] == []


@pytest.mark.parametrize(
    "written",
    [date(2018, 3, 5), datetime(2018, 3, 5, 23, 59)],
    ids=["date", "datetime"],
)
def test_typed_dates_need_no_reading(tmp_path: Path, written: date) -> None:
    study = study_of(tmp_path, ["-"], source={"file": "typed.parquet"})
    frame = pl.DataFrame(
        {"id": ["K1", "K2"], "when": ["b1"] * 2, "a": [1, 1], "On": [written, None]}
    )
    frame.write_parquet(tmp_path / "typed.parquet")
    assert days(read_answers(study)) == [date(2018, 3, 5), None]


def test_what_is_no_date_is_missing_and_counted(tmp_path: Path) -> None:
    written = ["2018-03-05", "soon", "", "31/02/2018", "soon", "0018-03-05", "5/3/180", "43164"]
    found = read(tmp_path, written)
    assert days(found) == [date(2018, 3, 5), *[None] * 7]
    (finding,) = found.findings
    assert (finding.code, finding.column, finding.count) == ("ANS005", "On", 6)
    assert (finding.row, finding.others) == (3, (5, 6, 7, 8))
    assert "soon" not in str(finding)
    assert_table(
        found.faults.head(2),
        "code|column|value|n|first_row\nANS005|On|soon|2|3\nANS005|On|31/02/2018|1|5",
    )


def test_a_declared_text_is_no_fault(tmp_path: Path) -> None:
    found = read(tmp_path, ["Not known", "2018-03-05"], responses={"missing": ["not known"]})
    assert days(found) == [None, date(2018, 3, 5)]
    assert found.findings == ()
    assert_table(found.missing, "column reason n\nOn declared 1")


# 03/04/2018 would be April in one reading and March in the other: neither is taken.
def test_months_that_seem_to_come_first_are_asked_for_and_not_used(tmp_path: Path) -> None:
    found = read(tmp_path, ["03/04/2018", "03/31/2018", "2018-03-05", "04/20/2018", ""])
    assert days(found) == [None, None, date(2018, 3, 5), None, None]
    (finding,) = found.findings
    assert (finding.code, finding.count, finding.row, finding.others) == ("ANS005", 3, 3, (5,))
    assert "2 dates are impossible as day, month, year" in finding.found
    assert "the month may come first in all of them" in finding.found
    assert "YYYY-MM-DD" in finding.fix


def test_dates_that_can_all_be_read_both_ways_are_read_day_first_and_said(tmp_path: Path) -> None:
    found = read(tmp_path, ["02/03/2025", "05/03/2025", "04/04/2025", "2025-03-20", "", "soon"])
    march = [date(2025, 3, 2), date(2025, 3, 5), date(2025, 4, 4), date(2025, 3, 20)]
    assert days(found) == [*march, None, None]
    finding = next(each for each in found.findings if each.code == "ANS009")
    assert (finding.column, finding.count, finding.row, finding.others) == ("On", 2, 2, (3,))
    assert finding.found.startswith("2 dates can be read as day, month or as month, day")
    assert "2025" not in finding.found


@pytest.mark.parametrize(
    "written",
    [
        ["02/03/2025", "13/03/2025"],
        ["02/02/2025", "03/03/2025"],
        ["2025-02-03", "2025-05-01"],
        ["2 March 2025", "5 March 2025"],
    ],
    ids=["a day above 12", "the same either way", "the year first", "named months"],
)
def test_dates_of_which_the_order_is_known_are_no_finding(
    tmp_path: Path, written: list[str]
) -> None:
    assert read(tmp_path, written).findings == ()


def test_orders_that_are_mixed_are_never_guessed(tmp_path: Path) -> None:
    found = read(tmp_path, ["31/03/2018", "03/31/2018", "03/04/2018"])
    assert days(found) == [None, None, None]
    (finding,) = found.findings
    assert "others have the day first" in finding.found
    assert finding.count == 3


def test_each_export_has_an_order_of_its_own(tmp_path: Path) -> None:
    exports = {
        name: [{"id": "K1", "when": when, "a": "1", "On": day}]
        for name, when, day in (("one.csv", "b1", "03/31/2018"), ("two.csv", "f1", "03/04/2018"))
    }
    columns = {"respondent": "id", "date": "On"}
    found = read_answers(make_study(tmp_path, exports, TRUST, columns=columns))
    assert days(found) == [None, date(2018, 4, 3)]
    assert [(f.code, f.file) for f in found.findings] == [
        ("ANS005", "one.csv"),
        ("ANS009", "two.csv"),
    ]


def test_an_export_without_the_column_has_no_days(tmp_path: Path) -> None:
    exports = {
        "one.csv": [{"id": "K1", "when": "b1", "a": "1", "On": "5/3/2018"}],
        "two.csv": [{"id": "K1", "when": "f1", "a": "1"}],
    }
    columns = {"respondent": "id", "date": "On"}
    found = read_answers(make_study(tmp_path, exports, TRUST, columns=columns))
    assert days(found) == [date(2018, 3, 5), None]


def test_a_column_that_no_export_has_stops_the_run(tmp_path: Path) -> None:
    rows = [{"id": "K1", "when": "b1", "a": "1", "Date": "5/3/2018"}]
    study = make_study(tmp_path, rows, TRUST, columns={"respondent": "id", "date": "Dates"})
    with pytest.raises(SourceError) as caught:
        read_answers(study)
    (fault,) = caught.value.faults
    assert fault.code == "MAP003"
    assert "Did you mean 'Date'?" in fault.fix


def test_a_study_without_a_date_has_no_days(tmp_path: Path) -> None:
    rows = [{"id": "K1", "when": "b1", "a": "1"}]
    found = read_answers(make_study(tmp_path, rows, TRUST, columns={"respondent": "id"}))
    assert not {"day", "year"} & set(found.frame.columns)


# --- year groups ----------------------------------------------------------------------------


def test_a_year_group_is_its_first_number(tmp_path: Path) -> None:
    written = {
        "Year 7": 7, "7": 7, "Y10": 10, "P6": 6, "Year 7/8": 7, " year 12 ": 12, "7.0": 7,
        "Reception": 0, "Year R": 0, "Reception class": 0, "Nursery": None, "": None,
        "Sixth form": None, "Prefer not to say": None, "99": None, "123456": None,
    }  # fmt: skip
    rows = [
        {"id": f"K{n}", "when": "b1", "a": "1", "Class": cell} for n, cell in enumerate(written)
    ]
    columns = {"respondent": "id", "characteristics": {"year_group": "Class"}}
    responses = {"missing": ["Prefer not to say", "99"]}
    study = make_study(tmp_path, rows, TRUST, columns=columns, responses=responses)
    found = read_answers(study)
    assert found.frame["year"].to_list() == list(written.values())
    assert found.frame.columns.index("year") == found.frame.columns.index("trust_a") - 1


@pytest.mark.parametrize("dtype", [pl.Int64, pl.Float64, pl.Categorical])
def test_a_typed_year_group_is_a_number_too(tmp_path: Path, dtype: type[pl.DataType]) -> None:
    columns = {"respondent": "id", "characteristics": {"year_group": "Class"}}
    rows = [{"id": "K1", "when": "b1", "a": "1", "Class": "7"}]
    study = make_study(tmp_path, {"typed.parquet": rows}, TRUST, columns=columns)
    classes = pl.Series([7, None]) if dtype != pl.Categorical else pl.Series(["Year 7", None])
    frame = {"id": ["K1", "K2"], "when": ["b1"] * 2, "a": [1, 1], "Class": classes.cast(dtype)}
    pl.DataFrame(frame).write_parquet(tmp_path / "typed.parquet")
    assert read_answers(study).frame["year"].to_list() == [7, None]


# As SurveyMonkey writes them for a reader in America: no day above 12 tells which comes first.
def test_times_with_am_and_pm_make_the_order_of_day_and_month_doubtful(tmp_path: Path) -> None:
    american = ["03/09/2018 10:01:02 AM", "03/10/2018 2:15:00 PM"]
    found = read(tmp_path / "doubtful", american)
    assert found.frame["day"].to_list() == [None, None]
    assert [fault.code for fault in found.findings] == ["ANS005"]
    british = [*american, "31/03/2018 10:00:00 AM"]
    assert None not in read(tmp_path / "clear", british).frame["day"].to_list()
