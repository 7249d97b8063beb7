"""How many respondents changed reliably."""

from collections.abc import Iterator
from typing import Any

from peereval.estimating.material import Material
from peereval.studies import Comparison, Phase


def individual_rows(
    material: Material, phase: Phase, comparison: Comparison
) -> Iterator[dict[str, Any]]:
    """How many respondents changed reliably."""
    yield from ()
