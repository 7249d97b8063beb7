"""Exports -> the same exports with keyed hashes for ids, and without what names a respondent."""

import hmac
import json
import re
import stat
from base64 import b32encode
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import shorten

import polars as pl
from msgspec import Struct
from msgspec.structs import replace

from peereval.errors import Fault, SourceError, UsageError, nearest
from peereval.identifiers import normalise
from peereval.labels import fold
from peereval.output import write_csv, write_folder, write_utf8
from peereval.personal import (
    RESPONSE_ID,
    STAFF,
    labels_in_several,
    looks_personal,
    only_ticks,
    personal_columns,
    reads_as_prose,
    traced_columns,
)
from peereval.plurals import count_of
from peereval.reading.coding import as_texts
from peereval.reading.export import Export
from peereval.reading.formats import open_export
from peereval.studies import NORMALISE_BY_DEFAULT, Layout

#: The file by which an output folder of pseudonyms is known again.
RECORD = "pseudonymised.json"
_SHORTEST_KEY = 32
#: Fewer different bytes than this are no chance.
_FEWEST_BYTES = 8
#: 26 characters of 5 bits are 130 bits: among a million ids two alike are never met. Capitals
#: and the digits 2 to 7 pass a spreadsheet unharmed, where some hexadecimal would be a number.
_LENGTH = 26
_FEWEST_SAME = 3
#: Characters of a heading that are printed.
_SHOWN = 60
_DECIDE_FIRST = (
    "Near misses and typing errors in ids cannot be found in pseudonyms: decide them before "
    "(peereval match lists them)."
)
_HOW = f"HMAC-SHA256 of the id, base 32, first {_LENGTH} characters"
_NOTE = (
    "Keep the key apart from these files, and from whoever receives them: with it, ids can be "
    "tried. Pseudonymised data are still personal data (UK GDPR)."
)


@dataclass(frozen=True, slots=True)
class Key:
    """The secret, never shown, and what is doubtful about how it is kept."""

    secret: bytes = field(repr=False)
    findings: tuple[Fault, ...] = ()


class _Rewritten(Struct, frozen=True):
    """One export, or one sheet of several, as it is written again."""

    file: str
    sheet: str
    table: pl.DataFrame
    questions: Mapping[str, str]
    left_out: Mapping[str, str]
    hashed: tuple[str, ...]
    blank_ids: int
    name: str = ""


class _Workbook(Struct, frozen=True):
    """What is written of one file, and sheet -> why it is not."""

    file: str
    parts: tuple[_Rewritten, ...]
    left_out: Mapping[str, str]


def read_key(file: Path | None, variable: str | None, environ: Mapping[str, str]) -> Key:
    """The key from a file or from an environment variable.

    A text counts without the line end that closes it. Raises ``UsageError`` if neither or
    both are given, if there is nothing to be read, or fewer than 32 bytes, or nothing random.
    """
    if bool(file) == bool(variable):
        raise UsageError("Say where the key is: either --key-file FILE or --key-variable NAME")
    if file:
        secret, where, findings = _from_file(file), f"the file {file.name!r}", _open_to_others(file)
    else:
        secret, where, findings = environ.get(variable or "", "").encode(), f"${variable}", ()
    how = "make one with: openssl rand -hex 32"
    if not secret:
        raise UsageError(f"There is no key in {where}: {how}")
    if len(secret) < _SHORTEST_KEY:
        raise UsageError(
            f"The key in {where} is too short: it needs {_SHORTEST_KEY} bytes or more; {how}"
        )
    if len(set(secret)) < _FEWEST_BYTES:
        raise UsageError(f"The key in {where} is not random; {how}")
    return Key(secret, findings)


def _from_file(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"The key file {path} cannot be read ({error.strerror})") from None
    text = content.rstrip(b"\r\n")
    return text if text.isascii() and text.decode().isprintable() else content


