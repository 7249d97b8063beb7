"""What is estimated from: moments, and where a method needs them, rows."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from peereval.columns import post, pre
from peereval.item_moments import ItemMoments
from peereval.moments import ClusterSums, Moments, cluster_sums, group_filter, groups_of
from peereval.pairing import UNPAIRED, keys_of
from peereval.scales import Score
from peereval.studies import Comparison, Phase, Study

#: Methods that need rows are for this many respondents of a phase and comparison, not more.
MOST_ROWS = 100_000
TOO_MANY = f"more than {MOST_ROWS:,} respondents: this method works on single rows"


@dataclass(frozen=True, slots=True)
class Material:
    """Everything that the estimates of a study are made from.

    ``responses``: input rows by phase, occasion, organisation, role and whether they are
    eligible (column n). ``scores``, ``pairs`` and ``ledger`` are the tables of those names,
    scores as whole numbers (denominator x score); ``characteristics``: ``row`` and one column for
    each characteristic, one row per export row. ``items``: sums of the answers to the items of
    each score.
    """

    study: Study
    moments: Moments
    responses: pl.DataFrame
    scores: pl.DataFrame
    pairs: pl.DataFrame
    ledger: pl.DataFrame
    characteristics: pl.DataFrame
    items: ItemMoments
    # Every area asks for the same sums: they are added up once.
    _known: dict[tuple[Any, ...], Any] = field(default_factory=dict, repr=False, compare=False)

    def groups(self) -> Iterator[tuple[str, tuple[str, ...] | None]]:
        """Group id and roles (None for everyone), of the analyses of scores."""
        return groups_of(self.study, "scores")

    def sums(
        self, score: Score, phase: Phase, comparison: Comparison, roles: tuple[str, ...] | None
    ) -> ClusterSums:
        """Sums of one outcome's pairs by organisation, of the roles of one group."""
        place = (score.outcome, phase.id, comparison.id, roles)
        if place not in self._known:
            cells = self._cells(score, phase, comparison).filter(group_filter(roles))
            clustered = bool(self.study.organisation)
            self._known[place] = cluster_sums(cells, score.denominator, clustered)
        found: ClusterSums = self._known[place]
        return found

    def contrast(
        self, score: Score, phase: Phase, comparison: Comparison
    ) -> tuple[ClusterSums, ClusterSums]:
        """Sums of the treated and the control group, over the same organisations in one order."""
        place = (score.outcome, phase.id, comparison.id)
        if place not in self._known:
            cells = self._cells(score, phase, comparison)
            self._known[place] = contrast_sums(cells, self.study, score)
        found: tuple[ClusterSums, ClusterSums] = self._known[place]
        return found

    def _cells(self, score: Score, phase: Phase, comparison: Comparison) -> pl.DataFrame:
        return self.moments.cells.filter(
            outcome=score.outcome, phase=phase.id, comparison=comparison.id
        )

    def distribution(
        self, score: Score, phase: Phase, comparison: Comparison, roles: tuple[str, ...] | None
    ) -> pl.DataFrame:
        """Pairs by value before and after (columns pre, post, n), in order of the values."""
        rows = self.moments.distributions.filter(
            group_filter(roles), outcome=score.outcome, phase=phase.id, comparison=comparison.id
        )
        return rows.group_by("pre", "post").agg(pl.col("n").sum()).sort("pre", "post")

    def rows(self, phase: Phase, comparison: Comparison) -> pl.DataFrame | None:
        """One row per eligible respondent of the earlier occasion; None above `MOST_ROWS`.

        Columns: ``row``, ``organisation`` and ``role`` (null where unknown; the role of the
        later response where there is one), ``role_before`` (as the earlier response alone says),
        ``matched``, one column per characteristic (of the earlier response), and ``pre_`` and
        ``post_`` of each score of the phase: whole numbers, null where not known, ``post_`` also
        where the pair is not complete; and ``place``, a number for the organisation (the
        unknown share the last). A respondent with several earlier responses (waves) has one row.
        Both rows and places are in an order by values, not by name or place in an export.
        """
        before = [pair[0] for pair in comparison.pairs]
        here = self.scores.filter(pl.col("phase") == phase.id, pl.col("occasion").is_in(before))
        lost = self.ledger.filter(pl.col("status").is_in(UNPAIRED))["row"]
        eligible = here.filter(~pl.col("row").is_in(lost.implode()))
        if eligible.height > MOST_ROWS:
            return None
        return _one_a_respondent(eligible, self, phase, comparison)


