"""Charts as pictures, for documents that cannot hold an SVG."""

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from resvg.usvg import Options

_PAPER = (255, 255, 255, 255)


def to_png(svg: str, scale: float = 2) -> bytes:
    """The picture of an SVG, ``scale`` pixels a unit, on white. It holds pixels and no metadata.

    Drawn with Arimo, which is as wide as Arial and comes with peereval, so that every machine
    makes the same picture; the fonts of the machine are asked only for letters that it lacks.
    """
    from resvg import render, usvg

    drawn = usvg.Tree.from_str(svg, _fonts(_has_all(svg)))
    wide, high = (round(side * scale) for side in drawn.int_size())
    turned = (scale, 0.0, 0.0, 0.0, scale, 0.0)
    return bytes(render(drawn, turned, bg_size=(wide, high), bg_color=_PAPER))


@cache
def _fonts(alone: bool) -> "Options":
    """Arimo, ``alone`` or with the fonts of the machine."""
    from resvg import usvg

    options = usvg.Options.default()
    options.load_font_file(str(files("fontpkg_arimo") / "files" / "Arimo[wght].ttf"))
    if not alone:
        options.load_system_fonts()
    options.font_family = "Arimo"
    return options


def _has_all(svg: str) -> bool:
    """Whether Arimo has every letter: Latin, Greek, Cyrillic, Hebrew and common signs."""
    return all(c < "\u0600" or "\u1e00" <= c < "\u2300" for c in svg)
