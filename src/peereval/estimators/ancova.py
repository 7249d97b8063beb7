"""Analysis of covariance: after on before and group, and where it disagrees with the contrast."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from msgspec.structs import replace

from peereval.estimators.centred import centred
from peereval.estimators.clustered import contrast_cr2, n_together, refusal, unknown_note
from peereval.estimators.estimate import Estimate, Key
from peereval.estimators.regression import Products, estimate, least_squares
from peereval.estimators.sums import totals
from peereval.moments import ClusterSums

#: Of the coefficients treated, control and before: treated less control.
_DIFFERENCE = (1.0, -1.0, 0.0)


def ancova_rows(
    key: Key, treated: ClusterSums, control: ClusterSums, level: float
) -> Iterator[dict[str, Any]]:
    """Both rows; the one with CR2 says where it disagrees with the contrast of changes."""
    found = ancova(treated, control, level)
    said = disagreement(contrast_cr2((treated, control), level), found["cr2"])
    note = "; ".join(filter(None, (found["cr2"].note, said)))
    yield key.row("ancova_ols", "adjusted_difference", found["ols"])
    yield key.row("ancova_cr2", "adjusted_difference", replace(found["cr2"], note=note))


def ancova(treated: ClusterSums, control: ClusterSums, level: float) -> dict[str, Estimate]:
    """Difference after, between respondents who were alike before; by ``ols`` and ``cr2``.

    Least squares of the value after on the value before and the group, with one slope for both
    groups. ``treated`` and ``control``: exact sums over the same organisations in the same order.
    Not estimable as the contrast is not, nor where nobody differs from their group before, nor
    where the model leaves nothing over.
    """
    parts = (treated, control)
    n, present = treated.size + control.size, n_together(parts)
    fit = least_squares(_products(*parts)) if treated.size and control.size else None
    note = "; ".join(
        filter(None, (f"{treated.size} treated, {control.size} control", unknown_note(parts)))
    )
    found = {}
    for kind in ("ols", "cr2"):
        reason = _why_not(parts) or (refusal(parts, present) if kind == "cr2" else "")
        if fit is None or reason:
            found[kind] = Estimate(n=n, n_organisations=present, reason=reason)
        else:
            unit = treated.denominator
            found[kind] = estimate(fit, _DIFFERENCE, kind, level, present, note, unit)
    return found


def _why_not(parts: tuple[ClusterSums, ClusterSums]) -> str:
    if not all(part.size for part in parts):
        some = any(part.size for part in parts)
        return "one group has no matched pairs" if some else "no matched pairs"
    wholes = [totals(part) for part in parts]
    if not any(whole.scatter(whole.pre, whole.pre_sq) for whole in wholes):
        return "everyone of a group has the same value before, so there is no slope"
    return ""


def _products(treated: ClusterSums, control: ClusterSums) -> Products:
    """Of the columns treated, control and before, with after as the outcome."""
    one, two = centred((treated, control))
    xtx = np.zeros((len(one.n), 3, 3))
    for column, part in enumerate((one, two)):
        xtx[:, column, column] = part.n
        xtx[:, column, 2] = xtx[:, 2, column] = part.pre
    xtx[:, 2, 2] = one.pre_sq + two.pre_sq
    xty = np.column_stack([one.post, two.post, one.pre_post + two.pre_post])
    return Products(xtx, xty, one.post_sq + two.post_sq, treated.n + control.n)


def disagreement(did: Estimate, ancova: Estimate) -> str:
    """What to know where two answers to one question differ; an empty text where they do not.

    They differ if one says that the groups differ and the other does not (or in which direction),
    or if neither interval holds the other's estimate. Empty where one of them is missing.
    """
    if did.value is None or ancova.value is None:
        return ""
    apart = not _holds(did, ancova.value) and not _holds(ancova, did.value)
    if _verdict(did) == _verdict(ancova) and not apart:
        return ""
    return (
        f"the contrast of changes is {_shown(did)}, the difference adjusted for the value before "
        f"{_shown(ancova)}. The first asks whose change was larger, the second who stood higher "
        "after, of respondents who were alike before, and with less noise. They part where the "
        "groups differed before, as low values tend to rise and high ones to fall in any case. "
        "Both can be right (Lord's paradox): which is meant depends on why the groups differed"
    )


def _holds(estimate: Estimate, value: float) -> bool:
    low, high = estimate.ci_low, estimate.ci_high
    return low is not None and high is not None and low <= value <= high


def _verdict(estimate: Estimate) -> int:
    """1 or -1 where the interval lies on one side of 0, else 0."""
    low, high = estimate.ci_low or 0.0, estimate.ci_high or 0.0
    return (low > 0) - (high < 0)


def _shown(estimate: Estimate) -> str:
    return f"{estimate.value:.3g} ({estimate.ci_low:.3g} to {estimate.ci_high:.3g})"
