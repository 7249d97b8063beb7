"""Commands of the workspace: links, and the server that shows pages to those who have one."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from peereval.cli.options import guarded
from peereval.errors import UsageError
from peereval.plurals import count_of

if TYPE_CHECKING:
    from flask import Flask

    from peereval.serving import Access, Link

#: Days that a link may work.
_MOST_DAYS = 366

OUT = click.argument("out", type=click.Path(path_type=Path, file_okay=False))
ACCESS = click.option(
    "--access",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File of the links (default: OUT.access.json, beside the folder).",
)


@click.group()
def links() -> None:
    """Links with which organisations open their own page and the evaluator all of them."""


@links.command("make")
@OUT
@ACCESS
@click.option("--organisation", "names", multiple=True, help="Whose link (default: everybody's).")
@click.option("--evaluator", is_flag=True, help="A link that shows every page.")
@click.option("--days", default=90, show_default=True, help="How long a link works.")
@click.option(
    "--address",
    default="http://127.0.0.1:8765",
    show_default=True,
    help="How people reach the workspace.",
)
@click.option(
    "--to",
    type=click.Path(path_type=Path, dir_okay=False),
    help="CSV to write the links to, for its owner alone, instead of the screen.",
)
@guarded
def make(
    out: Path,
    access: Path | None,
    names: tuple[str, ...],
    evaluator: bool,
    days: int,
    address: str,
    to: Path | None,
) -> None:
    """New links. Each is shown once: only a hash of it is kept.

    \b
    peereval links make out/pilot --to links.csv     a link for every organisation
    peereval links make out/pilot --evaluator        a link that shows every page
    """
    from peereval.serving import access_file, changing, open_access, open_pages, save_access
    from peereval.serving.links import EVALUATOR, now_in_utc

    if not 1 <= days <= _MOST_DAYS:
        raise UsageError(f"A link has to work for a day at least, and at most for {_MOST_DAYS}")
    pages = open_pages(out)
    wanted = _wanted(pages.slugs, names, evaluator, EVALUATOR)
    place, now = access or access_file(out), now_in_utc()
    made: list[tuple[Link, str]] = []
    with changing(place):
        known = open_access(place, pages.study)
        for name in wanted:
            known, link, secret = known.grant(name, days, now)
            made.append((link, f"{address.rstrip('/')}/enter/{secret}"))
        if to is not None:
            _write(made, to)
        save_access(known, place)
    if to is None:
        for link, url in made:
            click.echo(f"{_whose(link)}\t{url}")
    else:
        links, lasting = count_of(len(made), "link is|links are"), count_of(days, "day")
        click.echo(f"{links} in {to}, and will work for {lasting}")


def _wanted(
    known: Mapping[str, str], names: tuple[str, ...], evaluator: bool, of_all: str
) -> list[str]:
    if unknown := [name for name in names if name not in known]:
        raise UsageError(f"No organisation of this name has a page: {', '.join(unknown)}")
    wanted = [of_all] if evaluator else []
    return wanted + (list(names) if names or evaluator else list(known))


def _write(made: "list[tuple[Link, str]]", to: Path) -> None:
    import polars as pl

    from peereval.output import write_table

    rows = [
        {"organisation": _whose(link), "link": url, "expires": link.expires, "id": link.id}
        for link, url in made
    ]
    write_table(pl.DataFrame(rows), to, known=(".csv",))


@links.command("list")
@OUT
@ACCESS
@guarded
def list_links(out: Path, access: Path | None) -> None:
    """Every link with its id, whose it is and whether it works; never the link itself."""
    from peereval.serving import access_file, open_access
    from peereval.serving.links import now_in_utc

    now = now_in_utc()
    known = open_access(access or access_file(out))
    if not known.links:
        click.echo("There are no links yet: peereval links make")
    for link in known.links:
        state = "revoked" if link.revoked else "works" if link.works(now) else "expired"
        click.echo(f"{link.id}  {state:<8} until {link.expires[:10]}  {_whose(link)}")


@links.command("revoke")
@OUT
@click.argument("ids", nargs=-1)
@ACCESS
@click.option("--organisation", "names", multiple=True, help="Every link of an organisation.")
@click.option("--all", "everything", is_flag=True, help="Every link.")
@guarded
def revoke(
    out: Path, ids: tuple[str, ...], access: Path | None, names: tuple[str, ...], everything: bool
) -> None:
    """End links at once, also for those who have a page open."""
    from peereval.serving import access_file, changing, open_access, save_access
    from peereval.serving.links import now_in_utc

    place = access or access_file(out)
    with changing(place):
        known = open_access(place)
        chosen = _chosen(known, ids, names, everything)
        save_access(known.revoke(chosen, now_in_utc()), place)
    click.echo(f"{count_of(len(chosen), 'link is|links are')} revoked")


def _chosen(
    known: "Access", ids: tuple[str, ...], names: tuple[str, ...], everything: bool
) -> list[str]:
    chosen = [
        link.id
        for link in known.links
        if everything or link.id in ids or (link.organisation and link.organisation in names)
    ]
    missing = [each for each in ids if each not in chosen]
    if missing or not chosen:
        which = ", ".join(missing) or "any of these"
        raise UsageError(f"There is no link for {which}: see peereval links list")
    return chosen


def _whose(link: "Link") -> str:
    return link.organisation or "the evaluator"


@click.command()
@OUT
@ACCESS
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8765,
    show_default=True,
    help="Port to listen at; 0 for any that is free.",
)
@click.option("--https", is_flag=True, help="People reach it by https, through a proxy.")
@click.option(
    "--proxies",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Proxies in front of it whose word for the visitor's address counts.",
)
@click.option(
    "--wording",
    type=click.Path(path_type=Path),
    help="Folder of your own texts: workspace.toml is what it says besides the pages.",
)
@guarded
def serve(
    out: Path,
    access: Path | None,
    host: str,
    port: int,
    https: bool,
    proxies: int,
    wording: Path | None,
) -> None:
    """Show each organisation its own page, and the evaluator all of them, to whoever has a link.

    \b
    peereval links make out/pilot --to links.csv
    peereval serve out/pilot
    """
    import logging
    import sys

    from peereval.serving import Settings, access_file, workspace
    from peereval.wording import words

    settings = Settings(out, access or access_file(out), https)
    server = _server(workspace(settings, words(folder=wording)), host, port, proxies)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(message)s")
    logging.getLogger("waitress").setLevel(logging.WARNING)
    # A name such as localhost may stand for several addresses.
    listens = getattr(server, "effective_listen", None) or [(host, server.effective_port)]
    name = f"[{host}]" if ":" in host else host
    click.echo(f"The workspace of {out} is at http://{name}:{listens[0][1]}", err=True)
    if host not in ("127.0.0.1", "localhost", "::1") and not https:
        click.echo("Anyone on the way can read what is sent: use https in front of it", err=True)
    server.run()


def _server(app: "Flask", host: str, port: int, proxies: int) -> Any:
    """A server that waits to run. Raises ``UsageError`` where it cannot listen."""
    from waitress import create_server
    from werkzeug.middleware.proxy_fix import ProxyFix

    try:
        return create_server(
            ProxyFix(app, x_for=proxies) if proxies else app,
            host=host, port=port, ident="", threads=8,
            # By itself it strikes out what a proxy says of who is asking.
            clear_untrusted_proxy_headers=not proxies,
        )  # fmt: skip
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "no such address"
        fix = "choose another with --host or --port"
        raise UsageError(f"Nothing can listen at {host}, port {port} ({why}): {fix}") from None
