"""All exports of a study -> `answers`, one after the other, with their faults at once."""

from collections.abc import Iterator, Sequence

import polars as pl

from peereval.errors import Fault, PersonalDataError, SourceError
from peereval.plurals import count_of
from peereval.reading.answers import Answers, Reader
from peereval.reading.export import Export
from peereval.reading.formats import open_export
from peereval.reading.mapping import never_found
from peereval.reading.notes import Notes
from peereval.reading.organisations import Organisations
from peereval.studies import Source, Study


def read_answers(study: Study) -> Answers:
    """All sources of a study in one table, row order as in the files; as `read_sources`."""
    parts = list(read_sources(study))
    return Answers(
        pl.concat([part.frame for part in parts]),
        pl.concat([part.characteristics for part in parts]),
        pl.concat([part.faults for part in parts]),
        pl.concat([part.changes for part in parts]),
        pl.concat([part.missing for part in parts]),
        tuple(finding for part in parts for finding in part.findings),
        tuple(each for part in parts for each in part.recognised),
    )


def read_sources(study: Study) -> Iterator[Answers]:
    """Each source of a study in turn, so that only one is held at a time.

    Responses that are no label and no code of their scale (out of range, or text
    that is not known) become missing before anything is reversed, and are counted.
    Raises ``SourceError`` with the faults of all files at once: a file or a column
    that is not there, rows of an occasion that the study does not name;
    ``PersonalDataError`` if columns that look personal are all that is wrong.
    """
    seen, sheets = set[str](), set[tuple[str, str]]()
    organisations = Organisations()
    problems: list[Fault] = []
    for position, source in enumerate(study.sources):
        try:
            export = open_export(study.folder / source.file, source.layout)
            seen |= set(export.columns)
            notes = _notes(study, source, export, sheets)
            answers = Reader(study, source, export, notes, organisations).read(position)
        except SourceError as error:
            problems += error.faults
            continue
        if not problems:
            yield answers
    problems += list(never_found(study, seen)) if not problems else []
    if problems:
        _refuse(problems)


def _refuse(problems: Sequence[Fault]) -> None:
    if all(fault.code.startswith("PER") for fault in problems):
        raise PersonalDataError("The study reads columns that look personal", problems)
    raise SourceError(f"The exports have {count_of(len(problems), 'fault')}", problems)


def source_name(study: Study, source: Source, export: Export) -> str:
    """What a source is called in every table: its file, and its sheet where it has several."""
    sheet = export.recognised.sheet
    several = [each.file for each in study.sources].count(source.file) > 1
    return f"{source.file} [{sheet}]" if several and sheet else source.file


def _notes(study: Study, source: Source, export: Export, sheets: set[tuple[str, str]]) -> Notes:
    """Where to note what is found in a source; each sheet of a file has a name of its own."""
    sheet = export.recognised.sheet
    notes = Notes(
        source_name(study, source, export), source.file, sheet, findings=list(export.findings)
    )
    if (source.file, sheet) in sheets:
        notes.stop("MAP006", "this sheet is read for another source too", "Name each sheet once")
    sheets.add((source.file, sheet))
    return notes
