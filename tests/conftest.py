"""What every test may ask for: a database of each kind, a clock that stands still, no network."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import tempfile
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import hypothesis
import pytest
from sqlalchemy import event
from sqlalchemy.pool import ConnectionPoolEntry, Pool

from app.clock import FixedClock
from app.store.schema import upgrade_schema
from tests import postgres

pytest_plugins = ["tests.hurry", "tests.browser", "tests.service", "tests.premises", "tests.line"]

_POSTGRES_FOLDER = "KITH_TEST_POSTGRES_FOLDER"
_LOOPBACK_NAMES = {"localhost", "testserver", None, "", b"localhost"}

hypothesis.settings.register_profile("here", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "here")


def pytest_configure(config: pytest.Config) -> None:
    """Choose, in the one process that starts the others, where they share PostgreSQL."""
    if _is_first_process(config):
        folder = postgres.make_folder()
        os.environ[_POSTGRES_FOLDER] = str(folder)
        config.add_cleanup(lambda: postgres.stop_shared_server(folder))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say it loudly when no browser looked at the pages."""
    skipped = [
        report
        for report in terminalreporter.stats.get("skipped", [])
        if "browser" in getattr(report, "keywords", ())
    ]
    if skipped:
        terminalreporter.section("BROWSER TESTS WERE SKIPPED", sep="!", red=True, bold=True)
        terminalreporter.line(
            f"{len(skipped)} tests need a Chromium (Debian: apt install chromium libatomic1).",
            red=True,
        )


@pytest.fixture
def clock() -> FixedClock:
    """Noon in UTC on Thursday 15 January 2026, until the test advances it."""
    return FixedClock(datetime(2026, 1, 15, 12, tzinfo=UTC))


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A new database with the schema in it, once on SQLite and once on PostgreSQL.

    A test for one of them alone asks for `sqlite_url` or `postgresql_url`.
    """
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def sqlite_url(tmp_path: Path, sqlite_template: Path) -> str:
    """The URL of a new SQLite file with the schema in it."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'kith.db')}"


@pytest.fixture
def postgresql_url(postgres_server: postgres.Server) -> Iterator[str]:
    """The URL of a new PostgreSQL database with the schema in it."""
    with postgres.fresh_database(
        postgres_server, f"kith_{uuid.uuid4().hex}", upgrade_schema
    ) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_server() -> postgres.Server:
    """The PostgreSQL of this test run."""
    return postgres.shared_server(Path(os.environ[_POSTGRES_FOLDER]))


@pytest.fixture
def durable_server() -> Iterator[postgres.Server]:
    """A PostgreSQL of the test's own, to be killed and started again; nothing is lost with it."""
    # Not in pytest's folders, which are closed to the account that PostgreSQL runs as for root.
    with tempfile.TemporaryDirectory(prefix="kith-postgres-") as folder:
        server = postgres.start(Path(folder), durable=True)
        yield server
        postgres.kill(server)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the schema in it, to be copied."""
    template = tmp_path_factory.mktemp("sqlite") / "template.db"
    template.touch()
    upgrade_schema(f"sqlite:///{template}")
    return template


def _is_first_process(config: pytest.Config) -> bool:
    return not hasattr(config, "workerinput")


def _refuse_the_outside(event: str, arguments: tuple[object, ...]) -> None:
    """Let no test reach another machine; Python calls this before every socket operation."""
    if event in {"socket.connect", "socket.sendto"}:
        address = arguments[1]
        outside = isinstance(address, tuple) and not _is_loopback(address[0])
    elif event == "socket.getaddrinfo":
        outside = not _is_loopback(arguments[0])
    else:
        return
    if outside:
        raise PermissionError(f"a test tried to reach the outside: {event} {arguments[1:]}")


def _is_loopback(host: object) -> bool:
    if host in _LOOPBACK_NAMES:
        return True
    try:
        return ip_address(str(host)).is_loopback
    except ValueError:
        return False


sys.addaudithook(_refuse_the_outside)


@event.listens_for(Pool, "checkout")
def _hurry(connection: object, record: ConnectionPoolEntry, _proxy: object) -> None:
    """Let SQLite not wait for the disk; what must survive a power cut is tested in other processes.

    As for PostgreSQL, see `tests.postgres`.
    """
    if isinstance(connection, sqlite3.Connection) and "hurried" not in record.info:
        connection.execute("PRAGMA synchronous=OFF")
        record.info["hurried"] = True
