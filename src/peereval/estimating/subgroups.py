"""Change and contrast by level of a characteristic, with tests of interaction."""

from collections.abc import Iterator
from typing import Any

from peereval.estimating.material import Material
from peereval.studies import Comparison, Phase


def subgroup_rows(
    material: Material, phase: Phase, comparison: Comparison
) -> Iterator[dict[str, Any]]:
    """Change and contrast by level of a characteristic, with tests of interaction."""
    yield from ()
