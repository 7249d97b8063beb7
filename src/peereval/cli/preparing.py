"""Commands before a study: init, ids, pseudonymise, simulate."""

import os
from pathlib import Path
from typing import Any, Literal

import click

from peereval.cli.options import (
    CODING,
    OVERWRITE,
    PHASE,
    QUIET,
    by_file,
    guarded,
    named,
    out,
)
from peereval.errors import UsageError
from peereval.plurals import count_of


@click.command()
@click.argument("exports", nargs=-1, required=True, type=click.Path(path_type=Path))
@out("study.toml", "Study file to write.")
@click.option("--id", "id_column", default="", help="Column of the unique id.")
@click.option("--organisation", default="", help="Column of the school or organisation.")
@click.option("--title", default="", help="Title of the study.")
@click.option("--occasion", multiple=True, metavar="FILE=NAME", help="Occasion of an export.")
@PHASE
@CODING
@click.option("--scales", type=click.Path(path_type=Path), help="Folder of your own scale files.")
@OVERWRITE
@guarded
def init(
    exports: tuple[Path, ...],
    out: Path,
    id_column: str,
    organisation: str,
    title: str,
    occasion: tuple[str, ...],
    phase: tuple[str, ...],
    coding: tuple[str, ...],
    scales: Path | None,
    overwrite: bool,
) -> None:
    """Draft a study.toml from EXPORTS: what was recognised, and how sure each guess is.

    \b
    peereval init wave_1_baseline.csv wave_1_follow_up.csv
    peereval init export.csv --occasion baseline --id "Pupil code"
    """
    from peereval.output import write_text
    from peereval.recognising import Given, draft_study
    from peereval.rendering.findings import show_draft

    given = Given(
        id=id_column,
        organisation=organisation,
        title=title,
        folder=out.resolve().parent,
        occasions=by_file(occasion, exports, "--occasion"),
        phases=by_file(phase, exports, "--phase"),
        codings=named(coding, "--coding"),
        scale_folder=scales,
    )
    draft = draft_study(exports, given)
    write_text(draft.text, out, overwrite)
    show_draft(draft, out)


@click.group()
def ids() -> None:
    """Unique ids for respondents."""


@ids.command("make")
@click.option(
    "--organisations",
    required=True,
    type=click.Path(path_type=Path),
    help="Table or list of the organisations, one a row.",
)
@click.option("--per", required=True, type=int, help="Ids for each organisation.")
@click.option("--seed", type=int, help="The same seed gives the same ids (default: none).")
@out("ids.csv", "Table to write: one row per id.")
@OVERWRITE
@guarded
def make(organisations: Path, per: int, seed: int | None, out: Path, overwrite: bool) -> None:
    """Issue unique ids with a check character, so that a typing error shows as one.

    \b
    peereval ids make --organisations schools.csv --per 120

    No two ids differ by one character or by two swapped neighbours, and no character looks
    like another. A study with check_character = true then tells a typing error from a
    stranger.
    """
    from peereval.issuing import issue_ids, read_organisations
    from peereval.output import write_table

    table = issue_ids(read_organisations(organisations), per, seed)
    write_table(table, out, overwrite)
    named = count_of(table["organisation"].n_unique(), "organisation")
    click.echo(f"{count_of(table.height, 'id')} for {named}: {out}")


@click.command()
@click.argument("exports", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--id", "id_column", required=True, help="Column of the unique id.")
@click.option("--key-file", type=click.Path(path_type=Path), help="File that holds the key.")
@click.option("--key-variable", help="Environment variable that holds the key.")
@click.option("--allow", multiple=True, metavar="COLUMN", help="Personal column to keep.")
@out("pseudonymised", "Folder to write: one CSV for each export or sheet.")
@QUIET
@guarded
def pseudonymise(
    exports: tuple[Path, ...],
    id_column: str,
    key_file: Path | None,
    key_variable: str | None,
    allow: tuple[str, ...],
    out: Path,
    quiet: bool,
) -> None:
    """Write EXPORTS again with ids turned into keyed hashes (HMAC-SHA256).

    Names, addresses and free text are left out as far as they can be recognised: look over the
    columns that it says were kept. The same key gives the same hashes in every
    export, so that occasions still match. Keep the key apart: with it, ids can be tried.
    """
    from peereval.pseudonymising import pseudonymise as rewrite
    from peereval.pseudonymising import read_key

    key = read_key(key_file, key_variable, os.environ)
    written = rewrite(exports, id_column, key, out, allow)
    if not quiet:
        for line in written:
            click.echo(line)


@click.command()
@out("simulated", "Folder to write the exports and their study.toml into.")
@click.option("--pilot", is_flag=True, help="The peer support pilots of 2018, made again.")
@click.option("--pilot-leads", is_flag=True, help="The survey of pilot leads, made again.")
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
@OVERWRITE
@guarded
def simulate(
    out: Path,
    pilot: bool,
    pilot_leads: bool,
    seed: int,
    format_: Literal["csv", "parquet"],
    overwrite: bool,
    **settings: Any,
) -> None:
    """Make up a survey: at any size, with a planted effect, or the pilot again."""
    if pilot and pilot_leads:
        raise UsageError("--pilot and --pilot-leads are two studies: make one at a time")
    if pilot or pilot_leads:
        from peereval.simulating import simulate_pilot, simulate_pilot_leads

        make_again = simulate_pilot if pilot else simulate_pilot_leads
        if out.is_dir() and any(out.iterdir()) and not overwrite:
            raise UsageError(f"{out} holds files: choose another folder, or say --overwrite")
        files = make_again(out, seed=seed)
        click.echo(f"{len(files)} files written. Now: peereval analyse {out / 'study.toml'}")
        return
    from peereval.simulating import simulate as make_up

    study = make_up(out, seed=seed, format=format_, overwrite=overwrite, **settings)
    click.echo(f"Made. Now: peereval analyse {study}")
