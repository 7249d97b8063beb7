"""The command that serves, as a process of its own, with a proxy in front of it."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path

import pytest

from peereval.serving import Access, save_access
from peereval.serving.limits import MOST_FAILURES
from serving.test_workspace import folder_of_pages


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """Where a command listens that believes one proxy."""
    folder_of_pages(tmp_path / "out")
    save_access(Access().grant("Ash", 1, datetime.now(UTC))[0], tmp_path / "out.access.json")
    command = ["serve", str(tmp_path / "out"), "--port", "0", "--proxies", "1"]
    started = subprocess.Popen(
        [sys.executable, "-m", "peereval", *command], stderr=subprocess.PIPE, text=True
    )
    with started as process:
        assert process.stderr is not None
        found = re.search(r"http://127\.0\.0\.1:(\d+)", process.stderr.readline())
        assert found
        yield int(found[1])
        process.terminate()


def test_each_visitor_behind_a_proxy_is_a_place_of_its_own(port: int) -> None:
    def wrong_link(said_before: str, visitor: str) -> int:
        came_from = {"X-Forwarded-For": f"{said_before}, {visitor}"}
        with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
            connection.request("GET", "/enter/wrong", headers=came_from)
            return connection.getresponse().status

    # What the visitor said before, the proxy passes on: only its own word counts.
    tries = [wrong_link(f"10.0.0.{n}", "192.0.2.1") for n in range(MOST_FAILURES + 1)]
    assert tries == [404] * MOST_FAILURES + [429]
    assert wrong_link("192.0.2.1", "192.0.2.2") == 404
