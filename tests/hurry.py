"""What test processes do once instead of once per test; nothing here changes what is tested.

Each test has databases of its own, and so engines of its own: SQLAlchemy would translate the same
statements into SQL anew for each, which took a tenth of the suite's time.
"""

from __future__ import annotations

import gc
from functools import cache, wraps
from typing import Any

import pytest
import structlog
from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache


@cache
def _translations(_dialect: type) -> LRUCache[Any, Any]:
    return LRUCache(4000)


def share_translations() -> None:
    """Let all engines of one kind share the statements that were translated into SQL.

    SQLAlchemy keeps them by dialect. Those of one kind are equal here: a test process has one
    SQLite, and one version of PostgreSQL.
    """
    for dialect in (SQLiteDialect_pysqlite, PGDialect_psycopg):
        dialect.__eq__ = lambda self, other: type(self) is type(other)  # type: ignore[method-assign,assignment]
        dialect.__hash__ = lambda self: hash(type(self))  # type: ignore[method-assign,assignment]
    make: Any = Engine.__init__

    @wraps(make)
    def make_and_share(engine: Engine, *given: Any, **options: Any) -> None:
        make(engine, *given, **options)
        engine._compiled_cache = _translations(type(engine.dialect))

    Engine.__init__ = make_and_share  # type: ignore[method-assign]


share_translations()
# Nobody reads the frames and colours that it draws around each traceback where logs go nowhere.
structlog.dev.ConsoleRenderer.get_active().exception_formatter = structlog.dev.plain_traceback


def pytest_collection_finish(session: pytest.Session) -> None:
    """Spare the garbage collector thousands of tests and modules, which stay until the end."""
    gc.collect()
    gc.freeze()
