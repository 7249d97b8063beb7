"""How numbers were protected: the rules, how often each was applied, and the shorthand."""

from peereval.columns import MARKERS
from peereval.composing.columns import head, text
from peereval.composing.content import Content
from peereval.composing.model import Block, Cell, Section, Table
from peereval.composing.sentences import paragraph


def protection(content: Content) -> Section:
    """The section on disclosure control; also where it was switched off."""
    words, settings = content.words, content.publication.protection
    blocks: list[Block] = []
    if settings.on:
        blocks.append(
            paragraph(
                words, "report.protection.on", threshold=settings.threshold, base=settings.base,
                low_base=settings.low_base, organisations=settings.organisations,
            )
        )  # fmt: skip
        if settings.rounding:
            blocks.append(paragraph(words, "report.protection.rounded", to=settings.rounding))
        blocks.append(_kept_back(content))
    else:
        blocks.append(paragraph(words, "report.protection.off", "warning"))
    return Section("protection", words("report.protection.title"), (*blocks, legend(content)))


def _kept_back(content: Content) -> Block:
    """How many results each rule kept back."""
    words = content.words
    rows = tuple(
        (text(words(f"vocabulary.rules.{each.rule}")), Cell(f"{each.n:,}", float(each.n)))
        for each in content.publication.suppressed
    )
    if not rows:
        return paragraph(words, "report.protection.nothing")
    title = words("report.protection.table_title")
    return Table("protection-rules", title, head(content, "rule", "results"), rows)


def legend(content: Content) -> Table:
    """What stands for a number, or beside one."""
    words = content.words
    rows = tuple(
        (text(f"[{marker}]"), text(words(f"vocabulary.markers.{marker}")))
        for marker in MARKERS
        if marker
    )
    title = words("report.protection.legend_title")
    return Table("protection-legend", title, head(content, "shorthand", texts=["meaning"]), rows)
