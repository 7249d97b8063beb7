"""Whether the other estimators of a question agree with its headline."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from peereval.estimators.estimate import Estimate, Key
from peereval.judging.headline import HEADLINES, QUESTION, Row, headline_rows
from peereval.significance import alpha_of
from peereval.studies import Study

#: Other answers to the same question: analysis -> estimands in its own analysis and in others.
SAME_QUESTION = {
    "paired": ("mean_change", "pseudo_median", "trimmed_mean_change"),
    "did": ("did", "adjusted_difference"),
}
#: Analyses whose rows answer the same question under other assumptions.
OTHER_ANALYSES = ("missing_data",)


def agreement_rows(results: pl.DataFrame, study: Study) -> Iterator[dict[str, Any]]:
    """One row per change and contrast: the share of other estimators that agree.

    One agrees if it finds an effect where the headline does, in the same direction, or if
    neither does: by its p value, else by its interval. The note names those that do not.
    """
    others = answers(results)
    for headline in headline_rows(results, study):
        if headline["analysis"] in HEADLINES and headline["status"] == "ok":
            theirs = [
                row
                for row in others[tuple(headline[key] for key in QUESTION)]
                if row["estimate_id"] != headline["estimate_id"]
            ]
            if theirs:
                yield _row(headline, theirs, study)


def answers(results: pl.DataFrame) -> dict[tuple[str, ...], list[Row]]:
    """Question -> every row that answers it with a number, the headline among them."""
    found: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    wanted = [*SAME_QUESTION, *OTHER_ANALYSES]
    estimands = {estimand for names in SAME_QUESTION.values() for estimand in names}
    mine = results.filter(
        pl.col("analysis").is_in(wanted),
        pl.col("estimand").is_in(list(estimands)),
        pl.col("status") == "ok",
    )
    for row in mine.iter_rows(named=True):
        for analysis, names in SAME_QUESTION.items():
            if row["estimand"] in names and row["analysis"] in (analysis, *OTHER_ANALYSES):
                found[(analysis, *(row[key] for key in QUESTION[1:]))].append(row)
    return found


def direction(row: Row, level: float) -> int:
    """1 or -1 where an estimator finds an effect that way, 0 where it finds none.

    By its p value; by its interval where it has none.
    """
    if row["p_value"] is not None:
        # The median of many changes may be 0 where the test finds that they go one way.
        way = row["estimate"] or (row["ci_low"] or 0) + (row["ci_high"] or 0)
        found = bool(row["p_value"] < alpha_of(level))
        return (int(way > 0) - int(way < 0)) * int(found)
    if row["ci_low"] is None or row["ci_high"] is None:
        return 0
    return int(row["ci_low"] > 0) - int(row["ci_high"] < 0)


def _row(headline: Row, others: Sequence[Row], study: Study) -> dict[str, Any]:
    level = study.ci_level
    found = direction(headline, level)
    against = [row for row in others if direction(row, level) != found]
    share = 1 - len(against) / len(others)
    words = (
        f"{len(others) - len(against)} of {len(others)} other estimators agree with the headline"
    )
    if against:
        words += "; not: " + ", ".join(dict.fromkeys(_name(row) for row in against))
    phase, comparison, group, outcome = (headline[name] for name in QUESTION[1:])
    key = Key("agreement", phase, comparison, group, outcome, "share")
    estimate = Estimate(
        share, n=headline["n"], n_organisations=headline["n_organisations"], note=words
    )
    return key.row("comparison_of_methods", "share_agreeing", estimate, level=headline["analysis"])


def _name(row: Row) -> str:
    own = "" if row["analysis"] in SAME_QUESTION else f" ({row['analysis']})"
    return f"{row['method']}{own}"
