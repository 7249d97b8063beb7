"""More than two occasions: change sustained on the same respondents."""

from collections.abc import Iterator
from typing import Any

from peereval.estimating.material import Material
from peereval.studies import Phase


def occasion_rows(material: Material, phase: Phase) -> Iterator[dict[str, Any]]:
    """More than two occasions: change sustained on the same respondents."""
    yield from ()
