"""Bias and coverage where those who are lost are not like the others."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from peereval.estimators.estimate import Estimate, generator, t_estimate
from peereval.estimators.imputation import draw, impute_sums, regress
from peereval.estimators.selection import chances_of_follow_up
from peereval.estimators.tipping_point import (
    Completed,
    Path,
    completed_path,
    conclusion,
    pooled_estimate,
    tipping_delta,
)
from peereval.estimators.weighted_means import Weighted, weighted_cr2
from validation.errors import LEVEL, SEED
from validation.shares import DOUBT, share, table
from validation.surveys import Numbers

ORGANISATIONS, SIZES, ICC = 20, (10, 50), 0.05
#: Shares of respondents who are treated, and who have the characteristic.
TREATED, MARKED = 0.6, 0.4
#: How much lower the lost score later than others with the same answers before, where they do.
DELTA = 0.4
IMPUTATIONS = 50
#: The largest delta that is looked at, as the range of a score.
LARGEST = 10.0

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Loss:
    """Who is lost: log odds of being followed up, and how much worse the lost do.

    ``change`` of everybody, or ``effect`` on the treated, is what there is to be found.
    """

    words: str
    by_score: float = 0.0
    by_mark: float = 0.0
    by_group: float = 0.0
    worse: float = 0.0
    change: float = 0.2
    effect: float = 0.3

    def chance(self, before: Numbers, marked: Numbers | Flags, treated: Numbers | Flags) -> Numbers:
        """Of being followed up."""
        odds = -0.2 + self.by_score * before + self.by_mark * (marked - MARKED)
        return 1 / (1 + np.exp(-odds - self.by_group * (treated - TREATED)))


KNOWN = {"by_score": 0.8, "by_mark": -0.8, "by_group": 0.7}
LOSSES = (
    Loss("by chance alone"),
    Loss("by what was known before", **KNOWN),
    Loss("by what was known before, and the lost did worse", **KNOWN,
         worse=DELTA, change=0.0, effect=0.0),
)  # fmt: skip


@dataclass(frozen=True)
class People:
    """Everybody who answered before; ``later`` is what they would answer, ``kept`` who does."""

    before: Numbers
    later: Numbers
    place: NDArray[np.int64]
    groups: tuple[Flags, ...]
    kept: Flags
    design: Numbers

    def by_place(self, values: Numbers | Flags) -> Numbers:
        return np.bincount(self.place, values, ORGANISATIONS).astype(float)


def people(rng: np.random.Generator, loss: Loss, contrast: bool) -> People:
    """One survey. The lost of the first group (everyone, or the treated) may have done worse."""
    low, high = SIZES
    place = np.repeat(np.arange(ORGANISATIONS), rng.integers(low, high + 1, ORGANISATIONS))
    n = len(place)
    treated, marked = rng.random(n) < TREATED, rng.random(n) < MARKED
    before = rng.standard_normal(n)
    kept = rng.random(n) < loss.chance(before, marked, treated)
    shared, own = rng.standard_normal(ORGANISATIONS)[place], rng.standard_normal(n)
    groups = (treated, ~treated) if contrast else (np.ones(n, dtype=bool),)
    change = 0.8 * (sqrt(ICC) * shared + sqrt(1 - ICC) * own)
    change = change - 0.5 * before - 0.4 * (marked - MARKED) + loss.change
    # Among all of the first group the mean is as it would be without this.
    change = change + loss.worse * (share_lost(loss, contrast) - ~kept) * groups[0]
    change = change + loss.effect * (treated - TREATED)
    design = np.column_stack([np.ones(n), (before - before.mean()) / before.std(), marked, treated])
    return People(before, before + change, place, groups, kept, design)


def share_lost(loss: Loss, contrast: bool) -> float:
    """Of everyone, or of the treated: integrated over the score before."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(64)
    lost = 0.0
    for marked, of_marked in ((1.0, MARKED), (0.0, 1 - MARKED)):
        for treated, of_treated in ((1.0, TREATED), (0.0, 1 - TREATED)):
            chance = loss.chance(nodes, np.full(64, marked), np.full(64, treated))
            portion = treated if contrast else of_treated
            lost += of_marked * portion * float(weights @ (1 - chance) / weights.sum())
    return lost


# --- estimating ---------------------------------------------------------------------------


def estimates(all_: People, path: Path) -> dict[str, Estimate]:
    """Each method's estimate of the mean change of everybody, or of the difference of groups."""
    change, n = all_.later - all_.before, len(all_.later)
    chances = chances_of_follow_up(all_.design, all_.kept)
    assert not isinstance(chances, str), chances

    def weighted(weights: Numbers) -> Estimate:
        seen = [group & all_.kept for group in all_.groups]
        parts = [Weighted(change[mine], weights[mine], all_.place[mine]) for mine in seen]
        return weighted_cr2(parts, LEVEL, ORGANISATIONS)

    worse = path.at(np.array([DELTA]))
    value, error, df = (float(x[0]) for x in (worse.value, worse.std_error, worse.df))
    return {
        "complete cases": weighted(np.ones(n)),
        "weights": weighted(1 / chances),
        "imputation": pooled_estimate(path, LEVEL, n, ORGANISATIONS),
        "imputation, worse": t_estimate(value, error, df, LEVEL, n, ORGANISATIONS),
    }


