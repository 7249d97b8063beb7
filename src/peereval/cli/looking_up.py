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


@scales.command("list")
@guarded
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
@guarded
def show(scale_id: str) -> None:
    """How the scale SCALE_ID is coded, scored and sourced."""
    from peereval.rendering.scale_text import scale_lines
    from peereval.scales import load_scale

    for line in scale_lines(load_scale(scale_id)):
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
