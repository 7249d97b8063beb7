"""What the repository holds, whoever looks at it."""

import re
from pathlib import Path

import click
import pytest

from peereval.cli import main
from rules.sources import PROJECT, project_files

# Written in pieces, or this file would be the first to be found.
PLACES = [f"/{name}/" for name in ("work", "root", "home", "Users")]
REGISTRIES = ["/sim" + "ple", "find-" + "links", r"(?<!no-emit-)index[-_]" + "url"]


@pytest.mark.parametrize("place", PLACES)
def test_no_file_holds_a_path_of_one_machine(place: str) -> None:
    # A path begins where a word does not go on: docs/home/ is none.
    pattern = re.compile(rb"(?<![\w.])" + place.encode() + rb"\w")
    assert not holders(pattern)


@pytest.mark.parametrize("registry", REGISTRIES)
def test_no_file_says_where_packages_come_from(registry: str) -> None:
    assert not holders(re.compile(registry.encode()))


def holders(pattern: re.Pattern[bytes]) -> list[str]:
    return [
        str(path.relative_to(PROJECT))
        for path in project_files()
        if path.suffix != ".parquet" and pattern.search(path.read_bytes())
    ]


def test_the_look_through_the_repository_sees_it() -> None:
    names = {str(path.relative_to(PROJECT)) for path in project_files()}
    assert {"pyproject.toml", "src/peereval/cli/__init__.py", "scales/srs.toml"} <= names
    assert not any(name.startswith((".venv/", "out/")) for name in names)
    assert holders(re.compile(rb"^id = \"srs\"$", re.MULTILINE)) == ["scales/srs.toml"]


#: What the client fixed, and what a repository has.
TOP_LEVEL = {
    ".ci", ".gitignore", "CHANGELOG.md", "GLOSSARY.md", "LICENSE", "Makefile", "README.md",
    "benchmarks", "data", "docs", "examples", "notebooks", "pyproject.toml", "requirements.lock",
    "scales", "src", "tests",
}  # fmt: skip


def test_nothing_is_left_lying_about() -> None:
    """A study that somebody tried, or its results, is not the project's."""
    assert {path.relative_to(PROJECT).parts[0] for path in project_files()} == TOP_LEVEL


def requirements() -> list[str]:
    text = (PROJECT / "requirements.lock").read_text(encoding="utf-8")
    return text.replace("\\\n", " ").splitlines()


def test_every_locked_package_is_pinned_and_hashed() -> None:
    lines = [line for line in requirements() if line.strip() and not line.startswith("#")]
    assert len(lines) > 50
    form = re.compile(
        r"[A-Za-z0-9._-]+(\[[a-z0-9,-]+\])?==[A-Za-z0-9.+!]+\s*(;[^\\]*?)?"
        r"(\s+--hash=sha256:[0-9a-f]{64})+\s*"
    )
    assert [line for line in lines if not form.fullmatch(line)] == []


def test_the_lock_holds_no_address() -> None:
    assert not [line for line in requirements() if "://" in line or " @ " in line]


def test_the_lock_holds_every_package_that_the_project_names() -> None:
    import tomllib

    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    named = [
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["duckdb"],
        *project["dependency-groups"]["dev"],
    ]
    wanted = {plain(re.split(r"[\[<>=~! ;]", text)[0]) for text in named}
    locked = {plain(re.split(r"[\[=]", line)[0]) for line in requirements() if "==" in line}
    assert wanted <= locked


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


# --- what people read


def read(name: str) -> str:
    return (PROJECT / name).read_text(encoding="utf-8")


def command_lines(group: click.Group, before: str) -> list[str]:
    lines = []
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            lines += command_lines(command, f"{before} {name}")
        else:
            lines.append(f"{before} {name}")
    return lines


@pytest.mark.parametrize("line", command_lines(main, "peereval"))
def test_the_readme_shows_every_command(line: str) -> None:
    assert line in read("README.md")


def test_the_readme_shows_no_command_that_is_not_there() -> None:
    shown = re.findall(
        r"^\s*(?:\$ )?peereval ([a-z-]+(?: [a-z]+(?:-[a-z]+)*)?)", read("README.md"), re.MULTILINE
    )
    known = {line.removeprefix("peereval ") for line in command_lines(main, "peereval")}
    assert shown
    assert [s for s in shown if s not in known and s.partition(" ")[0] not in known] == []


WORDS = (
    "respondent", "organisation", "phase", "occasion", "comparison", "role", "group", "scale",
    "item", "response", "score", "band", "outcome", "pair", "ledger", "estimate",
)  # fmt: skip


def entries() -> dict[str, str]:
    """Word -> meaning: a row of a table, a list item or a heading that begins with the word."""
    found: dict[str, str] = {}
    for line in read("GLOSSARY.md").splitlines():
        if made := re.match(r"[|#*\-\s]*[*`]*([a-z][a-z ,]*)[*`]*\s*[|:–-]\s*(.+)", line):
            for word in made[1].split(","):
                found[word.strip()] = made[2].strip(" |")
    return found


@pytest.mark.parametrize("word", WORDS)
def test_the_glossary_says_what_a_word_means(word: str) -> None:
    assert len(entries()[word].split()) >= 3


def test_the_glossary_says_one_thing_for_one_word() -> None:
    words = [match[1] for line in read("GLOSSARY.md").splitlines()
             if (match := re.match(r"\|\s*\**([a-z ]+)\**\s*\|", line))]  # fmt: skip
    assert len(words) == len(set(words))


@pytest.mark.parametrize("name", ["README.md", "GLOSSARY.md"])
def test_a_file_that_a_document_names_is_there(name: str) -> None:
    pattern = r"`((?:data|docs|examples|notebooks|scales|src|tests|benchmarks)/[\w./-]+)`"
    named = set(re.findall(pattern, read(name)))
    assert [path for path in sorted(named) if not Path(PROJECT, path).exists()] == []
