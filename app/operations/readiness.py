"""Whether a service is of use: records that can be written, a living worker, a willing carrier.

Asked often and by anybody, so each look is one indexed query; writing is tried now and then.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, delete, insert, or_, select
from sqlalchemy.exc import SQLAlchemyError

from app.models import Deployment, Idempotency, Job, table
from app.store import Database, Db

# What every worker does each minute, sealed or open: the heartbeat of one in another process.
HEARTBEATS = ("carrier-copies", "overdue", "wake")
_LATE = timedelta(minutes=3)
# How long a successful try to write is believed. A failure never is.
_BELIEVED = timedelta(seconds=5)
# A text refused that often in a row is not refused for its own sake.
_REFUSALS = 2


@dataclass
class ReadinessProbe:
    """Tries to write. Remembers only when that last went well."""

    well_at: datetime | None = None

    def state(self, database: Database, now: datetime) -> str:
        """Return ``ok``, ``read-only`` (a full disk, too) or ``away``."""
        try:
            with database.snapshot() as db:
                db.scalar(select(Deployment.version))
        except (SQLAlchemyError, OSError):
            return "away"
        if self.well_at is None or not timedelta(0) <= now - self.well_at < _BELIEVED:
            try:
                with database.transaction() as db:
                    _write(db, now)
            except (SQLAlchemyError, OSError):
                self.well_at = None
                return "read-only"
            self.well_at = now
        return "ok"


def _write(db: Db, now: datetime) -> None:
    """Write what leaves no trace; SQLite writes nothing for a value that stays what it was."""
    trial, nothing = secrets.token_bytes(32), UUID(int=0)
    values = {"key_hash": trial, "request_mac": b"", "resource_id": nothing, "created_at": now}
    db.execute(insert(table(Idempotency)), [values])
    db.execute(delete(Idempotency).where(Idempotency.key_hash == trial))


def is_worker_alive(db: Db, now: datetime) -> bool:
    """Return whether somebody does what is to be done each minute."""
    late = or_(
        and_(Job.state == "queued", Job.run_at < now - _LATE),
        and_(Job.state == "running", Job.lease_until < now - _LATE),
    )
    query = select(Job.id).where(Job.kind.in_(HEARTBEATS), late)
    planted = select(Job.id).where(Job.kind.in_(HEARTBEATS))
    return db.scalar(planted.limit(1)) is not None and db.scalar(query.limit(1)) is None


def is_carrier_refusing(db: Db) -> bool:
    """Return whether the carrier showed no list when last asked, or will not take our texts."""
    failed = or_(
        and_(Job.kind == "carrier-list", Job.attempts > 0),
        and_(Job.kind == "send", Job.attempts >= _REFUSALS),
    )
    return db.scalar(select(Job.id).where(Job.state == "queued", failed).limit(1)) is not None
