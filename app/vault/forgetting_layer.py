"""The forgetting layer: because of it a copy of the database cannot be opened after a week.

Every stored key is wrapped again each day under that day's shred key. A shred key goes once it is
older than seven days and no living row lies under it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Table, bindparam, select, update

from app.crypto import day_number
from app.models import Base
from app.store import Database, Db

log = structlog.get_logger()

SHRED_KEY_DAYS = 7
_BATCH = 200


def list_wrapped_tables() -> Iterator[tuple[Table, list[str]]]:
    """Yield each table that holds wrapped keys, with those columns; all carry ``shred_day``."""
    for table in Base.metadata.sorted_tables:
        columns = [column.name for column in table.c if column.info.get("forgetting")]
        if columns:
            yield table, columns


def renew_forgetting(
    database: Database, now: datetime, progress: Callable[[int], None] = lambda _: None
) -> None:
    """Move every wrap under today's shred key, then destroy the keys nothing needs any more.

    Small transactions, so that texts get in between; a crash loses nothing, for a key goes only
    after the commit that moved its last row.
    """
    with database.snapshot() as db:
        files = db.keys.files
    today = day_number(now)
    files.ensure_shred_key(today)
    files.ensure_shred_key(today + 1)
    done = 0
    for table, columns in list_wrapped_tables():
        while moved := _renew_batch(database, table, columns, today, now):
            done += moved
            progress(done)
    for day in files.shred_days():
        if day < today - SHRED_KEY_DAYS and not _in_use(database, day):
            files.destroy_shred_key(day)
            log.info("shred_key.destroyed", age_days=today - day)


def _renew_batch(
    database: Database, table: Table, columns: list[str], today: int, now: datetime
) -> int:
    with database.transaction() as db:
        rows = db.execute(
            select(table.c.id, *(table.c[name] for name in columns))
            .where(table.c.shred_day < today)
            .limit(_BATCH)
            .with_for_update(skip_locked=True)
        ).all()
        renewed = [_rewrapped(db, table.name, columns, row, now) for row in rows]
        if renewed:
            values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in columns}
            changed = update(table).where(table.c.id == bindparam("row_id"))
            db.execute(changed.values(shred_day=today, **values), renewed)
        return len(rows)


def _rewrapped(db: Db, table: str, columns: list[str], row: Any, now: datetime) -> dict[str, Any]:
    """Return a row's wraps under today's layer, by the names that the statement gives them."""
    renewed = {"row_id": row.id}
    for column in columns:
        outer = getattr(row, column)
        if outer is not None:
            inner = db.keys.remember(table, column, row.id, outer)
            outer = db.keys.forget(table, column, row.id, inner, now)
        renewed[f"new_{column}"] = outer
    return renewed


def _in_use(database: Database, day: int) -> bool:
    """Return whether any row lies under a day's key. On SQLite no other transaction writes now."""
    with database.transaction() as db:
        return any(
            db.execute(select(table.c.id).where(table.c.shred_day <= day).limit(1)).first()
            for table, _ in list_wrapped_tables()
        )
