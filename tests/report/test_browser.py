"""report.html as people and machines meet it: in a browser, at a desk, on a telephone, on paper."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.browser import browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from peereval.publishing import Publication

PHONE, DESK = 390, 1280
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
    from dataclasses import replace

    import msgspec

    from peereval.composing import compose
    from peereval.rendering.html import write_page
    from peereval.studies import Protection
    from peereval.wording import words

    off = msgspec.structs.replace(publication, protection=replace(Protection(), on=False))
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
    assert page.locator(".skip").bounding_box()["x"] >= 0  # type: ignore[index]
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
    page.locator("#switch-outcomes").select_option("Participants")
    table = page.locator("#table-outcomes-primary-short_term-srs_family tbody tr")
    shown = [row.locator("th").inner_text() for row in table.all() if row.is_visible()]
    assert [text.removesuffix("#").strip() for text in shown] == ["Participants"]


def test_a_link_leads_to_the_row_of_its_number(desk: "Page") -> None:
    link = desk.locator("#found a.number").first
    name = link.get_attribute("data-row")
    link.click()
    row = desk.locator("tr:target")
    assert row.locator("th").inner_text() == name
    assert row.is_visible()


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
    assert page.locator(".stamp").bounding_box()["y"] == 0  # type: ignore[index]
    page.emulate_media(media="print")
    # What is fixed stands on every page that is printed.
    assert page.evaluate("getComputedStyle(document.querySelector('.stamp')).position") == "fixed"
