"""The command that writes a report again from its results."""

from pathlib import Path

import click

from peereval.cli.options import QUIET, TO, guarded
from peereval.errors import UsageError, nearest

_FOLDER = click.Path(path_type=Path)


@click.command()
@click.argument("out", type=_FOLDER)
@TO
@click.option("--section", "sections", multiple=True, help="A section; repeat it, in order.")
@click.option("--wording", type=_FOLDER, help="Folder of your own texts: report.toml and others.")
@click.option("--templates", type=_FOLDER, help="Folder of your own templates of page or document.")
@QUIET
@guarded
def report(
    out: Path,
    formats: tuple[str, ...],
    sections: tuple[str, ...],
    wording: Path | None,
    templates: Path | None,
    quiet: bool,
) -> None:
    """Write the report in OUT again, from its results.json: without the data, in other words.

    \b
    peereval report out --to html,docx --wording my_words
    peereval report out --section found --section outcomes
    """
    from peereval.reporting import Wanted, report_again
    from peereval.studies import SECTIONS

    for name in sections:
        if name not in SECTIONS:
            hint = nearest(name, SECTIONS) or f"One of {', '.join(SECTIONS)}."
            raise UsageError(f"There is no section {name!r}. {hint}")
    made = report_again(out, Wanted(formats, sections, wording, templates))
    if not quiet:
        click.echo(f"Written to {out}: {', '.join(dict.fromkeys(made))}")
