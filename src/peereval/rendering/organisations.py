"""Pages for organisations as files: one each, one for its pupils, and the evaluator's list."""

from pathlib import Path

import polars as pl

from peereval.composing.organisations import compose_index, compose_organisations
from peereval.publishing import Publication
from peereval.rendering.html import pages, write_page
from peereval.wording import Words

#: Where the pages are, below the output folder.
FOLDER = "organisations"


def write_organisations(
    publication: Publication,
    organisations: pl.DataFrame,
    words: Words,
    place: Path,
    templates: Path | None = None,
) -> None:
    """Write a page for every organisation below ``place``; nothing where there are none.

    ``organisations``: `peereval.columns.ORGANISATIONS` as each may see it.
    """
    if organisations.is_empty():
        return
    folder, listed = place / FOLDER, []
    (folder / "pupils").mkdir(parents=True)
    made = pages(publication, words, templates, linked=False, scripted=False)
    for page in compose_organisations(publication, organisations, words):
        listed.append(page.entry())
        for report, where in ((page.report, folder), (page.pupils, folder / "pupils")):
            path = where / f"{page.slug}.html"
            path.write_text(made(report), encoding="utf-8", newline="\n")
    index = compose_index(publication, listed, organisations, words)
    write_page(index, publication, words, folder / "index.html", templates, linked=False)
