"""Contacts + unit costs -> cost per respondent before and after, and its change."""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np
import polars as pl
from msgspec.structs import replace

from peereval.columns import post, pre, together
from peereval.estimators.clustered import contrast_cr2
from peereval.estimators.estimate import Estimate, Key, negated
from peereval.estimators.paired import describe, paired_t
from peereval.moments import ClusterSums, Integers, Moments, group_filter, value_sums
from peereval.studies import Question, Study

#: Outcome of the rows about all costed questions together.
TOTAL = "all_contacts"
#: Level of the rows about one question on those who answered all of them.
ALL_ANSWERED = "all_answered"
#: What is said of the term that contacts are counted in.
TERM_NOTES = {
    "same": "the term is taken as equally long at both occasions",
    "actual": "contacts are counted for the days of each term",
}

#: Cost of each code of a question, from its contacts.
Pricing = Callable[[Question, tuple[Fraction, ...]], Sequence[Fraction]]
#: Costs are summed in whole parts of a pound, as small as they need to be exact but no smaller
#: than this: a converted price has dozens of decimals, and its square would not fit 128 bits.
_FINEST = 10**9


def cost_rows(
    moments: Moments, study: Study, phase: str, comparison: str, pairs: pl.DataFrame | None = None
) -> Iterator[dict[str, Any]]:
    """Cost of each costed question and of all together, per matched respondent.

    A respondent counts for a question if it was answered at both occasions, and for
    the total if all of them were; each row says on how many it stands, and each question has
    rows of level ``all_answered`` on those of the total too: these add up to it. The estimand is
    before minus after: positive is a saving. Prices are those of the study's price year,
    if it has one. ``pairs``: the table
    of that name, needed where the study counts contacts for terms of different length.
    """
    questions = costed_questions(study, phase)
    groups = {group.id: group.roles for group in study.groups}
    mine = group_filter(groups.get(study.cost_group))
    here = {"phase": phase, "comparison": comparison}
    clustered = bool(study.organisation)
    apart = study.cost_uncertainty.term == "actual"
    for question in questions:
        if apart and pairs is not None:
            named = count_answers(pairs.filter(mine, **here), [question], joint=False)
        else:
            counts = moments.histograms.filter(mine, outcome=question.id, **here)
            named = counts.rename({"pre": pre(question.id), "post": post(question.id)})
        key = cost_key(study, phase, comparison, question.id)
        yield from _rows(key, cost_sums(named, [question], clustered), study)
    if questions:
        if apart and pairs is not None:
            counts = count_answers(pairs.filter(mine, **here), questions, joint=True)
        else:
            counts = moments.contacts.filter(mine, **here)
        key = cost_key(study, phase, comparison, TOTAL)
        yield from _rows(key, cost_sums(counts, questions, clustered), study)
        if len(questions) > 1 and study.statistics.depth == "full":
            yield from _on_all_answered(study, phase, comparison, counts)


def costed_questions(study: Study, phase: str) -> list[Question]:
    """Questions of a phase whose contacts have a unit cost."""
    return [q for q in study.questions if q.unit_cost and phase in q.phases]


def cost_key(
    study: Study, phase: str, comparison: str, outcome: str, analysis: str = "cost"
) -> Key:
    """The words of the rows about one cost."""
    unit = f"{study.currency} per respondent"
    return Key(analysis, phase, comparison, study.cost_group, outcome, unit)


def _rows(key: Key, sums: ClusterSums, study: Study) -> Iterator[dict[str, Any]]:
    means, level = describe(sums), study.ci_level
    yield key.row("descriptive", "cost_pre", means["mean_pre"])
    yield key.row("descriptive", "cost_post", means["mean_post"])
    for method, change in (("paired_t", paired_t(sums, level)),
                           ("paired_cr2", contrast_cr2((sums,), level))):  # fmt: skip
        yield key.row(method, "saving_per_respondent", negated(change))
    yield key.row("descriptive", "saving_per_respondent", _saving(means, study))


