"""Every organisation's link on every page: the pilot's own pages, a real server, real browsers."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest
from msgspec.structs import replace

from peereval import pipeline
from peereval.bundled import bundled
from peereval.composing.slugs import slugs_of
from peereval.reporting import write_analysis
from peereval.serving import EVALUATOR, Access, open_access, save_access
from peereval.studies import load_study
from serving.test_workspace import serving
from support.browser import browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Open:
    """A workspace of the pilot: its port, who has which link, whose page has which name."""

    port: int
    access: Path
    secrets: dict[str, str]
    slugs: dict[str, str]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def paths(self) -> list[str]:
        """Every page that there is, as the evaluator may ask for it."""
        folders = ("organisations", "organisations/pupils", "pupils")
        pages = [f"/{folder}/{slug}.html" for folder in folders for slug in self.slugs.values()]
        return ["/report.html", "/organisations/", "/organisations/index.html", *pages]

    def enter(self, chromium: "Browser", name: str) -> "BrowserContext":
        """A browser of its own in which somebody has opened a link."""
        context = chromium.new_context()
        context.new_page().goto(f"{self.address}/enter/{self.secrets[name]}")
        return context


@pytest.fixture(scope="module")
def chromium() -> Iterator["Browser"]:
    with browser() as made:
        yield made


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    out = tmp_path_factory.mktemp("serving") / "pilot"
    study = load_study(bundled("data/pilot") / "study.toml")
    quick = replace(study, statistics=replace(study.statistics, depth="headline"))
    write_analysis(pipeline.analyse(quick), out, formats=("html",))
    names = pl.read_parquet(out / "restricted" / "organisations.parquet")["organisation"]
    slugs = dict(slugs_of(names.unique().sort().to_list()))
    known, secrets = Access(study=quick.id), {}
    for name in (*slugs, EVALUATOR):
        known, _, secrets[name] = known.grant(name, 90, NOW)
    access = out.with_suffix(".access.json")
    save_access(known, access)
    with serving(out, access, lambda: NOW + timedelta(hours=1)) as port:
        yield Open(port, access, secrets, slugs)


def answers_to(opened: Open, cookie: str) -> list[tuple[str, int, str]]:
    """What the session of a browser gets for every page that there is, on one connection."""
    found = []
    connection = HTTPConnection("127.0.0.1", opened.port, timeout=10)
    for path in opened.paths:
        connection.request("GET", path, headers={"Cookie": cookie})
        answer = connection.getresponse()
        found.append((path, answer.status, answer.read().decode()))
    connection.close()
    return found


def test_every_organisation_sees_its_own_page_and_no_other(
    chromium: "Browser", opened: Open
) -> None:
    assert len(opened.slugs) > 50
    for name in opened.slugs:
        context = opened.enter(chromium, name)
        page = context.pages[0]
        # The secret is no longer in the address, and the page is this organisation's.
        assert page.url == f"{opened.address}/"
        assert page.locator("h1").inner_text() == name
        (cookie,) = context.cookies()
        answers = answers_to(opened, f"{cookie['name']}={cookie['value']}")
        # Of all pages of pupils and of schools its own pupils' version alone.
        own = f"/pupils/{opened.slugs[name]}.html"
        assert {path: status for path, status, _ in answers if status != 404} == {own: 200}
        others = set(opened.slugs) - {name}
        assert not any(other in body for _, _, body in answers for other in others)
        # Nor does the browser itself get there.
        page.goto(f"{opened.address}{opened.paths[1]}")
        assert name not in page.content()
        context.close()


def test_the_evaluator_goes_from_the_list_to_every_page(chromium: "Browser", opened: Open) -> None:
    context = opened.enter(chromium, EVALUATOR)
    page = context.pages[0]
    links = page.locator("main tbody a").evaluate_all("all => all.map(each => each.href)")
    wanted = {f"{opened.address}{path}" for path in opened.paths if path.startswith("/org")}
    assert set(links) == wanted - {f"{opened.address}{path}" for path in opened.paths[1:3]}
    for link in links:
        answer = context.request.get(link, max_redirects=0)
        assert answer.status == 200
        assert "<h1" in answer.text()
    page.locator("main tbody a").first.click()
    assert page.locator("h1").inner_text() == next(iter(opened.slugs))
    context.close()


def test_a_page_leads_to_its_pupils_version_which_leads_nowhere(
    chromium: "Browser", opened: Open
) -> None:
    name, slug = next(iter(opened.slugs.items()))
    context = opened.enter(chromium, name)
    page = context.pages[0]
    page.locator("#about a").click()
    assert page.url == f"{opened.address}/pupils/{slug}.html"
    assert f"For the pupils of {name}" in page.locator(".subtitle").inner_text()
    there = page.locator("a").evaluate_all("all => all.map(each => each.getAttribute('href'))")
    assert there
    assert all(link.startswith("#") for link in there)
    context.close()


def test_the_evaluator_gets_there_from_a_page_too(chromium: "Browser", opened: Open) -> None:
    name, slug = next(iter(opened.slugs.items()))
    context = opened.enter(chromium, EVALUATOR)
    page = context.pages[0]
    page.goto(f"{opened.address}/organisations/{slug}.html")
    page.locator("#about a").click()
    assert page.url == f"{opened.address}/organisations/pupils/{slug}.html"
    assert name in page.locator(".subtitle").inner_text()
    context.close()


def test_nothing_goes_wrong_on_a_page_that_is_served(chromium: "Browser", opened: Open) -> None:
    said, asked = list[str](), list[str]()
    context = opened.enter(chromium, next(iter(opened.slugs)))
    page = context.pages[0]
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    for link in page.locator("nav a").all():
        link.click()
    assert said == []
    assert all(url.startswith(opened.address) for url in asked)
    context.close()


def test_a_link_that_is_revoked_ends_while_somebody_is_inside(
    chromium: "Browser", opened: Open
) -> None:
    name = list(opened.slugs)[1]
    context = opened.enter(chromium, name)
    page = context.pages[0]
    known = open_access(opened.access)
    mine = [link.id for link in known.links if link.organisation == name]
    save_access(known.revoke(mine, NOW), opened.access)
    try:
        page.reload()
        assert "does not work" in page.locator("h1").inner_text()
        assert name not in page.content()
    finally:
        save_access(known, opened.access)
    context.close()


def test_two_people_at_one_computer_do_not_share_a_session(
    chromium: "Browser", opened: Open
) -> None:
    one, two = list(opened.slugs)[:2]
    context = opened.enter(chromium, one)
    page = context.pages[0]
    page.goto(f"{opened.address}/leave")
    page.goto(f"{opened.address}/")
    assert "does not work" in page.locator("h1").inner_text()
    page.goto(f"{opened.address}/enter/{opened.secrets[two]}")
    assert page.locator("h1").inner_text() == two
    assert one not in page.content()
    context.close()