def imputed(rng: np.random.Generator, all_: People) -> Path:
    """The mean change over completed data, as the program computes it from rows."""
    kept, seen = all_.kept, all_.later[all_.kept]
    centre, spread = seen.mean(), seen.std()
    known = regress((seen - centre) / spread, all_.design[kept], all_.place[kept], ORGANISATIONS)
    drawn = draw(known, IMPUTATIONS, rng)
    parts = []
    for moved, group in zip((True, False), all_.groups, strict=False):
        lost = group & ~kept
        x_sums = np.zeros((ORGANISATIONS, all_.design.shape[1]))
        np.add.at(x_sums, all_.place[lost], all_.design[lost])
        n_lost = all_.by_place(lost)
        sums = spread * impute_sums(drawn, x_sums, n_lost, rng) + centre * n_lost
        sums = sums + all_.by_place(group * (np.where(kept, all_.later, 0) - all_.before))
        parts.append(Completed(sums, all_.by_place(group), n_lost, moved))
    return completed_path(parts)


# --- counting -----------------------------------------------------------------------------


@dataclass
class Tally:
    """Errors of one method over many surveys, and how often its interval held the truth."""

    errors: list[float] = field(default_factory=list)
    held: int = 0
    above: int = 0

    def add(self, estimate: Estimate, truth: float) -> None:
        assert estimate.value is not None
        assert estimate.ci_low is not None
        assert estimate.ci_high is not None
        self.errors.append(estimate.value - truth)
        self.held += estimate.ci_low <= truth <= estimate.ci_high
        self.above += estimate.ci_low > 0

    @property
    def n(self) -> int:
        return len(self.errors)

    @property
    def bias(self) -> float:
        return float(np.mean(self.errors))

    @property
    def error(self) -> float:
        """Monte-Carlo standard error of the bias."""
        return float(np.std(self.errors, ddof=1)) / sqrt(self.n)


@dataclass
class Tallies:
    """Of each method; and the tipping points of surveys that conclude that there was a gain."""

    methods: Mapping[str, Tally]
    tipping: list[float] = field(default_factory=list)


Question = tuple[Loss, bool]
Found = Mapping[Question, Tallies]
QUESTIONS: tuple[Question, ...] = tuple(
    (loss, contrast) for contrast in (False, True) for loss in LOSSES
)


def tally(question: Question, repeats: int) -> Tallies:
    """Each method on surveys that are drawn for one question."""
    loss, contrast = question
    truth = loss.effect if contrast else loss.change
    rng = generator(SEED, "attrition", repr(question))
    found = Tallies({name: Tally() for name in METHODS})
    for _ in range(repeats):
        all_ = people(rng, loss, contrast)
        path = imputed(rng, all_)
        made = estimates(all_, path)
        for name, estimate in made.items():
            found.methods[name].add(estimate, truth)
        if loss.worse and conclusion(made["complete cases"]) == 1:
            delta = tipping_delta(path, 1, LEVEL, LARGEST)
            found.tipping.append(LARGEST if delta is None else delta)
    return found


METHODS = {
    "complete cases": "the headline, of those followed up",
    "weights": "`logit_weights`",
    "imputation": "`multiple_imputation`",
    "imputation, worse": f"the same, the lost being {DELTA:g} worse",
}


# --- showing ------------------------------------------------------------------------------


def attrition_tables(found: Found) -> Iterator[str]:
    """Bias in hundredths of a standard deviation, and intervals that hold the truth."""
    for contrast, what in ((False, "Mean change of everyone"), (True, "Difference of two groups")):
        mine = {loss: tallies for (loss, of), tallies in found.items() if of == contrast}
        yield f"### {what}\n"
        heads = ["lost, of the treated" if contrast else "lost", "", *METHODS.values()]
        rows = []
        for loss, tallies in mine.items():
            each = [tallies.methods[name] for name in METHODS]
            rows.append([f"{100 * share_lost(loss, contrast):.0f}% {loss.words}", "bias",
                         *map(_bias, each)])  # fmt: skip
            rows.append(["", "held", *(share(t.held, t.n, LEVEL) for t in each)])
        yield from table(heads, rows)
        yield ""


def _bias(tally_: Tally) -> str:
    text = f"{tally_.bias:+.3f}"
    return f"**{text}**" if abs(tally_.bias) > DOUBT * tally_.error else text


def attrition_findings(found: Found) -> Iterator[str]:
    """What each loss does to the headline, and what the other methods make of it."""
    for (loss, contrast), tallies in found.items():
        plain, weights, imputation, worse = (tallies.methods[name] for name in METHODS)
        what = "the difference of groups" if contrast else "the change of everyone"
        yield (
            f"- {what}, lost {loss.words}: bias {plain.bias:+.3f} SD with those followed up alone "
            f"(intervals hold the truth {_held(plain)} in a hundred), {weights.bias:+.3f} with "
            f"weights ({_held(weights)}), {imputation.bias:+.3f} with imputation "
            f"({_held(imputation)})"
            + (_of_worse(worse, tallies) if loss.worse else ".")
            + (_ONE_OF_TWO if abs(imputation.bias) > abs(plain.bias) + DOUBT * plain.error else "")
        )


_ONE_OF_TWO = (
    " What was known before and what was not bias in opposite directions here: to mend the one "
    "alone leaves all of the other."
)


def _held(tally_: Tally) -> str:
    return f"{100 * tally_.held / tally_.n:.1f}"


def _of_worse(worse: Tally, tallies: Tallies) -> str:
    n, deltas = worse.n, np.array(tallies.tipping)
    gains = 100 * len(deltas) / n
    stand = 100 * int((deltas > DELTA).sum()) / n
    return (
        f", and {worse.bias:+.3f} ({_held(worse)}) if the lost are imputed {DELTA:g} worse, as "
        f"they were. Nothing changed here, yet {gains:.0f} in a hundred headlines say there was a "
        f"gain. Their tipping points (median {np.median(deltas):.2f} SD) lie beyond {DELTA:g}, "
        f"which would have said that the gain stands, in {stand:.1f} in a hundred of all surveys."
    )
