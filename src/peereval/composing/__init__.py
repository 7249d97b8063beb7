"""What is said, and in which order: a `Publication` -> a `Report` that any format can show."""

from peereval.composing.compose import compose
from peereval.composing.model import (
    Block,
    Cell,
    Column,
    Figure,
    Listed,
    Paragraph,
    Report,
    Run,
    Section,
    Table,
)

__all__ = [
    "Block",
    "Cell",
    "Column",
    "Figure",
    "Listed",
    "Paragraph",
    "Report",
    "Run",
    "Section",
    "Table",
    "compose",
]
