"""Exports -> the same exports with keyed hashes for ids, and without what names a respondent."""

import hmac
import json
import stat
from base64 import b32encode
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from peereval.errors import Fault, SourceError, UsageError, nearest
from peereval.identifiers import normalise
from peereval.labels import fold
from peereval.output import write_csv, write_folder, write_utf8
from peereval.personal import looks_personal, personal_columns
from peereval.reading.coding import as_texts
from peereval.reading.export import Export
from peereval.reading.formats import open_export
from peereval.studies import NORMALISE_BY_DEFAULT

#: The file by which an output folder of pseudonyms is known again.
RECORD = "pseudonymised.json"
_SHORTEST_KEY = 32
#: Fewer different bytes than this are no chance.
_FEWEST_BYTES = 8
#: 26 characters of 5 bits are 130 bits: among a million ids two alike are never met. Capitals
#: and the digits 2 to 7 pass a spreadsheet unharmed, where some hexadecimal would be a number.
_LENGTH = 26
_FEWEST_SAME = 3
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


@dataclass(frozen=True, slots=True)
class _Rewritten:
    """One export as it is written again."""

    file: str
    table: pl.DataFrame
    questions: Mapping[str, str]
    left_out: Mapping[str, str]
    blank_ids: int

    @property
    def name(self) -> str:
        path = Path(self.file.removesuffix(".gz"))
        return f"{path.stem}.csv"


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
    same respondent is the same pseudonym in every export; blank stays blank. Columns that look
    personal, by heading or contents, or repeat the id, are left out unless ``allowed``. Other
    cells stay, but for an apostrophe before what a spreadsheet would run, and blanks for what
    the export itself declares to be no answer. Texts of questions go beside the export.
    Raises ``SourceError`` if an export cannot be read or lacks the id, ``UsageError`` if two
    would have one name, ``OutputError`` if ``out`` cannot be written.
    """
    _refuse_twins(files)
    made = _rewrite_all(files, column, key, frozenset(allowed), steps)

    def fill(place: Path) -> None:
        place.chmod(0o700)
        for part in made:
            write_csv(part.table, place / part.name)
            if part.questions:
                asked = {"column": list(part.questions), "question": list(part.questions.values())}
                write_csv(pl.DataFrame(asked), place / f"{Path(part.name).stem}.questions.csv")
        write_utf8(_record(made, column, steps), place / RECORD)
        write_utf8(_NOTE + "\n", place / "README.txt")

    write_folder(out, fill, RECORD)
    return (*(_said(part) for part in made), *map(str, key.findings), f"Written to {out}. {_NOTE}")


def _refuse_twins(files: Sequence[Path]) -> None:
    names = [Path(file.name.removesuffix(".gz")).stem.casefold() for file in files]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"Two exports would both be written as {name}.csv: rename one")


def _rewrite_all(
    files: Iterable[Path], column: str, key: Key, allowed: frozenset[str], steps: Sequence[str]
) -> list[_Rewritten]:
    made, faults = list[_Rewritten](), list[Fault]()
    for file in files:
        try:
            made.append(_rewrite(open_export(file), column, key, allowed, steps))
        except SourceError as error:
            faults += error.faults
    if faults:
        raise SourceError(f"The exports have {len(faults)} fault(s)", faults)
    return made


def _rewrite(
    export: Export, column: str, key: Key, allowed: frozenset[str], steps: Sequence[str]
) -> _Rewritten:
    if column not in export.columns:
        fix = nearest(column, export.columns) or "Mend the name given with --id"
        fault = Fault("MAP001", "there is no such column", fix, export.file, column=column)
        raise SourceError("Columns are not there", [fault])
    asked_for = personal_columns(export.columns, export.questions)
    kept = [c for c in export.columns if c == column or c in allowed or c not in asked_for]
    cells = pl.DataFrame([_answered(cell, export) for cell in export.read(kept).frame])
    as_written = cells[column]
    found = {
        name: what
        for name in kept
        if name != column and name not in allowed and (what := _gives_away(cells[name], as_written))
    }
    pseudonyms = _pseudonyms(as_written, key.secret, steps)
    table = cells.with_columns(pseudonyms.alias(column)).drop(list(found))
    table = table.with_columns(pl.all().replace("", None))
    questions = {name: export.questions[name] for name in table.columns if name in export.questions}
    left_out = {name: asked_for[name] for name in asked_for if name not in kept} | found
    return _Rewritten(export.file, table, questions, left_out, pseudonyms.null_count())


def _answered(cells: pl.Series, export: Export) -> pl.Series:
    """A column as text; blank where the export declares that a value is no answer.

    A CSV cannot declare it, and a user-missing 0 of SPSS would be an answer in it.
    """
    texts = as_texts(cells).fill_null("")
    absent = export.missing.get(cells.name, frozenset())
    blank = [text for text in texts.unique() if fold(text) in absent] if absent else []
    return texts.replace(blank, "") if blank else texts


def _gives_away(cells: pl.Series, ids: pl.Series) -> str:
    """What a column would give away about its respondents; ``""`` for nothing."""
    texts = cells.str.strip_chars()
    there = texts != ""
    same = (texts.str.to_uppercase() == ids.str.strip_chars().str.to_uppercase()) & there
    # Not by chance, as an answer 3 of respondent 3.
    if int(same.sum()) > 0.5 * int(there.sum()) and texts.filter(same).n_unique() >= _FEWEST_SAME:
        return "the ids again"
    return looks_personal(cells)


def _pseudonyms(as_written: pl.Series, secret: bytes, steps: Sequence[str]) -> pl.Series:
    used = normalise(as_written, steps).used
    distinct = used.drop_nulls().unique()
    hashed = [_pseudonym(secret, name) for name in distinct]
    return used.replace_strict(distinct, hashed, default=None, return_dtype=pl.String)


def _pseudonym(secret: bytes, respondent: str) -> str:
    digest = hmac.digest(secret, respondent.encode(), "sha256")
    return b32encode(digest).decode()[:_LENGTH]


# --- what was done ------------------------------------------------------------------------


def _record(made: Sequence[_Rewritten], column: str, steps: Sequence[str]) -> str:
    exports = [
        {
            "from": part.file,
            "file": part.name,
            "rows": part.table.height,
            "rows_without_id": part.blank_ids,
            "respondents": part.table[column].n_unique() - bool(part.blank_ids),
            "columns_left_out": dict(part.left_out),
        }
        for part in made
    ]
    content = {
        "format": 1, "id": column, "normalise": list(steps), "pseudonym": _HOW, "exports": exports,
    }  # fmt: skip
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _said(part: _Rewritten) -> str:
    said = f"{part.file}: {part.table.height:,} rows and {part.table.width} columns as {part.name}"
    if part.left_out:
        named = ", ".join(f"{name!r} ({what})" for name, what in part.left_out.items())
        said += f"; left out: {named}"
    return said
