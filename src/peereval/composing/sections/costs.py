"""Costs of contacts: change per respondent with its uncertainty, what if, and who makes them."""

from collections.abc import Iterator, Sequence

from peereval.composing import figures
from peereval.composing.columns import chart, head, text
from peereval.composing.content import Content, Place, Row, why_blank
from peereval.composing.model import Block, Cell, Column, Paragraph, Section, Table
from peereval.composing.sections.programme import programme
from peereval.composing.sentences import listed, paragraph
from peereval.costing import TOTAL
from peereval.disclosure import rounded_to
from peereval.numbers import fixed

SAVING = "saving_per_respondent"


def costs(content: Content) -> Section | None:
    """The section of costs; None where nothing is costed."""
    places = [(place, title) for place, title in _places(content) if total(content, place)]
    if not places:
        return None
    words = content.words
    parts = tuple(_compared(content, place, title) for place, title in places)
    blocks: list[Block] = [
        paragraph(words, "report.costs.intro"),
        paragraph(words, "report.costs.perspective", years=_price_years(content)),
        overview(content, places),
    ]
    return Section(
        "costs",
        words("report.costs.title"),
        tuple(blocks),
        (*parts, *filter(None, [programme(content)]), *_unit_costs(content)),
    )


def _places(content: Content) -> Iterator[tuple[Place, str]]:
    for place in cost_places(content):
        yield place, f"{content.title(place.phase)}: {content.title(place.comparison)}"


def cost_places(content: Content) -> Iterator[Place]:
    """Every phase and comparison, of the group whose costs are counted."""
    for _, _, place in content.compared():
        yield place.at(group=content.publication.cost_group)


def total(content: Content, place: Place) -> Row | None:
    """The change of the cost of all contacts, positive where it fell."""
    return content.find("cost", "descriptive", SAVING, place.at(outcome=TOTAL))


def contacts(content: Content, place: Place) -> Iterator[tuple[str, Place]]:
    """Title and place of each costed question that has rows, then of all together."""
    for name, outcome in content.publication.outcomes.items():
        here = place.at(outcome=name)
        if outcome.costed and content.find("cost", "descriptive", SAVING, here):
            yield outcome.title, here
    yield content.words("report.costs.total"), place.at(outcome=TOTAL)


def _price_years(content: Content) -> str:
    costs_used = content.publication.run["unit_costs"]
    return ", ".join(dict.fromkeys(str(cost["price_year"]) for cost in costs_used))


# --- tables ---------------------------------------------------------------------------------


def overview(content: Content, places: list[tuple[Place, str]]) -> Table:
    """Savings per respondent by contact, a column for each phase and comparison."""
    names = {here.outcome: title for place, _ in places for title, here in contacts(content, place)}
    last = {TOTAL: names.pop(TOTAL)}
    rows = (
        (text(title), *(_saving(content, place.at(outcome=name)) for place, _ in places))
        for name, title in (names | last).items()
    )
    return Table(
        "costs-savings",
        content.words("report.costs.overview_title"),
        (
            *head(content, "contact"),
            *(
                Column(f"{p.phase}_{p.comparison}", f"{title} ({content.symbol})")
                for p, title in places
            ),
        ),
        tuple(rows),
        caption=" ".join(filter(None, [
            content.words("report.costs.overview_caption"),
            _rounded(content, [place for place, _ in places]),
        ])),
    )  # fmt: skip


def _saving(content: Content, place: Place) -> Cell:
    return content.cell(content.find("cost", "descriptive", SAVING, place), "money")


def _compared(content: Content, place: Place, title: str) -> Section:
    blocks: list[Block] = [cost_sentence(content, place), uncertainty(content, place, title)]
    blocks += _beside(content, place)
    here = (place.phase, place.comparison)
    blocks += chart(content, figures.tornado, *here)
    blocks += filter(None, [_scenarios(content, place, title), _not_run(content, place)])
    blocks += chart(content, figures.concentration, *here)
    blocks += filter(None, [_concentration(content, place, title)])
    return Section(f"costs-{place.phase}-{place.comparison}", title, tuple(blocks))


