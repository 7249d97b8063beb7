"""`[report]` in a study: which sections, in which formats."""

from pathlib import Path

import pytest

from peereval.bundled import bundled
from peereval.errors import StudyError
from peereval.studies import SECTIONS, Study, parse_study


def study_with(added: str) -> Study:
    path = bundled("data/pilot_leads") / "study.toml"
    return parse_study(path.read_text(encoding="utf-8") + added, Path(path))


def test_sections_and_formats_are_kept_in_their_order() -> None:
    report = study_with('[report]\nsections = ["methods", "found"]\nformats = ["md"]\n').report
    assert (report.sections, report.formats) == (("methods", "found"), ("md",))


def test_without_a_word_it_is_all_sections_in_the_usual_formats() -> None:
    assert study_with("").report.sections == ()
    assert study_with("").report.formats == ()


def test_names_that_are_not_known_are_said_with_the_nearest() -> None:
    with pytest.raises(StudyError) as caught:
        study_with('[report]\nsections = ["outcome"]\nformats = ["pdf"]\nsection = []\n')
    said = str(caught.value)
    assert "section" in said
    with pytest.raises(StudyError) as caught:
        study_with('[report]\nsections = ["outcome"]\nformats = ["pdf"]\n')
    faults = {(fault.code, fault.found) for fault in caught.value.faults}
    assert faults == {
        ("STU006", "there is no section of a report 'outcome'"),
        ("STU006", "there is no format of a report 'pdf'"),
    }
    assert "Did you mean 'outcomes'?" in str(caught.value)


def test_every_section_that_can_be_asked_for_can_be_made() -> None:
    from peereval.composing.compose import _MAKERS

    assert tuple(_MAKERS) == SECTIONS
