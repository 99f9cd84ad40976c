"""A real browser for the tests of the pages: the Chromium of this machine, never a download."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

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
    """The browser, for tests marked `browser`; they are skipped where none is installed.

    It ends with each module, since while it runs no other event loop can run in this thread.
    """
    chromium = find_chromium()
    if chromium is None:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
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


def find_chromium() -> str | None:
    """Return the path of a Chromium of this machine, or none."""
    on_path = (shutil.which(name) for name in _NAMES)
    on_a_mac = (str(path) for path in _ON_A_MAC if path.exists())
    return next((found for found in (*on_path, *on_a_mac) if found), None)
