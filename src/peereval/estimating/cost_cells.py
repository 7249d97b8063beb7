"""Respondents by organisation and answers, in an order that only the answers decide."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import polars as pl
from msgspec import Struct

from peereval.columns import post, pre
from peereval.costing import count_answers
from peereval.costs import UnitCost
from peereval.estimating.material import Material
from peereval.estimators.cost_bootstrap import ContactCells
from peereval.estimators.cost_parameters import Amount, Numbers, Parameters
from peereval.moments import group_filter
from peereval.studies import Comparison, Phase, Question, Study


class Costed(Struct, frozen=True, dict=True):
    """Answers to some costed questions, of those who answered all of them twice.

    ``counts``: one row per kind of respondent (organisation, before, after, codes, n), in order;
    ``place``: the number of its organisation.
    """

    study: Study
    questions: tuple[Question, ...]
    counts: pl.DataFrame

    @property
    def clustered(self) -> bool:
        """Whether the study names organisations."""
        return bool(self.study.organisation)

    @cached_property
    def labels(self) -> list[tuple[Question, int]]:
        """What a parameter is: a question and a code that means some contact."""
        return [(q, code) for q in self.questions for code in range(1, len(q.contacts))]

    @cached_property
    def cells(self) -> ContactCells:
        """The same as numbers: contacts in units of the label's, before less after."""
        counts, net = self.counts, self.chosen("before") - self.chosen("after")
        n = counts["n"].to_numpy()
        number = counts["place"].to_numpy() if self.clustered else np.zeros_like(n)
        unknown = int(counts.filter(organisation="")["n"].sum()) if self.clustered else 0
        return ContactCells(n, number, net, self.clustered, unknown)

    def chosen(self, occasion: str) -> Numbers:
        """1 where a label was chosen before or after, by kind of respondent and parameter.

        More or less where contacts are counted for a term that is longer or shorter.
        """
        end, counts = (pre if occasion == "before" else post), self.counts
        found = np.zeros((counts.height, len(self.labels)))
        for place, (question, code) in enumerate(self.labels):
            found[:, place] = (counts[end(question.id)] == code).to_numpy()
            if question.scaled:
                base = question.contacts[code]
                longer = {name: float(c[code] / base) for name, c in question.scaled.items()}
                there = counts[occasion].replace_strict(longer, return_dtype=pl.Float64)
                found[:, place] *= there.to_numpy()
        return found

    @cached_property
    def parameters(self) -> Parameters:
        """Unit costs and labels of the questions, each once however many questions share it."""
        costs = {q.unit_cost.id: q.unit_cost for q in self.questions if q.unit_cost}
        labels = {(q.table, code): q for q, code in self.labels}
        declared = self.study.cost_uncertainty
        several = len({table for table, _ in labels}) > 1
        return Parameters(
            tuple(unit_cost_amount(cost, declared.cvs.get(cost.id)) for cost in costs.values()),
            tuple(_contacts(q, code, several) for (_, code), q in labels.items()),
            np.array([list(costs).index(q.unit_cost.id) for q, _ in self.labels if q.unit_cost]),
            np.array([list(labels).index((q.table, code)) for q, code in self.labels]),
            declared.ranges,
            declared.cv,
        )

    def columns_of(self, question: Question) -> list[int]:
        """Places of the parameters of one question."""
        return [place for place, (each, _) in enumerate(self.labels) if each.id == question.id]


def costed_answers(
    material: Material, phase: Phase, comparison: Comparison, questions: Sequence[Question],
    joint: bool,
) -> Costed:  # fmt: skip
    """Answers of the group whose costs are counted; ``joint``: to every costed question."""
    study = material.study
    counts = count_answers(costed_pairs(material, phase, comparison), questions, joint)
    return Costed(study, tuple(questions), in_order(counts, study))


def costed_pairs(material: Material, phase: Phase, comparison: Comparison) -> pl.DataFrame:
    """Pairs of the group whose costs are counted."""
    study = material.study
    groups = {group.id: group.roles for group in study.groups}
    mine = group_filter(groups.get(study.cost_group))
    return material.pairs.filter(mine, phase=phase.id, comparison=comparison.id)


def in_order(counts: pl.DataFrame, study: Study) -> pl.DataFrame:
    """Kinds and organisations in order of their numbers, occasions as the study has them.

    In: one row per kind of respondent, columns organisation, whole numbers and n, and with terms
    of different length before and after. Out: the same with ``place``, the number of the
    organisation.
    """
    if study.cost_uncertainty.term == "same":
        keys = [name for name in counts.columns if name not in ("before", "after", "n")]
        counts = counts.group_by(keys).agg(pl.col("n").sum())
    places = {name: place for place, name in enumerate(study.occasions)}
    parts = [
        pl.col(name).replace_strict(places, return_dtype=pl.Int64)
        if name in ("before", "after")
        else pl.col(name)
        for name in counts.columns
        if name != "organisation"
    ]
    texts = [part.cast(pl.String).str.zfill(9) for part in parts]
    signed = counts.with_columns(kind=pl.concat_str(texts, separator=" "))
    order = (
        signed.group_by("organisation")
        .agg(pl.col("kind").sort().str.join("\n"))
        .sort("kind")
        .select("organisation", pl.int_range(pl.len(), dtype=pl.Int64).alias("place"))
    )
    placed = signed.join(order, on="organisation", how="left", maintain_order="left")
    return placed.sort("place", "kind").drop("kind")


def unit_cost_amount(cost: UnitCost, cv: float | None = None) -> Amount:
    """A unit cost with its range, where its file or the study gives one."""
    low, high = (None if end is None else float(end) for end in (cost.low, cost.high))
    return Amount(cost.id, float(cost.value), low, high, cost.ranges, cv)


def _contacts(question: Question, code: int, several: bool) -> Amount:
    label = question.labels[code]
    name = f"{question.table}:{label.text}" if several else label.text
    if label.low == label.high:
        return Amount(name, float(label.base))
    return Amount(name, float(label.base), float(label.low), float(label.high))
