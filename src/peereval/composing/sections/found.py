"""What was found, in plain words with its uncertainty: the first thing that is read."""

from collections.abc import Iterator

from peereval.composing.content import Content, Place
from peereval.composing.model import Block, Listed, Paragraph, Section
from peereval.composing.readings import could_see, reading_of
from peereval.composing.sections.costs import cost_sentence, total
from peereval.composing.sections.outcomes import change_sentence, difference_sentence
from peereval.composing.sections.programme import net_cost_sentence
from peereval.composing.sections.service_use import prevalences, reading_of_share
from peereval.composing.sentences import Part, listed, paragraph
from peereval.publishing import PhaseOutcomes

#: Readings of which the outcomes are named together.
_WITHOUT_EFFECT = ("small", "undecided", "unknown", "withheld")


def found(content: Content) -> Section:
    """What was found, phase by phase and comparison by comparison."""
    words = content.words
    parts = tuple(
        part
        for phase, comparison, place in content.compared()
        if (part := _compared(content, phase, place, f"{phase.title}: {comparison.title}"))
    )
    blocks: list[Block] = [*_lead(content), *_claims_about_design(content)]
    if not parts:
        blocks.append(paragraph(words, "report.found.tables_only"))
    return Section("found", words("report.found.title"), tuple(blocks), parts)


def _lead(content: Content) -> Iterator[Paragraph]:
    """How many outcomes can be said what of, over everything that was compared."""
    codes = [
        reading_of(content.headline("paired", place.at(outcome=name)), content)
        for phase, _, place in content.compared()
        for name in phase.outcomes
    ]
    # Of a single one the sentence below says all.
    if len(codes) < 2:
        return
    found_ones = [reading for reading in codes if reading.way]
    # At the depth of headlines nothing is judged together with other tests.
    judged = all(reading.holds is not None for reading in found_ones)
    counts = {
        "found": len(found_ones),
        "held": sum(reading.holds is True for reading in found_ones),
        "unadjusted": sum(reading.holds is False for reading in found_ones),
        "small": sum(reading.code == "small" for reading in codes),
        "undecided": sum(reading.code == "undecided" for reading in codes),
    }
    said: dict[str, Part] = {
        name: n or content.words("report.found.none") for name, n in counts.items()
    }
    name = "report.found.lead" if judged else "report.found.lead_alone"
    yield paragraph(content.words, name, "lead", n=len(codes), **said)


def _claims_about_design(content: Content) -> Iterator[Paragraph]:
    """Words that a reader may not know; then what no test can mend: a design before and after."""
    if any(content.of(analysis="paired")):
        yield paragraph(
            content.words, "report.found.how_sure", level=content.level,
            margin=f"{content.publication.smallest_effect:g}",
        )  # fmt: skip
        if not content.contrast:
            yield paragraph(content.words, "report.found.design")
        else:
            treated, control = (content.title(name) for name in content.publication.contrast)
            yield paragraph(
                content.words, "report.found.design_contrast", treated=treated, control=control
            )
        yield from _one_place(content)


def _one_place(content: Content) -> Iterator[Paragraph]:
    """What a school that evaluates itself can know, and why its report may be empty."""
    there, fewest = content.organisations, content.publication.protection.organisations
    if there < 2:
        yield paragraph(content.words, f"report.found.{'one_place' if there else 'untold'}")
    if 0 < there < fewest and content.publication.protection.on:
        yield paragraph(
            content.words, "report.found.few_organisations", "lead", n=there, fewest=fewest
        )


def _compared(content: Content, phase: PhaseOutcomes, place: Place, title: str) -> Section | None:
    blocks: list[Block] = []
    if phase.outcomes:
        blocks.append(Listed(tuple(_outcomes(content, phase, place, "paired"))))
    if phase.outcomes and content.contrast:
        blocks.append(_subject(content))
        here = place.at(group=content.contrast)
        blocks.append(Listed(tuple(_outcomes(content, phase, here, "did"))))
    blocks += _services(content, place)
    at = place.at(group=content.publication.cost_group)
    if total(content, at):
        blocks.append(cost_sentence(content, at))
        blocks += net_cost_sentence(content, at)
    return (
        Section(f"found-{place.phase}-{place.comparison}", title, tuple(blocks)) if blocks else None
    )


def _subject(content: Content) -> Paragraph:
    treated, control = (content.title(name) for name in content.publication.contrast)
    return paragraph(content.words, "report.found.contrast", treated=treated, control=control)


def _outcomes(
    content: Content, phase: PhaseOutcomes, place: Place, analysis: str
) -> Iterator[Paragraph]:
    """A sentence for each effect that is found; one each for what is small, undecided, unknown."""
    sentence = change_sentence if analysis == "paired" else difference_sentence
    kinds: dict[str, list[Place]] = {kind: [] for kind in _WITHOUT_EFFECT}
    for name in phase.outcomes:
        here = place.at(outcome=name)
        reading = reading_of(content.headline(analysis, here), content)
        if reading.way:
            yield sentence(content, here)
        else:
            kinds[reading.key].append(here)
    for kind, places in kinds.items():
        if places:
            yield _together(content, kind, places)


def _together(content: Content, kind: str, places: list[Place]) -> Paragraph:
    """Outcomes of which the same can be said; of undecided ones, what could have been seen."""
    names, known = [], False
    for place in places:
        name, seen = content.title(place.outcome), could_see(content, place)
        if kind == "undecided" and seen:
            known = True
            number = content.number(seen, "2")
            names.append(
                paragraph(content.words, "report.found.seen", outcome=name, seen=number).runs
            )
        else:
            names.append(paragraph(content.words, "report.found.name", outcome=name).runs)
    name = f"report.found.{kind}{'_seen' if known else ''}"
    return paragraph(content.words, name, outcomes=listed(content.words, names))


def _services(content: Content, place: Place) -> Iterator[Block]:
    """Uses of services that rose or fell, of each group that was asked."""
    for group in content.publication.groups:
        here = place.at(group=group.id)
        readings = {
            name: reading_of_share(content, row)[0] for name, row in prevalences(content, here)
        }
        if not readings:
            continue
        said = list(readings.values())
        blank = said.count("unknown") + said.count("withheld")
        changed = {name: r for name, r in readings.items() if r.startswith(("rose", "fell"))}
        none = content.words("report.found.none")
        yield paragraph(
            content.words, f"report.found.services{'_blank' if blank == len(said) else ''}",
            group=group.title, n=len(said), found=len(changed) or none,
            undecided=said.count("undecided") or none, blank=blank or none,
        )  # fmt: skip
        if changed:
            items = [_service(content, here.at(outcome=name), r) for name, r in changed.items()]
            yield Listed(tuple(items))


def _service(content: Content, place: Place, reading: str) -> Paragraph:
    before, after = (
        content.row("prevalence_change", "share", f"share_{end}", place) for end in ("pre", "post")
    )
    row = dict(prevalences(content, place.at(outcome="")))[place.outcome]
    return paragraph(
        content.words, f"report.found.service.{reading}", question=content.title(place.outcome),
        n=content.number(row, "count", "n"), level=content.level,
        before=content.number(before, "percent"), after=content.number(after, "percent"),
        low=content.number(row, "points", "ci_low"),
        high=content.number(row, "points", "ci_high"),
        p=content.number(row, "p", "p_value"), adjusted=content.number(row, "p", "p_adjusted"),
    )  # fmt: skip
