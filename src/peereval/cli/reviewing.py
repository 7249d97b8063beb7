"""Commands that read what a run wrote: methods."""

from pathlib import Path

import click

from peereval.cli.options import guarded


@click.command()
@click.argument("out", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("outcome")
@click.option("--phase", default="", help="Only this questionnaire version.")
@click.option("--group", default="", help="Only this group, or the contrast.")
@guarded
def methods(out: Path, outcome: str, phase: str, group: str) -> None:
    """Every estimator of an OUTCOME side by side, from the OUT folder of an earlier run.

    \b
    peereval methods out/pilot srs_community --phase primary --group all
    """
    import polars as pl

    from peereval.errors import UsageError, nearest
    from peereval.rendering.specification import show_specification
    from peereval.rendering.terminal import console

    path = out / "results.parquet"
    if not path.is_file():
        raise UsageError(f"There is no results.parquet in {out}: run peereval analyse first")
    results = pl.read_parquet(path)
    if not show_specification(results, outcome, console(), phase, group):
        known = results.filter(pl.col("analysis") == "paired")["outcome"].unique().to_list()
        hint = nearest(outcome, known) or f"There are {', '.join(sorted(known))}."
        raise UsageError(f"Nothing is estimated of the outcome {outcome!r} there. {hint}")
