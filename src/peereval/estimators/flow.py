"""How many were invited, responded, are eligible, could be matched, and are analysed."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from peereval.estimators.estimate import Estimate, Key
from peereval.moments import Moments, groups_of
from peereval.studies import Phase, Study

Roles = tuple[str, ...] | None
#: A role, how many have it, and the organisations that they are of.
_Part = tuple[str | None, int, frozenset[str]]


def flow_rows(responses: pl.DataFrame, moments: Moments, study: Study) -> Iterator[dict[str, Any]]:
    """Counts by phase: of an occasion, then of a comparison and its outcomes by group.

    ``responses``: input rows by phase, occasion, organisation, role and whether they are
    eligible (column n). An invitation that is not divided by phase has a row without one; an
    occasion for which the study gives no number has none.
    """
    responded = _Counts(responses, "phase", "occasion", "eligible")
    matched = _Counts(moments.counted, "phase", "comparison")
    columns = ("outcome", "phase", "comparison", "role", "organisation", "n")
    pairs = [table.select(columns) for table in (moments.cells, moments.histograms)]
    questions = pairs[1].filter(~pl.col("outcome").is_in(pairs[0]["outcome"].unique().implode()))
    analysed = _Counts(pl.concat([pairs[0], questions]), "outcome", "phase", "comparison")
    yield from _invited(study, "")
    for phase in study.phases:
        yield from _invited(study, phase.id)
        yield from _responded(responded, phase, study)
        for comparison in study.comparisons:
            if phase.id in comparison.phases:
                yield from _compared(matched, analysed, phase, comparison.id, study)


def _invited(study: Study, phase: str) -> Iterator[dict[str, Any]]:
    key = Key("flow", phase, unit="young people")
    for each in study.invited:
        if each.phase == phase:
            yield key.row("count", "n_invited", Estimate(each.n, n=each.n), level=each.occasion)


def _responded(counts: "_Counts", phase: Phase, study: Study) -> Iterator[dict[str, Any]]:
    for occasion in study.occasions:
        here = counts.of(phase.id, occasion, False) + counts.of(phase.id, occasion, True)
        key = Key("flow", phase.id, unit="responses")
        yield key.row("count", "n_responses", _count(here, None, study), level=occasion)
        eligible = counts.of(phase.id, occasion, True)
        asked = any(role is not None for role, *_ in eligible)
        for group, roles in groups_of(study, "scores"):
            # A group of nobody is no news where nobody was asked.
            count = _count(eligible, roles, study)
            if roles is not None and not asked:
                count = Estimate(reason="no response of this occasion says its role")
            key = Key("flow", phase.id, group="" if roles is None else group, unit="respondents")
            yield key.row("count", "n_eligible", count, level=occasion)


def _compared(
    matched: "_Counts", analysed: "_Counts", phase: Phase, comparison: str, study: Study
) -> Iterator[dict[str, Any]]:
    """Respondents matched; and those with a pair of each outcome, of which each has one at most."""
    for group, roles in groups_of(study, "scores"):
        key = Key("flow", phase.id, comparison, group, unit="respondents")
        found = _count(matched.of(phase.id, comparison), roles, study)
        yield key.row("count", "n_matched", found)
    for outcome, groups in _outcomes(phase, study):
        pairs = analysed.of(outcome, phase.id, comparison)
        for group, roles in groups:
            key = Key("flow", phase.id, comparison, group, outcome, "respondents")
            yield key.row("count", "n_analysed", _count(pairs, roles, study))


def _outcomes(phase: Phase, study: Study) -> Iterator[tuple[str, Iterator[tuple[str, Roles]]]]:
    """Outcomes that the phase analyses, each once, with the groups in which it does."""
    banded = (study.bands[name].score_outcome for name in phase.bands)
    for outcome in dict.fromkeys([*phase.outcomes, *banded]):
        yield outcome, groups_of(study, "scores")
    for question in study.questions:
        if phase.id in question.phases:
            yield question.id, groups_of(study, "questions", question.groups)


class _Counts:
    """Rows by place, and there by role: how many, and of which organisations."""

    def __init__(self, table: pl.DataFrame, *keys: str) -> None:
        grouped = table.group_by(*keys, "role").agg(pl.col("n").sum(), "organisation")
        self._parts: dict[tuple[Any, ...], list[_Part]] = {}
        for *place, role, n, organisations in grouped.iter_rows():
            named = frozenset(organisations) - {"", None}
            self._parts.setdefault(tuple(place), []).append((role, int(n), named))

    def of(self, *place: str | bool) -> list[_Part]:
        return self._parts.get(place, [])


def _count(parts: list[_Part], roles: Roles, study: Study) -> Estimate:
    mine = [part for part in parts if roles is None or part[0] in roles]
    n = sum(n for _, n, _ in mine)
    named = frozenset[str]().union(*(organisations for *_, organisations in mine))
    return Estimate(n, n=n, n_organisations=len(named) if study.organisation else 0)
