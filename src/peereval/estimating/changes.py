"""Other estimates of change and its size: ranks, Bayes factor, trimmed mean, effect sizes."""

from collections.abc import Iterator
from typing import Any

from peereval.estimating.material import Material
from peereval.studies import Comparison, Phase


def change_rows(
    material: Material, phase: Phase, comparison: Comparison
) -> Iterator[dict[str, Any]]:
    """Other estimates of change and its size: ranks, Bayes factor, trimmed mean, effect sizes."""
    yield from ()
