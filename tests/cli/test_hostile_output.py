"""Outputs in a hostile world: formulas, full disks, interruptions, names that are no names."""

import csv
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from cli.command import done, neighbours, run
from peereval.output import write_folder
from reading.small_survey import Row, tidy_rows, write_small_survey

FORMULA = "=cmd|' /C calc'!A0"


# --- formulas -----------------------------------------------------------------------------


def rows_with_formulas() -> dict[str, list[Row]]:
    """Formulas wherever a respondent or a school can write: ids, schools, roles, answers."""
    rows = tidy_rows()
    for sheets in rows.values():
        for sheet in sheets[:3]:
            sheet["Pupil code"] = f"=1+{sheet['Pupil code']}"
        sheets[4]["Pupil code"] = "@SUM(A1)"
        sheets[6]["Pupil code"] = "-99"
        for sheet in sheets[6:12]:
            sheet["School"] = f"+{sheet['School']}"
        sheets[12]["Role"] = FORMULA
        sheets[13]["mood_1"] = FORMULA
        sheets[14]["Pupil code"] = " \t=HYPERLINK(1) "
    rows["before"].append(dict(rows["before"][0]))
    rows["after"][5]["Pupil code"] = "@SUM(A2)"
    return rows


def cells_of(folder: Path) -> Iterator[str]:
    paths = sorted(folder.rglob("*.csv"))
    assert paths
    for path in paths:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.reader(file):
                yield from row


def would_run(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return cell.lstrip(" '\"")[:1] in tuple("=+-@\t\r\n") and not cell.startswith("'")
    return False


@pytest.mark.parametrize("command", ["analyse", "match"])
def test_no_spreadsheet_finds_anything_to_run_in_an_output(command: str, tmp_path: Path) -> None:
    study = write_small_survey(tmp_path / "study", rows_with_formulas())
    run(command, study, "--out", tmp_path / "out")
    cells = list(cells_of(tmp_path / "out"))
    assert [cell for cell in cells if would_run(cell)] == []
    assert f"'{FORMULA}" in cells
    assert "'@SUM(A1)" in cells
    assert "-99" in cells


def test_scores_as_csv_have_nothing_to_run_and_as_parquet_are_exact(tmp_path: Path) -> None:
    study = write_small_survey(tmp_path / "study", rows_with_formulas())
    for ending in ("csv", "parquet"):
        run("score", study, "--out", tmp_path / "scores" / f"scores.{ending}")
    assert [cell for cell in cells_of(tmp_path / "scores") if would_run(cell)] == []
    exact = pl.read_parquet(tmp_path / "scores" / "scores.parquet")
    assert {"@SUM(A1)", "-99"} <= set(exact["respondent"])
    assert "+Ash" in set(exact["organisation"])


def test_scores_are_for_their_owner_alone(tmp_path: Path) -> None:
    done("score", write_small_survey(tmp_path), "--out", tmp_path / "scores.csv")
    assert (tmp_path / "scores.csv").stat().st_mode & 0o077 == 0


# --- names that are no names --------------------------------------------------------------

NAMES = (
    "../../../etc/passwd", "..", "/etc/passwd", "C:\\con", "a/b", "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>", "[bold red]School[/bold red]", "[/red]", "[link=file:///x]y",
    "x" * 300, "\x1b[31mred\x1b[0m", "a\nb", "a\r\nb", "{0}", "%s%n", "'; DROP TABLE pairs; --",
    "Ysgol Gyfun \u202eBro", "🏫" * 80,
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name)[1:25])
def test_an_organisation_may_be_called_anything(name: str, tmp_path: Path) -> None:
    plain = write_small_survey(tmp_path / "plain", tidy_rows())
    rows = tidy_rows()
    for sheets in rows.values():
        for sheet in sheets:
            if sheet["School"] == "Ash":
                sheet["School"] = name
    study = write_small_survey(tmp_path / "named", rows)
    done("analyse", plain, "--out", tmp_path / "plain_out", "--quiet")
    result = run("analyse", study, "--out", tmp_path / "named_out")
    assert result.exit_code == 0
    assert "\x1b" not in result.output
    assert neighbours(tmp_path) == {"plain", "named", "plain_out", "named_out"}
    assert neighbours(tmp_path / "named_out") == neighbours(tmp_path / "plain_out")
    one, two = (
        pl.read_parquet(tmp_path / f"{n}_out" / "results.parquet") for n in ("plain", "named")
    )
    sure = ["estimate_id", "n", "n_organisations", "status"]
    assert two.select(sure).equals(one.select(sure))


