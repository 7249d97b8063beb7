"""A figure -> its SVG, whatever its kind."""

from collections.abc import Callable, Mapping

from peereval.composing import Figure
from peereval.rendering.charts.bars import (
    draw_answers,
    draw_before_after,
    draw_concentration,
    draw_migration,
)
from peereval.rendering.charts.canvas import LEADING, SIZE, Canvas
from peereval.rendering.charts.flow import draw_flow
from peereval.rendering.charts.intervals import (
    draw_forest,
    draw_prevalence,
    draw_retention,
    draw_specification,
)
from peereval.rendering.charts.metrics import wrap
from peereval.rendering.charts.stacked import draw_agreement
from peereval.rendering.charts.tornado import draw_tornado
from peereval.rendering.charts.value import draw_acceptability, draw_plane
from peereval.wording import Words

#: Widths of a chart: of a page on a desk or on paper, and of a telephone.
DESK, PHONE = 720, 360

DRAWN: Mapping[str, Callable[[Figure, Words, Canvas], None]] = {
    "before_after": draw_before_after,
    "forest": draw_forest,
    "contrast_forest": draw_forest,
    "specification": draw_specification,
    "migration": draw_migration,
    "prevalence": draw_prevalence,
    "tornado": draw_tornado,
    "concentration": draw_concentration,
    "plane": draw_plane,
    "acceptability": draw_acceptability,
    "flow": draw_flow,
    "retention": draw_retention,
    "answers": draw_answers,
    "agreement": draw_agreement,
}


def draw(figure: Figure, words: Words, width: float = DESK, stamp: str = "") -> str:
    """The SVG of a figure, ``width`` units wide and as high as it needs.

    Title and description are in it for those who cannot see it; on the page the title stands
    beside it. Ids begin with that of the figure, and are others for other widths. ``stamp``
    stands below a chart that is not for publication, which leaves its page easily.
    """
    name = figure.id if width == DESK else f"{figure.id}-{width:.0f}"
    canvas, title = painted(figure, words, width), figure.title
    if stamp:
        for line in wrap(stamp, SIZE, width):
            canvas.text(0, canvas.height + LEADING * SIZE, line)
        title = f"{title} ({stamp})"
    return canvas.svg(name, title, figure.alt)


def painted(figure: Figure, words: Words, width: float = DESK) -> Canvas:
    """A figure on a canvas: its elements, and where its texts stand."""
    canvas = Canvas(width)
    DRAWN[figure.kind](figure, words, canvas)
    return canvas
