"""What tables and figures are called in every format: Table 1, Table A1, Figure 1, in order."""

from collections.abc import Iterator

from msgspec import Struct

from peereval.composing import Block, Figure, Report, Section, Table
from peereval.wording import Words

_PLACE = "{number}"


class Numbered(Struct, frozen=True):
    """A table or figure with its number: ``series`` counts by itself (table, appendix, figure).

    ``before`` and ``after`` are the words around the number.
    """

    item: Table | Figure
    series: str
    number: int
    before: str
    after: str
    section: str

    @property
    def label(self) -> str:
        """The number with its words, such as ``Table A1``."""
        return f"{self.before}{self.number}{self.after}"

    @property
    def heading(self) -> str:
        """The label and the title."""
        return f"{self.label}: {self.item.title}"

    @property
    def data(self) -> Table:
        """The table, or the table behind the figure."""
        return self.item if isinstance(self.item, Table) else self.item.data


def walk(report: Report) -> Iterator[tuple[int, Section]]:
    """Every section with its level (1 at the top), in the order in which it is read."""

    def below(sections: tuple[Section, ...], level: int) -> Iterator[tuple[int, Section]]:
        for section in sections:
            yield level, section
            yield from below(section.sections, level + 1)

    return below(report.sections, 1)


def blocks(report: Report) -> Iterator[tuple[Section, Block]]:
    """Every block with its section, in the order in which it is read."""
    for _, section in walk(report):
        for block in section.blocks:
            yield section, block


def numbered(report: Report, words: Words) -> dict[str, Numbered]:
    """Tables and figures by id, numbered in the order in which they are read.

    Tables of the appendix, tables before it and figures are numbered each for themselves.
    """
    found: dict[str, Numbered] = {}
    counted: dict[str, int] = {}
    for section, block in blocks(report):
        if isinstance(block, Table | Figure):
            series = _series(block)
            counted[series] = counted.get(series, 0) + 1
            before, _, after = words.texts[f"document.label.{series}"].partition(_PLACE)
            found[block.id] = Numbered(block, series, counted[series], before, after, section.title)
    return found


def _series(block: Table | Figure) -> str:
    if isinstance(block, Figure):
        return "figure"
    return "appendix" if block.appendix else "table"
