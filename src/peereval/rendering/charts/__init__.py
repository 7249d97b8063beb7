"""Charts drawn as SVG by our own layout, and as pictures."""

from peereval.rendering.charts.drawing import DESK, PHONE, draw
from peereval.rendering.charts.png import to_png

__all__ = ["DESK", "PHONE", "draw", "to_png"]
