"""Links on the command line: made once, listed without their secret, ended at once."""

import csv
import re
from pathlib import Path

import polars as pl
import pytest

from cli.command import done, run


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    (folder / "restricted").mkdir(parents=True)
    (folder / "organisations").mkdir()
    table = pl.DataFrame({"organisation": ["Beech", "Ash", "Ash"]})
    table.write_parquet(folder / "restricted" / "organisations.parquet")
    return folder


def test_links_for_everybody_go_to_a_file_for_its_owner(out: Path, tmp_path: Path) -> None:
    to = tmp_path / "links.csv"
    said = done("links", "make", out, "--to", to, "--address", "https://example.org/").stdout
    assert said == f"2 links are in {to}, and will work for 90 days\n"
    with to.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["organisation"] for row in rows] == ["Ash", "Beech"]
    secrets = [row["link"].removeprefix("https://example.org/enter/") for row in rows]
    assert all(re.fullmatch(r"[\w-]{43}", secret) for secret in secrets)
    assert to.stat().st_mode & 0o777 == 0o600
    kept = (tmp_path / "out.access.json").read_text()
    assert not any(secret in kept for secret in secrets)
    listed = done("links", "list", out).stdout
    assert not any(secret in listed for secret in secrets)
    assert [line.split()[1] for line in listed.splitlines()] == ["works", "works"]


def test_links_that_cannot_be_written_are_not_granted(out: Path, tmp_path: Path) -> None:
    to = tmp_path / "links.csv"
    to.write_text("mine")
    assert run("links", "make", out, "--to", to).exit_code != 0
    assert not (tmp_path / "out.access.json").exists()


def test_one_link_is_shown_and_revoked(out: Path) -> None:
    said = done("links", "make", out, "--organisation", "Ash", "--evaluator").stdout
    assert [line.split("\t")[0] for line in said.splitlines()] == ["the evaluator", "Ash"]
    first = done("links", "list", out).stdout.split()[0]
    assert done("links", "revoke", out, first).stdout == "1 link is revoked\n"
    assert done("links", "revoke", out, "--organisation", "Ash").stdout == "1 link is revoked\n"
    assert [line.split()[1] for line in done("links", "list", out).stdout.splitlines()] == [
        "revoked",
        "revoked",
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["make", "OUT", "--organisation", "Elm"], "No organisation of this name has a page: Elm"),
        (["make", "OUT", "--days", "0"], "work for a day at least"),
        (["make", "OUT", "--days", "999999999"], "at most for 366"),
        (["revoke", "OUT", "abcd1234"], "no link for abcd1234"),
        (["revoke", "OUT", "--all"], "no link for any of these"),
    ],
)
def test_what_cannot_be_done_is_said(out: Path, words: list[str], said: str) -> None:
    result = run("links", *(str(out) if word == "OUT" else word for word in words))
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_folder_without_pages_is_refused(tmp_path: Path) -> None:
    result = run("serve", tmp_path)
    assert result.exit_code == 2
    assert "no pages of organisations" in result.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--port", "99999"], "99999 is not in the range"),
        (["--proxies", "-1"], "-1 is not in the range"),
        (["--host", "no such host"], "Nothing can listen at no such host, port 8765"),
    ],
)
def test_where_nothing_can_listen_is_said(out: Path, words: list[str], said: str) -> None:
    result = run("serve", out, *words)
    assert result.exit_code == 2
    assert said in result.stderr
