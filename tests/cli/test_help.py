"""Every command says what it is for; what cannot be understood is answered with code 2."""

import subprocess
import sys

import click
import pytest

from cli.command import done, run
from peereval import __version__
from peereval.cli import main


def commands(group: click.Group, before: tuple[str, ...] = ()) -> dict[str, click.Command]:
    found: dict[str, click.Command] = {}
    for name, command in group.commands.items():
        found[" ".join([*before, name])] = command
        if isinstance(command, click.Group):
            found |= commands(command, (*before, name))
    return found


COMMANDS = commands(main)


def test_the_commands_are_these() -> None:
    assert {
        "init",
        "check",
        "analyse",
        "explain",
        "ids make",
        "pseudonymise",
        "score",
        "match",
        "simulate",
        "scales",
        "scales list",
        "scales show",
        "scales check",
    } <= COMMANDS.keys()


@pytest.mark.parametrize("option", ["--help", "-h"])
@pytest.mark.parametrize("words", ["", *COMMANDS])
def test_every_command_has_help(words: str, option: str) -> None:
    said = done(*words.split(), option).stdout
    assert said.startswith("Usage:")
    assert "Options:" in said
    command = COMMANDS.get(words, main)
    assert command.help
    assert " ".join(command.help.split()[:4]) in " ".join(said.split())


@pytest.mark.parametrize("words", COMMANDS)
def test_every_option_says_what_it_does(words: str) -> None:
    for parameter in COMMANDS[words].params:
        if isinstance(parameter, click.Option) and parameter.name != "format_":
            assert parameter.help, parameter.name


def test_the_help_of_the_whole_lists_every_command() -> None:
    said = done("--help").stdout
    listed = {line.split()[0] for line in said.split("Commands:")[1].splitlines() if line.strip()}
    assert listed == set(main.commands)


def test_the_version_is_the_package_s() -> None:
    assert done("--version").stdout.split()[-1] == __version__


def test_the_module_runs_like_the_command() -> None:
    call = [sys.executable, "-m", "peereval", "--version"]
    made = subprocess.run(call, capture_output=True, text=True, check=True)
    assert made.stdout == done("--version").stdout


@pytest.mark.parametrize(
    "words",
    [
        ["analyze", "study.toml"],
        ["analyse"],
        ["analyse", "study.toml", "--engine", "excel"],
        ["analyse", "study.toml", "--speed", "high"],
        ["scales", "show"],
        ["simulate", "--respondents", "many"],
    ],
)
def test_what_cannot_be_understood_is_a_usage_error(words: list[str]) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("Usage:")
