"""What makes the suite quick: what test processes do once, and the order of files.

Nothing here changes what is tested.

Each test has databases of its own, and so engines of its own: SQLAlchemy would translate the same
statements into SQL anew for each, which took a tenth of the suite's time.
"""

from __future__ import annotations

import gc
from collections import Counter
from functools import wraps
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

# Files that take more than half a minute: were they not begun first, one process would be left
# with some of them at the end. Those that want the seized server stand apart, not to wait for it.
LONG = (
    "faults/test_killing_on_postgresql.py",
    "seizure/test_least_privilege.py",
    "deployment/test_dockerfile.py",
    "set_up/test_installing.py",
    "inbound/test_told_apart.py",
    "faults/test_killing_on_sqlite.py",
    "seizure/test_tampering.py",
    "faults/test_mutants.py",
    "api/test_permissions.py",
    "api/test_reference_holds.py",
    "vault/test_kept_content.py",
    "faults/test_carrier_fails.py",
    "calls/test_jobs.py",
    "cli/test_running.py",
    "operations/backup/test_restorer.py",
    "inbound/test_oracle.py",
    "faults/test_database_away.py",
    "faults/test_no_room.py",
)


def share_translations() -> None:
    """Let all engines of one kind share the statements that were translated into SQL.

    SQLAlchemy keeps them by dialect. Those of one kind are equal here: a test process has one
    SQLite, and one version of PostgreSQL.
    """
    shared: dict[type, LRUCache[Any, Any]] = {}
    dialects: tuple[Any, ...] = (SQLiteDialect_pysqlite, PGDialect_psycopg)
    for dialect in dialects:
        shared[dialect] = LRUCache(4000)
        dialect.__eq__ = lambda self, other: type(self) is type(other)
        dialect.__hash__ = lambda self: hash(type(self))
    engines: Any = Engine
    make = engines.__init__

    @wraps(make)
    def make_and_share(engine: Engine, *given: Any, **options: Any) -> None:
        make(engine, *given, **options)
        engine._compiled_cache = shared.get(type(engine.dialect), engine._compiled_cache)

    engines.__init__ = make_and_share


share_translations()
# Nobody reads the frames and colours that it draws around each traceback where logs go nowhere.
structlog.dev.ConsoleRenderer.get_active().exception_formatter = structlog.dev.plain_traceback


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with the long files, then those with the most tests, where files are dealt out."""
    if not hasattr(config, "workerinput"):
        return
    tests = Path(__file__).parent
    places = {tests / name: place for place, name in enumerate(LONG)}
    sizes = Counter(item.path for item in items)
    items.sort(key=lambda item: (places.get(item.path, len(LONG)), -sizes[item.path], item.path))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Spare the garbage collector thousands of tests and modules, which stay until the end."""
    gc.collect()
    gc.freeze()
