"""Scale files -> frozen `Scale` objects: adding an instrument is adding a file."""

from peereval.scales.by_hand import score_by_hand
from peereval.scales.finding import load_scale, scale_files
from peereval.scales.objects import (
    BETTER,
    FACTS,
    HALF_UP,
    MISSING,
    MOST,
    RELIABILITIES,
    RULES,
    Band,
    Example,
    Fact,
    Item,
    Norm,
    Numbers,
    Reliability,
    ReliableChange,
    Scale,
    Score,
    is_number,
)
from peereval.scales.reading import PLAIN, load_scale_file

__all__ = [
    "BETTER",
    "FACTS",
    "HALF_UP",
    "MISSING",
    "MOST",
    "PLAIN",
    "RELIABILITIES",
    "RULES",
    "Band",
    "Example",
    "Fact",
    "Item",
    "Norm",
    "Numbers",
    "Reliability",
    "ReliableChange",
    "Scale",
    "Score",
    "is_number",
    "load_scale",
    "load_scale_file",
    "scale_files",
    "score_by_hand",
]
