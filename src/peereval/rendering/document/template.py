"""The template of a document: our own, or that of a house, and the styles that a report needs."""

from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from peereval.errors import Fault, UsageError
from peereval.rendering.office import parts_of, zipped

if TYPE_CHECKING:
    from docx.document import Document

#: Word's own styles, which carry the look of a house: a template must have them.
REQUIRED = (
    "Title", "Subtitle", "Heading 1", "Heading 2", "Heading 3", "Caption", "List Bullet",
    "List Number",
)  # fmt: skip
_BLUE = "12436D"
_SPACE = '<w:spacing w:before="{before}" w:after="{after}"/>'
_HALVES = '<w:sz w:val="{0}"/><w:szCs w:val="{0}"/>'


def _look(before: int, after: int, halves: int = 0, more: str = "", text: str = "") -> str:
    size = _HALVES.format(halves) if halves else ""
    space = _SPACE.format(before=before, after=after)
    return f"<w:pPr>{more}{space}</w:pPr><w:rPr>{text}{size}</w:rPr>"


_BOLD = "<w:b/><w:bCs/>"
_DARK = f'<w:color w:val="{_BLUE}"/>'
_BAR = f'<w:pBdr><w:left w:val="single" w:sz="24" w:space="6" w:color="{_BLUE}"/></w:pBdr>'
#: Styles of a report that Word does not have, with how they look; a template may have its own.
_OWN: Mapping[str, str] = {
    "Report Lead": _look(0, 160, 24, text=_DARK),
    "Report Note": _look(40, 120, 18),
    "Report Warning": _look(60, 160, more=_BAR, text=_BOLD),
    "Report Stamp": _look(0, 60, 20, text=_BOLD),
    "Report Cell": _look(20, 20, 18),
    "Report Figure": _look(0, 60, more="<w:keepNext/>"),
    "toc 1": _look(80, 20, text=_BOLD),
    "toc 2": _look(0, 20).replace("</w:pPr>", '<w:ind w:left="340"/></w:pPr>'),
    "TOC Heading": _look(240, 120, 32, text=f"{_BOLD}{_DARK}"),
}
_RULE = '<w:{side} w:val="single" w:sz="{width}" w:space="0" w:color="' + _BLUE + '"/>'
_TABLE = (
    '<w:tblPr><w:tblStyleRowBandSize w:val="1"/><w:tblBorders>'
    + _RULE.format(side="top", width=8)
    + _RULE.format(side="bottom", width=8)
    + '<w:insideH w:val="single" w:sz="4" w:space="0" w:color="BFBFBF"/></w:tblBorders>'
    '<w:tblCellMar><w:left w:w="55" w:type="dxa"/><w:right w:w="55" w:type="dxa"/></w:tblCellMar>'
    '</w:tblPr><w:tblStylePr w:type="firstRow"><w:rPr><w:b/><w:bCs/></w:rPr><w:tcPr>'
    "<w:tcBorders>" + _RULE.format(side="bottom", width=8) + "</w:tcBorders></w:tcPr>"
    "</w:tblStylePr>"
)
_LINK = '<w:rPr><w:color w:val="0000EE"/><w:u w:val="single"/></w:rPr>'
#: How our own template shows Word's styles: space before and after, half points.
_HOUSE: Mapping[str, tuple[int, int, int]] = {
    "Title": (600, 120, 56), "Subtitle": (0, 360, 30), "Heading 1": (480, 140, 36),
    "Heading 2": (320, 100, 28), "Heading 3": (240, 80, 24), "Caption": (240, 80, 21),
    "List Bullet": (0, 80, 21), "List Number": (0, 80, 21), "Normal": (0, 140, 21),
}  # fmt: skip


class Styles(Struct, frozen=True):
    """Ids of the styles of a template by their names."""

    ids: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.ids[name.casefold()]


def open_template(path: Path | None) -> "tuple[Document, Styles]":
    """A document to write into, and its styles: of a template, or of our own.

    Styles of a report that Word does not have are added where the template has none of that
    name. Raises ``UsageError`` for a file that is no Word document (REP011), or that lacks some
    of Word's own styles (REP010, each of them).
    """
    document = _house() if path is None else _given(path)
    root = document.styles.element
    ids = dict(_names(root))
    added = [(name, "paragraph", look) for name, look in _OWN.items()]
    added += [("Report Table", "table", _TABLE), ("Hyperlink", "character", _LINK)]
    for name, kind, look in added:
        if name.casefold() not in ids:
            ids[name.casefold()] = _add_style(root, name, kind, look)
    return document, Styles(ids)


