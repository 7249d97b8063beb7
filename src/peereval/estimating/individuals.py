"""How many respondents changed reliably."""

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from peereval.estimating.material import Material
from peereval.estimating.reliability import sample_alpha
from peereval.estimators.estimate import Estimate, Key
from peereval.estimators.individual_change import (
    at_least,
    beyond,
    individual_change,
    jacobson_truax,
)
from peereval.estimators.sums import NO_PAIRS, ONE_PAIR, Totals, totals
from peereval.scales import Score
from peereval.studies import Comparison, Phase

_BETTER = {"share_improved": "higher", "share_deteriorated": "lower"}


def individual_rows(
    material: Material, phase: Phase, comparison: Comparison
) -> Iterator[dict[str, Any]]:
    """How many respondents changed reliably.

    The threshold is one for all groups of an outcome, so that the same change means the
    same everywhere; the standard deviation behind it is that of all pairs.
    """
    scores = material.study.scores
    for outcome in phase.outcomes:
        score = scores[outcome]
        everyone = material.sums(score, phase, comparison, None)
        reliability = _reliability(material, score, phase, comparison)
        for method, found, least in _thresholds(score, totals(everyone), *reliability):
            threshold = replace(found, n_organisations=everyone.n_organisations)
            key = Key("individual_change", phase.id, comparison.id, "all", outcome, score.unit)
            yield key.row(method, "threshold", threshold)
            if not threshold.reason:
                yield from _shares(material, phase, comparison, score, method, least)


def _shares(
    material: Material,
    phase: Phase,
    comparison: Comparison,
    score: Score,
    method: str,
    least: int,
) -> Iterator[dict[str, Any]]:
    for group, roles in material.groups():
        changes = material.changes(score, phase, comparison, roles)
        shares = individual_change(changes, least, score.better, material.study.ci_level)
        for estimand, estimate in shares.items():
            better = _BETTER.get(estimand, "")
            here = (phase.id, comparison.id, group, score.outcome, "share", better)
            yield Key("individual_change", *here).row(method, estimand, estimate)


def _thresholds(
    score: Score, whole: Totals, reliability: float | None, where: str
) -> Iterator[tuple[str, Estimate, int]]:
    """Method, threshold in points, and the whole-number change that reaches it."""
    index = _index(whole, reliability, where)
    yield "jacobson_truax", index, beyond(index.value or 0.0, score.denominator)
    published = score.reliable_change
    if published is None:
        return
    reason = "" if whole.n else NO_PAIRS
    if not published.verified:
        reason = "the published threshold in the scale file is not verified"
    value = None if reason else float(published.threshold)
    estimate = Estimate(value, n=whole.n, reason=reason, note=published.source)
    yield "published_threshold", estimate, at_least(published.threshold, score.denominator)


def _index(whole: Totals, reliability: float | None, where: str) -> Estimate:
    if whole.n < 2:
        return Estimate(n=whole.n, reason=ONE_PAIR if whole.n else NO_PAIRS)
    if reliability is None:
        return Estimate(n=whole.n, reason=where)
    spread = whole.sd(whole.pre, whole.pre_sq)
    if not spread:
        return Estimate(n=whole.n, reason="everyone has the same value before")
    threshold = jacobson_truax(spread, reliability)
    note = f"reliability {reliability:g} ({where}), standard deviation before {spread:.3g}"
    return Estimate(threshold, n=whole.n, note=f"{note} of all pairs")


def _reliability(
    material: Material, score: Score, phase: Phase, comparison: Comparison
) -> tuple[float | None, str]:
    """A reliability and where it is from: declared, else published, else of this sample.

    None and why not where there is none of them.
    """
    declared = material.study.statistics.reliabilities.get(score.outcome)
    if declared is not None:
        return declared, "declared in the study"
    known = score.reliability
    if known is not None and known.verified:
        return known.value, f"{known.kind}, {known.source}"
    before = [pair[0] for pair in comparison.pairs]
    alpha = sample_alpha(material, score, phase, before).value
    if alpha is not None and 0 < alpha < 1:
        return alpha, "alpha of the responses before"
    found = "is not verified in" if known else "is not known from"
    how = f"declare one as {score.outcome} under [statistics.reliabilities] of the study"
    return None, f"the reliability {found} the scale file, nor from these responses: {how}"
