"""Items on how costs and results were arrived at: prices, conversion, analysis, parameters."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from peereval.composing.content import Content
from peereval.composing.sections.cheers.saying import (
    Said,
    amount,
    money,
    ranged,
    say,
    sentences,
    stated,
    together,
)
from peereval.composing.sections.costs import cost_places, total
from peereval.estimators.cost_bootstrap import MOST_DRAWS
from peereval.publishing import Declared, Economics

UnitCost = Mapping[str, Any]
#: Decimals of the factor of a conversion.
_FACTOR = ".4f"


def resources(content: Content, declared: Economics) -> list[Said]:
    """Item 14: each contact and each thing that the programme used, with source and licence."""
    return [*_contacts(content, declared), *_programme(content, declared)]


def _contacts(content: Content, declared: Economics) -> Iterator[Said]:
    if declared.contacts:
        yield say(content, "resources.contacts")
    known = _unit_costs(content)
    for question, name in declared.contacts.items():
        cost = _cost(content, known[name])
        yield say(content, "resources.contact", title=content.title(question), cost=cost)


def _programme(content: Content, declared: Economics) -> Iterator[Said]:
    if declared.programme is None:
        return
    known = _unit_costs(content)
    yield say(content, "resources.programme")
    for line in declared.programme.lines:
        yield say(
            content, "resources.line", title=line.title, unit=line.unit, source=line.source,
            quantity=ranged(content, line.quantity),
            per=content.words(f"cheers.resources.per.{line.per}"),
            cost=_cost(content, known[line.unit_cost]),
        )  # fmt: skip


def _unit_costs(content: Content) -> dict[str, UnitCost]:
    return {cost["id"]: cost for cost in content.publication.run["unit_costs"]}


def _cost(content: Content, cost: UnitCost) -> Said:
    """A unit cost with its range, and who says so under which licence."""
    known = (cost[key].rstrip(".") for key in ("source", "licence", "status") if cost[key])
    sources = together(content, known)
    value = _price(content, cost)
    return say(content, "resources.cost", value=value, unit=cost["unit"], sources=sources)


def _price(content: Content, cost: UnitCost) -> Said:
    declared = Declared(cost["value"], cost["low"], cost["high"])
    return ranged(content, declared, partial(money, content))


def _used(content: Content, declared: Economics) -> dict[str, UnitCost]:
    """Unit costs of contacts and of the programme by id, without those of scenarios alone."""
    known = _unit_costs(content)
    lines = declared.programme.lines if declared.programme else ()
    names = dict.fromkeys([*declared.contacts.values(), *(line.unit_cost for line in lines)])
    return {name: known[name] for name in names}


def currency(content: Content, declared: Economics) -> Said:
    """Item 15: the currency, years of prices, and how they were brought to one year."""
    used = _used(content, declared)
    years = together(content, (str(cost["price_year"]) for cost in used.values()))
    how = [
        say(
            content, "currency.how", cost=cost["title"], year=said["price_year_before"],
            index=declared.indices[said["index"]], vintage=said["vintage"],
            factor=format(said["factor"], _FACTOR),
        )
        for cost in used.values()
        if (said := cost["converted"])
    ]  # fmt: skip
    return sentences(
        say(content, "currency.used", currency=content.publication.currency, years=years),
        say(content, "currency.converted", costs=together(content, how))
        if how
        else say(content, "currency.not_converted"),
    )


# --- analysis -----------------------------------------------------------------------------


def model(content: Content, _: Economics) -> Said:
    """Item 16."""
    return say(content, "analytics.no_model")


def analytics(content: Content, declared: Economics) -> Said:
    """Item 17: how costs are averaged, on whom, and what is assumed of the others."""
    programme = declared.programme
    served = [
        say(content, "analytics.participants", phase=content.title(phase), n=f"{n:,}")
        for phase, n in (programme.participants.items() if programme else ())
    ]
    publication = content.publication
    engine = publication.run["settings"]["engine"]
    return sentences(
        say(content, "analytics.means"),
        say(content, "analytics.served", participants=together(content, served)) if served else (),
        say(content, "analytics.software", version=publication.version, engine=engine),
    )


def heterogeneity(content: Content, _: Economics) -> Said:
    """Item 18: phases with costs, and characteristics of outcomes."""
    places = (place for place in cost_places(content) if total(content, place))
    phases = together(content, (content.title(place.phase) for place in places))
    named = content.publication.run["settings"]["subgroups"]["characteristics"]
    return sentences(
        say(content, "analytics.phases", phases=phases)
        if phases
        else say(content, "analytics.no_contacts"),
        say(
            content,
            "analytics.subgroups",
            characteristics=together(content, (content.title(name) for name in named)),
        )
        if named
        else say(content, "analytics.no_subgroups"),
    )


def distribution(content: Content, declared: Economics) -> Said:
    """Item 19: what the study says, and where to see who makes the cost."""
    there = next(content.of(analysis="cost_concentration"), None)
    said = say(content, "analytics.distribution") if there else ()
    return sentences(stated(content, declared, "distribution"), said)


def uncertainty(content: Content, declared: Economics) -> Said:
    """Item 20: how costs were drawn and varied."""
    settings = content.publication.run["settings"]["statistics"]
    if settings["depth"] != "full":
        return say(content, "uncertainty.headlines")
    draws = f"{min(settings['draws'], MOST_DRAWS):,}"
    titles = together(content, (each.title for each in content.publication.scenarios))
    joint = declared.programme and declared.programme.outcomes
    return sentences(
        say(
            content, "uncertainty.methods", draws=draws, seed=str(settings["seed"]),
            level=content.level,
        ),
        say(content, "uncertainty.scenarios", scenarios=titles) if titles else (),
        say(content, "uncertainty.joint") if joint else (),
    )  # fmt: skip


def parameters(content: Content, declared: Economics) -> list[Said]:
    """Item 22: every unit cost, contacts of every answer and quantity of the programme."""
    lines = declared.programme.lines if declared.programme else ()
    costs = [
        say(
            content, "parameters.unit_cost", name=cost["title"], unit=cost["unit"],
            value=_price(content, cost),
        )
        for cost in _used(content, declared).values()
    ]  # fmt: skip
    spread = "quartiles" if declared.ranges == "quartiles" else "limits"
    answers = [
        say(
            content, "parameters.contact", answer=each.answer,
            contacts=ranged(content, each.contacts),
        )
        for each in declared.frequencies
    ]  # fmt: skip
    quantities = [
        say(
            content, "parameters.quantity", title=line.title, unit=line.unit,
            quantity=ranged(content, line.quantity),
        )
        for line in lines
    ]  # fmt: skip
    said = (
        say(
            content, "parameters.unit_costs", currency=content.publication.currency,
            spread=content.words(f"cheers.parameters.spread.{spread}"), cv=amount(declared.cv),
            costs=together(content, costs),
        ),
        say(content, "parameters.contacts", answers=together(content, answers)) if answers else (),
        say(content, "parameters.quantities", quantities=together(content, quantities))
        if quantities
        else (),
    )  # fmt: skip
    return [each for each in said if each]
