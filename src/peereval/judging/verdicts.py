"""What can be said of an effect: its own test and its test of equivalence together."""

from collections.abc import Mapping

from peereval.estimators.equivalence import equivalence, verdict
from peereval.estimators.estimate import Estimate
from peereval.judging.headline import Row

#: Code of a verdict where nothing was estimated, or equivalence was not tested.
UNKNOWN = ""


def verdict_of(headline: Row, rows: Mapping[str, Row], level: float) -> str:
    """Code of `peereval.estimators.equivalence.VERDICTS` on a headline; empty where there is none.

    ``rows``: rows of results by their id, those of equivalence among them. The margin is theirs,
    what is held against it the headline itself: an analysis of covariance is not judged by the
    difference of two changes. Only a headline without a standard error, of the bootstrap, is
    judged by the test of equivalence in the results.
    """
    row = equivalence_row(headline, rows)
    if headline["p_value"] is None or row is None:
        return UNKNOWN
    own, tost = _known(headline), _known(row)
    if own.std_error is not None:
        # As `equivalence` has it: the way to the nearer margin in standard errors.
        margin = row["statistic"] * row["std_error"] + abs(row["estimate"])
        tost = equivalence(own, margin, level)
    return verdict(own, tost, level)


def _known(row: Row) -> Estimate:
    return Estimate(row["estimate"], row["std_error"], df=row["df"], p_value=row["p_value"])


def equivalence_row(headline: Row, rows: Mapping[str, Row]) -> Row | None:
    """The clustered equivalence test of a headline, else the plain one, else None."""
    where = ".".join(headline[key] for key in ("phase", "comparison", "group", "outcome"))
    for method in ("tost_cr2", "tost_t"):
        row = rows.get(f"equivalence.{method}.{where}.equivalence")
        if row and row["status"] == "ok":
            return row
    return None
