"""What commands share: options, the end of a command that fails, and its progress."""

import signal
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn, TypeVar, cast

import click

from peereval.errors import OutputError, PeerevalError, UsageError

Command = TypeVar("Command", bound=Callable[..., Any])

#: Exit codes besides those of the errors: findings under --strict, and what a shell expects of a
#: program that was interrupted or told to end.
FOUND, INTERRUPTED, TOLD_TO_END = 1, 130, 143


def _formats(_context: click.Context, _option: click.Parameter, given: str | None) -> Any:
    """Names of formats, in order. Raises a usage error for one that is not known."""
    from peereval.studies import FORMATS

    names = tuple(dict.fromkeys(filter(None, (given or "").replace(" ", "").split(","))))
    for name in names:
        if name not in FORMATS:
            raise click.BadParameter(f"{name!r} is none of {', '.join(FORMATS)}")
    return names


STUDY = click.argument("study", type=click.Path(path_type=Path))
DATA = click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="Folder of the exports (default: the study's own).",
)
ENGINE = click.option(
    "--engine",
    type=click.Choice(["polars", "pandas", "duckdb"]),
    default="polars",
    show_default=True,
    help="What carries scoring, pairing and sums. Results are the same.",
)
DEPTH = click.option(
    "--depth",
    type=click.Choice(["full", "headline"]),
    help="Every estimator, or headlines and plain tests only (default: as the study says).",
)
UNPROTECTED = click.option(
    "--no-disclosure-control",
    "unprotected",
    is_flag=True,
    help="Keep nothing back. What is written says that it is not for publication.",
)
TO = click.option(
    "--to",
    "formats",
    callback=_formats,
    metavar="FORMAT,FORMAT",
    help="html, xlsx, docx, md, latex, svg, png (default: as the study says, else html, xlsx, "
    "docx, svg).",
)
DECISIONS = click.option(
    "--decisions",
    type=click.Path(path_type=Path),
    help="A near_misses.csv in which a person has decided.",
)
CODING = click.option(
    "--coding", multiple=True, metavar="SCALE=NAME", help="How a scale is numbered in exports."
)
PHASE = click.option("--phase", multiple=True, metavar="FILE=NAME", help="Phase of an export.")
QUIET = click.option("--quiet", is_flag=True, help="Print nothing but errors.")
OVERWRITE = click.option("--overwrite", is_flag=True, help="Write over files that are there.")
STRICT = click.option(
    "--strict", is_flag=True, help="Exit with 1 if anything was found that is not accepted."
)
FORMAT = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="How faults and findings are said: for people, for programs, or for a GitHub log.",
)


def out(default: str, text: str) -> Callable[[Command], Command]:
    """The option ``--out`` with its default and its help."""
    return click.option(
        "--out",
        type=click.Path(path_type=Path),
        default=Path(default),
        show_default=True,
        help=text,
    )


def guarded(command: Command) -> Command:
    """Ends a command with the message and the exit code of its error, never a traceback."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        form = kwargs.get("form", "text")
        _end_when_told()
        try:
            command(*args, **kwargs)
        except PeerevalError as error:
            fail(error, form)
        except KeyboardInterrupt:
            click.echo("peereval: interrupted; nothing is half-written", err=True)
            sys.exit(INTERRUPTED)
        except BrokenPipeError:
            raise  # the reader of a pipe had enough; click ends quietly
        except MemoryError:
            fail(PeerevalError("The memory of this machine is not enough"), form)
        except OSError as error:
            place = f"{error.filename}: " if error.filename else ""
            fail(OutputError(f"{place}{error.strerror or str(error)}"), form)

    return cast(Command, run)


def _end_when_told() -> None:
    """Let a request to end unwind like an interruption, so that nothing is left half-written."""

    def end(_number: int, _frame: object) -> NoReturn:
        sys.exit(TOLD_TO_END)

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, end)


def fail(error: PeerevalError, form: str = "text") -> NoReturn:
    """Say what went wrong, in the form asked for, and end with the error's own exit code."""
    from peereval.rendering.findings import error_text

    if form == "text":
        click.echo(f"peereval: {error_text(error)}", err=True)
    else:
        click.echo(error_text(error, form))
    sys.exit(error.exit_code)


def progress(quiet: bool) -> Callable[[str, str], None]:
    """Says each stage as it ends, on a terminal; silent elsewhere."""
    if quiet or not sys.stderr.isatty():
        return lambda _stage, _said: None
    return lambda stage, said: click.echo(f"  {stage:<10} {said}", err=True)


def named(pairs: Iterable[str], option: str) -> dict[str, str]:
    """``NAME=VALUE`` as typed, by name. Raises ``UsageError`` for anything else."""
    found = {}
    for pair in pairs:
        name, equals, value = pair.rpartition("=")
        if not (name and equals and value):
            raise UsageError(f"{option} {pair!r} is not understood: write {option} NAME=VALUE")
        found[name] = value
    return found


def by_file(values: Sequence[str], exports: Sequence[Path], option: str) -> dict[str, str]:
    """``FILE=NAME`` by the name of the file; with one export the name alone is enough."""
    if len(exports) == 1 and len(values) == 1 and "=" not in values[0]:
        return {exports[0].name: values[0]}
    found = {Path(file).name: name for file, name in named(values, option).items()}
    there = {export.name for export in exports}
    if unknown := [file for file in found if file not in there]:
        raise UsageError(f"{option}: {unknown[0]!r} is none of the exports")
    return found
