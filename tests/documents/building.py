"""Publications and reports made by hand: what the documents of every test are written from."""

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from peereval.columns import CLAIMS, RELEASED
from peereval.composing import (
    Cell,
    Column,
    Figure,
    Listed,
    Paragraph,
    Report,
    Run,
    Section,
    Table,
)
from peereval.composing.model import Block
from peereval.publishing import Named, Publication
from peereval.rendering.numbers import fixed, p_text
from peereval.studies import Protection

TYPES = {"text": pl.String, "integer": pl.Int64, "number": pl.Float64, "flag": pl.Boolean}
FIELDS = ("estimate", "ci_low", "ci_high", "p_value")
#: A picture of one white pixel.
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8ff"
    "ff3f0005fe02fea735819e0000000049454e44ae426082"
)


def publication(rows: Iterable[Mapping[str, Any]] = (), protected: bool = True) -> Publication:
    """A publication of some released rows; what a row does not say is empty."""
    schema = {column.name: TYPES[column.type] for column in RELEASED}
    blank = {column.name: "" if column.type == "text" else None for column in RELEASED}
    blank |= {"status": "ok", "n_organisations": 0}
    results = pl.DataFrame([blank | dict(row) for row in rows], schema=schema)
    return Publication(
        study=Named("small", "A small study"), version="0", language="en-GB",
        protection=Protection(on=protected), suppressed=(), phases=(), occasions=(),
        comparisons=(), groups=(), contrast=(), outcomes={}, questions=(), headlines={},
        ci_level=0.95, smallest_effect=0.2, currency="GBP", cost_group="all", results=results,
        claims=pl.DataFrame(schema={column.name: TYPES[column.type] for column in CLAIMS}), run={},
    )  # fmt: skip


def number(row: Mapping[str, Any], column: str = "estimate", digits: int = 2) -> Cell:
    """A number of a released row as a cell, or the shorthand that stands for it."""
    value, marker = row.get(column), row.get("marker", "")
    if value is None:
        mark = marker if marker in ("c", "x") else "z"
        return Cell(f"[{mark}]", None, row["estimate_id"], column, mark)
    text = p_text(value) if column == "p_value" else fixed(value, digits)
    shown = f"{text} [u]" if marker == "u" and column == "estimate" else text
    mark = "u" if shown != text else ""
    return Cell(shown, value, row["estimate_id"], column, mark, "better", digits)


def table_of(rows: Iterable[Mapping[str, Any]], name: str = "changes", **more: Any) -> Table:
    """A table with a line for each released row."""
    columns = (
        Column("what", "Outcome", "text"),
        Column("estimate", "Change", unit="points"),
        Column("ci_low", "Lower limit", unit="points"),
        Column("ci_high", "Upper limit", unit="points"),
        Column("p_value", "p value"),
    )
    lines = tuple(
        (Cell(row.get("outcome") or row["estimate_id"]), *(number(row, each) for each in FIELDS))
        for row in rows
    )
    return Table(name, more.pop("title", "Changes"), columns, lines, **more)


def sentence(text: str, kind: str = "text", **run: Any) -> Paragraph:
    return Paragraph((Run(text, **run),), kind)


def report(*blocks: Block, sections: tuple[Section, ...] = (), **more: Any) -> Report:
    """A report with one section of these blocks, and others after it."""
    first = (Section("found", "What was found", blocks),) if blocks else ()
    settings = {"title": "A small study", "language": "en-GB"} | more
    return Report(sections=first + sections, **settings)


#: Released rows of every kind: a number, a small base, kept back, not estimated, a tiny p value.
ROWS = (
    {"estimate_id": "a", "outcome": "Wellbeing", "estimate": 1.23456, "ci_low": -0.5,
     "ci_high": 2.96789, "p_value": 0.0412, "n": 240},
    {"estimate_id": "b", "outcome": "Stress", "estimate": -0.98765, "ci_low": -1.5,
     "ci_high": -0.475, "p_value": 0.00000123, "n": 240},
    {"estimate_id": "c", "outcome": "Optimism", "estimate": 1234.5, "ci_low": 1000.0,
     "ci_high": 1469.0, "p_value": 0.5, "n": 20, "marker": "u"},
    {"estimate_id": "d", "outcome": "Autonomy", "status": "suppressed", "marker": "c"},
    {"estimate_id": "e", "outcome": "Resilience", "status": "not_estimable", "marker": "x"},
)  # fmt: skip


def full() -> Report:
    """A report with a block of every kind."""
    table = table_of(
        ROWS, caption="All respondents, matched pairs; paired t-test.",
        notes=("Change is after less before.", "Intervals are of 95%."),
    )  # fmt: skip
    appendix = table_of(ROWS[:2], "more", title="More of the same", appendix=True,
                        notes=("Change is after less before.",))  # fmt: skip
    figure = Figure(
        "forest", "forest", "Change of each outcome", "Wellbeing rose by 1.23 points.",
        table_of(ROWS[:3], "forest_data", title="Change of each outcome"),
        caption="All respondents, 95% intervals.", unit="points",
    )  # fmt: skip
    words = Paragraph(
        (Run("Wellbeing rose by "), Run("1.23", "a", strong=True), Run(" points ("),
         Run("see the table", link="#changes"), Run("; "),
         Run("method", link="https://example.org/method"), Run(").")), "lead",
    )  # fmt: skip
    points = (sentence("One point"), sentence("Another point"))
    return report(
        words, sentence("A warning.", "warning"), Listed(points), table, figure,
        Listed(points, numbered=True), Listed(points[:1], numbered=True),
        sections=(
            Section("methods", "Methods", (sentence("How it was done."),),
                    (Section("tests", "Tests", (sentence("A note.", "note"),)),)),
            Section("appendix", "Appendix tables", (appendix,)),
        ),
        subtitle="An evaluation", about=(("Prepared by", "An evaluator"), ("Respondents", "252")),
    )  # fmt: skip
