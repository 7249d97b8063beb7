"""Intraclass correlation, design effect, and the smallest effect that could be seen."""

from collections.abc import Iterator
from typing import Any

from peereval.estimating.material import Material
from peereval.studies import Comparison, Phase


def clustering_rows(
    material: Material, phase: Phase, comparison: Comparison
) -> Iterator[dict[str, Any]]:
    """Intraclass correlation, design effect, and the smallest effect that could be seen."""
    yield from ()
