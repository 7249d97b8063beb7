"""Charts as pictures, for documents that cannot hold an SVG."""

import sys
from functools import lru_cache
from importlib.resources import files


def to_png(svg: str, scale: float = 2) -> bytes:
    """The picture of an SVG, ``scale`` pixels a unit, on white. It holds pixels and no metadata.

    Drawn with Arimo, which is as wide as Arial and comes with peereval, so that every machine
    makes the same picture; the fonts of the machine are asked only for letters that it lacks.
    """
    from resvg_py import svg_to_bytes

    return svg_to_bytes(
        svg_string=svg,
        zoom=scale,
        background="#FFFFFF",
        skip_system_fonts=_has_all(svg),
        font_files=[_font()],
        font_family="Arimo",
        sans_serif_family="Arimo",
    )


@lru_cache
def _font() -> str:
    return str(files("fontpkg_arimo") / "files" / "Arimo[wght].ttf")


def _has_all(svg: str) -> bool:
    """Whether Arimo has every letter: Latin, Greek, Cyrillic, Hebrew and common signs."""
    return all(c < "\u0600" or "\u1e00" <= c < "\u2300" for c in svg)


def _paint_for_another() -> None:
    """Read a scale and SVGs, write their pictures: what `elsewhere` starts this file for."""
    from msgspec import msgpack

    scale, svgs = msgpack.decode(sys.stdin.buffer.read(), type=tuple[float, list[str]])
    sys.stdout.buffer.write(msgpack.encode([to_png(svg, scale) for svg in svgs]))


if __name__ == "__main__":
    _paint_for_another()
