"""Change with random effects of the organisation, by restricted maximum likelihood.

The variance between organisations is found where it is, and at 0 exactly where it is 0; there
the estimate is that of least squares. Standard errors and degrees of freedom are those of
Kenward & Roger (1997, Biometrics 53:983), who allow for the variances being estimated.
"""

from math import copysign
from typing import Any

import numpy as np

from peereval.estimators.clustered import n_together, too_few, unknown_note
from peereval.estimators.estimate import Estimate, t_estimate
from peereval.estimators.reml import Fit, Numbers, Products, fit
from peereval.estimators.sums import SAME_CHANGE, totals, why_no_test
from peereval.moments import ClusterSums
from peereval.plurals import count_of

NOTHING_BETWEEN = "no variance between organisations: same as least squares"
#: Organisations with both groups that a random effect of the group needs.
FEWEST_MIXED = 5
_TOLD_APART = "the variance between organisations and that within them cannot be told apart"


def paired_multilevel(sums: ClusterSums, level: float) -> dict[str, Estimate]:
    """Mean change with a random intercept of organisation, and the variance of that intercept.

    ``sums``: exact sums of one group. Respondents whose organisation is not known stand together
    as one. Not estimable below `FEWEST_ORGANISATIONS`, or where change does not vary, or only
    between organisations. The estimate weighs organisations by how much each adds, so it
    is not the plain mean unless the variance between them is 0.
    """
    names = ("mean_change", "variance_between")
    fitted = _fitted((sums,), names, slopes=False)
    if isinstance(fitted, dict):
        return fitted
    products, made, counts = fitted
    mean = totals(sums).mean(totals(sums).change)
    return {
        "mean_change": _estimated(
            products, made, mean, np.array([1.0]), level, counts, [unknown_note((sums,))]
        ),
        "variance_between": _variance(made, 0, counts),
    }


def did_multilevel(treated: ClusterSums, control: ClusterSums, level: float) -> dict[str, Estimate]:
    """Change on group with a random intercept of organisation, and the variances.

    ``treated`` and ``control``: exact sums over the same organisations in the same order. Where
    at least `FEWEST_MIXED` organisations hold both groups there is a random effect of group
    too, independent of the intercept, groups being coded as one half and minus one half; so
    neither group is the one that varies more. Otherwise as `paired_multilevel`.
    """
    both = np.logical_and(treated.n > 0, control.n > 0)
    mixed = int(np.count_nonzero(both))
    slopes = mixed >= FEWEST_MIXED
    names = ("did", "variance_between", "variance_of_effect")
    fitted = _fitted((treated, control), names, slopes)
    if isinstance(fitted, dict):
        return fitted
    products, made, counts = fitted
    which = "with" if slopes else "without"
    of_both = f"{count_of(mixed, 'organisation')} with both groups"
    said = [
        f"{which} a random effect of group: {of_both}",
        unknown_note((treated, control)),
    ]
    return {
        "did": _estimated(products, made, 0.0, np.array([0.0, 1.0]), level, counts, said),
        "variance_between": _variance(made, 0, counts),
        "variance_of_effect": _variance(made, 1, counts)
        if slopes
        else Estimate(
            reason=f"{of_both}: a random effect of group needs {FEWEST_MIXED}",
            **counts,
        ),
    }


def _fitted(
    parts: tuple[ClusterSums, ...], names: tuple[str, ...], slopes: bool
) -> dict[str, Estimate] | tuple[Products, Fit, dict[str, Any]]:
    """The model of one group or two; or, by name, why there is none."""
    counts: dict[str, Any] = {
        "n": sum(part.size for part in parts),
        "n_organisations": n_together(parts),
    }
    reason = _why_not(parts)
    if not reason:
        products = _products(parts, slopes)
        made = fit(products)
        if made is not None:
            return products, made, counts
        alone = bool((np.sum([part.n for part in parts], axis=0) <= 1).all())
        only = "no organisation holds two pairs" if alone else "change hardly varies within them"
        reason = f"{_TOLD_APART}: {only}"
    return {name: Estimate(reason=reason, **counts) for name in names}


def _why_not(parts: tuple[ClusterSums, ...]) -> str:
    if any(part.size == 0 for part in parts):
        empty = all(part.size == 0 for part in parts)
        return "no matched pairs" if empty else "one group has no matched pairs"
    if not parts[0].clustered:
        return "the study names no organisation column, so there are no levels"
    present = n_together(parts)
    if reason := too_few(present, "a variance between them"):
        return reason
    if all(why_no_test(totals(part)) for part in parts):
        return SAME_CHANGE
    return ""


def _products(parts: tuple[ClusterSums, ...], slopes: bool) -> Products:
    """Cross-products by organisation: of 1, of the half with the sign of the group, of change.

    Change is less its mean over all pairs; in whole numbers, so nothing is lost by that.
    """
    n = np.array([part.n for part in parts], dtype=object)
    sums = np.array([part.sum_post - part.sum_pre for part in parts], dtype=object)
    squares = sum(totals(part).change_sq for part in parts)
    size, total, denominator = n.sum(), sums.sum(), parts[0].denominator
    away = (size * sums - n * total) / (size * denominator)
    columns = [n.sum(axis=0), away.sum(axis=0)]
    if len(parts) == 2:
        columns += [(n[0] - n[1]) / 2, (away[0] - away[1]) / 2]
    by = np.array([list(map(float, column)) for column in columns])
    # By what they hold, not by name; and the same when the groups are exchanged.
    by = by[:, np.lexsort(np.abs(by))]
    by = by[:, by[0] > 0]
    scatter = float(size * squares - total * total) / (float(size) * denominator**2)
    return _arranged(by, scatter, slopes)


def _arranged(by: Numbers, scatter: float, slopes: bool) -> Products:
    """Products of [1, change] or [1, half, change] with [1] or [1, half]."""
    n, changes = by[0], by[1]
    if len(by) == 2:
        rows = np.array([[n], [changes]])
        whole = np.array([[n.sum(), 0.0], [0.0, scatter]])
    else:
        half, apart = by[2], by[3]
        rows = np.array([[n, half], [half, n / 4], [changes, apart]])
        edge, contrast = half.sum(), apart.sum()
        total = n.sum()
        whole = np.array(
            [[total, edge, 0.0], [edge, total / 4, contrast], [0.0, contrast, scatter]]
        )
    kept = rows.transpose(2, 0, 1)[:, :, : 1 + slopes]
    inner = kept[:, : 1 + slopes]
    outer = np.einsum("uak,ubl->uakbl", kept, kept)
    return Products(int(n.sum()), whole, np.ones(len(n)), inner, outer)


def _estimated(
    products: Products,
    made: Fit,
    mean: float,
    weights: Numbers,
    level: float,
    counts: dict[str, Any],
    said: list[str],
) -> Estimate:
    """The combination of coefficients, with whatever a reader must know about it."""
    found, plain = made.contrast(weights), made.least_squares(products, weights)
    notes = [part for part in said if part]
    if not made.ratios.any():
        notes.append(NOTHING_BETWEEN)
    if abs(found.value - plain.value) > plain.std_error:
        notes.append(
            f"more than one standard error from least squares ({mean + plain.value:.4g}): large "
            "organisations changed otherwise than small ones"
        )
    return t_estimate(
        mean + found.value, found.std_error, found.df, level, note="; ".join(notes), **counts
    )


def _variance(made: Fit, which: int, counts: dict[str, Any]) -> Estimate:
    value = made.variance * float(made.ratios[which])
    return Estimate(copysign(value, 1.0), note="" if value else "at its boundary, 0", **counts)
