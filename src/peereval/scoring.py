"""answers -> scores: codes of items become scores, as exact whole numbers.

A score is stored as ``denominator`` times its value (see `peereval.scales`), and is
missing unless enough of its items were answered.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    frame = score_scales(frame, [part.scale for part in study.scales])
    return frame.select(
        *names("scores"),
        *dated,
        *(nw.col(name).cast(_smallest(study.scores[name])) for name in study.outcomes),
        *(nw.col(question.id).cast(nw.Int16) for question in study.questions),
    )


def _smallest(score: Score) -> type[nw.Int16 | nw.Int32]:
    """Half the memory where every value fits 16 bits; sums are of 64 bits anyway."""
    return nw.Int16 if score.largest < 2**15 else nw.Int32


def score_scales(frame: Frame, scales: Sequence[Scale]) -> Frame:
    """``frame`` with one integer column per score of ``scales``, built from their item columns."""
    of_items, of_scores = list[tuple[Score, Scale]](), list[tuple[Score, Mapping[str, Score]]]()
    for scale in scales:
        built = {score.id: score for score in scale.scores}
        for score in scale.scores:
            if score.of[0] in built:
                of_scores.append((score, built))
            else:
                of_items.append((score, scale))
    frame = _from_items(frame, of_items)
    for score, others in of_scores:
        frame = _from_scores(frame, score, others)
    return frame


def count_expr(columns: Iterable[str]) -> nw.Expr:
    """How many of the columns hold a value."""
    return nw.sum_horizontal((~nw.col(*columns).is_null()).cast(nw.Int32))


def sum_expr(terms: Iterable[nw.Expr], n_answered: nw.Expr, least: int) -> nw.Expr:
    """Sum of the terms that are there, if at least ``least`` are; else missing.

    The only place that sums across columns: on every engine a plain horizontal sum
    of an all-blank row is 0, a score that nobody gave.
    """
    return nw.when(n_answered >= least).then(nw.sum_horizontal(*terms))


def _from_items(frame: Frame, scores: Sequence[tuple[Score, Scale]]) -> Frame:
    """All scores of items, step by step: a step for all of them costs little more than for one."""
    # Counts and sums become columns first: an expression used twice is computed twice.
    n = {s.outcome: count_expr(_column(item, scale) for item in s.of) for s, scale in scores}
    shared = [(s, scale) for s, scale in scores if s.prorate or s.rule == "mean"]
    counts = {s.outcome: f"_n_{s.outcome}" for s, _ in shared}
    frame = _with(frame, {name: n[outcome] for outcome, name in counts.items()})
    n |= {outcome: nw.col(name) for outcome, name in counts.items()}
    for values in (
        {
            s.outcome: sum_expr(_worth(s, scale), n[s.outcome], s.min_answered)
            for s, scale in scores
        },
        {s.outcome: _divided(s, scale.per_answer, n[s.outcome]) for s, scale in shared},
        {s.outcome: _nought(s, scale) for s, scale in scores if s.zero_when},
    ):
        frame = _with(frame, {name: value.cast(nw.Int64) for name, value in values.items()})
    return frame.drop(*counts.values())


def _with(frame: Frame, columns: Mapping[str, nw.Expr]) -> Frame:
    return frame.with_columns(**columns) if columns else frame


def _column(item: str, scale: Scale) -> str:
    return item_column(scale.id, item)


def _worth(score: Score, scale: Scale) -> Iterator[nw.Expr]:
    """What the answers to the items of a score count, those that it reverses apart."""
    reverse, ends = {item.id for item in scale.items if item.reverse}, scale.low + scale.high
    for turned in (False, True):
        columns = [_column(item, scale) for item in score.of if (item in reverse) == turned]
        if columns:
            codes = nw.col(*columns).cast(nw.Int32)
            yield _points(codes * -1 + ends if turned else codes, score.points)


def _divided(score: Score, per_answer: int, n_answered: nw.Expr) -> nw.Expr:
    """A mean, or a sum as if all items were answered, of the sum of those that were."""
    weight = score.denominator * (len(score.of) if score.prorate else 1)
    total = nw.col(score.outcome) * weight
    shared = n_answered if per_answer == 1 else n_answered * per_answer
    return _half_up(total, shared) if score.rounding else total // shared


def _nought(score: Score, scale: Scale) -> nw.Expr:
    """The score, 0 where an item has the code that makes it so."""
    value = nw.col(score.outcome)
    for item, code in score.zero_when.items():
        value = nw.when(nw.col(_column(item, scale)) == code).then(nw.lit(0)).otherwise(value)
    return value


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
    scored = score_scales(nw.from_native(answers.lazy()), [scale]).collect("polars").to_native()
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
