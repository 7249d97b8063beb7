"""What a reader of the results has to be told of: findings about the estimates themselves."""

from collections.abc import Iterator

import polars as pl

from peereval.errors import Fault
from peereval.estimators.ancova import disagreement
from peereval.estimators.estimate import Estimate
from peereval.judging.headline import Row
from peereval.studies import Study


def find_in_results(results: pl.DataFrame, study: Study) -> tuple[Fault, ...]:
    """Findings: contrasts that the two ways of adjusting answer differently (``STA001``), and no
    primary outcome among many tests (``STA002``, a note).
    """
    return (*_lord(results, study), *_no_primary(results, study))


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
    tests = results.filter(analysis="families")["estimate"].to_list()
    most = int(max(tests, default=0))
    if most > 1:
        yield Fault(
            "STA002",
            f"no primary outcome is declared, and up to {most} tests are judged together",
            "Name what the study was about, before looking: primary = [...] under [statistics]",
            study.path.name,
            place="statistics",
        )
