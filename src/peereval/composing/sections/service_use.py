"""Use of services and sources of help: who answered yes, or at least once, before and after."""

from collections.abc import Iterator

from peereval.composing.columns import chart, head, text
from peereval.composing.content import Content, Place, Row, why_blank
from peereval.composing.figures import prevalence
from peereval.composing.model import Block, Cell, Section, Table
from peereval.composing.readings import way_of
from peereval.composing.sentences import paragraph
from peereval.publishing import Group, PhaseOutcomes


def service_use(content: Content) -> Section | None:
    """The section of service use; None where the study has no such questions."""
    parts = tuple(
        part
        for phase, comparison, place in content.compared()
        if (part := _compared(content, phase, place, f"{phase.title}: {comparison.title}"))
    )
    if not parts:
        return None
    words = content.words
    intro = paragraph(words, "report.service_use.intro", level=content.level)
    return Section("service-use", words("report.service_use.title"), (intro,), parts)


def _compared(content: Content, phase: PhaseOutcomes, place: Place, title: str) -> Section | None:
    tables: list[Block] = []
    for group in content.publication.groups:
        table = _table(content, group, place)
        if table:
            tables += chart(content, prevalence, place.phase, place.comparison, group.id)
            tables.append(table)
    if not tables:
        return None
    return Section(f"service-use-{phase.id}-{place.comparison}", title, tuple(tables))


def _table(content: Content, group: Group, place: Place) -> Table | None:
    here = place.at(group=group.id)
    rows = tuple(
        (text(content.title(name)), *_cells(content, row, here.at(outcome=name)))
        for name, row in prevalences(content, here)
    )
    if not rows:
        return None
    words = content.words
    return Table(
        f"service-use-{place.phase}-{place.comparison}-{group.id}",
        words(
            "report.service_use.table_title", group=group.title, phase=content.title(place.phase),
            comparison=content.title(place.comparison),
        ),
        head(
            content, "question", "n", "before", "after", "change_points", "from", "to", "p",
            "adjusted", texts=["reading"],
        ),
        rows,
        caption=words("report.service_use.caption"),
    )  # fmt: skip


def prevalences(content: Content, place: Place) -> Iterator[tuple[str, Row]]:
    """Each question with its test: the clustered one, or McNemar's where that has no number."""
    for name, outcome in content.publication.outcomes.items():
        if outcome.kind not in ("contact", "yes_no"):
            continue
        here = place.at(outcome=name)
        clustered = content.find("prevalence_change", "paired_cr2", "share_change", here)
        plain = content.find("prevalence_change", "mcnemar_midp", "share_change", here)
        row = plain if clustered is None or _stands_in(clustered, plain) else clustered
        if row is not None:
            yield name, row


def _stands_in(clustered: Row, plain: Row | None) -> bool:
    return bool(clustered["status"] == "not_estimable" and plain and plain["status"] == "ok")


def _cells(content: Content, row: Row, place: Place) -> tuple[Cell, ...]:
    ends = (
        content.find("prevalence_change", "share", f"share_{end}", place) for end in ("pre", "post")
    )
    reading, colour = reading_of_share(content, row)
    return (
        content.cell(row, "count", "n"),
        *(content.cell(end, "percent") for end in ends),
        *(content.cell(row, "points", name) for name in ("estimate", "ci_low", "ci_high")),
        content.cell(row, "p", "p_value"),
        content.cell(row, "p", "p_adjusted"),
        text(content.words(f"report.share_reading.{reading}"), colour),
    )


def reading_of_share(content: Content, row: Row) -> tuple[str, str]:
    """What a change of a share comes to, and ``better`` or ``worse`` where that may be said."""
    if row["p_value"] is None or row["estimate"] is None:
        return ("withheld" if why_blank(row) == "c" else "unknown"), ""
    if row["p_value"] >= content.alpha:
        return "undecided", ""
    adjusted = row["p_adjusted"]
    way, rose = way_of(row), "rose" if row["estimate"] > 0 else "fell"
    if adjusted is None:
        return f"{rose}_alone", ""
    if adjusted >= content.alpha:
        return f"{rose}_unadjusted", ""
    return rose, "" if way == "changed" else way
