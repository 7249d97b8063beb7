"""What another process writes is what this one would, and it never outlives its run."""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from peereval.bundled import bundled
from peereval.disclosure import LastLook
from peereval.errors import DisclosureError
from peereval.output import run as writing
from peereval.pipeline import Run, analyse
from peereval.rendering import document
from peereval.reporting import Beside, beside, write_analysis
from peereval.studies import load_study

FORMATS = ("docx", "md")


@pytest.fixture(scope="module")
def run() -> Run:
    return analyse(load_study(bundled("data/pilot") / "study.toml"))


@pytest.fixture(autouse=True)
def two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)


@pytest.fixture
def other() -> Iterator[Beside]:
    with Beside(FORMATS) as process:
        yield process


def pid(other: Beside) -> int:
    assert other._process
    return other._process.pid


def ended(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return True
    return False


def content(folder: Path) -> bytes:
    return (folder / "report.docx").read_bytes()


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_both_write_the_same_bytes(
    run: Run, other: Beside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = write_analysis(run, tmp_path / "alone", formats=FORMATS)
    # This process cannot write a document any more: the other one did.
    monkeypatch.setattr(document, "write_document", None)
    assert write_analysis(run, tmp_path / "two", formats=FORMATS, beside=other) == alone
    assert content(tmp_path / "two") == content(tmp_path / "alone")
    assert files(tmp_path / "two" / "figures") == files(tmp_path / "alone" / "figures")
    assert "report.docx" in (tmp_path / "two" / "run.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("instead", ["/no/such/program", "false"])
def test_where_no_process_can_be_had_all_is_written_here(
    run: Run, tmp_path: Path, instead: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", instead)
    with Beside(FORMATS) as other:
        write_analysis(run, tmp_path / "out", formats=FORMATS, beside=other)
    assert content(tmp_path / "out")


def test_a_process_that_hangs_is_not_waited_for_for_ever(
    run: Run, other: Beside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beside, "_SECONDS", 0)
    write_analysis(run, tmp_path / "out", formats=FORMATS, beside=other)
    assert content(tmp_path / "out")


def test_it_is_told_nothing_but_the_folder(other: Beside, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with other.writing(tmp_path / "out") as written:
        assert not written(), "there are no results"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_what_is_half_written_is_not_where_the_search_goes(
    run: Run, other: Beside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the last look reads what is there, the other process has not put anything beside it."""
    found: list[list[str]] = []

    class Look(LastLook):
        def look(self) -> None:
            assert other._process
            if not found:
                other._process.wait(60)
            found.append([path.name for path in self._folder.rglob("*") if path.is_file()])
            super().look()

    monkeypatch.setattr(writing, "LastLook", Look)
    write_analysis(run, tmp_path / "out", formats=FORMATS, beside=other)
    before, after = found
    assert "report.docx" not in before
    assert not [name for name in before if name.endswith(".png")]
    assert "report.docx" in after
    assert [name for name in after if name.endswith(".png")]


def test_there_is_none_without_need_or_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "_started", None)
    assert not Beside(("html", "md", "svg")).formats
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    assert not Beside(("docx",)).formats


def test_it_ends_with_a_run_that_fails(
    run: Run, other: Beside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise DisclosureError("No", [])

    monkeypatch.setattr(writing, "_last_look", refuse)
    number = pid(other)
    with pytest.raises(DisclosureError):
        write_analysis(run, tmp_path / "out", formats=FORMATS, beside=other)
    assert ended(number)
    assert not list(tmp_path.iterdir()), "nothing is half-written"


def test_it_ends_with_a_study_that_fails() -> None:
    with pytest.raises(ValueError, match="bad"), Beside(FORMATS) as other:
        number = pid(other)
        raise ValueError("bad")
    assert ended(number)


def test_it_ends_with_a_process_that_is_killed(tmp_path: Path) -> None:
    """It listens to a pipe, which the system closes whatever happens to this process."""
    with Beside(FORMATS) as other:
        assert other._process
        assert other._process.stdin
        other._process.stdin.close()
        for _ in range(1200):
            if other._process.poll() is not None:
                break
            time.sleep(0.05)
        assert other._process.returncode == 0
    assert not list(tmp_path.iterdir())
