"""Exports whose numbers do not stand for the labels that the study says they do."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from peereval.errors import Fault, SourceError
from peereval.reading import Answers, read_answers
from support.studies import FIVE, TEN, make_plain_study, make_scale
from support.tables import Row

FROM_1 = '{ 1 = "Never", 2 = "Rarely", 3 = "Sometimes", 4 = "Often", 5 = "Always" }'
ONE_TO_FIVE = {label: code + 1 for label, code in FIVE.items()}


def rows_of(cells: Sequence[str]) -> list[Row]:
    """Rows from drawn cells of a and b, such as ``1 5``."""
    split = [cell.split("|") if "|" in cell else cell.split() for cell in cells]
    return [
        {"id": f"K{n}", "when": "b1", "a": a.strip(), "b": b.strip()}
        for n, (a, b) in enumerate(split)
    ]


def read(folder: Path, cells: Sequence[str], labels: dict[str, int] = FIVE, **more: Any) -> Answers:
    scale = make_scale("trust", "a b", labels=labels, **more.pop("responses", {}))
    return read_answers(make_plain_study(folder, rows_of(cells), scale, **more))


def refused(folder: Path, cells: Sequence[str], labels: dict[str, int] = FIVE) -> list[Fault]:
    """Faults that end the reading of an export whose numbers look shifted; none if it is read."""
    try:
        read(folder, cells, labels)
    except SourceError as error:
        return [fault for fault in error.faults if fault.code == "ANS004"]
    return []


def of_code(found: Answers, code: str) -> list[Fault]:
    return [fault for fault in found.findings if fault.code == code]


def test_numbers_from_1_for_a_scale_from_0_look_shifted(tmp_path: Path) -> None:
    (fault,) = refused(tmp_path, ["1 5", "2 4", "5 5", "3 1"])
    assert "the numbers of trust run 1 above its codes" in fault.found
    assert f"coding = {FROM_1} in [scales.trust]" in fault.fix
    assert f"codings = {{ trust = {FROM_1} }}" in fault.fix
    assert (fault.file, fault.column, fault.row, fault.others) == ("answers.csv", "b", 2, (4,))
    assert fault.count == 3


def test_what_is_to_be_written_mends_it(tmp_path: Path) -> None:
    coding = {str(code + 1): label for label, code in FIVE.items()}
    found = read(tmp_path, ["1 5", "2 4"], scale_settings={"trust": {"coding": coding}})
    assert found.findings == ()
    assert found.frame["trust_b"].to_list() == [4, 3]


def test_numbers_from_0_for_a_scale_from_1_look_shifted(tmp_path: Path) -> None:
    (fault,) = refused(tmp_path, ["0 4", "1 2"], ONE_TO_FIVE)
    assert "1 below its codes" in fault.found
    assert '0 = "Never"' in fault.fix


def test_numbers_of_a_platform_look_shifted_if_they_go_from_end_to_end(tmp_path: Path) -> None:
    (fault,) = refused(tmp_path / "whole", ["11 15", "12 14"], ONE_TO_FIVE)
    assert '11 = "Never"' in fault.fix
    assert '15 = "Always"' in fault.fix
    assert refused(tmp_path / "part", ["11 14", "12 13"], ONE_TO_FIVE) == []


@pytest.mark.parametrize(
    "cells",
    [
        ["0 5", "2 4", "5 5"],  # the lowest code is used
        ["0 4", "1 3"],  # all in range
        ["1 6", "2 3"],  # too far up
        ["5 -", "- -"],  # one number is no numbering
        ["-1 5", "1 2"],
    ],
)
def test_numbers_that_are_merely_out_of_range_do_not(tmp_path: Path, cells: list[str]) -> None:
    cells = [cell.replace("- -", "| ").replace("5 -", "5 | ") for cell in cells]
    assert refused(tmp_path, cells) == []


# The items of a scale have one numbering: what one of them uses, all could have used.
def test_all_items_of_the_scale_are_looked_at(tmp_path: Path) -> None:
    assert refused(tmp_path / "one", ["1 5", "2 4"]) != []
    assert refused(tmp_path / "other", ["1 5", "0 4"]) == []


def test_codes_of_no_answer_do_not_hide_it(tmp_path: Path) -> None:
    assert refused(tmp_path, ["1 5", "2 99", "9 -99"]) != []


def test_each_export_is_looked_at_by_itself(tmp_path: Path) -> None:
    exports = {"right.csv": rows_of(["0 4", "1 3"]), "wrong.csv": rows_of(["1 5", "2 3"])}
    scale = make_scale("trust", "a b", labels=FIVE)
    with pytest.raises(SourceError) as caught:
        read_answers(make_plain_study(tmp_path, exports, scale))
    assert [(fault.code, fault.file) for fault in caught.value.faults] == [("ANS004", "wrong.csv")]


def test_no_answer_of_anybody_is_in_what_is_said(tmp_path: Path) -> None:
    (fault,) = refused(tmp_path, ["1 5", "2 4"])
    # Every label is named, whoever chose it.
    assert all(label in fault.fix for label in FIVE)


# --- labels beside the numbers --------------------------------------------------------------


def test_labels_beside_numbers_tell_a_shift(tmp_path: Path) -> None:
    found = read(tmp_path, ["1 - Never | 5 - Always", "2 - Rarely | 1 - Never"])
    assert found.frame["trust_a"].to_list() == [0, 1]
    (fault,) = of_code(found, "ANS007")
    assert f"coding = {FROM_1}" in fault.fix
    assert fault.count == 4
    assert "stand alone" not in fault.found


# Within the range nothing else could show it: 5 is a number of this scale.
def test_labels_beside_numbers_tell_a_reversed_numbering(tmp_path: Path) -> None:
    found = read(tmp_path, ["1 - Always | 5", "2 - Often | 1"], ONE_TO_FIVE)
    assert found.frame["trust_a"].to_list() == [5, 4]
    (fault,) = of_code(found, "ANS007")
    assert '1 = "Always", 2 = "Often", 3 = "Sometimes"' in fault.fix
    assert "numbers that stand alone are read as the study says" in fault.found
    assert (fault.column, fault.row, fault.others, fault.count) == ("a", 2, (3,), 2)


def test_labels_that_follow_no_rule_are_to_be_asked_for(tmp_path: Path) -> None:
    (fault,) = of_code(read(tmp_path, ["1 - Always | 2 - Never", "3 - Often | 4"]), "ANS007")
    assert 'coding = { 1 = "a label", ... }' in fault.fix


def test_numbers_that_agree_with_their_labels_are_in_order(tmp_path: Path) -> None:
    assert read(tmp_path, ["0 - Never | 4", "Often (3) | Rarely"]).findings == ()


def test_a_scale_that_needs_a_coding_says_which_there_are(tmp_path: Path) -> None:
    labels = {"Disagree": 1, "Agree": 2}
    codings = {"agree_first": {"1": "Agree", "2": "Disagree"}, "other": {"1": "Disagree"}}
    responses = {"codings": codings, "coding_required": True}
    found = read(tmp_path, ["1 2", "2 Agree"], labels, responses=responses)
    (fault,) = of_code(found, "ANS008")
    assert 'coding = "agree_first" or coding = "other"' in fault.fix
    assert found.frame["trust_a"].to_list() == [None, None]
    labelled = read(tmp_path / "labels", ["1 - Agree | Disagree"] * 2, labels, responses=responses)
    assert labelled.findings == ()


def test_a_scale_of_numbers_alone_is_left_alone(tmp_path: Path) -> None:
    assert read(tmp_path, ["0 10", "3 7"], TEN).findings == ()
