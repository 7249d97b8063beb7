"""What rows about costs allow to be said, for screens and pages alike."""

from collections.abc import Mapping
from typing import Any

from peereval.studies import Programme, threshold_word

#: Below this many respondents no mean is shown: it could be somebody's own cost.
FEWEST_SHOWN = 10

Row = Mapping[str, Any]


def reading(drawn: Row) -> str:
    """What an interval allows to be said: a saving is one only where the interval excludes 0."""
    low, high = drawn["ci_low"], drawn["ci_high"]
    if low is None or high is None:
        return ""
    if low > 0:
        return "saving"
    return "cost increase" if high < 0 else "cost change"


def net_reading(drawn: Row) -> str:
    """What an interval of net cost allows to be said; a saving only where it lies below 0."""
    low, high = drawn["ci_low"], drawn["ci_high"]
    if low is None or high is None:
        return ""
    if low > 0:
        return "net cost"
    return "net saving" if high < 0 else "undecided"


def few_counted(rows: Mapping[str, Row], place: str) -> bool:
    """Whether costs of an outcome are of so few that their mean is not shown."""
    net = rows[f"cost_effectiveness.programme_psa.{place}.net_cost_per_participant"]
    return bool(net["n"] < FEWEST_SHOWN)


def acceptability(rows: Mapping[str, Row], before: str, programme: Programme) -> dict[str, float]:
    """Threshold -> probability that the programme is worth its cost there."""
    found = {}
    for threshold in programme.thresholds:
        word = threshold_word(threshold)
        row = rows.get(f"{before}.threshold:{word}.probability_cost_effective")
        if row is not None and row["estimate"] is not None:
            found[f"{float(threshold):,.10g}"] = row["estimate"]
    return found
