"""`report.docx` opens, holds everything that the report says, and takes the style of a house."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import docx
import pytest
from docx.document import Document
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from msgspec.structs import replace

from documents.building import PIXEL, ROWS, full, publication, report, sentence, table_of
from peereval.composing import Cell, Column, Figure, Listed, Paragraph, Report, Run, Section, Table
from peereval.errors import UsageError
from peereval.rendering.cells import shown
from peereval.rendering.document import Picture, write_document, write_template
from peereval.rendering.document.template import REQUIRED
from peereval.rendering.numbering import numbered
from peereval.wording import words

SAY = words()


def written(
    made: Report, folder: Path, template: Path | None = None, draw: Any = lambda _: Picture(PIXEL)
) -> Document:
    path = folder / "report.docx"
    write_document(made, publication(ROWS), SAY, path, template, draw)
    return docx.Document(str(path))


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Document:
    return written(full(), tmp_path_factory.mktemp("document"))


def texts(document: Document, style: str) -> list[str]:
    return [each.text for each in document.paragraphs if each.style.name == style]


def instructions(document: Document) -> list[str]:
    return [each.text.strip() for each in document.element.body.iter(qn("w:instrText"))]


# --- what it says ---------------------------------------------------------------------------


def test_sections_are_headings_of_their_level(document: Document) -> None:
    assert texts(document, "Title") == ["A small study"]
    assert texts(document, "Subtitle") == ["An evaluation"]
    assert texts(document, "Heading 1") == ["What was found", "Methods", "Appendix tables"]
    assert texts(document, "Heading 2") == ["Tests"]


def test_tables_and_figures_have_captions_that_word_counts(document: Document) -> None:
    assert texts(document, "Caption") == [
        "Table 1: Changes", "Figure 1: Change of each outcome", "Table A1: More of the same",
    ]  # fmt: skip
    counted = [text for text in instructions(document) if text.startswith("SEQ")]
    assert counted == [
        r"SEQ Table \* ARABIC", r"SEQ Figure \* ARABIC", r"SEQ Table_A \* ARABIC",
    ]  # fmt: skip


def test_every_field_begins_has_a_result_and_ends(document: Document) -> None:
    kinds = [each.get(qn("w:fldCharType")) for each in document.element.body.iter(qn("w:fldChar"))]
    assert kinds == ["begin", "separate", "end"] * (len(kinds) // 3)
    assert len(kinds) == 3 * len(instructions(document))


def test_pictures_have_a_text_for_those_who_cannot_see_them(document: Document) -> None:
    (told,) = document.element.body.iter(qn("wp:docPr"))
    assert told.get("descr") == "Wellbeing rose by 1.23 points."
    assert told.get("name") == "Figure 1"
    assert len(document.inline_shapes) == 1
    assert "worksheet Figure 1 of tables.xlsx" in " ".join(texts(document, "Report Note"))


def test_a_chart_is_a_drawing_with_a_picture_beside_it(tmp_path: Path) -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'
    made = written(full(), tmp_path, draw=lambda _: Picture(PIXEL, svg))
    (blip,) = made.element.body.iter(qn("a:blip"))
    picture = made.part.related_parts[blip.get(qn("r:embed"))]
    assert (picture.blob, picture.content_type) == (PIXEL, "image/png")
    (vector,) = [each for each in blip.iter() if each.tag.endswith("}svgBlip")]
    drawing = made.part.related_parts[vector.get(qn("r:embed"))]
    assert (drawing.blob, drawing.content_type) == (svg.encode(), "image/svg+xml")


def test_a_picture_alone_is_enough(tmp_path: Path) -> None:
    made = written(full(), tmp_path, draw=lambda _: PIXEL)
    assert len(made.inline_shapes) == 1
    assert not [each for each in made.element.body.iter() if str(each.tag).endswith("}svgBlip")]


def test_charts_are_our_own_unless_others_are_given(tmp_path: Path) -> None:
    columns = (Column("option", "Answer", "text"), Column("share", "All", unit="share"))
    rows = ((Cell("Yes"), Cell("75%", 0.75)), (Cell("No"), Cell("25%", 0.25)))
    chart = Figure("f", "answers", "Answers", "Most said yes.", Table("f-data", "F", columns, rows))
    made = written(report(chart), tmp_path, draw=None)
    (shape,) = made.inline_shapes
    # Its type is as large as that of a table, which then has room on the same page.
    assert shape.width == Mm(145)
    with ZipFile(tmp_path / "report.docx") as parts:
        assert b"Yes" in parts.read("word/media/chart1.svg")


def test_text_keeps_its_kinds_its_strength_and_its_lists(document: Document) -> None:
    assert texts(document, "Report Lead") == [
        "Wellbeing rose by 1.23 points (see the table; method)."
    ]
    assert texts(document, "Report Warning") == ["A warning."]
    assert texts(document, "List Bullet") == ["One point", "Another point"]
    assert texts(document, "List Number") == ["One point", "Another point", "One point"]
    (lead,) = [each for each in document.paragraphs if each.style.name == "Report Lead"]
    assert [run.text for run in lead.runs if run.bold] == ["1.23"]


def test_each_numbered_list_begins_at_one(document: Document) -> None:
    used = [
        each._p.pPr.numPr.numId.val
        for each in document.paragraphs
        if each.style.name == "List Number"
    ]
    assert used[0] == used[1] != used[2]
    root = document.part.numbering_part.element
    for number in set(used):
        (start,) = root.xpath(f'./w:num[@w:numId="{number}"]/w:lvlOverride/w:startOverride/@w:val')
        assert start == "1"


def test_links_lead_to_what_is_there_or_to_an_address(document: Document) -> None:
    links = list(document.element.body.iter(qn("w:hyperlink")))
    marks = {each.get(qn("w:name")) for each in document.element.body.iter(qn("w:bookmarkStart"))}
    inside = [each.get(qn("w:anchor")) for each in links if each.get(qn("w:anchor"))]
    assert len(inside) == 4 + 1  # contents, and the link to the table
    assert set(inside) <= marks
    outside = [each.get(qn("r:id")) for each in links if each.get(qn("r:id"))]
    assert [document.part.rels[each].target_ref for each in outside] == [
        "https://example.org/method"
    ]


@pytest.mark.parametrize("link", ["#nowhere", "javascript:alert(1)", "file:///etc/passwd"])
def test_a_link_to_nothing_is_plain_text(link: str, tmp_path: Path) -> None:
    made = written(report(sentence("words", link=link)), tmp_path)
    (found,) = [each for each in made.paragraphs if each.text == "words"]
    assert not found.hyperlinks


def test_bookmarks_have_names_that_word_takes(tmp_path: Path) -> None:
    name = "a very-long id, with all that it must not have " * 3
    made = written(report(sections=(Section(name, "One"), Section(name + "!", "Two"))), tmp_path)
    marks = [each.get(qn("w:name")) for each in made.element.body.iter(qn("w:bookmarkStart"))]
    assert len(set(marks)) == 2
    assert all(re.fullmatch(r"[A-Za-z]\w{0,39}", each) for each in marks)


def test_contents_are_there_without_a_question_when_it_opens(document: Document) -> None:
    assert texts(document, "toc 1") == ["What was found", "Methods", "Appendix tables"]
    assert texts(document, "toc 2") == ["Tests"]
    assert r'TOC \o "1-2" \h \z \u' in instructions(document)
    assert not document.settings.element.findall(qn("w:updateFields"))
    assert not document.element.xpath("//w:fldChar[@w:dirty]")


# --- tables ---------------------------------------------------------------------------------


def rows_of(table: Any) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in table.rows]


def test_every_number_of_a_table_is_there_as_the_report_shows_it(document: Document) -> None:
    tables = [each for each in numbered(full(), SAY).values() if isinstance(each.item, Table)]
    compared = 0
    for there, each in zip(document.tables, tables, strict=True):
        for line, told in zip(rows_of(there)[1:], each.data.rows, strict=True):
            for text, cell in zip(line, told, strict=True):
                reading = f" {cell.reading}" if cell.reading else ""
                assert text == shown(cell) + reading
                compared += 1
    assert compared == 35


def test_the_headings_of_a_table_are_repeated_and_rows_are_not_broken(document: Document) -> None:
    for table in document.tables:
        first, *rest = table.rows
        assert first._tr.xpath("./w:trPr/w:tblHeader")
        assert not [row for row in rest if row._tr.xpath("./w:trPr/w:tblHeader")]
        assert all(row._tr.xpath("./w:trPr/w:cantSplit") for row in table.rows)
        assert first.cells[0].text == "Outcome"
        assert not table._tbl.xpath(".//w:gridSpan | .//w:vMerge")
        assert table.style.name == "Report Table"


def test_a_short_table_and_its_note_stay_together(tmp_path: Path) -> None:
    def kept(table: Any) -> list[bool]:
        return [bool(row._tr.xpath("./w:tc/w:p/w:pPr/w:keepNext")) for row in table.rows]

    made = written(
        report(
            table_of(ROWS, "noted", caption="All respondents."), table_of(ROWS, "bare"),
            table_of(ROWS * 5, "long", notes=("A note.",)),
        ),
        tmp_path,
    )  # fmt: skip
    assert kept(made.tables[0]) == [True] * 6
    assert kept(made.tables[1]) == [True] * 5 + [False]
    # The last rows of a long one stay together: none is alone on a page.
    assert kept(made.tables[2]) == [True] + [False] * 22 + [True] * 3


def test_a_table_says_what_it_is_to_those_who_cannot_see_it(document: Document) -> None:
    (caption,) = document.tables[0]._tbl.xpath("./w:tblPr/w:tblCaption/@w:val")
    (told,) = document.tables[0]._tbl.xpath("./w:tblPr/w:tblDescription/@w:val")
    assert caption == "Table 1: Changes"
    assert told == "All respondents, matched pairs; paired t-test."


def test_base_test_and_notes_stand_below_a_table(document: Document) -> None:
    below = texts(document, "Report Note")
    assert below[:3] == [
        "All respondents, matched pairs; paired t-test.", "Change is after less before.",
        "Intervals are of 95%.",
    ]  # fmt: skip


def test_numbers_stand_at_the_right_and_tables_fit_the_page(document: Document) -> None:
    page = document.sections[-1]
    room = (page.page_width - page.left_margin - page.right_margin) / 635
    for table in document.tables:
        widths = [int(each.get(qn("w:w"))) for each in table._tbl.iter(qn("w:gridCol"))]
        assert sum(widths) <= room + len(widths)
        for row in table.rows:
            sides = [cell.paragraphs[0]._p.xpath("./w:pPr/w:jc/@w:val") for cell in row.cells]
            assert sides == [[], *[["right"]] * 4]


def test_a_table_of_many_columns_has_smaller_type(tmp_path: Path) -> None:
    sizes = []
    for many in (4, 14):
        columns = tuple(Column(f"c{n}", f"Column {n}") for n in range(many))
        made = written(
            report(Table("t", "T", columns, ((Cell("1234.56", 1234.56),) * many,))), tmp_path
        )
        sizes.append(made.tables[0].rows[1].cells[0].paragraphs[0].runs[0].font.size)
    assert sizes[0] == Pt(9)
    assert Pt(7) <= sizes[1] < Pt(9)


def many(columns: int) -> Table:
    """A table of many columns, the heading of each a long word."""
    heads = (Column("what", "Outcome", "text"),
             *(Column(f"c{n}", f"Unbreakable{n}") for n in range(columns)))  # fmt: skip
    return Table(
        f"t{columns}", "Wide", heads, ((Cell("Wellbeing"), *[Cell("1.5", 1.5)] * columns),)
    )


def pages_of(made: Any) -> list[tuple[str, int]]:
    """Of each section how its pages stand, and how many tables are on them."""
    found, tables = [], 0
    for child in made.element.body:
        tables += child.tag == qn("w:tbl")
        settings = child.xpath("./w:pPr/w:sectPr") or [child] * (child.tag == qn("w:sectPr"))
        for each in settings:
            size = each.pgSz
            found.append(("upright" if size.w < size.h else "turned", tables))
            assert size.orient == (size.w > size.h)
            tables = 0
    return found


def test_pages_are_turned_for_tables_that_are_too_wide_for_them(tmp_path: Path) -> None:
    wide = replace(many(10), id="other")
    made = written(
        report(table_of(ROWS), many(10), wide, sentence("After."),
               sections=(Section("last", "Last", (many(11),)),)),
        tmp_path,
    )  # fmt: skip
    assert pages_of(made) == [("upright", 1), ("turned", 2), ("upright", 0), ("turned", 1)]
    assert [each.footer.paragraphs[0].text for each in made.sections] == ["Page 1 of 1"] * 4
    for table in made.tables[1:]:
        page = made.sections[1]
        room = (page.page_width - page.left_margin - page.right_margin) / 635
        widths = [int(each.get(qn("w:w"))) for each in table._tbl.iter(qn("w:gridCol"))]
        assert abs(sum(widths) - room) <= len(widths)
    assert pages_of(written(full(), tmp_path)) == [("upright", 2)]


def test_turned_pages_have_the_first_page_and_the_stamp_of_a_house(
    house: Path, tmp_path: Path
) -> None:
    made = docx.Document(str(house))
    made.sections[0].different_first_page_header_footer = True
    made.save(str(house))
    stamped = report(many(10), sentence("After."), stamp="Not for publication")
    found = written(stamped, tmp_path, house)
    assert [each.different_first_page_header_footer for each in found.sections] == [
        True, False, False,
    ]  # fmt: skip
    assert {each.header.paragraphs[0].text for each in found.sections} == {"Not for publication"}


def test_no_word_of_a_heading_is_broken(tmp_path: Path) -> None:
    """By the widths of Arial's bold letters, of which a digit has 556 thousandths."""
    heads = ("Questionnaire", "All, respondents", "All, before", "Participants, before", "Omega")
    wide = {"Questionnaire": 6724, "respondents": 5946, "before": 3056, "Participants,": 5947,
            "Omega": 3445}  # fmt: skip
    columns = tuple(Column(f"c{n}", head) for n, head in enumerate(heads * 2))
    table = Table("t", "T", columns, ((Cell("1.5", 1.5),) * len(columns),))
    (made,) = written(report(table), tmp_path).tables
    size = made.rows[0].cells[0].paragraphs[0].runs[0].font.size.pt
    widths = [int(each.get(qn("w:w"))) - 110 for each in made._tbl.iter(qn("w:gridCol"))]
    for room, word in zip(widths, list(wide.values()) * 2, strict=True):
        assert room >= word / 1000 * size * 20


