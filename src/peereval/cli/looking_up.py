"""Commands that only tell: explain, scales."""

from pathlib import Path

import click

from peereval.cli.options import guarded


@click.command()
@click.argument("code")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For people, or for programs.",
)
@guarded
def explain(code: str, form: str) -> None:
    """What the CODE of a fault or finding means, why it matters and how to mend it.

    \b
    peereval explain MAP002
    """
    from peereval.catalogue import explain as look_up
    from peereval.rendering.findings import show_explanation

    show_explanation(look_up(code), form)


@click.group()
def scales() -> None:
    """The instruments that peereval can score."""


FOLDER = click.option(
    "--scales",
    "folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of your own scale files, whose files win.",
)


@scales.command("list")
@click.option("--outcomes", is_flag=True, help="Also the outcomes and bands of each.")
@FOLDER
@guarded
def list_(outcomes: bool, folder: Path | None) -> None:
    """Every scale that is known here."""
    from peereval.rendering.scale_text import list_lines, screen_width
    from peereval.scales import load_scale, scale_files

    known = (load_scale(name, folder) for name in sorted(scale_files(folder)))
    for line in list_lines(known, outcomes, screen_width()):
        click.echo(line)
    if not outcomes:
        click.echo(
            "\nOutcomes: peereval scales list --outcomes; one scale: peereval scales show ID"
        )


@scales.command()
@click.argument("scale_id")
@FOLDER
@guarded
def show(scale_id: str, folder: Path | None) -> None:
    """How the scale SCALE_ID is coded, scored and sourced."""
    from peereval.rendering.scale_text import scale_lines, screen_width
    from peereval.scales import load_scale

    for line in scale_lines(load_scale(scale_id, folder), screen_width()):
        click.echo(line)


@scales.command()
@click.argument("file", type=click.Path(path_type=Path))
@guarded
def check(file: Path) -> None:
    """Everything that is wrong with a scale FILE, its worked examples included."""
    from peereval.scales import load_scale_file

    scale = load_scale_file(file)
    click.echo(
        f"{file.name} is right: {scale.title}; items: {len(scale.items)}, scores: "
        f"{len(scale.scores)}, examples that hold: {len(scale.examples)}"
    )


@scales.command()
@FOLDER
@guarded
def document(folder: Path | None) -> None:
    """A page about every scale, in Markdown: docs/scales.md is made by this."""
    from peereval.rendering import scale_document
    from peereval.scales import load_scale, scale_files

    known = [load_scale(name, folder) for name in sorted(scale_files(folder))]
    click.echo(scale_document.document(known), nl=False)
