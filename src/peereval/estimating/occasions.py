"""More than two occasions: change sustained on the same respondents."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl
from msgspec import Struct
from msgspec.structs import replace

from peereval.estimating.material import MOST_ROWS, TOO_MANY, Material
from peereval.estimators.clustered import contrast_cr2
from peereval.estimators.estimate import Estimate, Key
from peereval.estimators.occasions import (
    Series,
    any_change,
    any_change_clustered,
    mean_at,
    mixed_changes,
)
from peereval.estimators.paired import paired_t
from peereval.moments import Integers, group_filter
from peereval.pairing import UNPAIRED, keys_of
from peereval.studies import Phase, Study

#: Of each way to estimate a mean change: its method, and what it is computed by.
_CHANGES = (("repeated_measures", lambda sums, level: contrast_cr2((sums,), level)),
            ("paired_t", paired_t))  # fmt: skip


def occasion_rows(material: Material, phase: Phase) -> Iterator[dict[str, Any]]:
    """More than two occasions of the same respondents, where comparisons link them.

    Occasions that follow from one first occasion by comparisons make a series; waves are not
    pooled here, for whoever joined later has another first occasion. Levels are occasions, or two
    of them as ``before>after``; where a study has several series, after the first occasion.
    """
    study = material.study
    series = linked_occasions(study, phase)
    for occasions in series:
        before = f"{occasions[0]}: " if len(series) > 1 else ""
        answers = _answers(material, phase, occasions)
        columns = [_at(outcome, each) for outcome in phase.outcomes for each in occasions]
        groups = {
            group: None if answers is None else _known(answers.filter(group_filter(roles)), columns)
            for group, roles in material.groups()
        }
        for outcome in phase.outcomes:
            score = study.scores[outcome]
            for group, known in groups.items():
                key = Key("occasions", phase.id, "", group, outcome, score.unit, score.better)
                if known is None:
                    none = Estimate(reason=TOO_MANY)
                    yield key.row("wald_htz", "any_change", none, before + ">".join(occasions))
                    continue
                some = _series(known, outcome, occasions, score.denominator, study)
                yield from _rows(key, some, occasions, before, study.ci_level)


def linked_occasions(study: Study, phase: Phase) -> list[tuple[str, ...]]:
    """Series of three or more occasions of a phase, each in the order of the study."""
    links = [
        pair
        for comparison in study.comparisons
        if phase.id in comparison.phases
        for pair in comparison.pairs
    ]
    later = {after for _, after in links}
    found = []
    for first in dict.fromkeys(before for before, _ in links if before not in later):
        reached, size = {first}, 0
        while len(reached) > size:
            size = len(reached)
            reached |= {after for before, after in links if before in reached}
        if size > 2:
            found.append(tuple(each for each in study.occasions if each in reached))
    return found


def _answers(material: Material, phase: Phase, occasions: tuple[str, ...]) -> pl.DataFrame | None:
    """One row a respondent: organisation (first known), role (last), outcomes by occasion.

    Of those who answered at the first occasion: somebody seen later only joined later, or is
    somebody else's id mistyped. Responses that no pair could use, and those that contradict each
    other where the study drops such, are left out. None above `MOST_ROWS`.
    """
    lost = material.ledger.filter(pl.col("status").is_in([*UNPAIRED, "conflict"]))["row"]
    kept = material.scores.filter(
        pl.col("phase") == phase.id,
        pl.col("occasion").is_in(occasions),
        ~pl.col("row").is_in(lost.implode()),
    )
    if kept.height > MOST_ROWS:
        return None
    keys = keys_of(material.study)
    order = {occasion: number for number, occasion in enumerate(occasions)}
    return (
        kept.with_columns(pl.col("occasion").replace_strict(order, return_dtype=pl.Int32))
        .sort("occasion", "row")
        .group_by(*(pl.col(name).alias(f"key_{name}") for name in keys), maintain_order=True)
        .agg(
            pl.col("occasion").first(),
            pl.col("organisation").drop_nulls().first(),
            pl.col("role").drop_nulls().last(),
            *(
                pl.col(outcome).filter(pl.col("occasion") == number).first().alias(_at(outcome, o))
                for outcome in phase.outcomes
                for o, number in order.items()
            ),
        )
        .filter(pl.col("occasion") == 0)
    )


def _at(outcome: str, occasion: str) -> str:
    return f"{outcome} at {occasion}"


class _Known(Struct, frozen=True):
    """Of respondents the scores at every occasion, 0 where there is none, and whether there is one.

    ``organisation``: its number, -1 where not known.
    """

    values: pl.DataFrame
    answered: pl.DataFrame
    organisation: Integers


def _known(answers: pl.DataFrame, columns: list[str]) -> _Known:
    # A number for each organisation; nothing hangs on which is which.
    number = pl.col("organisation").rank("dense").cast(pl.Int64).fill_null(-1)
    unnamed = pl.col("organisation") == ""
    codes = answers.select(pl.when(unnamed).then(-1).otherwise(number)).to_series().fill_null(-1)
    return _Known(
        answers.select(pl.col(columns).fill_null(0)),
        answers.select(pl.col(columns).is_not_null()),
        codes.to_numpy(),
    )


def _series(
    known: _Known, outcome: str, occasions: tuple[str, ...], denominator: int, study: Study
) -> Series:
    columns = [_at(outcome, occasion) for occasion in occasions]
    return Series(
        known.values[columns].to_numpy().astype(np.int64),
        known.answered[columns].to_numpy(),
        known.organisation,
        denominator,
        bool(study.organisation),
    )


def _rows(
    key: Key, series: Series, occasions: tuple[str, ...], before: str, level: float
) -> Iterator[dict[str, Any]]:
    """Every row about the occasions of one outcome in one group."""
    for number, occasion in enumerate(occasions):
        at = mean_at(series, number, level)
        yield key.row("descriptive", "mean_at_occasion", at, before + occasion)
    whole, everything = series.complete, before + ">".join(occasions)
    steps = list(combinations(range(len(occasions)), 2))
    for method, estimate in _CHANGES:
        found = {step: _change(whole, step, estimate, level) for step in steps}
        for (i, j), made in found.items():
            yield key.row(method, "mean_change", made, before + f"{occasions[i]}>{occasions[j]}")
        sustained = _sustained(found[0, len(occasions) - 1], found[0, 1], occasions[1])
        yield key.row(method, "sustained_change", sustained, everything)
    yield key.row("wald_htz", "any_change", any_change_clustered(series), everything)
    yield key.row("hotelling", "any_change", any_change(series), everything)
    for i, j, made in mixed_changes(series, level):
        yield key.row("mixed_model", "mean_change", made, before + f"{occasions[i]}>{occasions[j]}")


def _change(whole: Series, step: tuple[int, int], estimate: Any, level: float) -> Estimate:
    if not whole.size:
        return Estimate(reason="no respondent answered at every occasion")
    made: Estimate = estimate(whole.pairs(*step), level)
    return made


def _sustained(last: Estimate, early: Estimate, occasion: str) -> Estimate:
    """The last change; its note says what the same respondents had changed by early on."""
    if last.reason or early.reason or early.value is None:
        return last
    said = f"the same respondents had changed by {early.value:.4g} up to {occasion}"
    limits = f"({early.ci_low:.4g} to {early.ci_high:.4g})"
    return replace(last, note="; ".join(part for part in (last.note, f"{said} {limits}") if part))
