"""Exports of one survey that write its answers differently: labels, numbers, or both."""

from pathlib import Path

import pytest

from peereval.recognising import Given, draft_study
from peereval.scales import load_scale
from recognising.exports import before_and_after, by_code, codes, drafted, ids, items

LABELS = by_code(load_scale("pss4"))
LABELLED = items("pss4", "q{n}")
NUMBERS = items("pss4", "q{n}", ["0", "1", "2", "3", "4"])
BOTH = items("pss4", "q{n}", [f"{code} - {label}" for code, label in enumerate(LABELS)])
MIXED = items("pss4", "q{n}", [*LABELS[:3], "0", "4"])


# The names say nothing, and numbers alone could be anything: the labels of one export tell.
def test_columns_with_labels_in_one_export_say_what_they_are_in_the_other(tmp_path: Path) -> None:
    files = before_and_after(tmp_path, LABELLED, after={"Pupil code": ids()} | NUMBERS)
    draft = draft_study(files, Given())
    assert not {"REC004", "REC017", "REC022"} & set(codes(draft))
    (part,) = drafted(files).scales
    assert part.scale.id == "pss4"
    assert part.columns["control"] == ("q1",)


@pytest.mark.parametrize("columns", [BOTH, MIXED], ids=["number and label", "one or the other"])
def test_labels_are_known_beside_numbers_and_among_them(
    columns: dict[str, list[str]], tmp_path: Path
) -> None:
    (part,) = drafted(before_and_after(tmp_path, columns)).scales
    assert part.scale.id == "pss4"


def test_numbers_that_cannot_be_its_answers_are_not_taken(tmp_path: Path) -> None:
    ages = items("pss4", "q{n}", ["5", "9", "10", "11", "16"])
    draft = draft_study(
        before_and_after(tmp_path, LABELLED, after={"Pupil code": ids()} | ages), Given()
    )
    assert "REC019" in codes(draft) or "REC022" in codes(draft)


def test_numbers_in_both_exports_are_still_asked_for(tmp_path: Path) -> None:
    draft = draft_study(before_and_after(tmp_path, NUMBERS), Given())
    assert "REC017" in codes(draft)
    assert "[scales.pss4]\n" not in draft.text
