"""Pieces of WordprocessingML as text: quicker than building each cell as an object.

A piece is whole XML with the prefixes ``w``, ``r``, ``wp``, ``a`` and ``pic``; texts are escaped
here and nowhere else.
"""

from collections.abc import Iterable
from html import escape  # that of xml.sax loads the whole of the network's library
from typing import Any

from peereval.rendering.office import legal

#: The names of drawings, which few documents have: a paragraph with a picture states them.
DRAWN = (
    ' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
    ' xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"'
)


def attribute(text: str) -> str:
    """A text as a quoted attribute."""
    return f'"{escape(legal(text)).replace(chr(10), "&#10;")}"'


def run(text: str, *, strong: bool = False, size: int = 0, style: str = "") -> str:
    """Some words; ``size`` in half points, 0 for that of the paragraph."""
    look = f'<w:rStyle w:val="{style}"/>' if style else ""
    look += "<w:b/><w:bCs/>" if strong else ""
    look += f'<w:sz w:val="{size}"/><w:szCs w:val="{size}"/>' if size else ""
    properties = f"<w:rPr>{look}</w:rPr>" if look else ""
    return (
        f'<w:r>{properties}<w:t xml:space="preserve">{escape(legal(text), quote=False)}</w:t></w:r>'
    )


def paragraph(style: str, *pieces: str, properties: str = "", names: str = "") -> str:
    """A paragraph of a style, by its id; ``names`` are those that its pieces need (`DRAWN`)."""
    return (
        f'<w:p{names}><w:pPr><w:pStyle w:val="{style}"/>{properties}</w:pPr>{"".join(pieces)}</w:p>'
    )


def mark(kind: str) -> str:
    """Where a field begins, where its result does (``separate``), and where it ends."""
    return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'


def opening(instruction: str) -> str:
    """The beginning of a field, up to its result."""
    said = escape(instruction, quote=False)
    told = f'<w:r><w:instrText xml:space="preserve"> {said} </w:instrText></w:r>'
    return mark("begin") + told + mark("separate")


def field(instruction: str, result: str) -> str:
    """A field that Word can count again, with what it is now."""
    return opening(instruction) + run(result) + mark("end")


def bookmark(number: int, name: str, *pieces: str) -> str:
    """Pieces that can be linked to."""
    start = f'<w:bookmarkStart w:id="{number}" w:name="{name}"/>'
    return f'{start}{"".join(pieces)}<w:bookmarkEnd w:id="{number}"/>'


def link_inside(name: str, *pieces: str) -> str:
    """A link to a bookmark."""
    return f'<w:hyperlink w:anchor="{name}" w:history="1">{"".join(pieces)}</w:hyperlink>'


def link_outside(relation: str, *pieces: str) -> str:
    """A link to an address, by the id of its relation."""
    return f'<w:hyperlink r:id="{relation}" w:history="1">{"".join(pieces)}</w:hyperlink>'


def picture(
    relation: str, number: int, name: str, alt: str, size: tuple[int, int], vector: str = ""
) -> str:
    """A picture in the line, with its text for those who cannot see it; ``size`` in EMU.

    ``vector`` is the relation of the same as SVG, which newer programs show instead.
    """
    extent = f'cx="{size[0]}" cy="{size[1]}"'
    said = f'id="{number}" name={attribute(name)} descr={attribute(alt)}'
    blip = f'<a:blip r:embed="{relation}">{_also(vector)}</a:blip>'
    shape = (
        f"<pic:pic><pic:nvPicPr><pic:cNvPr {said}/><pic:cNvPicPr/></pic:nvPicPr>"
        f"<pic:blipFill>{blip}<a:stretch><a:fillRect/></a:stretch>"
        f'</pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext {extent}/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic>'
    )
    uri = "http://schemas.openxmlformats.org/drawingml/2006/picture"
    return (
        f'<w:r><w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent {extent}/>'
        f"<wp:docPr {said}/><wp:cNvGraphicFramePr>"
        '<a:graphicFrameLocks noChangeAspect="1"/></wp:cNvGraphicFramePr>'
        f'<a:graphic><a:graphicData uri="{uri}">{shape}</a:graphicData></a:graphic>'
        "</wp:inline></w:drawing></w:r>"
    )


def _also(vector: str) -> str:
    """The extension of a picture that holds its SVG (Office 2016 and later)."""
    if not vector:
        return ""
    space = "http://schemas.microsoft.com/office/drawing/2016/SVG/main"
    held = f'<asvg:svgBlip xmlns:asvg="{space}" r:embed="{vector}"/>'
    uri = "{96DAC541-7B7A-43D3-8B79-37D633B846F1}"
    return f'<a:extLst><a:ext uri="{uri}">{held}</a:ext></a:extLst>'


def body(pieces: Iterable[str]) -> Any:
    """Pieces as the body of a document that python-docx knows."""
    from docx.oxml.ns import nsdecls
    from docx.oxml.parser import parse_xml

    return parse_xml(f"<w:body {nsdecls('w', 'r', 'wp')}>{''.join(pieces)}</w:body>")
