"""What each organisation may see of itself, beside all of them together."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import special

from peereval.columns import ORGANISATIONS
from peereval.estimating.material import Material
from peereval.estimating.polars_tables import table_of
from peereval.estimators.shrinkage import FEWEST_ORGANISATIONS, Shrunk, shrink
from peereval.moments import SUMS
from peereval.scales import Score
from peereval.studies import Comparison, Phase

_NO_SPREAD = "nobody's score differs from the others' of the organisation in its change"
_FEW = (
    f"fewer than {FEWEST_ORGANISATIONS} organisations: how far they differ is not known, so there "
    "is no estimate given all others"
)

Row = dict[str, Any]
Numbers = NDArray[np.float64]


def organisation_table(material: Material) -> pl.DataFrame:
    """`peereval.columns.ORGANISATIONS`: every organisation, phase, comparison and score.

    Nothing is kept back yet. Changes have Student's interval with the variance within
    organisations that all of them share; the estimate given all others is `shrink`. Empty where
    the study names no organisation. Respondents whose organisation is not known are in none.
    """
    study, rows = material.study, list[Row]()
    if study.organisation:
        sums = _sums(material.moments.cells)
        for phase in study.phases:
            for comparison in study.comparisons:
                if phase.id in comparison.phases:
                    rows += _counts(material, phase, comparison)
                    for outcome in phase.outcomes:
                        score = study.scores[outcome]
                        if (place := (score.outcome, phase.id, comparison.id)) in sums:
                            rows += _changes(material, phase, comparison, score, sums[place])
    return table_of(rows, ORGANISATIONS).sort("organisation", maintain_order=True)


def _counts(material: Material, phase: Phase, comparison: Comparison) -> Iterator[Row]:
    """Responses before and after, and matched pairs, of each organisation."""
    eligible = material.responses.filter(
        "eligible", pl.col("phase") == phase.id, pl.col("organisation").fill_null("") != ""
    ).with_columns(pl.col("organisation").cast(pl.String))
    ends = [
        eligible.filter(pl.col("occasion").is_in([pair[end] for pair in comparison.pairs]))
        .group_by("organisation")
        .agg(pl.col("n").sum().cast(pl.Int64).alias(name))
        for end, name in enumerate(("n_before", "n_after"))
    ]
    pairs = (
        material.pairs.filter(pl.col("counted"), comparison=comparison.id, phase=phase.id)
        .with_columns(pl.col("organisation").cast(pl.String))
        .group_by("organisation")
        .agg(pl.len().cast(pl.Int64).alias("n"))
    )
    both = ends[0].join(ends[1], on="organisation", how="full", coalesce=True)
    known = both.join(pairs, on="organisation", how="left").fill_null(0).sort("organisation")
    for row in known.iter_rows(named=True):
        yield _row(material, phase, comparison, "", row)


def _sums(cells: pl.DataFrame) -> dict[tuple[Any, ...], pl.DataFrame]:
    """Sums by organisation, of every outcome, phase and comparison that has pairs."""
    keys = ("outcome", "phase", "comparison")
    added = (
        cells.filter(pl.col("organisation") != "")
        .group_by(*keys, "organisation")
        .agg(pl.col(SUMS).cast(pl.Int128).sum())
        .sort("organisation")
    )
    return added.partition_by(keys, as_dict=True)


def _changes(
    material: Material, phase: Phase, comparison: Comparison, score: Score, sums: pl.DataFrame
) -> Iterator[Row]:
    """Change of one score in each organisation that has a pair; ``sums``: of these."""
    known = _Organisations(sums, score.denominator)
    shrunk = known.shrunk(material.study.ci_level)
    for place, name in enumerate(sums["organisation"]):
        values = known.row(place, material.study.ci_level, shrunk)
        about = {"organisation": name, "unit": score.unit, "better": score.better}
        yield _row(material, phase, comparison, score.outcome, about | values)


class _Organisations:
    """Means and variances of one outcome's pairs by organisation, from exact sums."""

    def __init__(self, sums: pl.DataFrame, denominator: int) -> None:
        columns = {name: [int(value) for value in sums[name]] for name in SUMS}
        self.n = np.array(columns["n"], dtype=float)
        totals = {name: sum(values) for name, values in columns.items()}
        self.all_pre = totals["sum_pre"] / totals["n"] / denominator
        self.all_post = totals["sum_post"] / totals["n"] / denominator
        self.pre = np.array(columns["sum_pre"], dtype=float) / self.n / denominator
        self.post = np.array(columns["sum_post"], dtype=float) / self.n / denominator
        self.uniform = [
            n * pre_sq == pre**2 or n * post_sq == post**2
            for n, pre, post, pre_sq, post_sq, _ in zip(
                *(columns[name] for name in SUMS), strict=True
            )
        ]
        # In whole numbers until the division: the variance of a large mean keeps its digits.
        within = sum(
            (pre_sq + post_sq - 2 * product) - (post - pre) ** 2 / n
            for n, pre, post, pre_sq, post_sq, product in zip(
                *(columns[name] for name in SUMS), strict=True
            )
        )
        self.df = totals["n"] - len(self.n)
        self.variance = within / self.df / denominator**2 if self.df > 0 else 0.0

    @property
    def errors(self) -> Numbers:
        return np.sqrt(self.variance / self.n)

    def shrunk(self, level: float) -> Shrunk | None:
        if len(self.n) < FEWEST_ORGANISATIONS or self.variance <= 0:
            return None
        return shrink(self.post - self.pre, self.errors, level)

    def row(self, place: int, level: float, shrunk: Shrunk | None) -> Row:
        """Numbers of one organisation."""
        change = float(self.post[place] - self.pre[place])
        row: Row = {
            "n": int(self.n[place]), "mean_pre": float(self.pre[place]),
            "mean_post": float(self.post[place]), "mean_change": change,
            "uniform": self.uniform[place],
            "n_all": int(self.n.sum()), "n_organisations": len(self.n),
            "mean_pre_all": self.all_pre, "mean_post_all": self.all_post,
        }  # fmt: skip
        if self.variance <= 0:
            return row | {"note": _NO_SPREAD}
        margin = float(special.stdtrit(self.df, (1 + level) / 2)) * float(self.errors[place])
        row |= {"ci_low": change - margin, "ci_high": change + margin}
        if shrunk is None:
            return row | {"note": _FEW}
        return row | {
            "shrunk_change": float(shrunk.means[place]), "shrunk_low": float(shrunk.low[place]),
            "shrunk_high": float(shrunk.high[place]), "own_weight": float(shrunk.own_weight[place]),
        }  # fmt: skip


def _row(material: Material, phase: Phase, comparison: Comparison, outcome: str, known: Row) -> Row:
    about = {
        "phase": phase.id, "comparison": comparison.id, "outcome": outcome, "unit": "",
        "better": "", "status": "ok", "note": "", "uniform": False,
        "ci_level": material.study.ci_level,
    }  # fmt: skip
    blank = dict.fromkeys(column.name for column in ORGANISATIONS)
    return blank | about | known