def _on_all_answered(
    study: Study, phase: str, comparison: str, counts: pl.DataFrame
) -> Iterator[dict[str, Any]]:
    """Means of each question on those who answered all of them."""
    questions = costed_questions(study, phase)
    columns = [name for q in questions for name in (pre(q.id), post(q.id))]
    complete = counts.filter(pl.col(name) >= 0 for name in columns)
    for question in questions:
        key = cost_key(study, phase, comparison, question.id)
        means = describe(cost_sums(complete, [question], bool(study.organisation)))
        yield key.row("descriptive", "cost_pre", means["mean_pre"], ALL_ANSWERED)
        yield key.row("descriptive", "cost_post", means["mean_post"], ALL_ANSWERED)
        saving = _saving(means, study)
        yield key.row("descriptive", "saving_per_respondent", saving, ALL_ANSWERED)


def _saving(means: dict[str, Estimate], study: Study) -> Estimate:
    """The saving itself, which exists even where no test does."""
    before, after = means["mean_pre"], means["mean_post"]
    if before.value is None or after.value is None:
        return before
    note = TERM_NOTES[study.cost_uncertainty.term]
    return replace(before, value=before.value - after.value, note=note)


# --- counts of answers --------------------------------------------------------------------


def count_answers(pairs: pl.DataFrame, questions: Sequence[Question], joint: bool) -> pl.DataFrame:
    """Pairs by organisation, occasions and codes, of those who answered the questions twice.

    ``joint``: of the pairs in which every costed question of the study's was answered. Columns
    organisation, before, after, `pre_` and `post_` of each question, n.
    """
    codes = {name: together(name) if joint else name
             for q in questions for name in (pre(q.id), post(q.id))}  # fmt: skip
    answered = pairs.filter(pl.col(column).is_not_null() for column in codes.values()).select(
        pl.col("organisation").cast(pl.String).fill_null(""),
        pl.col("before", "after").cast(pl.String),
        *(pl.col(column).cast(pl.Int64).alias(name) for name, column in codes.items()),
    )
    counted = answered.group_by(pl.all()).len("n")
    return counted.with_columns(pl.col("n").cast(pl.Int64))


# --- from codes to money ------------------------------------------------------------------


def declared_prices(question: Question, contacts: tuple[Fraction, ...]) -> list[Fraction]:
    """Contacts times the unit cost."""
    assert question.unit_cost is not None
    return [contact * question.unit_cost.value for contact in contacts]


def cost_sums(
    counts: pl.DataFrame,
    questions: Sequence[Question],
    clustered: bool,
    pricing: Pricing = declared_prices,
) -> ClusterSums:
    """Exact sums of the cost of ``questions``, of those who answered all of them twice."""
    columns = [name for q in questions for name in (pre(q.id), post(q.id))]
    complete = counts.filter(pl.col(name) >= 0 for name in columns)
    before, after, denominator = costs_of(complete, questions, pricing)
    return value_sums(complete, before, after, denominator, clustered)


def costs_of(
    counts: pl.DataFrame, questions: Sequence[Question], pricing: Pricing = declared_prices
) -> tuple[Integers, Integers, int]:
    """Cost before and after of each row of ``counts``, as whole numbers, and their denominator.

    A row may name its occasions (columns before, after): contacts are then those of their terms.
    Costs of a contact with more than nine decimals are rounded to them, halves to even.
    """
    occasions = dict.fromkeys(name for q in questions for name in q.scaled)
    prices = {
        (q.id, occasion): pricing(q, q.contacts_at(occasion))
        for q in questions
        for occasion in ("", *occasions)
    }
    exact = lcm(*(price.denominator for table in prices.values() for price in table))
    denominator = min(exact, _FINEST)

    def total(end: Callable[[str], str], column: str) -> Integers:
        there = counts[column].to_numpy() if occasions and column in counts.columns else None
        cost = np.zeros(counts.height, dtype=np.int64)
        for (name, occasion), table in prices.items():
            if (there is None) != (occasion == ""):
                continue
            priced = _priced(counts[end(name)], table, denominator)
            cost += priced if there is None else np.where(there == occasion, priced, 0)
        return cost

    return total(pre, "before"), total(post, "after"), denominator


def _priced(codes: pl.Series, table: Sequence[Fraction], denominator: int) -> Integers:
    whole = np.array([round(price * denominator) for price in table], dtype=np.int64)
    priced: Integers = whole[codes.to_numpy()]
    return priced
