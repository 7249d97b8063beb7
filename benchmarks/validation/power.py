"""Simulated power of the headline estimators beside what `peereval power` computes."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import special

from peereval.estimators.clustered import contrast_cr2
from peereval.estimators.did import did_ols
from peereval.estimators.estimate import generator
from peereval.estimators.paired import paired_t
from peereval.estimators.power import Design, Plan, plan_study
from validation.errors import ALPHA, LEVEL, SEED
from validation.shares import DOUBT, errors_apart, share, table
from validation.surveys import Model, draw, evenly, parts_of


@dataclass(frozen=True)
class Case:
    """A survey that is planned: effect in SD before, ``size`` matched pairs by organisation.

    ``spread``: coefficient of variation of the sizes; ``clustered``: whether the plan and the
    test go by organisation; ``varies``: whether the effect differs between organisations.
    """

    organisations: int
    size: float
    icc: float
    effect: float
    groups: str = ""
    treated: float = 0.5
    spread: float = 0.0
    correlation: float = 0.5
    attrition: float = 0.0
    clustered: bool = True
    varies: bool = False


CASES = (
    Case(199, 1, 0.0, 0.2, clustered=False),
    Case(199, 1, 0.0, 0.2, correlation=0.7, clustered=False),
    Case(28, 15, 0.0, 0.15),
    Case(28, 15, 0.05, 0.2),
    Case(28, 15, 0.10, 0.2),
    Case(15, 15, 0.05, 0.3),
    Case(8, 15, 0.10, 0.4),
    Case(8, 15, 0.02, 0.3),
    Case(28, 15, 0.05, 0.2, spread=0.6),
    Case(8, 15, 0.05, 0.4, spread=0.6),
    Case(28, 15, 0.05, 0.2, correlation=0.7, attrition=0.6),
    Case(28, 15, 0.05, 0.2, correlation=0.3, attrition=0.6, spread=0.6),
    Case(373, 1, 0.0, 0.3, "mixed", treated=0.67, clustered=False),
    Case(28, 16, 0.05, 0.3, "even"),
    Case(28, 15, 0.10, 0.3, "even", treated=0.6),
    Case(8, 20, 0.05, 0.5, "even"),
    Case(28, 15, 0.05, 0.3, "mixed"),
    Case(28, 15, 0.10, 0.3, "mixed", treated=0.67),
    Case(15, 15, 0.05, 0.4, "mixed", spread=0.6),
    Case(8, 20, 0.05, 0.5, "mixed"),
    Case(28, 15, 0.05, 0.3, "mixed", attrition=0.6),
    Case(28, 15, 0.05, 0.3, "mixed", varies=True),
    Case(28, 15, 0.05, 0.4, "whole"),
    Case(28, 15, 0.05, 0.4, "whole", spread=0.6),
    Case(16, 15, 0.10, 0.6, "whole"),
    Case(8, 15, 0.05, 0.6, "whole"),
)


@dataclass(frozen=True)
class Found:
    """Power that was computed, and how often the estimator found the effect."""

    estimator: str
    computed: float
    pairs: int
    found: int
    of: int


def sizes(organisations: int, mean: float, spread: float) -> tuple[int, ...]:
    """Sizes at evenly spaced quantiles of a gamma distribution; all alike if ``spread`` is 0."""
    if not spread:
        return (round(mean),) * organisations
    shape = 1 / spread**2
    middle = (np.arange(organisations) + 0.5) / organisations
    drawn = special.gammaincinv(shape, middle) * mean / shape
    # Every second one from the other end: so whole organisations are treated large and small.
    order = np.r_[np.arange(0, organisations, 2), np.arange(1, organisations, 2)[::-1]]
    return tuple(int(max(2, round(size))) for size in drawn[order])


def found_power(case: Case, repeats: int) -> Found:
    """The plan of a case, and its estimator on surveys drawn as planned."""
    before = sizes(case.organisations, case.size / (1 - case.attrition), case.spread)
    model = Model(
        case.organisations, case.icc, case.effect, case.groups, case.treated,
        varies=case.varies, sizes=before, correlation=case.correlation, lost=case.attrition,
    )  # fmt: skip
    plan = planned(case, before)
    rng = generator(SEED, "power", repr(case))
    estimator = _estimator(case)
    estimate = ESTIMATORS[estimator]
    p_values = (estimate(parts_of(draw(rng, model), model)).p_value for _ in range(repeats))
    found = sum(p is not None and p < ALPHA for p in p_values)
    return Found(estimator, plan.power, plan.n, found, repeats)


def planned(case: Case, before: tuple[int, ...]) -> Plan:
    """What `peereval power` says of these sizes: those matched are the share not lost."""
    size, treated = np.array(before), case.treated
    if case.groups == "whole":
        treated = float(size[evenly(len(size), treated)].sum() / size.sum())
    design = Design(
        kind="did" if case.groups else "paired",
        level=LEVEL,
        treated=treated,
        icc=case.icc,
        organisations=case.organisations if case.clustered else None,
        size_variation=float(size.std() / size.mean()) if case.clustered else 0.0,
        mixed=case.groups in {"mixed", "even"} and case.clustered,
    )
    n = round(size.sum() * (1 - case.attrition))
    return plan_study(
        design, n=n, effect=case.effect, correlation=case.correlation, attrition=case.attrition
    )


ESTIMATORS = {
    "paired_t": lambda parts: paired_t(parts[0], LEVEL),
    "paired_cr2": lambda parts: contrast_cr2(parts, LEVEL),
    "did_ols": lambda parts: did_ols(*parts, LEVEL),
    "did_cr2": lambda parts: contrast_cr2(parts, LEVEL),
}


def _estimator(case: Case) -> str:
    if case.groups:
        return "did_cr2" if case.clustered else "did_ols"
    return "paired_cr2" if case.clustered else "paired_t"


def power_table(found: dict[Case, Found]) -> Iterator[str]:
    """Computed and simulated power, and their difference in Monte-Carlo errors."""
    heads = [
        "estimator", "organisations", "pairs", "CV of sizes", "groups", "ICC", "effect",
        "correlation", "lost", "computed", "simulated", "errors apart",
    ]  # fmt: skip

    def row(case: Case, one: Found) -> list[str]:
        groups = f"{case.groups}, {case.treated:g} treated" if case.groups else ""
        return [
            f"`{one.estimator}`", str(case.organisations) if case.clustered else "-",
            str(one.pairs), f"{case.spread:g}", groups + (", effect varies" * case.varies),
            f"{case.icc:.2f}", f"{case.effect:g}", f"{case.correlation:g}", f"{case.attrition:g}",
            f"{100 * one.computed:.1f}", share(one.found, one.of, one.computed),
            f"{errors_apart(one.found, one.of, one.computed):+.1f}",
        ]  # fmt: skip

    yield from table(heads, (row(case, one) for case, one in found.items()))


def power_findings(found: dict[Case, Found]) -> Iterator[str]:
    """How far simulated power lies from what was computed, by what the survey is like."""
    kinds: dict[str, list[Case]] = {}
    for case in found:
        kinds.setdefault(_kind(case), []).append(case)
    for kind, cases in kinds.items():
        gaps = [100 * (found[c].found / found[c].of - found[c].computed) for c in cases]
        apart = [errors_apart(found[c].found, found[c].of, found[c].computed) for c in cases]
        beyond = sum(abs(a) > DOUBT for a in apart)
        yield (
            f"- {kind}: simulated less computed power is {min(gaps):+.1f} to {max(gaps):+.1f} "
            f"points; {beyond} of {len(cases)} beyond Monte-Carlo error."
        )


def _kind(case: Case) -> str:
    if case.varies:
        return "effects that differ between organisations"
    if case.groups == "mixed" and case.clustered:
        return "groups chosen one by one, so that their shares differ between organisations"
    if case.spread or case.attrition:
        return "otherwise as planned, but organisations are unequal, or respondents are lost"
    return "as planned: organisations alike in size and in the share of the treated"
