"""The total cost counted otherwise: capped, at other prices, without a part, without its tail."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from peereval.costing import Pricing, cost_sums, costs_of, declared_prices
from peereval.estimating.cost_cells import Costed
from peereval.estimators.clustered import contrast_cr2
from peereval.estimators.concentration import quantile_of_counts
from peereval.estimators.estimate import Estimate, Key, negated
from peereval.estimators.paired import describe
from peereval.moments import ClusterSums, value_sums
from peereval.studies import Question, Scenario

#: Per cent of costs above which they are pulled in.
WINSORISED = (95, 99)


def scenario_rows(key: Key, costed: Costed) -> Iterator[dict[str, Any]]:
    """The total under each scenario of the study, and with its highest costs pulled in."""
    study, clustered = costed.study, costed.clustered
    for scenario in study.cost_uncertainty.scenarios:
        if scenario.waiting:
            yield from _not_run(key, costed, scenario)
            continue
        left = [q for q in costed.questions if q.id not in scenario.without]
        sums = cost_sums(costed.counts, left, clustered, pricing_of(scenario)) if left else None
        yield from _rows(key, sums, f"scenario:{scenario.id}", scenario.title, study.ci_level)
    for percent in WINSORISED:
        sums = winsorised_sums(costed, percent) if costed.counts.height else None
        title = f"costs above the {percent}th percentile, before and after together, set to it"
        yield from _rows(key, sums, f"winsorised:{percent}", title, study.ci_level)


def _not_run(key: Key, costed: Costed, scenario: Scenario) -> Iterator[dict[str, Any]]:
    """A scenario that needs a value which nobody has given."""
    missing = ", ".join(slot.id for slot in scenario.waiting)
    cells = costed.cells
    nothing = Estimate(
        n=cells.size, n_organisations=cells.n_organisations,
        reason=f"{scenario.title}: not run: value not given: {missing}",
    )  # fmt: skip
    for method in ("descriptive", "paired_cr2"):
        yield key.row(method, "saving_per_respondent", nothing, f"scenario:{scenario.id}")


def _rows(
    key: Key, sums: ClusterSums | None, level: str, title: str, ci_level: float
) -> Iterator[dict[str, Any]]:
    if sums is None:
        nothing = Estimate(reason=f"{title}: nothing is left to be counted")
        yield key.row("descriptive", "saving_per_respondent", nothing, level)
        return
    means = describe(sums)
    before, after = means["mean_pre"], means["mean_post"]
    saving = before
    if before.value is not None and after.value is not None:
        saving = Estimate(
            before.value - after.value, n=before.n, n_organisations=before.n_organisations,
            note=title,
        )  # fmt: skip
    yield key.row("descriptive", "saving_per_respondent", saving, level)
    tested = negated(contrast_cr2((sums,), ci_level))
    yield key.row("paired_cr2", "saving_per_respondent", tested, level)


def pricing_of(scenario: Scenario) -> Pricing:
    """What the codes of a question cost under a scenario."""

    def priced(question: Question, contacts: tuple[Fraction, ...]) -> Sequence[Fraction]:
        others = scenario.contacts.get(question.table, {})
        counted = list(contacts)
        for label, value in others.items():
            counted[question.codes[label]] = value
        if question.id in scenario.caps:
            most = counted[scenario.caps[question.id]]
            counted = [min(each, most) for each in counted]
        if question.id in scenario.unit_costs:
            return [each * scenario.unit_costs[question.id] for each in counted]
        return declared_prices(question, tuple(counted))

    return priced


def winsorised_sums(costed: Costed, percent: int) -> ClusterSums:
    """Sums of costs of which none is above a percentile of all costs, before and after together.

    One limit for both occasions: a cost that is possible before is possible after.
    """
    before, after, denominator = costs_of(costed.counts, costed.questions)
    n = costed.counts["n"].to_numpy()
    limit = quantile_of_counts(np.concatenate([before, after]), np.concatenate([n, n]), percent)
    one, two = (np.minimum(100 * costs, limit) for costs in (before, after))
    return value_sums(costed.counts, one, two, 100 * denominator, costed.clustered)