def _open_to_others(path: Path) -> tuple[Fault, ...]:
    if not stat.S_IMODE(path.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
        return ()
    fix = f"Close it: chmod 600 {path.name}"
    return (Fault("PER004", "others can read the key", fix, path.name),)


def pseudonymise(
    files: Sequence[Path],
    column: str,
    key: Key,
    out: Path,
    allowed: Collection[str] = (),
    steps: Sequence[str] = NORMALISE_BY_DEFAULT,
) -> tuple[str, ...]:
    """Write every export again as CSV into the folder ``out``, and say what was done.

    The id ``column`` holds HMAC-SHA256 of the id, made alike by ``steps`` before, so that the
    same respondent is the same pseudonym in every export; blank stays blank. A workbook gives
    one CSV for each sheet that has the column. Columns that look personal, by heading or
    contents, or repeat the id, are left out unless ``allowed``; ids that the platform gave to
    responses become keyed hashes too, because its exports are known by having them. Other
    cells stay, but for an apostrophe before what a spreadsheet would run, and blanks for what
    the export itself declares to be no answer. Texts of questions go beside the export.
    Raises ``SourceError`` if an export cannot be read or lacks the id, ``UsageError`` if two
    would have one name, ``OutputError`` if ``out`` cannot be written.
    """
    _refuse_twins(Path(file.name.removesuffix(".gz")).stem for file in files)
    workbooks = _rewrite_all(files, column, key, frozenset(allowed), steps)
    made = [part for book in workbooks for part in book.parts]
    _refuse_twins(Path(part.name).stem for part in made)

    def fill(place: Path) -> None:
        for part in made:
            write_csv(part.table, place / part.name)
            if part.questions:
                asked = {"column": list(part.questions), "question": list(part.questions.values())}
                write_csv(pl.DataFrame(asked), place / f"{Path(part.name).stem}.questions.csv")
        write_utf8(_record(workbooks, column, steps), place / RECORD)
        write_utf8(_NOTE + "\n", place / "README.txt")

    write_folder(out, fill, RECORD, private=True)
    said = [line for book in workbooks for line in _said(book)]
    return (*said, *map(str, key.findings), _DECIDE_FIRST, f"Written to {out}. {_NOTE}")


def _refuse_twins(stems: Iterable[str]) -> None:
    names = [stem.casefold() for stem in stems]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"Two exports would both be written as {name}.csv: rename one")


def _rewrite_all(
    files: Iterable[Path], column: str, key: Key, allowed: frozenset[str], steps: Sequence[str]
) -> list[_Workbook]:
    made, faults = list[_Workbook](), list[Fault]()
    for file in files:
        try:
            sheets, left_out = _sheets_with(column, file)
            parts = [_rewrite(sheet, column, key, allowed, steps) for sheet in sheets]
            several = len(parts) > 1
            named = [replace(part, name=_name(part.file, part.sheet * several)) for part in parts]
            made.append(_Workbook(file.name, tuple(named), left_out))
        except SourceError as error:
            faults += error.faults
    if faults:
        raise SourceError(f"The exports have {count_of(len(faults), 'fault')}", faults)
    return made


def _name(file: str, sheet: str) -> str:
    stem = Path(file.removesuffix(".gz")).stem
    safe = re.sub(r"[^\w -]", "-", sheet)
    return f"{stem}_{safe}.csv" if sheet else f"{stem}.csv"


def _sheets_with(column: str, file: Path) -> tuple[list[Export], dict[str, str]]:
    """The sheets of an export that have the column, and why each other one is left out.

    A file that is no workbook is one sheet. Raises ``SourceError`` if none has the column.
    """
    first = open_export(file)
    there, left_out = [first], dict[str, str]()
    for sheet in first.recognised.other_sheets:
        try:
            there.append(open_export(file, Layout(sheet=sheet)))
        except SourceError as error:
            left_out[sheet] = f"it cannot be read as a table: {error.faults[0].found}"
    having = [export for export in there if column in export.columns]
    if not having:
        raise SourceError("Columns are not there", [_no_such_column(column, there)])
    left_out |= {e.recognised.sheet: f"no column {column!r}" for e in there if e not in having}
    return having, left_out


def _no_such_column(column: str, sheets: Sequence[Export]) -> Fault:
    named = [sheet.recognised.sheet for sheet in sheets if sheet.recognised.other_sheets]
    found = "there is no such column"
    if named:
        found += f" in any sheet: {', '.join(map(repr, named))}"
    columns = [name for sheet in sheets for name in sheet.columns]
    fix = nearest(column, columns) or "Mend the name given with --id"
    return Fault("MAP001", found, fix, sheets[0].file, column=column)


def _rewrite(
    export: Export, column: str, key: Key, allowed: frozenset[str], steps: Sequence[str]
) -> _Rewritten:
    asked_for = _asked_for(export)
    ticks = [name for name, what in asked_for.items() if what == STAFF and _ticked(export, name)]
    asked_for = {name: what for name, what in asked_for.items() if name not in ticks}
    spared = allowed | {column}
    kept = [name for name in export.columns if name in spared or name not in asked_for]
    traced = [name for name in export.columns if asked_for.get(name) == RESPONSE_ID]
    hashed = [name for name in traced if name not in spared]
    read = [name for name in export.columns if name in kept or name in hashed]
    cells = pl.DataFrame([_answered(cell, export) for cell in export.read(read).frame])
    labels = labels_in_several(cells.select(name for name in kept if name not in spared))
    found = {
        name: what
        for name in kept
        if name not in spared and (what := _gives_away(cells[name], cells[column], labels))
    }
    made = [_pseudonyms(cells[name], key.secret, steps).alias(name) for name in (column, *hashed)]
    table = cells.with_columns(made).drop(list(found)).with_columns(pl.all().replace("", None))
    questions = {name: export.questions[name] for name in table.columns if name in export.questions}
    left_out = {name: asked_for[name] for name in asked_for if name not in read} | found
    return _Rewritten(
        export.file, _sheet(export), table, questions, left_out, tuple(hashed),
        made[0].null_count(),
    )  # fmt: skip


