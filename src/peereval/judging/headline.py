"""The one row that answers a question: its headline, declared beforehand."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from peereval.studies import Study

Row = Mapping[str, Any]

#: What stands in where the declared estimator has no number, and the estimand of each analysis.
HEADLINES: Mapping[str, tuple[str, str]] = {
    "paired": ("paired_t", "mean_change"),
    "did": ("did_ols", "did"),
}
#: The tests of the other analyses; the second stands in where the first has no number.
_TESTS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "band_change": (("stuart_maxwell", "marginal_homogeneity"),),
    "prevalence_change": (("paired_cr2", "share_change"), ("mcnemar_midp", "share_change")),
    "subgroup": (("wald_htz", "interaction"),),
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
    declarations = {name: (declared(study, name), plain) for name, plain in HEADLINES.items()}
    for analysis, ways in (declarations | dict(_TESTS)).items():
        for row in _of(results, analysis, ways):
            place = (*(row[key] for key in QUESTION), row["level"])
            rows[place] = _preferred(rows.get(place), row, ways)
    return list(rows.values())


def _of(results: pl.DataFrame, analysis: str, ways: Sequence[tuple[str, str]]) -> Iterable[Row]:
    methods = [method for method, _ in ways]
    mine = results.filter(pl.col("analysis") == analysis, pl.col("method").is_in(methods))
    for row in mine.iter_rows(named=True):
        if (row["method"], row["estimand"]) in ways:
            yield row


def _preferred(kept: Row | None, row: Row, ways: Sequence[tuple[str, str]]) -> Row:
    """Of two rows the one that was wanted; the other only where that has no number."""
    if kept is None or kept["status"] != "ok":
        return row if kept is None or row["status"] == "ok" else kept
    wanted = (row["method"], row["estimand"]) == ways[0] and row["status"] == "ok"
    return row if wanted else kept
