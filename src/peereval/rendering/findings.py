"""Faults and findings, for people, for programs and for a GitHub log; and what a code means.

Many of one kind in one file are one line: a hundred columns with the same trouble are one
trouble.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import asdict, replace
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from peereval.catalogue import EXPLANATIONS, Explanation, is_note
from peereval.errors import Fault, PeerevalError
from peereval.plurals import count_of

if TYPE_CHECKING:
    from peereval.checking import Checked
    from peereval.reading.export import Recognised
    from peereval.recognising import Draft

_WIDTH = 110
#: Up to so many of one kind are told one by one: of columns and rows, and of other places.
_ALONE_COLUMNS, _ALONE_PLACES = 3, 12
_MOST_NAMED = 3
#: Files named in a heading before the others are only counted.
_MOST_FILES = 4
_SEVERITY = {"fault": "fault", "finding": "finding", "note": "note"}
_STYLE = {"fault": "bold red", "finding": "yellow", "note": "dim"}
_COMMAND = {"fault": "error", "finding": "warning", "note": "notice"}
#: What a draft asks: what it cannot do without, and what a person should look at.
_ASKED = {"fault": "to answer", "finding": "to check", "note": "to check"}
_SURE = {"sure": "green", "likely": "", "unsure": "yellow"}


# --- many of one kind as one --------------------------------------------------------------


class Told(Struct, frozen=True):
    """One line: what is wrong in one file, or in several of which the same is to be said.

    ``where`` is the place, rows and columns in words, ``row`` the first row.
    """

    code: str
    stops: bool
    files: tuple[str, ...]
    where: str
    found: str
    fix: str
    row: int | None

    @property
    def severity(self) -> str:
        """``fault``, ``finding``, or ``note`` for what is only to be known."""
        return "fault" if self.stops else severity(self.code)


def severity(code: str) -> str:
    """How grave a finding of this code is: ``finding``, or ``note``."""
    return "note" if is_note(code) else "finding"


def tell(faults: Iterable[Fault], stops: bool) -> list[Told]:
    """Lines for faults (``stops``) or findings, in the order of their files, alike ones as one."""
    kinds: dict[tuple[str, ...], list[Fault]] = {}
    for fault in faults:
        kinds.setdefault((fault.file, fault.sheet, fault.code), []).append(fault)
    lines = []
    for some in kinds.values():
        alone = _ALONE_COLUMNS if any(fault.column for fault in some) else _ALONE_PLACES
        lines += [_one(f, stops) for f in some] if len(some) <= alone else [_many(some, stops)]
    return _same_in_several_files(lines)


def _one(fault: Fault, stops: bool) -> Told:
    return Told(fault.code, stops, (fault.file,), _where(fault), fault.found, fault.fix, fault.row)


def _many(faults: list[Fault], stops: bool) -> Told:
    """Faults of one kind by what they share, how many they are, and the first of them."""
    first = faults[0]
    title = EXPLANATIONS[first.code].title if first.code in EXPLANATIONS else first.found
    n_rows = sum(fault.count for fault in faults)
    columns = "columns" if all(fault.column for fault in faults) else "places"
    times = f", {n_rows:,} times in all" if n_rows > len(faults) else ""
    named = "; ".join(_named(fault) for fault in faults[:_MOST_NAMED])
    more = f"{len(faults) - _MOST_NAMED:,} more"
    found = f"{title}, in {len(faults):,} {columns}{times}: {named} and {more}"
    fixes = {fault.fix for fault in faults}
    return Told(
        first.code,
        stops,
        (first.file,),
        f"sheet {first.sheet!r}" if first.sheet else "",
        found,
        fixes.pop() if len(fixes) == 1 else "",
        first.row,
    )


def _where(fault: Fault) -> str:
    """As an error says it, without the file."""
    sheet = f"sheet {fault.sheet!r}" if fault.sheet else ""
    column = f"column {fault.column!r}" if fault.column else ""
    return ", ".join(part for part in (sheet, fault.place, fault.rows, column) if part)


def _named(fault: Fault) -> str:
    """One of many: its column and first row, or else its place and what was found."""
    since = "from row" if fault.others else "row"
    if fault.column:
        return repr(fault.column) + (f" ({since} {fault.row})" if fault.row is not None else "")
    if fault.row is not None:
        return f"{since} {fault.row}"
    return f"{fault.place}: {fault.found}" if fault.place else fault.found


def _same_in_several_files(lines: list[Told]) -> list[Told]:
    """What is to be said of several files word for word, said once."""
    files: dict[Told, list[str]] = {}
    for line in lines:
        files.setdefault(replace(line, files=()), []).extend(line.files)
    return [replace(line, files=tuple(dict.fromkeys(names))) for line, names in files.items()]


# --- for people ---------------------------------------------------------------------------


def show_checked(checked: "Checked", form: str = "text", screen: Console | None = None) -> None:
    """What a check found, on the screen: as text, or as `findings_text` has it."""
    screen = screen or _screen()
    if form != "text":
        _print(screen, _checked_text(checked, form))
        return
    show_recognised(checked.recognised, screen)
    show_findings(checked.faults, checked.findings, checked.accepted, screen)
    if checked.left_out:
        _print(screen, checked.left_out)


def show_findings(
    faults: Sequence[Fault],
    findings: Sequence[Fault],
    accepted: Sequence[Fault] = (),
    screen: Console | None = None,
) -> None:
    """Faults, then findings, file by file, and how many there are; accepted ones only counted."""
    screen = screen or _screen()
    lines = [*tell(faults, stops=True), *tell(findings, stops=False)]
    for files in dict.fromkeys(line.files for line in lines):
        screen.print()
        _print(screen, _files(files), style="bold")
        screen.print(_lines_table(line for line in lines if line.files == files))
    screen.print()
    _print(screen, summary(faults, findings, accepted), style="bold")
    if lines:
        _print(screen, f"What a code means and how to mend it: peereval explain {lines[0].code}")


def summary(
    faults: Sequence[Fault], findings: Sequence[Fault], accepted: Sequence[Fault] = ()
) -> str:
    """How many there are, such as ``3 faults, 5 findings (2 accepted), 1 note``."""
    if not faults and not findings and not accepted:
        return "Nothing is wrong, and nothing is doubtful"
    known = f" ({len(accepted):,} accepted)" if accepted else ""
    n_notes = sum(is_note(finding.code) for finding in findings)
    n_findings = len(findings) - n_notes + len(accepted)
    notes = f", {count_of(n_notes, 'note')}" if n_notes else ""
    return f"{count_of(len(faults), 'fault')}, {count_of(n_findings, 'finding')}{known}{notes}"


def show_explanation(
    explanation: Explanation, form: str = "text", screen: Console | None = None
) -> None:
    """What a code means, on the screen: as text, or as JSON with the parts of `Explanation`."""
    screen = screen or _screen()
    if form == "json":
        _print(screen, _json(asdict(explanation)))
        return
    kind = "a fault: it stops a run" if explanation.stops else "a finding: a run goes on"
    kind = "a note: good to know, nothing to mend" if explanation.note else kind
    _print(screen, f"{explanation.code}  {explanation.title}", style="bold")
    _print(screen, f"{explanation.code} is {kind}.")
    for title, text in (
        ("What it means", explanation.meaning),
        ("Why it matters", explanation.why),
        ("How to mend it", explanation.fix),
        ("Example", explanation.example),
    ):
        screen.print()
        _print(screen, title, style="bold")
        screen.print(Padding(Text(text), (0, 0, 0, 2)))


def show_draft(draft: "Draft", out: Path, screen: Console | None = None) -> None:
    """What was recognised in exports and how sure that is, what is asked, and what to do next."""
    screen = screen or _screen()
    _print(screen, "What was recognised", style="bold")
    table = _table()
    for guess in draft.guesses:
        what = f"{guess.what}: {guess.found} ({guess.why})"
        table.add_row(Text(f"  {guess.sure}", style=_SURE.get(guess.sure, "")), Text(_plain(what)))
    screen.print(table)

    asked = [fault for fault in draft.questions if fault in draft.unanswered]
    others = [fault for fault in draft.questions if fault not in draft.unanswered]
    lines = [*tell(asked, stops=True), *tell(others, stops=False)]
    if lines:
        screen.print()
        _print(screen, "What is asked", style="bold")
        screen.print(_lines_table(lines, _ASKED, with_files=True))
    screen.print()
    first = "Answer what is asked" if asked else "Look through it"
    _print(screen, f"Written to {out}. {first}, then: peereval check {out}")


def _table() -> Table:
    """Columns side by side without lines: short words, and at last a text that is broken."""
    return Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))


def _lines_table(
    lines: Iterable[Told], words: Mapping[str, str] = _SEVERITY, with_files: bool = False
) -> Table:
    table = _table()
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for line in lines:
        table.add_row(
            Text(f"  {words[line.severity]}", style=_STYLE[line.severity]),
            Text(line.code, style="bold"),
            Text(_plain(_sentence(line, with_files))),
        )
    return table


def _sentence(line: Told, with_files: bool = False) -> str:
    files = _files(line.files) if with_files and any(line.files) else ""
    where = ", ".join(part for part in (files, line.where) if part)
    what = f"{where}: {line.found}" if where else line.found
    return f"{what}. {line.fix}" if line.fix else what


def _files(files: tuple[str, ...]) -> str:
    named = ", ".join(file or "The exports together" for file in files[:_MOST_FILES])
    more = len(files) - _MOST_FILES
    return f"{named} and {more:,} more files" if more > 0 else named


def show_recognised(
    recognised: Sequence[tuple[str, "Recognised"]], screen: Console | None = None
) -> None:
    """What the exports were taken for, those that are alike in one row."""
    if not recognised:
        return
    screen = screen or _screen()
    alike: dict[str, list[str]] = {}
    for file, each in recognised:
        alike.setdefault(recognised_text(each), []).append(file)
    table = _table()
    table.add_column(overflow="fold", ratio=2)
    table.add_column(overflow="fold", ratio=3)
    for said, files in alike.items():
        table.add_row(Text(_plain(_files(tuple(files)))), Text(_plain(said)))
    _print(screen, "What the exports were taken for", style="bold")
    screen.print(Padding(table, (0, 0, 0, 2)))


def recognised_text(recognised: "Recognised") -> str:
    """What an export was taken for, in words."""
    delimiters = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
    delimiter = delimiters.get(recognised.delimiter, recognised.delimiter)
    others = ", ".join(map(repr, recognised.other_sheets))
    parts = [
        recognised.format,
        recognised.platform,
        recognised.compression,
        recognised.encoding,
        f"delimited by {delimiter}" if delimiter else "",
        f"decimals with {recognised.decimal!r}" if recognised.decimal not in ("", ".") else "",
        f"sheet {recognised.sheet!r}" if recognised.sheet else "",
        f"not read: {others}" if others else "",
        f"names in row {recognised.header_row}, answers from row {recognised.first_row}",
        *recognised.notes,
    ]
    return "; ".join(part.rstrip(".") for part in parts if part)


# --- for programs -------------------------------------------------------------------------


def findings_text(
    faults: Sequence[Fault],
    findings: Sequence[Fault],
    accepted: Sequence[Fault] = (),
    form: str = "json",
    more: Mapping[str, Any] | None = None,
) -> str:
    """Faults, findings and accepted findings as ``json`` or as ``github`` workflow commands.

    ``more``: what else the JSON says, by name.
    """
    if form == "github":
        return "\n".join(_commands(faults, findings))
    return _json(_content(faults, findings, accepted) | dict(more or {}))


def error_text(error: PeerevalError, form: str = "text") -> str:
    """An error that ends a run: its message and its faults, alike ones as one line.

    ``form``: ``text``, or as `findings_text` has it; without faults it is the message alone.
    """
    if form == "text":
        told = tell(error.faults, stops=True)
        lines = [f"  {line.code} {_sentence(line, with_files=True)}" for line in told]
        return "\n".join(_plain(line) for line in [*error.message.split("\n"), *lines])
    if form == "github":
        return findings_text(error.faults, (), form=form) or f"::error::{_escaped(error.message)}"
    said = {"error": error.message, "exit_code": error.exit_code}
    return _json(said | _content(error.faults, (), ()))


def _checked_text(checked: "Checked", form: str) -> str:
    if form == "github":
        return findings_text(checked.faults, checked.findings, checked.accepted, form)
    exports = [{"file": file} | asdict(each) for file, each in checked.recognised]
    return _json(
        _content(checked.faults, checked.findings, checked.accepted)
        | {"exports": exports, "left_out": checked.left_out}
    )


def _content(
    faults: Sequence[Fault], findings: Sequence[Fault], accepted: Sequence[Fault]
) -> dict[str, Any]:
    entries = [
        *(_entry(fault, "fault") for fault in faults),
        *(_entry(fault, severity(fault.code)) for fault in findings),
        *(_entry(fault, severity(fault.code), accepted=True) for fault in accepted),
    ]
    return {
        "format": 1,
        "summary": {
            "faults": len(faults),
            "findings": sum(entry["severity"] == "finding" for entry in entries),
            "notes": sum(entry["severity"] == "note" for entry in entries),
            "accepted": len(accepted),
        },
        "found": entries,
    }


def _entry(fault: Fault, severity: str, accepted: bool = False) -> dict[str, Any]:
    rows = [] if fault.row is None else [fault.row, *fault.others]
    return {
        "code": fault.code,
        "severity": severity,
        "accepted": accepted,
        "file": fault.file,
        "sheet": fault.sheet,
        "place": fault.place,
        "row": fault.row,
        "rows": rows,
        "column": fault.column,
        "count": fault.count,
        "found": fault.found,
        "fix": fault.fix,
    }


def _json(content: Any) -> str:
    # Plain ASCII: it reads the same whatever a terminal or a log makes of other signs.
    return json.dumps(content, indent=2, allow_nan=False)


def _commands(faults: Sequence[Fault], findings: Sequence[Fault]) -> Iterator[str]:
    """Workflow commands, one a line of text; a file that several lines share comes in each."""
    for line in [*tell(faults, stops=True), *tell(findings, stops=False)]:
        word = _COMMAND[line.severity]
        for file in line.files:
            places = {"file": file, "line": line.row or "", "title": line.code}
            named = ",".join(f"{key}={_escaped(str(value), ':,')}" for key, value in
                             places.items() if value)  # fmt: skip
            yield f"::{word} {named}::{_escaped(_sentence(line))}"


def _escaped(text: str, also: str = "") -> str:
    """Text as a workflow command takes it: nothing in it ends the command or begins another."""
    for sign in ("%", "\r", "\n", *also):
        text = text.replace(sign, f"%{ord(sign):02X}")
    return text


# --- on the screen ------------------------------------------------------------------------


def _screen() -> Console:
    made = Console(highlight=False)
    return made if made.is_terminal else Console(highlight=False, width=_WIDTH)


def _print(screen: Console, text: str, style: str = "") -> None:
    """Text as it is: square brackets are no markup here, and a line is not broken."""
    lines = "\n".join(_plain(line) for line in text.split("\n"))
    screen.print(Text(lines, style=style), soft_wrap=True)


def _plain(text: str) -> str:
    """Names of columns and files are anybody's: what moves a cursor is shown, not done."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)
