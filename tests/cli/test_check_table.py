"""`peereval check-table`: what people, programs and a GitHub log are told, and how it ends."""

import json
import shutil
from pathlib import Path

import pytest

from cli.command import done, run
from peereval.catalogue import EXPLANATIONS

EXAMPLES = Path(__file__).parents[2] / "examples" / "published_tables"
SUPPORT, MONEY, RIGHT = (EXAMPLES / f"table_{name}.toml" for name in ("2_2", "5_3", "2_1"))


def words(text: str) -> str:
    return " ".join(text.split())


def test_a_person_reads_what_was_looked_at_and_what_was_found() -> None:
    said = words(done("check-table", SUPPORT).stdout)
    assert "Table 2.2" in said
    assert "shares against their bases (48)" in said
    assert "finding PUB011 line 26, row 'Peer support', column 'Secondary or other': 32%" in said
    assert "note PUB019" in said
    assert "0 faults, 2 findings, 1 note" in said
    assert "peereval explain PUB011" in said


def test_a_table_that_is_right_is_said_to_be() -> None:
    said = done("check-table", RIGHT, "--strict").stdout
    assert "totals of rows (6); totals of columns (6)" in words(said)
    assert "Nothing was found that disagrees" in said


def test_what_is_not_looked_at_is_said(tmp_path: Path) -> None:
    file = tmp_path / "t.toml"
    text = RIGHT.read_text(encoding="utf-8").replace("Derbyshire         |  8", "Derbyshire | [c]")
    file.write_text(text, encoding="utf-8")
    said = words(done("check-table", file).stdout)
    assert "Not looked at: the total in row 'Total': not every number is printed" in said


@pytest.mark.parametrize(
    ("file", "code"), [(SUPPORT, 1), (MONEY, 1), (RIGHT, 0)], ids=["shares", "money", "right"]
)
def test_strict_ends_with_1_if_something_was_found(file: Path, code: int) -> None:
    assert run("check-table", file).exit_code == 0
    assert run("check-table", file, "--strict").exit_code == code


def test_strict_passes_notes(tmp_path: Path) -> None:
    text = SUPPORT.read_text(encoding="utf-8")
    kept = [line for line in text.splitlines()
            if not line.startswith(("External agency", "Peer support"))]  # fmt: skip
    file = tmp_path / "t.toml"
    file.write_text("\n".join(kept), encoding="utf-8")
    result = run("check-table", file, "--strict")
    assert "0 findings, 1 note" in result.stdout
    assert result.exit_code == 0


def test_a_program_reads_every_finding() -> None:
    said = json.loads(done("check-table", SUPPORT, MONEY, RIGHT, "--format", "json").stdout)
    assert said["summary"] == {"faults": 0, "findings": 3, "notes": 1, "accepted": 0}
    found = [(each["code"], each["file"], each["column"]) for each in said["found"]]
    assert found[0] == ("PUB011", "table_2_2.toml", "Secondary or other")
    assert found[-1] == ("PUB014", "table_5_3.toml", "Secondary or other")
    assert [each["file"] for each in said["tables"]] == [
        "table_2_2.toml",
        "table_5_3.toml",
        "table_2_1.toml",
    ]
    assert said["tables"][0]["looked_at"]["totals recovered from subgroups"] == 16


def test_a_github_log_has_a_line_for_each_finding() -> None:
    lines = done("check-table", SUPPORT, MONEY, "--format", "github").stdout.splitlines()
    assert [line.partition(" ")[0] for line in lines] == [
        "::warning",
        "::warning",
        "::notice",
        "::warning",
    ]
    assert "file=table_2_2.toml,title=PUB011" in lines[0]


def test_stars_among_all_tests_are_asked_for() -> None:
    assert "PUB020" not in done("check-table", SUPPORT).stdout
    assert "PUB020" in done("check-table", SUPPORT, "--adjust", "benjamini_hochberg").stdout


def test_the_faults_of_all_files_are_said(tmp_path: Path) -> None:
    files = []
    for name in ("one", "two"):
        files.append(tmp_path / f"{name}.toml")
        files[-1].write_text(RIGHT.read_text("utf-8").replace("|  18", ""), encoding="utf-8")
    result = run("check-table", *files, SUPPORT, tmp_path / "none.toml")
    assert result.exit_code == 20
    assert result.stdout == ""
    said = words(result.stderr)
    assert "PUB004 one.toml, two.toml, line" in said
    assert "There is no table file" in said


def test_faults_are_said_to_programs_too(tmp_path: Path) -> None:
    file = tmp_path / "t.toml"
    file.write_text("title = ", encoding="utf-8")
    result = run("check-table", file, "--format", "json")
    assert result.exit_code == 20
    said = json.loads(result.stdout)
    assert said["exit_code"] == 20
    assert [each["code"] for each in said["found"]] == ["PUB001"]


def test_what_a_file_calls_things_moves_no_cursor(tmp_path: Path) -> None:
    file = tmp_path / "t.toml"
    shutil.copy(RIGHT, file)
    text = file.read_text(encoding="utf-8").replace('"Table 2.1', '"\\u001b[2JTable [red]')
    file.write_text(text.replace("|  18", "|  19"), encoding="utf-8")
    said = run("check-table", file).stdout
    assert "\x1b" not in said
    assert "Table [red]" in said


def test_every_code_of_a_table_can_be_explained() -> None:
    codes = [code for code in EXPLANATIONS if code.startswith("PUB")]
    assert len(codes) > 15
    for code in codes:
        assert code in done("explain", code).stdout