def _asked_for(export: Export) -> dict[str, str]:
    columns, questions = export.columns, export.questions
    return traced_columns(columns, questions) | personal_columns(columns, questions)


def _ticked(export: Export, column: str) -> bool:
    """Whether a column named after staff is an option to tick, such as whom somebody spoke to."""
    return only_ticks(export.read([column]).frame.to_series())


def _sheet(export: Export) -> str:
    return export.recognised.sheet if export.recognised.other_sheets else ""


def _answered(cells: pl.Series, export: Export) -> pl.Series:
    """A column as text; blank where the export declares that a value is no answer.

    A CSV cannot declare it, and a user-missing 0 of SPSS would be an answer in it.
    """
    texts = as_texts(cells).fill_null("")
    absent = export.missing.get(cells.name, frozenset())
    blank = [text for text in texts.unique() if fold(text) in absent] if absent else []
    return texts.replace(blank, "") if blank else texts


def _gives_away(cells: pl.Series, ids: pl.Series, labels: frozenset[str]) -> str:
    """What a column would give away about its respondents; ``""`` for nothing."""
    texts = cells.str.strip_chars()
    there = texts != ""
    same = (texts.str.to_uppercase() == ids.str.strip_chars().str.to_uppercase()) & there
    # Not by chance, as an answer 3 of respondent 3.
    if int(same.sum()) > 0.5 * int(there.sum()) and texts.filter(same).n_unique() >= _FEWEST_SAME:
        return "the ids again"
    return looks_personal(cells) or reads_as_prose(cells, labels)


def _pseudonyms(as_written: pl.Series, secret: bytes, steps: Sequence[str]) -> pl.Series:
    used = normalise(as_written, steps).used
    distinct = used.drop_nulls().unique()
    hashed = [_pseudonym(secret, name) for name in distinct]
    return used.replace_strict(distinct, hashed, default=None, return_dtype=pl.String)


def _pseudonym(secret: bytes, respondent: str) -> str:
    digest = hmac.digest(secret, respondent.encode(), "sha256")
    return b32encode(digest).decode()[:_LENGTH]


# --- what was done ------------------------------------------------------------------------


def _record(workbooks: Sequence[_Workbook], column: str, steps: Sequence[str]) -> str:
    exports = [
        {
            "from": part.file,
            "sheet": part.sheet,
            "file": part.name,
            "rows": part.table.height,
            "rows_without_id": part.blank_ids,
            "respondents": part.table[column].n_unique() - bool(part.blank_ids),
            "columns_left_out": dict(part.left_out),
            "columns_hashed": list(part.hashed),
        }
        for book in workbooks
        for part in book.parts
    ]
    sheets = [
        {"from": book.file, "sheet": sheet, "why": why}
        for book in workbooks
        for sheet, why in book.left_out.items()
    ]
    content = {
        "format": 1, "id": column, "normalise": list(steps), "pseudonym": _HOW,
        "exports": exports, "sheets_left_out": sheets,
    }  # fmt: skip
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _said(book: _Workbook) -> list[str]:
    """What was done with one file, for a person to look over: a line each."""
    said = [line for part in book.parts for line in _said_of(part)]
    if book.left_out:
        named = ", ".join(f"{sheet!r} ({why})" for sheet, why in book.left_out.items())
        said.append(f"{book.file}: sheets left out: {named}")
    return said


def _said_of(part: _Rewritten) -> list[str]:
    sheet = f", sheet {part.sheet!r}" if part.sheet else ""
    size = f"{count_of(part.table.height, 'row')} and {count_of(part.table.width, 'column')}"
    kept = [_short(name) for name in part.table.columns if name not in part.hashed]
    said = [f"{part.file}{sheet}: {size} as {part.name}", f"  kept: {', '.join(kept)}"]
    if part.hashed:
        said.append(f"  hashed like the id: {', '.join(map(_short, part.hashed))}")
    left = [f"{_short(name)} ({what})" for name, what in part.left_out.items()]
    return [*said, f"  left out: {', '.join(left) or 'nothing'}"]


def _short(heading: str) -> str:
    """A heading in quotation marks, cut where it is a long question."""
    return repr(shorten(heading, _SHOWN, placeholder=" …"))
