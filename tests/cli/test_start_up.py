"""Start-up is a feature: what a command does not need, it does not load."""

import subprocess
import sys
from pathlib import Path

import pytest

from reading.small_survey import write_small_survey

HEAVY = {
    "pandas", "polars", "numpy", "scipy", "statsmodels", "pingouin", "pandera", "narwhals", "rich",
    "pyarrow", "duckdb", "pyreadstat", "python_calamine", "matplotlib",
}  # fmt: skip
NOT_FOR_A_RUN = {"pandas", "statsmodels", "pingouin", "pandera", "matplotlib", "duckdb"}

_LOADED = """
import atexit, sys
atexit.register(
    lambda: print("LOADED", *sorted({name.partition(".")[0] for name in sys.modules}))
)
"""


def loaded(code: str, *words: str | Path) -> set[str]:
    """Packages that a fresh interpreter has loaded by the time it ends."""
    call = [sys.executable, "-W", "error", "-c", _LOADED + code, *map(str, words)]
    made = subprocess.run(call, capture_output=True, text=True, check=True)
    (last,) = [line for line in made.stdout.splitlines() if line.startswith("LOADED")]
    return set(last.split()[1:])


COMMAND = "from peereval.cli import main; main()"


def test_importing_peereval_loads_nothing_heavy() -> None:
    assert loaded("import peereval") & HEAVY == set()


def test_names_are_offered_before_they_are_loaded() -> None:
    assert loaded("import peereval; assert 'analyse' in dir(peereval)") & HEAVY == set()


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["--version"],
        ["analyse", "--help"],
        ["simulate", "--help"],
        ["scales", "list"],
        ["scales", "show", "swemwbs"],
        ["costs", "list"],
        ["costs", "show", "nhscii"],
    ],
    ids=" ".join,
)
def test_a_command_that_only_talks_loads_nothing_heavy(words: list[str]) -> None:
    found = loaded(COMMAND, *words)
    assert "peereval" in found
    assert found & HEAVY == set()


def test_help_does_not_wait_for_records() -> None:
    assert "msgspec" not in loaded(COMMAND, "--help")


def test_a_run_of_headlines_loads_the_core_and_nothing_more(tmp_path: Path) -> None:
    study = write_small_survey(tmp_path)
    found = loaded(COMMAND, "analyse", study, "--out", tmp_path / "out", "--depth", "headline")
    assert {"polars", "narwhals", "numpy", "scipy", "rich"} <= found
    assert found & NOT_FOR_A_RUN == set()


def test_a_full_run_loads_what_its_methods_need_and_no_more(tmp_path: Path) -> None:
    study = write_small_survey(tmp_path)
    found = loaded(COMMAND, "analyse", study, "--out", tmp_path / "out")
    # What pingouin itself loads is its own affair.
    assert found & NOT_FOR_A_RUN <= {"statsmodels", "pingouin", "pandas", "matplotlib"}


def test_a_quiet_run_does_not_load_what_prints(tmp_path: Path) -> None:
    study = write_small_survey(tmp_path)
    found = loaded(COMMAND, "analyse", study, "--out", tmp_path / "out", "--quiet")
    assert "rich" not in found


# The tests themselves turn warnings into errors; here a whole run does, in a fresh interpreter.
@pytest.mark.parametrize("engine", ["polars", "pandas", "duckdb"])
def test_a_run_warns_of_nothing(engine: str, tmp_path: Path) -> None:
    study = write_small_survey(tmp_path)
    call = [sys.executable, "-W", "error", "-m", "peereval", "analyse", str(study)]
    words = ["--out", str(tmp_path / "out"), "--engine", engine]
    made = subprocess.run([*call, *words], capture_output=True, text=True, check=False)
    assert (made.returncode, made.stderr) == (0, "")
