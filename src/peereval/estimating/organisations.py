"""What each organisation may see of itself, beside all of them together."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import special

from peereval.columns import ORGANISATIONS
from peereval.estimating.material import Material
from peereval.estimating.polars_tables import parts_by, table_of
from peereval.estimators.shrinkage import FEWEST_ORGANISATIONS, shrink
from peereval.moments import SUMS
from peereval.scales import Score
from peereval.studies import Comparison, Phase

_NO_SPREAD = "nobody's score differs from the others' of the organisation in its change"
_FEW = (
    f"fewer than {FEWEST_ORGANISATIONS} organisations: how far they differ is not known, so there "
    "is no estimate given all others"
)

Row = dict[str, Any]
_BLANK: Row = dict.fromkeys(column.name for column in ORGANISATIONS)
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
    return parts_by(added, *keys)


def _changes(
    material: Material, phase: Phase, comparison: Comparison, score: Score, sums: pl.DataFrame
) -> Iterator[Row]:
    """Change of one score in each organisation that has a pair; ``sums``: of these."""
    known = _Organisations(sums, score.denominator)
    rows = known.rows(material.study.ci_level)
    for name, values in zip(sums["organisation"].to_list(), rows, strict=True):
        about = {"organisation": name, "unit": score.unit, "better": score.better}
        yield _row(material, phase, comparison, score.outcome, about | values)


class _Organisations:
    """Means and variances of one outcome's pairs by organisation, from exact sums."""

    def __init__(self, sums: pl.DataFrame, denominator: int) -> None:
        columns = {name: sums[name].to_list() for name in SUMS}
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

    def rows(self, level: float) -> Iterator[Row]:
        """Numbers of each organisation."""
        changes = self.post - self.pre
        about = {
            "n_all": int(self.n.sum()), "n_organisations": len(self.n),
            "mean_pre_all": self.all_pre, "mean_post_all": self.all_post,
        }  # fmt: skip
        known = zip(
            self.n.astype(np.int64).tolist(), self.pre.tolist(), self.post.tolist(),
            changes.tolist(), self.uniform, self._unsure(changes, level), strict=True,
        )  # fmt: skip
        for n, before, after, change, uniform, unsure in known:
            yield about | {
                "n": n, "mean_pre": before, "mean_post": after, "mean_change": change,
                "uniform": uniform,
            } | unsure  # fmt: skip

    def _unsure(self, changes: Numbers, level: float) -> list[Row]:
        """Intervals of the changes, and estimates given all others where there can be any."""
        if self.variance <= 0:
            return [{"note": _NO_SPREAD}] * len(changes)
        errors = np.sqrt(self.variance / self.n)
        margins = float(special.stdtrit(self.df, (1 + level) / 2)) * errors
        columns = {"ci_low": changes - margins, "ci_high": changes + margins}
        few = len(self.n) < FEWEST_ORGANISATIONS
        if not few:
            shrunk = shrink(changes, errors, level)
            columns |= {
                "shrunk_change": shrunk.means, "shrunk_low": shrunk.low,
                "shrunk_high": shrunk.high, "own_weight": shrunk.own_weight,
            }  # fmt: skip
        values = zip(*(column.tolist() for column in columns.values()), strict=True)
        said = {"note": _FEW} if few else {}
        return [dict(zip(columns, row, strict=True)) | said for row in values]


def _row(material: Material, phase: Phase, comparison: Comparison, outcome: str, known: Row) -> Row:
    about = {
        "phase": phase.id, "comparison": comparison.id, "outcome": outcome, "unit": "",
        "better": "", "status": "ok", "note": "", "uniform": False,
        "ci_level": material.study.ci_level,
    }  # fmt: skip
    return _BLANK | about | known