def uncertainty(content: Content, place: Place, title: str) -> Table:
    """Cost before and after and its change with the bootstrap interval, contact by contact."""
    rows = []
    for name, here in contacts(content, place):
        before, after, saving = (
            content.find("cost", "descriptive", estimand, here)
            for estimand in ("cost_pre", "cost_post", SAVING)
        )
        drawn = content.find("cost", "cost_bootstrap", SAVING, here)
        fell = content.find("cost", "cost_bootstrap", "probability_cost_fell", here)
        reading = text(content.words(f"report.costs.reading.{cost_reading(drawn)}"))
        amounts = (content.cell(row, "money") for row in (before, after, saving))
        limits = (content.cell(drawn, "money", name) for name in ("ci_low", "ci_high"))
        fell_cell = content.cell(fell, "percent")
        rows.append(
            (text(name), content.cell(saving, "count", "n"), *amounts, *limits, fell_cell, reading)
        )
    return Table(
        f"costs-{place.phase}-{place.comparison}",
        content.words("report.costs.table_title", where=title),
        head(
            content,
            "contact",
            "n",
            "cost_before",
            "cost_after",
            "saving",
            "from",
            "to",
            "fell",
            texts=["reading"],
        ),
        tuple(rows),
        caption=" ".join(filter(None, [
            content.words(
                "report.costs.caption", level=content.level, group=content.title(place.group)
            ),
            _rounded(content, [place]),
        ])),
    )  # fmt: skip


def _rounded(content: Content, places: Sequence[Place]) -> str:
    """What costs of single contacts are rounded to, as the notes of their rows say."""
    notes = (
        row["note"] for place in places for _, here in contacts(content, place)
        if (row := content.find("cost", "descriptive", SAVING, here)) and row["marker"] != "c"
    )  # fmt: skip
    sizes = {size for note in notes if (size := rounded_to(note)) is not None}
    if not sizes:
        return ""
    said = [
        f"{content.symbol}{fixed(size, 0 if size >= 1 else 2 if size >= 0.01 else 9)}"
        for size in sorted(sizes)
    ]
    return content.words("report.costs.rounded", to=", ".join(said))


def cost_reading(drawn: Row | None) -> str:
    """A saving or an increase only where the interval excludes zero; else a change."""
    if drawn is None or drawn["ci_low"] is None:
        return "withheld" if drawn and why_blank(drawn) == "c" else "unknown"
    if drawn["ci_low"] > 0:
        return "saving"
    return "increase" if drawn["ci_high"] < 0 else "change"


def cost_sentence(content: Content, place: Place, kind: str = "text") -> Paragraph:
    """The cost of all contacts in words."""
    here = place.at(outcome=TOTAL)
    saving = content.row("cost", "descriptive", SAVING, here)
    words = content.words
    where = f"{content.title(place.phase)}: {content.title(place.comparison)}"
    ends = [content.row("cost", "descriptive", f"cost_{end}", here) for end in ("pre", "post")]
    if any(row["estimate"] is None for row in (saving, *ends)):
        why = "withheld" if "c" in map(why_blank, (saving, *ends)) else "not_estimable"
        return paragraph(words, f"report.costs.said.{why}", kind, where=where)
    drawn = content.find("cost", "cost_bootstrap", SAVING, here)
    key = cost_reading(drawn)
    limits = {} if drawn is None or drawn["ci_low"] is None else {
        "low": content.number(drawn, "money", "ci_low"),
        "high": content.number(drawn, "money", "ci_high"),
    }  # fmt: skip
    return paragraph(
        words, f"report.costs.said.{key}", kind, where=where, level=content.level,
        n=content.number(saving, "count", "n"), saving=content.number(saving, "money"),
        before=content.number(ends[0], "money"), after=content.number(ends[1], "money"), **limits,
    )  # fmt: skip


def _beside(content: Content, place: Place) -> Iterator[Paragraph]:
    """How much of the uncertainty is of prices, and on how few respondents the sign hangs."""
    here = place.at(outcome=TOTAL)
    joint = content.find("cost_sensitivity", "cost_psa", SAVING, here)
    share = content.find("cost_sensitivity", "cost_psa", "share_of_variance_parameters", here)
    if joint and share and joint["ci_low"] is not None and share["estimate"] is not None:
        yield paragraph(
            content.words, "report.costs.joint", level=content.level,
            saving=content.number(joint, "money"), share=content.number(share, "percent"),
            low=content.number(joint, "money", "ci_low"),
            high=content.number(joint, "money", "ci_high"),
        )  # fmt: skip
    turn = content.find("cost_concentration", "concentration", "n_to_turn_sign", here)
    if turn and turn["estimate"] is not None:
        yield paragraph(content.words, "report.costs.few", n=content.number(turn, "count"))


