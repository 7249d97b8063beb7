"""Contacts + unit costs -> cost per respondent before and after, and its change."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np
import polars as pl

from peereval.columns import post, pre
from peereval.estimators.clustered import contrast_cr2
from peereval.estimators.estimate import Estimate, Key, negated
from peereval.estimators.paired import describe, paired_t
from peereval.moments import ClusterSums, Integers, Moments, group_filter, value_sums
from peereval.studies import Question, Study

#: Outcome of the rows about all costed questions together.
TOTAL = "all_contacts"
#: Costs are summed in whole parts of a pound, as small as they need to be exact but no smaller
#: than this: a converted price has dozens of decimals, and its square would not fit 128 bits.
_FINEST = 10**9


def cost_rows(
    moments: Moments, study: Study, phase: str, comparison: str
) -> Iterator[dict[str, Any]]:
    """Cost of each costed question and of all together, per matched respondent.

    A respondent counts for a question if it was answered at both occasions, and for
    the total if all of them were; each row says on how many it stands. The estimand is
    before minus after: positive is a saving. The period asked about is taken as equally
    long at both occasions. Prices are those of the study's price year, if it has one.
    """
    questions = [q for q in study.questions if q.unit_cost and phase in q.phases]
    groups = {group.id: group.roles for group in study.groups}
    mine = group_filter(groups.get(study.cost_group))
    here = {"phase": phase, "comparison": comparison}
    clustered = bool(study.organisation)
    for question in questions:
        counts = moments.histograms.filter(mine, outcome=question.id, **here)
        named = counts.rename({"pre": pre(question.id), "post": post(question.id)})
        key = _key(study, phase, comparison, question.id)
        yield from _rows(key, cost_sums(named, [question], clustered), study.ci_level)
    if questions:
        counts = moments.contacts.filter(mine, **here)
        key = _key(study, phase, comparison, TOTAL)
        yield from _rows(key, cost_sums(counts, questions, clustered), study.ci_level)


def _key(study: Study, phase: str, comparison: str, outcome: str) -> Key:
    unit = f"{study.currency} per respondent"
    return Key("cost", phase, comparison, study.cost_group, outcome, unit)


def _rows(key: Key, sums: ClusterSums, level: float) -> Iterator[dict[str, Any]]:
    means = describe(sums)
    yield key.row("descriptive", "cost_pre", means["mean_pre"])
    yield key.row("descriptive", "cost_post", means["mean_post"])
    for method, change in (("paired_t", paired_t(sums, level)),
                           ("paired_cr2", contrast_cr2((sums,), level))):  # fmt: skip
        yield key.row(method, "saving_per_respondent", negated(change))
    yield key.row("descriptive", "saving_per_respondent", _saving(means))


def _saving(means: dict[str, Estimate]) -> Estimate:
    """The saving itself, which exists even where no test does."""
    before, after = means["mean_pre"], means["mean_post"]
    if before.value is None or after.value is None:
        return before
    return Estimate(before.value - after.value, n=before.n, n_organisations=before.n_organisations)


def cost_sums(counts: pl.DataFrame, questions: Sequence[Question], clustered: bool) -> ClusterSums:
    """Exact sums of the cost of ``questions``, of those who answered all of them twice.

    Costs of a contact with more than nine decimals are rounded to them, halves to even.
    """
    columns = [name for q in questions for name in (pre(q.id), post(q.id))]
    complete = counts.filter(pl.col(name) >= 0 for name in columns)
    prices = {q.id: [contact * q.unit_cost.value for contact in q.contacts]
              for q in questions if q.unit_cost}  # fmt: skip
    exact = lcm(*(price.denominator for table in prices.values() for price in table))
    denominator = min(exact, _FINEST)

    def total(end: Any) -> Integers:
        return sum(
            (_priced(complete[end(name)], table, denominator) for name, table in prices.items()),
            start=np.zeros(complete.height, dtype=np.int64),
        )

    return value_sums(complete, total(pre), total(post), denominator, clustered)


def _priced(codes: pl.Series, table: Sequence[Fraction], denominator: int) -> Integers:
    whole = np.array([round(price * denominator) for price in table], dtype=np.int64)
    priced: Integers = whole[codes.to_numpy()]
    return priced
