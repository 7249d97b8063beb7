"""Whether all levels of a characteristic changed alike, or show the same contrast of groups."""

from collections.abc import Sequence

import numpy as np

from peereval.estimators.centred import centred
from peereval.estimators.clustered import n_together, unknown_note
from peereval.estimators.estimate import Estimate
from peereval.estimators.regression import Numbers, Products, estimate, joint_test, least_squares
from peereval.moments import ClusterSums


def interaction(levels: Sequence[tuple[ClusterSums, ...]], level: float) -> dict[str, Estimate]:
    """Test that a quantity is the same at all levels of a characteristic.

    ``levels``: for each level the sums of one group, whose mean change is compared, or of two,
    whose mean change of the first less that of the second is; all over the same organisations in
    the same order. Gives ``wald_htz``, and of two levels also ``did_cr2``: the quantity of the
    first level less that of the second. Every level has a mean change of its own in the model
    (one for each group). Not estimable without organisations, or as `joint_test` and `estimate`.
    """
    parts = [part for groups in levels for part in groups]
    present, n = n_together(parts), sum(part.size for part in parts)
    kinds = ("wald_htz", "did_cr2") if len(levels) == 2 else ("wald_htz",)
    reason = _why_not(parts)
    if reason:
        return {kind: Estimate(n=n, n_organisations=present, reason=reason) for kind in kinds}
    fit, note = least_squares(_products(parts)), unknown_note(parts)
    apart = _contrasts(len(levels), len(levels[0]))
    found = {"wald_htz": joint_test(fit, apart, present, note)}
    if len(levels) == 2:
        unit = parts[0].denominator
        found["did_cr2"] = estimate(fit, apart[0], "cr2", level, present, note, unit)
    return found


def _why_not(parts: Sequence[ClusterSums]) -> str:
    if not all(part.size for part in parts):
        return "one level has no matched pairs"
    if not parts[0].clustered:
        return "the study names no organisation column, so pairs cannot be clustered"
    return ""


def _contrasts(n_levels: int, n_groups: int) -> Numbers:
    """The first level less each of the others, of the columns level by level: one a row."""
    apart = np.column_stack([np.ones(n_levels - 1), -np.eye(n_levels - 1)])
    groups = np.array([[1.0, -1.0][:n_groups]])
    combined: Numbers = np.kron(apart, groups)
    return combined


def _products(parts: Sequence[ClusterSums]) -> Products:
    """Of change on one column a part."""
    moved = centred(parts)
    changes = np.column_stack([part.post - part.pre for part in moved])
    squares = sum(part.post_sq + part.pre_sq - 2 * part.pre_post for part in moved)
    counts = np.column_stack([part.n for part in moved])
    n = np.asarray(sum(part.n for part in parts))
    return Products(counts, changes, np.asarray(squares), n)
