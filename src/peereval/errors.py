"""What can be wrong, said so that a person can mend it.

A fault is one wrong thing (or many of one kind, counted). An error ends a run
and carries all the faults found, not the first. No fault holds a respondent's
answer or id: those go to the restricted folder only.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: what was found, where, and what to do about it.

    ``row`` is the row as a spreadsheet shows it (the header is row 1); ``count``
    says how many rows share the fault, ``row`` then being the first of them. ``place`` is
    the part of a file that a person wrote, where there are no rows and columns.
    """

    code: str
    found: str
    fix: str = ""
    file: str = ""
    row: int | None = None
    column: str = ""
    count: int = 1
    place: str = ""

    def __str__(self) -> str:
        parts = [
            self.file,
            self.place,
            "" if self.row is None else f"row {self.row}",
            f"column {self.column!r}" if self.column else "",
        ]
        where = ", ".join(part for part in parts if part)
        what = f"{self.code} {where}: {self.found}" if where else f"{self.code} {self.found}"
        return f"{what}. {self.fix}" if self.fix else what


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


def nearest(word: str, known: Iterable[str]) -> str:
    """`` Did you mean 'x'?`` for the nearest known word, or an empty text."""
    close = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"Did you mean {close[0]!r}?" if close else ""
