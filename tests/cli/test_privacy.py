"""No id of a respondent and nothing that anyone wrote leaves the restricted folder."""

from pathlib import Path

import pytest

from cli.command import run
from peereval.engines import ENGINES
from reading.small_survey import Row, tidy_rows, write_small_survey

PLANTED = "Wombat"
NUMBER = "778899001122"


def planted_rows() -> dict[str, list[Row]]:
    """Ids, answers, a role and a school with a word in them that nobody could miss."""
    rows = tidy_rows()
    for name, sheets in rows.items():
        for number, row in enumerate(sheets):
            row["Pupil code"] = f"{PLANTED}-id-{number}"
            if number % 4 == 0:
                row["mood_1"] = f"{PLANTED} told me in {name} not to say"
        sheets[2]["Role"] = f"{PLANTED} keeper"
        sheets[3]["Q2_help"] = f"{PLANTED} helped"
        sheets[5]["stress_1"] = NUMBER
    rows["before"].append(dict(rows["before"][1]))
    rows["before"].append(rows["before"][6] | {"Pupil code": f"{PLANTED}-who-left"})
    return rows


def released(out: Path) -> str:
    """Everything in an output folder but the restricted part, whatever the format."""
    files = [path for path in out.rglob("*") if path.is_file() and "restricted" not in path.parts]
    assert files
    return "".join(f"{path.name} {path.read_bytes()!r}" for path in files)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("command", ["analyse", "match"])
def test_nothing_planted_is_on_the_screen_or_in_what_is_released(
    command: str, engine: str, tmp_path: Path
) -> None:
    study = write_small_survey(tmp_path / "study", planted_rows())
    result = run(command, study, "--out", tmp_path / "out", "--engine", engine)
    assert result.exit_code == 0
    assert "not understood" in result.output
    for text in (result.output, released(tmp_path / "out")):
        assert PLANTED.lower() not in text.lower()
        assert NUMBER not in text


def test_the_restricted_folder_does_hold_them(tmp_path: Path) -> None:
    study = write_small_survey(tmp_path / "study", planted_rows())
    run("analyse", study, "--out", tmp_path / "out")
    place = tmp_path / "out" / "restricted"
    assert f"{PLANTED}-who-left".upper() in (place / "ledger.csv").read_text(encoding="utf-8")
    assert f"{PLANTED} keeper" in (place / "faults.csv").read_text(encoding="utf-8")


def test_score_shows_counts_alone(tmp_path: Path) -> None:
    study = write_small_survey(tmp_path / "study", planted_rows())
    result = run("score", study, "--out", tmp_path / "scores.csv")
    assert result.exit_code == 0
    assert PLANTED.lower() not in result.output.lower()


FORBIDDEN = {"[contrast]": '[matching]\nduplicates = "error"\n\n[contrast]'}


@pytest.mark.parametrize(
    ("code", "changes", "line"),
    [
        (14, FORBIDDEN, ""),
        (13, {'"stress_{n}"': '"stressed_{n}{n}"', '"Q2_help"': '"Q"'}, ""),
        (13, {}, f'"{PLANTED}-quoted,{PLANTED},1\n'),
        (13, {}, f"{PLANTED}-long" + f",{PLANTED}" * 30 + "\n"),
    ],
    ids=["duplicates", "no columns", "a quote that never ends", "a row that is too long"],
)
def test_a_run_that_fails_gives_nothing_away(
    code: int, changes: dict[str, str], line: str, tmp_path: Path
) -> None:
    study = write_small_survey(tmp_path / "study", planted_rows(), changes)
    with (tmp_path / "study" / "before.csv").open("a", encoding="utf-8") as file:
        file.write(line)
    result = run("analyse", study, "--out", tmp_path / "out")
    assert result.exit_code == code
    assert result.stderr
    assert PLANTED.lower() not in result.output.lower()
