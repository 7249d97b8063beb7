"""How often respondents made a contact: shares of each label before and after, and their change."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import polars as pl
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from peereval.estimators.bands import cell_share, stuart_maxwell, with_counts
from peereval.estimators.clustered import contrast_cr2, too_few, without_organisation
from peereval.estimators.estimate import Estimate, Key
from peereval.estimators.regression import Products, joint_test, least_squares
from peereval.estimators.sums import NO_PAIRS
from peereval.moments import ClusterSums, places_of

Integers = NDArray[np.int64]

_NOT_CLUSTERED = "the study names no organisation column, so pairs cannot be clustered"
_NOBODY_MOVED = "nobody chose another label"
_ISLANDS = "respondents moved within sets of labels only, so not all labels are tested together"


class Choices(Struct, frozen=True):
    """Pairs by label: ``n`` by organisation (G,); ``before``, ``after`` and ``both`` (G, k).

    ``both``: pairs that chose the label twice; ``table``: pairs by label before (rows) and
    after. ``unknown``: pairs without an organisation, which stand together as one.
    """

    n: Integers
    before: Integers
    after: Integers
    both: Integers
    table: Integers
    clustered: bool
    unknown: int

    @property
    def size(self) -> int:
        """Pairs in all."""
        return int(self.n.sum())

    @property
    def n_organisations(self) -> int:
        """Known organisations; 0 where the study names none."""
        return len(self.n) - (self.unknown > 0) if self.clustered else 0

    def of(self, code: int) -> ClusterSums:
        """Sums of choosing one label or not, as 1 and 0."""
        before, after = self.before[:, code], self.after[:, code]
        return ClusterSums(
            self.n, before, after, before, after, self.both[:, code], 1, self.clustered,
            self.unknown,
        )  # fmt: skip


def choices(counts: pl.DataFrame, n_labels: int, clustered: bool) -> Choices:
    """Choices from pairs by organisation and code before and after (organisation, pre, post, n)."""
    place, places = places_of(counts["organisation"])
    before, after, n = (counts[name].to_numpy() for name in ("pre", "post", "n"))
    size = len(places)

    def added(*where: Integers, shape: tuple[int, ...], chosen: Any = slice(None)) -> Integers:
        found = np.zeros(shape, dtype=np.int64)
        np.add.at(found, tuple(part[chosen] for part in where), n[chosen])
        return found

    by_label, stayed, by_place = (size, n_labels), before == after, added(place, shape=(size,))
    unknown = int(by_place[places[""]]) if clustered and "" in places else 0
    return Choices(
        by_place,
        added(place, before, shape=by_label),
        added(place, after, shape=by_label),
        added(place, before, shape=by_label, chosen=stayed),
        added(before, after, shape=(n_labels, n_labels)),
        clustered,
        unknown,
    )


def distribution_rows(
    key: Key, counts: pl.DataFrame, labels: Sequence[str], level: float, clustered: bool
) -> Iterator[dict[str, Any]]:
    """Shares of each label before and after, their changes, and tests of all of them together.

    ``counts`` as for `choices`; ``labels``: the label of each code. Each label has its shares,
    and their change with CR2 by organisation. All together have Stuart-Maxwell (pairs taken as
    independent) and its cluster-robust counterpart, `same_margins`.
    """
    chosen = choices(counts, len(labels), clustered)
    n, organisations = chosen.size, chosen.n_organisations
    for code, label in enumerate(labels):
        for estimand, table in (("share_pre", chosen.before), ("share_post", chosen.after)):
            share = cell_share(int(table[:, code].sum()), n, organisations)
            yield key.row("share", estimand, share, label)
        yield key.row("paired_cr2", "share_change", contrast_cr2((chosen.of(code),), level), label)
    moved = stuart_maxwell(chosen.table)
    if n and not np.any(chosen.table - np.diag(np.diag(chosen.table))):
        moved = Estimate(reason=_NOBODY_MOVED)
    yield key.row("stuart_maxwell", "marginal_homogeneity", with_counts(moved, n, organisations))
    yield key.row("wald_htz", "marginal_homogeneity", same_margins(chosen))


def same_margins(chosen: Choices) -> Estimate:
    """HTZ, the cluster-robust Wald test that no label's share changed.

    Each pair counts 1 for the label after and -1 for that before (0 if they are the same). Over
    the labels that is 0 together, so the means of all labels are 0 if they are alike: that is
    tested, as least squares of the number on label, with CR2 by organisation (Pustejovsky &
    Tipton 2018). Labels that nobody left or took up are not in it.
    """
    apart = chosen.table - np.diag(np.diag(chosen.table))
    active = np.flatnonzero(apart.sum(axis=0) + apart.sum(axis=1))
    reason = _why_no_test(chosen, apart[np.ix_(active, active)])
    if reason:
        return with_counts(Estimate(reason=reason), chosen.size, chosen.n_organisations)
    k = len(active)
    products = Products(
        xtx=np.repeat(chosen.n.astype(float)[:, None], k, axis=1),
        xty=(chosen.after - chosen.before)[:, active].astype(float),
        yty=2.0 * (chosen.n - chosen.both.sum(axis=1)),
        n=chosen.n * k,
    )
    contrasts = np.column_stack([-np.ones(k - 1), np.eye(k - 1)])
    found = joint_test(least_squares(products), contrasts, chosen.n_organisations)
    if chosen.unknown and not found.reason:
        said = without_organisation(chosen.unknown, "pair")
        found = replace(found, note="; ".join(filter(None, (found.note, said))))
    return with_counts(found, chosen.size, chosen.n_organisations)


def _why_no_test(chosen: Choices, apart: Integers) -> str:
    """Why labels cannot be tested together; ``apart``: moves between labels that had any."""
    if not chosen.size:
        return NO_PAIRS
    if not chosen.clustered:
        return _NOT_CLUSTERED
    if reason := too_few(chosen.n_organisations):
        return reason
    if not apart.any():
        return _NOBODY_MOVED
    both = (apart + apart.T).astype(float)
    linked = np.linalg.matrix_rank(np.diag(both.sum(axis=1)) - both)
    return _ISLANDS if linked < len(both) - 1 else ""
