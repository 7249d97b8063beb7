"""The effects of a phase and comparison: what they are of, their own test, and what they are
measured against.
"""

from collections.abc import Iterator
from math import sqrt

from msgspec import Struct

from peereval.estimating.material import Material
from peereval.estimators.clustered import contrast_cr2
from peereval.estimators.did import did_ols
from peereval.estimators.estimate import Estimate, Key
from peereval.estimators.paired import paired_t
from peereval.estimators.sums import totals
from peereval.moments import ClusterSums
from peereval.scales import Score
from peereval.studies import Comparison, Phase


class Effect(Struct, frozen=True):
    """The change of one group in one outcome, or the contrast of two groups.

    ``parts``: sums of the one group, or of the treated and the control over the same
    organisations. ``sd_before``: standard deviation before, in the unit of the score, of all
    matched respondents, or pooled over the two groups; None where it is 0 or cannot be had.
    """

    score: Score
    group: str
    parts: tuple[ClusterSums, ...]
    sd_before: float | None

    @property
    def of_contrast(self) -> bool:
        """Whether it is a difference of two groups' changes."""
        return len(self.parts) > 1

    def key(self, analysis: str, phase: Phase, comparison: Comparison) -> Key:
        """Key of a row about this effect."""
        score = self.score
        about = (phase.id, comparison.id, self.group, score.outcome, score.unit, score.better)
        return Key(analysis, *about)

    def tests(self, level: float) -> Iterator[tuple[str, Estimate]]:
        """Its test by organisation (``cr2``); where that has no answer, also ``t``: of pairs taken
        as independent.
        """
        clustered = contrast_cr2(self.parts, level)
        yield "cr2", clustered
        if clustered.reason:
            one, *other = self.parts
            yield "t", did_ols(one, other[0], level) if other else paired_t(one, level)


def effects_of(material: Material, phase: Phase, comparison: Comparison) -> Iterator[Effect]:
    """Each outcome's change by group, then its contrast, in the order of the study."""
    study = material.study
    for outcome in phase.outcomes:
        score, sd_before = study.scores[outcome], None
        for group, roles in material.groups():
            sums = material.sums(score, phase, comparison, roles)
            sd_before = pooled_sd_before((sums,)) if roles is None else sd_before
            yield Effect(score, group, (sums,), sd_before)
        if study.contrast:
            parts = material.contrast(score, phase, comparison)
            yield Effect(score, "_v_".join(study.contrast), parts, pooled_sd_before(parts))


def pooled_sd_before(parts: tuple[ClusterSums, ...]) -> float | None:
    """Standard deviation before, pooled over groups; None without variation."""
    wholes = [whole for part in parts if (whole := totals(part)).n]
    free = sum(whole.n - 1 for whole in wholes)
    squares = sum(whole.scatter(whole.pre, whole.pre_sq) / whole.n for whole in wholes)
    return sqrt(squares / free) / parts[0].denominator if squares else None
