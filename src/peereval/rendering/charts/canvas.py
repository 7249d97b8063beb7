"""An SVG being drawn: its elements, and the boxes of its texts."""

import unicodedata
from functools import lru_cache

from msgspec import Struct, field

from peereval.rendering.charts.metrics import width
from peereval.rendering.charts.palette import TEXT, WHITE

FONTS = "Arial, Helvetica, 'Liberation Sans', Arimo, 'DejaVu Sans', sans-serif"
#: Sizes of text: of what names things, and of scales and remarks.
SIZE, SMALL = 14, 12
#: Of a line of text, as times its size.
LEADING = 1.25
#: What a drawing has at either side beyond its width.
_BLEED = 1
#: How much of a text stands before its anchor.
_BEFORE = {"start": 0, "middle": 0.5, "end": 1}
#: Marks of markup and what stands for them, the ampersand first.
_NAMES = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#39;"))


class Box(Struct, frozen=True):
    """Where a text stands: no other may."""

    text: str
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "Box") -> bool:
        """Whether the two overlap."""
        apart = self.right <= other.left or other.right <= self.left
        return not (apart or self.bottom <= other.top or other.bottom <= self.top)


class Canvas(Struct):
    """A drawing of a width; its height is where the lowest thing ends."""

    width: float
    height: float = 0
    elements: list[str] = field(default_factory=list)
    #: Words, place of their baseline, size and anchor.
    texts: list[tuple[str, float, float, float, str]] = field(default_factory=list)

    def text(
        self,
        x: float,
        y: float,
        said: str,
        *,
        size: float = SIZE,
        anchor: str = "start",
        colour: str = TEXT,
        halo: bool = False,
    ) -> None:
        """Words with their baseline at ``y``; ``anchor`` is ``start``, ``middle`` or ``end``.

        A ``halo`` of white keeps them apart from lines behind them.
        """
        self.texts.append((said, x, y, size, anchor))
        self.height = max(self.height, y + 0.3 * size)
        where = "" if anchor == "start" else f' text-anchor="{anchor}"'
        small = "" if size == SIZE else f' font-size="{_n(size)}"'
        ink = "" if colour == TEXT else f' fill="{colour}"'
        place = f'x="{_n(x)}" y="{_n(y)}"'
        if halo:
            wide = width(said, size)
            left = x - _BEFORE[anchor] * wide
            self.rect(left - 1, y - size * 0.85, wide + 2, size * 1.1, WHITE)
        self.elements.append(f"<text {place}{where}{small}{ink}>{escape(said)}</text>")

    @property
    def boxes(self) -> list[Box]:
        """Where each text stands."""
        return [_box(*text) for text in self.texts]

    def rect(
        self, x: float, y: float, wide: float, high: float, fill: str, stroke: str = ""
    ) -> None:
        """A box; one that is turned round is put right."""
        if wide < 0:
            x, wide = x + wide, -wide
        self.height = max(self.height, y + high)
        line = f' stroke="{stroke}"' if stroke else ""
        size = f'x="{_n(x)}" y="{_n(y)}" width="{_n(wide)}" height="{_n(high)}"'
        self.elements.append(f'<rect {size} fill="{fill}"{line}/>')

    def line(
        self, x1: float, y1: float, x2: float, y2: float, colour: str, wide: float = 1,
        dashed: bool = False,
    ) -> None:  # fmt: skip
        """A straight line."""
        self.height = max(self.height, y1, y2)
        dashes = ' stroke-dasharray="4 3"' if dashed else ""
        ends = f'x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}"'
        self.elements.append(f'<line {ends} stroke="{colour}" stroke-width="{_n(wide)}"{dashes}/>')

    def circle(self, x: float, y: float, radius: float, fill: str, stroke: str) -> None:
        """A round mark."""
        place = f'cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}"'
        self.elements.append(f'<circle {place} fill="{fill}" stroke="{stroke}" stroke-width="2"/>')

    def shape(self, points: list[tuple[float, float]], fill: str, stroke: str = "") -> None:
        """A closed shape."""
        at = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
        line = f' stroke="{stroke}"' if stroke else ""
        self.elements.append(f'<polygon points="{at}" fill="{fill}"{line}/>')

    def path(self, points: list[tuple[float, float]], colour: str, wide: float = 2) -> None:
        """An open line through points."""
        at = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
        self.elements.append(
            f'<polyline points="{at}" fill="none" stroke="{colour}" stroke-width="{_n(wide)}"/>'
        )

    def svg(self, name: str, title: str, description: str) -> str:
        """The whole drawing, with what it shows for those who cannot see it."""
        high = _n(round(self.height + 6))
        # A point more at either side: half of a line along the edge lies beyond it, and where
        # another program has other letters, so does what stands at the right.
        wide, seen = _n(self.width), _n(self.width + 2 * _BLEED)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" version="1.1" '
            f'viewBox="-{_BLEED} 0 {seen} {high}" '
            f'width="{wide}" height="{high}" role="img" '
            f'aria-labelledby="{name}-title {name}-desc" '
            f'font-family="{FONTS}" font-size="{SIZE}" fill="{TEXT}">'
            f'<title id="{name}-title">{escape(title)}</title>'
            f'<desc id="{name}-desc">{escape(description)}</desc>'
            f"{''.join(self.elements)}</svg>\n"
        )


def _box(said: str, x: float, y: float, size: float, anchor: str) -> Box:
    wide = width(said, size)
    left = x - _BEFORE[anchor] * wide
    return Box(said, left, y - 0.78 * size, left + wide, y + 0.22 * size)


@lru_cache(maxsize=1 << 12)
def escape(said: str) -> str:
    """Text as XML may hold it: marks of markup escaped, and nothing that is not a character.

    Control characters and those that turn the direction of what follows are left out.
    """
    if not said.isprintable():
        said = "".join(" " if c in "\t\n\r" else c for c in said if c in "\t\n\r" or _is_shown(c))
    for sign, name in _NAMES:
        said = said.replace(sign, name)
    return said


def _is_shown(character: str) -> bool:
    # Cc control, Cs half of a pair, Cf format (directions among them), Cn and Co no character.
    allowed = character in "\u200c\u200d"
    return allowed or unicodedata.category(character) not in ("Cc", "Cs", "Cf", "Cn", "Co")


@lru_cache(maxsize=1 << 14)  # charts of a report stand on the same lines
def _n(value: float) -> str:
    """A number of a drawing: at most two decimals, the shortest way."""
    value += 0.0  # which makes no sign of a nought: the two are one to the cache
    return f"{value:.2f}".rstrip("0").rstrip(".") if value % 1 else f"{value:.0f}"