def contrast_sums(
    cells: pl.DataFrame, study: Study, score: Score
) -> tuple[ClusterSums, ClusterSums]:
    """Sums of the two groups of the contrast, over the same organisations in the same order."""
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


def _one_a_respondent(
    eligible: pl.DataFrame, material: Material, phase: Phase, comparison: Comparison
) -> pl.DataFrame:
    keys, outcomes = keys_of(material.study), material.study.outcomes
    values = [outcome for outcome in outcomes if phase.id in material.study.phases_of(outcome)]
    pairs = material.pairs.filter(phase=phase.id, comparison=comparison.id).sort(
        "counted", "pre_row", descending=[True, False]
    )
    both = [column for outcome in values for column in (pre(outcome), post(outcome))]
    matched = pairs.group_by(keys, maintain_order=True).agg(
        pl.col("pre_row", "role").first(),
        *(pl.col(column).drop_nulls().first().cast(pl.Int64) for column in both),
    )
    known = eligible.select("row", "occasion", *keys, *_others(keys), *values).join(
        matched, on=keys, how="left", suffix="_matched"
    )
    # Of several responses before, that of the pair; else that of the first wave.
    waves = list(dict.fromkeys(pair[0] for pair in comparison.pairs))
    wave = pl.col("occasion").cast(pl.String).replace_strict(waves, range(len(waves)))
    first = (
        known.filter(pl.col("pre_row").is_null() | (pl.col("pre_row") == pl.col("row")))
        .sort(wave)
        .unique(subset=keys, keep="first", maintain_order=True)
    )
    found = first.select(
        "row",
        "organisation",
        pl.coalesce("role_matched", "role").alias("role"),
        pl.col("role").alias("role_before"),
        pl.col("pre_row").is_not_null().alias("matched"),
        *(
            column
            for outcome in values
            for column in (
                pl.coalesce(pre(outcome), pl.col(outcome).cast(pl.Int64)).alias(pre(outcome)),
                pl.col(post(outcome)),
            )
        ),
    ).join(material.characteristics, on="row", how="left", maintain_order="left")
    return _in_order(found)


def _in_order(found: pl.DataFrame) -> pl.DataFrame:
    """Organisations and respondents in an order that only what was answered decides.

    Sums of floats are then the same bits, whatever anybody is called. Numbers go by their rank:
    adding a constant to all of them changes no order either.
    """
    known = found.drop("row", "organisation")
    parts = [
        pl.col(name).rank("dense").cast(pl.String).str.zfill(7)
        if kind.is_integer()
        else pl.col(name).cast(pl.String)
        for name, kind in known.schema.items()
    ]
    texts = [part.fill_null("") for part in parts]
    signed = found.with_columns(signature=pl.concat_str(texts, separator="\t"))
    named = signed.drop_nulls("organisation").group_by("organisation")
    order = named.agg(pl.col("signature").sort().str.join("\n")).sort("signature")
    places = order.select("organisation", pl.int_range(pl.len(), dtype=pl.Int64).alias("place"))
    placed = signed.join(places, on="organisation", how="left", maintain_order="left")
    placed = placed.with_columns(pl.col("place").fill_null(places.height))
    return placed.sort("place", "signature").drop("signature")


def _others(keys: list[str]) -> list[str]:
    return [name for name in ("organisation", "role") if name not in keys]
