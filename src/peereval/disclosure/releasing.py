"""Which results may be published, and what stands for those that may not."""

from dataclasses import replace

import polars as pl
from msgspec import Struct, field

from peereval.columns import RELEASED, RESULTS, SUPPRESSIONS
from peereval.disclosure.beside import protect_beside
from peereval.disclosure.cost_steps import protect_labels
from peereval.disclosure.costs import protect_costs
from peereval.disclosure.counts import protect_counts
from peereval.disclosure.earlier import Earlier, read_earlier
from peereval.disclosure.flow import protect_attrition, protect_flow
from peereval.disclosure.means import protect_means
from peereval.disclosure.notes import released_note
from peereval.disclosure.others import (
    protect_comparisons,
    protect_followed_up,
    protect_levels,
    protect_near_misses,
    protect_occasions,
    protect_shares,
)
from peereval.disclosure.rounding import TESTS, rounded, rounded_draws, shortened, stepped
from peereval.disclosure.rules import RULES
from peereval.disclosure.shapes import BY_ORGANISATION, RANKED, protect_shapes
from peereval.disclosure.sheet import Sheet
from peereval.disclosure.since import gone_since, protect_from_earlier
from peereval.disclosure.tables import protect_tables
from peereval.moments import Moments
from peereval.studies import Study

#: What is said of a claim whose tests are kept back.
KEPT_BACK = "kept back"
_CLAIMED = ("paired", "did", "equivalence", "band_change", "prevalence_change")
#: Methods that no claim is judged by.
_BESIDE = ("share", *RANKED, *(m for methods in BY_ORGANISATION.values() for m in methods[1:]))
#: Kinds of which every row is a count, or a share of its base.
_COUNTED = ("choice", "margin", "part", "share", "retention")
_TESTS_OF_SHARES = ("newcombe_independent", "quantiles")
_NUMBERS = tuple(column.name for column in RESULTS if column.type == "number")


class Release(Struct, frozen=True):
    """Results that may be published, and what was kept back and why.

    ``results``: `peereval.columns.RELEASED`, a row per row of the results; ``log``:
    `peereval.columns.SUPPRESSIONS`; ``exact``: whether disclosure control is off.
    """

    results: pl.DataFrame
    log: pl.DataFrame
    earlier: Earlier = field(default_factory=Earlier)
    exact: bool = False

    def claims(self, claims: pl.DataFrame) -> pl.DataFrame:
        """`peereval.columns.CLAIMS` without what is said of tests that are kept back."""
        keys = ("phase", "comparison", "group", "outcome")
        held = self.results.filter(
            pl.col("analysis").is_in(_CLAIMED), ~pl.col("method").is_in(_BESIDE), marker="c"
        )
        kept = claims.select(keys).join(held.select(keys).unique(), on=keys, how="left",
                                        maintain_order="left", coalesce=False)  # fmt: skip
        hidden = kept["phase_right"].is_not_null()
        said = ("as_published", "clustering", "multiplicity", "equivalence", "verdict")
        return claims.with_columns(
            pl.when(hidden).then(pl.lit(KEPT_BACK)).otherwise(pl.col(name)).alias(name)
            for name in said
        )

    def planes(self, planes: pl.DataFrame) -> pl.DataFrame:
        """`peereval.columns.COST_EFFECTIVENESS` without draws of a cost or gain that is kept back.

        The mean of as many draws is nearly the estimate. Those that stay keep few digits.
        """
        keys = ("phase", "comparison", "group", "outcome")
        both = pl.col("estimand").is_in(["gain", "net_cost_per_participant"])
        held = self.results.filter(both, analysis="cost_effectiveness", marker="c")
        kept = planes.join(held.select(keys), on=keys, how="anti", maintain_order="left")
        return kept if self.exact else rounded_draws(kept, keys)


def release(
    results: pl.DataFrame,
    study: Study,
    moments: Moments | None = None,
    pairs: pl.DataFrame | None = None,
    levels: pl.DataFrame | None = None,
) -> Release:
    """Results with every number that could identify somebody blank, and the log of those.

    ``moments`` and ``pairs`` (the table of that name) are what the results were made of;
    ``levels``: respondents before by ``phase``, ``comparison`` and ``level``, with how many were
    followed up (``kept``) and were not (``lost``). Without them what they decide is kept back.
    """
    earlier = read_earlier(study) if study.protection.on else Earlier()
    sheet = Sheet.of(results, study, moments, pairs, levels, earlier)
    if study.protection.on:
        _protect(sheet, earlier)
        earlier = replace(earlier, gone=gone_since(sheet, earlier))
    return Release(_released(results, sheet), _log(sheet), earlier, not study.protection.on)


