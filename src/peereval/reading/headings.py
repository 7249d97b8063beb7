"""Where in a table the headings are, and what its columns are called."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from peereval.errors import Fault, SourceError, nearest
from peereval.labels import fold
from peereval.plurals import count_of
from peereval.reading.export import HEADER, Cells, Export, Marks, Recognised, named, refused
from peereval.reading.platforms import (
    Headings,
    headings_of,
    plain_headings,
    platform_names,
    recognise_platform,
)
from peereval.studies import Layout

Row = Sequence[str]

#: Rows at the top of a table in which its headings are looked for.
SAMPLE = 200
_TOP = 30
MOST_COLUMNS = 20_000


class Columns(Struct, frozen=True):
    """The columns of a table: name -> position; and what its headings say about them.

    The other parts are those of `Recognised` and `Export`.
    """

    positions: Mapping[str, int]
    header_row: int
    first_row: int
    width: int
    platform: str = ""
    questions: Mapping[str, str] = field(default_factory=dict)
    missing: Mapping[str, frozenset[str]] = field(default_factory=dict)
    tests: Marks | None = None
    unfinished: Marks | None = None
    findings: tuple[Fault, ...] = ()
    notes: tuple[str, ...] = ()


def find_columns(
    path: Path,
    rows: Sequence[Row],
    layout: Layout,
    sheet: str = "",
    grouped: frozenset[int] = frozenset(),
) -> Columns:
    """The columns of a table of which ``rows`` are the first ones, blank ones included.

    The header is the row that the layout names, the first that a survey platform would
    write, or else the first that is not blank and no title. ``grouped``: positions of rows
    in which a cell reaches over several columns, as the title of a group does.
    Raises ``SourceError`` if there is no header, or one that cannot be used.
    """
    top = header_position(rows, layout, grouped)
    if top < 0:
        raise _no_header(path, layout)
    headings = _headings(path, list(rows[top : top + _TOP]), layout)
    if not (layout.header_row or headings.platform):
        _refuse_answers(path, rows, top)
    if len(headings.names) > MOST_COLUMNS:
        what = f"there are more than {MOST_COLUMNS:,} columns"
        raise refused(path, "009", what, "Export only the questions that are needed")
    names, repeated = list(headings.names), list[int]()
    if headings.by_question:
        names, repeated = _made_unique(names)
    doubts = tuple(_repeated(path, repeated, top + 1, sheet))
    return _columns(headings, named(path, names, top + 1), doubts, rows[:top])


def _columns(
    headings: Headings, positions: dict[str, int], doubts: tuple[Fault, ...], above: Sequence[Row]
) -> Columns:
    columns = {position: name for name, position in positions.items()}
    questions = {name: headings.questions[at] for at, name in columns.items()}
    blank = frozenset({fold(headings.blank)})
    return Columns(
        positions,
        len(above) + 1,
        len(above) + 1 + headings.depth,
        len(headings.names),
        headings.platform,
        {name: text for name, text in questions.items() if text},
        dict.fromkeys(positions, blank) if headings.blank else {},
        *marks(columns, headings),
        doubts,
        (*_above(above), *headings.notes),
    )


def as_export(
    path: Path,
    columns: Columns,
    read: Callable[[list[str]], Cells],
    recognised: Recognised,
    doubts: Iterable[Fault] = (),
) -> Export:
    """An export with these columns; ``recognised`` is completed by what its headings say."""
    return Export(
        path.name,
        list(columns.positions),
        read,
        replace(
            recognised,
            platform=columns.platform,
            header_row=columns.header_row,
            first_row=columns.first_row,
            notes=(*recognised.notes, *columns.notes),
        ),
        columns.questions,
        columns.missing,
        tests=columns.tests,
        unfinished=columns.unfinished,
        findings=(*doubts, *columns.findings),
    )


def marks(
    columns: Mapping[int, str], headings: Headings | None
) -> tuple[Marks | None, Marks | None]:
    """How a platform marks tests and unfinished responses, by the names of columns."""

    def mark(found: tuple[int, frozenset[str]] | None) -> Marks | None:
        return Marks(columns[found[0]], found[1]) if found and found[0] in columns else None

    return (mark(headings.tests), mark(headings.unfinished)) if headings else (None, None)


def _headings(path: Path, rows: list[Row], layout: Layout) -> Headings:
    if not layout.platform:
        return recognise_platform(rows) or plain_headings(rows)
    headings = headings_of(layout.platform, rows)
    if headings is None:
        what = f"the study says that its platform is {layout.platform!r}, which is not known"
        known = ", ".join(platform_names())
        fix = nearest(layout.platform, platform_names()) or f"Write one of {known}, or none"
        raise refused(path, "017", what, fix)
    return headings


# --- which row is the header --------------------------------------------------------------


def _is_filled(row: Row) -> bool:
    return any(cell.strip() for cell in row)


def _filled(row: Row) -> list[str]:
    return [cell.strip() for cell in row if cell.strip()]


def header_position(
    rows: Sequence[Row], layout: Layout, grouped: frozenset[int] = frozenset()
) -> int:
    """Position of the header row, or -1 if there is none."""
    filled = list(islice((n for n, row in enumerate(rows) if _is_filled(row)), _TOP))
    if layout.header_row:
        top = layout.header_row - 1
        return top if 0 <= top < len(rows) and _is_filled(rows[top]) else -1
    if not layout.platform:
        for n in filled:
            if recognise_platform(list(rows[n : n + _TOP])):
                return n
    top = next(iter(filled), -1)
    for at, n in enumerate(filled[1:], 1):
        above, apart = filled[:at], n > filled[at - 1] + 1
        titles = all(_is_title(rows, m, n, apart, grouped) for m in above)
        if titles and _names_columns(rows, n):
            top = n
    return top


def _no_header(path: Path, layout: Layout) -> SourceError:
    if not layout.header_row:
        return refused(path, "006", "there are no headings in it", "Export it again", HEADER)
    what = f"the study says that row {layout.header_row} is the header: it is blank"
    return refused(path, "017", what, "Mend header_row in the study", layout.header_row)


def _refuse_answers(path: Path, rows: Sequence[Row], top: int) -> None:
    """Raise ``SourceError`` if the header holds numbers only, or answers to several questions.

    Answers come again in other columns; what is ticked may come again under its own heading.
    """
    words = {cell.strip(): at for at, cell in enumerate(rows[top]) if not _is_number(cell)}
    words.pop("", None)
    again = {
        cell
        for row in rows[top + 1 : top + 1 + _TOP]
        for at, cell in enumerate(row)
        if words.get(cell, at) != at
    }
    numbers = not words and len(_filled(rows[top])) > 1
    if numbers or (len(again) > 1 and 2 * len(again) >= len(words)):
        what = "where the headings should be there are answers"
        raise refused(path, "006", what, "Put the headings above the answers", top + 1)


def _is_title(
    rows: Sequence[Row], n: int, header: int, apart: bool, grouped: frozenset[int]
) -> bool:
    """Whether a row may stand above the header: one cell, or few and a blank row between."""
    cells = len(_filled(rows[n]))
    return cells == 1 or n in grouped or (apart and 2 * cells <= len(_filled(rows[header])))


def _names_columns(rows: Sequence[Row], n: int) -> bool:
    """Whether a row looks like names and not like answers.

    Names are no numbers, each is there once, none comes again in its column below, and most
    rows below have more than one cell.
    """
    cells = _filled(rows[n])
    below = [row for row in rows[n + 1 : n + 1 + _TOP] if _is_filled(row)]
    if len(cells) < 2 or 2 * sum(map(_is_number, cells)) > len(cells):
        return False
    if 2 * sum(len(_filled(row)) > 1 for row in below) < len(below):
        return False
    again = any(
        cell.strip() and any(cell == row[at] for row in below if at < len(row))
        for at, cell in enumerate(rows[n])
    )
    return 4 * len(set(cells)) >= 3 * len(cells) and not again


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", "."))
    except ValueError:
        return False
    return True


def _above(rows: Sequence[Row]) -> tuple[str, ...]:
    n = sum(_is_filled(row) for row in rows)
    if not n:
        return ()
    return (f"{count_of(n, 'row')} above the headings passed over",)


# --- names that are there twice -----------------------------------------------------------


def _made_unique(names: list[str]) -> tuple[list[str], list[int]]:
    """Names, of which those that were there before end in (2), (3), ...; and where they are."""
    taken, last = set(names), dict.fromkeys(names, 0)
    unique, repeated = [], []
    for position, name in enumerate(names):
        last[name] += 1
        new = name
        if name and last[name] > 1:
            while (new := f"{name} ({last[name]})") in taken:
                last[name] += 1
            taken.add(new)
            repeated.append(position)
        unique.append(new)
    return unique, repeated


def _repeated(path: Path, positions: list[int], row: int, sheet: str) -> list[Fault]:
    if not positions:
        return []
    shown = ", ".join(str(position + 1) for position in positions[:5])
    more = " and others" if len(positions) > 5 else ""
    which = f"column {shown} has" if len(positions) == 1 else f"columns {shown}{more} have"
    what = f"{which} the text of an earlier question"
    fix = "They go by that text and (2), (3), ...: see that the study means the right one"
    return [Fault("SRC022", what, fix, path.name, row, sheet=sheet)]
