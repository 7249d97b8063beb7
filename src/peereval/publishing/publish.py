"""A run -> the record that renderers read: released results under names that people know."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import polars as pl

from peereval.disclosure import RULES
from peereval.judging import declared
from peereval.pipeline import Run
from peereval.publishing.economics import economics
from peereval.publishing.publication import (
    Group,
    Named,
    Occasions,
    Outcome,
    PhaseOutcomes,
    Publication,
    Question,
    Suppressed,
)
from peereval.publishing.record import told
from peereval.studies import ALL, ProgrammeCost, Study


def publish(run: Run, record: Mapping[str, Any], language: str = "en-GB") -> Publication:
    """What renderers may show of a run; ``record`` is its `run.json`.

    Holds released results only: one row per estimate, as `peereval.columns.RELEASED`.
    """
    study = run.study
    return Publication(
        study=Named(study.id, study.title),
        version=version("peereval"),
        language=language,
        protection=study.protection,
        suppressed=_suppressed(run.tables["suppressions"]),
        phases=tuple(
            PhaseOutcomes(phase.id, phase.title, phase.outcomes, phase.bands)
            for phase in study.phases
        ),
        occasions=tuple(Named(name, study.occasion_titles[name]) for name in study.occasions),
        comparisons=tuple(
            Occasions(each.id, each.title, _titled(each.pairs, study), each.phases)
            for each in study.comparisons
        ),
        groups=(
            Group(ALL, "All"),
            *(Group(group.id, group.title, group.only) for group in study.groups),
        ),
        contrast=study.contrast or (),
        outcomes=_outcomes(study),
        questions=tuple(_questions(study)),
        headlines={name: declared(study, name) for name in ("paired", "did")},
        ci_level=study.ci_level,
        smallest_effect=study.statistics.smallest_effect,
        currency=study.currency,
        cost_group=study.cost_group,
        results=run.tables["released"],
        claims=run.tables["claims"],
        run=told(record),
        scenarios=tuple(Named(each.id, each.title) for each in study.cost_uncertainty.scenarios),
        sections=study.report.sections,
        formats=study.report.formats,
        economics=economics(study),
        spent_on=tuple(Named(each.id, each.title) for each in _lines(study)),
        characteristics=tuple(Named(*each) for each in study.characteristic_titles.items()),
        pooled=tuple(Named(each.id, each.title) for each in study.pooled_occasions.values()),
    )


def _lines(study: Study) -> tuple[ProgrammeCost, ...]:
    return study.programme.costs if study.programme else ()


def _suppressed(log: pl.DataFrame) -> tuple[Suppressed, ...]:
    counted = dict(log["rule"].value_counts().iter_rows())
    return tuple(
        Suppressed(rule, meaning, counted[rule])
        for rule, meaning in RULES.items()
        if rule in counted
    )


def _titled(pairs: tuple[tuple[str, str], ...], study: Study) -> tuple[tuple[str, str], ...]:
    titles = study.occasion_titles
    return tuple((titles[before], titles[after]) for before, after in pairs)


def _outcomes(study: Study) -> dict[str, Outcome]:
    return _scores(study) | _bands(study) | _asked(study)


def _scores(study: Study) -> dict[str, Outcome]:
    return {
        score.outcome: Outcome(
            score.outcome, score.title, "score", score.unit, score.better, part.scale.title,
            part.scale.source["citation"],
            doi=part.scale.source.get("doi", ""), low=float(score.low), high=float(score.high),
        )
        for part in study.scales
        for score in part.scale.scores
        if score.outcome in study.outcomes
    }  # fmt: skip


def _bands(study: Study) -> dict[str, Outcome]:
    used = {name for phase in study.phases for name in phase.bands}
    return {
        band.outcome: Outcome(
            band.outcome, band.title, "bands", "share", scale=part.scale.title,
            citation=part.scale.source["citation"],
            doi=part.scale.source.get("doi", ""),
            levels=tuple(Named(name, title) for name, title, _ in band.levels),
            score=band.score_outcome,
        )
        for part in study.scales
        for band in part.scale.bands
        if band.outcome in used
    }  # fmt: skip


def _asked(study: Study) -> dict[str, Outcome]:
    return {
        question.id: Outcome(
            question.id, question.title, question.kind, "share", question.better,
            levels=tuple(Named(label.text, label.text) for label in question.labels),
            costed=question.unit_cost is not None, groups=question.groups,
        )
        for question in study.questions
    }  # fmt: skip


def _questions(study: Study) -> list[Question]:
    return [
        Question(
            table.id, table.title, table.kind,
            tuple(Named(asked.outcome, asked.title) for asked in table.asked),
            tuple(Named(*option) for option in table.options.items()),
            tuple(Named(name, table.net_titles.get(name, name)) for name in table.nets),
            table.phases, table.occasions, table.comparisons,
            {
                name: tuple(Named(*level) for level in _levels(study, name))
                for name in table.breakdowns
            },
        )
        for table in study.tables
    ]  # fmt: skip


def _levels(study: Study, breakdown: str) -> list[tuple[str, str]]:
    found = study.breakdowns.get(breakdown)
    return list(found.titles.items()) if found else []
