"""Which rows are compared, and what every row comes to."""

from collections.abc import Mapping
from functools import reduce
from operator import or_
from typing import Any

import narwhals.stable.v2 as nw
from msgspec import Struct

from peereval.columns import DECLARED, STAYS, TEST, UNFINISHED, names, post, pre, together
from peereval.engines import Engine, Frame
from peereval.pairing.conflicts import bars, contradiction_bits
from peereval.pairing.ledger import MORE_COMPLETE, OPEN, OTHERWISE, standing
from peereval.studies import Comparison, Study

# More than any respondent can answer or any study can have rows: completeness and
# row number fit side by side in one whole number, so one window finds the row to keep.
_ROWS = 1 << 44
#: Before the name of an outcome: whether it may be used of a pair; and for the total of costs.
_BOTH, _TOGETHER = "both ", "together "
#: Before the names of some phases: whether a pair is of one of them.
_ASKED = "asked "
#: What a study of tables alone compares: no row is of this occasion.
_NOTHING = Comparison("", "", (("", ""),), ())


class Paired(Struct, frozen=True):
    """What matching comes to, each on its engine.

    ``pairs``: one row per pair that may be used. ``fates``: one row per input row and
    comparison that could use it, of which `write_ledger` makes the ledger. ``contradictions``:
    one row per matched respondent, comparison and wave whose two responses contradict each
    other in anything, used or not, of which `find_conflicts` makes the conflicts.
    """

    pairs: Frame
    fates: Frame
    contradictions: Frame


def pair_scores(scores: Frame, study: Study, engine: Engine) -> Paired:
    """Pairs of a study, and the fate of every input row.

    In: `scores`, one row per export row. Out: `pairs`, one row per respondent,
    comparison and pair of occasions, for respondents who answered both with the
    same questionnaire version and without a conflict that the study drops; ``pre_`` and
    ``post_`` of an outcome are both there or both missing, and when waves are pooled each
    respondent's outcome is used once. Rows that are set aside are in no pair, and are
    nobody's duplicates. Rows are matched by id (and organisation, if ids are
    unique only within one), never by position.
    """
    judged = engine.keep(_judge(scores, study))
    kept = judged.filter(nw.col("standing") == OPEN)
    matched = engine.keep(_match(kept, study))
    # Standings are numbered in the order of judging: from here on a pair may be used.
    usable = nw.col("standing") >= standing(study, "unscored")
    return Paired(
        pairs=matched.filter(usable).select(*names("pairs"), *_values(study)),
        fates=_fates(judged, matched, study),
        contradictions=matched.filter(nw.col("conflict") > 0).select(
            "comparison", "pre_row", "post_row", "conflict", "counted", usable.alias("usable")
        ),
    )


def outcome_names(study: Study) -> list[str]:
    """Everything that is paired: scores first, then questions."""
    return [*study.outcomes, *(question.id for question in study.questions)]


def _values(study: Study) -> dict[str, tuple[str, str]]:
    """Values of a pair: column -> the flag that says whether it is used, and what it is made of."""
    ends = (pre, post)
    alone = {end(name): (_BOTH + name, end(name)) for name in outcome_names(study) for end in ends}
    total = {
        together(end(name)): (_TOGETHER + name, end(name)) for name in study.costed for end in ends
    }
    return alone | total


# --- one row per respondent and occasion ----------------------------------------------------


def keys_of(study: Study) -> list[str]:
    """What a respondent is known by."""
    return ["respondent", "organisation"] if study.id_scope == "organisation" else ["respondent"]


def may_pair(study: Study) -> nw.Expr:
    """Whether a row is not set aside and has all that it is matched by: blanks equal nothing."""
    known = nw.col("exclusion") == STAYS
    for key in keys_of(study):
        known = known & ~nw.col(key).is_null()
    return known


