"""The report of a run, beside its results; and that of an output folder once more."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl

from peereval.clock import Clock
from peereval.composing import compose
from peereval.errors import OutputError
from peereval.output import check_as_written, replace_files, write_run, write_utf8
from peereval.publishing import Publication, from_json, publish, schema, to_json
from peereval.reporting.beside import Beside
from peereval.reporting.formats import (
    RESULTS,
    Wanted,
    begin,
    formats_of,
    names_of,
    write,
    write_report,
)
from peereval.wording import words

if TYPE_CHECKING:
    from peereval.pipeline import Run

SCHEMA = "results.schema.json"
#: The checklist of an economic evaluation, beside the report whatever its sections are.
CHEERS = "cheers.md"
#: What each organisation may see of itself: pages are made of it again where it is still there.
ORGANISATIONS = "restricted/organisations.parquet"


def write_analysis(
    run: "Run",
    folder: Path,
    drafted: str = "",
    formats: Sequence[str] = (),
    beside: Beside | None = None,
) -> tuple[str, ...]:
    """Write a run with its report into a folder. Gives the names of its files, the report's first.

    ``beside``: another process that writes some of the formats.
    """
    made: list[str] = []
    other = beside or Beside()

    @contextmanager
    def fill(place: Path, manifest: Mapping[str, Any]) -> Iterator[Callable[[], None]]:
        clock = Clock(run.seconds)
        publication = publish(run, manifest)
        (place / RESULTS).write_bytes(to_json(publication))
        write_utf8(_schema_text(), place / SCHEMA)
        clock.done("rendered json")
        with other.writing(place) as written:
            making = begin(publication, Wanted(tuple(formats)))
            clock.done("composed")
            pages = _organisations(publication, run.tables["organisations"], place, making.wanted)
            clock.done("rendered organisations")
            write(making, [n for n in making.formats if n not in other.formats], place, clock)
            cheers = _checklist(publication, place, making.wanted)
            clock.done("rendered cheers")
            made.extend([RESULTS, *names_of(making.formats), *pages, *cheers])

            def rest() -> None:
                clock = Clock(run.seconds)
                if written():
                    clock.done(f"rendered {', '.join(other.formats)}")
                else:
                    write(making, other.formats, place, clock)

            yield rest

    others = write_run(run, folder, drafted, fill)
    return (*made, *others)


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

    formats = formats_of(wanted.formats, publication.formats)
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


def _schema_text() -> str:
    return msgspec.json.format(msgspec.json.encode(schema()), indent=2).decode() + "\n"
