"""Colours of charts: the palette of the Analysis Function, whose marks have 3:1 against white.

Never colour alone: whatever has a colour has a shape, a place or a label as well.
"""

from functools import lru_cache

BLUE = "#12436D"
TURQUOISE = "#28A197"
PINK = "#801650"
ORANGE = "#F46A25"
GREY = "#3D3D3D"
PURPLE = "#A285D1"
WHITE = "#FFFFFF"
TEXT = "#0B0C0C"
QUIET = "#505A5F"
#: Lines that only lead the eye.
GRID = "#D9DBDC"
ZERO = "#6F777B"

BEFORE, AFTER = BLUE, ORANGE
#: Series beside each other, in this order.
SERIES = (BLUE, ORANGE, TURQUOISE, PINK, GREY, PURPLE)
#: Answers in their order; the lightest have an outline.
SEQUENCE = ("#092135", "#12436D", "#2073BC", "#6BACE6", "#ADD1F1")
READINGS = {"better": BLUE, "worse": ORANGE, "": GREY}


@lru_cache  # colours are few, and asked for at every mark
def luminance(colour: str) -> float:
    """Relative luminance of a colour as ``#RRGGBB`` (WCAG 2.2)."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, two: str) -> float:
    """Contrast of two colours, 1 to 21 (WCAG 2.2)."""
    light, dark = sorted((luminance(one), luminance(two)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def on(colour: str) -> str:
    """White or black: what can be read on a colour."""
    return max((WHITE, TEXT), key=lambda ink: contrast(ink, colour))


def sequence(n: int) -> list[str]:
    """So many colours from dark to light, as far apart as they can be."""
    if n <= 1:
        return [BLUE]
    last = len(SEQUENCE) - 1
    return [_between(at * last / (n - 1)) for at in range(n)]


def _between(place: float) -> str:
    low = min(int(place), len(SEQUENCE) - 2)
    share = place - low
    ends = SEQUENCE[low], SEQUENCE[low + 1]
    mixed = (
        round(int(ends[0][at : at + 2], 16) * (1 - share) + int(ends[1][at : at + 2], 16) * share)
        for at in (1, 3, 5)
    )
    return "#" + "".join(f"{part:02X}" for part in mixed)
