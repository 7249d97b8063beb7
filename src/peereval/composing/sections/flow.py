"""Who was invited, answered, could be matched and was followed up."""

from peereval.composing import figures
from peereval.composing.columns import chart, head, telling, text
from peereval.composing.content import Content, Place, Row
from peereval.composing.model import Block, Cell, Section, Table
from peereval.composing.sentences import paragraph


def flow(content: Content) -> Section | None:
    """The section on respondents; None where nobody was counted."""
    tables = [answered(content), matched(content), followed_up(content)]
    drawn = [
        figure
        for builder in (figures.flow, figures.retention)
        for comparison in content.publication.comparisons
        for figure in chart(content, builder, comparison.id)
    ]
    blocks: list[Block] = [*drawn, *(table for table in tables if table)]
    if not blocks:
        return None
    intro = paragraph(content.words, "report.flow.intro")
    return Section("flow", content.words("report.flow.title"), (intro, *blocks))


def answered(content: Content) -> Table | None:
    """Invitations and responses by phase and occasion."""
    rows = []
    invited = any(content.of(estimand="n_invited"))
    for phase in content.publication.phases:
        for occasion in content.publication.occasions:
            place = Place(phase.id, level=occasion.id)
            responses = content.find("flow", "count", "n_responses", place)
            if responses is None:
                continue
            names = ("n_invited",) * invited + ("n_responses", "n_eligible")
            found = (content.find("flow", "count", name, place) for name in names)
            rows.append(
                (
                    text(phase.title),
                    text(occasion.title),
                    *(content.cell(row, "count") for row in found),
                )
            )
    if not rows:
        return None
    numbers = ("invited",) * invited + ("responses", "eligible")
    first, *others = head(content, "phase", *numbers)
    return Table(
        "flow-answered",
        content.words("report.flow.answered_title"),
        (first, *head(content, "occasion"), *others),
        tuple(rows),
        caption=content.words("report.flow.answered_caption"),
    )


def matched(content: Content) -> Table | None:
    """Respondents found at both occasions, by phase, comparison and group."""
    rows = []
    for phase, comparison, place in content.compared():
        for group in content.groups("scores"):
            row = content.find("flow", "count", "n_matched", place.at(group=group.id))
            if row:
                where = (text(phase.title), text(comparison.title), text(group.title))
                # Nobody is in no organisation: the study names none.
                organisations = row if row["n_organisations"] else None
                counts = (
                    content.cell(row, "count"),
                    content.cell(organisations, "count", "n_organisations"),
                )
                rows.append((*where, *counts))
    if not rows:
        return None
    columns = (
        *head(content, "phase", texts=["comparison", "group"]),
        *head(content, "phase", "matched", "organisations")[1:],
    )
    return Table(
        "flow-matched",
        content.words("report.flow.matched_title"),
        *telling(columns, rows),
        caption=content.words("report.flow.matched_caption"),
    )


def followed_up(content: Content) -> Table | None:
    """How many of those who answered before were followed up, and how organisations differ."""
    # One organisation has no median, and nothing is said of how organisations differ.
    several = content.organisations > 1
    rows = []
    for phase, comparison, place in content.compared():
        kept = content.find("attrition", "wilson", "retention", place)
        if kept is None:
            continue
        cells = [text(phase.title), text(comparison.title), *_share(content, kept)]
        if several:
            median = content.find("attrition", "quantiles", "retention", place.at(level="median"))
            lost = content.find("attrition", "count", "n_organisations_lost", place)
            cells += [content.cell(median, "percent"), content.cell(lost, "count")]
        rows.append(tuple(cells))
    if not rows:
        return None
    between = ("median", "lost") * several
    first, *numbers = head(content, "phase", "before_n", "followed_up", "from", "to", *between)
    captions = ("followed_caption", *("followed_organisations",) * several)
    return Table(
        "flow-followed-up",
        content.words("report.flow.followed_title"),
        *telling((first, *head(content, "comparison"), *numbers), rows),
        caption=" ".join(content.words(f"report.flow.{name}") for name in captions),
    )


def _share(content: Content, row: Row) -> tuple[Cell, ...]:
    return (
        content.cell(row, "count", "n"),
        *(content.cell(row, "percent", name) for name in ("estimate", "ci_low", "ci_high")),
    )
