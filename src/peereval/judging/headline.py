"""The one row that answers a question: its headline, declared beforehand."""

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from peereval.studies import Study

Row = Mapping[str, Any]

#: What stands in where the declared estimator has no number, and the estimand of each analysis.
HEADLINES: Mapping[str, tuple[str, str]] = {
    "paired": ("paired_t", "mean_change"),
    "did": ("did_ols", "did"),
}
_ONLY: Mapping[str, tuple[str, ...]] = {
    "band_change": ("stuart_maxwell",),
    "prevalence_change": ("mcnemar_midp",),
    "subgroup": ("wald_htz",),
}
#: What a question is: its headline has these keys in common with the other rows about it.
QUESTION = ("analysis", "phase", "comparison", "group", "outcome")


def declared(study: Study, analysis: str) -> tuple[str, str]:
    """Method and estimand of the headline that the study declares."""
    statistics = study.statistics
    method = {"paired": statistics.headline_change, "did": statistics.headline_did}[analysis]
    return method, "adjusted_difference" if method.startswith("ancova") else HEADLINES[analysis][1]


def headline_rows(results: pl.DataFrame, study: Study) -> list[Row]:
    """One row per question: of the declared estimator, or of the plain one where it has no number.

    Of bands, yes/no questions and subgroups: of their test. In the order of the results.
    """
    rows: dict[tuple[str, ...], Row] = {}
    for analysis, (plain, estimand) in HEADLINES.items():
        wanted = [declared(study, analysis), (plain, estimand)]
        for row in _of(results, analysis, wanted):
            _prefer(rows, row, wanted)
    for analysis, methods in _ONLY.items():
        for row in _of(results, analysis, [(method, "") for method in methods]):
            rows[(*(row[key] for key in QUESTION), row["level"])] = row
    return list(rows.values())


def _of(results: pl.DataFrame, analysis: str, wanted: list[tuple[str, str]]) -> Iterable[Row]:
    methods = [method for method, _ in wanted]
    mine = results.filter(pl.col("analysis") == analysis, pl.col("method").is_in(methods))
    for row in mine.iter_rows(named=True):
        if any(row["method"] == m and e in ("", row["estimand"]) for m, e in wanted):
            yield row


def _prefer(rows: dict[tuple[str, ...], Row], row: Row, wanted: list[tuple[str, str]]) -> None:
    """Keep the declared row; the plain one only where the declared has no number."""
    place = tuple(row[key] for key in QUESTION)
    kept = rows.get(place)
    better = (row["method"], row["estimand"]) == wanted[0] or (kept or {}).get("status") != "ok"
    if kept is None or (better and row["status"] == "ok"):
        rows[place] = row
