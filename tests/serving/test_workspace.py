"""The workspace as a stranger meets it: a real server on the loopback address, and its answers."""

import logging
import os
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from threading import Event, Thread

import polars as pl
import pytest
from waitress import create_server, wasyncore

from peereval.errors import UsageError
from peereval.serving import (
    EVALUATOR,
    Access,
    Settings,
    changing,
    open_access,
    save_access,
    workspace,
)
from peereval.serving.limits import MOST_FAILURES, WITHIN, Failures
from peereval.serving.sessions import LASTS, Sessions
from peereval.wording import words

NAMES = {"Ash": "ash", "Beech & Co": "beech-co", "Ça/../et là": "ca-et-la"}
START = datetime(2026, 1, 1, tzinfo=UTC)
PAGE = (
    '<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" '
    'content="default-src &#39;none&#39;"><title>{0}</title><h1>{0}</h1>'
)


@dataclass
class Clock:
    now: datetime = START

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Visitor:
    """A browser without a face: it keeps its cookie and follows nothing by itself."""

    port: int
    cookie: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, method: str = "GET") -> tuple[int, str]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.putrequest(method, path, skip_accept_encoding=True)
        if self.cookie:
            connection.putheader("Cookie", self.cookie)
        connection.endheaders()
        response: HTTPResponse = connection.getresponse()
        body = response.read().decode()
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        if "set-cookie" in self.headers:
            self.cookie = self.headers["set-cookie"].split(";")[0]
        connection.close()
        return response.status, body


@dataclass
class Served:
    port: int
    out: Path
    access: Path
    secrets: dict[str, str]
    clock: Clock

    def visitor(self, name: str | None = None) -> Visitor:
        visitor = Visitor(self.port)
        if name is not None:
            assert visitor.get(f"/enter/{self.secrets[name]}")[0] == 303
        return visitor


def folder_of_pages(out: Path) -> None:
    pupils = out / "organisations" / "pupils"
    pupils.mkdir(parents=True)
    for name, slug in NAMES.items():
        (out / "organisations" / f"{slug}.html").write_text(PAGE.format(f"page of {name}"))
        (pupils / f"{slug}.html").write_text(PAGE.format(f"pupils of {name}"))
    (out / "organisations" / "index.html").write_text(PAGE.format("the list"))
    (out / "report.html").write_text(PAGE.format("the report"))
    (out / "restricted").mkdir()
    (out / "restricted" / "scores.csv").write_text("secret")
    write_names(out, [*NAMES, "Ash"])


def write_names(out: Path, names: list[str]) -> None:
    table = pl.DataFrame({"organisation": names, "n": [1] * len(names)})
    table.write_parquet(out / "restricted" / "organisations.parquet")


@contextmanager
def serving(
    out: Path, access: Path, clock: Callable[[], datetime], https: bool = False
) -> Iterator[int]:
    app = workspace(Settings(out, access, https), words(), clock)
    server = create_server(app, host="127.0.0.1", port=0, ident="", threads=4)
    stop = Event()

    def run() -> None:
        while not stop.is_set():
            wasyncore.loop(timeout=0.02, map=server._map, count=1)
        server.task_dispatcher.shutdown()
        wasyncore.close_all(server._map)

    thread = Thread(target=run, daemon=True)
    thread.start()
    try:
        yield int(server.effective_port)
    finally:
        stop.set()
        thread.join(timeout=10)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    out, access, clock = tmp_path / "out", tmp_path / "out.access.json", Clock()
    folder_of_pages(out)
    known, secrets = Access(), {}
    for name in (*NAMES, EVALUATOR):
        known, _, secrets[name] = known.grant(name, 90, START)
    save_access(known, access)
    with serving(out, access, clock) as port:
        yield Served(port, out, access, secrets, clock)


# --- who sees what --------------------------------------------------------------------------

EVERYTHING = [
    "/", "/report.html", "/organisations/", "/organisations/index.html",
    *(f"/pupils/{slug}.html" for slug in NAMES.values()),
    *(f"/organisations/{slug}.html" for slug in NAMES.values()),
    *(f"/organisations/pupils/{slug}.html" for slug in NAMES.values()),
]  # fmt: skip


def test_every_link_on_every_page(served: Served) -> None:
    for name, slug in NAMES.items():
        visitor, own = served.visitor(name), f"/pupils/{slug}.html"
        seen = {path: visitor.get(path) for path in EVERYTHING}
        assert {path for path, (status, _) in seen.items() if status == 200} == {"/", own}
        assert f"page of {name}" in seen["/"][1]
        assert f"pupils of {name}" in seen[own][1]
        for other in set(NAMES) - {name}:
            assert not any(f"of {other}" in body for _, body in seen.values())


def test_the_evaluator_sees_every_page(served: Served) -> None:
    visitor = served.visitor(EVALUATOR)
    assert visitor.get("/")[0] == 303
    assert "the list" in visitor.get("/organisations/")[1]
    assert "the report" in visitor.get("/report.html")[1]
    for name, slug in NAMES.items():
        assert f"page of {name}" in visitor.get(f"/organisations/{slug}.html")[1]
        assert f"pupils of {name}" in visitor.get(f"/organisations/pupils/{slug}.html")[1]
        assert visitor.get(f"/pupils/{slug}.html")[0] == 404


