"""One number with its uncertainty, and the row of `results` that it becomes."""

from collections.abc import Mapping
from sys import float_info
from typing import Any
from zlib import crc32

import numpy as np
from msgspec import Struct
from scipy import special

from peereval.columns import RESULT_KEYS

#: A p value is never 0: below this the numbers of a computer end.
SMALLEST_P = float_info.min
#: Below this Student's t has hardly an end: intervals of 10^24 points, which say nothing.
FEWEST_DF = 1.0


class Estimate(Struct, frozen=True):
    """A number, its uncertainty and how many stand behind it.

    Fields that a method does not give are None. ``reason`` says why there is no
    number; then all of them are None.
    """

    value: float | None = None
    std_error: float | None = None
    statistic: float | None = None
    df: float | None = None
    p_value: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    ci_level: float | None = None
    n: int = 0
    n_organisations: int = 0
    reason: str = ""
    note: str = ""


class Key(Struct, frozen=True):
    """What an estimate is of: the words of its row, and its id."""

    analysis: str
    phase: str
    comparison: str = ""
    group: str = ""
    outcome: str = ""
    unit: str = ""
    better: str = ""

    def row(
        self,
        method: str,
        estimand: str,
        estimate: Estimate,
        level: str = "",
        unit: str | None = None,
    ) -> dict[str, Any]:
        """The row of `results` for one estimate."""
        row: dict[str, Any] = {
            "estimate_id": "",
            "analysis": self.analysis,
            "method": method,
            "phase": self.phase,
            "comparison": self.comparison,
            "group": self.group,
            "outcome": self.outcome,
            "level": level,
            "estimand": estimand,
            "estimate": estimate.value,
            "std_error": estimate.std_error,
            "statistic": estimate.statistic,
            "df": estimate.df,
            "p_value": estimate.p_value,
            "p_adjusted": None,
            "ci_low": estimate.ci_low,
            "ci_high": estimate.ci_high,
            "ci_level": estimate.ci_level if estimate.ci_low is not None else None,
            "n": estimate.n,
            "n_organisations": estimate.n_organisations,
            "unit": self.unit if unit is None else unit,
            "better": self.better,
            "status": "not_estimable" if estimate.reason else "ok",
            "note": estimate.reason or estimate.note,
        }
        row["estimate_id"] = estimate_id(row)
        return row


def probability(p_value: float) -> float:
    """A p value as it is stored: at most 1, and never 0."""
    return min(1.0, max(p_value, SMALLEST_P))


def estimate_id(words: Mapping[str, Any]) -> str:
    """Readable id of a row: its words that are not empty, joined by full stops."""
    return ".".join(filter(None, map(words.__getitem__, RESULT_KEYS)))


def generator(seed: int, *words: str) -> np.random.Generator:
    """Random numbers of one estimate: the same whatever else is estimated, and in which order."""
    return np.random.default_rng([seed, *(crc32(word.encode()) for word in words)])


def t_estimate(
    value: float,
    std_error: float,
    df: float,
    level: float,
    n: int,
    n_organisations: int,
    note: str = "",
) -> Estimate:
    """Estimate with Student's t: statistic, two-sided p and interval of the given level.

    Not estimable below `FEWEST_DF` degrees of freedom: approximate ones can be any fraction.
    """
    if df < FEWEST_DF:
        reason = f"{df:.2g} degrees of freedom: too few for a test or an interval"
        return Estimate(n=n, n_organisations=n_organisations, reason=reason)
    statistic = value / std_error
    margin = float(special.stdtrit(df, (1 + level) / 2)) * std_error
    return Estimate(
        value=value,
        std_error=std_error,
        statistic=statistic,
        df=df,
        p_value=probability(2 * float(special.stdtr(df, -abs(statistic)))),
        ci_low=value - margin,
        ci_high=value + margin,
        ci_level=level,
        n=n,
        n_organisations=n_organisations,
        note=note,
    )


def negated(estimate: Estimate) -> Estimate:
    """The estimate of minus the quantity: before less after, where it was after less before."""

    def minus(value: float | None) -> float | None:
        return None if value is None else -value

    return Estimate(
        value=minus(estimate.value),
        std_error=estimate.std_error,
        statistic=minus(estimate.statistic),
        df=estimate.df,
        p_value=estimate.p_value,
        ci_low=minus(estimate.ci_high),
        ci_high=minus(estimate.ci_low),
        ci_level=estimate.ci_level,
        n=estimate.n,
        n_organisations=estimate.n_organisations,
        reason=estimate.reason,
        note=estimate.note,
    )
