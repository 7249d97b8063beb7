"""Rows of results that a page uses, in the order in which it does."""

from collections.abc import Iterator

from msgspec import Struct

from peereval.composing import Block, Figure, Listed, Paragraph, Report, Section, Table
from peereval.numbers import MINUS, p_text
from peereval.publishing import Publication
from peereval.wording import Words


class Used(Struct, frozen=True):
    """One row of results as a page shows it: texts, empty where a field does not apply."""

    id: str
    number: str
    interval: str
    p: str
    adjusted: str
    respondents: str
    organisations: str
    note: str


def anchor(estimate_id: str) -> str:
    """Id of a row on the page."""
    return "row-" + "_".join(estimate_id.split())


def rows_used(report: Report, publication: Publication, words: Words) -> list[Used]:
    """Every row that the report shows a number of; ``KeyError`` for one that is not there."""
    there = publication.rows()
    names = dict.fromkeys(name for section in report.sections for name in _used(section) if name)
    rules = {
        each.meaning: words(f"vocabulary.rules.{each.rule}") for each in publication.suppressed
    }
    made = []
    for name in names:
        row = there[name]
        low, high = _number(row["ci_low"]), _number(row["ci_high"])
        interval = words("report.page.between", low=low, high=high) if low and high else ""
        blank = "" if row["estimate"] is not None or not row["marker"] else f"[{row['marker']}]"
        made.append(
            Used(
                name, _number(row["estimate"]) or blank, interval, _p(row["p_value"]),
                _p(row["p_adjusted"]), _count(row["n"]), _count(row["n_organisations"] or None),
                "" if row["status"] == "ok" else rules.get(row["note"], row["note"]),
            )
        )  # fmt: skip
    return made


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}".replace("-", MINUS)


def _p(value: float | None) -> str:
    return "" if value is None else p_text(value)


def _count(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _used(section: Section) -> Iterator[str]:
    for block in section.blocks:
        yield from _in_block(block)
    for part in section.sections:
        yield from _used(part)


def _in_block(block: Block) -> Iterator[str]:
    if isinstance(block, Paragraph):
        yield from (run.estimate_id for run in block.runs)
    elif isinstance(block, Listed):
        for item in block.items:
            yield from _in_block(item)
    elif isinstance(block, Figure):
        yield from _in_block(block.data)
    else:
        assert isinstance(block, Table)
        yield from (cell.estimate_id for row in block.rows for cell in row)
