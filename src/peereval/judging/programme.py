"""Findings about a programme's costs: what a ratio of cost to gain does not say by itself."""

from collections.abc import Iterator

import polars as pl

from peereval.errors import Fault
from peereval.studies import Programme, Study

_ANALYSIS, _NET = "cost_effectiveness", "net_cost_per_participant"


def find_in_programme(results: pl.DataFrame, study: Study) -> Iterator[Fault]:
    """``COST003``: a gain that no control group was compared with.

    ``COST004``: fewer participants, or organisations, than respondents have; ``COST005``: net cost
    of participants of whom fewer than half were matched.
    """
    programme = study.programme
    if programme is None:
        return
    yield from _without_control(results, programme, study)
    yield from _who_was_matched(results, programme, study)


def _without_control(results: pl.DataFrame, programme: Programme, study: Study) -> Iterator[Fault]:
    compared = study.contrast and study.contrast[0] == study.cost_group
    gains = results.filter(analysis=_ANALYSIS, estimand="gain", status="ok")
    outcomes = [name for name in programme.outcomes if name in set(gains["outcome"])]
    if outcomes and not compared:
        yield Fault(
            "COST003",
            f"net cost is divided by a change without a control group: {', '.join(outcomes)}",
            "Say so beside the number; with [contrast] of the group in [costs] there would be one",
            study.path.name,
            place="programme",
            count=len(outcomes),
        )


def _who_was_matched(results: pl.DataFrame, programme: Programme, study: Study) -> Iterator[Fault]:
    rows = results.filter(analysis=_ANALYSIS, method="descriptive", estimand=_NET)
    more, few, organisations = list[str](), list[str](), list[str]()
    for row in rows.iter_rows(named=True):
        served, matched = programme.participants[row["phase"]], row["n"]
        said = f"{matched:,} of {served:,} ({row['phase']}, {row['comparison']})"
        if matched > served:
            more.append(said)
        elif 2 * matched < served:
            few.append(said)
        served = programme.organisations.get(row["phase"], row["n_organisations"])
        if row["n_organisations"] > served:
            said = f"{row['n_organisations']:,} of {served:,}"
            organisations.append(f"{said} ({row['phase']}, {row['comparison']})")
    for key, what, places in (
        ("participants", "more respondents of the programme were matched", more),
        ("organisations", "matched respondents are of more organisations", organisations),
    ):
        if places:
            yield Fault(
                "COST004",
                f"{what} than it served: {'; '.join(places)}",
                f"Mend {key} of [programme], or the group in [costs]",
                study.path.name,
                place="programme",
                count=len(places),
            )
    if few:
        yield Fault(
            "COST005",
            f"net cost per participant rests on fewer than half of them: {'; '.join(few)}",
            "Say how many were matched; show net cost per respondent beside it",
            study.path.name,
            place="programme",
            count=len(few),
        )
