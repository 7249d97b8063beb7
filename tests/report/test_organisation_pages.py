"""Pages for one organisation: what is said, what is kept back, and the names of their files."""

import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from peereval.columns import ORGANISATIONS
from peereval.composing.model import Figure, Listed, Paragraph, Report, Table
from peereval.composing.organisations import (
    Page,
    compose_index,
    compose_organisations,
)
from peereval.composing.slugs import slugs_of
from peereval.output.run import manifest
from peereval.pipeline import Run, analyse
from peereval.publishing import Publication, publish
from peereval.studies import load_study
from peereval.wording import words

PILOT = Path(__file__).parents[2] / "data" / "pilot" / "study.toml"


@pytest.fixture(scope="module")
def run() -> Run:
    return analyse(load_study(PILOT))


@pytest.fixture(scope="module")
def publication(run: Run) -> Publication:
    return publish(run, manifest(run))


@pytest.fixture(scope="module")
def pages(run: Run, publication: Publication) -> tuple[Page, ...]:
    return tuple(compose_organisations(publication, run.tables["organisations"], words()))


def blocks(report: Report) -> Iterator[object]:
    for section in report.sections:
        yield from section.blocks


def said(report: Report) -> str:
    """Everything that a reader sees of a report."""
    parts = [report.title, report.subtitle, *(section.title for section in report.sections)]
    for block in blocks(report):
        if isinstance(block, Paragraph):
            parts.append("".join(run.text for run in block.runs))
        elif isinstance(block, Listed):
            parts += ["".join(run.text for run in item.runs) for item in block.items]
        elif isinstance(block, Table):
            parts += [block.title, block.caption, *(c.text for row in block.rows for c in row)]
        elif isinstance(block, Figure):
            parts += [block.title, block.alt, block.caption]
    return "\n".join(parts)


def test_every_organisation_has_a_page_of_its_own(run: Run, pages: tuple[Page, ...]) -> None:
    names = run.tables["organisations"]["organisation"].unique().sort().to_list()
    assert [page.organisation for page in pages] == names
    for page in pages:
        shown = said(page.report) + said(page.pupils)
        others = [name for name in names if name != page.organisation]
        assert page.organisation in shown
        assert not any(name in shown for name in others)


def test_a_page_shows_the_numbers_of_the_table_and_of_nothing_else(
    run: Run, pages: tuple[Page, ...]
) -> None:
    table = run.tables["organisations"]
    for page in pages:
        mine = table.filter(organisation=page.organisation)
        known = {round(value, 9) for name in mine.columns if mine[name].dtype.is_numeric()
                 for value in mine[name].drop_nulls().cast(pl.Float64)}  # fmt: skip
        for block in blocks(page.report):
            rows = block.rows if isinstance(block, Table) else ()
            own = [c for row in rows for c in row if c.value is not None and not c.estimate_id]
            assert {round(cell.value or 0.0, 9) for cell in own} <= known


def test_numbers_of_all_are_those_that_are_published(
    publication: Publication, pages: tuple[Page, ...]
) -> None:
    rows = publication.rows()
    cells = [
        cell for page in pages for block in blocks(page.report) if isinstance(block, Table)
        for row in block.rows for cell in row if cell.estimate_id
    ]  # fmt: skip
    assert len(cells) > 100
    for cell in cells:
        assert rows[cell.estimate_id][cell.field] == cell.value


def test_a_small_organisation_is_told_kindly_why_not(pages: tuple[Page, ...]) -> None:
    small = next(page for page in pages if not page.shown)
    text = said(small.report)
    assert "That protects your pupils" in text
    assert "nothing about how well things went" in text
    assert "changed-" not in " ".join(section.id for section in small.report.sections)
    assert "Not enough of you answered" in said(small.pupils)


def test_a_change_that_may_be_chance_is_never_called_none(pages: tuple[Page, ...]) -> None:
    for page in pages:
        text = said(page.report).lower()
        assert not re.search(r"no (effect|change|difference)\b", text)


def test_the_list_of_all_links_to_every_page(
    run: Run, publication: Publication, pages: tuple[Page, ...]
) -> None:
    index = compose_index(publication, pages, run.tables["organisations"], words())
    (table,) = [block for block in blocks(index) if isinstance(block, Table)]
    links = [cell.link for row in table.rows for cell in row if cell.link]
    assert links == [f"{part}{p.slug}.html" for p in pages for part in ("", "pupils/")]


def links(report: Report) -> list[str]:
    runs = [run for block in blocks(report) if isinstance(block, Paragraph) for run in block.runs]
    cells = [cell for block in blocks(report) if isinstance(block, Table)
             for row in block.rows for cell in row]  # fmt: skip
    return [each.link for each in (*runs, *cells) if each.link]


