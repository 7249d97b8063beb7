"""Cluster-robust inference for a mean change, and for the difference of two.

CR2, the bias-reduced linearisation of Bell & McCaffrey (2002, Survey Methodology
28:169), with the Satterthwaite degrees of freedom of Pustejovsky & Tipton (2018,
Journal of Business & Economic Statistics 36:672), for least squares of change on
group. There the adjustment matrices have a closed form, so sums by organisation are
all that is needed: in organisation g the n_kg residuals of group k (N_k in all) are
multiplied, in their common direction, by (1 - n_kg / N_k) ** -1/2. CR3 has the power -1 there;
CR1 leaves the residuals and multiplies the variance by G / (G - 1) (Liang & Zeger 1986).
"""

from collections.abc import Sequence
from math import fsum, sqrt

import numpy as np
from numpy.typing import NDArray

from peereval.estimators.estimate import Estimate, t_estimate
from peereval.estimators.sums import residual_sums, totals, why_no_test
from peereval.moments import ClusterSums
from peereval.plurals import count_of

#: Below this many organisations a cluster-robust test is not trusted, whatever its method.
FEWEST_ORGANISATIONS = 5

# A standard error this small beside the parts that it is made of is rounding, not variation.
_NOISE = 1e-12

Numbers = NDArray[np.float64]


def contrast_cr2(parts: tuple[ClusterSums, ...], level: float) -> Estimate:
    """Mean change of one group, or of the first less the second, with CR2 and Satterthwaite df.

    As `contrast_robust`, of the kind that a study has as its headline.
    """
    return contrast_robust(parts, level, "cr2")


def contrast_robust(parts: tuple[ClusterSums, ...], level: float, kind: str) -> Estimate:
    """Mean change of one group, or of the first less the second, with a cluster-robust test.

    ``parts``: sums of one or two groups, their arrays over the same organisations in
    the same order (n may be 0). ``kind``: cr2 with Satterthwaite degrees of freedom, or
    cr1 or cr3 with G - 1. Not estimable without organisations, below
    `FEWEST_ORGANISATIONS` of them, when one organisation holds a whole group, or when
    nothing varies; the reason says which.
    """
    wholes = [totals(part) for part in parts]
    n = sum(whole.n for whole in wholes)
    present = n_together(parts)
    reason = refusal(parts, present)
    if reason:
        return Estimate(n=n, n_organisations=present, reason=reason)
    signs = (1.0, -1.0)[: len(parts)]
    value = fsum(s * w.mean(w.change) for s, w in zip(signs, wholes, strict=True))
    scores = [s * _scores(part, kind) for s, part in zip(signs, parts, strict=True)]
    together: Numbers = sum(scores[1:], scores[0])
    variance = fsum((together * together).tolist())
    size = fsum(square for score in scores for square in (score * score).tolist())
    if variance <= _NOISE**2 * size:
        reason = "the mean change is the same in every organisation"
        return Estimate(n=n, n_organisations=present, reason=reason)
    clusters = np.count_nonzero(sum(part.n for part in parts))
    variance *= clusters / (clusters - 1) if kind == "cr1" else 1
    df = satterthwaite(parts) if kind == "cr2" else float(clusters - 1)
    return t_estimate(value, sqrt(variance), df, level, n, present, unknown_note(parts))


def n_together(parts: Sequence[ClusterSums]) -> int:
    """Known organisations with a pair in any of the groups; 0 where the study names none."""
    if not parts[0].clustered:
        return 0
    unknown = any(part.unknown for part in parts)
    return int(np.count_nonzero(sum(part.n for part in parts))) - unknown


def unknown_note(parts: Sequence[ClusterSums]) -> str:
    """What became of the pairs without an organisation; an empty text if there are none."""
    return without_organisation(sum(part.unknown for part in parts), "pair")


def without_organisation(unknown: int, who: str) -> str:
    """What became of so many (``who``, such as "pair") without an organisation; else empty."""
    said = f"{count_of(unknown, who)} without an organisation stood together as one"
    return said if unknown else ""


def too_few(n_organisations: int, what: str = "a cluster-robust test") -> str:
    """Why that many organisations do not make a test of that kind, or an empty text."""
    if n_organisations >= FEWEST_ORGANISATIONS:
        return ""
    return f"{count_of(n_organisations, 'organisation')}: {what} needs {FEWEST_ORGANISATIONS}"


def refusal(parts: Sequence[ClusterSums], present: int) -> str:
    """Why groups cannot be tested by organisation, ``present`` of them; or an empty text."""
    reasons = [reason for part in parts if (reason := why_no_test(totals(part)))]
    if any(part.size == 0 for part in parts):
        empty = all(part.size == 0 for part in parts)
        return "no matched pairs" if empty else "one group has no matched pairs"
    if not parts[0].clustered:
        return "the study names no organisation column, so pairs cannot be clustered"
    if reason := too_few(present):
        return reason
    if len(reasons) == len(parts):
        return reasons[0]
    if any(int(part.n.max()) == part.size for part in parts):
        return "one organisation holds a whole group, so its variation is unknown"
    return ""


def _adjustment(part: ClusterSums, kind: str = "cr2") -> Numbers:
    if kind == "cr1":
        return np.ones(len(part.n))
    apart: Numbers = part.size / (part.size - part.n)
    return np.sqrt(apart) if kind == "cr2" else apart


def _scores(part: ClusterSums, kind: str) -> Numbers:
    """Adjusted residual sums by organisation, over N_k: shape (G,)."""
    size = part.size
    shares = residual_sums(part, size * part.denominator)
    scores: Numbers = _adjustment(part, kind) * shares / size
    return scores


def satterthwaite(parts: tuple[ClusterSums, ...]) -> float:
    """Degrees of freedom, (tr B)^2 / tr(B^2), under independent errors of equal variance.

    B = D - sum_k u_k u_k' with D diagonal, so neither trace needs a G x G matrix.
    Exactly rounded sums: the order of organisations does not matter.
    """
    factors = [_adjustment(part) for part in parts]
    diagonal = sum(f**2 * p.n / p.size**2 for f, p in zip(factors, parts, strict=True))
    spokes = [f * p.n / p.size**1.5 for f, p in zip(factors, parts, strict=True)]
    own = sum(u * u for u in spokes)
    trace = fsum((diagonal - own).tolist())
    crossed = fsum(fsum((u * v).tolist()) ** 2 for u in spokes for v in spokes)
    squared = fsum((diagonal * diagonal - 2 * diagonal * own).tolist()) + crossed
    return trace * trace / squared
