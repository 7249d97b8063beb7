"""The exports of a study -> `answers`, with every answer that was not understood counted."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from peereval.columns import item_column, names
from peereval.errors import Fault, SourceError, nearest
from peereval.labels import fold
from peereval.reading.coding import Unread, as_text, code_column, code_columns
from peereval.reading.export import Cells, Export
from peereval.reading.formats import open_export
from peereval.studies import Source, Study

#: Type of a code: a scale file refuses codes that do not fit.
CODE = pl.Int8

_ROWS_PER_SOURCE = 1 << 32


@dataclass(frozen=True, slots=True)
class Answers:
    """What was read.

    ``frame``: one row per export row (columns of `answers`, then one integer column
    per item and question). ``characteristics``: the same rows, one column of words per
    characteristic that the study names. ``faults``: one row per column and value that was not
    understood; restricted, for it shows what was written. ``changes``: one row per cell
    that was changed before use. ``findings``: the same for the screen, without a single
    answer in it.
    """

    frame: pl.DataFrame
    characteristics: pl.DataFrame
    faults: pl.DataFrame
    changes: pl.DataFrame
    findings: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A column of the answers: where it may be, and what its cells can mean."""

    name: str
    columns: tuple[str, ...]
    codes: Mapping[str, int]


def read_answers(study: Study) -> Answers:
    """All sources of a study in one table, row order as in the files; as `read_sources`."""
    parts = list(read_sources(study))
    return Answers(
        pl.concat([part.frame for part in parts]),
        pl.concat([part.characteristics for part in parts]),
        pl.concat([part.faults for part in parts]),
        pl.concat([part.changes for part in parts]),
        tuple(finding for part in parts for finding in part.findings),
    )


def read_sources(study: Study) -> Iterator[Answers]:
    """Each source of a study in turn, so that only one is held at a time.

    Responses that are no label and no code of their scale (out of range, or text
    that is not known) become missing before anything is reversed, and are counted.
    Raises ``SourceError`` with the faults of all files at once: a file or a column
    that is not there, rows of an occasion that the study does not name.
    """
    present: set[str] = set()
    problems: list[Fault] = []
    for position, source in enumerate(study.sources):
        try:
            export = open_export(study.folder / source.file, source.sheet)
            part = _Part(study, source, export, position)
            frame = part.read()
        except SourceError as error:
            problems += error.faults
            continue
        present |= set(frame.columns) | part.characterised
        if not problems:
            yield Answers(
                _whole(study, frame),
                part.characteristics,
                _fault_table(part.faults),
                _changed_ids(study, frame),
                tuple(part.findings),
            )
    problems += _never_found(study, present) if not problems else []
    if problems:
        raise SourceError(f"The exports have {len(problems)} fault(s)", problems)


def _whole(study: Study, frame: pl.DataFrame) -> pl.DataFrame:
    """All columns of `answers`, those that the source lacks blank."""
    kinds = {"role": pl.String} | dict.fromkeys(study.item_columns, CODE)
    blank = [name for name in kinds if name not in frame.columns]
    frame = frame.with_columns(pl.lit(None, kinds[name]).alias(name) for name in blank)
    return frame.select(*names("answers"), *study.item_columns)


def _changed_ids(study: Study, frame: pl.DataFrame) -> pl.DataFrame:
    """Rows whose id was not used as the export has it, and both forms of it."""
    used = pl.col("respondent").fill_null("")
    return frame.filter(pl.col("respondent_as_written").fill_null("") != used).select(
        "source",
        "source_row",
        pl.lit(study.respondent).alias("column"),
        pl.col("respondent_as_written").alias("as_written"),
        used.alias("used"),
        pl.lit("spaces around the id were removed").alias("reason"),
    )


def _never_found(study: Study, present: set[str]) -> list[Fault]:
    """Columns that the study names and no export has."""
    problems = []
    for part in study.scales:
        first = part.scale.items[0].id
        if item_column(part.scale.id, first) not in present:
            what = f"no export has the columns of the scale {part.scale.id!r}"
            fix = f"The first was looked for as {_or(part.columns[first])}"
            problems.append(Fault("MAP003", what, fix, study.path.name))
    for question in study.questions:
        if question.id not in present:
            what = f"no export has a column for the question {question.id!r}"
            fix = f"It was looked for as {_or(question.columns)}"
            problems.append(Fault("MAP003", what, fix, study.path.name))
    for name, column in study.characteristics.items():
        if name not in present:
            what = f"no export has the column {column!r} of the characteristic {name!r}"
            problems.append(Fault("MAP003", what, "Mend it in [columns]", study.path.name))
    if study.role and "role" not in present:
        what = f"no export has the role column {study.role!r}"
        problems.append(Fault("MAP003", what, "Mend role = in [columns]", study.path.name))
    return problems


