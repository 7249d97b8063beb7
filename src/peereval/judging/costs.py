"""Findings about costs: what the reader of one number alone would not see."""

from collections.abc import Iterator

import polars as pl

from peereval.errors import Fault
from peereval.judging.headline import Row
from peereval.significance import alpha_of
from peereval.studies import Study

#: A sign that turns without fewer respondents than this hangs on single answers.
FEW = 10


def find_in_costs(results: pl.DataFrame, study: Study) -> Iterator[Fault]:
    """``COST001``: more or fewer respondents came, and costs went the other way.

    ``COST002``: the sign of a cost change hangs on few respondents. ``COST010``: a scenario was
    not run.
    """
    yield from _directions(results, study)
    yield from _few(results, study)
    if study.statistics.depth == "full":
        yield from _not_run(study)


def _directions(results: pl.DataFrame, study: Study) -> Iterator[Fault]:
    costs = results.filter(
        analysis="cost", method="descriptive", estimand="saving_per_respondent", level=""
    )
    shares = {
        _place(row): row
        for row in results.filter(
            analysis="prevalence_change", method="mcnemar_midp", estimand="share_change"
        ).iter_rows(named=True)
    }
    apart: dict[tuple[str, str], list[str]] = {}
    for row in costs.iter_rows(named=True):
        share = shares.get(_place(row))
        if share and _moved_apart(share, row, study):
            apart.setdefault((row["phase"], row["comparison"]), []).append(row["outcome"])
    for (phase, comparison), outcomes in apart.items():
        yield Fault(
            "COST001",
            f"how many came and what it cost moved in opposite directions: {', '.join(outcomes)} "
            f"({phase}, {comparison})",
            "Show both, and who makes the cost: rows of cost_concentration",
            study.path.name,
            count=len(outcomes),
        )


def _place(row: Row) -> tuple[str, str, str, str]:
    return row["phase"], row["comparison"], row["group"], row["outcome"]


def _moved_apart(share: Row, cost: Row, study: Study) -> bool:
    """A share that changed beyond chance, and a cost that went the other way.

    The cost is before minus after, the share after minus before: their signs agree then.
    """
    if share["p_value"] is None or share["p_value"] >= alpha_of(study.ci_level):
        return False
    return bool((share["estimate"] or 0) * (cost["estimate"] or 0) > 0)


def _few(results: pl.DataFrame, study: Study) -> Iterator[Fault]:
    few = results.filter(pl.col("estimand") == "n_to_turn_sign", pl.col("estimate") < FEW)
    if few.height:
        where = [f"{row['phase']}, {row['comparison']}" for row in few.iter_rows(named=True)]
        yield Fault(
            "COST002",
            f"without fewer than {FEW} respondents the change of cost would have the other sign: "
            f"{'; '.join(where)}",
            "Print the interval beside the change, and call it a cost change",
            study.path.name,
            count=few.height,
        )


def _not_run(study: Study) -> Iterator[Fault]:
    waiting = [each for each in study.cost_uncertainty.scenarios if each.waiting]
    if waiting:
        slots = dict.fromkeys(slot.id for each in waiting for slot in each.waiting)
        yield Fault(
            "COST010",
            f"not run, for a value is not given: {', '.join(each.id for each in waiting)} "
            f"(needed: {', '.join(slots)})",
            f"Write the values into a file of your own: peereval costs show {next(iter(slots))}",
            study.path.name,
            place="scenarios",
            count=len(waiting),
        )
