"""What the programme cost, what is left after the change in the cost of contacts, and for what."""

from collections.abc import Iterator

from peereval.composing import figures
from peereval.composing.columns import chart, head, telling, text
from peereval.composing.content import Content, Place
from peereval.composing.model import Block, Cell, Column, Section, Table
from peereval.composing.sentences import paragraph
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
