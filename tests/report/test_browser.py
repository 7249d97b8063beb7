"""report.html as people and machines meet it: in a browser, at a desk, on a telephone, on paper."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from documents.building import publication as publication_of
from documents.building import report
from peereval.composing import Cell, Column, Report, Table
from support.browser import browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FloatRect, Locator, Page

    from peereval.publishing import Publication

PHONE, DESK = 390, 1280
#: A millimetre of paper, in pixels.
MM = 96 / 25.4
OUTCOMES = "#table-outcomes-primary-short_term"
#: Rules of WCAG 2.2, A and AA, and what axe calls best practice.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def chromium() -> Iterator["Browser"]:
    with browser() as made:
        yield made


@pytest.fixture(scope="module")
def address(output: Path) -> str:
    return (output / "report.html").as_uri()


def opened(chromium: "Browser", address: str, width: int, script: bool = True) -> "Page":
    context = chromium.new_context(
        viewport={"width": width, "height": 900}, java_script_enabled=script
    )
    page = context.new_page()
    page.goto(address)
    return page


@pytest.fixture(scope="module")
def desk(chromium: "Browser", address: str) -> "Page":
    return opened(chromium, address, DESK)


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_axe_finds_nothing(chromium: "Browser", address: str, width: int) -> None:
    assert violations(opened(chromium, address, width)) == []


def violations(page: "Page") -> list[tuple[str, str]]:
    """What axe has against a page, with everything unfolded."""
    from axe_playwright_python.sync_playwright import Axe

    # The charts of the other width are hidden, and axe leaves out what is.
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    options = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]}
    found = Axe().run(page, options=options).response
    return [(v["id"], v["nodes"][0]["html"][:200]) for v in found["violations"]]


def stamped(publication: "Publication", path: Path) -> None:
    """The page of a publication whose protection is off."""
    from msgspec.structs import replace

    from peereval.composing import compose
    from peereval.rendering.html import write_page
    from peereval.studies import Protection
    from peereval.wording import words

    off = replace(publication, protection=replace(Protection(), on=False))
    write_page(compose(off, words()), off, words(), path)


def test_axe_finds_nothing_on_survey_tables_that_are_not_for_publication(
    chromium: "Browser", small: "Publication", tmp_path: Path
) -> None:
    stamped(small, tmp_path / "report.html")
    page = opened(chromium, (tmp_path / "report.html").as_uri(), PHONE)
    assert violations(page) == []


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_the_page_is_as_wide_as_the_screen(chromium: "Browser", address: str, width: int) -> None:
    page = opened(chromium, address, width)
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_nothing_is_asked_of_any_network_and_nothing_goes_wrong(
    chromium: "Browser", address: str
) -> None:
    asked: list[str] = []
    said: list[str] = []
    page = chromium.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(address)
    page.wait_for_load_state("networkidle")
    assert asked == [address]
    # A policy that is broken is said on the console.
    assert said == []


def test_all_is_there_without_a_script(chromium: "Browser", address: str) -> None:
    page = opened(chromium, address, DESK, script=False)
    with_script = opened(chromium, address, DESK)
    for part in ("main table", "main svg", "main p", "main li", "[data-row]"):
        there = page.locator(part).count()
        assert there > 0
        assert there <= with_script.locator(part).count()
    assert page.locator("button, select, input").count() == 0
    page.locator("figure details summary").first.click()
    assert page.locator("figure details table").first.is_visible()
    assert page.locator("#contents").is_visible()


def test_a_table_is_sorted_with_the_keyboard(chromium: "Browser", address: str) -> None:
    page = opened(chromium, address, DESK)
    table = page.locator("#table-outcomes-primary-short_term")
    before = table.locator("tbody th").all_inner_texts()
    button = table.locator("thead button").nth(4)
    button.focus()
    page.keyboard.press("Enter")
    values = [float(text.replace("−", "-")) for text in
              table.locator("tbody td:nth-child(5)").all_inner_texts()]  # fmt: skip
    assert values == sorted(values)
    assert table.locator("thead th").nth(4).get_attribute("aria-sort") == "ascending"
    page.keyboard.press("Enter")
    assert table.locator("thead th").nth(4).get_attribute("aria-sort") == "descending"
    assert sorted(table.locator("tbody th").all_inner_texts()) == sorted(before)


def test_every_control_can_be_reached_and_seen_to_be(chromium: "Browser", address: str) -> None:
    page = opened(chromium, address, DESK)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert place(page.locator(".skip"))["x"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#report"
    page.keyboard.press("Tab")
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert page.evaluate(outline) == "solid"
    assert page.locator("thead button[tabindex='-1']").count() == 0


def test_rows_are_filtered(desk: "Page") -> None:
    every = desk.locator("#rows tbody tr").count()
    desk.locator("#filter-rows").fill("srs_family.mean_pre")
    seen = desk.locator("#rows tbody tr:not([hidden]) th").all_inner_texts()
    assert 0 < len(seen) < every
    assert all("srs_family.mean_pre" in text for text in seen)
    desk.locator("#filter-rows").fill("")


def test_a_group_is_switched_to(chromium: "Browser", address: str) -> None:
    page = opened(chromium, address, DESK)
    page.locator("#group-outcomes").select_option("Participants")
    table = page.locator("#table-outcomes-primary-short_term-srs_family tbody tr")
    shown = [row.locator("th").inner_text() for row in table.all() if row.is_visible()]
    assert [text.removesuffix("#").strip() for text in shown] == ["Participants"]


def test_a_link_leads_to_the_row_of_its_number(desk: "Page") -> None:
    link = desk.locator("#found a.number").first
    name = link.get_attribute("data-row")
    link.click()
    row = desk.locator("tr:target")
    assert row.locator("th").inner_text().removesuffix("Back").strip() == name
    assert row.is_visible()
    assert colour(row.locator("td").first) != "rgba(0, 0, 0, 0)"
    row.get_by_role("link", name="Back").press("Enter")
    desk.wait_for_function("document.activeElement.className === 'number'")
    assert link.evaluate("each => each === document.activeElement && each.matches(':target')")


def colour(part: "Locator") -> str:
    found: str = part.evaluate("each => getComputedStyle(each).backgroundColor")
    return found


def said(page: "Page") -> str:
    """What is announced, to eyes and ears alike."""
    return page.get_by_role("status").last.inner_text()


def shown(page: "Page", table: str) -> list[str]:
    """First cells of the rows of a table that can be seen."""
    rows = page.locator(f"{table} tbody tr:not([hidden]) th").all_inner_texts()
    return [text.removesuffix("#").strip() for text in rows]


def test_sorting_is_announced_and_taken_back(chromium: "Browser", address: str) -> None:
    page = opened(chromium, address, DESK)
    before = shown(page, OUTCOMES)
    head = page.locator(f"{OUTCOMES} thead th").first
    orders = []
    for _ in range(3):
        head.locator("button").press("Enter")
        orders.append((head.get_attribute("aria-sort"), said(page), shown(page, OUTCOMES)))
    assert [order[:2] for order in orders] == [
        ("ascending", "Sorted by Outcome, lowest first"),
        ("descending", "Sorted by Outcome, highest first"),
        (None, "In the order of the report"),
    ]
    assert orders[0][2] == sorted(before, key=str.casefold)
    assert orders[1][2] == orders[0][2][::-1]
    assert orders[2][2] == before


def test_numbers_stand_before_what_is_none_up_and_down(chromium: "Browser", tmp_path: Path) -> None:
    column = (Column("a", "A", "text"), Column("b", "B"))
    numbers = ("[c]", "10", "−2.5", "<0.001", "1,200 [u]", "[x]", "30%")
    rows = tuple((Cell(f"r{place}"), Cell(text)) for place, text in enumerate(numbers))
    page = made(chromium, report(Table("t", "T", column, rows)), tmp_path)
    head = page.locator("#table-t thead th").nth(1)
    for wanted in (["−2.5", "<0.001", "10", "30%", "1,200 [u]"],) * 2:
        head.locator("button").click()
        order = page.locator("#table-t tbody td").all_inner_texts()
        assert order[5:] == ["[c]", "[x]"] if wanted[0] == order[0] else ["[x]", "[c]"]
        assert order[:5] == (wanted if head.get_attribute("aria-sort") == "ascending"
                             else wanted[::-1])  # fmt: skip


def test_a_filter_says_how_many_rows_are_left(desk: "Page") -> None:
    every = desk.locator("#rows tbody tr").count()
    count = desk.locator("#rows output")
    desk.locator("#filter-rows").fill("  SRS_Family.mean_pre ")
    left = len(shown(desk, "#rows"))
    assert 0 < left < every
    assert count.inner_text() == f"{left} of {every} rows"
    assert count.evaluate("each => each.value") != ""  # an output element is a live region
    desk.locator("#filter-rows").fill("")
    assert (count.inner_text(), len(shown(desk, "#rows"))) == ("", every)


#: Of each table with a column of groups: the group of each row, which rows are hidden, where it is.
GROUPS = """Array.from(document.querySelectorAll("section [data-group]"), (table) => {
  const rows = Array.from(table.tBodies[0].rows);
  const names = rows.map((row) => row.cells[table.dataset.group].textContent);
  return [names.map((name) => name.replace("#", "").trim()), rows.map((row) => row.hidden),
          table.closest("figure") !== null];
})"""


def test_one_choice_is_kept_in_all_sections_and_after_a_reload(
    chromium: "Browser", address: str
) -> None:
    page = opened(chromium, address, DESK)
    page.locator("#group-outcomes").select_option("Participants")
    assert said(page) == "Showing in all sections: Participants"
    for _ in range(2):
        chosen = page.locator("select[name=group]").all()
        values = {each.input_value() for each in chosen}
        assert len(chosen) == 2  # who answered, and outcomes
        assert values == {"Participants"}
        for names, hidden, in_figure in page.evaluate(GROUPS):
            one = "Participants" in names and not in_figure
            assert hidden == [one and name != "Participants" for name in names]
        page.reload()


def test_a_questionnaire_is_switched_to_and_a_link_shows_what_it_leads_to(
    chromium: "Browser", address: str
) -> None:
    page = opened(chromium, address, DESK)
    page.locator("#phase-outcomes").select_option("Secondary and older (11+)")
    primary = page.locator("#outcomes-primary-short_term")
    assert not primary.is_visible()
    assert not page.locator("#found-primary-short_term").is_visible()
    assert page.locator("#outcomes-secondary-short_term").is_visible()
    page.goto(f"{address}#table-outcomes-primary-short_term")
    assert primary.is_visible()
    assert said(page) == "Everything is shown again"
    assert page.locator("#phase-found").input_value() == ""


def test_a_link_into_what_is_folded_unfolds_it(chromium: "Browser", address: str) -> None:
    page = opened(chromium, address, DESK)
    name = page.locator("figure details table").last.get_attribute("id")
    assert not page.locator(f"#{name}").is_visible()
    page.goto(f"{address}#{name}")
    assert page.locator(f"#{name}").is_visible()
    again = opened(chromium, f"{address}#{name}", PHONE)
    assert again.locator(f"#{name}").is_visible()


def test_a_table_is_copied_as_it_is_shown(chromium: "Browser", address: str) -> None:
    page = opened(chromium, address, DESK)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("#group-outcomes").select_option("Participants")
    name = "#table-outcomes-primary-short_term-srs_family"
    page.locator(f".scroll:has({name}) + .tools button").first.click()
    page.wait_for_function("document.querySelector('.said').textContent !== ''")
    page.wait_for_function("document.querySelector('.said').textContent.startsWith('Copied')")
    heads, row = page.evaluate("navigator.clipboard.readText()").split("\n")
    assert heads.split("\t")[:3] == ["Group", "Respondents", "Before"]
    cells = page.locator(f"{name} tbody tr:not([hidden]) td").all_inner_texts()
    assert row.split("\t") == ["Participants", *cells]
    assert said(page) == "Copied, with headings. Rows: 1"


def downloaded(page: "Page", table: str) -> tuple[str, list[list[str]]]:
    """Name and rows of the CSV of a table."""
    with page.expect_download() as waited:
        page.locator(f".scroll:has({table}) + .tools button").last.click()
    text = waited.value.path().read_text(encoding="utf-8-sig")
    return waited.value.suggested_filename, list(csv.reader(text.splitlines()))


def test_a_table_is_downloaded_in_its_order_and_without_formulas(
    chromium: "Browser", tmp_path: Path
) -> None:
    columns = (Column("a", "Outcome", "text"), Column("b", "Change", unit="points"))
    texts = (("=cmd|' /C calc'!A0", "−0.31"), ("@x", "1,234,567.5"), ("a, \"b\"", "[c]"),
             ("-1+2", "−12%"), ("ä", "0.5 [u]"))  # fmt: skip
    rows = tuple(tuple(Cell(text) for text in row) for row in texts)
    page = made(chromium, report(Table("t", "T", columns, rows)), tmp_path)
    page.locator("#table-t thead button").nth(1).click()
    name, lines = downloaded(page, "#table-t")
    assert name == "table-t.csv"
    assert lines == [
        ["Outcome", "Change (points)"], ["'-1+2", "−12%"], ["'=cmd|' /C calc'!A0", "-0.31"],
        ["ä", "0.5 [u]"], ["'@x", "1234567.5"], ['a, "b"', "[c]"],
    ]  # fmt: skip


def test_what_is_taken_from_a_page_that_may_not_be_published_says_so(
    chromium: "Browser", small: "Publication", tmp_path: Path
) -> None:
    stamped(small, tmp_path / "report.html")
    page = opened(chromium, (tmp_path / "report.html").as_uri(), DESK)
    table = page.locator("main table:visible").first.get_attribute("id")
    name, lines = downloaded(page, f"#{table}")
    assert name.startswith("Not for publication")
    assert lines[0][0].startswith("Not for publication")


def test_the_contents_mark_where_one_is(chromium: "Browser", address: str) -> None:
    page = opened(chromium, address, DESK)
    for section in ("costs", "methods", "found"):
        page.locator(f"nav a[href='#{section}']").click()
        page.wait_for_function(
            f"document.querySelector('nav [aria-current]')?.hash === '#{section}'"
        )
        assert page.locator("nav [aria-current=true]").count() == 1


def test_the_script_is_small_and_nothing_moves(desk: "Page") -> None:
    script = desk.locator("body > script").inner_html()
    assert len(script.encode()) < 8 * 1024
    style = desk.locator("head > style").inner_html()
    assert not re.search(r"transition|animation|scroll-behavior", style)


def made(chromium: "Browser", made_of: "Report", folder: Path) -> "Page":
    """The page of a report that was made by hand."""
    from peereval.rendering.html import write_page
    from peereval.wording import words

    write_page(made_of, publication_of(), words(), folder / "report.html")
    return opened(chromium, (folder / "report.html").as_uri(), DESK)


def test_it_prints_on_paper_with_heads_on_every_page(
    chromium: "Browser", address: str, tmp_path: Path
) -> None:
    page = opened(chromium, address, DESK)
    page.emulate_media(media="print")
    for hidden in ("#contents", "#rows", ".tools >> nth=0"):
        assert not page.locator(hidden).is_visible()
    head = "getComputedStyle(document.querySelector('main thead')).display"
    assert page.evaluate(head) == "table-header-group"
    paper = page.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True)
    assert paper.startswith(b"%PDF")


def test_two_flow_charts_share_a_page_of_paper(chromium: "Browser", address: str) -> None:
    page = opened(chromium, address, DESK)
    page.emulate_media(media="print")
    page.set_viewport_size({"width": round(182 * MM), "height": round(265 * MM)})
    charts = page.locator("figure[id^=figure-flow]").all()
    assert len(charts) > 1
    for chart in charts:
        assert place(chart)["height"] < 265 * MM / 2
    page.context.close()


def test_charts_are_seen_where_the_reader_chose_light_on_dark(
    chromium: "Browser", address: str
) -> None:
    context = chromium.new_context(color_scheme="dark", forced_colors="active")
    page = context.new_page()
    page.goto(address)
    colour = "getComputedStyle(document.querySelector('{}')).backgroundColor"
    assert page.evaluate(colour.format("body")) == "rgb(0, 0, 0)"
    assert page.evaluate(colour.format("figure svg")) == "rgb(255, 255, 255)"
    context.close()


def test_a_chart_is_not_blown_up_where_a_page_is_zoomed_in(
    chromium: "Browser", address: str
) -> None:
    # A desk at 200%: charts are those for a telephone, 360 wide.
    page = opened(chromium, address, DESK // 2)
    chart = page.locator("figure .phone svg").first
    assert 360 <= place(chart)["width"] < 1.3 * 360
    page.context.close()


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_no_link_to_a_row_is_alone_on_a_line(chromium: "Browser", address: str, width: int) -> None:
    page = opened(chromium, address, width)
    alone = page.evaluate(
        """() => [...document.querySelectorAll("main section > .scroll a.source")].filter(link => {
            const said = link.previousSibling, range = document.createRange();
            const end = said.data.trimEnd().length;
            range.setStart(said, end - 1);
            range.setEnd(said, end);
            return link.getBoundingClientRect().top > range.getBoundingClientRect().bottom;
        }).map(link => link.parentNode.textContent)"""
    )
    assert alone == []
    page.context.close()


def test_the_notes_of_a_table_are_next_to_it(desk: "Page") -> None:
    boxes = desk.locator(".scroll:has(+ .notes)").all()
    assert boxes
    for box in boxes[:5]:
        notes = box.locator("xpath=following-sibling::*[1]")
        gap = place(notes)["y"] - bottom(box)
        assert 0 <= gap < 20
        # What can be done with the table stands below what is said of it.
        assert "tools" in (
            notes.locator("xpath=following-sibling::*[1]").get_attribute("class") or ""
        )


def place(box: "Locator") -> "FloatRect":
    there = box.bounding_box()
    assert there is not None
    return there


def bottom(box: "Locator") -> float:
    return place(box)["y"] + place(box)["height"]


@pytest.mark.parametrize("script", [True, False])
def test_what_is_folded_is_open_on_paper(
    chromium: "Browser", address: str, script: bool, tmp_path: Path
) -> None:
    page = opened(chromium, address, DESK, script)
    work = page.locator("#reference-1")
    assert not work.is_visible()
    page.locator("#methods-references summary").click()
    assert work.is_visible()
    page.locator("#methods-references summary").click()
    page.emulate_media(media="print")
    assert work.is_visible()
    data = page.locator("figure details").first
    assert not data.is_visible()
    page.context.close()


def test_a_citation_opens_the_list_of_works(chromium: "Browser", address: str) -> None:
    page = opened(chromium, address, DESK)
    page.locator("#methods-change summary").click()
    link = page.locator("#methods-change a").first
    link.click()
    assert page.locator(link.get_attribute("href") or "").is_visible()
    page.context.close()


def test_the_stamp_is_on_the_screen_and_on_every_printed_page(
    chromium: "Browser", publication: "Publication", tmp_path: Path
) -> None:
    stamped(publication, tmp_path / "report.html")
    page = opened(chromium, (tmp_path / "report.html").as_uri(), DESK)
    assert "Not for publication" in page.locator(".stamp").inner_text()
    page.evaluate("window.scrollTo(0, 9000)")
    assert place(page.locator(".stamp"))["y"] == 0
    page.emulate_media(media="print")
    # What is fixed stands on every page that is printed.
    assert page.evaluate("getComputedStyle(document.querySelector('.stamp')).position") == "fixed"
