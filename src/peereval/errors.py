"""What can be wrong, said so that a person can mend it.

A fault is one wrong thing (or many of one kind, counted). An error ends a run
and carries all the faults found, not the first. No fault holds a respondent's
answer or id: those go to the restricted folder only.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: what was found, where, and what to do about it.

    ``row`` is the row as a spreadsheet shows it (the header is row 1); ``count``
    says how many rows share the fault, ``row`` then being the first of them and ``others``
    some more. ``place`` is the part of a file that a person wrote, where there are no rows
    and columns.
    """

    code: str
    found: str
    fix: str = ""
    file: str = ""
    row: int | None = None
    column: str = ""
    count: int = 1
    place: str = ""
    sheet: str = ""
    others: tuple[int, ...] = ()

    def __str__(self) -> str:
        parts = [
            self.file,
            f"sheet {self.sheet!r}" if self.sheet else "",
            self.place,
            self.rows,
            f"column {self.column!r}" if self.column else "",
        ]
        where = ", ".join(part for part in parts if part)
        what = f"{self.code} {where}: {self.found}" if where else f"{self.code} {self.found}"
        return f"{what}. {self.fix}" if self.fix else what

    @property
    def rows(self) -> str:
        """The rows in words: ``row 7``, or ``rows 7, 9, 12 and others``."""
        if self.row is None:
            return ""
        if not self.others:
            return f"row {self.row}"
        shown = ", ".join(str(row) for row in (self.row, *self.others))
        more = " and others" if self.count > 1 + len(self.others) else ""
        return f"rows {shown}{more}"


class Acceptance(Protocol):
    """A code that somebody lives with, in one file and column or in any."""

    @property
    def code(self) -> str:
        """Code of the finding."""

    @property
    def file(self) -> str:
        """File that it is limited to; empty for any."""

    @property
    def column(self) -> str:
        """Column that it is limited to; empty for any."""


def accepts(acceptance: Acceptance, fault: Fault) -> bool:
    """Whether an acceptance is of this finding; an empty file or column stands for any."""
    return (
        acceptance.code == fault.code
        and acceptance.file in ("", fault.file)
        and acceptance.column in ("", fault.column)
    )


def split_accepted(
    findings: Iterable[Fault], accepted: Sequence[Acceptance]
) -> tuple[tuple[Fault, ...], tuple[Fault, ...]]:
    """Findings that are open, and those that somebody has accepted, each in their order."""
    still_open, lived_with = list[Fault](), list[Fault]()
    for fault in findings:
        known = any(accepts(each, fault) for each in accepted)
        (lived_with if known else still_open).append(fault)
    return tuple(still_open), tuple(lived_with)


class PeerevalError(Exception):
    """Root of every error that a user can cause and mend."""

    exit_code = 10

    def __init__(self, message: str, faults: Iterable[Fault] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.faults = tuple(faults)

    def __str__(self) -> str:
        return "\n".join([self.message, *(f"  {fault}" for fault in self.faults)])


class UsageError(PeerevalError):
    """The command or the call cannot be carried out as asked."""

    exit_code = 2


class ScaleError(PeerevalError):
    """A scale file is wrong."""

    exit_code = 11


class StudyError(PeerevalError):
    """A study file, or the unit costs that it names, is wrong."""

    exit_code = 12


class SourceError(PeerevalError):
    """An export cannot be read, or lacks what the study says it holds."""

    exit_code = 13


class DuplicateError(PeerevalError):
    """Respondents answered twice at one occasion, and the study forbids it."""

    exit_code = 14


class OutputError(PeerevalError):
    """The output folder cannot be written."""

    exit_code = 15


class PersonalDataError(PeerevalError):
    """The study reads a column that looks like a name, an address or free text."""

    exit_code = 16


class DecisionError(PeerevalError):
    """A table of decisions about near misses is wrong."""

    exit_code = 17


class ConflictError(PeerevalError):
    """Two responses of one respondent contradict each other, and the study forbids it."""

    exit_code = 18


class NobodyMatchedError(PeerevalError):
    """No comparison of a study has a matched respondent; what was found is written all the same."""

    exit_code = 19


class TableError(PeerevalError):
    """A file that holds a published table is wrong."""

    exit_code = 20


class DisclosureError(PeerevalError):
    """What was to be published holds an id, an answer, a name or a number that must not leave."""

    exit_code = 22


def nearest(word: str, known: Iterable[str]) -> str:
    """`` Did you mean 'x'?`` for the nearest known word, whatever its case, or an empty text."""
    folded = {name.casefold(): name for name in known}
    close = get_close_matches(word.casefold(), list(folded), n=1, cutoff=0.6)
    return f"Did you mean {folded[close[0]]!r}?" if close else ""
