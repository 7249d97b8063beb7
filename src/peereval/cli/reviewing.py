"""Commands that look again at what is there: methods, check-table."""

import sys
from pathlib import Path

import click

from peereval.cli.options import FORMAT, FOUND, STRICT, guarded


@click.command()
@click.argument("out", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("outcome")
@click.option("--phase", default="", help="Only this questionnaire version.")
@click.option("--group", default="", help="Only this group, or the contrast.")
@guarded
def methods(out: Path, outcome: str, phase: str, group: str) -> None:
    """Every estimator of an OUTCOME side by side, from the OUT folder of an earlier run.

    It reads every result (OUT/restricted), and is for the evaluator.

    \b
    peereval methods out/pilot srs_community --phase primary --group all
    """
    import polars as pl

    from peereval.errors import UsageError, nearest
    from peereval.rendering.specification import show_specification
    from peereval.rendering.terminal import console

    path = out / "restricted" / "results.parquet"
    if not path.is_file():
        raise UsageError(f"There is no {path}: run peereval analyse first")
    results = pl.read_parquet(path)
    if not show_specification(results, outcome, console(), phase, group):
        known = results.filter(pl.col("analysis") == "paired")["outcome"].unique().to_list()
        hint = nearest(outcome, known) or f"There are {', '.join(sorted(known))}."
        raise UsageError(f"Nothing is estimated of the outcome {outcome!r} there. {hint}")


@click.command("check-table")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--adjust",
    type=click.Choice(["holm", "benjamini_hochberg"]),
    help="Say also which stars survive among all tests of their table.",
)
@STRICT
@FORMAT
@guarded
def check_table(files: tuple[Path, ...], adjust: str | None, strict: bool, form: str) -> None:
    """Look again at published tables: do their numbers agree with each other?

    \b
    peereval check-table table_2_2.toml --adjust holm

    Whether shares and means are possible on their bases, rows and columns add, subgroups come to
    their total, stars are where a test puts them, and cut-offs are those of the scale. Each of
    FILES is a table typed from its page: docs/check_table.md says how.
    """
    from peereval.catalogue import is_note
    from peereval.errors import TableError
    from peereval.published_tables import CheckedTable, check_table
    from peereval.rendering.published_tables import show_tables, tables_text

    checked = list[CheckedTable]()
    errors = list[TableError]()
    for file in files:
        try:
            checked.append(check_table(file, adjust or ""))
        except TableError as error:
            errors.append(error)
    if errors:  # all that is wrong with any of the files, and nothing of the others
        messages = "\n".join(error.message for error in errors)
        raise TableError(messages, (fault for error in errors for fault in error.faults))
    if form == "text":
        show_tables(checked)
    else:
        click.echo(tables_text(checked, form))
    if strict and not all(is_note(f.code) for each in checked for f in each.findings):
        sys.exit(FOUND)
