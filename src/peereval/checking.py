"""Everything that is wrong or doubtful in a study and its exports; nothing is computed."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from peereval.catalogue import EXPLANATIONS
from peereval.coding_sheets import read_coding_sheets
from peereval.contracts import broken_rules
from peereval.diagnostics import diagnose_answers, export_of
from peereval.errors import (
    CodingSheetError,
    Fault,
    PeerevalError,
    SourceError,
    StudyError,
    accepts,
    nearest,
    split_accepted,
)
from peereval.pipeline import look_through
from peereval.reading import Answers, read_sources
from peereval.reading.export import Recognised
from peereval.studies import Study, load_study, refuse_unsourced

_NOT_OPENED = "The exports were not looked at: mend the study file first."
_NOT_MATCHED = "Ids, duplicates and conflicts were not looked at: mend the faults first."


class Checked(Struct, frozen=True):
    """What a check found.

    ``study``: as loaded, if it could be. ``faults`` would stop a run, with ``exit_code``;
    ``findings`` would not, and ``accepted`` are those that the study lives with.
    ``recognised``: export -> what it was taken for. ``left_out``: what could not be looked
    at, and why; empty if nothing.
    """

    study: Study | None
    faults: tuple[Fault, ...] = ()
    findings: tuple[Fault, ...] = ()
    accepted: tuple[Fault, ...] = ()
    recognised: tuple[tuple[str, Recognised], ...] = ()
    left_out: str = ""
    exit_code: int = 0


def check_study(path: str | Path, data: str | Path | None = None) -> Checked:
    """Everything wrong or doubtful in the study at ``path`` and its exports.

    ``data``: folder of the exports, if not the study's own. The study file first: if it is
    wrong, its faults and those of its scale files are all there is. Then every export, each
    with its own faults; findings of those that can be read are there even if others cannot.
    Then ids, duplicates, conflicts and near misses, by matching without estimating. Raises
    ``StudyError`` only if there is no such file.
    """
    try:
        study = load_study(path, data)
    except StudyError as error:
        if not error.faults:
            raise
        return Checked(None, error.faults, left_out=_NOT_OPENED, exit_code=error.exit_code)
    seen, matching = _Seen(study), None
    try:
        matching = look_through(study, watch=seen.add)
    except PeerevalError as error:
        if not error.faults:
            raise
        seen.stop(error)
    wrong = [*_not_to_be_accepted(study), *_coding_sheets(study)]
    if wrong or seen.faults or not matching:
        code = StudyError.exit_code if wrong else seen.exit_code
        return _judged(study, seen, [*wrong, *seen.faults], seen.findings, code, _NOT_MATCHED)
    findings = [*matching.findings, *_unsourced(study)]
    findings += _accepted_in_vain(findings, study)
    return _judged(study, seen, (), findings, 0, "")


def _judged(
    study: Study,
    seen: "_Seen",
    faults: Iterable[Fault],
    findings: Iterable[Fault],
    exit_code: int,
    left_out: str,
) -> Checked:
    still_open, accepted = split_accepted(findings, study.accepted)
    return Checked(
        study,
        tuple(faults),
        tuple(still_open),
        tuple(accepted),
        tuple(seen.recognised),
        left_out,
        exit_code,
    )


# --- the exports, one after the other -----------------------------------------------------


class _Seen(Struct):
    """What was found in the exports so far, and in how many of them."""

    study: Study
    n: int = 0
    faults: list[Fault] = field(default_factory=list)
    findings: list[Fault] = field(default_factory=list)
    recognised: list[tuple[str, Recognised]] = field(default_factory=list)
    exit_code: int = SourceError.exit_code

    def add(self, answers: Answers, findings: list[Fault]) -> None:
        """Note what is found in one export."""
        file, sheet = export_of(answers)
        self.n += 1
        self.recognised += answers.recognised
        self.findings += findings
        self.faults += broken_rules(answers.frame, file, self.study, sheet)

    def stop(self, error: PeerevalError) -> None:
        """Note what ends a run, and the findings of those exports that it kept from being read.

        Reading gives up the answers at the first export that is wrong, and goes on only to say
        what is wrong with the others. So the others that are right are read once more.
        """
        self.faults += error.faults
        self.exit_code = error.exit_code
        broken = {(fault.file, fault.sheet) for fault in error.faults}
        broken |= {(fault.file, "") for fault in error.faults if not fault.sheet}
        sources = self.study.sources[self.n :]
        left = [s for s in sources if not _is_among(s.file, s.layout.sheet, broken)]
        # What only the broken ones hold is missed by the rest: that is no fault of theirs.
        with suppress(PeerevalError):
            for answers in read_sources(replace(self.study, sources=tuple(left))):
                self.add(answers, [*answers.findings, *diagnose_answers(answers, self.study)])


def _is_among(file: str, sheet: str, broken: set[tuple[str, str]]) -> bool:
    return (file, sheet) in broken or (file, "") in broken


def _coding_sheets(study: Study) -> tuple[Fault, ...]:
    """What is wrong with sheets of coded free text in themselves."""
    try:
        read_coding_sheets(study)
    except CodingSheetError as error:
        return error.faults
    return ()


def _unsourced(study: Study) -> tuple[Fault, ...]:
    """``STU017``: stops what compares, but a study can be prepared before its last export."""
    try:
        refuse_unsourced(study)
    except StudyError as error:
        return error.faults
    return ()


# --- what a study accepts -----------------------------------------------------------------


def _not_to_be_accepted(study: Study) -> list[Fault]:
    """``STU021``: codes in [[accepted]] that are unknown, or stop a run."""
    faults = []
    for each in study.accepted:
        if each.code not in EXPLANATIONS:
            what = f"there is no code {each.code!r}"
            fix = nearest(each.code.upper(), EXPLANATIONS)
        elif EXPLANATIONS[each.code].stops:
            what, fix = f"{each.code} stops a run and cannot be accepted", "Mend it"
        else:
            continue
        faults.append(Fault("STU021", what, fix, study.path.name, place="accepted"))
    return faults


def _accepted_in_vain(findings: Iterable[Fault], study: Study) -> list[Fault]:
    """``STU020``: what the study accepts and nobody found."""
    findings = list(findings)
    return [
        Fault(
            "STU020",
            f"{' of '.join(filter(None, (each.code, each.column, each.file)))} is accepted and was "
            "not found",
            "Delete the entry, or mend its file or column",
            study.path.name,
            place="accepted",
        )
        for each in study.accepted
        if not any(accepts(each, fault) for fault in findings)
    ]
