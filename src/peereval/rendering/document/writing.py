"""A report, block by block, as the parts of a Word document."""

import re
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from functools import cached_property
from io import BytesIO
from itertools import count, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from peereval.composing import Block, Figure, Listed, Paragraph, Report, Run, Table
from peereval.publishing import Publication
from peereval.rendering.document import markup
from peereval.rendering.document.frame import finish
from peereval.rendering.document.markup import bookmark, paragraph, run
from peereval.rendering.document.tables import fits, needed, table
from peereval.rendering.document.template import Styles, open_template, save
from peereval.rendering.numbering import Numbered, numbered, walk
from peereval.rendering.widths import Wanted
from peereval.wording import Words

if TYPE_CHECKING:
    from docx.document import Document


class Picture(Struct, frozen=True):
    """A chart as it is shown: ``svg`` where the program can, else ``png``."""

    png: bytes
    svg: str = ""


#: A figure -> a picture of it (bytes are a PNG).
Draw = Callable[[Figure], Picture | bytes | None]

_DEEPEST = 3
_KINDS = {
    "text": "Normal",
    "lead": "Report Lead",
    "note": "Report Note",
    "warning": "Report Warning",
}
_COUNTERS = {"table": "Table", "appendix": "Table_A", "figure": "Figure"}
_TWIP = 635  # EMU
_WIDEST = 5_220_000  # EMU: 145 mm, where the type of a chart is that of a table
_TALLEST = 9_000_000 * 4 // 5  # EMU: four fifths of a page of A4
_OUTSIDE = ("https://", "http://", "mailto:")
_NEW_PAGE = "<w:pageBreakBefore/>"
_KEEP_NEXT = "<w:keepNext/>"


def write_document(
    report: Report,
    publication: Publication,
    words: Words,
    path: Path,
    template: Path | None = None,
    draw: Draw | None = None,
) -> None:
    """Write a report as a Word document, in the styles of a template.

    What stands in the template is kept, before the report. ``draw`` makes the picture of a
    figure (by default our own chart); where it makes none, the table behind the figure is shown.
    The same report and template give the same bytes. Raises ``UsageError`` for a template that
    cannot be used.
    """
    document, styles = open_template(template)
    start = _NEW_PAGE if _front_matter(document) else ""
    writer = _Writer(document, styles, report, words, draw or our_chart(words, report.stamp), start)
    _write(document, writer.pieces())
    writer.settle(document.element.body.sectPr)  # the settings of the last section
    finish(document, styles, report, publication.version, words)
    save(document, path)


def _front_matter(document: "Document") -> bool:
    """Whether a template has something of its own to show; a blank paragraph is taken out."""
    body = document.element.body
    blocks = [child for child in body if not child.tag.endswith("}sectPr")]
    if any(child.xpath(".//w:t | .//w:drawing | .//w:pict | .//w:sectPr") for child in blocks):
        return True
    for child in blocks:
        body.remove(child)
    return False


def _write(document: "Document", pieces: Iterator[str]) -> None:
    """Put pieces behind what is there, before the settings of the last section.

    What is there is moved to them: it is little, and they are a hundred thousand elements.
    """
    body = document.element.body
    made = markup.body(pieces)
    section = body.sectPr
    body.remove(section)
    made[:0] = list(body)
    made.append(section)
    document.element.replace(body, made)


def our_chart(words: Words, stamp: str = "") -> Callable[[Figure], Picture]:
    """Draws our own chart of a figure, as for a page; ``stamp`` where it is not to be published."""
    from peereval.rendering.charts import draw, to_png

    def picture(figure: Figure) -> Picture:
        svg = draw(figure, words, stamp=stamp)
        return Picture(to_png(svg, 1), svg)

    return picture


