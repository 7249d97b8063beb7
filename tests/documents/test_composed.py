"""The report of the pilot in all formats: the same numbers, those that were released."""

import re
from functools import lru_cache
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import docx
import pytest
from openpyxl import load_workbook
from pytest import approx

from figures.publications import published
from peereval.composing import Cell, Report, Table, compose
from peereval.publishing import Publication
from peereval.rendering.cells import as_number, in_points, shown
from peereval.rendering.document import write_document
from peereval.rendering.latex import latex
from peereval.rendering.markdown import markdown
from peereval.rendering.numbering import Numbered, numbered
from peereval.rendering.workbook import write_workbook
from peereval.wording import words

SAY = words()


@lru_cache
def composed() -> tuple[Publication, Report, dict[str, Numbered]]:
    publication = published("pilot")
    report = compose(publication, SAY)
    return publication, report, numbered(report, SAY)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    publication, report, _ = composed()
    place = tmp_path_factory.mktemp("composed")
    write_workbook(report, publication, SAY, place / "tables.xlsx")
    write_document(report, publication, SAY, place / "report.docx", draw=lambda _: None)
    return place


def told() -> list[tuple[Cell, bool]]:
    """Every cell of every table, with whether its column is in percentage points."""
    found: list[tuple[Cell, bool]] = []
    for each in composed()[2].values():
        for column in zip(*each.data.rows, strict=True):
            points = in_points(column)
            found += [(cell, points) for cell in column]
    return found


def test_every_value_of_the_report_is_the_released_one() -> None:
    rows = composed()[0].rows()
    values = [cell for cell, _ in told() if cell.estimate_id and cell.value is not None]
    assert len(values) > 4000
    assert not [cell for cell in values if rows[cell.estimate_id][cell.field] != cell.value]


def test_every_value_of_the_report_can_be_a_number_of_a_spreadsheet() -> None:
    values = [(cell, points) for cell, points in told() if cell.value is not None]
    assert not [cell for cell, points in values if as_number(cell, points) is None]


def test_the_workbook_holds_every_table_number_by_number(folder: Path) -> None:
    book = load_workbook(folder / "tables.xlsx")
    items = composed()[2]
    assert set(book.sheetnames) == {
        "Cover",
        "Contents",
        "Notes",
        "All results",
        *(i.label for i in items.values()),
    }
    for each in items.values():
        sheet: Any = book[each.label]
        if not each.data.rows:
            continue
        (table,) = sheet.tables.values()
        _, *rows = sheet[table.ref]
        points = [in_points(column) for column in zip(*each.data.rows, strict=True)]
        for line, cells in zip(rows, each.data.rows, strict=True):
            for there, cell, inside in zip(line, cells, points, strict=True):
                value, form = as_number(cell, inside) or (shown(cell), "General")
                assert there.number_format == form
                # A workbook holds 16 digits.
                assert there.value == (value if form == "General" else approx(value, rel=1e-15))


def test_the_document_holds_every_table_text_by_text(folder: Path) -> None:
    document = docx.Document(str(folder / "report.docx"))
    items = list(composed()[2].values())
    assert len(document.tables) == len(items)
    for there, each in zip(document.tables, items, strict=True):
        texts = ["".join(t.xpath(".//w:t/text()")) for t in there._tbl.xpath("./w:tr/w:tc")]
        said = [f"{shown(cell)} {cell.reading}".strip() for row in each.data.rows for cell in row]
        assert texts[len(each.data.columns) :] == said


def test_headings_of_the_document_are_the_sections(folder: Path) -> None:
    document = docx.Document(str(folder / "report.docx"))
    found = [each.text for each in document.paragraphs if each.style.name == "Heading 1"]
    assert found == [section.title for section in composed()[1].sections]


def test_markdown_and_latex_hold_every_table() -> None:
    _, report, items = composed()
    text, tables = markdown(report, SAY), latex(report, SAY)
    assert text.count("\n**Table ") == sum(isinstance(i.item, Table) for i in items.values())
    assert tables.count(r"\begin{longtable}") == len(items)
    assert re.findall(r"^% (\w+ A?\d+): ", tables, re.MULTILINE) == [
        item.label for item in items.values()
    ]


def test_no_text_holds_the_id_of_an_estimate_or_of_anybody(folder: Path) -> None:
    publication, report, _ = composed()
    ids = {name for name in publication.rows() if name.count(".") > 3}
    texts = [markdown(report, SAY), latex(report, SAY)]
    with ZipFile(folder / "report.docx") as parts:
        texts += [parts.read(part).decode("utf-8", "replace") for part in parts.namelist()]
    book = load_workbook(folder / "tables.xlsx", read_only=True)
    for sheet in book.worksheets[:-1]:  # the last has all results by their ids
        texts += [str(cell) for row in sheet.values for cell in row]
    dotted = set(re.findall(r"[a-z0-9_]+(?:\.[a-z0-9_]+){4,}", "\n".join(texts)))
    assert not dotted & ids