def test_without_a_link_there_is_nothing(served: Served) -> None:
    visitor, index = Visitor(served.port), "/organisations/index.html"
    assert {visitor.get(path)[0] for path in EVERYTHING if path != index} == {401}
    visitor.cookie = "peereval=made-up"
    assert visitor.get("/")[0] == 401


WAYS_OUT = [
    "/../restricted/scores.csv", "/organisations/../restricted/scores.csv",
    "/organisations/..%2f..%2frestricted%2fscores.html", "/restricted/scores.csv",
    "/organisations/%2e%2e/report.html", "/organisations/pupils/..%5c..%5creport.html",
    "//etc/passwd", "/organisations/ash.html%00.html", "/organisations//ash.html", "/static/x",
    "/restricted/", "/organisations", "/organisations/pupils/", "/run.json", "/pupils", "/pupils/",
    "/pupils/../organisations/beech-co.html", "/pupils/..%2frestricted%2fscores.html",
    "/pupils/nobody.html",
]  # fmt: skip


@pytest.mark.parametrize("path", WAYS_OUT)
def test_no_path_leads_out_of_the_pages(served: Served, path: str) -> None:
    for name in ("Ash", EVALUATOR):
        visitor = served.visitor(name)
        status, body = visitor.get(path)
        # Nor anywhere else: the host of the request is whatever somebody says it is.
        there = "/organisations/" if (name, path) == (EVALUATOR, "/organisations") else None
        assert visitor.headers.get("location") == there
        assert status in ((303,) if there else (400, 404)), path
        assert "secret" not in body
        assert "page of" not in body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_nothing_but_reading_is_possible(served: Served, method: str) -> None:
    status, body = served.visitor("Ash").get("/", method)
    assert status == 405
    assert "page of" not in body


# --- links ----------------------------------------------------------------------------------


def test_a_revoked_link_ends_at_once_for_those_inside(served: Served) -> None:
    visitor = served.visitor("Ash")
    known = open_access(served.access)
    mine = [link.id for link in known.links if link.organisation == "Ash"]
    save_access(known.revoke(mine, START), served.access)
    assert visitor.get("/")[0] == 401
    assert Visitor(served.port).get(f"/enter/{served.secrets['Ash']}")[0] == 404


def test_an_expired_link_works_no_more(served: Served) -> None:
    visitor = served.visitor("Ash")
    served.clock.now = START + timedelta(days=90)
    assert visitor.get("/")[0] == 401
    assert Visitor(served.port).get(f"/enter/{served.secrets['Ash']}")[0] == 404


def test_leaving_ends_the_session(served: Served) -> None:
    visitor = served.visitor("Ash")
    cookie = visitor.cookie
    assert visitor.get("/leave")[0] == 200
    assert Visitor(served.port, cookie).get("/")[0] == 401


def test_only_hashes_are_kept_for_their_owner_alone(served: Served) -> None:
    kept = served.access.read_text()
    assert not any(secret in kept for secret in served.secrets.values())
    assert served.access.stat().st_mode & 0o777 == 0o600
    assert len(set(served.secrets.values())) == len(served.secrets)
    assert all(len(secret) >= 43 for secret in served.secrets.values())


def test_a_page_follows_its_organisation_not_its_name(served: Served) -> None:
    """After another run the names of files may be others: the link is the organisation's."""
    write_names(served.out, [*NAMES, "ASH"])  # which comes before Ash, and takes its name
    for name, slug in {"ASH": "ash", "Ash": "ash-2"}.items():
        (served.out / "organisations" / f"{slug}.html").write_text(PAGE.format(f"page of {name}"))
    assert "page of Ash" in served.visitor("Ash").get("/")[1]


