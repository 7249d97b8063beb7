"""What may leave the building: released results, and every name that a reader needs with them.

Renderers take a `Publication` (or what is composed of it) and nothing else: they cannot show
what was not released.
"""

from peereval.publishing.economics import Declared, Economics, Programme, Spending
from peereval.publishing.file import from_json, schema, to_json
from peereval.publishing.publication import (
    Group,
    Named,
    Occasions,
    Outcome,
    PhaseOutcomes,
    Publication,
    Question,
    Suppressed,
)
from peereval.publishing.publish import publish

__all__ = [
    "Declared",
    "Economics",
    "Group",
    "Named",
    "Occasions",
    "Outcome",
    "PhaseOutcomes",
    "Programme",
    "Publication",
    "Question",
    "Spending",
    "Suppressed",
    "from_json",
    "publish",
    "schema",
    "to_json",
]