def _judge(scores: Frame, study: Study) -> Frame:
    """``scores`` with their standing so far, and without what is not needed from here on."""
    keys = [*keys_of(study), "occasion"]
    rank = {
        "most_complete": nw.col("n_answered").cast(nw.Int64) * _ROWS + nw.col("row"),
        "first": -nw.col("row"),
    }.get(study.duplicates, nw.col("row"))
    # Rows that may not pair have no rank: they neither win nor count.
    ranked = scores.with_columns(rank=nw.when(may_pair(study)).then(rank))
    ranked = ranked.with_columns(best=nw.col("rank").max().over(*keys))
    loses = nw.col("rank") < nw.col("best")
    if study.duplicates == "drop":
        ranked = ranked.with_columns(n_rows=nw.col("rank").count().over(*keys))
        loses = nw.col("n_rows") > 1
    dropped = ("exclusion", "n_answered", "source", "source_row")
    return ranked.with_columns(standing=_standing_alone(loses, study)).select(
        *(name for name in scores.collect_schema().names() if name not in dropped), "standing"
    )


def _standing_alone(loses: nw.Expr, study: Study) -> nw.Expr:
    """Standing of a row before it is matched."""
    set_aside = {TEST: standing(study, "test_response"), UNFINISHED: standing(study, "unfinished")}
    for code, exclusion in enumerate(study.exclusions, DECLARED):
        set_aside[code] = standing(study, "excluded", exclusion.reason)
    less_complete = nw.lit(False)
    if study.duplicates == "most_complete":
        less_complete = nw.col("best") // _ROWS > nw.col("n_answered")
    return _choose(
        *((nw.col("exclusion") == code, number) for code, number in set_aside.items()),
        (nw.col("rank").is_null(), standing(study, "no_id")),
        (loses & less_complete, standing(study, "duplicate", MORE_COMPLETE)),
        (loses, standing(study, "duplicate", OTHERWISE[study.duplicates])),
        otherwise=OPEN,
    )


# --- matching -------------------------------------------------------------------------------


def _match(kept: Frame, study: Study) -> Frame:
    """Respondents found at both occasions of each comparison, values masked and pooled.

    Those who cannot be compared are among them: their ``standing`` says so.
    """
    earlier, later = _earlier(kept, study), _later(kept, study)
    found = [
        _join(earlier, later, comparison, wave, study)
        for comparison in study.comparisons or (_NOTHING,)
        for wave in range(len(comparison.pairs))
    ]
    matched = _pool(_judge_pairs(nw.concat(found), study), study)
    usable = nw.col("standing") == OPEN
    used = nw.when(usable).then(_count(study)).otherwise(nw.lit(0))
    matched = matched.with_columns(n_outcomes=used.cast(nw.Int64))
    # Where there are tables alone nothing is scored: whoever is matched is used.
    scored = (
        (nw.col("n_complete") == 0, standing(study, "unscored")),
        (nw.col("n_outcomes") == 0, standing(study, "pooled")),
    )
    reached = _choose(
        (~usable, nw.col("standing")),
        *(scored if outcome_names(study) else ()),
        otherwise=standing(study, "used"),
    )
    # Both values of every outcome, or neither.
    values = (
        nw.when(nw.col(flag)).then(nw.col(value)).alias(column)
        for column, (flag, value) in _values(study).items()
    )
    return matched.with_columns(standing=reached).select(
        *names("pairs"), "conflict", "standing", *values
    )


