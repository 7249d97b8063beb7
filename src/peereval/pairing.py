"""scores -> pairs + ledger: who is compared with whom, and where every other row went."""

from typing import Any

import narwhals.stable.v2 as nw

from peereval.columns import LEDGER_STATUSES, names, post, pre
from peereval.engines import Engine, Frame
from peereval.errors import DuplicateError, Fault
from peereval.studies import Comparison, Study

# More than any respondent can answer or any study can have rows: completeness and
# row number fit side by side in one whole number, so one window finds the row to keep.
_ROWS = 1 << 44

_LEDGER_KEYS = ("row", "source", "source_row", "respondent", "occasion", "phase")


def pair_scores(scores: Frame, study: Study, engine: Engine) -> tuple[Frame, Frame]:
    """Pairs and ledger of a study.

    In: `scores`, one row per export row. Out: `pairs`, one row per respondent,
    comparison and pair of occasions, for respondents who answered both with the
    same questionnaire version; ``pre_`` and ``post_`` of an outcome are both there or both
    missing, and when waves are pooled each respondent's outcome is used once. And
    `ledger`, one row per input row and comparison that could use it. Rows are matched by
    id (and organisation, if ids are unique only within one), never by position.
    """
    judged = engine.keep(_judge(scores, study))
    kept = judged.filter(nw.col("status") == "")
    matched = engine.keep(
        nw.concat([_match(kept, comparison, study) for comparison in study.comparisons])
    )
    same = matched.filter(nw.col("phase") == nw.col("post_phase"))
    pairs = same.select(*names("pairs"), *_value_columns(study))
    return pairs, _ledger(judged, matched, study)


def outcome_names(study: Study) -> list[str]:
    """Everything that is paired: scores first, then questions."""
    return [*study.outcomes, *(question.id for question in study.questions)]


def _value_columns(study: Study) -> list[str]:
    return [column for name in outcome_names(study) for column in (pre(name), post(name))]


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
    identified = ~nw.col("respondent").is_null()
    loses = identified & (nw.col("rank") < nw.col("best"))
    if study.duplicates == "drop":
        ranked = ranked.with_columns(n_rows=nw.col("row").count().over(*keys))
        loses = identified & (nw.col("n_rows") > 1)
    less = nw.col("best") // _ROWS > nw.col("n_answered")
    return ranked.with_columns(
        status=nw.when(~identified)
        .then(nw.lit("no_id"))
        .otherwise(nw.when(loses).then(nw.lit("duplicate")).otherwise(nw.lit(""))),
        detail=_loss(study.duplicates, less),
    ).select(*scores.collect_schema().names(), "status", "detail")


def _loss(policy: str, less: nw.Expr) -> nw.Expr:
    """Why a duplicate lost, in words."""
    if policy == "most_complete":
        return (
            nw.when(less)
            .then(nw.lit("another row of this respondent at this occasion is more complete"))
            .otherwise(
                nw.lit("another row of this respondent at this occasion is as complete, and later")
            )
        )
    return nw.lit(
        {
            "first": "an earlier row of this respondent at this occasion was kept",
            "last": "a later row of this respondent at this occasion was kept",
        }.get(policy, "the respondent answered more than once at this occasion; none was kept")
    )


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
        *keys[:1],
        *(nw.col(key) for key in keys[1:]),
        nw.col("phase").alias("post_phase"),
        nw.col("role").alias("post_role"),
        nw.col("row").alias("post_row"),
        *(() if len(keys) > 1 else (nw.col("organisation").alias("post_organisation"),)),
        *(nw.col(name).alias(post(name)) for name in outcomes),
    )
    joined = left.join(right, on=keys, how="inner")
    if len(keys) == 1:
        joined = joined.with_columns(
            organisation=nw.coalesce("organisation", "post_organisation")
        ).drop("post_organisation")
    both = [_both(name) for name in outcomes]
    masked = joined.with_columns(
        nw.when(there).then(nw.col(column)).alias(column)
        for name, there in zip(outcomes, both, strict=True)
        for column in (pre(name), post(name))
    )
    return masked.with_columns(
        nw.lit(comparison.id).alias("comparison"),
        nw.lit(before).alias("before"),
        nw.lit(after).alias("after"),
        nw.lit(wave).cast(nw.Int64).alias("wave"),
        nw.coalesce("post_role", "pre_role").alias("role"),
        _count_both(study).alias("n_complete"),
    ).drop("pre_role", "post_role")


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
    for name in outcome_names(study):
        ordered = ordered.with_columns(
            complete=nw.when(~nw.col(pre(name)).is_null() & usable).then(nw.col("order"))
        ).with_columns(first=nw.col("complete").min().over(*keys))
        chosen = nw.col("order") == nw.col("first")
        ordered = ordered.with_columns(
            nw.when(chosen).then(nw.col(column)).alias(column) for column in (pre(name), post(name))
        )
    first = nw.col("usable_order").min().over(*keys)
    return ordered.with_columns(first=first).with_columns(
        counted=(nw.col("order") == nw.col("first")) & usable
    )


