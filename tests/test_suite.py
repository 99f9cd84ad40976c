"""The test suite's own promises."""

from __future__ import annotations

import socket
import warnings
from pathlib import Path

import pytest
from playwright.sync_api import Page
from sqlalchemy import create_engine, text

from app.clock import FixedClock
from tests import browser as browser_fixtures
from tests.hurry import LONG


def test_no_test_reaches_another_machine() -> None:
    with socket.socket() as wire, pytest.raises(PermissionError, match="outside"):
        wire.connect(("192.0.2.1", 80))


def test_no_test_looks_up_another_machine() -> None:
    with pytest.raises(PermissionError, match="outside"):
        socket.getaddrinfo("example.org", 443)


def test_a_warning_is_an_error() -> None:
    with pytest.raises(UserWarning):
        warnings.warn("careless", stacklevel=1)


def test_the_clock_stands_still(clock: FixedClock) -> None:
    assert clock() == clock()
    assert clock().isoformat() == "2026-01-15T12:00:00+00:00"


def test_the_long_files_are_there() -> None:
    assert [name for name in LONG if not (Path(__file__).parent / name).is_file()] == []


@pytest.mark.parametrize("attempt", [1, 2])
def test_each_test_has_a_database_of_its_own(database_url: str, attempt: int) -> None:
    engine = create_engine(database_url)
    with engine.begin() as db:
        db.execute(text("CREATE TABLE mine_alone (attempt INTEGER)"))
    engine.dispose()


def test_postgresql_is_a_current_one(postgresql_url: str) -> None:
    engine = create_engine(postgresql_url)
    with engine.connect() as db:
        version = db.execute(text("SHOW server_version_num")).scalar_one()
    engine.dispose()
    assert int(version) >= 180000


@pytest.mark.browser
def test_the_browser_shows_a_page(page: Page) -> None:
    page.set_content("<h1>Kith</h1>")
    assert page.get_by_role("heading").inner_text() == "Kith"


def test_a_browser_in_the_path_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "chromium").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert browser_fixtures.find_chromium() == str(tmp_path / "chromium")
