"""Ids that are issued with a check character."""

import itertools
import random
from pathlib import Path

import polars as pl
import pytest

from peereval.errors import SourceError, UsageError
from peereval.identifiers import ALPHABET, LENGTH, check_character, has_check_character
from peereval.issuing import issue_ids, read_organisations

SCHOOLS = ["north", "south", "east"]


def bare(name: str) -> str:
    return name.replace("-", "")


def valid(names: list[str]) -> list[bool]:
    return has_check_character(pl.Series(names, dtype=pl.String)).to_list()


def test_every_organisation_gets_its_ids_in_order() -> None:
    table = issue_ids(SCHOOLS, 4)
    assert table.columns == ["organisation", "id"]
    assert table["organisation"].to_list() == [name for name in SCHOOLS for _ in range(4)]
    assert table["id"].n_unique() == 12


def test_an_id_is_two_groups_of_characters_that_look_like_no_other() -> None:
    for name in issue_ids(SCHOOLS, 500, seed=1)["id"]:
        assert len(name) == LENGTH + 1
        assert name[4] == "-"
        assert set(bare(name)) <= set(ALPHABET)
    for alike in ("0ODQ", "1IL", "2Z", "5S", "6G", "8B", "UVY", "MN"):
        assert sum(character in ALPHABET for character in alike) <= 1
    assert not set(ALPHABET) & set("AEIOU")


def test_no_three_letters_stand_together() -> None:
    for name in issue_ids(SCHOOLS, 500, seed=2)["id"]:
        for group in name.split("-"):
            assert not any(group[n : n + 3].isalpha() for n in (0, 1))


def test_the_same_seed_issues_the_same_ids_and_none_others() -> None:
    assert issue_ids(SCHOOLS, 5, seed=7).equals(issue_ids(SCHOOLS, 5, seed=7))
    assert not issue_ids(SCHOOLS, 5, seed=7).equals(issue_ids(SCHOOLS, 5, seed=8))
    assert not issue_ids(SCHOOLS, 5).equals(issue_ids(SCHOOLS, 5))


def test_ids_that_are_taken_are_not_issued_again() -> None:
    first = issue_ids(SCHOOLS, 50, seed=3)["id"].to_list()
    taken = [bare(name).lower() for name in first[:75]] + first[75:]
    second = issue_ids(SCHOOLS, 50, seed=3, taken=taken)["id"].to_list()
    assert not set(first) & set(second)


# --- the check character


def test_every_issued_id_passes_however_it_is_typed() -> None:
    names = issue_ids(SCHOOLS, 100, seed=4)["id"].to_list()
    assert all(valid(names))
    assert all(valid([bare(name).lower() for name in names]))
    assert all(valid([f" {name[:4]} {name[5:]} " for name in names]))


def test_what_is_no_id_does_not_pass() -> None:
    right = issue_ids(["north"], 1, seed=4)["id"].item()
    wrong = ["", "K7", bare(right)[:-1], bare(right) + "2", "O" + bare(right)[1:], "ßßßßßßßß"]
    assert valid(wrong) == [False] * len(wrong)
    assert has_check_character(pl.Series([None, right])).to_list() == [False, True]


def test_one_body_has_one_check_character() -> None:
    for body in ("2222222", "X9X9X9X", "3456789"):
        passing = [last for last in ALPHABET if valid([body + last])[0]]
        assert passing == [check_character(body)]


def test_every_single_wrong_character_is_found() -> None:
    rng = random.Random(5)
    for name in map(bare, issue_ids(["north"], 40, seed=5)["id"]):
        wrong = [
            name[:place] + other + name[place + 1 :]
            for place in range(LENGTH)
            for other in ALPHABET
            if other != name[place]
        ]
        assert len(wrong) == LENGTH * (len(ALPHABET) - 1)
        assert not any(valid(wrong)), rng


def test_every_two_swapped_characters_are_found() -> None:
    for name in map(bare, issue_ids(["north"], 1000, seed=6)["id"]):
        swapped = []
        for one, two in [
            *itertools.pairwise(range(LENGTH)),
            *zip(range(6), range(2, 8), strict=True),
        ]:
            if name[one] != name[two]:
                letters = list(name)
                letters[one], letters[two] = letters[two], letters[one]
                swapped.append("".join(letters))
        assert not any(valid(swapped))


def test_hardly_any_other_text_passes() -> None:
    rng = random.Random(7)
    made = ["".join(rng.choices(ALPHABET, k=LENGTH)) for _ in range(20_000)]
    assert sum(valid(made)) / len(made) == pytest.approx(1 / 19, abs=0.006)


# --- what cannot be done


@pytest.mark.parametrize(
    ("schools", "per", "said"),
    [
        (["north"], 0, "ask for at least 1"),
        (["north"], -3, "ask for at least 1"),
        ([], 5, "no organisations"),
        (["north", " "], 5, "Organisation 2 of 2 has no name"),
        (["north", "south", "North "], 5, "'north' is there twice"),
        (["north"], 2_000_000, "2,000,000 ids are too many"),
    ],
)
def test_what_cannot_be_issued_is_said(schools: list[str], per: int, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        issue_ids(schools, per)


# --- the file of organisations


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_organisations_are_read_from_a_table(tmp_path: Path) -> None:
    path = write(tmp_path / "schools.csv", "Id,School\n1,St Mary’s\n2, Northfield \n")
    assert read_organisations(path) == ["St Mary’s", "Northfield"]


def test_a_column_of_organisations_comes_before_one_of_names(tmp_path: Path) -> None:
    path = write(tmp_path / "schools.csv", "name,organisation\nA. Head,north\nB. Head,south\n")
    assert read_organisations(path) == ["north", "south"]


def test_organisations_are_read_from_a_workbook(tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    assert book.active is not None
    for row in (["Organisation"], ["north"], ["south"]):
        book.active.append(row)
    book.save(tmp_path / "schools.xlsx")
    assert read_organisations(tmp_path / "schools.xlsx") == ["north", "south"]


def test_organisations_are_read_from_a_plain_list(tmp_path: Path) -> None:
    path = write(tmp_path / "schools.txt", "\ufeffSt Mary's, Leeds\n\n Northfield \nEast; West\n")
    assert read_organisations(path) == ["St Mary's, Leeds", "Northfield", "East; West"]


def test_a_table_that_does_not_say_which_column_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "schools.csv", "north\nsouth\neast\n")
    with pytest.raises(UsageError, match="call it 'organisation'"):
        read_organisations(path)


def test_an_organisation_without_a_name_in_a_table_is_not_passed_over(tmp_path: Path) -> None:
    path = write(tmp_path / "schools.csv", "organisation,town\nnorth,A\n,B\nsouth,C\n")
    with pytest.raises(UsageError, match="Organisation 2 of 3 has no name"):
        issue_ids(read_organisations(path), 3)


@pytest.mark.parametrize("name", ["schools.csv", "schools.txt"])
def test_a_file_of_organisations_that_is_not_there_is_a_fault(tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceError):
        read_organisations(tmp_path / name)