def _protect(sheet: Sheet, earlier: Earlier) -> None:
    protect_flow(sheet)
    bases = protect_means(sheet)
    protect_counts(sheet)
    protect_tables(sheet)
    protect_beside(sheet)
    protect_costs(sheet)
    protect_labels(sheet)
    protect_shapes(sheet)
    protect_attrition(sheet)
    protect_levels(sheet)
    protect_followed_up(sheet, bases)
    protect_occasions(sheet, bases)
    protect_comparisons(sheet, bases)
    protect_near_misses(sheet)
    protect_shares(sheet)
    _protect_every_row(sheet)
    protect_from_earlier(sheet, earlier)
    _hide_bases(sheet)


def _protect_every_row(sheet: Sheet) -> None:
    """What holds of any row: what it gives away is known, and its base is large enough."""
    for place, row in enumerate(sheet.rows):
        kind = sheet.kinds[place]
        small = 0 < row["n"] < sheet.protection.base
        if small:
            sheet.bare.add(place)
        if not kind:
            sheet.withhold(place, "unclassified", bare=True)
        elif small:
            sheet.withhold(place, "small_base")
        elif kind == "one":
            sheet.withhold(place, "single_points")
        elif _is_small_count(sheet, place):
            sheet.withhold(place, "small_count")
        elif kind in TESTS and sheet.protection.rounding:
            sheet.withhold(place, "rounding")
        elif kind not in ("nothing", "base", "count") and sheet.unfit(place):
            sheet.withhold(place, "few_organisations")


def _is_small_count(sheet: Sheet, place: int) -> bool:
    """Whether a row says by itself how few there are: no rule before may have missed it."""
    kind, row, least = sheet.kinds[place], sheet.rows[place], sheet.protection.threshold
    if row["status"] != "ok" or row["estimate"] is None:
        return False
    if kind == "count":
        return bool(0 < row["estimate"] < least)
    counted = row["estimand"] == "n_choosing"
    if not counted and (kind not in _COUNTED or row["method"] in _TESTS_OF_SHARES):
        return False
    count = float(row["estimate"]) if counted else sheet.count(place)
    return any(0 < part < least for part in (count, row["n"] - count))


def _hide_bases(sheet: Sheet) -> None:
    """A base that is kept back in one row is so in all others that have it, alone or in a sum."""
    hidden = {
        (row["phase"], row["comparison"], row["outcome"], row["group"])
        for place in sheet.where(analysis="flow", estimand="n_analysed")
        if place in sheet.bare and (row := sheet.rows[place])
    }
    if not hidden:
        return
    scores = {name: band.score_outcome for name, band in sheet.study.bands.items()}
    for place, row in enumerate(sheet.rows):
        outcome = scores.get(row["outcome"], row["outcome"])
        groups = row["group"].split("_v_")
        if row["analysis"] == "families" or any(
            (row["phase"], row["comparison"], outcome, group) in hidden for group in groups
        ):
            sheet.bare.add(place)


# --- the tables ---------------------------------------------------------------------------


def _released(results: pl.DataFrame, sheet: Sheet) -> pl.DataFrame:
    p = sheet.protection
    held = pl.Series(
        "held", [place in sheet.withheld for place in range(results.height)], dtype=pl.Boolean
    )
    bare = pl.Series(
        "bare", [place in sheet.bare for place in range(results.height)], dtype=pl.Boolean
    )
    rules = [RULES[sheet.withheld[place][0]] if place in sheet.withheld else None
             for place in range(results.height)]  # fmt: skip
    about = pl.Series("about", [kind != "nothing" for kind in sheet.kinds], dtype=pl.Boolean)
    low = pl.col("n").is_between(1, p.low_base - 1)
    marker = (
        pl.when(held).then(pl.lit("c"))
        .when(pl.col("status") == "not_estimable").then(pl.lit("x"))
        .when(low & pl.lit(about))
        .then(pl.lit("u"))
        .otherwise(pl.lit(""))
    )  # fmt: skip
    notes = results["note"]
    if p.on:
        said_of = {note: released_note(note, p) for note in notes.unique()}
        notes = pl.Series("note", [said_of[note] for note in notes], dtype=pl.String)
    said = pl.coalesce(pl.Series("rule", rules, dtype=pl.String), notes)
    released = results.with_columns(
        marker.alias("marker"),
        *(pl.when(held).then(None).otherwise(pl.col(name)).alias(name) for name in _NUMBERS),
        pl.when(held).then(pl.lit("suppressed")).otherwise(pl.col("status")).alias("status"),
        said.alias("note"),
        pl.when(bare).then(None).otherwise(pl.col("n")).alias("n"),
        pl.when(bare).then(0).otherwise(pl.col("n_organisations")).alias("n_organisations"),
    )
    released = shortened(stepped(released, sheet.steps), sheet.short)
    if p.on and p.rounding:
        released = rounded(released, sheet.kinds, p.rounding)
    return released.select([column.name for column in RELEASED])


def _log(sheet: Sheet) -> pl.DataFrame:
    rows = [(sheet.rows[place]["estimate_id"], *sheet.withheld[place])
            for place in sorted(sheet.withheld)]  # fmt: skip
    schema = {column.name: pl.String for column in SUPPRESSIONS}
    return pl.DataFrame(rows, schema=schema, orient="row")