def _judge_pairs(joined: Frame, study: Study) -> Frame:
    """Pairs with what speaks against their use, and which of their values may be used."""
    there = set(joined.collect_schema().names())
    phases = {name: study.phases_of(name) for name in outcome_names(study)}
    asked = {name: _ASKED + " ".join(some) for name, some in phases.items()}
    # What is asked of several columns becomes a column: an expression used twice is computed twice.
    judged = joined.with_columns(
        conflict=contradiction_bits(there, study),
        **{asked[name]: nw.col("phase").is_in(some) for name, some in phases.items()},
    )
    judged = judged.with_columns(_both(name, asked[name]).alias(_BOTH + name) for name in phases)
    if study.costed:
        judged = judged.with_columns(every=_every_costed(asked, study)).with_columns(
            (nw.col("every") & nw.col(_BOTH + name)).alias(_TOGETHER + name)
            for name in study.costed
        )
    return judged.with_columns(
        organisation=nw.coalesce("organisation", "post_organisation"),
        role=nw.coalesce("post_role", "pre_role"),
        n_complete=_count(study),
        standing=_choose(*bars(there, study), otherwise=OPEN),
    )


def _both(outcome: str, asked: str) -> nw.Expr:
    """Whether a pair may be used for an outcome: there at both occasions, and ``asked``."""
    missing = nw.col(pre(outcome)).is_null() | nw.col(post(outcome)).is_null()
    return nw.col(asked) & ~missing


def _count(study: Study) -> nw.Expr:
    """For how many outcomes a pair may be used."""
    if not (flags := [_BOTH + name for name in outcome_names(study)]):
        return nw.lit(0).cast(nw.Int64)
    return nw.sum_horizontal(nw.col(*flags).cast(nw.Int64))


def _every_costed(asked: Mapping[str, str], study: Study) -> nw.Expr:
    """Whether all costed questions that the phase asks are complete.

    Their total has pairs of its own: single questions may be taken from different waves.
    """
    every = nw.lit(True)
    for name in study.costed:
        every = every & (nw.col(_BOTH + name) | ~nw.col(asked[name]))
    return every


def _earlier(kept: Frame, study: Study) -> Frame:
    """Rows as the earlier responses of pairs."""
    return kept.select(
        "respondent",
        "organisation",
        "phase",
        *_dated(kept),
        nw.col("occasion").alias("before"),
        nw.col("role", "row", *outcome_names(study)).name.prefix(pre("")),
    )


def _later(kept: Frame, study: Study) -> Frame:
    """Rows as the later responses of pairs."""
    said = ("phase", "organisation", "role", "row", *_dated(kept), *outcome_names(study))
    return kept.select(
        *keys_of(study), nw.col("occasion").alias("after"), nw.col(*said).name.prefix(post(""))
    )


def _dated(kept: Frame) -> list[str]:
    return [name for name in ("day", "year") if name in kept.collect_schema().names()]


def _join(earlier: Frame, later: Frame, comparison: Comparison, wave: int, study: Study) -> Frame:
    """Both responses of each respondent, one of them at least of a phase that is compared."""
    before, after = comparison.pairs[wave]
    left = earlier.filter(nw.col("before") == before).with_columns(
        nw.lit(comparison.id).alias("comparison"), nw.lit(wave).cast(nw.Int64).alias("wave")
    )
    joined = left.join(later.filter(nw.col("after") == after), on=keys_of(study), how="inner")
    if set(comparison.phases) == {phase.id for phase in study.phases}:
        return joined
    return joined.filter(
        nw.col("phase").is_in(comparison.phases) | nw.col("post_phase").is_in(comparison.phases)
    )


def _pool(matched: Frame, study: Study) -> Frame:
    """Pairs with whether they count; of comparisons of several waves one an outcome is kept.

    ``first_complete`` keeps of each respondent the earliest wave in which the outcome is complete
    at both occasions, ``last_complete`` the latest.
    """
    matched = matched.with_columns(counted=nw.col("standing") == OPEN)
    several = [each.id for each in study.comparisons if len(each.pairs) > 1]
    if not several:
        return matched
    pooled = nw.col("comparison").is_in(several)
    alone, waves = matched.filter(~pooled), _first_of_waves(matched.filter(pooled), study)
    return nw.concat([alone, waves.select(*alone.collect_schema().names())])


