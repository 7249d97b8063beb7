"""The command that plans a survey: power."""

import json
from typing import Literal

import click

from peereval.cli.options import guarded


@click.command()
@click.option(
    "--design",
    type=click.Choice(["paired", "did"]),
    default="paired",
    show_default=True,
    help="Change of one group, or the difference of two groups' changes.",
)
@click.option("--n", type=int, help="Matched pairs in all.")
@click.option("--effect", type=float, help="Effect in standard deviations.  [default: 0.2]")
@click.option("--power", type=float, help="Power to find it.  [default: 0.8]")
@click.option("--level", default=0.95, show_default=True, help="Level of the interval: 1 - alpha.")
@click.option(
    "--correlation",
    type=float,
    help="Of before and after: the effect is then in standard deviations before, else of change.",
)
@click.option("--treated", default=0.5, show_default=True, help="did: share in the first group.")
@click.option("--icc", default=0.0, help="Intraclass correlation of change by organisation.")
@click.option("--organisation-size", type=float, help="Matched pairs in an organisation.")
@click.option("--organisations", type=int, help="How many organisations, instead of their size.")
@click.option("--size-variation", default=0.0, help="Coefficient of variation of their sizes.")
@click.option("--mixed", is_flag=True, help="did: each organisation has both groups, not one.")
@click.option("--attrition", default=0.0, help="Share of respondents lost before the follow-up.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For people, or for programs.",
)
@guarded
def power(
    design: str,
    n: int | None,
    effect: float | None,
    power: float | None,
    level: float,
    correlation: float | None,
    treated: float,
    icc: float,
    organisation_size: float | None,
    organisations: int | None,
    size_variation: float,
    mixed: bool,
    attrition: float,
    form: Literal["text", "json"],
) -> None:
    """Matched pairs for an effect, the effect for so many pairs, or the power for both.

    \b
    peereval power                                   pairs for an effect of 0.2, power 80%
    peereval power --n 393                           smallest effect that 393 pairs show
    peereval power --n 196 --effect 0.2              power of 196 pairs
    peereval power --icc 0.05 --organisation-size 14 --attrition 0.6
    peereval power --design did --treated 0.67 --n 373
    """
    from peereval.estimators.power import Design, plan_study
    from peereval.rendering.power_text import power_lines, power_record

    if n is None and effect is None:
        effect = 0.2
    if power is None and (n is None or effect is None):
        power = 0.8
    made = plan_study(
        Design(
            kind=design,
            level=level,
            treated=treated,
            icc=icc,
            organisation_size=organisation_size,
            organisations=organisations,
            size_variation=size_variation,
            mixed=mixed,
        ),
        n,
        effect,
        power,
        correlation,
        attrition,
    )
    if form == "json":
        click.echo(json.dumps(power_record(made), indent=2))
        return
    for line in power_lines(made):
        click.echo(line)
