"""What is estimated from: moments, and where a method needs them, rows."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from peereval.columns import post, pre
from peereval.estimating.group_sums import GroupSums
from peereval.estimating.polars_tables import parts_by
from peereval.estimators.changes import Changes, changes_of
from peereval.estimators.cost_parameters import Numbers
from peereval.item_moments import ItemMoments
from peereval.moments import ClusterSums, Moments, groups_of, of_roles
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
    each score. ``planes``: draws of net cost and gain by phase, comparison and outcome, as they
    are made.
    """

    study: Study
    moments: Moments
    group_sums: GroupSums
    responses: pl.DataFrame
    scores: pl.DataFrame
    pairs: pl.DataFrame
    ledger: pl.DataFrame
    characteristics: pl.DataFrame
    items: ItemMoments
    planes: dict[tuple[str, str, str], tuple[Numbers, Numbers]] = field(
        default_factory=dict, repr=False, compare=False
    )
    # What several areas ask for is made once.
    _changes: dict[tuple[Any, ...], Changes] = field(
        default_factory=dict, repr=False, compare=False
    )
    _distributions: dict[tuple[str, str], dict[tuple[Any, ...], pl.DataFrame]] = field(
        default_factory=dict, repr=False, compare=False
    )
    _rows: dict[tuple[str, str], pl.DataFrame | None] = field(
        default_factory=dict, repr=False, compare=False
    )

    def groups(self) -> Iterator[tuple[str, tuple[str, ...] | None]]:
        """Group id and roles (None for everyone), of the analyses of scores."""
        return groups_of(self.study, "scores")

    def sums(
        self, score: Score, phase: Phase, comparison: Comparison, roles: tuple[str, ...] | None
    ) -> ClusterSums:
        """Sums of one outcome's pairs by organisation, of the roles of one group."""
        return self.group_sums.of(score, phase.id, comparison.id, roles)

    def contrast(
        self, score: Score, phase: Phase, comparison: Comparison
    ) -> tuple[ClusterSums, ClusterSums]:
        """Sums of the treated and the control group, over the same organisations in one order."""
        return self.group_sums.contrast(score, phase.id, comparison.id)

    def changes(
        self, score: Score, phase: Phase, comparison: Comparison, roles: tuple[str, ...] | None
    ) -> Changes:
        """The different changes of one outcome in one group, and how many pairs have each."""
        asked = (score.outcome, phase.id, comparison.id, roles)
        if asked not in self._changes:
            organisations = self.sums(score, phase, comparison, roles).n_organisations
            pairs = of_roles(self._distribution(score, phase, comparison), roles)
            self._changes[asked] = changes_of(pairs, score.denominator, organisations)
        return self._changes[asked]

    def _distribution(self, score: Score, phase: Phase, comparison: Comparison) -> pl.DataFrame:
        """Pairs of values of one outcome: of all outcomes they are told apart at once."""
        table, here = self.moments.distributions, (phase.id, comparison.id)
        if here not in self._distributions:
            mine = table.filter(phase=phase.id, comparison=comparison.id)
            self._distributions[here] = parts_by(mine, "outcome")
        found = self._distributions[here].get((score.outcome,))
        return table.clear() if found is None else found

    def rows(self, phase: Phase, comparison: Comparison) -> pl.DataFrame | None:
        """One row per eligible respondent of the earlier occasion; None above `MOST_ROWS`.

        Columns: ``row``, ``organisation`` and ``role`` (null where unknown; of a pair those that
        the pair has), ``role_before`` (as the earlier response alone says),
        ``matched``, one column per characteristic (of the earlier response), and ``pre_`` and
        ``post_`` of each score of the phase: whole numbers, null where not known, ``post_`` also
        where the pair is not complete; and ``place``, a number for the organisation (the
        unknown share the last). A respondent with several earlier responses (waves) has one row.
        Both rows and places are in an order by values, not by name or place in an export.
        """
        asked = (phase.id, comparison.id)
        if asked not in self._rows:
            # Those of a comparison are kept for all that use them, of others where they are few.
            if sum(rows.height for rows in self._rows.values() if rows is not None) > MOST_ROWS:
                self._rows.clear()
            here = self._eligible(phase, comparison)
            few = here.sum() <= MOST_ROWS
            self._rows[asked] = _one_a_respondent(here, self, phase, comparison) if few else None
        return self._rows[asked]

    def _eligible(self, phase: Phase, comparison: Comparison) -> pl.Series:
        """Which rows of ``scores`` are eligible responses of the earlier occasions."""
        before = [pair[0] for pair in comparison.pairs]
        lost = self.ledger.filter(pl.col("status").is_in(UNPAIRED))["row"]
        return self.scores.select(
            (pl.col("phase") == phase.id)
            & pl.col("occasion").is_in(before)
            & ~pl.col("row").is_in(lost.implode())
        ).to_series()


def _one_a_respondent(
    eligible: pl.Series, material: Material, phase: Phase, comparison: Comparison
) -> pl.DataFrame:
    keys, outcomes = keys_of(material.study), material.study.outcomes
    values = [outcome for outcome in outcomes if phase.id in material.study.phases_of(outcome)]
    pairs = material.pairs.filter(phase=phase.id, comparison=comparison.id).sort(
        "counted", "pre_row", descending=[True, False]
    )
    both = [column for outcome in values for column in (pre(outcome), post(outcome))]
    matched = pairs.group_by(keys, maintain_order=True).agg(
        pl.col("pre_row", *_others(keys)).first(),
        *(pl.col(column).drop_nulls().first().cast(pl.Int64) for column in both),
    )
    known = (
        material.scores.select("row", "occasion", *keys, *_others(keys), *values)
        .filter(eligible)
        .join(matched, on=keys, how="left", suffix="_matched")
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
        # A pair whose earlier response does not say it has that of the later one.
        pl.coalesce(pl.col("^organisation_matched$"), "organisation").alias("organisation"),
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