def test_a_figure_without_a_picture_is_shown_as_its_numbers(tmp_path: Path) -> None:
    made = written(full(), tmp_path, draw=lambda _: None)
    assert len(made.tables) == 3
    assert rows_of(made.tables[1])[1][0] == "Wellbeing"
    assert not made.inline_shapes
    assert "The chart could not be drawn; its numbers are in this table." in texts(
        made, "Report Note"
    )


def test_sixty_tables_and_text_that_is_markup_are_no_trouble(tmp_path: Path) -> None:
    tables = [table_of(ROWS, f"t{n}", title=f'<b>&"{n}"\x00 ' + "long " * 60) for n in range(60)]
    made = written(report(*tables, sentence("</w:p><w:p> & ]]>")), tmp_path)
    assert len(made.tables) == 60
    assert texts(made, "Caption")[59].startswith('Table 60: <b>&"59" long')
    assert made.paragraphs[-1].text == "</w:p><w:p> & ]]>"


def test_a_sentence_stays_with_the_list_that_it_is_about(tmp_path: Path) -> None:
    items = Listed((sentence("One."), sentence("Two.")))
    made = written(report(sentence("Before."), sentence("These:"), items), tmp_path)
    kept = {p.text: bool(p._p.xpath("./w:pPr/w:keepNext")) for p in made.paragraphs}
    assert (kept["Before."], kept["These:"], kept["One."]) == (False, True, False)