def _first_of_waves(matched: Frame, study: Study) -> Frame:
    """Pairs of which each flag stands in the first wave that has it, of those that are usable."""
    keys, usable = ["comparison", *keys_of(study)], nw.col("standing") == OPEN
    order = nw.col("wave") if study.pooling == "first_complete" else -nw.col("wave")
    flags = ["counted", *(_BOTH + name for name in outcome_names(study))]
    totals = [_TOGETHER + name for name in study.costed]
    if totals:
        flags.append("total")
        matched = matched.with_columns(total=reduce(or_, map(nw.col, totals)))
    # Everything that is asked of all waves of a respondent is asked at once.
    first = (
        matched.with_columns(nw.col(*flags) & usable, order=order.cast(nw.Int16))
        .with_columns(nw.when(nw.col(flag)).then(nw.col("order")).alias(flag) for flag in flags)
        .with_columns(nw.col(*flags).min().over(*keys))
        .with_columns((nw.col(*flags) == nw.col("order")).fill_null(False))
    )
    return first.with_columns(nw.col(*totals) & nw.col("total")) if totals else first


# --- what every row comes to ----------------------------------------------------------------


def _fates(judged: Frame, matched: Frame, study: Study) -> Frame:
    """One row per input row and comparison that could use it: its number and its standing."""
    kept = judged.filter(nw.col("standing") == OPEN)
    lost = judged.filter(nw.col("standing") != OPEN)
    idle = kept.filter(~_is_compared(study)).with_columns(
        standing=nw.lit(standing(study, "not_compared")).cast(nw.Int16)
    )
    parts = [
        rows.select(
            "row", nw.lit("").alias("comparison"), "standing",
            nw.lit(0).cast(nw.Int64).alias("n_outcomes"),
        )
        for rows in (lost, idle)
    ]  # fmt: skip
    parts += [_fate(kept, matched, comparison, study) for comparison in study.comparisons]
    return nw.concat(parts)


def _is_compared(study: Study) -> nw.Expr:
    used: dict[str, set[str]] = {}
    for comparison in study.comparisons:
        for occasion in _occasions(comparison):
            used.setdefault(occasion, set()).update(comparison.phases)
    # Of no row, where nothing is compared: an expression as long as the others.
    compared = nw.col("row").is_null()
    for occasion, phases in used.items():
        compared = compared | (
            (nw.col("occasion") == occasion) & nw.col("phase").is_in(sorted(phases))
        )
    return compared


def _occasions(comparison: Comparison) -> list[str]:
    return list(dict.fromkeys(name for pair in comparison.pairs for name in pair))


def _fate(kept: Frame, matched: Frame, comparison: Comparison, study: Study) -> Frame:
    """What each row that the comparison could use comes to."""
    values = ["standing", "n_outcomes"]
    pairs = matched.filter(nw.col("comparison") == comparison.id)
    rows = nw.concat(
        [pairs.select(nw.col(f"{end}_row").alias("row"), *values) for end in ("pre", "post")]
    )
    # A row can be the end of one pair and the beginning of another.
    best = rows.group_by("row").agg(*(nw.col(name).max() for name in values))
    could = kept.filter(
        nw.col("occasion").is_in(_occasions(comparison)) & nw.col("phase").is_in(comparison.phases)
    )
    return (
        could.select("row")
        .join(best, on="row", how="left")
        .select(
            "row",
            nw.lit(comparison.id).alias("comparison"),
            nw.col("standing").fill_null(standing(study, "unmatched")).cast(nw.Int16),
            nw.col("n_outcomes").fill_null(0).cast(nw.Int64),
        )
    )


def _choose(*cases: tuple[nw.Expr, int | nw.Expr], otherwise: int) -> nw.Expr:
    """The number of the first condition that holds."""
    value: Any = nw.lit(otherwise)
    for condition, number in reversed(cases):
        then = nw.lit(number) if isinstance(number, int) else number
        value = nw.when(condition).then(then).otherwise(value)
    chosen: nw.Expr = value.cast(nw.Int16)
    return chosen
