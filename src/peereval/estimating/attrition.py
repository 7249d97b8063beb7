"""Who was followed up, and how those who were not differ."""

from collections.abc import Iterator
from typing import Any

from peereval.estimating.material import Material
from peereval.studies import Comparison, Phase


def attrition_rows(
    material: Material, phase: Phase, comparison: Comparison
) -> Iterator[dict[str, Any]]:
    """Who was followed up, and how those who were not differ."""
    yield from ()
