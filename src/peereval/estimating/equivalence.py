"""Whether a change is smaller than the smallest effect of interest."""

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from peereval.estimating.effects import Effect, effects_of
from peereval.estimating.material import Material
from peereval.estimators.equivalence import equivalence, verdict, verdict_text
from peereval.estimators.estimate import Estimate
from peereval.studies import Comparison, Phase, Study

_NO_SIZE = (
    "everyone has the same value before, so the smallest effect of interest has no size in {unit}"
)


def equivalence_rows(
    material: Material, phase: Phase, comparison: Comparison
) -> Iterator[dict[str, Any]]:
    """Two one-sided tests of each change and contrast, with a verdict in words.

    By organisation; where that is not possible, of pairs taken as independent as well.
    """
    for effect in effects_of(material, phase, comparison):
        key = effect.key("equivalence", phase, comparison)
        for kind, known in effect.tests(material.study.ci_level):
            yield key.row(f"tost_{kind}", "equivalence", _tested(effect, known, material.study))


def _tested(effect: Effect, known: Estimate, study: Study) -> Estimate:
    """The test of equivalence; its note begins with the verdict."""
    margin, size = _margin(effect, study)
    if known.reason or margin is None:
        reason = known.reason or _NO_SIZE.format(unit=effect.score.unit)
        return Estimate(n=known.n, n_organisations=known.n_organisations, reason=reason)
    tost = equivalence(known, margin, study.ci_level)
    said = verdict_text(
        verdict(known, tost, study.ci_level),
        "difference in change" if effect.of_contrast else "change",
        f"{margin:.3g} {effect.score.unit}",
    )
    notes = [said, f"smallest effect of interest {margin:.3g} {effect.score.unit}{size}"]
    return replace(tost, note="; ".join(filter(None, [*notes, known.note])))


def _margin(effect: Effect, study: Study) -> tuple[float | None, str]:
    """The smallest effect of interest in the unit of the score, and where it comes from."""
    statistics = study.statistics
    if effect.score.outcome in statistics.smallest_effects:
        return statistics.smallest_effects[effect.score.outcome], ", as the study says"
    if effect.sd_before is None:
        return None, ""
    share = statistics.smallest_effect
    return share * effect.sd_before, f" ({share:g} standard deviations before)"
