"""Tables in which nothing can be shown, named in a line instead of printed in full."""

from collections.abc import Sequence

from msgspec.structs import replace

from peereval.composing.model import Block, Cell, Listed, Paragraph, Run, Section, Table
from peereval.composing.sentences import paragraph
from peereval.wording import Words

_KEPT_BACK = "c"


def without_blank_tables(section: Section, words: Words) -> Section:
    """The same section, a list of titles in place of tables of which every number is missing.

    That is, of those in which some are kept back: where all could not be estimated a table says
    why. A section of nothing else goes too, and its titles stand in that around it.
    """
    kept, titles = _parted(section, words)
    return _with_titles(kept or replace(section, blocks=(), sections=()), titles, words)


def _parted(section: Section, words: Words) -> tuple[Section | None, list[str]]:
    """What is left of a section, if anything is, and titles of tables that are left out of it."""
    blocks = tuple(block for block in section.blocks if not _is_blank(block))
    titles = [b.title for b in section.blocks if isinstance(b, Table) and _is_blank(b)]
    parts = []
    for part in section.sections:
        kept, more = _parted(part, words)
        if kept:
            parts.append(_with_titles(kept, more, words))
        else:
            titles += more
    if titles and not blocks and not parts:
        return None, titles
    return replace(section, blocks=blocks, sections=tuple(parts)), titles


def _is_blank(block: Block) -> bool:
    if not isinstance(block, Table):
        return False
    cells = [cell for row in block.rows for cell in row]
    return not any(map(_says_something, cells)) and any(c.marker == _KEPT_BACK for c in cells)


def _says_something(cell: Cell) -> bool:
    """Whether a cell has a number; that nobody is in a group is said where respondents are."""
    return cell.value is not None and not (cell.field == "n" and cell.value == 0)


def _with_titles(section: Section, titles: Sequence[str], words: Words) -> Section:
    if not titles:
        return section
    if len(titles) == 1:
        said: tuple[Block, ...] = (paragraph(words, "report.left_out.one", title=titles[0]),)
    else:
        items = tuple(Paragraph((Run(title),)) for title in titles)
        said = (paragraph(words, "report.left_out.many"), Listed(items))
    return replace(section, blocks=(*section.blocks, *said))
