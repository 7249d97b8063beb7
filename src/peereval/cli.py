"""The command line: parse, call, exit code. Everything heavy is imported inside the commands."""

import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn, TypeVar, cast

import click

from peereval import __version__
from peereval.errors import OutputError, PeerevalError, UsageError

Command = TypeVar("Command", bound=Callable[..., Any])

_STUDY = click.argument("study", type=click.Path(path_type=Path))
_DATA = click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="Folder of the exports (default: the study's own).",
)
_ENGINE = click.option(
    "--engine",
    type=click.Choice(["polars", "pandas", "duckdb"]),
    default="polars",
    show_default=True,
    help="What carries scoring, pairing and sums. Results are the same.",
)
_QUIET = click.option("--quiet", is_flag=True, help="Print nothing but errors.")
_OVERWRITE = click.option("--overwrite", is_flag=True, help="Write over files that are there.")


def _out(default: str, text: str) -> Callable[[Command], Command]:
    return click.option(
        "--out",
        type=click.Path(path_type=Path),
        default=Path(default),
        show_default=True,
        help=text,
    )


# Freed memory goes back to the system at once: a large run then peaks at what it holds, two
# thirds of what it would otherwise. The allocator of polars reads this when it is loaded.
os.environ.setdefault("_RJEM_MALLOC_CONF", "dirty_decay_ms:0,muzzy_decay_ms:0")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="peereval")
def main() -> None:
    """Pre/post wellbeing surveys of children and young people -> an evaluation that stands up.

    \b
    peereval analyse study.toml --out out     the whole evaluation of a study
    peereval scales show swemwbs              how a scale is scored, and who says so
    peereval simulate --out practice          a made-up survey to practise on
    """


