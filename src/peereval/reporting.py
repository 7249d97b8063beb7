"""Results -> what people open: a page, a workbook, a document, charts; with or without the data."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import msgspec
import polars as pl

from peereval.composing import Report, compose
from peereval.errors import OutputError
from peereval.output import check_as_written, replace_files, write_run, write_utf8
from peereval.output.run import manifest
from peereval.publishing import Publication, from_json, publish, schema, to_json
from peereval.wording import Words, words

if TYPE_CHECKING:
    from peereval.pipeline import Run
    from peereval.rendering.document import Draw

#: Formats that are written unless a study or a person says otherwise.
USUAL = ("html", "xlsx", "docx", "svg")
#: Formats that wait for pictures, which other processes paint.
_LATE = ("docx",)
RESULTS, SCHEMA = "results.json", "results.schema.json"
#: The checklist of an economic evaluation, beside the report whatever its sections are.
CHEERS = "cheers.md"
#: Pixels of a picture to a unit of its chart: enough for paper.
_PRINTED = 2
#: What each organisation may see of itself: pages are made of it again where it is still there.
ORGANISATIONS = "restricted/organisations.parquet"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a report is to be: formats and sections (empty for the usual ones), words, templates.

    ``templates``: a folder with some of the files of the page, or a house style ``report.docx``.
    """

    formats: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    wording: Path | None = None
    templates: Path | None = None


@dataclass(slots=True)
class _Clock:
    """Keeps the seconds since it was last asked, by what was done in them."""

    seconds: dict[str, float] = field(default_factory=dict)
    last: float = field(default_factory=perf_counter)

    def done(self, what: str) -> None:
        now = perf_counter()
        self.seconds[what], self.last = round(now - self.last, 3), now


def write_analysis(
    run: "Run", folder: Path, drafted: str = "", formats: Sequence[str] = ()
) -> tuple[str, ...]:
    """Write a run with its report into a folder. Gives the names of the files of the report."""
    made: list[str] = []

    def fill(place: Path) -> Callable[[], None]:
        clock = _Clock(run.seconds)
        publication = publish(run, manifest(run, drafted))
        (place / RESULTS).write_bytes(to_json(publication))
        write_utf8(_schema_text(), place / SCHEMA)
        clock.done("rendered json")
        making = _begin(publication, Wanted(tuple(formats)))
        clock.done("composed")
        pages = _organisations(publication, run.tables["organisations"], place, making.wanted)
        clock.done("rendered organisations")
        late = [name for name in making.formats if name in _LATE]
        names = _write(making, [n for n in making.formats if n not in late], place, clock)
        cheers = _checklist(publication, place, making.wanted)
        clock.done("rendered cheers")

        def rest() -> None:
            names.update(_write(making, late, place, _Clock(run.seconds)))
            made.extend([RESULTS, *map(names.__getitem__, making.formats), *pages, *cheers])

        return rest

    write_run(run, folder, drafted, fill)
    return tuple(made)


def report_again(folder: Path, wanted: Wanted) -> tuple[str, ...]:
    """Write the report of an output folder again, from its `results.json` alone.

    Gives the names of what was written. Raises ``OutputError`` where there is none, or where it
    or a file that would be replaced is not as the run wrote it.
    """
    path = folder / RESULTS
    if not path.is_file():
        raise OutputError(f"{folder} has no {RESULTS}: analyse the study first")
    check_as_written(folder, [RESULTS])
    publication = from_json(path.read_bytes(), RESULTS)
    made: list[str] = []

    def fill(place: Path) -> None:
        made.extend(write_report(publication, place, wanted))
        if not wanted.formats and not wanted.sections:
            made.extend(_checklist(publication, place, wanted))
        table = folder / ORGANISATIONS
        if table.is_file():
            made.extend(_organisations(publication, pl.read_parquet(table), place, wanted))

    replace_files(folder, fill)
    return tuple(made)


def _organisations(
    publication: Publication, organisations: pl.DataFrame, place: Path, wanted: Wanted
) -> list[str]:
    """A page for each organisation, where there are any and pages are wanted."""
    from peereval.rendering.organisations import FOLDER, write_organisations

    formats = wanted.formats or publication.formats or USUAL
    if organisations.is_empty() or "html" not in formats:
        return []
    said = words(publication.language, wanted.wording)
    write_organisations(publication, organisations, said, place, wanted.templates)
    return [FOLDER]


