"""Points of the cost-effectiveness plane, as they were drawn."""

import numpy as np
import polars as pl

from peereval.columns import COST_EFFECTIVENESS
from peereval.estimating.material import Material
from peereval.estimating.polars_tables import schema_of

#: Draws of the plane that are kept: as many as a picture shows.
SHOWN = 1_000


def plane_table(material: Material) -> pl.DataFrame:
    """Draws of net cost and gain, some of them for each outcome: points of the plane.

    Every point is a mean of drawn respondents and prices; none is a respondent. None are kept
    of groups that are too small.
    """
    parts = [
        pl.DataFrame({
            "phase": phase, "comparison": comparison, "group": material.study.cost_group,
            "outcome": outcome, "draw": np.arange(1, len(cost[:SHOWN]) + 1),
            "net_cost": cost[:SHOWN], "gain": gain[:SHOWN],
        })
        for (phase, comparison, outcome), (cost, gain) in material.planes.items()
    ]  # fmt: skip
    schema = schema_of(COST_EFFECTIVENESS)
    return pl.concat([pl.DataFrame(schema=schema), *(part.cast(schema) for part in parts)])