def test_a_report_of_which_all_is_kept_back_has_its_shorthand_only(tmp_path: Path) -> None:
    rows = [{"estimate_id": f"r{n}", "status": "suppressed", "marker": "c"} for n in range(3)]
    made = written(report(table_of(rows)), tmp_path)
    assert rows_of(made.tables[0])[1:] == [[f"r{n}", *["[c]"] * 4] for n in range(3)]


def test_a_report_of_nothing_is_a_document_all_the_same(tmp_path: Path) -> None:
    made = written(report(Table("t", "T", (Column("a", "A"),), ()), Listed(())), tmp_path)
    assert rows_of(made.tables[0]) == [["A"]]
    assert texts(written(report(), tmp_path), "Title") == ["A small study"]


def test_sections_below_the_third_level_are_headings_still(tmp_path: Path) -> None:
    deep = Section("d", "Deep")
    for name in "cba":
        deep = Section(name, name, sections=(deep,))
    made = written(report(sections=(deep,)), tmp_path)
    assert texts(made, "Heading 3") == ["c", "Deep"]


# --- around it ------------------------------------------------------------------------------


def test_the_file_says_its_title_and_language_and_nobodys_name(document: Document) -> None:
    known = document.core_properties
    assert (known.title, known.language) == ("A small study", "en-GB")
    assert (known.author, known.last_modified_by, known.comments) == ("", "", "")
    languages = {each.get(qn("w:val")) for each in document.styles.element.iter(qn("w:lang"))}
    assert languages == {"en-GB"}


