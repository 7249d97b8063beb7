"""The contrast weighted so that the groups are alike before."""

from collections.abc import Iterator
from typing import Any

from peereval.estimating.material import Material
from peereval.studies import Comparison, Phase


def weighting_rows(
    material: Material, phase: Phase, comparison: Comparison
) -> Iterator[dict[str, Any]]:
    """The contrast weighted so that the groups are alike before."""
    yield from ()
