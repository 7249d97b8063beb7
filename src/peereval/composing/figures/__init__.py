"""Charts before they are drawn: `Publication` -> `Figure`, with the data behind each.

Every builder takes the publication and the words and gives None where there is nothing to show.
"""

from peereval.composing.figures.costs import concentration, tornado
from peereval.composing.figures.estimators import specification
from peereval.composing.figures.every import figures_of
from peereval.composing.figures.kinds import KINDS
from peereval.composing.figures.outcomes import before_after, contrast_forest, forest
from peereval.composing.figures.questions import answers, scopes
from peereval.composing.figures.respondents import flow, retention
from peereval.composing.figures.shares import migration, prevalence
from peereval.composing.figures.value import acceptability, plane

__all__ = [
    "KINDS",
    "acceptability",
    "answers",
    "before_after",
    "concentration",
    "contrast_forest",
    "figures_of",
    "flow",
    "forest",
    "migration",
    "plane",
    "prevalence",
    "retention",
    "scopes",
    "specification",
    "tornado",
]
