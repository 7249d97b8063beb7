"""A headless Chromium for tests: the one of the system, which only `.ci/run` insists on."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

#: Set by `.ci/run`: where there is no browser the tests fail, and are not skipped.
WANTED = "PEEREVAL_NEEDS_CHROMIUM"
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium() -> str:
    """Path of a Chromium. Without one the test is skipped, or fails where one was promised."""
    found = next(filter(None, map(shutil.which, _NAMES)), "")
    if found:
        return found
    reason = f"no Chromium is installed ({', '.join(_NAMES)})"
    if os.environ.get(WANTED):
        pytest.fail(f"{reason}, and {WANTED} is set")
    pytest.skip(reason)


@contextmanager
def browser() -> Iterator["Browser"]:
    """A running browser, without a sandbox, which a container cannot have."""
    path = chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        made = play.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield made
        made.close()