def test_pages_are_numbered_on_a4(document: Document) -> None:
    (section,) = document.sections
    assert (round(section.page_width.cm, 1), round(section.page_height.cm, 1)) == (21.0, 29.7)
    (footer,) = section.footer.paragraphs
    assert footer.text == "Page 1 of 1"
    told = [each.text.strip() for each in footer._p.iter(qn("w:instrText"))]
    assert told == ["PAGE", "NUMPAGES"]


def test_what_may_not_be_published_says_so_on_every_page(tmp_path: Path) -> None:
    stamp = "Not for publication"
    made = written(replace(full(), stamp=stamp), tmp_path)
    assert made.sections[0].header.paragraphs[0].text == stamp
    assert stamp in texts(made, "Report Warning")
    assert not any(each.text for each in written(full(), tmp_path).sections[0].header.paragraphs)


def test_the_same_report_gives_the_same_bytes(tmp_path: Path) -> None:
    written(full(), tmp_path)
    first = (tmp_path / "report.docx").read_bytes()
    written(full(), tmp_path)
    assert first == (tmp_path / "report.docx").read_bytes()
    with ZipFile(tmp_path / "report.docx") as parts:
        assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert "docProps/thumbnail.jpeg" not in parts.namelist()


# --- the template of a house ----------------------------------------------------------------


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A template with a cover page, a footer and a colour of its own, made from ours."""
    path = tmp_path / "house.docx"
    write_template(path)
    made = docx.Document(str(path))
    made.add_paragraph("Our institute", "Title")
    made.sections[0].footer.paragraphs[0].text = "An institute"
    made.styles["Heading 1"].font.size = Pt(31)
    made.core_properties.author = "A. Person"
    made.save(str(path))
    return path


def test_a_template_keeps_its_styles_its_cover_and_its_footer(house: Path, tmp_path: Path) -> None:
    made = written(full(), tmp_path, house)
    assert texts(made, "Title") == ["Our institute", "A small study"]
    assert made.styles["Heading 1"].font.size == Pt(31)
    assert made.sections[0].footer.paragraphs[0].text == "An institute"
    assert made.core_properties.author == ""
    (title,) = [each for each in made.paragraphs if each.text == "A small study"]
    assert title.paragraph_format.page_break_before


def test_a_template_of_several_sections_is_stamped_on_every_page(
    house: Path, tmp_path: Path
) -> None:
    made = docx.Document(str(house))
    made.add_section().header.is_linked_to_previous = False
    made.sections[0].different_first_page_header_footer = True
    made.save(str(house))
    stamped = written(replace(full(), stamp="Not for publication"), tmp_path, house)
    headers = [section.header for section in stamped.sections]
    headers.append(stamped.sections[0].first_page_header)
    for header in headers:
        assert header.paragraphs[0].text == "Not for publication"


def test_numbers_of_bookmarks_and_pictures_are_not_those_of_the_template(
    house: Path, tmp_path: Path
) -> None:
    made = docx.Document(str(house))
    made.add_paragraph().add_run().add_picture(BytesIO(PIXEL))
    made.save(str(house))
    write_document(full(), publication(ROWS), SAY, house, house, lambda _: PIXEL)
    twice = written(full(), tmp_path, house)
    body = twice.element.body
    for numbers in (body.xpath("//wp:docPr/@id"), body.xpath("//w:bookmarkStart/@w:id")):
        assert len(numbers) >= 3
        assert len(set(numbers)) == len(numbers)


def test_an_empty_template_has_no_page_of_its_own(tmp_path: Path) -> None:
    write_template(tmp_path / "ours.docx")
    first = written(full(), tmp_path)
    second = written(full(), tmp_path, tmp_path / "ours.docx")
    assert [p.text for p in first.paragraphs] == [p.text for p in second.paragraphs]


def drop_styles(path: Path, names: Iterator[str] | list[str]) -> None:
    made = docx.Document(str(path))
    for name in names:
        made.styles[name].delete()
    made.save(str(path))


def test_styles_that_a_template_lacks_are_named_all_at_once(house: Path, tmp_path: Path) -> None:
    drop_styles(house, ["Caption", "List Number"])
    with pytest.raises(UsageError) as raised:
        written(full(), tmp_path, house)
    assert [fault.code for fault in raised.value.faults] == ["REP010", "REP010"]
    assert "the template has no style 'Caption'" in str(raised.value)
    assert "the template has no style 'List Number'" in str(raised.value)
    assert "house.docx" in str(raised.value)
    assert str(tmp_path) not in str(raised.value)


def test_styles_of_a_report_are_added_where_a_template_has_none(
    house: Path, tmp_path: Path
) -> None:
    drop_styles(house, ["Report Lead", "Report Table", "toc 1", "Hyperlink"])
    made = written(full(), tmp_path, house)
    assert texts(made, "Report Lead")
    assert made.tables[0].style.name == "Report Table"


def test_a_plain_document_of_word_is_template_enough(tmp_path: Path) -> None:
    docx.Document().save(str(tmp_path / "plain.docx"))
    made = written(full(), tmp_path, tmp_path / "plain.docx")
    assert texts(made, "Heading 1")[0] == "What was found"
    assert {style.name for style in made.styles} >= set(REQUIRED)


@pytest.mark.parametrize("kind", ["none", "text", "workbook", "folder"])
def test_what_is_no_template_is_said_to_be_none(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "house.docx"
    if kind == "text":
        path.write_text("Dear all,")
    elif kind == "folder":
        path.mkdir()
    elif kind == "workbook":
        with ZipFile(path, "w") as made:
            made.writestr("[Content_Types].xml", "<Types/>")
    with pytest.raises(UsageError, match="REP011"):
        written(full(), tmp_path, path)


# --- other programs -------------------------------------------------------------------------


@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
def test_libreoffice_opens_it_and_shows_its_text(tmp_path: Path) -> None:
    written(full(), tmp_path)
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    call = ["soffice", profile, "--headless", "--convert-to", "txt:Text", "report.docx"]
    subprocess.run(call, cwd=tmp_path, capture_output=True, check=True, timeout=120)
    text = (tmp_path / "report.txt").read_text(encoding="utf-8-sig")
    for said in ("What was found", "Table 1: Changes", "Table A1: More", "1,234.50 [u] better"):
        assert said in text


def test_a_paragraph_of_many_runs_keeps_its_spaces(tmp_path: Path) -> None:
    runs = (Run(" one "), Run("two", strong=True), Run("  three "))
    made = written(report(Paragraph(runs)), tmp_path)
    assert made.paragraphs[-1].text == " one two  three "
