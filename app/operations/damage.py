"""Rows that do not verify: written down, and told to two coordinators."""

from __future__ import annotations

import threading
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from app import audit
from app.clock import Clock
from app.crypto import SealBroken
from app.errors import Sealed
from app.paging import tell_coordinators
from app.store import Database, Db
from app.texts import MemberNotice, MemberText

log = structlog.get_logger()

TOLD_FOR = timedelta(days=1)
_KIND = "damaged."


def watch_for_damage(database: Database, clock: Clock) -> None:
    """Have every transaction that meets a damaged row tell of it, once a table and day."""
    busy = threading.local()

    def report(rows: Collection[tuple[str, tuple[Any, ...]]]) -> None:
        if getattr(busy, "now", False):
            return  # what telling itself meets is told the next time
        busy.now = True
        try:
            report_damage(database, rows, clock())
        except (SealBroken, Sealed) as error:
            log.exception("damage.untold", error=type(error).__name__)
        finally:
            busy.now = False

    database.on_damage = report


def report_damage(
    database: Database, rows: Collection[tuple[str, tuple[Any, ...]]], now: datetime
) -> None:
    """Write damaged rows into the audit log, and text two coordinators."""
    first = dict(sorted(rows, key=str, reverse=True))
    for name, key in first.items():
        log.error("row.damaged", table=name)
        with database.transaction() as db:
            known = _was_told(db, name, now)
            if not known:
                subject = key[0] if key and isinstance(key[0], UUID) else None
                audit.record(db, f"{_KIND}{name}", None, subject, now)
        if not known:  # apart: the entry stays where what a text needs is damaged too
            with database.transaction() as db:
                _tell(db, now)


def _was_told(db: Db, name: str, now: datetime) -> bool:
    return bool(audit.find_entries_since(db, f"{_KIND}{name}", now - TOLD_FOR))


def _tell(db: Db, now: datetime) -> None:
    """Text that there is damage; where, the log says: names of tables say what this is about."""
    if db.keys.is_open:
        tell_coordinators(db, MemberNotice(MemberText.RECORDS_CHANGED), now)
