"""Bands: where respondents stood before and after."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from peereval.estimating.material import Material
from peereval.estimators.bands import band_rows
from peereval.estimators.estimate import Key
from peereval.moments import groups_of, of_roles
from peereval.studies import Comparison, Phase, Study


def band_change_rows(
    material: Material, phase: Phase, comparison: Comparison
) -> Iterator[dict[str, Any]]:
    """Shares in each band before and after, by group, and the test that they are the same."""
    study, moments = material.study, material.moments
    bands, scores = study.bands, study.scores
    for name in phase.bands:
        band = bands[name]
        score = scores[band.score_outcome]
        counts = moments.histograms.filter(
            outcome=score.outcome, phase=phase.id, comparison=comparison.id
        )
        for group, roles in groups_of(study, "scores"):
            key = Key("band_change", phase.id, comparison.id, group, name, "share", "")
            mine = of_roles(counts, roles)
            yield from band_rows(key, mine, band, score, organisations_of(mine, study))


def organisations_of(counts: pl.DataFrame, study: Study) -> int:
    """Known organisations behind rows of `histograms`; 0 where the study names none."""
    names = counts["organisation"]
    return names.n_unique() - bool((names == "").any()) if study.organisation else 0
