"""scores -> pairs + ledger: who is compared with whom, and where every other row went."""

from typing import Any

import narwhals.stable.v2 as nw
import polars as pl

from peereval.columns import LEDGER_STATUSES, names, post, pre, together
from peereval.engines import Engine, Frame
from peereval.errors import DuplicateError, Fault
from peereval.studies import Comparison, Study

# More than any respondent can answer or any study can have rows: completeness and
# row number fit side by side in one whole number, so one window finds the row to keep.
_ROWS = 1 << 44


def pair_scores(scores: Frame, study: Study, engine: Engine) -> tuple[Frame, Frame]:
    """Pairs of a study, and the fate of every input row.

    In: `scores`, one row per export row. Out: `pairs`, one row per respondent,
    comparison and pair of occasions, for respondents who answered both with the
    same questionnaire version; ``pre_`` and ``post_`` of an outcome are both there or both
    missing, and when waves are pooled each respondent's outcome is used once. And the
    fates, one row per input row and comparison that could use it, of which
    `write_ledger` makes the ledger. Rows are matched by id (and organisation, if ids are
    unique only within one), never by position.
    """
    judged = engine.keep(_judge(scores, study))
    kept = judged.filter(nw.col("status") == "")
    matched = engine.keep(
        nw.concat([_match(kept, comparison, study) for comparison in study.comparisons])
    )
    same = matched.filter(nw.col("phase") == nw.col("post_phase"))
    pairs = same.select(*names("pairs"), *_value_columns(study))
    return pairs, _fates(judged, matched, study)


def outcome_names(study: Study) -> list[str]:
    """Everything that is paired: scores first, then questions."""
    return [*study.outcomes, *(question.id for question in study.questions)]


def _value_columns(study: Study) -> list[str]:
    values = [column for name in outcome_names(study) for column in (pre(name), post(name))]
    return values + [together(column) for column in _costed_columns(study)]


def _costed_columns(study: Study) -> list[str]:
    return [column for name in study.costed for column in (pre(name), post(name))]


# --- one row per respondent and occasion ----------------------------------------------------


def _keys(study: Study) -> list[str]:
    return ["respondent", "organisation"] if study.id_scope == "organisation" else ["respondent"]


def _judge(scores: Frame, study: Study) -> Frame:
    """``scores`` with the status ``no_id``, ``duplicate`` or, for rows that stay, an empty one."""
    keys = [*_keys(study), "occasion"]
    rank = {
        "most_complete": nw.col("n_answered").cast(nw.Int64) * _ROWS + nw.col("row"),
        "first": -nw.col("row"),
    }.get(study.duplicates, nw.col("row"))
    ranked = scores.with_columns(rank=rank)
    ranked = ranked.with_columns(best=nw.col("rank").max().over(*keys))
    identified = _identified(study)
    loses = identified & (nw.col("rank") < nw.col("best"))
    if study.duplicates == "drop":
        ranked = ranked.with_columns(n_rows=nw.col("row").count().over(*keys))
        loses = identified & (nw.col("n_rows") > 1)
    return ranked.with_columns(
        status=nw.when(~identified)
        .then(nw.lit("no_id"))
        .otherwise(nw.when(loses).then(nw.lit("duplicate")).otherwise(nw.lit(""))),
        less_complete=_is_less_complete(study.duplicates),
    ).select(*scores.collect_schema().names(), "status", "less_complete")


def _identified(study: Study) -> nw.Expr:
    """Whether a row has all that it is matched by: a blank never equals a blank."""
    known = nw.lit(True)
    for key in _keys(study):
        known = known & ~nw.col(key).is_null()
    return known


def _is_less_complete(policy: str) -> nw.Expr:
    if policy != "most_complete":
        return nw.lit(False)
    return nw.col("best") // _ROWS > nw.col("n_answered")


# --- matching -------------------------------------------------------------------------------


def _match(kept: Frame, comparison: Comparison, study: Study) -> Frame:
    """Respondents of one comparison found at both occasions, values masked and pooled."""
    waves = [
        _match_wave(kept, comparison, wave, before, after, study)
        for wave, (before, after) in enumerate(comparison.pairs)
    ]
    if len(waves) == 1:
        matched = waves[0].with_columns(counted=nw.col("post_phase") == nw.col("phase"))
    else:
        matched = _pool(nw.concat(waves), study)
    used = _count_both(study).alias("n_outcomes")
    return matched.with_columns(used).select(*names("pairs"), "post_phase", *_value_columns(study))


