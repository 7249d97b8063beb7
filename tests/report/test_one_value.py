"""No number stands twice with two values: everything that is written, read back and compared."""

import json
import math
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import docx
import polars as pl
import pytest
from justhtml import JustHTML
from openpyxl import load_workbook

from peereval.composing import Cell, Report
from peereval.composing.figures import figures_of
from peereval.composing.model import Listed, Paragraph, Run, Section, Table
from peereval.publishing import Publication
from peereval.rendering.cells import as_number, in_points, shown
from peereval.rendering.charts import draw
from peereval.rendering.document import write_document
from peereval.rendering.numbering import Numbered, numbered
from peereval.rendering.workbook import write_workbook
from peereval.wording import words
from report.numbers import agrees, times, why_blank

Results = dict[str, dict[str, Any]]
SAY = words()


@pytest.fixture(scope="module")
def items(report: Report) -> dict[str, Numbered]:
    return numbered(report, SAY)


@pytest.fixture(scope="module")
def folder(
    report: Report, publication: Publication, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    place = tmp_path_factory.mktemp("one_value")
    write_workbook(report, publication, SAY, place / "tables.xlsx")
    write_document(report, publication, SAY, place / "report.docx", draw=lambda _: None)
    return place


# --- what is asked for by estimate_id ---------------------------------------------------------


def told(sections: tuple[Section, ...]) -> Iterator[Cell | Run]:
    """Every cell and every word of running text, of tables and of the data behind charts."""
    for section in sections:
        for block in section.blocks:
            if isinstance(block, Paragraph):
                yield from block.runs
            elif isinstance(block, Listed):
                yield from (run for item in block.items for run in item.runs)
            else:
                table = block if isinstance(block, Table) else block.data
                yield from (cell for row in table.rows for cell in row)
        yield from told(section.sections)


def is_of(said: Cell | Run, results: Results) -> bool:
    """Whether what is shown is the number of its row, at the digits that are shown."""
    row = results[said.estimate_id]
    if said.text == "[c]" and row["marker"] == "c":
        return True
    value, much = row[said.field], times(row, said.field)
    if isinstance(said, Cell) and said.value is not None and said.value != value:
        return False
    return any(agrees(said.text, value, blank, much) for blank in (why_blank(row), "x"))


def test_every_number_of_the_report_is_the_one_of_its_row(report: Report, results: Results) -> None:
    asked = [each for each in told(report.sections) if each.estimate_id]
    assert len(asked) > 3000
    assert [each for each in asked if not is_of(each, results)] == []


def test_every_number_behind_a_chart_is_the_one_of_its_row(
    publication: Publication, results: Results
) -> None:
    charts = figures_of(publication, SAY)
    asked = [cell for each in charts for row in each.data.rows for cell in row if cell.estimate_id]
    assert len(charts) > 60
    assert [cell for cell in asked if not is_of(cell, results)] == []


def test_one_estimate_is_shown_with_one_value_in_one_style(report: Report) -> None:
    """The same row, field and decimals are the same text wherever they stand."""
    texts: dict[tuple[str, str, int], set[str]] = {}
    for each in told(report.sections):
        if not each.estimate_id or each.text.startswith("["):
            continue
        bare = re.sub(r" \[[a-z]+\]|[^\d.,−<]", "", each.text)
        places = len(bare.partition(".")[2])
        texts.setdefault((each.estimate_id, each.field, places), set()).add(bare)
    assert {key: found for key, found in texts.items() if len(found) > 1} == {}


# --- the files --------------------------------------------------------------------------------


def test_results_json_holds_the_rows_of_results_csv(output: Path, results: Results) -> None:
    rows = json.loads((output / "results.json").read_text(encoding="utf-8"))["results"]
    assert [row["estimate_id"] for row in rows] == list(results)
    for row in rows:
        # What is empty is left out of a row, and so is no organisation at all.
        there = {
            name: value for name, value in results[row["estimate_id"]].items()
            if value not in (None, "") and (name, value) != ("n_organisations", 0)
        }  # fmt: skip
        assert row == there


def test_results_parquet_is_results_csv(output: Path, results: Results) -> None:
    frame = pl.read_parquet(output / "results.parquet")
    assert frame["estimate_id"].to_list() == list(results)
    for name in ("estimate", "std_error", "p_value", "p_adjusted", "ci_low", "ci_high", "n"):
        assert frame[name].to_list() == [row[name] for row in results.values()]


def test_the_workbook_holds_them(folder: Path, items: dict[str, Numbered]) -> None:
    book, compared = load_workbook(folder / "tables.xlsx"), 0
    for each in items.values():
        if not each.data.rows:
            continue
        sheet: Any = book[each.label]
        (table,) = sheet.tables.values()
        _, *lines = sheet[table.ref]
        points = [in_points(column) for column in zip(*each.data.rows, strict=True)]
        for line, row in zip(lines, each.data.rows, strict=True):
            for there, cell, inside in zip(line, row, points, strict=True):
                if not cell.estimate_id:
                    continue
                number = as_number(cell, inside)
                wanted = shown(cell) if number is None else number[0]
                if isinstance(wanted, float):
                    assert math.isclose(there.value, wanted, rel_tol=1e-15)
                else:
                    assert there.value == wanted
                compared += 1
    assert compared > 3000


def test_the_document_holds_them(folder: Path, items: dict[str, Numbered]) -> None:
    document = docx.Document(str(folder / "report.docx"))
    for there, each in zip(document.tables, items.values(), strict=True):
        texts = ["".join(t.xpath(".//w:t/text()")) for t in there._tbl.xpath("./w:tr/w:tc")]
        said = [f"{shown(cell)} {cell.reading}".strip() for row in each.data.rows for cell in row]
        assert texts[len(each.data.columns) :] == said


@cache
def _texts(drawing: str) -> tuple[str, ...]:
    space = "{http://www.w3.org/2000/svg}text"
    return tuple("".join(each.itertext()) for each in ElementTree.fromstring(drawing).iter(space))


def test_a_chart_draws_the_numbers_behind_it(publication: Publication) -> None:
    """Numbers with a decimal or per cent that stand in a drawing are its data, or on its axis."""
    tried = 0
    for each in figures_of(publication, SAY):
        drawn = [text for text in _texts(draw(each, SAY)) if re.search(r"\[.*,.*\]", text)]
        data = {shown(cell).rstrip("*") for row in each.data.rows for cell in row}
        known = {re.sub(r" ?\[[a-z]+\]", "", text) for text in data}
        for text in drawn:
            numbers = re.findall(r"[−-]?[£€$]?\d[\d,]*\.?\d*%?", text)
            assert {number.rstrip(",") for number in numbers} <= known, (each.id, text)
            tried += 1
    assert tried > 300


def test_pages_of_organisations_show_the_numbers_of_all_as_published(
    output: Path, results: Results
) -> None:
    compared = 0
    for path in sorted((output / "organisations").glob("*.html")):
        tree = JustHTML(path.read_text(encoding="utf-8"), sanitize=False)
        for node in tree.query("[data-row]"):
            row = results[node.attrs["data-row"]]
            field = node.attrs.get("data-field", "estimate")
            much = times(row, field)
            assert agrees(node.to_text(), row[field], why_blank(row), much), (path.name, row)
            compared += 1
    assert compared > 100


def test_a_number_that_is_another_would_be_found(report: Report, results: Results) -> None:
    cell = next(each for each in told(report.sections)
                if isinstance(each, Cell) and each.estimate_id and each.value)  # fmt: skip
    other = Cell(cell.text, (cell.value or 0) + 1e-9, cell.estimate_id, cell.field)
    assert is_of(cell, results)
    assert not is_of(other, results)
    assert not is_of(Run("12345.678", cell.estimate_id, cell.field), results)
