"""Wild cluster bootstrap, and permutation of groups within organisations."""

from collections.abc import Iterator
from typing import Any

from peereval.estimating.material import Material
from peereval.studies import Comparison, Phase


def resampling_rows(
    material: Material, phase: Phase, comparison: Comparison
) -> Iterator[dict[str, Any]]:
    """Wild cluster bootstrap, and permutation of groups within organisations."""
    yield from ()
