"""All charts of a publication, in the order of the report."""

from collections.abc import Iterator

from msgspec.structs import replace

from peereval.composing.figures.costs import concentration, tornado
from peereval.composing.figures.estimators import specification
from peereval.composing.figures.outcomes import EVERYBODY, before_after, contrast_forest, forest
from peereval.composing.figures.questions import answers, scopes
from peereval.composing.figures.respondents import flow, retention
from peereval.composing.figures.shares import migration, prevalence
from peereval.composing.figures.value import acceptability, gained, plane
from peereval.composing.model import Figure
from peereval.publishing import Occasions, PhaseOutcomes, Publication
from peereval.wording import Words


def figures_of(publication: Publication, words: Words) -> tuple[Figure, ...]:
    """Every chart that there is something to show in, with ids that are safe as file names."""
    found = [each for each in _all(publication, words) if each]
    return tuple(_told_apart(found))


def _told_apart(figures: list[Figure]) -> Iterator[Figure]:
    """Figures with a number after the id of those that would be the same file."""
    seen: dict[str, int] = {}
    for each in figures:
        seen[each.id] = seen.get(each.id, 0) + 1
        if seen[each.id] == 1:
            yield each
        else:
            name = f"{each.id}--{seen[each.id]}"
            yield replace(each, id=name, data=replace(each.data, id=f"{name}-data"))


def _all(publication: Publication, words: Words) -> Iterator[Figure | None]:
    for comparison in publication.comparisons:
        yield flow(publication, words, comparison.id)
        yield retention(publication, words, comparison.id)
    places = [
        (phase, comparison)
        for phase in publication.phases
        for comparison in publication.comparisons
        if phase.id in comparison.phases
    ]
    for phase, comparison in places:
        yield from _of_outcomes(publication, words, phase, comparison)
    for phase, comparison in places:
        yield from _of_shares(publication, words, phase, comparison)
    for phase, comparison in places:
        here = (phase.id, comparison.id)
        yield tornado(publication, words, *here)
        yield concentration(publication, words, *here)
        for outcome in gained(publication, *here):
            yield plane(publication, words, *here, outcome)
        yield acceptability(publication, words, *here)
    for table in publication.questions:
        for phase_id in scopes(table):
            for occasion in table.occasions:
                yield answers(publication, words, table.id, phase_id, occasion)
    for phase, comparison in places:
        yield from _of_estimators(publication, words, phase, comparison)


def _groups(publication: Publication) -> list[str]:
    return [group.id for group in publication.groups if not group.only]


def _of_outcomes(
    publication: Publication, words: Words, phase: PhaseOutcomes, comparison: Occasions
) -> Iterator[Figure | None]:
    here = (phase.id, comparison.id)
    for group in _groups(publication):
        yield forest(publication, words, *here, group)
    yield contrast_forest(publication, words, *here)
    for outcome in phase.outcomes:
        yield before_after(publication, words, *here, outcome)


def _of_shares(
    publication: Publication, words: Words, phase: PhaseOutcomes, comparison: Occasions
) -> Iterator[Figure | None]:
    here = (phase.id, comparison.id)
    for outcome in phase.bands:
        for group in _groups(publication):
            yield migration(publication, words, *here, group, outcome)
    for each in publication.groups:
        yield prevalence(publication, words, *here, each.id)


def _of_estimators(
    publication: Publication, words: Words, phase: PhaseOutcomes, comparison: Occasions
) -> Iterator[Figure | None]:
    here = (phase.id, comparison.id)
    for outcome in phase.outcomes:
        yield specification(publication, words, *here, EVERYBODY, outcome)
        if publication.contrast:
            both = "{}_v_{}".format(*publication.contrast)
            yield specification(publication, words, *here, both, outcome, "did")
