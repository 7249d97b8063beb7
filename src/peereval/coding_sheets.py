"""Sheets in which people coded free text: read, held against the responses, and joined to them.

A row of a sheet says which response it is about (``source`` and ``row``, or ``respondent`` and
``occasion``) and which themes that has. The answer itself is never looked at.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from hashlib import file_digest
from pathlib import Path

import msgspec
import polars as pl

from peereval.errors import CodingSheetError, Fault, SourceError, nearest
from peereval.formulas import as_meant
from peereval.labels import fold
from peereval.plurals import count_of
from peereval.reading.coding import as_texts
from peereval.reading.formats import open_export
from peereval.studies import MOST_OPTIONS, Study, Table, theme_column, with_themes

#: What says which response a row is about: the first of these whose columns are all there.
KEYS = (("source", "row"), ("respondent", "occasion"))
#: Columns that a sheet may have besides, blank where they are not there.
MAY_HAVE = ("coder", "quote", "quotation", "export")
#: What parts the themes of one response.
_BETWEEN = re.compile(r"[;|\n]")
_YES = frozenset({"yes", "y", "x", "1", "true"})
#: No theme that a sheet alone names is longer.
_LONGEST = 80
#: Rows that a fault names.
_SHOWN = 5

#: Whether a response has a theme: its state, in the column of `state_column`.
CODED, NOT_CODEABLE, NOT_CODED = "coded", "not_codeable", "not_coded"


class CodingSheet(msgspec.Struct, frozen=True):
    """A sheet as read: one row for each of its rows.

    Columns of ``frame``: ``sheet_row``, those of ``key``, `MAY_HAVE`, ``themes`` (ids of themes).
    """

    table: Table
    key: tuple[str, ...]
    frame: pl.DataFrame

    @property
    def file(self) -> str:
        """Name of the file."""
        return _file(self.table)


def _file(table: Table) -> str:
    return table.themes.sheet.name if table.themes else ""


class Coding(msgspec.Struct, frozen=True):
    """What the rows of a sheet come to.

    ``codes``: one row per row of the sheet whose response counts: ``row`` of the answers, then
    ``coder``, ``themes``, ``quote``, ``quotation``, ``sheet_row``.
    """

    table: Table
    codes: pl.DataFrame

    @property
    def leading(self) -> pl.DataFrame:
        """The codes that count: one row for each response."""
        lead = self.table.themes.lead if self.table.themes else ""
        return self.codes.filter(pl.col("coder") == lead) if lead else self.codes


def state_column(table: str) -> str:
    """Column of the sheet of answers that says whether a response was coded."""
    return f"coding {table}"


# --- reading --------------------------------------------------------------------------------


def read_coding_sheets(study: Study) -> tuple[Study, tuple[CodingSheet, ...]]:
    """The study with the themes of its sheets, and the sheets.

    Raises ``CodingSheetError`` with all faults at once: TBL007 a sheet cannot be read or lacks
    columns, TBL009 a theme that the study does not name, TBL011 several coders and none that
    leads, TBL012 a response that one coder coded twice.
    """
    faults, sheets, tables = list[Fault](), list[CodingSheet](), list[Table]()
    for table in study.tables:
        tables.append(table)
        if table.themes:
            sheet, wrong = _read(table)
            faults += wrong
            if sheet and sheet.key == KEYS[1] and study.id_scope == "organisation":
                what = "ids belong to organisations here: an id may be several respondents'"
                fix = "Say by source and row which response is meant"
                faults.append(_fault(sheet, "TBL007", what, fix, []))
            if sheet:
                sheets.append(sheet)
                tables[-1] = sheet.table
    _refuse(faults)
    return msgspec.structs.replace(study, tables=tuple(tables)), tuple(sheets)


def _refuse(faults: list[Fault]) -> None:
    if faults:
        raise CodingSheetError("The coded free text cannot be used", faults)


def _read(table: Table) -> tuple[CodingSheet | None, list[Fault]]:
    assert table.themes is not None
    path = table.themes.sheet
    try:
        export = open_export(path)
        key = next((key for key in KEYS if set(key) <= set(export.columns)), None)
        if key is None or "themes" not in export.columns:
            what = "it has no columns source and row (or respondent and occasion), and themes"
            fix = "Take the sheet that peereval tables code-sheet writes, and keep its columns"
            return None, [Fault("TBL007", what, fix, path.name, place=f"tables {table.id}")]
        there = [*key, "themes", *(name for name in MAY_HAVE if name in export.columns)]
        cells = export.read(there)
    except SourceError as error:
        fix = "Write one with peereval tables code-sheet, and let people code it"
        what = "; ".join(fault.found for fault in error.faults)
        return None, [Fault("TBL007", what, fix, path.name, place=f"tables {table.id}")]
    texts = pl.DataFrame(
        [as_meant(as_texts(each).str.strip_chars().fill_null("")) for each in cells.frame]
    ).with_columns(pl.lit("").alias(name) for name in MAY_HAVE if name not in there)
    frame = texts.with_columns(
        cells.rows.cast(pl.Int64).alias("sheet_row"),
        pl.Series("quote", [fold(text) in _YES for text in texts["quote"]], dtype=pl.Boolean),
    )
    return _understood(table, key, frame)


def _understood(
    table: Table, key: tuple[str, ...], frame: pl.DataFrame
) -> tuple[CodingSheet | None, list[Fault]]:
    """With the ids of themes in place of what coders wrote."""
    written = [[part.strip() for part in _BETWEEN.split(cell) if part.strip()]
               for cell in frame["themes"]]  # fmt: skip
    if not table.texts:
        different = {fold(text): text for some in written for text in some}
        if len(different) > MOST_OPTIONS or any(len(t) > _LONGEST for t in different.values()):
            what = f"its {len(different)} texts under themes do not look like themes"
            fix = "Name the themes in options"
            place = f"tables {table.id}"
            return None, [Fault("TBL009", what, fix, _file(table), place=place)]
        table = _with_themes_of(table, written)
    known = {text: name for name, texts in table.texts.items() for text in texts}
    themes = [sorted({known[fold(t)] for t in some if fold(t) in known}) for some in written]
    coded = frame.with_columns(pl.Series("themes", themes, dtype=pl.List(pl.String)))
    lead = table.themes.lead if table.themes else ""
    sheet = CodingSheet(table, key, _waiting_named(coded, written, key, lead))
    strange = dict[str, list[int]]()
    for row, some in zip(frame["sheet_row"], written, strict=True):
        for text in some:
            if fold(text) not in known:
                strange.setdefault(text, []).append(row)
    names = [table.options.get(name, name) for name in table.texts]
    faults = [_no_theme(sheet, text, names, rows) for text, rows in strange.items()]
    return sheet, [*faults, *_coders(sheet)]


def _waiting_named(
    frame: pl.DataFrame, written: list[list[str]], key: tuple[str, ...], lead: str
) -> pl.DataFrame:
    """Rows with neither coder nor themes wait to be coded by whoever codes; nobody else did.

    Left out where the response was coded in another row. ``written``: themes of each row.
    """
    named = pl.col("coder") != ""
    waits = ~named & pl.Series([not some for some in written], dtype=pl.Boolean)
    people = frame.filter(named)["coder"].sort().to_list()
    if not people:
        return frame
    rest = frame.filter(~waits)
    waiting = frame.filter(waits).join(rest, on=key, how="anti").unique(key, keep="first")
    whose = pl.lit(lead or people[0]).alias("coder")
    return pl.concat([rest, waiting.with_columns(whose)]).sort("sheet_row")


def _no_theme(sheet: CodingSheet, text: str, names: list[str], rows: list[int]) -> Fault:
    """TBL009; a text that is like no theme may be an answer, and is not repeated."""
    if hint := nearest(text, names):
        return _fault(sheet, "TBL009", f"there is no theme {text!r}", hint, rows)
    what = "a text that is no theme of the study stands there"
    return _fault(sheet, "TBL009", what, f"Themes are {', '.join(names)}", rows)


def _with_themes_of(table: Table, written: Iterable[list[str]]) -> Table:
    """The table with every theme of its sheet, in the order of the alphabet."""
    titles = {fold(text): text for some in written for text in sorted(some)}
    plain = {text: re.sub(r"[^a-z0-9]+", "_", text).strip("_") or "theme" for text in titles}
    counts = Counter(plain.values())
    named = {
        text: plain[text] if counts[plain[text]] == 1 else f"{plain[text]}_{n}"
        for n, text in enumerate(sorted(titles), 1)
    }
    made = msgspec.structs.replace(
        table, texts={named[text]: frozenset({text}) for text in sorted(titles)}
    )
    return with_themes(made, {named[text]: titles[text] for text in sorted(titles)})


def _coders(sheet: CodingSheet) -> Iterator[Fault]:
    """TBL011 and TBL012: whose codes count, and whose are there twice."""
    frame = sheet.frame
    coders = frame["coder"].unique().sort().to_list()
    nameless = frame.filter(pl.col("coder") == "")
    if nameless.height and len(coders) > 1:
        what = f"{count_of(nameless.height, 'row does|rows do')} not say who coded, while others do"
        rows = nameless["sheet_row"].to_list()
        yield _fault(sheet, "TBL011", what, "Write who it was under coder", rows)
        return
    lead = sheet.table.themes.lead if sheet.table.themes else ""
    if (not lead and len(coders) > 1) or (lead and lead not in coders):
        what = f"{len(coders)} people coded, and " + (
            f"none of them is {lead!r}" if lead else "the study does not say whose codes count"
        )
        yield _fault(sheet, "TBL011", what, 'Write coder = "..." in the table', [])
    twice = frame.filter(pl.struct(*sheet.key, "coder").is_duplicated())
    if twice.height:
        what = count_of(twice.height, "row is|rows are")
        what += " of a response that the same person coded twice"
        fix = "Keep one row, with all its themes in one cell"
        yield _fault(sheet, "TBL012", what, fix, twice["sheet_row"].to_list())


def _fault(sheet: CodingSheet, code: str, what: str, fix: str, rows: list[int]) -> Fault:
    return Fault(
        code, what, fix, sheet.file, rows[0] if rows else None, count=max(len(rows), 1),
        place=f"tables {sheet.table.id}", others=tuple(rows[1:_SHOWN]),
    )  # fmt: skip


# --- joining --------------------------------------------------------------------------------


def join_codes(
    answers: pl.DataFrame, scores: pl.DataFrame, sheets: Iterable[CodingSheet], study: Study
) -> tuple[pl.DataFrame, tuple[Coding, ...], tuple[Fault, ...]]:
    """The answers of tables with a column for every theme, the codes, and what is doubtful.

    ``answers``: of `TableAnswers.sheet`, one row per eligible response; ``scores``: every row of
    the exports. Whether a response has a theme is missing where it was not coded, or says nothing
    that can be. TBL010: responses that nobody coded; TBL015: codes of responses that do not count.
    Raises ``CodingSheetError``: TBL008 rows that are about no response, TBL013 an export, or an
    answer, that is not as it was when the sheet was written.
    """
    faults, findings, codings = list[Fault](), list[Fault](), list[Coding]()
    for sheet in sheets:
        places = _places(sheet.key, scores, answers["row"])
        found = sheet.frame.join(places, on=list(sheet.key), how="left", maintain_order="left")
        wanted = ("at", "coder", "themes", "quote", "quotation", "sheet_row")
        counted = found.filter(pl.col("at").is_in(answers["row"].implode()))
        coding = Coding(sheet.table, counted.select(wanted).rename({"at": "row"}))
        faults += _about_nothing(sheet, found, coding, answers, study)
        codings.append(coding)
        if aside := found.height - counted.height:
            what = f"{count_of(aside, 'row is|rows are')} about responses that are set aside"
            fault = _fault(sheet, "TBL015", what, "Not counted", [])
            findings.append(replace(fault, count=aside))
    _refuse(faults)
    for coding in codings:
        answers = _with_flags(answers, coding)
        findings += _not_coded(coding, answers)
    return answers, tuple(codings), tuple(findings)


def _places(key: tuple[str, ...], scores: pl.DataFrame, counted: pl.Series) -> pl.DataFrame:
    """The key of every response, and ``at``: its row in the answers.

    A respondent who answered twice at one occasion has the response that counts.
    """
    columns = {"row": "source_row"}
    known = scores.select(
        pl.col("row").alias("at"),
        *(pl.col(columns.get(name, name)).cast(pl.String).alias(name) for name in key),
    ).drop_nulls()
    last = ~known["at"].is_in(counted.implode())
    first = known.with_columns(last.alias("last")).sort("last", "at").drop("last")
    return first.unique(list(key), keep="first", maintain_order=True)


def _about_nothing(
    sheet: CodingSheet, found: pl.DataFrame, coding: Coding, answers: pl.DataFrame, study: Study
) -> Iterator[Fault]:
    """TBL008 and TBL013: rows about no response, and signs that rows are not what they were."""
    lost = found.filter(pl.col("at").is_null())["sheet_row"].to_list()
    if lost:
        what = f"{count_of(len(lost), 'row is|rows are')} about no response: no export has such a "
        fix = "Leave these columns as peereval tables code-sheet wrote them"
        yield _fault(sheet, "TBL008", what + " and ".join(sheet.key), fix, lost)
    changed = _changed_exports(sheet, study)
    if changed:
        what = count_of(len(changed), "export has|exports have")
        what += " changed since the sheet was written"
        fix = "Rows may have moved: write the sheet again, and bring the codes over"
        yield _fault(sheet, "TBL013", what, fix, changed)
    (given, *_) = [*(read.id for read in sheet.table.reads), ""]
    if given:
        there = answers.filter(pl.col(given) == 1)["row"]
        themed = coding.codes.filter(pl.col("themes").list.len() > 0)
        blank = themed.filter(~pl.col("row").is_in(there.implode()))["sheet_row"].to_list()
        if blank:
            what = count_of(len(blank), "row has|rows have")
            what += " themes for a response that has no answer"
            fix = "Rows may have moved: see that the exports are those that were coded"
            yield _fault(sheet, "TBL013", what, fix, blank)


def mark_of(path: Path) -> str:
    """What an export is known by in a coding sheet: it changes with a single byte."""
    with path.open("rb") as file:
        return f"sha256:{file_digest(file, 'sha256').hexdigest()[:16]}"


def _changed_exports(sheet: CodingSheet, study: Study) -> list[int]:
    """The first row of every mark that is not that of its export, or of any where none is named."""
    named = "source" if sheet.key == KEYS[0] else "export"
    marks = sheet.frame.filter(pl.col("export") != "").unique(
        ["export", named], keep="first", maintain_order=True
    )
    if marks.is_empty():
        return []
    known = {source.file: mark_of(study.folder / source.file) for source in study.sources}
    gone = []
    for row, source, mark in marks.select("sheet_row", named, "export").iter_rows():
        own = [m for file, m in known.items() if source in (file, mark) or _is_of(source, file)]
        if mark not in own:
            gone.append(row)
    return sorted(gone)


def _is_of(source: str, file: str) -> bool:
    """Whether a source is a sheet of a file of several (see `source_name`)."""
    return source.startswith(f"{file} [")


def _with_flags(answers: pl.DataFrame, coding: Coding) -> pl.DataFrame:
    """A column for every theme, and the state of each response that gave an answer."""
    table, themes = coding.table, pl.col("themes")
    given = pl.col(table.reads[0].id) == 1 if table.reads else themes.is_not_null()
    codeable = themes.list.set_intersection(pl.lit(list(table.options), pl.List(pl.String)))
    state = (
        pl.when(codeable.list.len() > 0).then(pl.lit(CODED))
        .when(themes.list.len() > 0).then(pl.lit(NOT_CODEABLE))
        .when(given).then(pl.lit(NOT_CODED))
    )  # fmt: skip
    coded = answers.join(coding.leading.select("row", "themes"), on="row", how="left",
                         maintain_order="left")  # fmt: skip
    flags = (
        pl.when(pl.col(state_column(table.id)) == CODED)
        .then(themes.list.contains(name).cast(pl.Int8))
        .alias(theme_column(table.id, name))
        for name in table.options
    )
    stated = coded.with_columns(state.alias(state_column(table.id)))
    return stated.with_columns(*flags).drop("themes")


def _not_coded(coding: Coding, answers: pl.DataFrame) -> Iterator[Fault]:
    left = answers.filter(pl.col(state_column(coding.table.id)) == NOT_CODED).height
    if left:
        what = count_of(left, "response has|responses have")
        what += " an answer and no theme: counted as not coded"
        fix = "Let somebody code them; what says nothing has a theme of its own, see uncodeable"
        sheet = CodingSheet(coding.table, (), coding.codes)
        yield replace(_fault(sheet, "TBL010", what, fix, []), count=left)
