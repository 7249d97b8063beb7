"""What sections put together: columns by the names of their words, text cells, charts."""

from collections.abc import Callable, Sequence

from peereval.composing.content import Content
from peereval.composing.model import Cell, Column, Figure


def head(
    content: Content, first: str, *numbers: str, texts: Sequence[str] = ()
) -> tuple[Column, ...]:
    """Columns of a table: what names the row, numbers, and words at the end."""
    return (
        Column(first, _title(content, first), "text"),
        *(Column(name, _title(content, name), unit=_unit(content, name)) for name in numbers),
        *(Column(name, _title(content, name), "text") for name in texts),
    )


def chart(
    content: Content, builder: Callable[..., Figure | None], *names: str
) -> tuple[Figure, ...]:
    """A figure of a builder; none where it has nothing to show."""
    made = builder(content.publication, content.words, *names)
    return (made,) if made else ()


def text(words: str, reading: str = "") -> Cell:
    """A cell of words."""
    return Cell(words, reading=reading)


def _title(content: Content, name: str) -> str:
    return content.words(f"report.column.{name}", level=content.level, symbol=content.symbol)


def _unit(content: Content, name: str) -> str:
    key = f"report.unit.{name}"
    return content.words(key) if key in content.words else ""


def telling(
    columns: Sequence[Column], rows: Sequence[tuple[Cell, ...]]
) -> tuple[tuple[Column, ...], tuple[tuple[Cell, ...], ...]]:
    """Columns and rows without the columns that have no number in any row.

    What was kept back stays: that it is there is news.
    """
    kept = [
        number
        for number, column in enumerate(columns)
        if column.kind == "text"
        or any(row[number].value is not None or row[number].marker == "c" for row in rows)
    ]
    return (
        tuple(columns[number] for number in kept),
        tuple(tuple(row[number] for number in kept) for row in rows),
    )
