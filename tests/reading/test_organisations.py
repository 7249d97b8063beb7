"""One spelling for each organisation, and a word about those that are merely alike."""

from itertools import product
from pathlib import Path

import polars as pl
import pytest

from peereval.labels import fold
from peereval.reading import Answers, read_answers
from peereval.reading.organisations import find_alike
from support.studies import FIVE, make_scale, make_study

TRUST = make_scale("trust", "a", labels=FIVE)
COLUMNS = {"respondent": "id", "organisation": "school"}


def read(folder: Path, **exports: list[str]) -> Answers:
    """Answers of exports with these schools, one row each."""
    rows = {
        f"{name}.csv": [
            {"id": f"K{n}", "when": "b1", "a": "1", "school": school}
            for n, school in enumerate(schools)
        ]
        for name, schools in exports.items()
    }
    return read_answers(make_study(folder, rows, TRUST, columns=COLUMNS))


def of_code(found: Answers, code: str) -> list[tuple[str, int | None, int, str]]:
    return [(f.file, f.row, f.count, f.found) for f in found.findings if f.code == code]


def test_the_first_spelling_is_that_of_all(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        one=["St. Mary's School", "Oak School", "ST MARYS SCHOOL", ""],
        two=["oak  school", "St Mary’s School ", "Ｏａｋ School", "Elm School", "OAK SCHOOL"],
    )
    assert found.frame["organisation"].to_list() == [
        "St. Mary's School", "Oak School", "St. Mary's School", None,
        "Oak School", "St. Mary's School", "Oak School", "Elm School", "Oak School",
    ]  # fmt: skip
    one, two = of_code(found, "ORG001")
    assert one[:3] == ("one.csv", 4, 1)
    assert two[:3] == ("two.csv", 2, 4)
    assert "'ST MARYS SCHOOL' is \"St. Mary's School\"" in one[3]
    assert of_code(found, "ORG002") == []


def test_each_spelling_is_one_line_of_the_changes(tmp_path: Path) -> None:
    found = read(tmp_path, one=["Oak School", *["oak school"] * 3, "OAK"])
    reason = "the same organisation as spelt first; in 3 rows, of which this is the first"
    assert found.changes.rows() == [("one.csv", 3, "school", "oak school", "Oak School", reason)]


def test_spaces_around_a_name_are_no_other_spelling(tmp_path: Path) -> None:
    found = read(tmp_path, one=["  Oak School", "Oak School "])
    assert found.frame["organisation"].to_list() == ["Oak School"] * 2
    assert found.findings == ()
    assert found.changes.is_empty()


@pytest.mark.parametrize("dtype", [pl.Int64, pl.Float64, pl.Categorical, pl.String])
def test_typed_names_are_the_same_organisations(tmp_path: Path, dtype: type[pl.DataType]) -> None:
    rows = [{"id": "K1", "when": "b1", "a": "1", "school": "101"}]
    study = make_study(tmp_path, {"text.csv": rows, "typed.parquet": rows}, TRUST, columns=COLUMNS)
    schools = pl.Series([101, None]).cast(pl.String if dtype == pl.Categorical else dtype)
    frame = {"id": ["K1", "K2"], "when": ["f1"] * 2, "a": [1] * 2, "school": schools.cast(dtype)}
    pl.DataFrame(frame).write_parquet(tmp_path / "typed.parquet")
    found = read_answers(study)
    assert found.frame["organisation"].to_list() == ["101", "101", None]
    assert found.findings == ()


def test_names_that_are_merely_alike_stay_two_and_are_said(tmp_path: Path) -> None:
    found = read(tmp_path, one=["Beech School", "Oak School"], two=["Bech School", "Oak School"])
    assert found.frame["organisation"].unique(maintain_order=True).to_list() == [
        "Beech School", "Oak School", "Bech School",
    ]  # fmt: skip
    ((file, _, count, said),) = of_code(found, "ORG002")
    assert (file, count) == ("two.csv", 1)
    assert "'Beech School' and 'Bech School'" in said
    assert "count as different" in said


def test_what_was_said_of_one_export_is_not_said_of_the_next(tmp_path: Path) -> None:
    found = read(tmp_path, one=["Beech School", "Bech School"], two=["Beech School", "Bech School"])
    assert [file for file, *_ in of_code(found, "ORG002")] == ["one.csv"]


ALIKE = [
    ("Beech School", "Bech School"),
    ("Riverside Community", "Riversdie Community"),
    ("Northgate", "North Gate"),
    ("Ash Primary", "Ash Primary School"),
    ("The Oak Academy", "Oak"),
    ("Elm College", "College Elm"),
    ("St Mary's School", "St Marys Scool"),
]
APART = [
    ("School 1", "School 2"),
    ("School 0001", "School 0002"),
    ("School A", "School B"),
    ("Ash Primary", "Ash High"),
    ("North School", "South School"),
    ("Oak", "Elm"),
    ("Hill School", "Mill School"),
    ("Ash", "Oak Ash"),
    ("101", "102"),
]


@pytest.mark.parametrize("pair", ALIKE, ids=" and ".join)
def test_names_that_may_be_one(pair: tuple[str, str]) -> None:
    names = [fold(name) for name in pair]
    assert list(find_alike(names, names)) == [tuple(names)]
    assert list(find_alike(names[1:], names)) == [tuple(names)]
    assert list(find_alike(names[:1], names)) == [tuple(names)]


@pytest.mark.parametrize("pair", APART, ids=" and ".join)
def test_names_that_are_two(pair: tuple[str, str]) -> None:
    names = [fold(name) for name in pair]
    assert list(find_alike(names, names)) == []


def test_names_known_before_are_not_compared_again() -> None:
    assert list(find_alike([], ["beech school", "bech school"])) == []


# Too many names to be read are not compared: that would take long and help nobody.
def test_very_many_names_take_no_time() -> None:
    letters = "abcdefghij"
    names = ["".join(some) + " school" for some in product(letters, repeat=4)]
    assert list(find_alike(names, names)) == []