def _match_wave(
    kept: Frame, comparison: Comparison, wave: int, before: str, after: str, study: Study
) -> Frame:
    keys, outcomes = _keys(study), outcome_names(study)
    rows = kept.filter(nw.col("phase").is_in(comparison.phases))
    left = rows.filter(nw.col("occasion") == before).select(
        "respondent",
        "organisation",
        "phase",
        nw.col("role").alias("pre_role"),
        nw.col("row").alias("pre_row"),
        *(nw.col(name).alias(pre(name)) for name in outcomes),
    )
    right = rows.filter(nw.col("occasion") == after).select(
        *keys,
        nw.col("phase").alias("post_phase"),
        nw.col("organisation").alias("post_organisation"),
        nw.col("role").alias("post_role"),
        nw.col("row").alias("post_row"),
        *(nw.col(name).alias(post(name)) for name in outcomes),
    )
    joined = left.join(right, on=keys, how="inner")
    masked = joined.with_columns(
        nw.when(_both(name) & nw.col("phase").is_in(study.phases_of(name)))
        .then(nw.col(column))
        .alias(column)
        for name in outcomes
        for column in (pre(name), post(name))
    )
    return (
        _with_costed(masked, study)
        .with_columns(
            nw.lit(comparison.id).alias("comparison"),
            nw.lit(before).alias("before"),
            nw.lit(after).alias("after"),
            nw.lit(wave).cast(nw.Int64).alias("wave"),
            nw.coalesce("organisation", "post_organisation").alias("organisation"),
            nw.coalesce("post_role", "pre_role").alias("role"),
            _count_both(study).alias("n_complete"),
        )
        .drop("pre_role", "post_role", "post_organisation")
    )


def _with_costed(masked: Frame, study: Study) -> Frame:
    """The costed questions once more, where all that the phase asks are complete.

    Their total has pairs of its own: single questions may be taken from different waves.
    """
    if not study.costed:
        return masked
    every = nw.lit(True)
    for name in study.costed:
        every = every & (_both(name) | ~nw.col("phase").is_in(study.phases_of(name)))
    return masked.with_columns(
        nw.when(every).then(nw.col(column)).alias(together(column))
        for column in _costed_columns(study)
    )


def _both(outcome: str) -> nw.Expr:
    return ~nw.col(pre(outcome)).is_null() & ~nw.col(post(outcome)).is_null()


def _count_both(study: Study) -> nw.Expr:
    return nw.sum_horizontal(*(_both(name).cast(nw.Int64) for name in outcome_names(study)))


def _pool(matched: Frame, study: Study) -> Frame:
    """Several waves as one comparison: per outcome, one pair a respondent.

    ``first_complete`` keeps the earliest wave in which the outcome is complete at
    both occasions, ``last_complete`` the latest.
    """
    keys = _keys(study)
    order = nw.col("wave") if study.pooling == "first_complete" else -nw.col("wave")
    usable = nw.col("phase") == nw.col("post_phase")
    ordered = matched.with_columns(order=order).with_columns(
        usable_order=nw.when(usable).then(nw.col("order"))
    )
    columns = [[pre(name), post(name)] for name in outcome_names(study)]
    if study.costed:
        columns.append([together(column) for column in _costed_columns(study)])
    for some in columns:
        ordered = _keep_first(ordered, some, usable, keys)
    first = nw.col("usable_order").min().over(*keys)
    return ordered.with_columns(first=first).with_columns(
        counted=(nw.col("order") == nw.col("first")) & usable
    )


def _keep_first(ordered: Frame, columns: list[str], usable: nw.Expr, keys: list[str]) -> Frame:
    """``columns``, complete together, kept in the first wave in which a respondent has them."""
    there = ~nw.coalesce(*columns).is_null()
    complete = nw.when(there & usable).then(nw.col("order"))
    ranked = ordered.with_columns(complete=complete).with_columns(
        first=nw.col("complete").min().over(*keys)
    )
    chosen = nw.col("order") == nw.col("first")
    return ranked.with_columns(nw.when(chosen).then(nw.col(c)).alias(c) for c in columns)


# --- the ledger -----------------------------------------------------------------------------


def _fates(judged: Frame, matched: Frame, study: Study) -> Frame:
    """One row per input row and comparison that could use it: its number and its status."""
    kept = judged.filter(nw.col("status") == "")
    lost = judged.filter(nw.col("status") != "")
    parts = [
        _without_comparison(
            lost,
            nw.col("status"),
            nw.col("less_complete") & (nw.col("status") == "duplicate"),
        )
    ]
    parts.append(
        _without_comparison(
            kept.filter(~_is_compared(study)), nw.lit("not_compared"), nw.lit(False)
        )
    )
    parts += [_fate(kept, matched, comparison) for comparison in study.comparisons]
    return nw.concat(parts)


def _without_comparison(rows: Frame, status: nw.Expr, less_complete: nw.Expr) -> Frame:
    return rows.select(
        "row",
        nw.lit("").alias("comparison"),
        status.alias("status"),
        less_complete.alias("less_complete"),
        nw.lit(0).cast(nw.Int64).alias("n_outcomes"),
    )


def _is_compared(study: Study) -> nw.Expr:
    used: dict[str, set[str]] = {}
    for comparison in study.comparisons:
        for occasion in _occasions(comparison):
            used.setdefault(occasion, set()).update(comparison.phases)
    compared = nw.lit(False)
    for occasion, phases in used.items():
        compared = compared | (
            (nw.col("occasion") == occasion) & nw.col("phase").is_in(sorted(phases))
        )
    return compared


def _occasions(comparison: Comparison) -> list[str]:
    return list(dict.fromkeys(name for pair in comparison.pairs for name in pair))