@pytest.mark.parametrize("name", ["Ash [bold]", "Ash [/red]", "[link=file:///x]Ash"])
def test_what_is_named_on_the_screen_is_not_taken_for_marks_of_style(
    name: str, tmp_path: Path
) -> None:
    rows = tidy_rows()
    rows["before"][3]["mood_1"] = "not an answer"
    renamed = {
        file: [
            {(name if key == "mood_1" else key): cell for key, cell in row.items()} for row in rs
        ]
        for file, rs in rows.items()
    }
    columns = [f"mood_{n}" for n in range(2, 8)]
    items = (
        "{ "
        + ", ".join(
            f'{item} = "{column}"'
            for item, column in zip(mood_items(), [name, *columns], strict=True)
        )
        + " }"
    )
    study = write_small_survey(tmp_path, renamed, {'columns = "mood_{n}"': f"columns = {items}"})
    assert name in done("analyse", study, "--out", tmp_path / "out").stdout


def mood_items() -> list[str]:
    from peereval.scales import load_scale

    return [item.id for item in load_scale("swemwbs").items]


# --- places that cannot be written --------------------------------------------------------


def far_too_long(folder: Path) -> Path:
    return folder / ("x" * 300)


def within_the_kernel(_folder: Path) -> Path:
    return Path("/proc/peereval/out")  # not even the superuser makes a folder there


def a_link_to_a_file(folder: Path) -> Path:
    (folder / "file").write_text("mine", encoding="utf-8")
    (folder / "link").symlink_to(folder / "file")
    return folder / "link"


def a_link_that_leads_nowhere_in_a_file(folder: Path) -> Path:
    (folder / "file").write_text("mine", encoding="utf-8")
    return folder / "file" / "below" / "out"


def the_folder_of_the_study(folder: Path) -> Path:
    return folder / "study"


def a_folder_of_pseudonyms(folder: Path) -> Path:
    def fill(place: Path) -> None:
        (place / "p.json").write_text('{"format": 1}', encoding="utf-8")

    write_folder(folder / "safe", fill, "p.json")
    return folder / "safe"


def a_folder_with_a_record_of_another_program(folder: Path) -> Path:
    (folder / "theirs").mkdir()
    (folder / "theirs" / "run.json").write_text('{"command": "jog"}', encoding="utf-8")
    return folder / "theirs"


PLACES = (
    far_too_long, within_the_kernel, a_link_to_a_file, a_link_that_leads_nowhere_in_a_file,
    the_folder_of_the_study, a_folder_of_pseudonyms, a_folder_with_a_record_of_another_program,
)  # fmt: skip


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
@pytest.mark.parametrize("command", ["analyse", "match"])
def test_a_place_that_cannot_be_written_is_refused_in_one_line(
    command: str, place: type, tmp_path: Path
) -> None:
    study = write_small_survey(tmp_path / "study", tidy_rows())
    out = place(tmp_path)
    before = contents(tmp_path)
    result = run(command, study, "--out", out)
    assert result.exit_code == 15
    assert len(result.stderr.splitlines()) == 1
    assert "another place" in result.stderr
    assert contents(tmp_path) == before


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the superuser may write all")
def test_a_folder_that_one_may_not_write_is_refused(tmp_path: Path) -> None:
    study = write_small_survey(tmp_path / "study", tidy_rows())
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    result = run("analyse", study, "--out", closed / "out")
    assert (result.exit_code, len(result.stderr.splitlines())) == (15, 1)
    assert neighbours(closed) == set()


def test_an_output_may_be_a_link_to_a_folder(tmp_path: Path) -> None:
    study = write_small_survey(tmp_path / "study", tidy_rows())
    (tmp_path / "big_disk").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "big_disk")
    done("match", study, "--out", tmp_path / "out", "--quiet")
    assert neighbours(tmp_path / "big_disk") == {"run.json", "restricted"}
    assert neighbours(tmp_path) == {"study", "big_disk", "out"}


