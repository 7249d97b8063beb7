"""Commands about unit costs and price indices: costs list, costs show."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from peereval.cli.options import guarded
from peereval.errors import UsageError, nearest

if TYPE_CHECKING:
    from peereval.costs import CostFile
    from peereval.prices import Index

OWN = click.option(
    "--costs",
    "own",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Also a unit-cost file of your own, which is looked at first.",
)


@click.group()
def costs() -> None:
    """Unit costs and price indices that come with peereval, and slots for others."""


@costs.command("list")
@OWN
@guarded
def list_(own: tuple[Path, ...]) -> None:
    """Every unit cost with its price year, licence and status, and every price index."""
    from peereval.prices import load_indices
    from peereval.rendering.cost_text import cost_list, index_list
    from peereval.rendering.scale_text import screen_width

    width = screen_width()
    for line in cost_list(_files(own), width):
        click.echo(line)
    click.echo("Price indices")
    for line in index_list(load_indices(), width):
        click.echo(line)
    click.echo("\nOne of them, with its source: peereval costs show ID")


@costs.command()
@click.argument("name", metavar="ID")
@OWN
@click.option("--price-year", metavar="YEAR", help="Also in prices of this year: 2024/25.")
@click.option("--index", "index_id", metavar="INDEX", help="Price index for that, if another.")
@guarded
def show(name: str, own: tuple[Path, ...], price_year: str | None, index_id: str | None) -> None:
    """What a unit cost, a slot or a price index is, and where it comes from.

    \b
    peereval costs show classroom_teacher_15_minutes --price-year 2024/25
    peereval costs show nhscii
    """
    from peereval.rendering.scale_text import screen_width

    if index_id and not price_year:
        raise UsageError("--index needs --price-year: the year to convert to")
    # All of it first: what cannot be converted is an error, and then nothing is shown.
    lines = list(_about(name, list(_files(own)), price_year, index_id, screen_width()))
    click.echo("\n".join(lines))


def _about(
    name: str,
    files: "list[tuple[str, CostFile]]",
    price_year: str | None,
    index_id: str | None,
    width: int,
) -> Iterator[str]:
    """Lines about the unit cost, slot or price index of that name. Raises ``UsageError``."""
    from peereval.prices import load_indices
    from peereval.rendering import cost_text

    indices = load_indices()
    for file, found in files:
        if name in found.costs:
            cost, index = found.costs[name], indices.get(found.costs[name].index)
            yield from cost_text.cost_lines(cost, found.currency, file, index, width)
            variants = [
                each for each in (*found.costs, *found.slots) if each.startswith(f"{name}:")
            ]
            yield from cost_text.variant_lines(variants, width)
            if price_year:
                index = _index(index_id or cost.index, name, found.currency, indices)
                yield from cost_text.conversion_lines(
                    cost, found.currency, price_year, index, width
                )
            return
        if name in found.slots:
            yield from cost_text.slot_lines(found.slots[name], found.currency, file, width)
            return
    if name not in indices:
        known = [entry for _, each in files for entry in (*each.costs, *each.slots)]
        hint = nearest(name, [*known, *indices]) or "See: peereval costs list"
        raise UsageError(f"There is no unit cost {name!r}. {hint}")
    yield from cost_text.index_lines(indices[name], width)


def _index(wanted: str, name: str, currency: str, indices: "Mapping[str, Index]") -> "Index":
    if not wanted:
        raise UsageError(f"{name} names no price index: say which with --index")
    if wanted not in indices:
        hint = nearest(wanted, indices) or f"There are: {', '.join(sorted(indices))}"
        raise UsageError(f"There is no price index {wanted!r}. {hint}")
    if indices[wanted].currency != currency:
        raise UsageError(f"{name} is in {currency}, {wanted} in {indices[wanted].currency}")
    return indices[wanted]


def _files(own: tuple[Path, ...]) -> Iterator[tuple[str, "CostFile"]]:
    """Name and content of every file, a person's own ones first."""
    from peereval.costs import all_bundled, load_cost_file

    for path in own:
        yield path.name, load_cost_file(path)
    yield from all_bundled()
