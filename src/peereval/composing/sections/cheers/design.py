"""Items on who, what, where and when: mostly what a study says of itself."""

from peereval.composing.content import Content
from peereval.composing.model import Run
from peereval.composing.sections.cheers.saying import (
    Said,
    amount,
    say,
    sentence,
    sentences,
    stated,
    together,
    where,
)
from peereval.composing.sections.costs import cost_places, total
from peereval.publishing import Economics, Occasions, Spending


def title(content: Content, declared: Economics) -> Said:
    """Item 1: the title of the study, and what its economic part is."""
    group = content.title(content.publication.cost_group)
    kind = "programme" if declared.programme else "contacts"
    if declared.programme and declared.contacts:
        kind = "net"
    names = _outcomes(content, declared)
    return sentences(
        (Run(sentence(content.publication.study.title)),),
        say(content, f"about.{kind}", group=group),
        say(content, "about.gained", outcomes=names) if names else (),
    )


def abstract(content: Content, _: Economics) -> Said:
    """Item 2."""
    return say(content, "about.summary")


def population(content: Content, declared: Economics) -> Said:
    """Item 5: who they were, and how many respondents costs stand on."""
    ethics = stated(content, declared, "ethics")
    return sentences(
        stated(content, declared, "population"),
        say(content, "population.ethics", said=ethics),
        _counted(content, "counted", "n"),
    )


def setting(content: Content, declared: Economics) -> Said:
    """Item 6: where they were, and of how many organisations."""
    counted = _counted(content, "organisations", "n_organisations")
    return sentences(stated(content, declared, "setting"), counted)


def _counted(content: Content, name: str, field: str) -> Said:
    """How many the change of cost stands on, by phase and comparison."""
    parts = []
    for place in cost_places(content):
        row = total(content, place)
        # 0 organisations: the study does not name them.
        if row and row[field] != 0:
            n = content.number(row, "count", field)
            parts.append(say(content, "population.respondents", place=where(content, place), n=n))
    return say(content, f"population.{name}", places=together(content, parts)) if parts else ()


def comparators(content: Content, declared: Economics) -> Said:
    """Item 7: before and after, and the groups that outcomes compare."""
    group = content.title(content.publication.cost_group)
    names = [content.title(name) for name in content.publication.contrast]
    compared = (
        say(content, "comparators.contrast", treated=names[0], control=names[1])
        if names
        else say(content, "comparators.no_contrast")
    )
    costs = say(content, "comparators.costs", group=group) if declared.contacts else ()
    return sentences(stated(content, declared, "comparators"), costs, compared)


def perspective(content: Content, declared: Economics) -> Said:
    """Item 8: whose costs count, which these are, and why."""
    own = declared.perspective
    contacts = together(content, (content.title(name) for name in declared.contacts))
    programme = declared.programme
    lines = together(content, (line.title for line in programme.lines)) if programme else ()
    reason = stated(content, declared, "reason_for_perspective")
    return sentences(
        (Run(sentence(own)),) if own else say(content, "not_stated"),
        say(content, "perspective.contacts", titles=contacts) if contacts else (),
        say(content, "perspective.programme", titles=lines)
        if programme
        else say(content, "perspective.no_programme"),
        say(content, "perspective.reason", said=reason),
    )


def horizon(content: Content, declared: Economics) -> Said:
    """Item 9: from which occasion to which."""
    spans = [_span(content, comparison) for comparison in content.publication.comparisons]
    return sentences(
        stated(content, declared, "horizon"),
        say(content, "horizon.comparisons", comparisons=together(content, spans)),
        say(content, f"horizon.term.{declared.term}") if declared.contacts else (),
        say(content, "horizon.beyond"),
    )


def _span(content: Content, comparison: Occasions) -> Said:
    pairs = [
        say(content, "horizon.pair", before=before, after=after)
        for before, after in comparison.pairs
    ]
    return say(
        content, "horizon.comparison", title=comparison.title, pairs=together(content, pairs)
    )


def discounting(content: Content, declared: Economics) -> Said:
    """Item 10: the rate, and what it is used for."""
    programme = declared.programme
    later = [_later(content, line) for line in (programme.lines if programme else ())]
    lines = together(content, filter(None, later))
    if programme is None or not lines:
        return say(content, "discounting.nothing")
    rate = programme.discount_rate
    said = (
        say(content, "discounting.green_book", lines=lines)
        if rate is None
        else say(content, "discounting.rate", rate=amount(100 * rate), lines=lines)
    )
    return sentences(said, say(content, "discounting.how"))


def _later(content: Content, line: Spending) -> Said:
    """A line that lasts longer than a year, or is paid for after the first."""
    years, year = str(line.useful_life), str(line.year)
    if line.useful_life > 1 and line.year > 1:
        return say(content, "discounting.both", title=line.title, years=years, year=year)
    if line.useful_life > 1:
        return say(content, "discounting.lasts", title=line.title, years=years)
    return say(content, "discounting.paid", title=line.title, year=year) if line.year > 1 else ()


def _outcomes(content: Content, declared: Economics) -> Said:
    names = declared.programme.outcomes if declared.programme else ()
    return together(content, (content.title(name) for name in names))


def outcomes(content: Content, declared: Economics) -> Said:
    """Item 11: what is set against costs."""
    names = _outcomes(content, declared)
    said = (
        say(content, "outcomes.named", outcomes=names) if names else say(content, "outcomes.none")
    )
    return sentences(stated(content, declared, "reason_for_outcomes"), said)


def measurement(content: Content, declared: Economics) -> Said:
    """Item 12: the scales of the outcomes."""
    names = declared.programme.outcomes if declared.programme else ()
    scales = together(content, (content.outcome(name).scale for name in names))
    return sentences(
        say(content, "outcomes.measured"),
        say(content, "outcomes.scales", scales=scales) if scales else (),
    )


def valuation(content: Content, declared: Economics) -> Said:
    """Item 13: that no outcome is turned into money, and where net benefit is shown."""
    programme = declared.programme
    if programme is None or not programme.outcomes:
        return say(content, "outcomes.not_valued")
    worth = together(content, (amount(each) for each in programme.thresholds))
    currency = content.publication.currency
    return say(content, "outcomes.valued", thresholds=worth, currency=currency)


def limits(content: Content, declared: Economics) -> Said:
    """Item 26: what the study found, in its words, and what the analysis cannot say."""
    protection = content.publication.protection
    return sentences(
        stated(content, declared, "findings"),
        say(content, "limits.contacts") if declared.contacts else (),
        () if declared.programme else say(content, "limits.no_programme"),
        say(content, "limits.small", base=protection.base) if protection.on else (),
    )