def contents(folder: Path) -> dict[str, bytes]:
    """Everything below a folder: folders, too, and files that are hidden."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b""
        for path in folder.rglob("*")
    }


# --- full disks ---------------------------------------------------------------------------

# The system itself says no to a file that grows beyond the limit, whoever writes it.
_SMALL_DISK = """
import resource, sys
limit = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
from peereval.cli import main
main()
"""


@pytest.mark.parametrize("command", ["analyse", "match", "score", "pseudonymise"])
@pytest.mark.parametrize("room", [0, 300, 3000])
def test_a_full_disk_leaves_nothing_half_written(command: str, room: int, tmp_path: Path) -> None:
    study = write_small_survey(tmp_path / "study", tidy_rows())
    outs = tmp_path / "outs"
    outs.mkdir()
    words = {
        "score": ("score", study, "--out", outs / "deep" / "scores.csv"),
        "pseudonymise": (
            *("pseudonymise", study.with_name("before.csv"), "--id", "Pupil code"),
            *("--key-variable", "OUR_KEY", "--out", outs / "deep" / "out"),
        ),
    }.get(command, (command, study, "--out", outs / "deep" / "out"))
    call = [sys.executable, "-c", _SMALL_DISK, str(room), *map(str, words)]
    key = os.environ | {"OUR_KEY": "0123456789abcdef" * 2}
    made = subprocess.run(call, capture_output=True, text=True, check=False, cwd=tmp_path, env=key)
    assert made.returncode == 15, made.stderr
    assert len(made.stderr.splitlines()) == 1
    assert "File too large" in made.stderr
    assert contents(outs) == {}


@pytest.mark.parametrize("format_", ["csv", "parquet"])
def test_a_full_disk_leaves_no_half_of_a_made_up_survey(format_: str, tmp_path: Path) -> None:
    words = ["simulate", "--respondents", "300", "--format", format_, "--out", "made"]
    call = [sys.executable, "-c", _SMALL_DISK, "3000", *words]
    made = subprocess.run(call, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert made.returncode == 15, made.stderr
    assert len(made.stderr.splitlines()) == 1
    assert contents(tmp_path / "made") == {}


# --- interruptions ------------------------------------------------------------------------

# Sends the signal to itself in the midst of a call, as a person might.
_INTERRUPTED = """
import functools, importlib, os, signal, sys
import polars
module, name, number = sys.argv[1], sys.argv[2], int(sys.argv[3])
del sys.argv[1:4]
owner = importlib.import_module(module)
for part in name.split(".")[:-1]:
    owner = getattr(owner, part)
name = name.split(".")[-1]
whole = getattr(owner, name)
@functools.wraps(whole)
def interrupted(*args, **kwargs):
    made = whole(*args, **kwargs)
    setattr(owner, name, whole)
    os.kill(os.getpid(), number)
    return made
setattr(owner, name, interrupted)
from peereval.cli import main
main()
"""
MOMENTS = {
    "an export was read": ("peereval.reading.delimited", "open_delimited"),
    "scores were made": ("polars", "DataFrame.with_columns"),
    "a table was written": ("polars", "DataFrame.write_parquet"),
    "the first file was written": ("polars", "DataFrame.write_csv"),
    "the folder was made": ("pathlib", "Path.mkdir"),
    "half of the tables were written": ("pathlib", "Path.write_text"),
}
ENDS = {signal.SIGINT: 130, signal.SIGTERM: 143}


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("number", ENDS, ids=lambda number: number.name)
@pytest.mark.parametrize("earlier", [False, True], ids=["no earlier run", "an earlier run"])
def test_an_interruption_leaves_nothing_half_written(
    earlier: bool, number: signal.Signals, moment: str, tmp_path: Path
) -> None:
    study = write_small_survey(tmp_path / "study", tidy_rows())
    outs = tmp_path / "outs"
    outs.mkdir()
    if earlier:
        done("analyse", study, "--out", outs / "out", "--quiet")
    before = contents(outs)
    words = ["analyse", str(study), "--out", str(outs / "out")]
    call = [sys.executable, "-c", _INTERRUPTED, *MOMENTS[moment], str(int(number)), *words]
    made = subprocess.run(call, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert made.returncode == ENDS[number], made.stderr
    assert "Traceback" not in made.stderr
    assert len(made.stderr.splitlines()) <= 1
    assert made.stdout == ""
    assert contents(outs) == before


# In the midst of the swap the earlier run has moved away: it comes back.
def test_a_swap_that_fails_brings_the_earlier_run_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = write_small_survey(tmp_path / "study", tidy_rows())
    out = tmp_path / "outs" / "out"
    done("match", study, "--out", out, "--quiet")
    before = contents(tmp_path / "outs")
    whole = Path.rename

    def interrupted(path: Path, target: Path) -> Path:
        if target == out and ".writing-" in path.name and not path.name.endswith("-old"):
            raise KeyboardInterrupt
        return whole(path, target)

    monkeypatch.setattr(Path, "rename", interrupted)
    assert run("match", study, "--out", out, "--quiet").exit_code == 130
    assert contents(tmp_path / "outs") == before
