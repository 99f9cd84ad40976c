"""A real browser for the tests of the pages: the Chromium of this machine, never a download."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import playwright
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ON_A_MAC = (
    Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
)
# The pages come from loopback; the browser must not look for anything else, nor need a sandbox
# that root cannot have.
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The browser, for tests marked `browser`; they are skipped where there is none, except in CI.

    It ends with each module, since while it runs no other event loop can run in this thread.
    """
    chromium = find_chromium()
    if obstacle := _driver_obstacle() if chromium else "no Chromium on this machine":
        (pytest.fail if os.environ.get("CI") else pytest.skip)(obstacle)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=chromium, args=[*_ARGUMENTS], headless=True
        )
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a browser that knows nothing of other tests."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


def _driver_obstacle() -> str:
    """Say why the program that steers the browser cannot start; a bare system lacks libraries."""
    driver = Path(playwright.__file__).parent / "driver" / "node"
    tried = subprocess.run([driver, "--version"], check=False, capture_output=True, text=True)
    return tried.stderr.strip() if tried.returncode else ""


def find_chromium() -> str | None:
    """Return the path of a Chromium of this machine, or none."""
    on_path = (shutil.which(name) for name in _NAMES)
    on_a_mac = (str(path) for path in _ON_A_MAC if path.exists())
    return next((found for found in (*on_path, *on_a_mac) if found), None)
