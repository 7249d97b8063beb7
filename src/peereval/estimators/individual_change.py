"""How many respondents changed by more than error of measurement explains."""

from fractions import Fraction
from math import ceil, floor, sqrt

from peereval.estimators.changes import Changes
from peereval.estimators.estimate import Estimate
from peereval.estimators.shares import share

#: Two-sided 5% of the normal distribution, as Jacobson & Truax print it.
CRITICAL = 1.96


def jacobson_truax(sd_before: float, reliability: float) -> float:
    """Change in points beyond which a respondent has changed reliably.

    1.96 standard errors of a difference: 1.96 sqrt(2) SD sqrt(1 - reliability) (Jacobson & Truax
    1991, Journal of Consulting and Clinical Psychology 59:12). ``reliability``: between 0 and 1.
    """
    return CRITICAL * sqrt(2) * sd_before * sqrt(1 - reliability)


def beyond(threshold: float, denominator: int) -> int:
    """The smallest whole-number change that is more than ``threshold`` points."""
    return floor(threshold * denominator) + 1


def at_least(threshold: Fraction, denominator: int) -> int:
    """The smallest whole-number change that is ``threshold`` points or more."""
    return ceil(threshold * denominator)


def individual_change(
    changes: Changes, least: int, better: str, level: float
) -> dict[str, Estimate]:
    """Shares who improved, deteriorated, or did neither reliably, with Wilson's intervals.

    ``least``: the whole-number change (in either direction) that counts as reliable, above 0;
    ``better``: whether higher or lower scores are good. Shares are of all pairs, which are taken
    as independent; not estimable without pairs.
    """
    n = changes.n
    note = f"{least / changes.denominator:g} or more either way is reliable; share of all pairs"
    rose = int(changes.counts[changes.values >= least].sum())
    fell = int(changes.counts[changes.values <= -least].sum())
    improved, worse = (rose, fell) if better == "higher" else (fell, rose)
    counts = {
        "share_improved": improved,
        "share_deteriorated": worse,
        "share_no_reliable_change": n - rose - fell,
    }
    return {
        name: share(count, n, level, changes.n_organisations, note)
        for name, count in counts.items()
    }
