"""The kinds of chart there are, and the columns that the data of each has, in order.

``...`` stands for one column per series: per answer, or per column of a survey table.
"""

from collections.abc import Mapping
from types import EllipsisType

KINDS: Mapping[str, tuple[str | EllipsisType, ...]] = {
    "before_after": ("group", "before", "after", "change", "low", "high", "n"),
    "forest": ("outcome", "change", "low", "high", "deviation", "n"),
    "contrast_forest": ("outcome", "change", "low", "high", "deviation", "n"),
    "specification": ("estimator", "change", "low", "high", "n", "role"),
    "migration": ("band", "before", "after", "moved"),
    "prevalence": ("question", "before", "after", "change", "low", "high", "n"),
    "tornado": ("parameter", "low", "high", "swing", "declared"),
    "concentration": ("part", "before", "after"),
    "plane": ("what", "estimate", "low", "high"),
    "acceptability": ("threshold", ...),
    "flow": ("what", "phase", "step", "n"),
    "retention": ("who", "retention", "low", "high", "n"),
    "answers": ("option", ...),
    "agreement": ("asked", ..., "n"),
}
