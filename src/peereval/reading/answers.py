"""One export -> `answers`, with every answer that was not understood counted."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import polars as pl
from msgspec import Struct

from peereval.columns import STAYS, names
from peereval.errors import Fault, SourceError
from peereval.labels import fold
from peereval.personal import looks_personal, refusal_by_contents
from peereval.plurals import count_of
from peereval.reading.coding import (
    EXAMPLES,
    Coded,
    Coding,
    Unread,
    as_text,
    by_reason,
    code_column,
    code_columns,
    counted,
    distinct,
    examples,
    look_up,
)
from peereval.reading.days import read_days, read_years
from peereval.reading.export import Cells, Export, Recognised
from peereval.reading.mapping import Mapped, Wanted, map_columns
from peereval.reading.multiple import read_options
from peereval.reading.notes import Notes
from peereval.reading.numbering import Seen, check_numbers
from peereval.reading.numbers import NUMBER, read_numbers
from peereval.reading.organisations import Organisations
from peereval.reading.rows import read_ids, read_words, set_aside
from peereval.studies import Source, Study

#: Types of a code, as small as all of a study fit; a scale file refuses larger ones than these.
_CODES = (pl.Int8, pl.Int16)
#: The characteristic whose words hold the number of a year group.
YEAR_GROUP = "year_group"
#: Reason of what an export itself declares to be no answer.
USER_MISSING = "user_missing"

_ROWS_PER_SOURCE = 1 << 32
_NUMBER = re.compile(r"-?\d+(\.\d+)?(e\d+)?")


class Answers(Struct, frozen=True):
    """What was read.

    ``frame``: one row per export row (columns of `answers`, then one integer column
    per item and question). ``characteristics``: the same rows, one column of words per
    characteristic that the study names. ``faults``: one row per column and value that was not
    understood; restricted, for it shows what was written. ``changes``: one row per cell that
    was changed before use. ``missing``: cells that are missing for a declared reason, counted.
    ``findings``: what is doubtful, without a single answer in it. ``recognised``: what each
    export was taken for.
    """

    frame: pl.DataFrame
    characteristics: pl.DataFrame
    faults: pl.DataFrame
    changes: pl.DataFrame
    missing: pl.DataFrame
    findings: tuple[Fault, ...]
    recognised: tuple[tuple[str, Recognised], ...]


def code_type(study: Study) -> type[pl.Int8 | pl.Int16]:
    """The type of the codes of items: a line of 200 steps needs a larger one than five labels."""
    ends = [abs(end) for part in study.scales for end in (part.scale.low, part.scale.high)]
    ends += (code for question in study.questions for code in question.codes.values())
    return _CODES[max(ends, default=0) > 127]


class Reader:
    """Reads one source: what is used of it, how it is noted, and the organisations met before."""

    def __init__(
        self,
        study: Study,
        source: Source,
        export: Export,
        notes: Notes,
        organisations: Organisations,
    ) -> None:
        self.study, self.source, self.export = study, source, export
        self.notes, self.organisations = notes, organisations
        self.code = code_type(study)
        #: Row numbers; once rows are set aside, of those that stay.
        self.rows = pl.Series(dtype=pl.Int64)

    def read(self, position: int) -> Answers:
        """`Answers` of this source; raises ``SourceError`` with everything that is wrong."""
        notes = self.notes
        mapped = map_columns(self.study, self.source, self.export, notes)
        self.stop_if_wrong()
        cells = self.export.read(mapped.columns)
        notes.findings += cells.findings
        exclusion = set_aside(cells, self.export, self.study, notes)
        self.rows = cells.rows.zip_with(exclusion == STAYS, pl.Series([None], dtype=pl.Int64))
        columns = [(cells.rows + position * _ROWS_PER_SOURCE).alias("row")]
        columns += self.fixed(cells, mapped.fixed, exclusion)
        characteristics = self.describe(cells.frame, mapped)
        if YEAR_GROUP in self.study.characteristics:
            columns.append(read_years(characteristics[YEAR_GROUP]).alias("year"))
        columns += self.code_items(cells.frame, mapped.wanted)
        columns += self.read_numbers(cells.frame, mapped.wanted)
        columns += self.read_given(cells.frame, mapped.wanted)
        columns += read_options(cells, mapped.options, self.missing, self.rows, notes)
        self.stop_if_wrong()
        return Answers(
            self.whole(columns),
            characteristics,
            notes.fault_table(),
            notes.change_table(),
            notes.missing_table(),
            tuple(notes.findings),
            ((notes.source, self.export.recognised),),
        )

    def stop_if_wrong(self) -> None:
        """Raise what is wrong with this source; `read_sources` puts it together."""
        if self.notes.problems:
            raise SourceError(f"{self.notes.source} is not as the study says", self.notes.problems)

    def whole(self, columns: Sequence[pl.Series]) -> pl.DataFrame:
        """All columns of `answers`, those that the source lacks blank."""
        study, height = self.study, self.rows.len()
        kinds: dict[str, type[pl.DataType]] = {"organisation": pl.String, "role": pl.String}
        kinds |= {"day": pl.Int32} if study.date else {}
        kinds |= {"year": pl.Int16} if YEAR_GROUP in study.characteristics else {}
        optional = [name for name in ("day", "year") if name in kinds]
        kinds |= dict.fromkeys(study.item_columns, self.code)
        kinds |= dict.fromkeys(study.number_columns, NUMBER)
        blank = {kind: pl.Series([None], dtype=kind) for kind in set(kinds.values())}
        blank = {kind: nothing.new_from_index(0, height) for kind, nothing in blank.items()}
        there = {name: blank[kind].alias(name) for name, kind in kinds.items()}
        there |= {column.name: column for column in columns}
        ordered = [*names("answers"), *optional, *study.item_columns]
        return pl.DataFrame([there[name] for name in ordered])

    # -- what is no answer

    def fixed(
        self, cells: Cells, columns: Mapping[str, str], exclusion: pl.Series
    ) -> list[pl.Series]:
        """Everything that is no answer, in our words."""
        source, frame = self.source, cells.frame
        self.keep_people_out(frame, columns)
        ids = frame[columns["respondent"]]
        used, as_written = read_ids(ids, self.blank(ids.name), cells.rows, self.study, self.notes)
        return [
            self.same("source", self.notes.source),
            cells.rows.alias("source_row"),
            used.alias("respondent"),
            exclusion,
            as_written.alias("respondent_as_written"),
            self.declared(frame, columns, "occasion", source.occasion, source.occasions),
            self.declared(frame, columns, "phase", source.phase, source.phases),
            *self.optional({word: frame[column] for word, column in columns.items()}),
        ]

    def same(self, word: str, text: str) -> pl.Series:
        """A column that says the same of every row."""
        return pl.Series(word, [text]).new_from_index(0, self.rows.len())

    def optional(self, cells: Mapping[str, pl.Series]) -> Iterator[pl.Series]:
        """Organisation, role and day, where the export has them; ``cells`` by our words."""
        if "organisation" in cells:
            named = cells["organisation"]
            one = self.organisations.unify(named, self.blank(named.name), self.rows, self.notes)
            yield one.alias("organisation")
        if "role" in cells:
            yield self.roles(cells["role"]).alias("role")
        if "day" in cells:
            missing = self.missing(cells["day"].name)
            yield read_days(cells["day"], missing, self.rows, self.notes).alias("day")

    def keep_people_out(self, frame: pl.DataFrame, columns: Mapping[str, str]) -> None:
        """PER003: columns whose contents look personal. Schools are called after people."""
        uses = {columns["respondent"]: "the id"}
        uses |= {columns["organisation"]: "the organisation"} if "organisation" in columns else {}
        for column, use in uses.items():
            what = looks_personal(frame[column]) if column not in self.study.allowed else ""
            if what and not (use == "the organisation" and what == "a name"):
                self.refuse(column, use, what)

    def refuse(self, column: str, use: str, what: str) -> None:
        """Note a column whose contents look like ``what``."""
        fault = refusal_by_contents(self.notes.file, column, use, what, self.notes.sheet)
        self.notes.problems.append(fault)

    def describe(self, cells: pl.DataFrame, mapped: Mapped) -> pl.DataFrame:
        """Characteristics as words; missing where blank, or where the export has none."""
        nothing = pl.Series([None], dtype=pl.Categorical).new_from_index(0, cells.height)
        made = []
        for name in self.study.characteristics:
            column = mapped.described.get(name)
            if column is None:
                made.append(nothing.alias(name))
                continue
            if column not in self.study.allowed and (what := looks_personal(cells[column])):
                self.refuse(column, f"the characteristic {name!r}", what)
            words = read_words(cells[column], self.missing(column), self.rows, self.notes)
            made.append(words.alias(name))
        return pl.DataFrame(made)

    def declared(
        self,
        frame: pl.DataFrame,
        columns: Mapping[str, str],
        word: str,
        one: str,
        mapping: Mapping[str, str],
    ) -> pl.Series:
        """Occasion or phase: one for the whole file, or by a column through a mapping.

        A row that is set aside need not have one: it is then empty.
        """
        if one:
            return self.same(word, one)
        folded = {fold(text): meaning for text, meaning in mapping.items()}
        cells = frame[columns[word]]
        coded, unread = code_column(cells, folded, frozenset(), self.rows, pl.String)
        unknown = self.rows.filter(coded.is_null()).drop_nulls()
        if unknown.len():
            blank = unknown.len() - sum(value.n for value in unread)
            self.notes.stop(
                "MAP004",
                f"{count_of(unknown.len(), 'row has|rows have')} no known {word} ({blank} blank)",
                f"Name every value in {word}s = {{...}}",
                cells.name,
                unknown.head(EXAMPLES).to_list(),
                unknown.len(),
            )
        return coded.fill_null("").alias(word)

    # -- answers

    def missing(self, column: str) -> dict[str, str]:
        """Folded text -> reason why it is no answer, in one column."""
        return dict.fromkeys(self.blank(column), USER_MISSING) | dict(self.study.missing)

    def blank(self, column: str) -> frozenset[str]:
        """Folded texts that the export itself declares to be no answer."""
        return self.export.missing.get(column, frozenset())

    def roles(self, cells: pl.Series) -> pl.Series:
        """Roles in the words of the study."""
        coding = Coding([cells.name], self.study.roles, self.missing(cells.name))
        (coded,) = code_columns(cells.to_frame(), [coding], self.rows, pl.String)
        self.notes.missing(cells.name, coded.missing.get(cells.name, {}))
        self.notes.unread("ANS003", cells.name, coded.unread.get(cells.name, []))
        return coded.codes.to_series()

    def code_items(self, cells: pl.DataFrame, wanted: Sequence[Wanted]) -> Iterator[pl.Series]:
        """Codes of all items and questions; those that share their codes are coded together."""
        seen = {w.part.scale.id: Seen(w.part.scale, w.codes) for w in wanted if w.part}
        strange: dict[str, list[Unread]] = {}
        read = [each for each in wanted if not (each.number or each.given)]
        coded = self.coded(cells, read)
        groups: dict[tuple[object, ...], list[Wanted]] = {}
        for each in read:
            kind = cells[each.column].dtype, self.blank(each.column)
            groups.setdefault((id(each.codes), *kind), []).append(each)
        for group in groups.values():
            self.note_group(group, coded[group[0].name], seen, strange)
            yield from (coded[each.name].codes[each.name] for each in group)
        self._stop_without_weight(strange)
        for scale in seen.values():
            check_numbers(scale, self.notes)

    def coded(self, cells: pl.DataFrame, read: Sequence[Wanted]) -> dict[str, Coded]:
        """What was made of each column, by its name in the answers.

        Questions with the same answers are coded as one; of a scale more is to be seen.
        """
        alike: dict[tuple[object, ...], list[Wanted]] = {}
        for each in read:
            scale = each.part.scale.id if each.part else ""
            kind = cells[each.column].dtype, self.blank(each.column)
            alike.setdefault((scale, tuple(each.codes.items()), *kind), []).append(each)
        codings = [
            Coding([each.name for each in some], some[0].codes, self.missing(some[0].column))
            for some in alike.values()
        ]
        named = pl.DataFrame([cells[each.column].alias(each.name) for each in read])
        made = code_columns(named, codings, self.rows, self.code, numbered=True)
        return {name: one for one in made for name in one.codes.columns}

    def read_numbers(self, cells: pl.DataFrame, wanted: Sequence[Wanted]) -> Iterator[pl.Series]:
        """Numbers of the questions that ask for one, in thousandths."""
        for each in wanted:
            if each.number:
                column, missing = cells[each.column], self.missing(each.column)
                found = read_numbers(column, each.number, missing, self.rows, self.notes)
                yield found.alias(each.name)

    def read_given(self, cells: pl.DataFrame, wanted: Sequence[Wanted]) -> Iterator[pl.Series]:
        """Whether there is an answer in columns of free text: 1, else missing."""
        for each in (each for each in wanted if each.given):
            column, missing = cells[each.column], self.missing(each.column)
            texts = {value: fold(as_text(value)) for value in distinct(column)}
            absent = {value: missing[text] for value, text in texts.items() if text in missing}
            self.notes.missing(each.column, by_reason(counted(column, absent, self.rows)))
            there = {value: 1 for value, text in texts.items() if text and value not in absent}
            yield look_up(column, there, self.code).alias(each.name)

    def note_group(
        self,
        group: Sequence[Wanted],
        coded: Coded,
        seen: Mapping[str, Seen],
        strange: dict[str, list[Unread]],
    ) -> None:
        """Note what was found in columns that share their codes, their type and what is missing.

        Added to ``strange``: by column, texts about contacts that are no label.
        """
        for each in group:
            self.notes.missing(each.column, coded.missing.get(each.name, {}))
            unread = coded.unread.get(each.name, [])
            numbers = [value for value in unread if _NUMBER.fullmatch(fold(value.value))]
            self.notes.unread("ANS001", each.column, [v for v in unread if v not in numbers])
            self.notes.unread("ANS002", each.column, numbers)
            if each.part:
                seen[each.part.scale.id].add(coded, each.name, each.column, numbers)
            if each.contacts:
                strange[each.column] = [value for value in unread if value not in numbers]

    def _stop_without_weight(self, strange: Mapping[str, Sequence[Unread]]) -> None:
        """ANS010: a text that several cells about contacts hold, and no label: a label forgotten.

        Without those who chose it, often the few who come most, costs would seem to change.
        """
        times = Counter[str]()
        for value in (value for values in strange.values() for value in values):
            times[fold(value.value)] += value.n
        for column, found in strange.items():
            values = [value for value in found if times[fold(value.value)] > 1]
            if values:
                total = sum(value.n for value in values)
                cells = count_of(total, "cell holds|cells hold")
                self.notes.stop(
                    "ANS010", f"{cells} an answer without a number of contacts",
                    "Give it one in [frequencies], or list it in [responses] missing",
                    column, examples(values), total,
                )  # fmt: skip
