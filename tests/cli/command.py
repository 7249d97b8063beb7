"""Runs the command line inside the test's own process, as a person would have typed it."""

from pathlib import Path

from click.testing import CliRunner, Result

from peereval.cli import main


def run(*words: str | Path) -> Result:
    """`peereval` with these words; an unexpected exception is the test's to see."""
    result = CliRunner().invoke(main, [str(word) for word in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def done(*words: str | Path) -> Result:
    """As `run`, for a command that must succeed without a word on stderr."""
    result = run(*words)
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    return result


def neighbours(folder: Path) -> set[str]:
    """Names of everything in a folder, hidden files too."""
    return {path.name for path in folder.iterdir()}
