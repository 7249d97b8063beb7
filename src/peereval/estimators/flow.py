"""How many were invited, responded, are eligible, could be matched, and are analysed."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from peereval.estimators.estimate import Estimate, Key
from peereval.moments import Moments, group_filter, groups_of
from peereval.studies import Phase, Study


def flow_rows(responses: pl.DataFrame, moments: Moments, study: Study) -> Iterator[dict[str, Any]]:
    """Counts by phase: of an occasion, then of a comparison and its outcomes by group.

    ``responses``: input rows by phase, occasion, organisation, role and whether they are
    eligible (column n). An invitation that is not divided by phase has a row without one; an
    occasion for which the study gives no number has none.
    """
    yield from _invited(study, "")
    for phase in study.phases:
        yield from _invited(study, phase.id)
        yield from _responded(responses, phase, study)
        for comparison in study.comparisons:
            if phase.id in comparison.phases:
                yield from _compared(moments, phase, comparison.id, study)


def _invited(study: Study, phase: str) -> Iterator[dict[str, Any]]:
    key = Key("flow", phase, unit="young people")
    for each in study.invited:
        if each.phase == phase:
            yield key.row("count", "n_invited", Estimate(each.n, n=each.n), level=each.occasion)


def _responded(responses: pl.DataFrame, phase: Phase, study: Study) -> Iterator[dict[str, Any]]:
    for occasion in study.occasions:
        here = responses.filter(phase=phase.id, occasion=occasion)
        key = Key("flow", phase.id, unit="responses")
        yield key.row("count", "n_responses", _count(here, study), level=occasion)
        eligible = here.filter("eligible")
        asked = eligible["role"].null_count() < eligible.height
        for group, roles in groups_of(study, "scores"):
            # A group of nobody is no news where nobody was asked.
            count = _count(eligible.filter(group_filter(roles)), study)
            if roles is not None and not asked:
                count = Estimate(reason="no response of this occasion says its role")
            key = Key("flow", phase.id, group="" if roles is None else group, unit="respondents")
            yield key.row("count", "n_eligible", count, level=occasion)


def _compared(
    moments: Moments, phase: Phase, comparison: str, study: Study
) -> Iterator[dict[str, Any]]:
    here = {"phase": phase.id, "comparison": comparison}
    for group, roles in groups_of(study, "scores"):
        key = Key("flow", phase.id, comparison, group, unit="respondents")
        matched = moments.counted.filter(group_filter(roles), **here)
        yield key.row("count", "n_matched", _count(matched, study))
    for outcome in _scores_of(phase, study):
        pairs = moments.cells.filter(outcome=outcome, **here)
        yield from _analysed(
            pairs, phase.id, comparison, outcome, study, groups_of(study, "scores")
        )
    for question in study.questions:
        if phase.id in question.phases:
            pairs = moments.histograms.filter(outcome=question.id, **here)
            groups = groups_of(study, "questions", question.groups)
            yield from _analysed(pairs, phase.id, comparison, question.id, study, groups)


def _scores_of(phase: Phase, study: Study) -> list[str]:
    """Scores that the phase analyses, themselves or in bands, each once."""
    banded = (study.bands[name].score_outcome for name in phase.bands)
    return list(dict.fromkeys([*phase.outcomes, *banded]))


def _analysed(
    pairs: pl.DataFrame,
    phase: str,
    comparison: str,
    outcome: str,
    study: Study,
    groups: Iterator[tuple[str, tuple[str, ...] | None]],
) -> Iterator[dict[str, Any]]:
    """Respondents with a pair of one outcome, by group: each has one at most."""
    for group, roles in groups:
        key = Key("flow", phase, comparison, group, outcome, "respondents")
        yield key.row("count", "n_analysed", _count(pairs.filter(group_filter(roles)), study))


def _count(rows: pl.DataFrame, study: Study) -> Estimate:
    n = int(rows["n"].sum())
    named = rows.filter(pl.col("organisation").fill_null("") != "")["organisation"].n_unique()
    return Estimate(n, n=n, n_organisations=named if study.organisation else 0)
