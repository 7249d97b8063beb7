"""Which columns of an export the study uses, and what is wrong with them."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from peereval.columns import item_column
from peereval.errors import Fault, nearest
from peereval.personal import left_unread, personal_columns, refusal
from peereval.reading.export import HEADER, Export
from peereval.reading.notes import Notes
from peereval.studies import AnswerColumn, NumberRule, Question, ScaleColumns, Source, Study


class Wanted(Struct, frozen=True):
    """A column of codes: what it is called in the answers, and where its cells are.

    ``part`` is its scale, ``None`` for a question. ``number``: how its cells become numbers, where
    they are no codes; ``given``: nothing is kept but whether there is an answer; ``contacts``:
    codes mean numbers of contacts.
    """

    name: str
    column: str
    codes: Mapping[str, int]
    part: ScaleColumns | None = None
    number: NumberRule | None = None
    given: bool = False
    contacts: bool = False


class Option(Struct, frozen=True):
    """An option of a question with several answers, and where it is ticked.

    ``among``: columns of the other options, where each has its own.
    """

    question: Question | AnswerColumn
    column: str
    among: tuple[str, ...]


class Mapped(Struct, frozen=True):
    """Columns of one export by what they are for.

    ``fixed``: our word -> column, for what is no answer; ``described``: characteristic ->
    column; ``excluding``: columns by which the study sets rows aside; ``marks``: those by
    which the platform does.
    """

    fixed: Mapping[str, str]
    described: Mapping[str, str]
    excluding: tuple[str, ...]
    marks: tuple[str, ...]
    wanted: tuple[Wanted, ...]
    options: tuple[Option, ...]

    @property
    def uses(self) -> dict[str, str]:
        """Column -> what it is first used as, in words; marks of a platform are no use."""
        words = {"respondent": "the id", "day": "the date"}
        used = [(c, words.get(word, f"the {word}")) for word, c in self.fixed.items()]
        used += [(c, f"the characteristic {word!r}") for word, c in self.described.items()]
        used += [(c, "a reason to set rows aside") for c in self.excluding]
        used += [(each.column, _words(each)) for each in self.wanted]
        for each in self.options:
            used += [(c, f"the question {each.question.id!r}") for c in (each.column, *each.among)]
        return dict(reversed(used))

    @property
    def columns(self) -> list[str]:
        """Every column that is read, once."""
        return list(dict.fromkeys([*self.uses, *self.marks]))


def _words(wanted: Wanted) -> str:
    if wanted.part is None:
        return f"the question {wanted.name!r}"
    scale = wanted.part.scale.id
    return f"the item {wanted.name.removeprefix(f'{scale}_')!r} of {scale}"


def map_columns(study: Study, source: Source, export: Export, notes: Notes) -> Mapped:
    """The columns that are read of one export.

    What is not there is a problem: MAP001 a column of the respondent, MAP002 an item of a scale
    whose other items are there, MAP005 the other options of a question. PER002 a column that
    looks personal and is not allowed is a problem too, and PER001 a finding where it is not
    used: it is then not read.
    """
    there = dict.fromkeys(export.columns)
    mapped = Mapped(
        _fixed(study, source, export, notes),
        {name: c for name, c in study.characteristics.items() if c in there},
        tuple(each.column for each in study.exclusions if each.column in there),
        tuple(m.column for m in (export.tests, export.unfinished) if m and m.column in there),
        tuple(_wanted(study, source, there, notes)),
        tuple(_options(study, there, notes)),
    )
    _keep_people_out(study, export, mapped, notes)
    return mapped


def _fixed(study: Study, source: Source, export: Export, notes: Notes) -> dict[str, str]:
    """Our word -> column, for everything that is no answer."""
    needed = {
        "respondent": study.respondent,
        "organisation": study.organisation,
        "occasion": source.occasion_column,
        "phase": source.phase_column,
    }
    for column in needed.values():
        if column and column not in export.columns:
            fix = nearest(column, export.columns) or "Mend the name in the study"
            notes.stop("MAP001", f"there is no such column{_where(export)}", fix, column)
    wanted = {"role": study.role, "day": study.date}
    needed |= {word: column for word, column in wanted.items() if column in export.columns}
    return {word: column for word, column in needed.items() if column in export.columns}


def _where(export: Export) -> str:
    """Where the columns were looked for, if a person may have meant another place."""
    seen = export.recognised
    row = f" in the header, which is row {seen.header_row}" if seen.header_row != HEADER else ""
    if not seen.other_sheets:
        return row
    others = ", ".join(map(repr, seen.other_sheets))
    return f"{row} of the sheet that was read; there are also {others}"


def _first(columns: Iterable[str], there: Collection[str]) -> str:
    return next((column for column in columns if column in there), "")


def _wanted(study: Study, source: Source, there: Collection[str], notes: Notes) -> Iterator[Wanted]:
    for part in study.scales:
        codes = source.codes.get(part.scale.id, part.codes)
        found = {item: _first(columns, there) for item, columns in part.columns.items()}
        if not any(found.values()):
            continue
        for item, column in found.items():
            if column:
                yield Wanted(item_column(part.scale.id, item), column, codes, part)
                continue
            first = part.columns[item][0]
            what = f"the item {item!r} of {part.scale.id} has no column here"
            notes.stop("MAP002", what, nearest(first, there), first)
    for question in study.asked:
        column = _first(question.columns, there)
        if column and not _has_several_answers(question):
            if isinstance(question, AnswerColumn):
                number, given = question.number, question.given
                yield Wanted(question.id, column, question.codes, number=number, given=given)
            else:
                contacts = bool(question.contacts)
                yield Wanted(question.id, column, question.codes, contacts=contacts)


def _has_several_answers(question: Question | AnswerColumn) -> bool:
    return bool(question.option or question.among)


def _options(study: Study, there: Collection[str], notes: Notes) -> Iterator[Option]:
    _options_there(study, there, notes)
    for question in study.asked:
        column = _first(question.columns, there)
        if not column or not _has_several_answers(question):
            continue
        among = tuple(c for c in question.among if c in there and c != column)
        if question.among and not among:
            what = f"no column of the other options of {question.id!r} is here"
            fix = "Without them, who did not choose it and who did not answer look alike"
            notes.stop("MAP005", what, fix, column)
        yield Option(question, column, among)


def _options_there(study: Study, there: Collection[str], notes: Notes) -> None:
    """Note a table of which this export has some options and not others (MAP007)."""
    for table in study.tables:
        own = [each.columns[0] for each in table.reads if each.among]
        lost = [column for column in own if column not in there]
        if lost and len(lost) < len(own):
            what = f"{len(lost)} of {len(own)} columns of the table {table.id!r} are not here"
            notes.stop("MAP007", what, nearest(lost[0], there), lost[0])


def _keep_people_out(study: Study, export: Export, mapped: Mapped, notes: Notes) -> None:
    looks = personal_columns(export.columns, export.questions)
    uses, marks = mapped.uses, set(mapped.marks)
    personal = {c: what for c, what in looks.items() if c not in study.allowed and c not in marks}
    for column, what in personal.items():
        if column in uses:
            use = uses[column]
            notes.problems.append(refusal(notes.file, column, use, what, notes.sheet))
    unused = {column: what for column, what in personal.items() if column not in uses}
    if unused:
        notes.findings.append(left_unread(notes.file, unused))


def never_found(study: Study, seen: Collection[str]) -> Iterator[Fault]:
    """MAP003: what the study names and no export has; ``seen`` are the columns of all exports."""
    for what, columns, fix in _looked_for(study):
        if not _first(columns, seen):
            hint = nearest(columns[0], seen)
            told = f"{fix}. {hint}" if hint else fix
            yield Fault("MAP003", f"no export has {what}", told, study.path.name)


def _looked_for(study: Study) -> Iterator[tuple[str, Sequence[str], str]]:
    """What a study needs in one of its exports, the columns that it may be in, what to do."""
    for part in study.scales:
        columns = [column for named in part.columns.values() for column in named]
        first = part.columns[part.scale.items[0].id]
        fix = f"The first was looked for as {_or(first)}"
        yield f"the columns of the scale {part.scale.id!r}", columns, fix
    for question in study.asked:
        fix = f"It was looked for as {_or(question.columns)}"
        yield f"a column for the question {question.id!r}", question.columns, fix
    for name, column in study.characteristics.items():
        what = f"the column {column!r} of the characteristic {name!r}"
        yield what, [column], "Mend it in [columns]"
    for word, column in (("role", study.role), ("date", study.date)):
        if column:
            yield f"the {word} column {column!r}", [column], f"Mend {word} = in [columns]"
    for exclusion in study.exclusions:
        what = f"the column {exclusion.column!r} by which rows are set aside"
        yield what, [exclusion.column], "Mend it in [[exclude]]"


def _or(columns: Iterable[str]) -> str:
    return " or ".join(map(repr, columns))
