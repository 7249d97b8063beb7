"""What a reader of the results has to be told of: findings about the estimates themselves."""

from collections.abc import Iterator
from math import ceil, log

import polars as pl

from peereval.errors import Fault
from peereval.estimators.ancova import disagreement
from peereval.estimators.estimate import Estimate
from peereval.judging.costs import find_in_costs
from peereval.judging.headline import HEADLINES, Row, headline_rows
from peereval.judging.programme import find_in_programme
from peereval.plurals import count_of
from peereval.studies import ALL, Study

#: From this intraclass correlation of change on, CR2 finds 5.4 of nothing in a hundred where it
#: promises 5, if organisations are unequal (docs/validation.md).
ALIKE = 0.1


def find_in_results(results: pl.DataFrame, study: Study) -> tuple[Fault, ...]:
    """Findings about the estimates of a study.

    ``STA001``: contrasts that the two ways of adjusting answer differently. ``STA002``: no
    primary outcome among many tests. ``STA003``: a headline that takes respondents of one
    organisation as independent. ``STA004``: organisations so unlike that the headline is a little
    too sure. ``STA005``: a headline that could not find anything with so few organisations.
    ``COST001`` and ``COST002``: see `find_in_costs`; ``COST003`` to ``COST005``:
    see `find_in_programme`.
    """
    finders = (
        _lord, _no_primary, _unclustered, _too_sure, _cannot_reject, find_in_costs,
        find_in_programme,
    )  # fmt: skip
    return tuple(finding for find in finders for finding in find(results, study))


def _lord(results: pl.DataFrame, study: Study) -> Iterator[Fault]:
    rows = {row["estimate_id"]: row for row in results.filter(analysis="did").iter_rows(named=True)}
    apart: dict[tuple[str, str], list[str]] = {}
    for name, row in rows.items():
        if row["method"] == "did_cr2" and row["estimand"] == "did":
            other = name.replace("did_cr2", "ancova_cr2")
            adjusted = rows.get(other.removesuffix(".did") + ".adjusted_difference")
            if adjusted and disagreement(_estimate(row), _estimate(adjusted)):
                place = (row["phase"], row["comparison"])
                apart.setdefault(place, []).append(row["outcome"])
    for (phase, comparison), outcomes in apart.items():
        yield Fault(
            "STA001",
            f"difference-in-differences and analysis of covariance part on {', '.join(outcomes)} "
            f"({phase}, {comparison})",
            "Say which question is meant (peereval explain STA001), and show both",
            study.path.name,
            count=len(outcomes),
        )


def _estimate(row: Row) -> Estimate:
    return Estimate(row["estimate"], ci_low=row["ci_low"], ci_high=row["ci_high"])


def _no_primary(results: pl.DataFrame, study: Study) -> Iterator[Fault]:
    if study.statistics.primary:
        return
    tests = results.filter(analysis="families")["estimate"].drop_nulls()
    most = int(max(tests, default=0))
    if most > 1:
        yield Fault(
            "STA002",
            f"no primary outcome is declared, and up to {most} tests are judged together",
            "Name what the study was about, before looking: primary = [...] under [statistics]",
            study.path.name,
            place="statistics",
        )


def _unclustered(_results: pl.DataFrame, study: Study) -> Iterator[Fault]:
    statistics = study.statistics
    named = [statistics.headline_change, statistics.headline_did if study.contrast else ""]
    for method in named if study.organisation else ():
        if method in (plain for plain, _ in HEADLINES.values()):
            yield Fault(
                "STA003",
                f"the headline {method} takes respondents of one organisation as independent",
                "Declare one that does not, such as paired_cr2 and did_cr2",
                study.path.name,
                place="statistics",
            )


def _too_sure(results: pl.DataFrame, study: Study) -> Iterator[Fault]:
    alike = results.filter(
        pl.col("estimand") == "icc_change", pl.col("estimate") >= ALIKE, pl.col("group") == ALL
    )
    outcomes = alike["outcome"].unique(maintain_order=True).to_list()
    if outcomes and study.statistics.headline_change.startswith("paired_cr"):
        yield Fault(
            "STA004",
            f"changes are so alike within organisations (intraclass correlation of {ALIKE} or "
            f"more) that p is a little too small: {', '.join(outcomes)}",
            "Look at paired_wild beside the headline: peereval methods",
            study.path.name,
            count=len(outcomes),
        )


def _cannot_reject(results: pl.DataFrame, study: Study) -> Iterator[Fault]:
    statistics = study.statistics
    named = (statistics.headline_change, statistics.headline_did)
    if not any(method.endswith("_wild") for method in named):
        return
    least = log(1 - study.ci_level) / log(0.5) + 1
    few = [
        row
        for row in headline_rows(results, study)
        if row["method"].endswith("_wild") and row["n_organisations"] < least
    ]
    if few:
        stand = count_of(len(few), "headline stands|headlines stand")
        yield Fault(
            "STA005",
            f"{stand} by wild bootstrap on fewer than {ceil(least)} organisations: whatever the "
            "answers were, no p could be small",
            "Declare paired_cr2 and did_cr2",
            study.path.name,
            count=len(few),
        )
