"""What can be said of an effect: its own test and its test of equivalence together."""

from collections.abc import Mapping

from peereval.estimators.equivalence import verdict
from peereval.estimators.estimate import Estimate
from peereval.judging.headline import Row

#: Code of a verdict where nothing was estimated, or equivalence was not tested.
UNKNOWN = ""


def verdict_of(headline: Row, rows: Mapping[str, Row], level: float) -> str:
    """Code of `peereval.estimators.equivalence.VERDICTS` on a headline; empty where there is none.

    ``rows``: rows of results by their id, those of equivalence among them.
    """
    tost = equivalence_row(headline, rows)
    if headline["p_value"] is None or tost is None:
        return UNKNOWN
    own, other = (Estimate(p_value=row["p_value"]) for row in (headline, tost))
    return verdict(own, other, level)


def equivalence_row(headline: Row, rows: Mapping[str, Row]) -> Row | None:
    """The clustered equivalence test of a headline, else the plain one, else None."""
    where = ".".join(headline[key] for key in ("phase", "comparison", "group", "outcome"))
    for method in ("tost_cr2", "tost_t"):
        row = rows.get(f"equivalence.{method}.{where}.equivalence")
        if row and row["status"] == "ok":
            return row
    return None