def _or(columns: Iterable[str]) -> str:
    return " or ".join(map(repr, columns))


class _Part:
    """Reads one source."""

    def __init__(self, study: Study, source: Source, export: Export, position: int) -> None:
        self.study, self.source, self.export = study, source, export
        self.position = position
        self.faults: list[dict[str, object]] = []
        self.findings: list[Fault] = []
        self.problems: list[Fault] = []
        self.rows = pl.Series(dtype=pl.Int64)
        self.characteristics = pl.DataFrame()
        self.characterised = {
            name for name, column in study.characteristics.items() if column in export.columns
        }

    def read(self) -> pl.DataFrame:
        fixed, wanted, problems = self.fixed_columns(), self.wanted(), self.problems
        if problems:
            raise SourceError("Columns are not there", problems)
        here = {part.name: self.present(part.columns) for part in wanted}
        items = {name: column for name, column in here.items() if column}
        described = [self.study.characteristics[name] for name in sorted(self.characterised)]
        read = dict.fromkeys([*fixed.values(), *items.values(), *described])
        cells = self.export.read(list(read))
        self.rows = cells.rows
        self.characteristics = self.describe(cells.frame)
        frame = pl.DataFrame({"row": cells.rows + self.position * _ROWS_PER_SOURCE})
        frame = frame.with_columns(self.fixed(cells, fixed))
        return frame.with_columns(*self.code_items(cells.frame, wanted, items))

    def describe(self, cells: pl.DataFrame) -> pl.DataFrame:
        """Characteristics as words; missing where blank, or where the export has none."""
        nothing = pl.repeat(None, cells.height, dtype=pl.Categorical, eager=True)
        return pl.DataFrame(
            [
                _blank_to_null(_text(cells[column])).cast(pl.Categorical).alias(name)
                if name in self.characterised
                else nothing.alias(name)
                for name, column in self.study.characteristics.items()
            ]
        )

    def code_items(
        self, cells: pl.DataFrame, wanted: list[_Wanted], columns: Mapping[str, str]
    ) -> Iterator[pl.Series]:
        """Codes of all items and questions; those that share their codes are coded together."""
        groups: dict[tuple[int, pl.DataType], list[_Wanted]] = {}
        for part in wanted:
            if part.name in columns:
                kind = cells[columns[part.name]].dtype
                groups.setdefault((id(part.codes), kind), []).append(part)
        for parts in groups.values():
            named = [cells[columns[part.name]].alias(part.name) for part in parts]
            coded, unread = code_columns(
                pl.DataFrame(named), parts[0].codes, self.study.missing, self.rows, CODE
            )
            for name, values in unread.items():
                self.sort_out(columns[name], values, "ANS001")
            yield from coded

    # -- which columns

    def present(self, columns: Iterable[str]) -> str:
        return next((column for column in columns if column in self.export.columns), "")

    def fixed_columns(self) -> dict[str, str]:
        """Our word -> export column, for everything that is not an answer."""
        study, source = self.study, self.source
        needed = {
            "respondent": study.respondent,
            "organisation": study.organisation,
            "occasion": source.occasion_column,
            "phase": source.phase_column,
        }
        absent = [c for c in needed.values() if c and c not in self.export.columns]
        for column in absent:
            fix = nearest(column, self.export.columns) or "Mend the name in the study"
            self.note("MAP001", "there is no such column", fix, column)
        if study.role in self.export.columns:
            needed["role"] = study.role
        return {word: column for word, column in needed.items() if column}

    def wanted(self) -> list[_Wanted]:
        items: list[_Wanted] = []
        for part in self.study.scales:
            coding = self.source.codings.get(part.scale.id, part.coding)
            codes = part.scale.codes(coding)
            absent = [i for i, columns in part.columns.items() if not self.present(columns)]
            if len(absent) == len(part.columns):
                continue
            for item in absent:
                column = part.columns[item][0]
                what = f"the item {item!r} of {part.scale.id} has no column here"
                self.note("MAP002", what, nearest(column, self.export.columns), column)
            items += [
                _Wanted(item_column(part.scale.id, item), columns, codes)
                for item, columns in part.columns.items()
            ]
        return items + [_Wanted(q.id, q.columns, q.codes) for q in self.study.questions]

    # -- what is in them

    def fixed(self, cells: Cells, columns: Mapping[str, str]) -> list[pl.Expr | pl.Series]:
        """Everything that is not an answer, in our words."""
        study, source, frame = self.study, self.source, cells.frame
        as_written = _text(frame[columns["respondent"]])
        made: list[pl.Expr | pl.Series] = [
            pl.lit(source.file).alias("source"),
            cells.rows.alias("source_row"),
            _blank_to_null(as_written).alias("respondent"),
            as_written.alias("respondent_as_written"),
            self.declared(frame, columns, "occasion", source.occasion, source.occasions),
            self.declared(frame, columns, "phase", source.phase, source.phases),
        ]
        if "organisation" in columns:
            organisation = _blank_to_null(_text(frame[columns["organisation"]]))
            made.append(organisation.alias("organisation"))
        else:
            made.append(pl.lit(None, pl.String).alias("organisation"))
        if "role" in columns:
            roles = self.code(frame[columns["role"]], study.roles, "ANS003", pl.String)
            made.append(roles.alias("role"))
        return made

    def declared(
        self,
        frame: pl.DataFrame,
        columns: Mapping[str, str],
        word: str,
        one: str,
        mapping: Mapping[str, str],
    ) -> pl.Expr | pl.Series:
        """Occasion or phase: one for the whole file, or by a column through a mapping."""
        if one:
            return pl.lit(one).alias(word)
        folded = {fold(text): meaning for text, meaning in mapping.items()}
        cells = frame[columns[word]]
        coded, unread = code_column(cells, folded, frozenset(), self.rows, pl.String)
        if coded.null_count():
            blank = coded.null_count() - sum(value.n for value in unread)
            first = int(self.rows.filter(coded.is_null())[0])
            fault = Fault(
                "MAP004",
                f"{coded.null_count()} row(s) have no known {word} ({blank} blank)",
                f"Name every value in {word}s = {{...}}",
                self.source.file,
                first,
                cells.name,
            )
            raise SourceError(f"Rows without a {word}", [fault])
        return coded.alias(word)

    def code(
        self, cells: pl.Series, codes: Mapping[str, object], kind: str, dtype: object
    ) -> pl.Series:
        coded, unread = code_column(cells, codes, self.study.missing, self.rows, dtype)
        self.sort_out(cells.name, unread, kind)
        return coded

    def sort_out(self, column: str, unread: list[Unread], kind: str) -> None:
        """Count what was not understood in a column, numbers apart from text."""
        by_kind: dict[str, list[Unread]] = {}
        for value in unread:
            number = kind == "ANS001" and _is_number(value.value)
            by_kind.setdefault("ANS002" if number else kind, []).append(value)
        for code, values in by_kind.items():
            self.count(column, values, code)

    def count(self, column: str, unread: list[Unread], code: str) -> None:
        """Note values that were not understood: each for the table, their number for the screen."""
        for value in unread:
            self.faults.append(
                {
                    "code": code,
                    "source": self.source.file,
                    "column": column,
                    "value": value.value,
                    "n": value.n,
                    "first_row": value.first_row,
                    "found": _FOUND[code],
                }
            )
        total = sum(value.n for value in unread)
        self.findings.append(
            Fault(
                code,
                f"{total:,} cell(s) hold {_FOUND[code]} ({len(unread)} different); they count "
                "as missing",
                "The values are in restricted/faults.csv",
                self.source.file,
                min(value.first_row for value in unread),
                column,
                total,
            )
        )

    def note(self, code: str, found: str, fix: str, column: str) -> None:
        """Note that a column is not as the study says; `read` raises them together."""
        self.problems.append(Fault(code, found, fix, self.source.file, column=column))


_FOUND = {
    "ANS001": "text that is no label of this question",
    "ANS002": "a number out of range for this question",
    "ANS003": "a role that the study does not name",
}


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _text(cells: pl.Series) -> pl.Series:
    """Cells as a person reads them; a missing one is missing."""
    if cells.dtype == pl.String or cells.dtype.is_integer():
        return cells.cast(pl.String)
    return pl.Series(cells.name, [as_text(value) for value in cells.to_list()], dtype=pl.String)


def _blank_to_null(cells: pl.Series) -> pl.Series:
    trimmed = cells.str.strip_chars()
    return pl.select(pl.when(trimmed != "").then(trimmed)).to_series()


def _fault_table(faults: list[dict[str, object]]) -> pl.DataFrame:
    schema = {
        name: pl.Int64 if name in ("n", "first_row") else pl.String for name in names("faults")
    }
    return pl.DataFrame(faults, schema=schema)
