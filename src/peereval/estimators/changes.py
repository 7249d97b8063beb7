"""The different changes of a group, and how many respondents have each."""

import numpy as np
import polars as pl
from msgspec import Struct

from peereval.moments import Integers


class Changes(Struct, frozen=True):
    """Changes of one outcome in one group, after minus before.

    ``values``: different changes as whole numbers (``denominator`` times the change in points),
    rising; ``counts``: respondents with each, all above 0.
    """

    values: Integers
    counts: Integers
    denominator: int
    n_organisations: int = 0

    @property
    def n(self) -> int:
        """Pairs in all."""
        return int(self.counts.sum())


def changes_of(pairs: pl.DataFrame, denominator: int, n_organisations: int = 0) -> Changes:
    """Changes from counts of pairs by value before and after (columns pre, post, n)."""
    change = pairs["post"].to_numpy() - pairs["pre"].to_numpy()
    values, which = np.unique(change, return_inverse=True)
    counts = np.zeros(len(values), dtype=np.int64)
    np.add.at(counts, which, pairs["n"].to_numpy())
    return Changes(values, counts, denominator, n_organisations)
