"""What was odd about the data: findings, where responses went, how well the scales measured."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from peereval.composing.columns import head, text
from peereval.composing.content import Content, Place
from peereval.composing.model import Block, Cell, Section, Table
from peereval.composing.sentences import paragraph


def data_quality(content: Content) -> Section | None:
    """The section on the data."""
    words = content.words
    made = (_findings(content), _ledger(content), _missing(content), _duplicates(content))
    blocks: list[Block] = [paragraph(words, "report.data_quality.intro")]
    blocks += [table for table in made if table]
    return Section(
        "data-quality",
        words("report.data_quality.title"),
        tuple(blocks),
        tuple(part for part in (_reliability(content),) if part),
    )


def counted(count: int | None) -> Cell:
    """A count of the record of the run: it has no row of results."""
    if count is None:
        return Cell("[c]", marker="c")
    return Cell(f"{count:,}", float(count))


def _findings(content: Content) -> Table | None:
    """What was found, by code: its title, how often, and whether somebody accepted it."""
    words = content.words
    rows = [
        (
            text(found["code"]),
            text(_named(content, found["code"])),
            counted(found["n"]),
            text(words(f"report.data_quality.accepted.{'yes' if found['accepted'] else 'no'}")),
        )
        for found in content.publication.run["findings"]
    ]
    if not rows:
        return None
    columns = (
        *head(content, "code", texts=["finding"]),
        *head(content, "code", "times", texts=["accepted_by"])[1:],
    )
    title = words("report.data_quality.findings_title")
    caption = words("report.data_quality.findings_caption")
    return Table("data-findings", title, columns, tuple(rows), caption)


def _named(content: Content, code: str) -> str:
    """The title of a finding; its code where a later version found it."""
    key = f"vocabulary.findings.{code}"
    return content.words(key) if key in content.words else code


def _ledger(content: Content) -> Table | None:
    """Where every response went, by comparison."""
    words, counts = content.words, content.publication.run["counts"]["ledger"]
    rows = [
        (
            text(content.title(each["comparison"]) or words("report.data_quality.no_comparison")),
            text(words(f"vocabulary.ledger.{each['status']}")),
            counted(each["n"]),
        )
        for each in counts
    ]
    if not rows:
        return None
    columns = (
        *head(content, "comparison", texts=["fate"]),
        *head(content, "code", "responses")[1:],
    )
    title = words("report.data_quality.ledger_title")
    return Table(
        "data-ledger", title, columns, tuple(rows), words("report.data_quality.ledger_caption")
    )


def _missing(content: Content) -> Table | None:
    found = content.publication.run["counts"].get("missing", [])
    rows = [(text(each["reason"]), counted(each["n"])) for each in found]
    return _small(content, "missing", "reason", "cells", rows)


def _duplicates(content: Content) -> Table | None:
    found = content.publication.run["counts"].get("duplicates", [])
    rows = [(text(_kind(content, each)), counted(each["n"])) for each in found]
    return _small(content, "duplicates", "kind", "respondents_n", rows)


def _kind(content: Content, each: Mapping[str, Any]) -> str:
    return content.words(f"report.data_quality.duplicate.{each['kind']}")


def _small(
    content: Content, name: str, first: str, number: str, rows: Sequence[tuple[Cell, ...]]
) -> Table | None:
    if not rows:
        return None
    title = content.words(f"report.data_quality.{name}_title")
    return Table(f"data-{name}", title, head(content, first, number), tuple(rows))


# --- reliability ----------------------------------------------------------------------------


def _reliability(content: Content) -> Section | None:
    words = content.words
    tables = [
        table for phase in content.publication.phases if (table := _scales(content, phase.id))
    ]
    if not tables:
        return None
    intro = paragraph(words, "report.data_quality.reliability_intro", level=content.level)
    return Section("data-reliability", words("report.data_quality.reliability"), (intro, *tables))


def _scales(content: Content, phase: str) -> Table | None:
    rows = tuple(_scale_rows(content, phase))
    if not rows:
        return None
    words = content.words
    columns = (
        *head(content, "outcome", texts=["occasion"]),
        *head(content, "outcome", "n", "alpha", "from", "to", "omega", "floor", "ceiling")[1:],
    )
    title = words("report.data_quality.reliability_title", phase=content.title(phase))
    caption = words("report.data_quality.reliability_caption")
    return Table(f"data-reliability-{phase}", title, columns, rows, caption)


def _scale_rows(content: Content, phase: str) -> Iterator[tuple[Cell, ...]]:
    for alpha in content.of(analysis="reliability", estimand="alpha", phase=phase):
        place = Place(phase, "", "", alpha["outcome"], alpha["level"])
        omega = content.find("reliability", "omega_total", "omega_total", place)
        ends = (
            content.find("reliability", "share", f"share_{end}", place)
            for end in ("floor", "ceiling")
        )
        yield (
            text(content.title(alpha["outcome"])),
            text(content.title(alpha["level"])),
            content.cell(alpha, "count", "n"),
            *(content.cell(alpha, "2", name) for name in ("estimate", "ci_low", "ci_high")),
            content.cell(omega, "2"),
            *(content.cell(end, "percent") for end in ends),
        )
