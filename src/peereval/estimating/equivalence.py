"""Whether a change is smaller than the smallest effect of interest."""

from collections.abc import Iterator
from typing import Any

from peereval.estimating.material import Material
from peereval.studies import Comparison, Phase


def equivalence_rows(
    material: Material, phase: Phase, comparison: Comparison
) -> Iterator[dict[str, Any]]:
    """Whether a change is smaller than the smallest effect of interest."""
    yield from ()
