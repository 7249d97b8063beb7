"""A few hundred spoilt inputs, each of which must end in a result or a `PeerevalError`.

`python tests/fuzz/mutate.py` goes on by the thousand.
"""

import random
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz import mutate
from fuzz.desk import kinds, lay, spoil
from fuzz.mutate import run, use
from peereval.errors import PeerevalError, ScaleError, StudyError
from peereval.scales import load_scale_file
from peereval.studies import parse_study
from reading.small_survey import COSTS, STUDY

KINDS = (
    "csv", "semicolons", "tabs", "utf-16", "gzip", "qualtrics", "excel", "opendocument", "spss",
    "parquet", "study", "scale", "unit costs", "decisions", "organisations",
)  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_a_file_that_nobody_spoilt_gives_a_result_whatever_is_done_with_it(
    name: str, tmp_path: Path
) -> None:
    kind = kinds(tmp_path)[name]
    for seed in range(8):
        kind.use(lay(tmp_path / "desk", kind, kind.content), random.Random(seed))


def test_every_kind_is_spoilt_in_every_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    every = kinds(tmp_path)
    assert tuple(every) == KINDS
    spoilt = [spoil(every, seed)[:2] for seed in range(600)]
    assert {name for name, _ in spoilt} == set(KINDS)
    changed = sum(content != every[name].content for name, content in spoilt)
    assert changed > 570
    monkeypatch.setattr("zipfile.time.time", lambda: 1e9)  # another day
    assert spoilt == [spoil(every, seed)[:2] for seed in range(600)]


def test_spoilt_inputs_end_in_a_result_or_a_fault(tmp_path: Path) -> None:
    tally = run(0, 300, seconds=18, keep=tmp_path)
    assert tally.failures == []
    assert tally.n > 100
    ends = {end for _, end in tally.ends}
    assert {"a result", "SourceError", "StudyError"} <= ends


# What it is that would fail, if something did: the loop sees crashes, bombs and answers in words.
def test_the_loop_sees_what_it_looks_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from fuzz import desk

    ends = []
    for wrong in (ZeroDivisionError("x"), MemoryError(), SystemExit(0), PeerevalError("Wombat-1")):

        def fail(*_: object, wrong: BaseException = wrong) -> None:
            raise wrong

        monkeypatch.setattr(desk, "_use_study", fail)
        monkeypatch.setattr(desk, "spoil", lambda every, seed: ("study", b"x", random.Random(0)))
        ends += [said["end"] for said in use(range(1), tmp_path, memory=-1) if "end" in said]
    words = ("ZeroDivisionError", "MemoryError", "SystemExit", "gave an answer away")
    for end, word in zip(ends, words, strict=True):
        assert word in str(end)


_ENDS = {
    "os.abort()": "ended with -6",
    "exec('while True: pass')": "no end within 2 seconds",
    "bytearray(1 << 40)": "MemoryError",
}


@pytest.mark.parametrize("what", _ENDS)
def test_the_loop_outlives_an_input_that_kills_or_holds_its_child(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = f"import os, peereval.costs\nharm = lambda path: {what}\n"
    (tmp_path / "sitecustomize.py").write_text(
        f"{code}peereval.costs.load_cost_files = harm\n", encoding="utf-8"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(mutate, "PATIENCE", 2.0)
    tally = run(1, 1, seconds=60, keep=tmp_path / "kept")
    (failure,) = tally.failures
    assert (failure["seed"], failure["kind"]) == ("1", "csv")
    assert _ENDS[what] in failure["end"]
    assert (tmp_path / "kept" / "1" / "before.csv").is_file()


_TOML = st.one_of(
    st.text(max_size=200),
    st.lists(st.sampled_from(STUDY.splitlines()), max_size=40).map("\n".join),
    st.lists(st.sampled_from([*STUDY.split(), *COSTS.split()]), max_size=60).map(" ".join),
)


@settings(max_examples=150)
@given(_TOML)
def test_any_text_as_a_study_is_a_study_or_a_fault(text: str) -> None:
    with suppress(StudyError):
        parse_study(text, "study.toml")


@settings(max_examples=150)
@given(_TOML)
def test_any_text_as_a_scale_is_a_scale_or_a_fault(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "scale.toml"
    path.write_text(text, encoding="utf-8")
    with suppress(ScaleError):
        load_scale_file(path)
