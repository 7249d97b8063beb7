"""A publication as files that people open, in each format that is wanted."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from peereval.clock import Clock
from peereval.composing import Figure, Report, compose
from peereval.output import write_utf8
from peereval.publishing import Publication
from peereval.wording import Words, words

#: What every format is made of, and what is kept for people who want to read it by a program.
RESULTS = "results.json"
#: Formats that are written unless a study or a person says otherwise.
USUAL = ("html", "xlsx", "docx", "svg")
#: Folder of charts that are files of their own.
_FIGURES = "figures"
#: Pixels of a picture to a unit of its chart: enough for paper.
_PRINTED = 2


class Wanted(Struct, frozen=True):
    """What a report is to be: formats and sections (empty for the usual ones), words, templates.

    ``templates``: a folder with some of the files of the page, or a house style ``report.docx``.
    """

    formats: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    wording: Path | None = None
    templates: Path | None = None


class Making(Struct, frozen=True):
    """What each format is made of."""

    report: Report
    publication: Publication
    words: Words
    wanted: Wanted
    formats: Sequence[str]


def write_report(publication: Publication, place: Path, wanted: Wanted) -> list[str]:
    """Write a publication in every format wanted; the names of the files, relative to place."""
    making = begin(publication, wanted)
    write(making, making.formats, place, Clock())
    return names_of(making.formats)


def formats_of(wanted: Sequence[str], declared: Sequence[str]) -> tuple[str, ...]:
    """The formats of a report: those ``wanted`` now, else as a study declares, else the usual."""
    return tuple(wanted or declared or USUAL)


def names_of(formats: Iterable[str]) -> list[str]:
    """What formats are called in an output folder, each name once."""
    return list(dict.fromkeys(file for name in formats for file in _FORMATS[name][0]))


def begin(publication: Publication, wanted: Wanted) -> Making:
    """Compose the report that is wanted."""
    said = words(publication.language, wanted.wording)
    formats = formats_of(wanted.formats, publication.formats)
    report = compose(publication, said, wanted.sections)
    return Making(report, publication, said, wanted, formats)


def write(making: Making, formats: Iterable[str], place: Path, clock: Clock) -> None:
    """Write formats, one after the other."""
    for name in formats:
        (file, *_), writer = _FORMATS[name]
        writer(making, place / file)
        clock.done(f"rendered {name}")


def _html(making: Making, path: Path) -> None:
    from peereval.rendering.html import write_page

    templates = making.wanted.templates
    write_page(making.report, making.publication, making.words, path, templates)


def _workbook(making: Making, path: Path) -> None:
    from peereval.rendering.workbook import write_workbook

    write_workbook(making.report, making.publication, making.words, path)


def _document(making: Making, path: Path) -> None:
    from peereval.rendering.document import Picture, our_chart, write_document

    templates = making.wanted.templates
    own = templates / path.name if templates else None
    style = own if own and own.is_file() else None
    chart = our_chart(making.words, making.report.stamp)
    pictures = path.with_name(_FIGURES)
    pictures.mkdir(exist_ok=True)

    def draw(figure: Figure) -> Picture:
        """A picture for the document, and a file of it unless there is a larger one."""
        drawn, own = chart(figure), pictures / f"{figure.id}.png"
        if not own.exists():
            own.write_bytes(drawn.png)
        return drawn

    write_document(making.report, making.publication, making.words, path, style, draw)


def _markdown(making: Making, path: Path) -> None:
    from peereval.rendering.markdown import write_markdown

    write_markdown(making.report, making.words, path)


def _latex(making: Making, path: Path) -> None:
    from peereval.rendering.latex import write_latex

    write_latex(making.report, making.words, path)


def _vectors(making: Making, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for figure, svg in _drawn(making):
        write_utf8(svg, folder / f"{figure}.svg")


def _pictures(making: Making, folder: Path) -> None:
    from peereval.rendering.charts import to_png

    folder.mkdir(exist_ok=True)
    for figure, svg in _drawn(making):
        (folder / f"{figure}.png").write_bytes(to_png(svg, _PRINTED))


def _drawn(making: Making) -> list[tuple[str, str]]:
    """Every chart that there is, also those that the report has no room for."""
    from peereval.composing.figures import figures_of
    from peereval.rendering.charts import draw

    figures = figures_of(making.publication, making.words)
    stamp = making.report.stamp
    return [(figure.id, draw(figure, making.words, stamp=stamp)) for figure in figures]


#: Each format: what it is called in an output folder, and what writes the first of that.
_FORMATS: Mapping[str, tuple[tuple[str, ...], Callable[[Making, Path], None]]] = {
    "html": (("report.html",), _html),
    "xlsx": (("tables.xlsx",), _workbook),
    "docx": (("report.docx", _FIGURES), _document),
    "md": (("report.md",), _markdown),
    "latex": (("report.tex",), _latex),
    "svg": ((_FIGURES,), _vectors),
    "png": ((_FIGURES,), _pictures),
}