def write_template(path: Path) -> None:
    """Write our own template, empty, for somebody who wants to change its styles."""
    document, _ = open_template(None)
    _forget(document)
    save(document, path)


def save(document: "Document", path: Path) -> None:
    """Write a document; the same one gives the same bytes."""
    made = BytesIO()
    document.save(made)
    path.write_bytes(zipped(parts_of(made)))


def _forget(document: "Document") -> None:
    from peereval.rendering.office import MADE

    kept = document.core_properties
    kept.author = kept.last_modified_by = kept.comments = kept.keywords = kept.title = ""
    kept.created = kept.modified = MADE
    kept.revision = 1


def _names(root: Any) -> Iterator[tuple[str, str]]:
    for style in root.style_lst:
        yield style.name_val.casefold(), style.styleId


def _given(path: Path) -> "Document":
    import docx

    try:
        document = docx.Document(str(path))
    except Exception as error:  # python-docx raises whatever a broken file makes it trip over
        found = Fault(
            "REP011", "is not a Word document that can be opened",
            "Save the template in Word as a document of type .docx, without macros", path.name,
        )  # fmt: skip
        raise UsageError("The template cannot be used", [found]) from error
    there = dict(_names(document.styles.element))
    missing = [name for name in REQUIRED if name.casefold() not in there]
    if missing:
        raise UsageError("The template cannot be used", [_lacks(name, path) for name in missing])
    return document


def _lacks(style: str, path: Path) -> Fault:
    return Fault(
        "REP010", f"the template has no style {style!r}",
        "In Word, write a line in the template, give it this style, delete the line and save: "
        "the style then stays in the file", path.name,
    )  # fmt: skip


# --- our own template ---------------------------------------------------------------------


def _house() -> "Document":
    """Our own template: python-docx's, on A4, in Arial, without what a report never uses."""
    import docx
    from docx.shared import Cm

    document = docx.Document()
    (section,) = document.sections
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.2)
    section.top_margin = section.bottom_margin = Cm(2.2)
    section.header_distance = section.footer_distance = Cm(1.1)
    _clear(document)
    for name, (before, after, halves) in _HOUSE.items():
        _dress(document.styles[name], before, after, halves)
    return document


def _clear(document: "Document") -> None:
    """Without the styles and the parts that came with python-docx and are not used."""
    root = document.styles.element
    for style in root.xpath('./w:style[@w:type="table"]'):
        if style.name_val not in ("Normal Table", "Table Grid"):
            root.remove(style)
    for relations in (document.part.package.rels, document.part.rels):
        for key in [key for key, each in relations.items() if _unused(each.reltype)]:
            del relations[key]


def _unused(relation: str) -> bool:
    return relation.endswith(("/thumbnail", "/customXml", "/stylesWithEffects"))


def _dress(style: Any, before: int, after: int, halves: int) -> None:
    from docx.shared import Pt, RGBColor

    plain = style.name in ("Normal", "List Bullet", "List Number")
    properties = style.element.get_or_add_rPr()
    for child in list(properties):
        properties.remove(child)
    style.font.name = "Arial"
    style.font.size = Pt(halves / 2)
    style.font.bold = None if plain or style.name == "Subtitle" else True
    if not plain:
        style.font.color.rgb = RGBColor.from_string(_BLUE)
    layout = style.paragraph_format
    layout.space_before, layout.space_after = Pt(before / 20), Pt(after / 20)
    layout.keep_with_next = style.name.startswith(("Heading", "Caption")) or None
    for border in style.element.xpath("./w:pPr/w:pBdr | ./w:pPr/w:contextualSpacing"):
        border.getparent().remove(border)


def _add_style(root: Any, name: str, kind: str, look: str) -> str:
    """Add a style. Its id."""
    from docx.oxml.ns import nsdecls
    from docx.oxml.parser import parse_xml

    default = root.xpath(f'./w:style[@w:type="{kind}"][@w:default="1"]/@w:styleId')
    based = f'<w:basedOn w:val="{default[0]}"/>' if default else ""
    shown = "<w:qFormat/>" if name.startswith("Report") else ""
    identity = "".join(word.capitalize() for word in name.split())
    root.append(
        parse_xml(
            f'<w:style {nsdecls("w")} w:type="{kind}" w:styleId="{identity}">'
            f'<w:name w:val="{name}"/>{based}{shown}{look}</w:style>'
        )
    )
    return identity
