"""How strong a design is: the Maryland scale, in words."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from peereval.estimators.estimate import Estimate, Key

_BEFORE_AFTER = (
    "before and after without a comparison group: anything else that happened between the two "
    "occasions may have caused the change"
)
_COMPARED = (
    "before and after with a comparison group: the groups may have differed to begin with, and "
    "where both are in one organisation, one may have affected the other"
)
_ADJUSTED = (
    "before and after with a comparison group, adjusted for what was known before: at most this "
    "level, for the groups may differ in what was not asked, unless chance made them"
)
#: Analysis or method -> level and what it means, from the weakest design to the strongest.
LEVELS = {
    "paired": (1, _BEFORE_AFTER),
    "band_change": (1, _BEFORE_AFTER),
    "prevalence_change": (1, _BEFORE_AFTER),
    "cost": (1, _BEFORE_AFTER),
    "cost_effectiveness": (1, _BEFORE_AFTER),
    "did": (2, _COMPARED),
    "did_weighted": (3, _ADJUSTED),
    "ancova_cr2": (3, _ADJUSTED),
}


def evidence_rows(results: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """One row per kind of analysis that the results hold: its level, 1 to 5.

    What Works Centre for Local Economic Growth's reading of the Maryland scale (Sherman et
    al. 1997): before and after alone is level 1, with a comparison group that is not adjusted
    for 2, adjusted 3; 4 and 5 need chance or a natural experiment.
    """
    there = results.filter(pl.col("status") == "ok")
    found = set(there["analysis"]) | set(there["method"])
    for name, (level, meaning) in LEVELS.items():
        if name in found:
            key = Key("evidence_level", "", unit="level")
            yield key.row("maryland", "maryland_level", Estimate(level, note=meaning), level=name)
