"""How much of the cost comes from how few, and how few the sign of its change hangs on."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from peereval.costing import costs_of
from peereval.estimating.cost_cells import Costed
from peereval.estimators.concentration import gini, leaving_out, number_to_turn_sign, top_share
from peereval.estimators.cost_bootstrap import Integers
from peereval.estimators.estimate import Estimate, Key
from peereval.estimators.sums import NO_PAIRS

TOP_PERCENTS = (1, 5, 10)
METHOD = "concentration"
NO_COST = "nobody had any cost"


def concentration_rows(key: Key, costed: Costed) -> Iterator[dict[str, Any]]:
    """Top shares, Gini and shares by label at both occasions; leaving out, and turning the sign."""
    before, after, denominator = costs_of(costed.counts, costed.questions)
    n = costed.counts["n"].to_numpy()
    for occasion, costs in (("before", before), ("after", after)):
        yield from _of_occasion(key, costed, occasion, costs, n)
        yield from _by_label(key, costed, occasion)
    yield from _left_out(key, costed, before - after, n, denominator)
    yield _turned(key, costed, before - after, n)


def _estimate(costed: Costed, value: float | None, reason: str, note: str = "") -> Estimate:
    cells = costed.cells
    return Estimate(
        value, n=cells.size, n_organisations=cells.n_organisations,
        reason="" if value is not None else NO_PAIRS if not cells.size else reason,
        note=note,
    )  # fmt: skip


def _of_occasion(
    key: Key, costed: Costed, occasion: str, costs: Integers, n: Integers
) -> Iterator[dict[str, Any]]:
    some = bool(costs.any())
    for percent in TOP_PERCENTS:
        share = _estimate(costed, top_share(costs, n, percent / 100) if some else None, NO_COST)
        yield key.row(METHOD, "share_of_cost", share, f"top_{percent}:{occasion}", "share")
    value = _estimate(costed, gini(costs, n) if some else None, NO_COST)
    yield key.row(METHOD, "gini", value, occasion, "share")


def _by_label(key: Key, costed: Costed, occasion: str) -> Iterator[dict[str, Any]]:
    """Share of all cost that comes from answers of each label, over all questions."""
    parameters = costed.parameters
    money = parameters.base * (costed.counts["n"].to_numpy() @ costed.chosen(occasion))
    parts = np.bincount(parameters.contacts_of, money, len(parameters.contacts))
    whole = float(parts.sum())
    for label, part in zip(parameters.contacts, parts, strict=True):
        share = _estimate(costed, float(part) / whole if whole else None, NO_COST)
        yield key.row(METHOD, "share_of_cost", share, f"label:{label.name}:{occasion}", "share")


def _left_out(
    key: Key, costed: Costed, savings: Integers, n: Integers, denominator: int
) -> Iterator[dict[str, Any]]:
    """The lowest and highest mean change without one respondent, and without one organisation."""
    whole, size = int((savings * n).sum()), int(n.sum())
    parts = {"respondent": (savings, np.ones_like(n))}
    if costed.clustered and len(n):
        place, count = costed.cells.organisation, costed.cells.count
        sums = np.zeros((2, count), dtype=np.int64)
        np.add.at(sums[0], place, savings * n)
        np.add.at(sums[1], place, n)
        parts["organisation"] = (sums[0], sums[1])
    for what, (sums_of, sizes) in parts.items():
        found = leaving_out(sums_of, sizes, whole, size, denominator)
        reason = f"nobody is left without one {what}"
        for name in ("lowest", "highest"):
            value = _estimate(costed, getattr(found, name) if found else None, reason)
            yield key.row(METHOD, "saving_leaving_one_out", value, f"{what}:{name}")


def _turned(key: Key, costed: Costed, savings: Integers, n: Integers) -> dict[str, Any]:
    found = number_to_turn_sign(savings, n)
    reason = "the mean cost is the same before and after, so it has no sign to turn"
    if (savings * n).sum():
        reason = "no respondent's cost moved the other way, so the sign cannot turn"
    value = _estimate(costed, None if found is None else float(found), reason)
    return key.row(METHOD, "n_to_turn_sign", value, unit="respondents")
