"""Sums by organisation of values less a number near their mean, so that nothing large cancels."""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from peereval.estimators.sums import totals
from peereval.moments import ClusterSums

Numbers = NDArray[np.float64]


class CentredSums(Struct, frozen=True):
    """Sums as in `ClusterSums`, arrays of shape (G,), of values less one number an occasion."""

    n: Numbers
    pre: Numbers
    post: Numbers
    pre_sq: Numbers
    post_sq: Numbers
    pre_post: Numbers


def centred(parts: Sequence[ClusterSums]) -> list[CentredSums]:
    """The sums of each part, the same numbers taken off from all of them.

    These are the whole numbers nearest to the means before and after, and they are taken off in
    whole numbers of any size: what is rounded are small sums, if anything.
    """
    wholes = [totals(part) for part in parts]
    size = sum(whole.n for whole in wholes)
    before, after = (
        (2 * sum(getattr(whole, name) for whole in wholes) + size) // (2 * size) if size else 0
        for name in ("pre", "post")
    )
    return [_less(part, before, after) for part in parts]


def _less(part: ClusterSums, before: int, after: int) -> CentredSums:
    sums = (
        part.n, part.sum_pre, part.sum_post, part.sum_pre_sq, part.sum_post_sq, part.sum_pre_post,
    )  # fmt: skip
    largest = max(int(np.abs(array).max(initial=0)) for array in sums)
    fits = 4 * largest * max(abs(before), abs(after), 1) ** 2 < 2**62
    n, pre, post, pre_sq, post_sq, pre_post = (
        array if fits else array.astype(object) for array in sums
    )
    moved = (
        n,
        pre - n * before,
        post - n * after,
        pre_sq - 2 * before * pre + n * before**2,
        post_sq - 2 * after * post + n * after**2,
        pre_post - before * post - after * pre + n * before * after,
    )
    return CentredSums(*(array.astype(np.float64) for array in moved))