def _guarded(command: Command) -> Command:
    """Ends a command with the message and the exit code of its error, never a traceback."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except PeerevalError as error:
            _fail(error)
        except BrokenPipeError:
            raise  # the reader of a pipe had enough; click ends quietly
        except OSError as error:
            place = f"{error.filename}: " if error.filename else ""
            _fail(OutputError(f"{place}{error.strerror or type(error).__name__}"))

    return cast(Command, run)


def _fail(error: PeerevalError) -> NoReturn:
    click.echo(f"peereval: {error}", err=True)
    sys.exit(error.exit_code)


def _progress(quiet: bool) -> Callable[[str, str], None]:
    """Says each stage as it ends, on a terminal; silent elsewhere."""
    if quiet or not sys.stderr.isatty():
        return lambda _stage, _said: None
    return lambda stage, said: click.echo(f"  {stage:<10} {said}", err=True)


@main.command()
@_STUDY
@_out("out", "Folder to write. An earlier run there is replaced.")
@_DATA
@_ENGINE
@_QUIET
@_guarded
def analyse(study: Path, out: Path, data: Path | None, engine: str, quiet: bool) -> None:
    """The whole evaluation of STUDY, a study.toml: results, and what became of every row."""
    from peereval.output import check_output, write_run
    from peereval.pipeline import analyse as run_analysis
    from peereval.studies import load_study

    check_output(out)
    run = run_analysis(load_study(study, data), engine, _progress(quiet))
    write_run(run, out)
    if not quiet:
        from peereval.rendering.terminal import console, show_run

        screen = console()
        show_run(run, screen)
        screen.print(
            f"Written to {out}: results.csv, results.parquet, run.json, restricted/", markup=False
        )
        screen.print(
            "Nothing is suppressed yet: results.csv may hold small counts. Not for publication."
        )


@main.command()
@_STUDY
@_out("scores.csv", "Table to write, .csv or .parquet: row-level, not for release.")
@_DATA
@_ENGINE
@_QUIET
@_OVERWRITE
@_guarded
def score(
    study: Path, out: Path, data: Path | None, engine: str, quiet: bool, overwrite: bool
) -> None:
    """Score every response of STUDY: one row per export row, one column per outcome."""
    from peereval.output import write_table
    from peereval.pipeline import score_study
    from peereval.studies import load_study

    frame = score_study(load_study(study, data), engine, _progress(quiet))
    write_table(frame, out, overwrite)
    if not quiet:
        click.echo(f"{frame.height:,} responses scored: {out}")


@main.command("match")
@_STUDY
@_out("matched", "Folder to write. An earlier run there is replaced.")
@_DATA
@_ENGINE
@_QUIET
@_guarded
def match_(study: Path, out: Path, data: Path | None, engine: str, quiet: bool) -> None:
    """Match the responses of STUDY by id: pairs, and a ledger of where every row went."""
    from peereval.output import check_output, write_matching
    from peereval.pipeline import match_study
    from peereval.studies import load_study

    check_output(out)
    matching = match_study(load_study(study, data), engine, _progress(quiet))
    write_matching(matching, out)
    if not quiet:
        from peereval.rendering.terminal import console, show_losses

        screen = console()
        show_losses(matching, screen)
        screen.print(f"\nWritten to {out}: run.json, restricted/", markup=False)


@main.command()
@_out("simulated", "Folder to write the exports and their study.toml into.")
@click.option("--pilot", is_flag=True, help="The peer support pilots of 2018, made again.")
@click.option("--respondents", default=3000, show_default=True, help="People at baseline.")
@click.option("--organisations", type=int, help="Schools (default: by size).")
@click.option(
    "--effect",
    default=0.0,
    show_default=True,
    help="Planted effect on participants, in standard deviations.",
)
@click.option("--icc", default=0.03, show_default=True, help="Share of variance between schools.")
@click.option("--follow-up", default=0.7, show_default=True, help="Share who answer again.")
@click.option("--participants", default=0.5, show_default=True, help="Share who take part.")
@click.option("--seed", default=2018, show_default=True, help="The same seed gives the same files.")
@click.option(
    "--format", "format_", type=click.Choice(["csv", "parquet"]), default="csv", show_default=True
)
@_OVERWRITE
@_guarded
def simulate(
    out: Path, pilot: bool, seed: int, format_: str, overwrite: bool, **settings: Any
) -> None:
    """Make up a survey: at any size, with a planted effect, or the pilot again."""
    if pilot:
        from peereval.simulating import simulate_pilot

        if out.is_dir() and any(out.iterdir()) and not overwrite:
            raise UsageError(f"{out} holds files: choose another folder, or say --overwrite")
        files = simulate_pilot(out, seed=seed)
        click.echo(f"{len(files)} files written. Now: peereval analyse {out / 'study.toml'}")
        return
    from peereval.simulating import simulate as make

    study = make(out, seed=seed, format=format_, overwrite=overwrite, **settings)  # type: ignore[arg-type]
    click.echo(f"Made. Now: peereval analyse {study}")


@main.group()
def scales() -> None:
    """The instruments that peereval can score."""


@scales.command("list")
@_guarded
def list_() -> None:
    """Every bundled scale, with its outcomes."""
    from peereval.scales import load_scale, scale_files

    for name in scale_files():
        scale = load_scale(name)
        click.echo(
            f"{name:<12} {scale.title}{'' if scale.source['verified'] else ' (not verified)'}"
        )
        titles = [(score.outcome, score.title) for score in scale.scores]
        for outcome, title in titles + [(band.outcome, band.title) for band in scale.bands]:
            click.echo(f"{'':<12}   {outcome:<24} {title}")


@scales.command()
@click.argument("scale_id")
@_guarded
def show(scale_id: str) -> None:
    """How the scale SCALE_ID is coded, scored and sourced."""
    from peereval.rendering.scale_text import scale_lines
    from peereval.scales import load_scale

    for line in scale_lines(load_scale(scale_id)):
        click.echo(line)


@scales.command()
@click.argument("file", type=click.Path(path_type=Path))
@_guarded
def check(file: Path) -> None:
    """Everything that is wrong with a scale FILE, its worked examples included."""
    from peereval.scales import load_scale_file

    scale = load_scale_file(file)
    click.echo(
        f"{file.name} is right: {scale.title}; items: {len(scale.items)}, scores: "
        f"{len(scale.scores)}, examples that hold: {len(scale.examples)}"
    )


if __name__ == "__main__":
    main()
