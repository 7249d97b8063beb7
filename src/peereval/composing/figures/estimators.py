"""The specification plot: one question by every estimator that answers it."""

from collections.abc import Sequence

from peereval.columns import METHODS
from peereval.composing.figures.cells import CHANGE, COUNT, Row, cell, judged, text
from peereval.composing.figures.making import (
    base_range,
    between,
    figure,
    headline,
    level_of,
    place,
    said,
)
from peereval.composing.model import Cell, Figure
from peereval.publishing import Publication
from peereval.wording import Words

#: Estimands that answer the same question, by analysis; and analyses that answer another's.
_SAME = {
    "paired": ("mean_change", "trimmed_mean_change", "pseudo_median"),
    "did": ("did", "adjusted_difference"),
}
_ALSO = ("near_misses", "missing_data")


def specification(
    publication: Publication,
    words: Words,
    phase: str,
    comparison: str,
    group: str,
    outcome: str,
    analysis: str = "paired",
) -> Figure | None:
    """Every estimate of one change (``paired``) or contrast (``did``), the headline first."""
    place_of = (phase, comparison, group, outcome)
    found = _answers(publication, analysis, place_of)
    chosen = headline(publication, analysis, *place_of)
    if len(found) < 2 or chosen is None:
        return None
    rows = [_row(publication, words, row, chosen) for row in _ordered(found, analysis, chosen)]
    level = level_of(publication)
    key = "title_did" if analysis == "did" else "title"
    unit = publication.outcomes[outcome].unit
    return figure(
        words, "specification", (analysis, *place_of), rows,
        title=words(
            f"figures.specification.{key}", outcome=publication.title_of(outcome),
            place=place(publication, words, phase, comparison), group=publication.title_of(group),
        ),
        caption=words(
            "figures.specification.caption", level=level, unit=unit,
            comparison=publication.title_of(comparison),
            bases=base_range(words, (row[4] for row in rows), "estimator"),
        ),
        alt=_heard(words, rows, unit),
        unit=unit, level=level,
    )  # fmt: skip


def _answers(
    publication: Publication, analysis: str, place_of: tuple[str, str, str, str]
) -> list[Row]:
    wanted = _SAME[analysis]
    return [
        row
        for row in publication.rows_at(*place_of)
        if row["analysis"] in (analysis, *_ALSO)
        and row["estimand"] in wanted
        and row["status"] != "not_estimable"
    ]


def _ordered(found: Sequence[Row], analysis: str, chosen: Row) -> list[Row]:
    """The headline, then those of its own analysis in the order of the vocabulary, then others."""
    order = list(METHODS)
    return sorted(
        found,
        key=lambda row: (
            row["estimate_id"] != chosen["estimate_id"],
            row["analysis"] != analysis,
            order.index(row["method"]),
            row["estimate_id"],
        ),
    )


def _row(publication: Publication, words: Words, row: Row, chosen: Row) -> tuple[Cell, ...]:
    first = row["estimate_id"] == chosen["estimate_id"]
    estimate = judged(row, CHANGE, publication.ci_level) if first else cell(row, CHANGE)
    role = words("figures.marks.headline" if first else "figures.marks.other")
    return (
        text(_named(words, row)),
        estimate,
        cell(row, CHANGE, "ci_low"),
        cell(row, CHANGE, "ci_high"),
        cell(row, COUNT, "n"),
        text(role),
    )


def _named(words: Words, row: Row) -> str:
    name = f"figures.methods.{row['method']}"
    method = words(name) if name in words else row["method"].replace("_", " ")
    analysis = f"figures.analyses.{row['analysis']}"
    return words(analysis, method=method) if analysis in words else method


def _heard(words: Words, rows: Sequence[tuple[Cell, ...]], unit: str) -> str:
    known = sorted((row[1] for row in rows if row[1].value is not None), key=lambda c: c.value or 0)
    limits = [
        (row[2].value, row[3].value)
        for row in rows
        if row[2].value is not None and row[3].value is not None
    ]
    excluding = sum(low > 0 or high < 0 for low, high in limits)
    first = rows[0]
    heading = (
        words(
            "figures.specification.alt_row", estimator=first[0].text, change=said(words, first[1]),
            interval=between(words, first[2], first[3]),
        )
        if first[5].text == words("figures.marks.headline")
        else words("figures.specification.no_headline")
    )  # fmt: skip
    ends = (known[0].text, known[-1].text) if known else (words("figures.kept_back"),) * 2
    return words(
        "figures.specification.alt", n=len(rows), unit=unit, headline=heading,
        low=ends[0].split(" [")[0], high=ends[1].split(" [")[0],
        excluding=excluding, intervals=len(limits),
    )  # fmt: skip