def _checklist(publication: Publication, place: Path, wanted: Wanted) -> list[str]:
    """How costs were worked out, in the order of CHEERS; nothing where a study counts none."""
    from peereval.rendering.markdown import write_markdown

    said = words(publication.language, wanted.wording)
    report = compose(publication, said, ["cheers"])
    if not report.sections:
        return []
    write_markdown(report, said, place / CHEERS)
    return [CHEERS]


def write_report(publication: Publication, place: Path, wanted: Wanted) -> list[str]:
    """Write a publication in every format wanted; the names of the files, relative to place."""
    making = _begin(publication, wanted)
    in_order = sorted(making.formats, key=_LATE.__contains__)
    names = _write(making, in_order, place, _Clock())
    return [names[name] for name in making.formats]


def _begin(publication: Publication, wanted: Wanted) -> "_Making":
    """Compose the report; the pictures of a document are painted while others are written."""
    said = words(publication.language, wanted.wording)
    formats = wanted.formats or publication.formats or USUAL
    report = compose(publication, said, wanted.sections)
    charts = None
    if "docx" in formats:
        from peereval.rendering.document import charts_of

        charts = charts_of(report, said)
    return _Making(report, publication, said, wanted, formats, charts)


def _write(making: "_Making", formats: Iterable[str], place: Path, clock: _Clock) -> dict[str, str]:
    """Write formats, one after the other: format -> name of what was written."""
    names = {}
    for name in formats:
        names[name] = _WRITERS[name](making, place)
        clock.done(f"rendered {name}")
    return names


def _schema_text() -> str:
    return msgspec.json.format(msgspec.json.encode(schema()), indent=2).decode() + "\n"


# --- formats ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Making:
    """What each format is made of."""

    report: Report
    publication: Publication
    words: Words
    wanted: Wanted
    formats: Sequence[str]
    charts: "Draw | None"


def _html(making: _Making, place: Path) -> str:
    from peereval.rendering.html import write_page

    path = place / "report.html"
    templates = making.wanted.templates
    write_page(making.report, making.publication, making.words, path, templates)
    return path.name


def _workbook(making: _Making, place: Path) -> str:
    from peereval.rendering.workbook import write_workbook

    path = place / "tables.xlsx"
    write_workbook(making.report, making.publication, making.words, path)
    return path.name


def _document(making: _Making, place: Path) -> str:
    from peereval.rendering.document import write_document

    path, templates = place / "report.docx", making.wanted.templates
    own = templates / "report.docx" if templates else None
    style = own if own and own.is_file() else None
    write_document(making.report, making.publication, making.words, path, style, making.charts)
    return path.name


def _markdown(making: _Making, place: Path) -> str:
    from peereval.rendering.markdown import write_markdown

    write_markdown(making.report, making.words, place / "report.md")
    return "report.md"


def _latex(making: _Making, place: Path) -> str:
    from peereval.rendering.latex import write_latex

    write_latex(making.report, making.words, place / "report.tex")
    return "report.tex"


def _vectors(making: _Making, place: Path) -> str:
    for figure, svg in _drawn(making):
        write_utf8(svg, _figures(place) / f"{figure}.svg")
    return "figures"


def _pictures(making: _Making, place: Path) -> str:
    from peereval.rendering.charts import to_pngs

    drawn = dict(_drawn(making))
    painted = to_pngs(list(drawn.values()), _PRINTED)()
    for figure, png in zip(drawn, painted, strict=True):
        (_figures(place) / f"{figure}.png").write_bytes(png)
    return "figures"


def _figures(place: Path) -> Path:
    folder = place / "figures"
    folder.mkdir(exist_ok=True)
    return folder


def _drawn(making: _Making) -> list[tuple[str, str]]:
    """Every chart that there is, also those that the report has no room for."""
    from peereval.composing.figures import figures_of
    from peereval.rendering.charts import draw

    figures = figures_of(making.publication, making.words)
    # A chart is a file of its own, which no page around it stamps.
    if stamp := making.report.stamp:
        figures = tuple(replace(each, title=f"{each.title} ({stamp})") for each in figures)
    return [(figure.id, draw(figure, making.words)) for figure in figures]


_WRITERS: Mapping[str, Callable[[_Making, Path], str]] = {
    "html": _html,
    "xlsx": _workbook,
    "docx": _document,
    "md": _markdown,
    "latex": _latex,
    "svg": _vectors,
    "png": _pictures,
}