def _scenarios(content: Content, place: Place, title: str) -> Table | None:
    """The change of cost as declared, then under each scenario."""
    rows = []
    here = place.at(outcome=TOTAL)
    for name, said in _assumptions(content):
        at = here.at(level=name)
        saving = content.find("cost_sensitivity", "descriptive", SAVING, at)
        tested = content.find("cost_sensitivity", "paired_cr2", SAVING, at)
        if saving and saving["status"] != "not_estimable":
            limits = (content.cell(tested, "money", limit) for limit in ("ci_low", "ci_high"))
            rows.append((text(said), content.cell(saving, "money"), *limits))
    if not rows:
        return None
    declared = content.find("cost", "paired_cr2", SAVING, here)
    limits = (content.cell(declared, "money", limit) for limit in ("ci_low", "ci_high"))
    first = (
        text(content.words("report.costs.as_declared")),
        content.cell(total(content, place), "money"),
        *limits,
    )
    return Table(
        f"costs-{place.phase}-{place.comparison}-scenarios",
        content.words("report.costs.scenarios_title", where=title),
        head(content, "scenario", "saving", "from", "to"),
        (first, *rows),
        caption=content.words("report.costs.scenarios_caption", level=content.level),
    )


def _not_run(content: Content, place: Place) -> Paragraph | None:
    """Scenarios that could not be worked out, such as those of which a price is not given."""
    said = [
        content.words("report.costs.named", scenario=title)
        for name, title in _assumptions(content)
        if (row := content.find("cost_sensitivity", "descriptive", SAVING,
                                place.at(outcome=TOTAL, level=name)))
        and row["status"] == "not_estimable"
    ]  # fmt: skip
    if not said:
        return None
    return paragraph(content.words, "report.costs.not_run", scenarios=listed(content.words, said))


def _assumptions(content: Content) -> Iterator[tuple[str, str]]:
    for scenario in content.publication.scenarios:
        yield f"scenario:{scenario.id}", scenario.title[:1].upper() + scenario.title[1:]
    for percent in ("95", "99"):
        yield f"winsorised:{percent}", content.words("report.costs.winsorised", percent=percent)


def _concentration(content: Content, place: Place, title: str) -> Table | None:
    """What share of all cost those with the highest costs make, before and after."""
    here = place.at(outcome=TOTAL)
    rows = []
    for top in ("1", "5", "10"):
        found = [
            content.find(
                "cost_concentration",
                "concentration",
                "share_of_cost",
                here.at(level=f"top_{top}:{end}"),
            )
            for end in ("before", "after")
        ]
        if any(found):
            name = content.words("report.costs.top", percent=top)
            rows.append((text(name), *(content.cell(row, "percent") for row in found)))
    if not rows:
        return None
    return Table(
        f"costs-{place.phase}-{place.comparison}-concentration",
        content.words("report.costs.concentration_title", where=title),
        head(content, "respondents", "before", "after"),
        tuple(rows),
        caption=content.words("report.costs.concentration_caption"),
    )


def _unit_costs(content: Content) -> Iterator[Section]:
    """Prices: settings of the study, not results."""
    words = content.words
    rows = []
    for cost in content.publication.run["unit_costs"]:
        value = Cell(fixed(cost["value"], 2), cost["value"], digits=2)
        unit = f"{content.symbol} {cost['unit']}, {cost['price_year']}"
        rows.append((text(cost["title"]), value, text(unit), text(_source(content, cost))))
    if rows:
        first, amount = head(content, "unit_cost", "value")
        columns = (first, amount, *head(content, "price_unit", texts=["source"]))
        table = Table("costs-unit-costs", words("report.costs.prices_title"), columns, tuple(rows))
        yield Section("costs-prices", words("report.costs.prices_heading"), (table,))


def _source(content: Content, cost: Row) -> str:
    """Who says so, how sure that is, and from which year it was converted."""
    known = "; ".join(cost[key].rstrip(".") for key in ("source", "status") if cost[key])
    said = [f"{known[:1].upper()}{known[1:]}."]
    if before := cost["converted"]:
        declared, index = content.publication.economics, before["index"]
        title = declared.indices.get(index, index) if declared else index
        value, year = fixed(before["value_before"], 2), before["price_year_before"]
        said.append(content.words("report.costs.converted", value=value, year=year, index=title))
    return " ".join(said)
