"""How many of each level were followed up: what a standardised difference of shares is made of."""

import polars as pl

from peereval.estimating import Material
from peereval.estimating.levels import large_levels, level_ids


def followed_up(results: pl.DataFrame, material: Material) -> pl.DataFrame:
    """Respondents before by phase, comparison and level: followed up (``kept``), not (``lost``).

    Of what ``results`` say who was lost. Levels are named as there; those with too few
    respondents are not there.
    """
    study, parts = material.study, []
    asked = set(results.filter(analysis="attrition")[["phase", "comparison"]].rows())
    for phase in study.phases:
        for comparison in study.comparisons:
            wanted = (phase.id, comparison.id) in asked and study.characteristics
            rows = material.rows(phase, comparison) if wanted else None
            if rows is None:
                continue
            for name in study.characteristics:
                texts = rows[name].cast(pl.String).fill_null("")
                ids = level_ids(name, large_levels(texts, study.subgroups.minimum))
                counted = (
                    rows.select("matched", text=texts)
                    .group_by("text")
                    .agg(
                        pl.col("matched").sum().alias("kept"),
                        (~pl.col("matched")).sum().alias("lost"),
                    )
                )
                parts += [
                    (phase.id, comparison.id, ids[text], kept, lost)
                    for text, kept, lost in counted.iter_rows() if text in ids
                ]  # fmt: skip
    schema = {"phase": pl.String, "comparison": pl.String, "level": pl.String,
              "kept": pl.Int64, "lost": pl.Int64}  # fmt: skip
    return pl.DataFrame(parts, schema=schema, orient="row")
