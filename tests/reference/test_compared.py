"""What is written of comparisons with R, and the pages made of it."""

import csv
from pathlib import Path

import pytest

from support import compared, reference
from support.reference import close, expected, like


def test_a_number_that_is_not_rs_is_refused_in_every_form() -> None:
    theirs = float(expected("paired")["balanced"]["cr2_se"] or 0)  # not written down
    close(theirs * (1 + 1e-9), theirs)
    assert (theirs * (1 + 1e-9), 1) == (like(theirs), 1)
    assert theirs * (1 + 1e-7) != like(theirs)
    with pytest.raises(AssertionError):
        close(theirs * (1 + 1e-7), theirs)
    with pytest.raises(AssertionError):
        close(None, theirs)


def test_comparisons_become_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, page = tmp_path / "comparisons.csv", tmp_path / "compared.md"
    monkeypatch.setattr(reference, "RECORD", str(file))
    theirs = expected("test_retest")["balanced"]["test_retest"]
    assert theirs is not None
    close(theirs, theirs)
    close(theirs + 1e-9, theirs)
    close(0.5, 0.5)  # not R's: not written
    assert theirs + 1e-4 != like(theirs)
    with file.open(encoding="utf-8") as text:
        assert [row[:3] for row in csv.reader(text)] == [
            ["test_retest", "balanced", "test_retest"]
        ] * 3
    compared.main(str(file), str(page))
    assert "1 numbers of peereval" in page.read_text(encoding="utf-8")
    assert "[reliability.R, test_retest](compared/test_retest.md)" in page.read_text("utf-8")
    shown = (tmp_path / "compared" / "test_retest.md").read_text(encoding="utf-8")
    assert "| test_retest | 0.61" in shown
    assert "| 1e-04 |" in shown  # of a number that is compared often, the largest difference


@pytest.mark.parametrize("path", sorted((reference.FOLDER / "expected").glob("*.csv")))
def test_every_file_of_rs_numbers_has_a_script_that_says_what_it_is(path: Path) -> None:
    script = compared.script_of(path.stem)
    assert len(compared.subject(script).split()) > 3
    assert compared.numbers_of_r(path.stem) > 0
