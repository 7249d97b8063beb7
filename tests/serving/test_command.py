"""The command that serves, as a process of its own, with a proxy in front of it."""

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path

from peereval.serving import Access, save_access
from peereval.serving.limits import MOST_FAILURES
from serving.test_workspace import folder_of_pages


@contextmanager
def served(folder: Path, *more: str) -> Iterator[int]:
    """Where a command listens, with some options more."""
    folder_of_pages(folder / "out")
    save_access(Access().grant("Ash", 1, datetime.now(UTC))[0], folder / "out.access.json")
    command = [sys.executable, "-m", "peereval", "serve", str(folder / "out"), "--port", "0"]
    with subprocess.Popen([*command, *more], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        found = re.search(r"http://[^ ]+:(\d+)$", process.stderr.readline())
        assert found
        yield int(found[1])
        process.terminate()


def answer(port: int, path: str, came_from: str = "") -> tuple[int, str]:
    with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("GET", path, headers={"X-Forwarded-For": came_from})
        response = connection.getresponse()
        return response.status, response.read().decode()


def test_each_visitor_behind_a_proxy_is_a_place_of_its_own(tmp_path: Path) -> None:
    with served(tmp_path, "--proxies", "1") as port:

        def wrong_link(said_before: str, visitor: str) -> int:
            return answer(port, "/enter/wrong", f"{said_before}, {visitor}")[0]

        # What the visitor said before, the proxy passes on: only its own word counts.
        tries = [wrong_link(f"10.0.0.{n}", "192.0.2.1") for n in range(MOST_FAILURES + 1)]
        assert tries == [404] * MOST_FAILURES + [429]
        assert wrong_link("192.0.2.1", "192.0.2.2") == 404


def test_what_it_says_besides_the_pages_may_be_in_other_words(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    text = '[no_link]\ntitle = "Nid yw’r ddolen hon yn gweithio"\ntext = "Ann & <Bob>"\n'
    (tmp_path / "mine" / "workspace.toml").write_text(text, encoding="utf-8")
    (tmp_path / "mine" / "report.toml").write_text('language = "cy"', encoding="utf-8")
    with served(tmp_path, "--wording", str(tmp_path / "mine")) as port:
        status, body = answer(port, "/")
    assert status == 401
    assert '<html lang="cy">' in body
    assert "<h1>Nid yw’r ddolen hon yn gweithio</h1><p>Ann &amp; &lt;Bob&gt;</p>" in body


def test_it_listens_at_all_addresses_of_a_name(tmp_path: Path) -> None:
    with served(tmp_path, "--host", "*") as port:
        assert answer(port, "/")[0] == 401


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    folder_of_pages(tmp_path / "out")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "peereval", "serve", str(tmp_path / "out"), "--port", port]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 2
    assert f"port {port} (Address already in use): choose another" in found.stderr
