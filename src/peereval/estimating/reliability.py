"""How well the scales measure: per scale, phase and occasion."""

from collections.abc import Iterator
from typing import Any

from peereval.estimating.material import Material
from peereval.studies import Phase


def reliability_rows(material: Material, phase: Phase) -> Iterator[dict[str, Any]]:
    """How well the scales measure: per scale, phase and occasion."""
    yield from ()
