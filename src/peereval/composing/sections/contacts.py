"""How often contacts were made: shares of each answer before and after, a table per question."""

from collections.abc import Iterator

from peereval.composing.columns import head, text
from peereval.composing.content import Content, Place, Row
from peereval.composing.model import Cell, Column, Table
from peereval.publishing import Outcome

_ANALYSIS = "contact_distribution"
#: Columns of each group: name, method, estimand, style and field.
_COLUMNS = (
    ("before", "share", "share_pre", "percent", "estimate"),
    ("after", "share", "share_post", "percent", "estimate"),
    ("change", "paired_cr2", "share_change", "points", "estimate"),
    ("p", "paired_cr2", "share_change", "p", "p_value"),
)
#: Tests of all answers together.
_TESTS = ("stuart_maxwell", "wald_htz")
#: A column of shares with fewer answers than this says no more than who made contact at all.
_FEWEST = 2
_Lines = list[tuple[Cell, ...]]


def contacts(content: Content) -> Iterator[Table]:
    """A table for each phase, comparison and question of which enough shares were released."""
    for _, _, place in content.compared():
        for name, outcome in content.publication.outcomes.items():
            table = _table(content, place.at(outcome=name), outcome)
            if table:
                yield table


def _table(content: Content, place: Place, outcome: Outcome) -> Table | None:
    """Answers by row, groups before and after by column; None where too little was released."""
    columns, lines = list(head(content, "answer")), _names(content, outcome)
    for group in content.publication.groups:
        here = place.at(group=group.id)
        if not _asked(content, here):
            continue
        for name, *wanted in _COLUMNS:
            cells = list(_column(content, here, outcome, name, tuple(wanted)))
            if _released(cells, name):
                title = content.words(f"report.contacts.{name}", group=group.title)
                columns.append(Column(f"{group.id}_{name}", title))
                lines = [(*line, cell) for line, cell in zip(lines, cells, strict=True)]
    if len(columns) == 1:
        return None
    words = content.words
    tested = any(column.id.endswith("_p") for column in columns)
    return Table(
        f"appendix-contacts-{place.phase}-{place.comparison}-{place.outcome}",
        words(
            "report.contacts.title", question=outcome.title, phase=content.title(place.phase),
            comparison=content.title(place.comparison),
        ),
        tuple(columns),
        tuple(_telling(lines)),
        caption=words("report.contacts.caption"),
        notes=(words("report.contacts.tests"),) if tested else (),
        appendix=True,
    )  # fmt: skip


def _asked(content: Content, place: Place) -> bool:
    """Whether there is any row of such shares: most outcomes are no questions about contacts."""
    rows = content.publication.rows_at(place.phase, place.comparison, place.group, place.outcome)
    return any(row["analysis"] == _ANALYSIS for row in rows)


def _names(content: Content, outcome: Outcome) -> _Lines:
    tests = (content.words(f"report.contacts.{name}") for name in _TESTS)
    titles = (*(level.title for level in outcome.levels), content.words("report.base"), *tests)
    return [(text(title),) for title in titles]


def _column(
    content: Content, place: Place, outcome: Outcome, name: str, wanted: tuple[str, ...]
) -> Iterator[Cell]:
    """A cell for each answer, then respondents beside shares, and beside p the joint tests."""
    method, estimand, style, field = wanted
    rows = [_find(content, method, estimand, place.at(level=each.id)) for each in outcome.levels]
    yield from (content.cell(row, style, field) for row in rows)
    shares = method == "share" and rows
    yield content.cell(rows[0], "count", "n") if shares else Cell("")
    for test in _TESTS:
        row = _find(content, test, "marginal_homogeneity", place)
        yield content.cell(row, "p", "p_value") if name == "p" else Cell("")


def _released(cells: list[Cell], name: str) -> bool:
    """Whether a column has enough to show: shares of two answers, or a change or test."""
    released = sum(cell.value is not None and cell.field != "n" for cell in cells)
    return released >= (1 if name in ("change", "p") else _FEWEST)


def _find(content: Content, method: str, estimand: str, place: Place) -> Row | None:
    return content.find(_ANALYSIS, method, estimand, place)


def _telling(lines: _Lines) -> Iterator[tuple[Cell, ...]]:
    """Lines without those that are blank altogether."""
    for line in lines:
        if any(cell.text for cell in line[1:]):
            yield line
