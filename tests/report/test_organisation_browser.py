"""Pages of organisations, of pupils and the evaluator's list, as people and machines meet them."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from justhtml import JustHTML

from report.test_browser import DESK, PHONE, opened, violations
from support.browser import browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser

#: A page with changes, one whose numbers allow only counts, what their pupils read, the list.
KINDS = ("changes", "counts", "pupils of changes", "pupils of counts", "list")


@pytest.fixture(scope="module")
def chromium() -> Iterator["Browser"]:
    with browser() as made:
        yield made


@pytest.fixture(scope="module")
def kinds(output: Path) -> dict[str, Path]:
    """A page of every kind: the longest and the shortest that there are."""
    folder = output / "organisations"
    pages = sorted(folder.glob("*.html"), key=lambda page: (page.stat().st_size, page.name))
    own = [page for page in pages if page.name != "index.html"]
    counts, changes = own[0], own[-1]
    pupils = folder / "pupils"
    paths = (changes, counts, pupils / changes.name, pupils / counts.name, folder / "index.html")
    return dict(zip(KINDS, paths, strict=True))


@pytest.mark.parametrize("kind", KINDS)
def test_every_page_is_valid_html_in_order(kind: str, kinds: dict[str, Path]) -> None:
    tree = JustHTML(kinds[kind].read_text(encoding="utf-8"), strict=True, sanitize=False)
    ids = [node.attrs["id"] for node in tree.query("[id]")]
    assert len(ids) == len(set(ids))
    levels = [int(node.name[1]) for node in tree.query("h1, h2, h3, h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    chromium: "Browser", kind: str, width: int, kinds: dict[str, Path]
) -> None:
    page = opened(chromium, kinds[kind].as_uri(), width)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert violations(page) == []
    page.context.close()


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_asked_of_any_network(
    chromium: "Browser", kind: str, kinds: dict[str, Path]
) -> None:
    asked, said = list[str](), list[str]()
    page = chromium.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(kinds[kind].as_uri())
    page.wait_for_load_state("networkidle")
    assert asked == [kinds[kind].as_uri()]
    assert said == []
    page.close()


@pytest.mark.parametrize("kind", KINDS)
def test_all_is_there_without_a_script(
    chromium: "Browser", kind: str, kinds: dict[str, Path]
) -> None:
    plain = opened(chromium, kinds[kind].as_uri(), DESK, script=False)
    scripted = opened(chromium, kinds[kind].as_uri(), DESK)
    for part in ("main p", "main li", "main table", "main svg", "main td", "main a"):
        assert plain.locator(part).count() == scripted.locator(part).count()
    assert plain.locator("main p").count() + plain.locator("main td").count() > 0
    assert plain.locator("button, select, input").count() == 0
    for page in (plain, scripted):
        page.context.close()


def test_links_of_the_list_lead_to_pages_as_files(
    chromium: "Browser", kinds: dict[str, Path]
) -> None:
    page = opened(chromium, kinds["list"].as_uri(), DESK)
    names = page.locator("main tbody th").all_inner_texts()
    for number, name in ((0, names[0]), (len(names) - 1, names[-1])):
        for link in (0, 1):
            page.goto(kinds["list"].as_uri())
            page.locator("main tbody tr").nth(number).locator("a").nth(link).click()
            assert name.strip() in page.locator("header").inner_text()
    page.context.close()


def test_a_page_prints(chromium: "Browser", kinds: dict[str, Path]) -> None:
    page = opened(chromium, kinds["changes"].as_uri(), DESK)
    page.emulate_media(media="print")
    assert page.locator("main table").first.is_visible()
    assert not page.locator("nav").first.is_visible()
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