class _Writer(Struct, dict=True):
    """Makes the pieces of a document, and remembers what they refer to."""

    document: "Document"
    styles: Styles
    report: Report
    words: Words
    draw: Draw
    start: str
    #: Whether the pages are turned, for a table that is too wide for them, and ever were.
    turned: bool = False
    parted: bool = False

    @cached_property
    def marks(self) -> Iterator[int]:
        """Numbers of bookmarks that the template does not use."""
        used = self.document.element.xpath("//w:bookmarkStart/@w:id")
        return count(1 + max(map(int, used), default=0))

    @cached_property
    def pictures(self) -> Iterator[int]:
        """Numbers of pictures that the template does not use."""
        return count(self.document.part.next_id)

    def pieces(self) -> Iterator[str]:
        """The whole report, in the order in which it is read."""
        yield from self.front()
        for place, (level, section) in enumerate(walk(self.report)):
            yield from self.pages(any(map(self.is_wide, section.blocks[:1])))
            style = self.styles[f"Heading {min(level, _DEEPEST)}"]
            title = self.marked(section.id, run(section.title))
            yield paragraph(style, title, properties="" if place else _NEW_PAGE)
            for block, following in zip_longest(section.blocks, section.blocks[1:]):
                yield from self.pages(self.is_wide(block))
                yield from self.block(block, following)

    # --- pages ----------------------------------------------------------------------------

    def is_wide(self, block: Block) -> bool:
        """Whether words of a table would be broken on a page that stands upright."""
        return isinstance(block, Table) and not fits(self.needs(block), self.width // _TWIP)

    def pages(self, turned: bool) -> Iterator[str]:
        """The end of a section of the document, where pages are to be turned, or turned back."""
        if turned == self.turned:
            return
        settings = deepcopy(self.document.element.body.sectPr)
        self.settle(settings)
        self.turned, self.parted = turned, True
        yield paragraph(self.styles["Report Note"], properties=settings.xml)

    def settle(self, settings: Any) -> None:
        """Turn the pages of a section if they are; only the first has a first page of its own."""
        from docx.enum.section import WD_ORIENT

        if self.turned:
            size = settings.get_or_add_pgSz()
            size.w, size.h, size.orient = size.h, size.w, WD_ORIENT.LANDSCAPE
        if self.parted:
            settings.titlePg_val = False

    @cached_property
    def needs(self) -> Callable[[Table], list[Wanted]]:
        """What the columns of a table need; looked for once."""
        found: dict[str, list[Wanted]] = {}

        def needs(content: Table) -> list[Wanted]:
            if content.id not in found:
                found[content.id] = needed(content, self.words)
            return found[content.id]

        return needs

    # --- what stands before the sections --------------------------------------------------

    def front(self) -> Iterator[str]:
        """Title, what there is to know of the report, and its contents."""
        report, styles, say = self.report, self.styles, self.words
        yield paragraph(styles["Title"], run(report.title), properties=self.start)
        if report.subtitle:
            yield paragraph(styles["Subtitle"], run(report.subtitle))
        if report.stamp:
            yield paragraph(styles["Report Warning"], run(report.stamp))
        for name, value in report.about:
            yield paragraph(
                styles["Normal"], run(say("document.front.about", name=name, value=value))
            )
        if report.sections:
            yield paragraph(styles["TOC Heading"], run(say("document.front.contents")))
            yield from self.contents()

    def contents(self) -> Iterator[str]:
        """A field of contents that already has its entries: nothing is asked when it opens."""
        listed = [(level, section) for level, section in walk(self.report) if level < _DEEPEST]
        for place, (level, section) in enumerate(listed):
            start = markup.opening(r'TOC \o "1-2" \h \z \u') if place == 0 else ""
            end = markup.mark("end") if place == len(listed) - 1 else ""
            entry = markup.link_inside(self.targets[section.id], run(section.title))
            yield paragraph(self.styles[f"toc {level}"], start, entry, end)

    # --- blocks ---------------------------------------------------------------------------

    def block(self, block: Block, following: Block | None) -> Iterator[str]:
        """One block of a section; a sentence stays on the page of the list that it is about."""
        if isinstance(block, Paragraph):
            keep = _KEEP_NEXT if isinstance(following, Listed) else ""
            style = self.styles[_KINDS[block.kind]]
            yield paragraph(style, *map(self.said, block.runs), properties=keep)
        elif isinstance(block, Listed):
            yield from self.listed(block)
        elif isinstance(block, Table):
            yield from self.table(block, self.items[block.id])
        else:
            yield from self.figure(block, self.items[block.id])

    def listed(self, block: Listed) -> Iterator[str]:
        """A list; one with numbers begins at 1 again."""
        style, properties = "List Number" if block.numbered else "List Bullet", ""
        if block.numbered and (number := self.restarted()):
            level = '<w:ilvl w:val="0"/>'
            properties = f'<w:numPr>{level}<w:numId w:val="{number}"/></w:numPr>'
        for item in block.items:
            yield paragraph(self.styles[style], *map(self.said, item.runs), properties=properties)

    def restarted(self) -> int | None:
        """A new numbering like that of the style; None where the style has none."""
        named = self.document.styles["List Number"].element
        found = named.xpath("./w:pPr/w:numPr/w:numId/@w:val")
        if not found:
            return None
        numbering = self.document.part.numbering_part.element
        known = numbering.xpath(f'./w:num[@w:numId="{found[0]}"]')
        if not known:
            return None
        number = numbering.add_num(known[0].abstractNumId.val)
        number.add_lvlOverride(0).add_startOverride(1)
        return int(number.numId)

    def table(self, block: Table, item: Numbered) -> Iterator[str]:
        """A caption, the table, and what must be known to read it."""
        yield self.caption(item)
        noted = bool(block.caption or block.notes)
        yield self.across(block, item, noted)
        yield from self.notes(block.caption, *block.notes)

    def across(self, content: Table, item: Numbered, noted: bool = True) -> str:
        """A table as wide as the page."""
        width = self.height if self.turned else self.width
        columns = self.needs(content)
        return table(content, item.heading, columns, width // _TWIP, self.styles, self.words, noted)

    def figure(self, block: Figure, item: Numbered) -> Iterator[str]:
        """A caption and a picture with its words, or the numbers where there is no picture."""
        say = self.words
        yield self.caption(item)
        if found := self.draw(block):
            drawn = Picture(found) if isinstance(found, bytes) else found
            picture = self.picture(drawn, block, item)
            yield paragraph(self.styles["Report Figure"], picture, names=markup.DRAWN)
            yield from self.notes(block.caption, say("document.figure.data", label=item.label))
        else:
            yield self.across(block.data, item)
            yield from self.notes(block.caption, say("document.figure.not_drawn"))

    def picture(self, drawn: Picture, block: Figure, item: Numbered) -> str:
        """A picture as wide as its type can be read with ease, or as high as there is room."""
        relation, image = self.document.part.get_or_add_image(BytesIO(drawn.png))
        width = min(self.width, _WIDEST)
        height = round(width * image.px_height / image.px_width)
        if height > _TALLEST:
            width, height = round(width * _TALLEST / height), _TALLEST
        number, alt = next(self.pictures), block.alt or block.title
        vector = self.vector(drawn.svg, number) if drawn.svg else ""
        return markup.picture(relation, number, item.label, alt, (width, height), vector)

    def vector(self, svg: str, number: int) -> str:
        """The relation of a drawing that is kept beside its picture."""
        from docx.opc.constants import RELATIONSHIP_TYPE
        from docx.opc.packuri import PackURI
        from docx.opc.part import Part

        part = self.document.part
        name = PackURI(f"/word/media/chart{number}.svg")
        kept = Part(name, "image/svg+xml", svg.encode(), part.package)
        return part.relate_to(kept, RELATIONSHIP_TYPE.IMAGE)

    def caption(self, item: Numbered) -> str:
        """A caption that Word counts by itself."""
        counter = markup.field(rf"SEQ {_COUNTERS[item.series]} \* ARABIC", str(item.number))
        label = self.marked(item.item.id, run(item.before), counter, run(item.after))
        return paragraph(
            self.styles["Caption"], label, run(f": {item.item.title}"), properties=_KEEP_NEXT
        )

    def notes(self, *texts: str) -> Iterator[str]:
        """Small print below a table or figure, of which none is alone on the next page."""
        said = list(dict.fromkeys(filter(None, texts)))
        for number, text in enumerate(said, start=1):
            keep = _KEEP_NEXT if number < len(said) else ""
            yield paragraph(self.styles["Report Note"], run(text), properties=keep)

    # --- words ----------------------------------------------------------------------------

    def said(self, words: Run) -> str:
        """Some words of a paragraph, as a link where they lead somewhere."""
        if words.link.startswith("#") and words.link[1:] in self.targets:
            text = run(words.text, strong=words.strong, style=self.styles["Hyperlink"])
            return markup.link_inside(self.targets[words.link[1:]], text)
        if words.link.startswith(_OUTSIDE):
            from docx.opc.constants import RELATIONSHIP_TYPE

            text = run(words.text, strong=words.strong, style=self.styles["Hyperlink"])
            relation = self.document.part.relate_to(
                words.link, RELATIONSHIP_TYPE.HYPERLINK, is_external=True
            )
            return markup.link_outside(relation, text)
        return run(words.text, strong=words.strong)

    def marked(self, name: str, *pieces: str) -> str:
        """Pieces that can be linked to by the id of their section, table or figure."""
        return bookmark(next(self.marks), self.targets[name], *pieces)

    @cached_property
    def items(self) -> Mapping[str, Numbered]:
        """Tables and figures by id."""
        return numbered(self.report, self.words)

    @cached_property
    def targets(self) -> Mapping[str, str]:
        """Id of a section, table or figure -> a name that Word takes for a bookmark."""
        names = [section.id for _, section in walk(self.report)] + list(self.items)
        return {
            name: f"at{place}_{re.sub(r'[^A-Za-z0-9_]', '_', name)}"[:40]
            for place, name in enumerate(dict.fromkeys(names), 1)
        }

    @cached_property
    def width(self) -> int:
        """How wide text may be, in EMU."""
        return int((self.document.sections[-1].page_width or 0) - self.sides)

    @cached_property
    def height(self) -> int:
        """How wide text may be on a page that is turned, in EMU."""
        return int((self.document.sections[-1].page_height or 0) - self.sides)

    @cached_property
    def sides(self) -> int:
        """Both margins beside the text, in EMU."""
        page = self.document.sections[-1]
        return int((page.left_margin or 0) + (page.right_margin or 0))
