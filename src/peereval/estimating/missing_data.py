"""What the headlines would be if those not followed up were like others, or worse."""

from collections.abc import Iterator
from typing import Any

from peereval.estimating.material import Material
from peereval.studies import Comparison, Phase


def missing_data_rows(
    material: Material, phase: Phase, comparison: Comparison
) -> Iterator[dict[str, Any]]:
    """What the headlines would be if those not followed up were like others, or worse."""
    yield from ()
