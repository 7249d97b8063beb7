"""Columns and text cells of tables, by the names of their words."""

from collections.abc import Sequence

from peereval.composing.content import Content
from peereval.composing.model import Cell, Column


def head(
    content: Content, first: str, *numbers: str, texts: Sequence[str] = ()
) -> tuple[Column, ...]:
    """Columns of a table: what names the row, numbers, and words at the end."""
    return (
        Column(first, _title(content, first), "text"),
        *(Column(name, _title(content, name), unit=_unit(content, name)) for name in numbers),
        *(Column(name, _title(content, name), "text") for name in texts),
    )


def text(words: str, reading: str = "") -> Cell:
    """A cell of words."""
    return Cell(words, reading=reading)


def _title(content: Content, name: str) -> str:
    return content.words(f"report.column.{name}", level=content.level, symbol=content.symbol)


def _unit(content: Content, name: str) -> str:
    key = f"report.unit.{name}"
    return content.words(key) if key in content.words else ""