# --- the ledger -----------------------------------------------------------------------------


def _ledger(judged: Frame, matched: Frame, study: Study) -> Frame:
    """One row per input row and comparison that could use it."""
    lost = judged.filter(nw.col("status") != "").select(
        *_LEDGER_KEYS,
        nw.lit("").alias("comparison"),
        "status",
        nw.when(nw.col("status") == "duplicate")
        .then(nw.col("detail"))
        .otherwise(nw.lit(LEDGER_STATUSES["no_id"]))
        .alias("reason"),
        nw.lit(0).cast(nw.Int64).alias("n_outcomes"),
    )
    kept = judged.filter(nw.col("status") == "")
    parts = [lost, _not_compared(kept, study)]
    parts += [_fate(kept, matched, comparison) for comparison in study.comparisons]
    return nw.concat(parts)


def _not_compared(kept: Frame, study: Study) -> Frame:
    used: dict[str, set[str]] = {}
    for comparison in study.comparisons:
        for occasion in _occasions(comparison):
            used.setdefault(occasion, set()).update(comparison.phases)
    compared = nw.lit(False)
    for occasion, phases in used.items():
        compared = compared | (
            (nw.col("occasion") == occasion) & nw.col("phase").is_in(sorted(phases))
        )
    return kept.filter(~compared).select(
        *_LEDGER_KEYS,
        nw.lit("").alias("comparison"),
        nw.lit("not_compared").alias("status"),
        nw.lit(LEDGER_STATUSES["not_compared"]).alias("reason"),
        nw.lit(0).cast(nw.Int64).alias("n_outcomes"),
    )


def _occasions(comparison: Comparison) -> list[str]:
    return list(dict.fromkeys(name for pair in comparison.pairs for name in pair))


def _fate(kept: Frame, matched: Frame, comparison: Comparison) -> Frame:
    """What became of each row that the comparison could use."""
    pairs = matched.filter(nw.col("comparison") == comparison.id).with_columns(
        same=(nw.col("phase") == nw.col("post_phase")).cast(nw.Int64)
    )
    pairs = pairs.with_columns(
        nw.when(nw.col("same") == 1)
        .then(nw.col(name))
        .otherwise(nw.lit(0).cast(nw.Int64))
        .alias(name)
        for name in ("n_complete", "n_outcomes")
    )
    values = ["same", "n_complete", "n_outcomes"]
    rows = nw.concat(
        [pairs.select(nw.col(f"{end}_row").alias("row"), *values) for end in ("pre", "post")]
    )
    # A row can be the end of one pair and the beginning of another.
    best = rows.group_by("row").agg(*(nw.col(name).max() for name in values))
    could = kept.filter(
        nw.col("occasion").is_in(_occasions(comparison)) & nw.col("phase").is_in(comparison.phases)
    ).select(*_LEDGER_KEYS)
    judged = could.join(best, on="row", how="left").with_columns(
        nw.col("n_outcomes").fill_null(0).cast(nw.Int64).alias("n_outcomes")
    )
    status = _choose(
        (nw.col("same").is_null(), "unmatched"),
        (nw.col("same") == 0, "phase_differs"),
        (nw.col("n_complete") == 0, "unscored"),
        (nw.col("n_outcomes") == 0, "pooled"),
        otherwise="used",
    )
    return (
        judged.with_columns(status=status)
        .with_columns(
            nw.lit(comparison.id).alias("comparison"),
            _choose(
                *((nw.col("status") == name, text) for name, text in LEDGER_STATUSES.items()),
                otherwise="",
            ).alias("reason"),
        )
        .select(*names("ledger"))
    )


def _choose(*cases: tuple[nw.Expr, str], otherwise: str) -> nw.Expr:
    value: Any = nw.lit(otherwise)
    for condition, text in reversed(cases):
        value = nw.when(condition).then(nw.lit(text)).otherwise(value)
    return value  # type: ignore[no-any-return]


def refuse_duplicates(scores: Frame, study: Study, engine: Engine) -> None:
    """Raise ``DuplicateError`` if the study forbids duplicates and there are some.

    The error says file, occasion, how many and the first row; ids stay out of it.
    """
    if study.duplicates != "error":
        return
    keys = [*_keys(study), "occasion"]
    rows = scores.filter(~nw.col("respondent").is_null()).with_columns(
        n_rows=nw.col("row").count().over(*keys)
    )
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
