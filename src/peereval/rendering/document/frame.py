"""What stands around a report: stamp, page numbers, language and properties of the file."""

from collections.abc import Iterator
from string import Formatter
from typing import TYPE_CHECKING, Any

from peereval.composing import Report
from peereval.rendering.document import markup
from peereval.rendering.document.markup import paragraph, run
from peereval.rendering.document.template import Styles
from peereval.rendering.office import MADE, legal
from peereval.wording import Words

if TYPE_CHECKING:
    from docx.document import Document
    from docx.section import Section

_FIELDS = {"page": "PAGE", "pages": "NUMPAGES"}


def finish(
    document: "Document", styles: Styles, report: Report, version: str, words: Words
) -> None:
    """Everything that is not the text."""
    if report.stamp:
        for header in _headers(document):
            stamp = paragraph(styles["Report Stamp"], run(report.stamp))
            header._element.insert(0, markup.body([stamp])[0])
    first = document.sections[0].footer
    if first.is_linked_to_previous:  # the template has no footer of its own
        first._element[:] = list(markup.body([_page_number(styles, words)]))
    _speak(document, report.language)
    _name(document, report, version)


def _headers(document: "Document") -> Iterator[Any]:
    """Every header that a page can have."""
    for place, section in enumerate(document.sections):
        for header in _kinds(section, document.settings.odd_and_even_pages_header_footer):
            if place == 0 or not header.is_linked_to_previous:
                header.is_linked_to_previous = False
                yield header


def _kinds(section: "Section", both_sides: bool) -> Iterator[Any]:
    yield section.header
    if section.different_first_page_header_footer:
        yield section.first_page_header
    if both_sides:
        yield section.even_page_header


def _page_number(styles: Styles, words: Words) -> str:
    pieces = []
    for text, name, _, _ in Formatter().parse(words.texts["document.footer.page"]):
        pieces.append(run(text) if text else "")
        pieces.append(markup.field(_FIELDS[name], "1") if name else "")
    return paragraph(styles["Report Note"], *pieces, properties='<w:jc w:val="right"/>')


def _speak(document: "Document", language: str) -> None:
    """State the language for everything that does not state another by itself."""
    from docx.oxml.ns import qn

    root = document.styles.element
    for stated in root.xpath(".//w:lang"):
        stated.set(qn("w:val"), language)
    for stated in document.settings.element.xpath("./w:themeFontLang"):
        stated.set(qn("w:val"), language)
    if not root.xpath("./w:docDefaults/w:rPrDefault/w:rPr/w:lang"):
        for properties in root.xpath('./w:style[@w:type="paragraph"][@w:default="1"]'):
            made = properties.get_or_add_rPr()
            made.append(made.makeelement(qn("w:lang"), {qn("w:val"): language}))


def _name(document: "Document", report: Report, version: str) -> None:
    """Title and language; nobody's name, and no time at which it was made."""
    known = document.core_properties
    known.title, known.subject = legal(report.title)[:255], legal(report.subtitle)[:255]
    known.language, known.version = report.language, f"peereval {version}"
    known.author = known.last_modified_by = known.comments = known.keywords = ""
    known.created = known.modified = MADE
    known.revision = 1