def test_a_page_leads_to_its_own_pupils_version_and_that_to_none(pages: tuple[Page, ...]) -> None:
    for page in pages:
        assert links(page.report) == [f"pupils/{page.slug}.html"]
        assert links(page.pupils) == []


def test_pupils_read_headings_without_the_words_of_an_evaluation(
    publication: Publication, pages: tuple[Page, ...]
) -> None:
    shown = [[s.title for s in page.pupils.sections[1:-1]] for page in pages]
    # One, and two that are told apart; of one questionnaire, which then is not named.
    assert ["What changed"] in shown
    assert ["What changed, 1 of 2", "What changed, 2 of 2"] in shown
    titles = [each.title for each in (*publication.phases, *publication.comparisons)]
    assert not any(title in heading for some in shown for heading in some for title in titles)
    page = next(page for page in pages if len(page.pupils.sections) == 4)
    when = "first Wave 1 baseline, April 2018, then Wave 2 follow-up, December 2018."
    assert when in said(page.pupils)


def test_a_questionnaire_is_named_to_pupils_where_there_are_several(
    run: Run, publication: Publication
) -> None:
    table = run.tables["organisations"]
    # Two organisations of different phases as one: a school for all ages.
    name = pl.col("organisation")
    both = [
        table.filter(pl.col("phase") == phase.id, pl.col("n") > 20)["organisation"].first()
        for phase in publication.phases
    ]
    one = table.filter(name.is_in(both)).with_columns(organisation=pl.lit("All-age school"))
    (page,) = compose_organisations(publication, one, words())
    headings = [s.title for s in page.pupils.sections[1:-1]]
    assert headings[0].startswith("What changed: Primary (under 11)")
    assert headings[-1] == "What changed: Secondary and older (11+)"


# --- marks ------------------------------------------------------------------------------------


def marked(report: Report) -> set[str]:
    tables = [block.data if isinstance(block, Figure) else block for block in blocks(report)
              if isinstance(block, Table | Figure)]  # fmt: skip
    return {cell.marker for table in tables for row in table.rows for cell in row} - {""}


def explained(report: Report) -> str:
    (items,) = [b for s in report.sections if s.id == "marks" for b in s.blocks] or [Listed(())]
    assert isinstance(items, Listed)
    return "\n".join("".join(run.text for run in item.runs) for item in items.items)


def test_every_mark_of_a_page_is_explained_on_it_and_no_other(pages: tuple[Page, ...]) -> None:
    seen = set()
    for page in pages:
        there, text = marked(page.report), explained(page.report)
        assert {line[1 : line.index("]")] for line in text.splitlines()} == there
        seen |= there
    assert "c" in seen


def blanked(run: Run, publication: Publication, *names: str) -> Report:
    """The page of an organisation with changes, some of whose estimates are not there."""
    empty = [pl.lit(None, pl.Float64).alias(name) for name in names]
    table = run.tables["organisations"].with_columns(empty)
    pages = compose_organisations(publication, table, words())
    return next(page.report for page in pages if page.shown)


def test_what_could_not_be_estimated_says_why_below_its_table(
    run: Run, publication: Publication
) -> None:
    shrunk = ("shrunk_change", "shrunk_low", "shrunk_high")
    few = blanked(run, publication, *shrunk)
    no_spread = blanked(run, publication, "ci_low", "ci_high", *shrunk)
    for report, why in ((few, "at least 5 organisations"), (no_spread, "changed by the same")):
        assert "[x]: could not be worked out." in explained(report)
        notes = [note for block in blocks(report) if isinstance(block, Table)
                 for note in block.notes]  # fmt: skip
        rows = [row for block in blocks(report) if isinstance(block, Table)
                for row in block.rows if any(cell.marker == "x" for cell in row)]  # fmt: skip
        assert len(notes) == len(rows) > 0
        assert all(why in note for note in notes)
        assert "could be chance" in said(report)


# --- names of files ---------------------------------------------------------------------------

NAMES = st.lists(st.text(max_size=80), max_size=12, unique=True)


@given(NAMES)
def test_names_of_files_are_safe_and_unlike(names: list[str]) -> None:
    slugs = slugs_of(names)
    assert list(slugs) == names
    assert len(set(slugs.values())) == len(names)
    for slug in slugs.values():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug)
        assert slug not in ("con", "nul", "aux", "prn", "com1", "index")
        assert len(slug) < 90


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("../../etc/passwd", "etc-passwd"),
        ("St. Mary's", "st-mary-s"),
        ("École Élémentaire", "ecole-elementaire"),
        ("学校", "organisation"),
        ("CON", "organisation-con"),
        ("..", "organisation"),
        ("a\x00b\\c", "a-b-c"),
    ],
)
def test_a_name_becomes_a_file(name: str, slug: str) -> None:
    assert slugs_of([name]) == {name: slug}


def test_the_contract_of_the_table(run: Run) -> None:
    assert run.tables["organisations"].columns == [column.name for column in ORGANISATIONS]