def test_links_are_of_one_study_though_another_names_its_organisations_alike(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    """Codes such as 01 are in every study, and every run may be written into the same folder."""
    inside = served.visitor("Ash")
    (served.out / "run.json").write_text('{"format": 1, "study": {"id": "another"}}')
    assert "page of" not in inside.get("/")[1]
    assert Visitor(served.port).get(f"/enter/{served.secrets['Ash']}")[0] == 500
    # Who runs it reads in its log why.
    assert "links of another study" in caplog.text
    with pytest.raises(UsageError, match="links of another study"):
        workspace(Settings(served.out, served.access), words())


def test_a_page_is_not_read_from_a_run_that_ends_meanwhile(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside, read = served.visitor("Beech & Co"), Path.read_text

    def read_later(path: Path, encoding: str) -> str:
        # Between the names of pages and the page, another run puts Alder before all of them.
        if path.suffix == ".html":
            write_names(served.out, ["Alder", *NAMES])
            os.utime(served.out / "restricted" / "organisations.parquet", (1, 1))
            path.write_text(PAGE.format("page of Alder"))
        return read(path, encoding=encoding)

    monkeypatch.setattr(Path, "read_text", read_later)
    status, body = inside.get("/")
    assert (status, "page of" in body) == (503, False)


def test_a_link_that_is_revoked_while_another_is_made_stays_revoked(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    known, link, _ = Access().grant("Ash", 1, START)
    save_access(known, path)

    def revoke() -> None:
        with changing(path):
            save_access(open_access(path).revoke([link.id], START), path)

    other = Thread(target=revoke)
    with changing(path):
        known = open_access(path)
        other.start()
        other.join(0.2)  # long enough to have been first, if nothing kept it
        save_access(known.grant("Beech", 1, START)[0], path)
    other.join(10)
    assert [bool(each.revoked) for each in open_access(path).links] == [True, False]
    assert [each.name for each in tmp_path.iterdir()] == ["a.json"]


def test_a_command_that_never_ended_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("peereval.serving.links._WAITS", 0.0)
    (tmp_path / ".a.json.lock").touch()
    with (
        pytest.raises(UsageError, match=r"delete .*\.a\.json\.lock"),
        changing(tmp_path / "a.json"),
    ):
        pass


# --- guessing -------------------------------------------------------------------------------


def test_who_guesses_has_to_wait_and_who_has_a_link_at_that_address_has_not(
    served: Served,
) -> None:
    guesser = Visitor(served.port)
    tries = [guesser.get(f"/enter/{number}")[0] for number in range(MOST_FAILURES + 2)]
    assert tries == [404] * MOST_FAILURES + [429] * 2
    assert 0 < int(guesser.headers["retry-after"]) <= WITHIN + 1
    # A whole school has one address, and so has all the world behind a proxy.
    assert "page of Ash" in served.visitor("Ash").get("/")[1]


def test_failures_are_forgotten_in_time() -> None:
    now = [0.0]
    failures = Failures(lambda: now[0])
    for _ in range(MOST_FAILURES):
        assert failures.wait("a") == 0
        failures.count("a")
    assert failures.wait("a") == WITHIN + 1
    assert failures.wait("b") == 0
    now[0] = WITHIN + 1
    assert failures.wait("a") == 0


def test_many_places_that_guess_in_turn_are_slowed_down_too() -> None:
    failures = Failures(lambda: 0.0)
    for number in range(300):
        failures.count(f"place {number}")
    assert failures.wait("another") > 0


def test_a_session_ends_after_a_working_day() -> None:
    now = [0.0]
    sessions = Sessions(lambda: now[0])
    key = sessions.begin("link")
    assert sessions.link_of(key) == "link"
    assert sessions.link_of("another") is None
    now[0] = LASTS
    assert sessions.link_of(key) is None


# --- what is said besides the pages ---------------------------------------------------------


def test_headers_let_nothing_in_or_out(served: Served) -> None:
    visitor = served.visitor("Ash")
    assert "HttpOnly" in visitor.headers["set-cookie"]
    assert "SameSite=Lax" in visitor.headers["set-cookie"]
    # The next at this computer, who opens the browser again, has no cookie.
    assert not {"Expires", "Max-Age"} & set(re.findall(r"[\w-]+", visitor.headers["set-cookie"]))
    visitor.get("/")
    policy = visitor.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert visitor.headers["cache-control"] == "no-store"
    assert visitor.headers["referrer-policy"] == "no-referrer"
    assert visitor.headers["x-content-type-options"] == "nosniff"
    assert "server" not in visitor.headers


def test_behind_https_cookies_need_it(tmp_path: Path) -> None:
    folder_of_pages(tmp_path / "out")
    known, _, secret = Access().grant("Ash", 1, START)
    save_access(known, tmp_path / "a.json")
    with serving(tmp_path / "out", tmp_path / "a.json", Clock(), https=True) as port:
        visitor = Visitor(port)
        visitor.get(f"/enter/{secret}")
        assert visitor.cookie.startswith("__Host-peereval=")
        assert "Secure" in visitor.headers["set-cookie"]
        assert "max-age" in visitor.headers["strict-transport-security"]


def test_the_log_names_links_by_their_id_alone(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    visitor = served.visitor("Ash")
    visitor.get("/")
    Visitor(served.port).get("/enter/wrong-secret")
    said = caplog.text
    (mine,) = [k.id for k in open_access(served.access).links if k.organisation == "Ash"]
    assert f"{mine} home 200" in said
    assert "- enter 404" in said
    hidden = ("Ash", "wrong-secret", *served.secrets.values(), visitor.cookie.partition("=")[2])
    assert not any(secret in said for secret in hidden)


def test_a_failure_says_nothing_of_what_failed(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    visitor = served.visitor("Ash")
    (served.out / "organisations" / "ash.html").write_bytes(b"\xff\xfe bad")
    status, body = visitor.get("/")
    assert status == 500
    assert "not your fault" in body
    assert "Traceback" not in body
    assert "Ash" not in caplog.text


def test_a_folder_without_pages_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no pages of organisations"):
        workspace(Settings(tmp_path, tmp_path / "a.json"), words())


def test_another_file_is_not_taken_for_links(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"study": "", "links": [{"secret": 1}]}')
    with pytest.raises(UsageError, match="not a file of links"):
        open_access(tmp_path / "a.json")


def test_a_port_is_closed_again(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=5):
        pass
