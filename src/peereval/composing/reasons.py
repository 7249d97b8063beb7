"""Why a number could not be estimated, below the table in which it is missing."""

from collections.abc import Iterator

from msgspec.structs import replace

from peereval.composing.content import Content
from peereval.composing.model import Block, Cell, Figure, Section, Table
from peereval.composing.sentences import listed

_MARK = "x"


def with_reasons(section: Section, content: Content) -> Section:
    """The same section, every ``[x]`` of its tables explained in a note of its table.

    The reason is the note of the row of results; rows and columns with one reason share a note.
    """
    return replace(
        section,
        blocks=tuple(_explained(block, content) for block in section.blocks),
        sections=tuple(with_reasons(part, content) for part in section.sections),
    )


def _explained(block: Block, content: Content) -> Block:
    if isinstance(block, Figure):
        return replace(block, data=_with_notes(block.data, content))
    return _with_notes(block, content) if isinstance(block, Table) else block


def _with_notes(table: Table, content: Content) -> Table:
    notes = tuple(_notes(table, content))
    return replace(table, notes=(*table.notes, *notes)) if notes else table


def _notes(table: Table, content: Content) -> Iterator[str]:
    """One note for each reason and the columns that it is the reason for."""
    found: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for row in table.rows:
        reasons: dict[str, list[str]] = {}
        for column, cell in zip(table.columns, row, strict=True):
            if cell.marker == _MARK and cell.value is None:
                reasons.setdefault(_reason(cell, content), []).append(column.title)
        for reason, columns in reasons.items():
            found.setdefault((reason, tuple(columns)), []).append(_name(table, row))
    for (reason, there), names in found.items():
        every = len(names) == len(table.rows) > 1
        rows = [content.words("report.marks.every_row")] if every else list(dict.fromkeys(names))
        titles = [content.words("report.marks.column", column=title) for title in there]
        yield content.words(
            "report.marks.why", rows=_listed(rows, content), columns=_listed(titles, content),
            reason=reason,
        )  # fmt: skip


def _listed(items: list[str], content: Content) -> str:
    return "".join(run.text for run in listed(content.words, items))


def _reason(cell: Cell, content: Content) -> str:
    row = content.rows.get(cell.estimate_id)
    note = row["note"].rstrip(".") if row else ""
    return note or content.words("report.marks.x")


def _name(table: Table, row: tuple[Cell, ...]) -> str:
    """What names a row: its texts up to the first number."""
    texts = []
    for column, cell in zip(table.columns, row, strict=True):
        if column.kind == "number":
            break
        texts.append(cell.text)
    return ", ".join(filter(None, texts))
