"""Commands about survey tables: tables code-sheet."""

from pathlib import Path

import click

from peereval.cli.options import DATA, OVERWRITE, QUIET, STUDY, guarded
from peereval.plurals import count_of


@click.group()
def tables() -> None:
    """Survey tables: the sheet in which people code free text."""


@tables.command("code-sheet")
@STUDY
@click.argument("table")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="Sheet to write, .csv: with what people wrote, for its owner alone, never for release.",
)
@DATA
@QUIET
@OVERWRITE
@guarded
def code_sheet(
    study: Path, table: str, out: Path, data: Path | None, quiet: bool, overwrite: bool
) -> None:
    """The blank coding sheet of a TABLE of themes, with every answer that counts.

    \b
    peereval tables code-sheet study.toml best_thing --out best_thing.csv

    Fill in coder and themes (several with ; between them). A quotation that may be shown gets yes
    in quote, and its text, without anything that tells who or where, in quotation.
    """
    from peereval.output import write_table
    from peereval.studies import load_study
    from peereval.writing_coding_sheets import blank_coding_sheet

    frame = blank_coding_sheet(load_study(study, data), table)
    write_table(frame, out, overwrite, known=(".csv",))
    if not quiet:
        click.echo(f"{count_of(frame.height, 'answer')} to code: {out}")
        click.echo("It holds what respondents wrote: never publish or send it.")
