"""The page of a report, from templates that a folder of the user's may replace one by one."""

import re
from base64 import b64encode
from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from jinja2.exceptions import TemplateError
from markupsafe import Markup

from peereval.columns import MARKERS
from peereval.composing import Block, Figure, Report, Table
from peereval.errors import Fault, UsageError
from peereval.publishing import Publication
from peereval.rendering.charts import DESK, PHONE, draw
from peereval.rendering.html.markup import cells_of, cells_of_used, heads_of, words_of
from peereval.rendering.html.rows import anchor, rows_used
from peereval.wording import Words

_HERE = Path(__file__).parent / "templates"
#: Templates that a user may replace: the page, and its style and script.
TEMPLATES = ("page.html", "blocks.html", "page.css", "page.js")
_UNSENT = re.compile(r"^(?:\s*//.*\n)*[ \n]*", re.MULTILINE)


def write_page(
    report: Report,
    publication: Publication,
    words: Words,
    path: Path,
    templates: Path | None = None,
    linked: bool = True,
    scripted: bool = True,
) -> None:
    """Write the page of a report. ``templates``: a folder with some of `TEMPLATES` replaced."""
    text = page(report, publication, words, templates, linked, scripted)
    path.write_text(text, encoding="utf-8", newline="\n")


def page(
    report: Report,
    publication: Publication,
    words: Words,
    templates: Path | None = None,
    linked: bool = True,
    scripted: bool = True,
) -> str:
    """The HTML of a report. ``REP004``: a template of the user's does not work.

    ``linked``: with the rows of results that it uses, and links to them. ``scripted``: with what
    sorts, filters and takes tables along; a short page is the smaller without.
    """
    return pages(publication, words, templates, linked, scripted)(report)


def pages(
    publication: Publication,
    words: Words,
    templates: Path | None = None,
    linked: bool = True,
    scripted: bool = True,
) -> Callable[[Report], str]:
    """What makes the HTML of each of many reports, as `page` does of one."""
    environment = _environment(templates)
    style = _source(environment, "page.css")
    script = _sent(_source(environment, "page.js")) if scripted else ""
    shared = {
        "publication": publication, "words": words, "linked": linked, "style": Markup(style),
        "script": Markup(script), "policy": _policy(style, script), "kind": _kind,
        "anchor": anchor, "words_of": words_of, "heads_of": heads_of, "cells_of": cells_of,
        "cells_of_used": cells_of_used, "drawn": _drawing(words),
        "marks": _marking(publication, words),
        "said": _said(publication, words) if scripted else None,
    }  # fmt: skip

    def made(report: Report) -> str:
        rows = rows_used(report, publication, words) if linked else []
        try:
            template = environment.get_template("page.html")
            return template.render(shared, report=report, rows=rows)
        except TemplateError as error:
            raise _unfit(error, templates) from None

    return made


@lru_cache  # templates take longer to read than a page to fill
def _environment(templates: Path | None) -> Environment:
    if templates is not None and not templates.is_dir():
        raise UsageError(f"There is no folder of templates {templates}")
    folders = [folder for folder in (templates, _HERE) if folder]
    return Environment(
        loader=ChoiceLoader([FileSystemLoader(folder) for folder in folders]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _source(environment: Environment, name: str) -> str:
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0].strip()


def _sent(script: str) -> str:
    """A script as it is sent, with every page: without indentation and lines of comment."""
    return _UNSENT.sub("", script)


def _unfit(error: TemplateError, templates: Path | None) -> UsageError:
    name, line = getattr(error, "name", None), getattr(error, "lineno", None)
    where = f"line {line}" if line else ""
    fault = Fault(
        "REP004", f"the template does not work: {error.message}", "Compare it with the original",
        file=str(name or "page.html"), place=where,
    )  # fmt: skip
    return UsageError(f"{templates} holds a template that does not work", [fault])


def _policy(style: str, script: str) -> str:
    """What a browser may load: this style and this script, and nothing from anywhere."""
    scripts = f"'{_hash(script)}'" if script else "'none'"
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src {scripts}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode()


def _said(publication: Publication, words: Words) -> dict[str, dict[str, str]]:
    """What the script says, and the names of the questionnaires that sections are of."""
    phases = {phase.id: phase.title for phase in publication.phases}
    return {"say": words.below("report.script"), "phases": phases}


def _kind(block: Block) -> str:
    """Name of the macro that shows a block."""
    return type(block).__name__.lower()


def _marking(publication: Publication, words: Words) -> Any:
    """What the marks of a table mean, one sentence for each that it has."""
    low_base = publication.protection.low_base

    def marks(table: Table) -> list[str]:
        there = {cell.marker for row in table.rows for cell in row}
        return [
            words("report.marks.said", mark=mark,
                  meaning=words(f"report.marks.{mark}", low_base=low_base))
            for mark in MARKERS if mark and mark in there
        ]  # fmt: skip

    return marks


def _drawing(words: Words) -> Any:
    """Draws a figure twice: for a desk and for a telephone, of which a page shows one.

    One that stands beside others is small enough for both.
    """

    def drawn(figure: Figure) -> tuple[Markup, Markup]:
        phone = Markup(draw(figure, words, PHONE))
        return (phone if figure.small else Markup(draw(figure, words, DESK))), phone

    return drawn
