"""How often tests reject a true null, and intervals hold the truth."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from peereval.estimators.ancova import ancova
from peereval.estimators.clustered import FEWEST_ORGANISATIONS, contrast_cr2, contrast_robust
from peereval.estimators.did import did_ols
from peereval.estimators.estimate import Estimate, generator
from peereval.estimators.multilevel import did_multilevel, paired_multilevel
from peereval.estimators.paired import paired_t
from peereval.estimators.permutation import permutation_test
from peereval.estimators.wild_bootstrap import wild_bootstrap
from validation.shares import share, table
from validation.surveys import AWKWARD, Model, Parts, draw, parts_of

LEVEL, SEED, TRUTH = 0.95, 2020, 0.3
ALPHA = 1 - LEVEL
ICCS, ORGANISATIONS = (0.0, 0.02, 0.05, 0.10), (FEWEST_ORGANISATIONS, 8, 15, 28)
#: From so many organisations on the headline has to keep its promise.
PROMISED_FROM = 8
#: Degrees of freedom at which false alarms are counted apart; the last is open.
DF_BINS = (1, 2, 3, 4, 5, 7, 10, 1000)

Estimator = Callable[[Parts], Estimate]

CHANGE: Mapping[str, Estimator] = {
    "paired_t": lambda parts: paired_t(parts[0], LEVEL),
    "paired_cr2": lambda parts: contrast_cr2(parts, LEVEL),
    "paired_cr3": lambda parts: contrast_robust(parts, LEVEL, "cr3"),
    "paired_wild": lambda parts: wild_bootstrap(parts, LEVEL, WILD_DRAWS, SEED),
    "paired_multilevel": lambda parts: paired_multilevel(parts[0], LEVEL)["mean_change"],
}
DID: Mapping[str, Estimator] = {
    "did_ols": lambda parts: did_ols(*parts, LEVEL),
    "did_cr2": lambda parts: contrast_cr2(parts, LEVEL),
    "did_cr3": lambda parts: contrast_robust(parts, LEVEL, "cr3"),
    "did_wild": lambda parts: wild_bootstrap(parts, LEVEL, WILD_DRAWS, SEED),
    "ancova_cr2": lambda parts: ancova(*parts, LEVEL)["cr2"],
    "did_multilevel": lambda parts: did_multilevel(*parts, LEVEL)["did"],
    "did_permutation": lambda parts: permutation_test(*parts, LEVEL),
}
#: Of the surveys, slow estimators are asked about one in so many.
ONE_IN = {
    "paired_wild": 5, "did_wild": 5, "ancova_cr2": 2, "paired_multilevel": 10,
    "did_multilevel": 10, "did_permutation": 5,
}  # fmt: skip
#: Enough to tell 5 from 6 in a hundred; every pattern of signs with eight organisations.
WILD_DRAWS = 399
HEADLINES = ("paired_cr2", "did_cr2")
#: What may also be declared as the headline and goes by organisation.
CHOICES = ("paired_cr3", "paired_wild", "did_cr3", "did_wild", "ancova_cr2")


@dataclass
class Count:
    """How often an estimator rejected a true null, and held a true effect in its interval."""

    tests: int = 0
    rejected: int = 0
    intervals: int = 0
    held: int = 0
    refused: int = 0
    df: float = 0.0
    by_df: Counter[tuple[int, bool]] = field(default_factory=Counter)

    def add_null(self, estimate: Estimate) -> None:
        if estimate.p_value is None:
            self.refused += 1
            return
        rejected = estimate.p_value < ALPHA
        self.tests += 1
        self.rejected += rejected
        if estimate.df is not None:
            self.df += estimate.df
            self.by_df[int(np.digitize(estimate.df, DF_BINS)), rejected] += 1

    def add_effect(self, estimate: Estimate) -> None:
        if estimate.ci_low is not None and estimate.ci_high is not None:
            self.intervals += 1
            self.held += estimate.ci_low <= TRUTH <= estimate.ci_high


Counts = Mapping[str, Count]
Cells = Mapping[Model, Counts]


def count(model: Model, repeats: int) -> Counts:
    """Errors of each estimator in one cell; half of the surveys have no effect, half have one."""
    rng = generator(SEED, "errors", repr(model))
    estimators = _estimators(model)
    counts = {name: Count() for name in estimators}
    for repeat in range(repeats):
        null = parts_of(draw(rng, model), model)
        effect = None
        if not model.awkward:
            moved = replace(model, effect=TRUTH)
            effect = parts_of(draw(rng, moved), moved)
        for name, estimator in estimators.items():
            if repeat % ONE_IN.get(name, 1) == 0:
                counts[name].add_null(estimator(null))
                if effect is not None:
                    counts[name].add_effect(estimator(effect))
    return counts


def _estimators(model: Model) -> Mapping[str, Estimator]:
    known = DID if model.groups else CHANGE
    if model in AWKWARD_MODELS:
        return {name: known[name] for name in known if name in (*HEADLINES, *_SECOND)}
    return known


_SECOND = ("paired_wild", "did_wild")

MODELS = tuple(
    Model(g, icc, groups=groups) for groups in ("", "mixed") for icc in ICCS for g in ORGANISATIONS
)
AWKWARD_ICC = 0.05
AWKWARD_MODELS = tuple(
    Model(g, AWKWARD_ICC, groups=groups, treated=treated, awkward=awkward)
    for groups, treated, kinds in (
        ("", 0.6, tuple(AWKWARD)),
        ("mixed", 0.6, tuple(AWKWARD)),
        ("whole", 0.5, ("",)),
        ("whole", 0.25, ("",)),
    )
    for awkward in kinds
    for g in ORGANISATIONS
)


# --- showing ------------------------------------------------------------------------------


def error_tables(cells: Cells) -> Iterator[str]:
    """Share of false alarms, and of intervals that hold the truth, of one group and of two."""
    for groups, what in (("", "Change of everyone"), ("mixed", "Difference of two groups")):
        mine = {model: cells[model] for model in MODELS if model.groups == groups}
        names = list(DID if groups else CHANGE)
        yield f"### {what}\n"
        yield "False alarms in a hundred, where nothing changed (5 are promised):\n"
        yield from _table(names, mine, lambda c: share(c.rejected, c.tests, ALPHA))
        yield f"\nIntervals in a hundred that hold a true effect of {TRUTH} SD (95 are promised):\n"
        yield from _table(names, mine, lambda c: share(c.held, c.intervals, LEVEL))
        yield ""


def _table(names: list[str], cells: Cells, shown: Callable[[Count], str]) -> Iterator[str]:
    heads = ["ICC", "organisations", *(f"`{name}`" for name in names)]
    yield from table(
        heads,
        (
            [f"{m.icc:.2f}", str(m.organisations), *(shown(counts[name]) for name in names)]
            for m, counts in cells.items()
        ),
    )


def awkward_table(cells: Cells) -> Iterator[str]:
    """False alarms of the headlines where a survey is as no method likes it."""

    def row(model: Model) -> list[str]:
        counts = cells[model]
        cr2, wild = (c for name in (HEADLINES, _SECOND) for n, c in counts.items() if n in name)
        asked = cr2.tests + cr2.refused
        return [
            _what(model), str(model.organisations), share(cr2.rejected, cr2.tests, ALPHA),
            f"{cr2.df / cr2.tests:.1f}" if cr2.tests else "-",
            share(wild.rejected, wild.tests, ALPHA), f"{100 * cr2.refused / asked:.1f}",
        ]  # fmt: skip

    heads = ["survey", "organisations", "CR2", "its mean df", "wild bootstrap", "refused"]
    yield from table(heads, map(row, AWKWARD_MODELS))


def _what(model: Model) -> str:
    if model.groups == "whole":
        share_of = "half" if model.treated == 0.5 else "a quarter"
        return f"two groups: {share_of} of the organisations treated, none mixed"
    return f"{'two groups' if model.groups else 'one group'}: {AWKWARD[model.awkward]}"


def df_table(cells: Cells) -> Iterator[str]:
    """False alarms of the headlines by their degrees of freedom, over all surveys."""
    totals: Counter[tuple[int, bool]] = Counter()
    awkward: Counter[tuple[int, bool]] = Counter()
    for model, counts in cells.items():
        into = totals if model in MODELS else awkward
        for name in HEADLINES:
            into.update(counts[name].by_df if name in counts else {})
    heads = ["degrees of freedom", "usual surveys", "tests", "awkward surveys", "tests"]
    yield from table(
        heads,
        (
            [_bin(k), *_found(totals, k), *_found(awkward, k)]
            for k in range(1, len(DF_BINS))
            if totals[k, False] + awkward[k, False]
        ),
    )


def _bin(k: int) -> str:
    low, high = DF_BINS[k - 1], DF_BINS[k]
    return f"{low} to {high}" if k < len(DF_BINS) - 1 else f"{low} or more"


def _found(counter: Counter[tuple[int, bool]], k: int) -> list[str]:
    of = counter[k, True] + counter[k, False]
    return [share(counter[k, True], of, ALPHA), f"{of:,}"]
