"""moments -> results: which estimates are made of which outcomes, groups and comparisons."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from peereval.columns import RESULTS
from peereval.costing import cost_rows
from peereval.estimators.bands import band_rows
from peereval.estimators.did import did_rows
from peereval.estimators.estimate import Key
from peereval.estimators.flow import flow_rows
from peereval.estimators.paired import paired_rows
from peereval.estimators.prevalence import prevalence_rows
from peereval.moments import ClusterSums, Moments, cluster_sums, group_filter, groups_of
from peereval.scales import Score
from peereval.studies import Phase, Study

_TYPES = {"text": pl.String, "integer": pl.Int64, "number": pl.Float64}


def estimate_all(moments: Moments, responses: pl.DataFrame, study: Study) -> pl.DataFrame:
    """`results`: one row per estimate, in the order of the study.

    ``responses``: input rows by phase, occasion, organisation, role and whether they are
    eligible (column n). What cannot be estimated is a row that says why.
    """
    rows = list(flow_rows(responses, moments, study))
    for phase in study.phases:
        for comparison in study.comparisons:
            if phase.id in comparison.phases:
                rows += _rows(moments, study, phase, comparison.id)
    return result_table(rows)


def result_table(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """`results` of rows as `Key.row` makes them."""
    schema = {column.name: _TYPES[column.type] for column in RESULTS}
    return pl.DataFrame(rows, schema=schema, orient="row", infer_schema_length=None)


def _rows(
    moments: Moments, study: Study, phase: Phase, comparison: str
) -> Iterator[dict[str, Any]]:
    yield from score_rows(moments, study, phase, comparison)
    yield from _bands(moments, study, phase, comparison)
    yield from _questions(moments, study, phase, comparison)
    yield from cost_rows(moments, study, phase.id, comparison)


def score_rows(
    moments: Moments, study: Study, phase: Phase, comparison: str
) -> Iterator[dict[str, Any]]:
    """Rows about the scores of a phase: their changes by group, and the contrast of groups."""
    scores, here = study.scores, {"phase": phase.id, "comparison": comparison}
    for outcome in phase.outcomes:
        score = scores[outcome]
        cells = moments.cells.filter(outcome=outcome, **here)
        for group, roles in groups_of(study, "scores"):
            key = Key("paired", phase.id, comparison, group, outcome, score.unit, score.better)
            sums = cluster_sums(
                cells.filter(group_filter(roles)), score.denominator, bool(study.organisation)
            )
            yield from paired_rows(key, sums, study.ci_level)
        if study.contrast:
            name = "_v_".join(study.contrast)
            key = Key("did", phase.id, comparison, name, outcome, score.unit, score.better)
            yield from did_rows(key, *_contrast(cells, study, score), study.ci_level)


def _contrast(cells: pl.DataFrame, study: Study, score: Score) -> tuple[ClusterSums, ClusterSums]:
    """Sums of the two groups, over the same organisations in the same order."""
    roles = {group.id: group.roles for group in study.groups}
    clustered = bool(study.organisation)
    parts = [cells.filter(group_filter(roles[name])) for name in study.contrast or ()]
    everywhere = pl.concat(parts).select("organisation").unique()
    numbers = [column for column in cells.columns if cells[column].dtype.is_integer()]
    empty = everywhere.with_columns(pl.lit(0, pl.Int64).alias(name) for name in numbers)
    one, two = (
        cluster_sums(
            pl.concat([part.select("organisation", *numbers), empty]), score.denominator, clustered
        )
        for part in parts
    )
    return one, two


def _bands(
    moments: Moments, study: Study, phase: Phase, comparison: str
) -> Iterator[dict[str, Any]]:
    bands, scores = study.bands, study.scores
    for name in phase.bands:
        band = bands[name]
        score = scores[band.score_outcome]
        counts = moments.histograms.filter(
            outcome=score.outcome, phase=phase.id, comparison=comparison
        )
        for group, roles in groups_of(study, "scores"):
            key = Key("band_change", phase.id, comparison, group, name, "share", "")
            mine = counts.filter(group_filter(roles))
            yield from band_rows(key, mine, band, score, _organisations(mine, study))


def _questions(
    moments: Moments, study: Study, phase: Phase, comparison: str
) -> Iterator[dict[str, Any]]:
    for question in study.questions:
        if phase.id not in question.phases:
            continue
        counts = moments.histograms.filter(
            outcome=question.id, phase=phase.id, comparison=comparison
        )
        for group, roles in groups_of(study, "questions", question.groups):
            key = Key(
                "prevalence_change",
                phase.id,
                comparison,
                group,
                question.id,
                "share",
                question.better,
            )
            mine = counts.filter(group_filter(roles))
            yield from prevalence_rows(key, mine, study.ci_level, bool(study.organisation))


def _organisations(counts: pl.DataFrame, study: Study) -> int:
    known = counts.filter(pl.col("organisation") != "")
    return known["organisation"].n_unique() if study.organisation else 0
