"""Where sessions are kept: in memory for one process, in an unlogged table for several."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from sqlalchemy import delete, or_, select, update

from app.models import SessionRow
from app.store import Database, Db

IDLE_LIFE = timedelta(minutes=30)


@dataclass(frozen=True)
class StoredSession:
    """One session as the server keeps it: useless without the token."""

    id: UUID
    lookup: bytes
    member_id: UUID
    seed: bytes
    created_at: datetime
    used_at: datetime
    expires_at: datetime

    def alive(self, now: datetime) -> bool:
        """Return whether it is used often enough and its time is not over."""
        return now < self.expires_at and now < self.used_at + IDLE_LIFE


class SessionStore(Protocol):
    """Where sessions are kept: memory for one process, an unlogged table for several."""

    def put(self, db: Db, session: StoredSession) -> None:
        """Keep a session."""

    def get(self, db: Db, lookup: bytes) -> StoredSession | None:
        """Return the session of a token's hash, None for none."""

    def touch(self, database: Database, session: StoredSession, now: datetime) -> None:
        """Note when its member last used it."""

    def of_member(self, db: Db, member_id: UUID) -> list[StoredSession]:
        """Return a member's sessions."""

    def drop(
        self, db: Db, *, session_id: UUID | None = None, member_id: UUID | None = None
    ) -> None:
        """Forget one session, or all of a member, or (neither given) every session."""

    def sweep(self, database: Database, now: datetime) -> None:
        """Forget the sessions whose time is over."""


class MemorySessions:
    """Sessions in this process; a restart signs all members out."""

    def __init__(self) -> None:
        self._sessions: dict[bytes, StoredSession] = {}
        self._lock = threading.Lock()

    def put(self, db: Db, session: StoredSession) -> None:
        """Keep a session once the sign-in is committed."""

        def keep() -> None:
            with self._lock:
                self._sessions[session.lookup] = session

        db.on_commit(keep)

    def get(self, db: Db, lookup: bytes) -> StoredSession | None:
        """Return the session of a token's hash, None for none."""
        return self._sessions.get(lookup)

    def touch(self, database: Database, session: StoredSession, now: datetime) -> None:
        """Note when its member last used it."""
        with self._lock:
            if session.lookup in self._sessions:
                self._sessions[session.lookup] = replace(session, used_at=now)

    def of_member(self, db: Db, member_id: UUID) -> list[StoredSession]:
        """Return a member's sessions."""
        with self._lock:
            return [s for s in self._sessions.values() if s.member_id == member_id]

    def drop(
        self, db: Db, *, session_id: UUID | None = None, member_id: UUID | None = None
    ) -> None:
        """Forget sessions at once: a removal must not wait for anything."""
        with self._lock:
            self._sessions = {
                lookup: s
                for lookup, s in self._sessions.items()
                if (session_id and s.id != session_id) or (member_id and s.member_id != member_id)
            }

    def sweep(self, database: Database, now: datetime) -> None:
        """Forget the sessions whose time is over."""
        with self._lock:
            self._sessions = {k: s for k, s in self._sessions.items() if s.alive(now)}


class TableSessions:
    """Sessions in the unlogged table, for several processes on one PostgreSQL."""

    def put(self, db: Db, session: StoredSession) -> None:
        """Keep a session."""
        db.add(SessionRow(**session.__dict__))

    def get(self, db: Db, lookup: bytes) -> StoredSession | None:
        """Return the session of a token's hash, None for none. RowDamaged where it was changed."""
        row = db.get(SessionRow, lookup)
        return _stored(row) if row else None

    def touch(self, database: Database, session: StoredSession, now: datetime) -> None:
        """Note when its member last used it."""
        with database.transaction() as db:
            db.execute(
                update(SessionRow).where(SessionRow.lookup == session.lookup).values(used_at=now)
            )

    def of_member(self, db: Db, member_id: UUID) -> list[StoredSession]:
        """Return a member's sessions."""
        rows = db.scalars(select(SessionRow).where(SessionRow.member_id == member_id))
        return [_stored(row) for row in rows]

    def drop(
        self, db: Db, *, session_id: UUID | None = None, member_id: UUID | None = None
    ) -> None:
        """Forget sessions once this transaction is committed."""
        query = delete(SessionRow)
        if session_id:
            query = query.where(SessionRow.id == session_id)
        if member_id:
            query = query.where(SessionRow.member_id == member_id)
        db.execute(query)

    def sweep(self, database: Database, now: datetime) -> None:
        """Forget the sessions whose time is over."""
        over = or_(SessionRow.expires_at <= now, SessionRow.used_at <= now - IDLE_LIFE)
        with database.transaction() as db:
            db.execute(delete(SessionRow).where(over))


def _stored(row: SessionRow) -> StoredSession:
    return StoredSession(
        row.id, row.lookup, row.member_id, row.seed, row.created_at, row.used_at, row.expires_at
    )