def _fate(kept: Frame, matched: Frame, comparison: Comparison) -> Frame:
    """What became of each row that the comparison could use."""
    same = (nw.col("phase") == nw.col("post_phase")).cast(nw.Int64)
    pairs = matched.filter(nw.col("comparison") == comparison.id).select(
        "pre_row",
        "post_row",
        same.alias("same"),
        *((nw.col(name) * same).alias(name) for name in ("n_complete", "n_outcomes")),
    )
    values = ["same", "n_complete", "n_outcomes"]
    rows = nw.concat(
        [pairs.select(nw.col(f"{end}_row").alias("row"), *values) for end in ("pre", "post")]
    )
    # A row can be the end of one pair and the beginning of another.
    best = rows.group_by("row").agg(*(nw.col(name).max() for name in values))
    could = kept.filter(
        nw.col("occasion").is_in(_occasions(comparison)) & nw.col("phase").is_in(comparison.phases)
    )
    status = _choose(
        (nw.col("same").is_null(), "unmatched"),
        (nw.col("same") == 0, "phase_differs"),
        (nw.col("n_complete") == 0, "unscored"),
        (nw.col("n_outcomes") == 0, "pooled"),
        otherwise="used",
    )
    return (
        could.select("row")
        .join(best, on="row", how="left")
        .select(
            "row",
            nw.lit(comparison.id).alias("comparison"),
            status.alias("status"),
            nw.lit(False).alias("less_complete"),
            nw.col("n_outcomes").fill_null(0).cast(nw.Int64).alias("n_outcomes"),
        )
    )


def _choose(*cases: tuple[nw.Expr, str], otherwise: str) -> nw.Expr:
    value: Any = nw.lit(otherwise)
    for condition, text in reversed(cases):
        value = nw.when(condition).then(nw.lit(text)).otherwise(value)
    return value  # type: ignore[no-any-return]


def write_ledger(fates: pl.DataFrame, scores: pl.DataFrame, study: Study) -> pl.DataFrame:
    """`ledger`: the fates with where each row came from, and the reason in words.

    ``scores`` sorted by row. Words that many rows share are held once (categorical).
    """
    lean = fates.with_columns(
        pl.col("comparison", "status").cast(pl.Categorical), pl.col("n_outcomes").cast(pl.Int32)
    ).sort("row", "comparison")
    # Both are in the order of rows: looked up, not joined, which would hold everything twice;
    # and one column after the other, for the same reason.
    place = scores["row"].search_sorted(lean["row"])
    for name in ("source_row", "respondent"):
        lean = lean.with_columns(scores[name].gather(place))
    for name in ("source", "occasion", "phase"):
        lean = lean.with_columns(scores[name].cast(pl.Categorical).gather(place))
    said = lean.join(
        _reasons(study), on=["status", "less_complete"], how="left", maintain_order="left"
    )
    return said.with_columns(pl.col("n_outcomes").cast(pl.Int64)).select(names("ledger"))


def _reasons(study: Study) -> pl.DataFrame:
    """Reason in words of each status; of a duplicate by whether it was less complete."""
    less, otherwise = _LOSSES[study.duplicates]
    rows = [(status, False, text) for status, text in LEDGER_STATUSES.items()]
    rows = [row for row in rows if row[0] != "duplicate"]
    rows += [("duplicate", True, less), ("duplicate", False, otherwise)]
    table = pl.DataFrame(rows, schema=["status", "less_complete", "reason"], orient="row")
    return table.with_columns(pl.col("status", "reason").cast(pl.Categorical))


_SAME = "this respondent at this occasion"
#: Why a duplicate lost, by policy: when it was less complete than the one kept, and otherwise.
_LOSSES = {
    "most_complete": (
        f"another row of {_SAME} is more complete",
        f"another row of {_SAME} is as complete, and later",
    ),
    "first": (f"an earlier row of {_SAME} was kept",) * 2,
    "last": (f"a later row of {_SAME} was kept",) * 2,
    "drop": ("the respondent answered more than once at this occasion; none was kept",) * 2,
    "error": ("",) * 2,
}


def refuse_duplicates(scores: Frame, study: Study, engine: Engine) -> None:
    """Raise ``DuplicateError`` if the study forbids duplicates and there are some.

    The error says file, occasion, how many and the first row; ids stay out of it.
    """
    if study.duplicates != "error":
        return
    keys = [*_keys(study), "occasion"]
    rows = scores.filter(_identified(study)).with_columns(n_rows=nw.col("row").count().over(*keys))
    found = engine.fetch(
        rows.filter(nw.col("n_rows") > 1)
        .group_by("source", "occasion")
        .agg(nw.len().alias("n"), nw.col("source_row").min())
    )
    faults = [
        Fault("DUP001", f"{n} rows share their respondent with another row of {occasion}",
              'Remove them, or choose another policy for duplicates in [matching]',
              source, row, study.respondent, n)
        for source, occasion, n, row in found.sort("source", "occasion").iter_rows()
    ]  # fmt: skip
    if faults:
        raise DuplicateError("Respondents answered more than once at one occasion", faults)
