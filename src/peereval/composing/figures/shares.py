"""Charts of shares before and after: bands, and questions answered with yes or at least once."""

from collections.abc import Sequence

from peereval.composing.figures.cells import (
    COUNT,
    POINTS,
    SHARE,
    Row,
    cell,
    judged,
    row_of,
    shown,
    text,
)
from peereval.composing.figures.making import (
    base_of,
    base_range,
    between,
    figure,
    level_of,
    place,
    said,
    tests_of,
)
from peereval.composing.model import Cell, Figure
from peereval.numbers import text_of
from peereval.publishing import Outcome, Publication
from peereval.wording import Words

#: Methods of a change of shares; the second stands in where the first has no number.
_TESTS = ("paired_cr2", "mcnemar_midp")
_NONE = Cell("[z]", marker="z")


# --- bands --------------------------------------------------------------------------------


def migration(
    publication: Publication, words: Words, phase: str, comparison: str, group: str, outcome: str
) -> Figure | None:
    """Share in each band before and after, and how many moved up and down.

    Who moved from which band to which stays in the tables: its cells are too small to draw.
    """
    keys = (phase, comparison, group, outcome)
    found = [
        (
            band.title,
            row_of(publication, "band_change", "share", *keys, band.id, "share_pre"),
            row_of(publication, "band_change", "share", *keys, band.id, "share_post"),
        )
        for band in publication.outcomes[outcome].levels
    ]
    rows: list[tuple[Cell, ...]] = [
        (text(title), cell(pre, SHARE), cell(post, SHARE), _NONE) for title, pre, post in found
    ]
    if not any(shown(row) for row in rows):
        return None
    rows += _moved(publication, words, keys)
    return figure(
        words, "migration", keys, rows,
        title=words(
            "figures.migration.title", outcome=publication.title_of(outcome),
            place=place(publication, words, phase, comparison), group=publication.title_of(group),
        ),
        caption=words(
            "figures.migration.caption", comparison=publication.title_of(comparison),
            base=base_of(words, cell(found[0][1], COUNT, "n")),
            test=_band_test(publication, words, keys),
        ).strip(),
        alt=_migration_heard(words, rows),
        unit=words("figures.migration.unit"),
    )  # fmt: skip


def _moved(
    publication: Publication, words: Words, keys: tuple[str, str, str, str]
) -> list[tuple[Cell, ...]]:
    found = {
        way: row_of(publication, "band_migration", "wilson", *keys, f"share_{way}")
        for way in ("up", "down")
    }
    return [
        (text(words(f"figures.migration.{way}")), _NONE, _NONE, cell(row, SHARE))
        for way, row in found.items()
        if row
    ]


def _band_test(publication: Publication, words: Words, keys: tuple[str, str, str, str]) -> str:
    test = row_of(publication, "band_change", "stuart_maxwell", *keys, "marginal_homogeneity")
    if test is None or test["p_value"] is None:
        return ""
    p_value = test["p_value"]
    said = (
        words("figures.migration.p_small")
        if p_value < 0.001
        else words("figures.migration.p_is", p=text_of(p_value, "p"))
    )
    return words("figures.migration.test", p=said)


def _migration_heard(words: Words, rows: Sequence[tuple[Cell, ...]]) -> str:
    bands = [
        words(
            "figures.migration.alt_row", band=row[0].text, before=said(words, row[1]),
            after=said(words, row[2]),
        )
        for row in rows
        if row[3] is _NONE
    ]  # fmt: skip
    moved = [
        words("figures.migration.alt_moved", band=row[0].text, moved=said(words, row[3]))
        for row in rows
        if row[3] is not _NONE
    ]
    return words("figures.migration.alt", rows=" ".join(bands), moved=" ".join(moved)).strip()


# --- yes, or at least once ----------------------------------------------------------------


def prevalence(
    publication: Publication, words: Words, phase: str, comparison: str, group: str
) -> Figure | None:
    """Share of a group who said yes, or at least once, before and after: every question."""
    asked = [
        each for each in publication.outcomes.values()
        if each.kind in ("contact", "yes_no") and (not each.groups or group in each.groups)
    ]  # fmt: skip
    tests = {each.id: _test(publication, phase, comparison, group, each.id) for each in asked}
    rows = [
        _pair(publication, (phase, comparison, group, each.id), each, tests[each.id])
        for each in asked
    ]
    rows = [row for row in rows if shown(row)]
    if not rows:
        return None
    level = level_of(publication)
    return figure(
        words, "prevalence", (phase, comparison, group), rows,
        title=words(
            "figures.prevalence.title", place=place(publication, words, phase, comparison),
            group=publication.title_of(group),
        ),
        caption=words(
            "figures.prevalence.caption", comparison=publication.title_of(comparison), level=level,
            bases=base_range(words, (row[6] for row in rows), "question"),
            test=tests_of(words, tests.values()),
        ),
        alt=words(
            "figures.prevalence.alt", n=len(rows), rows=" ".join(_heard(words, row) for row in rows)
        ),
        unit=words("figures.prevalence.unit"), level=level,
    )  # fmt: skip


def _test(publication: Publication, *keys: str) -> Row | None:
    found = [row_of(publication, "prevalence_change", name, *keys, "share_change")
             for name in _TESTS]  # fmt: skip
    known = [row for row in found if row]
    usable = (row for row in known if row["status"] != "not_estimable")
    return next(usable, known[0] if known else None)


def _pair(
    publication: Publication, keys: tuple[str, str, str, str], asked: Outcome, test: Row | None
) -> tuple[Cell, ...]:
    before, after = (
        row_of(publication, "prevalence_change", "share", *keys, name)
        for name in ("share_pre", "share_post")
    )
    return (
        text(asked.title),
        cell(before, SHARE),
        cell(after, SHARE),
        judged(test, POINTS, publication.ci_level),
        cell(test, POINTS, "ci_low"),
        cell(test, POINTS, "ci_high"),
        cell(before, COUNT, "n"),
    )


def _heard(words: Words, row: Sequence[Cell]) -> str:
    question, before, after, change, low, high, _ = row
    return words(
        "figures.prevalence.alt_row", question=question.text, before=said(words, before),
        after=said(words, after), change=said(words, change), interval=between(words, low, high),
    )  # fmt: skip
