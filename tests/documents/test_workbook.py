"""`tables.xlsx` keeps the government's checklist for spreadsheets, and every number of the report.

The items are those of the Analysis Function's "Making spreadsheets accessible: a brief checklist
of the basics" (as gptables lists them). Two are left to people: to run a spelling check and the
accessibility checker of Excel.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from msgspec.structs import replace
from openpyxl import Workbook, load_workbook
from openpyxl.cell import Cell as Written
from openpyxl.worksheet.worksheet import Worksheet

from documents.building import ROWS, full, publication, report, table_of
from peereval.columns import RELEASED
from peereval.composing import Cell, Column, Report, Section, Table
from peereval.rendering.cells import headings, shown
from peereval.rendering.numbering import numbered
from peereval.rendering.workbook import workbook, write_workbook
from peereval.wording import words

SAY = words()
#: The worksheet of every released result.
ALL = "All results"
NASTY = Table(
    "nasty id!", "=cmd|'/c calc'!A1", (Column("a", "+one", "text"), Column("b", "@two")),
    (
        (Cell("=1+1"), Cell("-1+2")),
        (Cell("@SUM(A1)"), Cell("\tTAB")),
        (Cell("-0.5", -0.5), Cell('=HYPERLINK("x")')),
        (Cell("http://example.org"), Cell("{=1}")),
    ),
)  # fmt: skip


def written(made: Report, path: Path, protected: bool = True) -> Workbook:
    write_workbook(made, publication(ROWS, protected), SAY, path / "tables.xlsx")
    return load_workbook(path / "tables.xlsx")


@pytest.fixture(scope="module")
def nasty_report() -> Report:
    """A report of every kind of block, a table of formulas, and tables of one name."""
    more = (NASTY, *(table_of(ROWS, name, title="Long " * 60) for name in ("r1", "c-1", "c_1")))
    made = full()
    return replace(made, sections=(*made.sections, Section("more", "More", more)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("workbook")


@pytest.fixture(scope="module")
def book(nasty_report: Report, folder: Path) -> Workbook:
    return written(nasty_report, folder)


def cells(sheet: Worksheet) -> Iterator[Written]:
    for row in sheet.iter_rows():
        yield from row


def grid(sheet: Worksheet) -> list[list[Written]]:
    """The cells of the one table of a worksheet, headings first."""
    (table,) = sheet.tables.values()
    return [list(row) for row in sheet[table.ref]]


def sheets(book: Workbook, cover: bool = False) -> list[Worksheet]:
    return [sheet for sheet in book.worksheets if cover or sheet.title != "Cover"]


# --- the checklist --------------------------------------------------------------------------


def tables_are_marked_up(book: Workbook) -> None:
    assert [len(sheet.tables) for sheet in sheets(book)] == [1] * (len(book.worksheets) - 1)


def tables_have_meaningful_names(book: Workbook) -> None:
    names = [name for sheet in book.worksheets for name in sheet.tables]
    assert len({name.casefold() for name in names}) == len(names) > 8
    assert all(re.fullmatch(r"table_[A-Za-z0-9_]+", name) for name in names)
    assert {"table_changes", "table_more", "table_forest", "table_contents"} <= set(names)


def no_cell_is_merged(book: Workbook) -> None:
    assert not [sheet.title for sheet in book.worksheets if sheet.merged_cells.ranges]


def no_row_or_column_of_a_table_is_blank(book: Workbook) -> None:
    for sheet in sheets(book):
        rows = grid(sheet)
        for line in [*rows, *zip(*rows, strict=True)]:
            assert any(cell.value not in (None, "") for cell in line)


def one_row_of_unique_headings(book: Workbook) -> None:
    for sheet in sheets(book):
        (table,) = sheet.tables.values()
        assert table.headerRowCount == 1
        heads = [str(cell.value) for cell in grid(sheet)[0]]
        assert all(heads)
        assert len({head.casefold() for head in heads}) == len(heads)
        assert [column.name for column in table.tableColumns] == heads


def text_is_wrapped_or_has_room(book: Workbook) -> None:
    for sheet in book.worksheets:
        for cell in cells(sheet):
            if isinstance(cell.value, str) and not cell.alignment.wrap_text:
                # A line above the table: nothing stands beside it for it to run into.
                beside = [other.value for other in sheet[cell.row] if other is not cell]
                assert not any(beside) or cell.hyperlink


def no_filters_and_no_frozen_panes(book: Workbook) -> None:
    for sheet in book.worksheets:
        assert sheet.freeze_panes is None
        assert sheet.auto_filter.ref is None
        assert not [table for table in sheet.tables.values() if table.autoFilter is not None]


def no_cell_of_a_table_is_empty(book: Workbook) -> None:
    for sheet in sheets(book):
        assert not [cell.coordinate for row in grid(sheet) for cell in row if cell.value is None]


def nothing_is_hidden(book: Workbook) -> None:
    for sheet in book.worksheets:
        assert sheet.sheet_state == "visible"
        assert not [d for d in sheet.row_dimensions.values() if d.hidden]
        assert not [d for d in sheet.column_dimensions.values() if d.hidden]


def notes_are_words_in_brackets(book: Workbook) -> None:
    texts = [str(c.value) for s in book.worksheets for c in cells(s) if c.value is not None]
    assert not [text for text in texts if re.search(r"[*†‡§¹²³]", text)]
    assert str(book["Table 1"]["A1"].value).endswith("[note 1] [note 2]")


def note_markers_stand_outside_tables(book: Workbook) -> None:
    for sheet in sheets(book):
        if sheet.title != "Notes":
            assert not [c for row in grid(sheet) for c in row if "[note" in str(c.value)]


def note_texts_stand_on_their_own_worksheet(book: Workbook) -> None:
    notes = [[cell.value for cell in row] for row in grid(book["Notes"])]
    assert ["[note 1]", "Change is after less before."] in notes
    assert ["[note 2]", "Intervals are of 95%."] in notes
    own = len(SAY.below("workbook.shorthand")) + len(RELEASED)
    assert len(notes) == 1 + own + 2  # no note twice


def links_say_where_they_lead(book: Workbook) -> None:
    for sheet in book.worksheets:
        for cell in cells(sheet):
            if cell.hyperlink:
                assert len(str(cell.value)) > 6
                assert cell.hyperlink.target is None  # inside the workbook
                name = str(cell.hyperlink.location).partition("!")[0].strip("'")
                assert name in book.sheetnames
                assert name in str(cell.value)


def text_can_be_read(book: Workbook) -> None:
    for sheet in book.worksheets:
        for cell in cells(sheet):
            if cell.value is not None:
                assert cell.font.name == "Arial"
                assert cell.font.sz >= 12
                assert not cell.font.italic
                assert cell.alignment.horizontal in ("left", "right")


def worksheets_have_descriptive_titles(book: Workbook) -> None:
    titles = [sheet["A1"] for sheet in book.worksheets]
    assert all(cell.font.bold and cell.font.sz > 12 and len(str(cell.value)) > 7 for cell in titles)
    assert len({cell.value for cell in titles}) == len(titles)


def no_cell_holds_symbols_only(book: Workbook) -> None:
    texts = [str(c.value) for s in book.worksheets for c in cells(s) if c.value is not None]
    assert not [text for text in texts if not any(map(str.isalnum, text))]


def no_headers_footers_or_boxes(book: Workbook) -> None:
    for sheet in book.worksheets:
        for part in (sheet.oddHeader, sheet.oddFooter, sheet.evenHeader, sheet.firstHeader):
            assert not [side.text for side in (part.left, part.center, part.right) if side.text]


def nothing_divides_a_table_for_the_eye(book: Workbook) -> None:
    for sheet in sheets(book):
        for row in grid(sheet)[1:]:
            assert not [c for c in row if c.border.top.style or c.border.left.style]


def no_background_is_filled(book: Workbook) -> None:
    filled = [c.coordinate for s in book.worksheets for c in cells(s) if c.fill.fill_type]
    assert not filled
    assert not [t for s in book.worksheets for t in s.tables.values() if t.tableStyleInfo.name]


def colour_is_never_used_but_for_links(book: Workbook) -> None:
    for sheet in book.worksheets:
        for cell in cells(sheet):
            colour = cell.font.color.rgb if cell.font.color is not None else None
            if isinstance(colour, str) and colour not in ("FF000000",):
                # 9.4 to 1 on white, and underlined besides.
                assert (colour, cell.font.underline) == ("FF0000EE", "single")
                assert cell.hyperlink


def no_images(book: Workbook) -> None:
    assert not [s.title for s in book.worksheets if s._images or s._charts]


def no_macros(book: Workbook) -> None:
    assert book.vba_archive is None


def worksheets_have_unique_legal_names(book: Workbook) -> None:
    names = book.sheetnames
    assert len({name.casefold() for name in names}) == len(names)
    assert all(len(name) <= 31 and not re.search(r"[\[\]:*?/\\']", name) for name in names)
    assert names[:4] == ["Cover", "Contents", "Notes", "Table 1"]


def no_worksheet_is_blank(book: Workbook) -> None:
    assert not [sheet.title for sheet in book.worksheets if sheet["A1"].value is None]


def column_a_is_used_without_gaps(book: Workbook) -> None:
    for sheet in book.worksheets:
        first = [sheet.cell(row, 1).value for row in range(1, sheet.max_row + 1)]
        assert all(first)


def tables_begin_at_the_left_edge(book: Workbook) -> None:
    assert all(grid(sheet)[0][0].column == 1 for sheet in sheets(book))


def nothing_stands_below_a_table(book: Workbook) -> None:
    assert all(grid(sheet)[-1][0].row == sheet.max_row for sheet in sheets(book))


def one_table_on_a_worksheet(book: Workbook) -> None:
    assert all(len(sheet.tables) == 1 for sheet in sheets(book))


def the_document_says_its_title_and_language(book: Workbook) -> None:
    assert book.properties.title == "A small study"
    assert book.properties.language == "en-GB"
    assert not book.properties.creator
    assert not book.properties.lastModifiedBy


def the_cursor_is_in_a1_of_the_first_worksheet(book: Workbook) -> None:
    assert book.active is book.worksheets[0]
    for sheet in book.worksheets:
        assert [each.activeCell for each in sheet.sheet_view.selection] == ["A1"]


CHECKLIST: dict[str, Callable[[Workbook], None]] = {
    "Mark up tables (essential)": tables_are_marked_up,
    "Give tables meaningful names": tables_have_meaningful_names,
    "Remove merged cells, split cells and nested tables (essential)": no_cell_is_merged,
    "Remove blank rows and columns within tables (essential)": no_row_or_column_of_a_table_is_blank,
    "All tables should have one tagged header row (essential)": one_row_of_unique_headings,
    "Wrap text within cells (essential)": text_is_wrapped_or_has_room,
    "Avoid adding filters and freeze panes": no_filters_and_no_frozen_panes,
    "Only leave cells with no data empty in certain circumstances (essential)":
        no_cell_of_a_table_is_empty,
    "Avoid hiding rows or columns": nothing_is_hidden,
    "Do not use symbols or superscript to signpost to notes (essential)":
        notes_are_words_in_brackets,
    "Use the word note when referring to footnotes": notes_are_words_in_brackets,
    "Avoid putting note markers in specific cells": note_markers_stand_outside_tables,
    "Put note text in a notes table on a notes worksheet": note_texts_stand_on_their_own_worksheet,
    "Links must be accessible (essential)": links_say_where_they_lead,
    "Format text to make it accessible": text_can_be_read,
    "All worksheets should have descriptive titles (essential)": worksheets_have_descriptive_titles,
    "Avoid using symbols in general": no_cell_holds_symbols_only,
    "Do not use headers and footers, floating text boxes or toolbars (essential)":
        no_headers_footers_or_boxes,
    "Do not use visual devices to divide data regions": nothing_divides_a_table_for_the_eye,
    "Do not use a background fill": no_background_is_filled,
    "Do not use colour as the only way to convey a message (essential)":
        colour_is_never_used_but_for_links,
    "When using colour for emphasis check the contrast (essential)":
        colour_is_never_used_but_for_links,
    "Avoid images in spreadsheets": no_images,
    "Remove macros": no_macros,
    "Give worksheets unique names or numbers (essential)": worksheets_have_unique_legal_names,
    "Remove blank worksheets (essential)": no_worksheet_is_blank,
    "Use cells in column A wisely (essential)": column_a_is_used_without_gaps,
    "Position tables against the left-hand edges of each sheet (essential)":
        tables_begin_at_the_left_edge,
    "Avoid putting content below a table": nothing_stands_below_a_table,
    "Avoid worksheets with multiple tables": one_table_on_a_worksheet,
    "Add document information: title and language (essential)":
        the_document_says_its_title_and_language,
    "Ensure the cursor is in cell A1 of the first worksheet (essential)":
        the_cursor_is_in_a1_of_the_first_worksheet,
}  # fmt: skip


@pytest.mark.parametrize("item", CHECKLIST)
def test_the_workbook_keeps_the_checklist(item: str, book: Workbook) -> None:
    CHECKLIST[item](book)


# --- its numbers ----------------------------------------------------------------------------


def test_every_number_is_the_released_one_shown_as_in_the_report(
    nasty_report: Report, book: Workbook
) -> None:
    released = publication(ROWS).rows()
    compared = 0
    for each in numbered(nasty_report, SAY).values():
        rows = grid(book[each.label])[1:]
        for line, told in zip(rows, each.data.rows, strict=True):
            for there, cell in zip(line, told, strict=True):
                if not (cell.estimate_id and cell.value is not None):
                    continue
                assert there.value == pytest.approx(
                    released[cell.estimate_id][cell.field], rel=1e-15
                )
                assert there.data_type == "n"
                compared += 1
    assert compared > 50


def test_what_is_no_number_is_its_shorthand_and_explained(book: Workbook) -> None:
    sheet = book["Table 1"]
    rows = {row[0].value: row for row in grid(sheet)[1:]}
    assert [cell.value for cell in rows["Autonomy"]] == ["Autonomy", *["[c]"] * 4]
    assert [cell.value for cell in rows["Resilience"]] == ["Resilience", *["[x]"] * 4]
    assert rows["Optimism"][1].number_format == '#,##0.00" [u]"'
    above = [str(cell.value) for cell in sheet["A"]]
    assert [text[:3] for text in above if text.startswith("[")] == ["[c]", "[x]", "[u]"]
    shorthand = [row[0].value for row in grid(book["Notes"])[1:]][:6]
    assert shorthand == ["[c]", "[x]", "[z]", "[low]", "[u]", "[s]"]


def test_headings_hold_units_and_the_sheet_its_base_and_test(book: Workbook) -> None:
    sheet = book["Table 1"]
    assert [cell.value for cell in grid(sheet)[0]] == [
        "Outcome", "Change (points)", "Lower limit (points)", "Upper limit (points)", "p value",
    ]  # fmt: skip
    assert "All respondents, matched pairs; paired t-test." in [c.value for c in sheet["A"]]


# --- formulas, long texts, many tables, none ------------------------------------------------


def test_no_cell_is_or_becomes_a_formula(book: Workbook, nasty_report: Report) -> None:
    formulas = [c.coordinate for s in book.worksheets for c in cells(s) if c.data_type == "f"]
    assert not formulas
    (each,) = [item for item in numbered(nasty_report, SAY).values() if item.item is NASTY]
    rows = grid(book[each.label])[1:]
    quoted = [[cell.quotePrefix for cell in row] for row in rows]
    assert quoted == [[True, True], [True, True], [False, True], [False, False]]
    assert rows[0][0].value == "=1+1"
    assert rows[2][0].value == -0.5


def test_a_long_title_is_whole_and_wrapped(book: Workbook) -> None:
    cell = book["Table 3"]["A1"]
    assert len(str(cell.value)) > 300
    assert cell.alignment.wrap_text
    assert book["Table 3"].row_dimensions[1].height > 100


def test_a_long_sentence_above_a_table_has_a_line_for_each_part(tmp_path: Path) -> None:
    parts = (
        "Costs of single contacts are rounded where few gave some answer, and so are intervals:",
        "exact costs would say how many gave each answer of the question.",
    )
    table = Table("t", "T", (Column("a", "A", "text"),) * 2, ((Cell("x"),) * 2,), " ".join(parts))
    sheet = written(report(table), tmp_path)["Table 1"]
    said = {cell.value: cell for cell in sheet["A"]}
    assert set(parts) < set(said)
    # They run over the columns beside, as narrow as the first may be.
    assert not any(said[part].alignment.wrap_text for part in parts)


def test_the_cover_is_no_wider_than_a_page(book: Workbook) -> None:
    cover = book.worksheets[0]
    assert cover.column_dimensions["A"].width < 90
    long = [cell for cell in cover["A"] if len(str(cell.value)) > 90]
    assert long
    assert all(cell.alignment.wrap_text for cell in long)


def test_a_heading_longer_than_excel_allows_is_cut(tmp_path: Path) -> None:
    table = Table("wide", "Wide", (Column("a", "long " * 80, "text"),), ((Cell("x"),),))
    sheet = written(report(table), tmp_path)["Table 1"]
    (head,) = grid(sheet)[0]
    assert len(str(head.value)) == 255
    assert str(head.value).endswith("…")


def test_sixty_tables_are_all_there_and_linked(tmp_path: Path) -> None:
    tables = [table_of(ROWS, f"t{n}", title=f"Table of number {n}") for n in range(1, 61)]
    book = written(report(*tables), tmp_path)
    assert book.sheetnames[3:] == [*(f"Table {n}" for n in range(1, 61)), ALL]
    contents = [[cell.value for cell in row] for row in grid(book["Contents"])[1:]]
    assert contents == [
        *([f"Table {n}", f"Table of number {n}", "What was found"] for n in range(1, 61)),
        [ALL, "All released results, one row each", "All sections"],
    ]


def test_a_report_of_which_all_is_kept_back_has_its_shorthand_only(tmp_path: Path) -> None:
    rows = [{"estimate_id": f"r{n}", "status": "suppressed", "marker": "c"} for n in range(5)]
    book = written(report(table_of(rows)), tmp_path)
    assert {cell.value for row in grid(book["Table 1"])[1:] for cell in row[1:]} == {"[c]"}


def test_a_table_without_rows_says_so(tmp_path: Path) -> None:
    book = written(report(table_of([])), tmp_path)
    assert "There are no rows in this table." in [cell.value for cell in book["Table 1"]["A"]]
    assert not book["Table 1"].tables


def test_a_report_without_tables_is_a_workbook_all_the_same(tmp_path: Path) -> None:
    assert written(report(), tmp_path).sheetnames == ["Cover", "Contents", "Notes", ALL]


def test_a_workbook_that_may_not_be_published_says_so_on_every_worksheet(tmp_path: Path) -> None:
    stamp = "Not for publication"
    book = written(replace(full(), stamp=stamp), tmp_path, protected=False)
    for sheet in book.worksheets:
        assert stamp in [cell.value for cell in sheet["A"]]
    said = [str(cell.value) for cell in book["Cover"]["A"]]
    assert any("somebody could be identified by it" in text for text in said)


def test_the_cover_says_what_there_is_to_know(book: Workbook) -> None:
    said = [cell.value for cell in book["Cover"]["A"]]
    assert said[:2] == ["A small study", "An evaluation"]
    assert "Prepared by: An evaluator" in said
    assert not any("contact" in str(text).casefold() for text in said)


def test_characters_that_no_file_may_hold_are_left_out(tmp_path: Path) -> None:
    table = Table(
        "t", "A\x00title\x0b", (Column("a", "b\x1f", "text"),), ((Cell("x\x02y\ufffe"),),)
    )
    rows = grid(written(report(table), tmp_path)["Table 1"])
    assert rows[1][0].value == "xy"


# --- every released result --------------------------------------------------------------------


def everything(rows: Iterable[Mapping[str, Any]], path: Path) -> Worksheet:
    """The last worksheet of a workbook of some released rows."""
    write_workbook(report(), publication(rows), SAY, path / "tables.xlsx")
    return load_workbook(path / "tables.xlsx")[ALL]


def above(sheet: Worksheet) -> list[str]:
    """What is said above a table."""
    (table,) = sheet.tables.values()
    return [str(cell.value) for cell in sheet["A"][: sheet[table.ref][0][0].row - 1]]


def test_every_released_row_is_there_as_in_results_csv(book: Workbook) -> None:
    assert book.sheetnames[-1] == ALL
    heads, *lines = [[cell.value for cell in row] for row in grid(book[ALL])]
    assert heads == [SAY(f"workbook.heading.{column.name}") for column in RELEASED]
    assert heads[0] == "Estimate id"
    results = publication(ROWS).results
    assert [line[0] for line in lines] == results["estimate_id"].to_list()
    compared = 0
    for line, row in zip(lines, results.iter_rows(named=True), strict=True):
        for there, column in zip(line, RELEASED, strict=True):
            value = row[column.name]
            if column.type == "text":
                told = f"[{value}]" if value and column.name == "marker" else value
                assert there == (told or "[z]")
            elif value is not None and column.name != "n_organisations":
                assert there == value
                assert isinstance(there, int | float)
                compared += 1
    assert compared == 15


def test_what_is_not_there_has_its_shorthand_in_every_column_of_numbers(book: Workbook) -> None:
    heads = [column.name for column in RELEASED]
    rows = {
        row[0].value: dict(zip(heads, (cell.value for cell in row), strict=True))
        for row in grid(book[ALL])[1:]
    }
    for name in ("estimate", "std_error", "p_value", "ci_level", "n"):
        assert (rows["d"][name], rows["e"][name]) == ("[c]", "[x]")
    assert rows["d"]["n_organisations"] == "[c]"  # not a nought that says there are none
    assert (rows["a"]["std_error"], rows["a"]["n_organisations"]) == ("[z]", "[z]")


def test_it_is_one_table_of_plain_cells(book: Workbook) -> None:
    sheet = book[ALL]
    (table,) = sheet.tables.values()
    assert table.ref.startswith(f"A{grid(sheet)[0][0].row}:")
    assert not [row.number_format for row in grid(sheet)[1] if row.number_format != "General"]


def test_its_columns_are_explained_among_the_notes(book: Workbook) -> None:
    (said,) = [text for text in above(book[ALL]) if "[note" in text]
    first, last = map(int, re.findall(r"note (\d+)\]", said))
    notes = {row[0].value: str(row[1].value) for row in grid(book["Notes"])[1:]}
    told = [notes[f"[note {number}]"] for number in range(first, last + 1)]
    assert [text.split(" in results.csv: ")[0] for text in told] == [
        f"{SAY(f'workbook.heading.{column.name}')}, {column.name}" for column in RELEASED
    ]


def test_texts_that_a_cell_cannot_hold_are_cut_and_said_to_be(tmp_path: Path) -> None:
    sheet = everything([{"estimate_id": "a", "note": "x" * 40_000}], tmp_path)
    cell = grid(sheet)[1][-2]
    assert len(cell.value) == 32_767
    assert cell.value.endswith("x…")
    assert any(text.startswith("1 text is longer") for text in above(sheet))
    assert not any("longer" in text for text in above(everything(ROWS, tmp_path)))


def test_rows_for_which_there_is_no_room_are_said_to_be_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("peereval.rendering.workbook.MOST_ROWS", 32)
    sheet = everything(ROWS, tmp_path)
    assert [row[0].value for row in grid(sheet)[1:]] == ["a", "b"]
    assert any("no room for 3 more results" in text for text in above(sheet))


def test_texts_of_results_are_no_formulas_and_no_markup(tmp_path: Path) -> None:
    nasty = ["=1+1", "</t></si>&<c>", "-x", " blank ", "two\nlines", "a\x00b"]
    sheet = everything([{"estimate_id": text, "note": "plain"} for text in nasty], tmp_path)
    rows = grid(sheet)[1:]
    assert [row[0].value for row in rows] == [*nasty[:-1], "ab"]
    assert {row[0].data_type for row in rows} == {"s"}
    assert all(row[0].quotePrefix for row in rows)
    assert not any(row[-2].quotePrefix for row in rows)


def test_a_row_is_as_high_as_its_text(tmp_path: Path) -> None:
    sheet = everything([{"estimate_id": "a", "note": "word " * 60}, {"estimate_id": "b"}], tmp_path)
    first, second = (sheet.row_dimensions[row[0].row].height for row in grid(sheet)[1:])
    assert first > 40
    assert second is None


def test_a_publication_without_results_has_no_such_worksheet(tmp_path: Path) -> None:
    write_workbook(report(), publication(), SAY, tmp_path / "tables.xlsx")
    book = load_workbook(tmp_path / "tables.xlsx")
    assert book.sheetnames == ["Cover", "Contents", "Notes"]
    assert "[note 1]" not in [row[0].value for row in grid(book["Notes"])]


def test_another_reader_finds_the_same(tmp_path: Path) -> None:
    """A reader in another language, which is what polars and pandas may use."""
    from python_calamine import CalamineWorkbook

    sheet = everything(ROWS, tmp_path)
    rows = CalamineWorkbook.from_path(str(tmp_path / "tables.xlsx")).get_sheet_by_name(ALL)
    read = rows.to_python(skip_empty_area=False)[-5:]
    assert read == [[cell.value for cell in row] for row in grid(sheet)[1:]]


# --- the file -------------------------------------------------------------------------------


def test_the_same_report_gives_the_same_bytes(nasty_report: Report) -> None:
    first = workbook(nasty_report, publication(ROWS), SAY)
    assert first == workbook(nasty_report, publication(ROWS), SAY)


def test_the_file_holds_no_time(book: Workbook, folder: Path) -> None:
    assert book.sheetnames
    with ZipFile(folder / "tables.xlsx") as parts:
        assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        text = b"".join(parts.read(name) for name in parts.namelist()).decode()
    assert "2020-01-01T00:00:00Z" in text


def test_shown_text_and_format_agree_cell_by_cell(nasty_report: Report, book: Workbook) -> None:
    for each in numbered(nasty_report, SAY).values():
        rows = grid(book[each.label])
        assert [cell.value for cell in rows[0]] == headings(each.data.columns)
        for line, told in zip(rows[1:], each.data.rows, strict=True):
            for there, cell in zip(line, told, strict=True):
                if cell.value is None:
                    assert there.value == shown(cell)
                else:
                    assert there.data_type == "n"


def test_a_language_that_is_none_breaks_no_file(tmp_path: Path) -> None:
    book = written(report(table_of(ROWS), language="Cymraeg & <Saesneg>"), tmp_path)
    assert book.properties.language == "Cymraeg & <Saesneg>"
