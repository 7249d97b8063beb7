"""Shares of respondents, and the difference of two shares of the same respondents."""

from math import sqrt

from scipy import special

from peereval.estimators.estimate import Estimate
from peereval.estimators.sums import NO_PAIRS


def wilson(count: int, n: int, level: float) -> tuple[float, float]:
    """Wilson's score interval of ``count`` of ``n`` (Wilson 1927, JASA 22:209); n is above 0."""
    z = float(special.ndtri((1 + level) / 2))
    centre = count + z * z / 2
    reach = z * sqrt(count * (n - count) / n + z * z / 4)
    # Exact at the ends, where rounding would leave a little more than all or less than none.
    low = (centre - reach) / (n + z * z) if count else 0.0
    high = (centre + reach) / (n + z * z) if count < n else 1.0
    return low, high


def share(count: int, n: int, level: float, n_organisations: int, note: str = "") -> Estimate:
    """``count`` of ``n`` as a share, with Wilson's interval; respondents taken as independent."""
    if not n:
        return Estimate(reason=NO_PAIRS)
    low, high = wilson(count, n, level)
    return Estimate(
        count / n,
        ci_low=low,
        ci_high=high,
        ci_level=level,
        n=n,
        n_organisations=n_organisations,
        note=note,
    )


def newcombe(both: int, gained: int, lost: int, neither: int, level: float) -> tuple[float, float]:
    """Interval of the share after less the share before (Newcombe 1998, method 10).

    ``both``: yes at both occasions; ``gained``: after only; ``lost``: before only. Wilson's
    intervals of the two shares, squared and added with the correlation of the answers, which is
    corrected for continuity (Statistics in Medicine 17:2635). At least one respondent.
    """
    n, before, after = both + gained + lost + neither, both + lost, both + gained
    difference = (gained - lost) / n
    reaches = []
    for count in (after, before):
        low, high = wilson(count, n, level)
        reaches.append((count / n - low, high - count / n))
    (down_after, up_after), (down_before, up_before) = reaches
    phi = _correlation(both, gained, lost, neither)
    low = _length(down_after, up_before, phi)
    high = _length(up_after, down_before, phi)
    return difference - low, difference + high


def _length(one: float, two: float, phi: float) -> float:
    return sqrt(max(one * one - 2 * phi * one * two + two * two, 0.0))


def _correlation(both: int, gained: int, lost: int, neither: int) -> float:
    """Of the two answers, drawn towards 0 by half a respondent; 0 where it is not defined."""
    n, product = both + gained + lost + neither, both * neither - gained * lost
    margins = (both + lost) * (gained + neither) * (both + gained) * (lost + neither)
    if not margins:
        return 0.0
    corrected = product if product < 0 else max(product - n / 2, 0.0)
    return corrected / sqrt(margins)
