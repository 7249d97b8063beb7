"""answers -> item moments: exact sums of the answers to the items of each score.

Taken from each export as it is read, because answers are not kept. After that the size of a
survey no longer matters.
"""

from collections.abc import Iterable, Iterator
from functools import reduce
from operator import add

import numpy as np
import polars as pl
from msgspec import Struct
from numpy.typing import NDArray

from peereval.columns import STAYS, item_column
from peereval.scales import Scale, Score
from peereval.studies import Study

Integers = NDArray[np.int64]

#: Rows that are turned into large numbers at once: a few megabytes.
_AT_ONCE = 1 << 15


class Part(Struct, frozen=True):
    """One item of a score: ``turned`` where more of it is less of the score.

    ``points``: what each code counts, where that is more than to be turned; else empty.
    """

    item: str
    column: str
    turned: bool
    points: tuple[tuple[int, int], ...] = ()

    def counted(self, answers: pl.DataFrame) -> pl.Series:
        """What each answer counts, up to a constant: that moves no covariance."""
        codes = answers[self.column]
        if self.points:
            worth = dict(self.points)
            codes = codes.replace_strict(worth, default=None, return_dtype=pl.Int16)
        elif self.turned:
            codes = -codes
        return codes.alias(self.item)


class ItemSums(Struct, frozen=True):
    """Exact sums of the answers to the items of one score.

    ``n_responses``: responses that are not set aside; ``missing``: of those, how many lack
    each item (k,). ``n``: those with every item, of which ``sums`` (k,) and ``products`` (k, k)
    are. A reversed item counts as its negative: a constant moves no covariance.
    """

    items: tuple[str, ...]
    n_responses: int
    missing: Integers
    n: int
    sums: Integers
    products: Integers

    def __add__(self, other: "ItemSums") -> "ItemSums":
        return ItemSums(
            self.items,
            self.n_responses + other.n_responses,
            self.missing + other.missing,
            self.n + other.n,
            self.sums + other.sums,
            self.products + other.products,
        )


def sum_items(answers: pl.DataFrame) -> ItemSums:
    """Sums of ``answers``: one column per item, of whole numbers, null where missing."""
    k, n = answers.width, 0
    sums, products = np.zeros(k, dtype=np.int64), np.zeros((k, k), dtype=np.int64)
    for some in answers.iter_slices(_AT_ONCE):
        codes = some.to_numpy()
        # Whole numbers far below 2**53, so exact, and decimals are multiplied much faster.
        whole = codes[~np.isnan(codes).any(axis=1)].astype(np.float64)
        n += len(whole)
        sums += whole.sum(axis=0).astype(np.int64)
        products += (whole.T @ whole).astype(np.int64)
    missing = np.array([column.null_count() for column in answers.get_columns()], dtype=np.int64)
    return ItemSums(tuple(answers.columns), answers.height, missing, n, sums, products)


class ItemMoments:
    """`ItemSums` of every score that a study analyses, by phase and occasion."""

    def __init__(self, study: Study) -> None:
        scores = [study.scores[name] for name in study.outcomes]
        self._parts = {
            score.outcome: tuple(parts_of(score, scale_of(score, study))) for score in scores
        }
        self._outcomes = {
            phase.id: [name for name in study.outcomes if phase.id in study.phases_of(name)]
            for phase in study.phases
        }
        self._sums: dict[tuple[str, str, tuple[Part, ...]], ItemSums] = {}

    def add(self, answers: pl.DataFrame) -> None:
        """Take in the next rows of `answers`; those set aside do not count."""
        stays = answers["exclusion"] == STAYS
        columns = {part.column for parts in self._parts.values() for part in parts}
        kept = answers[["phase", "occasion", *sorted(columns)]]
        kept = kept if stays.all() else kept.filter(stays)
        for (phase, occasion), rows in _by_occasion(kept):
            # Two scores of the same items, such as raw and metric, are summed once.
            for parts in dict.fromkeys(self._parts[name] for name in self._outcomes[phase]):
                key = (phase, occasion, parts)
                found = sum_items(pl.DataFrame([part.counted(rows) for part in parts]))
                self._sums[key] = self._sums[key] + found if key in self._sums else found

    def of(self, outcome: str, phase: str, occasions: Iterable[str]) -> ItemSums | None:
        """Sums of one score at one occasion, or at several together; None without responses."""
        keys = ((phase, occasion, self._parts[outcome]) for occasion in occasions)
        found = [self._sums[key] for key in keys if key in self._sums]
        return reduce(add, found) if found else None


def scale_of(score: Score, study: Study) -> Scale:
    """The scale of a score that a study uses."""
    return next(part.scale for part in study.scales if score in part.scale.scores)


def parts_of(score: Score, scale: Scale) -> Iterator[Part]:
    """The items that a score is made of, through the scores that it is made of; each once."""
    scores = {each.id: each for each in scale.scores}
    reversed_ = {item.id for item in scale.items if item.reverse}
    seen: set[str] = set()
    for name, sign in sources_of(score, scale):
        for item in scores[name].of:
            if item not in seen:
                seen.add(item)
                points = _points(scores[name], scale, item in reversed_, sign)
                turned = (item in reversed_) != (sign < 0)
                yield Part(item, item_column(scale.id, item), turned, points)


def sources_of(score: Score, scale: Scale) -> Iterator[tuple[str, int]]:
    """The scores of items that a score comes down to, and whether it falls as they rise (-1)."""
    scores = {each.id: each for each in scale.scores}
    if score.of[0] not in scores:
        yield score.id, 1
        return
    sign = -1 if score.rule == "rescale" and score.factor < 0 else 1
    for name in score.of:
        for source, inner in sources_of(scores[name], scale):
            yield source, sign * inner


def _points(score: Score, scale: Scale, reverse: bool, sign: int) -> tuple[tuple[int, int], ...]:
    ends = scale.low + scale.high
    return tuple((ends - code if reverse else code, sign * worth) for code, worth in
                 score.points.items())  # fmt: skip


def _by_occasion(answers: pl.DataFrame) -> Iterator[tuple[tuple[str, str], pl.DataFrame]]:
    """Rows by phase and occasion; an export mostly holds one of each, and is not copied."""
    keys = answers[["phase", "occasion"]].unique()
    for phase, occasion in keys.iter_rows():
        one = answers if keys.height == 1 else answers.filter(phase=phase, occasion=occasion)
        yield (phase, occasion), one
