"""answers -> scores: codes of items become scores, as exact whole numbers.

A score is stored as ``denominator`` times its value (see `peereval.scales`), and is
missing unless enough of its items were answered.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl

from peereval.columns import item_column, names
from peereval.engines import Frame
from peereval.reading.coding import as_text, find_code
from peereval.scales import Scale, Score
from peereval.studies import Study


def score_answers(answers: Frame, study: Study) -> Frame:
    """Scores of every respondent at every occasion.

    In: `answers`, one row per export row, one integer column per item and question.
    Out: `scores`, the same rows with ``n_answered`` and one integer column per
    outcome (scores as ``denominator`` x value, questions as their codes), after ``day`` and
    ``year`` if the answers have them. A score whose items were not answered as its rule asks
    is missing.
    """
    dated = [name for name in ("day", "year") if name in answers.collect_schema().names()]
    frame = answers.with_columns(n_answered=count_expr(study.item_columns))
    for part in study.scales:
        frame = score_scale(frame, part.scale)
    return frame.select(
        *names("scores"),
        *dated,
        *(nw.col(name).cast(_smallest(study.scores[name])) for name in study.outcomes),
        *(nw.col(question.id).cast(nw.Int16) for question in study.questions),
    )


def _smallest(score: Score) -> type[nw.Int16 | nw.Int32]:
    """Half the memory where every value fits 16 bits; sums are of 64 bits anyway."""
    return nw.Int16 if score.largest < 2**15 else nw.Int32


def score_scale(frame: Frame, scale: Scale) -> Frame:
    """``frame`` with one integer column per score of ``scale``, built from its item columns."""
    reverse = {item.id for item in scale.items if item.reverse}
    items = {item.id: item_column(scale.id, item.id) for item in scale.items}
    ends = scale.low + scale.high
    codes = {
        item: ends - nw.col(column).cast(nw.Int32)
        if item in reverse
        else nw.col(column).cast(nw.Int32)
        for item, column in items.items()
    }
    built: dict[str, Score] = {}
    for score in scale.scores:
        if score.of[0] in built:
            frame = _from_scores(frame, score, built)
        else:
            frame = _from_items(frame, score, codes, items, scale.per_answer)
        built[score.id] = score
    return frame


def count_expr(columns: Iterable[str]) -> nw.Expr:
    """How many of the columns hold a value."""
    return nw.sum_horizontal(*((~nw.col(name).is_null()).cast(nw.Int32) for name in columns))


def sum_expr(terms: Iterable[nw.Expr], n_answered: nw.Expr, least: int) -> nw.Expr:
    """Sum of the terms that are there, if at least ``least`` are; else missing.

    The only place that sums across columns: on every engine a plain horizontal sum
    of an all-blank row is 0, a score that nobody gave.
    """
    return nw.when(n_answered >= least).then(nw.sum_horizontal(*terms))


def _from_items(
    frame: Frame,
    score: Score,
    codes: Mapping[str, nw.Expr],
    items: Mapping[str, str],
    per_answer: int,
) -> Frame:
    # The count and the sum become columns first: an expression used twice is computed twice.
    count, name = f"_n_{score.outcome}", nw.col(score.outcome)
    frame = frame.with_columns(count_expr(items[item] for item in score.of).alias(count))
    worth = (_points(codes[item], score.points) for item in score.of)
    total = sum_expr(worth, nw.col(count), score.min_answered)
    frame = frame.with_columns(total.cast(nw.Int64).alias(score.outcome))
    if score.prorate or score.rule == "mean":
        weight = score.denominator * (len(score.of) if score.prorate else 1)
        shared = nw.col(count) if per_answer == 1 else nw.col(count) * per_answer
        value = _half_up(name * weight, shared) if score.rounding else name * weight // shared
        frame = frame.with_columns(value.alias(score.outcome))
    for item, code in score.zero_when.items():
        nought = nw.when(nw.col(items[item]) == code).then(nw.lit(0)).otherwise(name)
        frame = frame.with_columns(nought.cast(nw.Int64).alias(score.outcome))
    return frame.drop(count)


def _points(code: nw.Expr, points: Mapping[int, int]) -> nw.Expr:
    """What an answer counts, where that is not its code."""
    if not points:
        return code
    return code.replace_strict(
        list(points), list(points.values()), default=None, return_dtype=nw.Int32
    )


def _half_up(dividend: nw.Expr, divisor: nw.Expr) -> nw.Expr:
    """The quotient as a whole number, halves up: 2.5 is 3, where a computer would say 2.

    In whole numbers of 0 or more, because engines round halves of decimals each their own way.
    """
    return (dividend * 2 + divisor) // (divisor * 2)


def _from_scores(frame: Frame, score: Score, built: Mapping[str, Score]) -> Frame:
    sources = [built[name] for name in score.of]
    if score.rule == "lookup":
        value = nw.col(sources[0].outcome).replace_strict(
            list(score.table), list(score.table.values()), default=None, return_dtype=nw.Int64
        )
    elif score.rule == "rescale":
        step = score.factor * score.denominator / sources[0].denominator
        shift = score.offset * score.denominator
        value = nw.col(sources[0].outcome) * int(step) + int(shift)
    else:
        steps = [score.denominator // s.denominator // (len(sources) if score.rule == "mean" else 1)
                 for s in sources]  # fmt: skip
        count = count_expr(s.outcome for s in sources)
        terms = (nw.col(s.outcome) * k for s, k in zip(sources, steps, strict=True))
        value = sum_expr(terms, count, len(sources))
    return frame.with_columns(value.cast(nw.Int64).alias(score.outcome))


# --- for people ---------------------------------------------------------------------------


def in_units(
    frame: pl.DataFrame, scores: Mapping[str, Score], prefixes: tuple[str, ...] = ("",)
) -> pl.DataFrame:
    """``frame`` with its whole-number scores divided into the unit of each scale."""
    shared = [
        (prefix + outcome, score.denominator)
        for prefix in prefixes
        for outcome, score in scores.items()
        if prefix + outcome in frame.columns and score.denominator != 1
    ]
    # By a column of denominators: dividing by a constant is done by its inverse, and
    # 2931 / 100 is then not the number nearest to 29.31.
    return frame.with_columns(
        pl.col(name).cast(pl.Float64) / pl.repeat(float(denominator), frame.height, eager=True)
        for name, denominator in shared
    )


def score_frame(frame: Any, scale: Scale, columns: Mapping[str, str], coding: str = "") -> Any:
    """Any narwhals-compatible ``frame`` with the scores of ``scale`` added, in their units.

    ``columns`` maps item -> column of the frame; cells hold codes (numbers), labels
    or a mix of both. Anything else is missing. Returned in kind, row order kept.
    """
    data = nw.from_native(frame, eager_only=True)
    codes = scale.codes(coding)
    coded = {
        item_column(scale.id, item): _code(data.get_column(column).to_list(), codes)
        for item, column in columns.items()
    }
    answers = pl.DataFrame(coded, schema=dict.fromkeys(coded, pl.Int16))
    scored = score_scale(nw.from_native(answers.lazy()), scale).collect("polars").to_native()
    made = in_units(scored, {score.outcome: score for score in scale.scores})
    series = [
        nw.new_series(
            score.outcome,
            made[score.outcome].cast(pl.Float64).to_list(),
            nw.Float64,
            backend=data.implementation,
        )
        for score in scale.scores
    ]
    index = nw.maybe_get_index(data)
    if index is not None:
        series = [nw.maybe_set_index(one, index=index) for one in series]
    return data.with_columns(*series).to_native()


def _code(values: list[Any], codes: Mapping[str, int]) -> list[int | None]:
    texts = [as_text(value) for value in values]
    known = {text: find_code(text, codes) for text in set(texts)}
    return [known[text] for text in texts]
