"""What the programme cost, what is left after the change in the cost of contacts, and for what."""

from collections.abc import Iterator

from peereval.composing import figures
from peereval.composing.columns import chart, head, telling, text
from peereval.composing.content import Content, Place, Row, why_blank
from peereval.composing.model import Block, Cell, Column, Paragraph, Section, Table
from peereval.composing.sentences import Part, paragraph
from peereval.costing import TOTAL

_NET = ("net_cost_per_participant", "net_cost_per_respondent")
_LIMITS = ("ci_low", "ci_high")


def programme(content: Content) -> Section | None:
    """The part on the programme's own cost; None where the study declares none."""
    spent = programme_costs(content)
    if spent is None:
        return None
    words = content.words
    blocks: list[Block] = [paragraph(words, "report.programme.intro"), spent]
    for phase, comparison, place in content.compared():
        at = place.at(group=content.publication.cost_group)
        title = f"{phase.title}: {comparison.title}"
        blocks += filter(None, [net_costs(content, at, title)])
        here = (place.phase, place.comparison)
        blocks += chart(content, figures.plane, *here)
        blocks += filter(None, [gains(content, at, title)])
        blocks += chart(content, figures.acceptability, *here)
    return Section("costs-programme", words("report.programme.title"), tuple(blocks))


def programme_costs(content: Content) -> Table | None:
    """Each line and each kind of cost, all of it, and per participant; phases by column."""
    phases = content.publication.phases
    group = content.publication.cost_group
    levels = dict.fromkeys(row["level"] for row in content.of(estimand="programme_cost"))
    if not levels:
        return None
    rows = []
    for level in (*(level for level in levels if level), ""):
        places = (Place(phase.id, "", group, "", level) for phase in phases)
        cells = (_declared(content, "programme_cost", place) for place in places)
        rows.append((text(_named(content, level)), *cells))
    places = (Place(phase.id, "", group) for phase in phases)
    each = (_declared(content, "programme_cost_per_participant", place) for place in places)
    rows.append((text(content.words("report.programme.per_participant")), *each))
    columns = (*head(content, "spent_on"), *(Column(p.id, p.title) for p in phases))
    return Table(
        "costs-programme-spent",
        content.words("report.programme.spent_title"),
        *telling(columns, rows),
        caption=content.words("report.programme.spent_caption"),
    )


def _declared(content: Content, estimand: str, place: Place) -> Cell:
    return content.cell(content.find("programme_cost", "declared", estimand, place), "money")


def _named(content: Content, level: str) -> str:
    """A line by its title, a kind by its words, all of it."""
    what, _, name = level.partition(":")
    if not level:
        return content.words("report.programme.total")
    key = f"report.programme.kind.{name}"
    if what == "what" and key in content.words:
        return content.words(key)
    titles = {each.id: each.title for each in content.publication.spent_on}
    return titles.get(name, name.replace("_", " "))


def net_costs(content: Content, place: Place, title: str) -> Table | None:
    """Programme cost less the fall in the cost of contacts, with the limits of its draws."""
    rows = []
    here = place.at(outcome=TOTAL)
    for name in _NET:
        point = content.find("cost_effectiveness", "descriptive", name, here)
        if point is None:
            continue
        drawn, joint = (
            content.find("cost_effectiveness", method, name, here)
            for method in ("programme_bootstrap", "programme_psa")
        )
        limits = (content.cell(row, "money", limit) for row in (drawn, joint) for limit in _LIMITS)
        said = content.words(f"report.programme.{name}")
        rows.append((text(said), content.cell(point, "money"), *limits))
    if not rows:
        return None
    columns = ("net_cost", "from", "to", "joint_from", "joint_to")
    return Table(
        f"costs-programme-{place.phase}-{place.comparison}-net",
        content.words("report.programme.net_title", where=title),
        head(content, "for_whom", *columns),
        tuple(rows),
        caption=content.words("report.programme.net_caption", level=content.level),
    )


def net_cost_sentence(content: Content, place: Place) -> Iterator[Paragraph]:
    """Net cost for each participant in words; nothing where the programme's cost is not known.

    A saving is one only where the interval lies below zero.
    """
    here = place.at(outcome=TOTAL)
    point, drawn = (
        content.find("cost_effectiveness", method, _NET[0], here)
        for method in ("descriptive", "programme_psa")
    )
    if point is None:
        return
    key = _net_reading(point, drawn)
    numbers: dict[str, Part] = {}
    if key not in ("withheld", "not_estimable"):
        numbers["net"] = content.number(point, "money")
        numbers["n"] = content.number(point, "count", "n")
    if drawn and key in ("cost", "saving", "undecided"):
        numbers["low"], numbers["high"] = (
            content.number(drawn, "money", limit) for limit in _LIMITS
        )
    where = f"{content.title(place.phase)}: {content.title(place.comparison)}"
    name = f"report.programme.said.{key}"
    yield paragraph(content.words, name, where=where, level=content.level, **numbers)


def _net_reading(point: Row, drawn: Row | None) -> str:
    """What its interval allows to be said of a net cost, which is positive where it costs more."""
    if point["estimate"] is None:
        return "withheld" if why_blank(point) == "c" else "not_estimable"
    if drawn is None or drawn["ci_low"] is None or drawn["ci_high"] is None:
        return "unknown"
    if drawn["ci_low"] > 0:
        return "cost"
    return "saving" if drawn["ci_high"] < 0 else "undecided"


def gains(content: Content, place: Place, title: str) -> Table | None:
    """What was gained, and what a unit of it cost, outcome by outcome."""
    rows = tuple(_gains(content, place))
    if not rows:
        return None
    return Table(
        f"costs-programme-{place.phase}-{place.comparison}-gain",
        content.words("report.programme.gain_title", where=title),
        head(content, "outcome", "n", "gain", "from", "to", "cost_of_one", "one_from", "one_to"),
        rows,
        caption=content.words("report.programme.gain_caption", level=content.level),
    )


def _gains(content: Content, place: Place) -> Iterator[tuple[Cell, ...]]:
    for name, outcome in content.publication.outcomes.items():
        here = place.at(outcome=name)
        gain = content.find("cost_effectiveness", "programme_bootstrap", "gain", here)
        if gain is None:
            continue
        ratio = content.find("cost_effectiveness", "fieller", "cost_per_unit_gained", here)
        yield (
            text(outcome.title),
            content.cell(gain, "count", "n"),
            *(content.cell(gain, "2", field) for field in ("estimate", *_LIMITS)),
            *(content.cell(ratio, "money", field) for field in ("estimate", *_LIMITS)),
        )
