from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update

from app.members.session_stores import (
    IDLE_LIFE,
    MemorySessions,
    SessionStore,
    StoredSession,
    TableSessions,
)
from app.models import SessionRow
from app.store import Database, RowDamaged
from tests.keyed import open_keyed_database

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
HERON, PLOVER = uuid4(), uuid4()


def session(member: UUID = HERON, created_at: datetime = NOW, hours: float = 12) -> StoredSession:
    ends = created_at + timedelta(hours=hours)
    return StoredSession(uuid4(), uuid4().bytes, member, b"seed", created_at, created_at, ends)


def test_a_session_ends_after_half_an_hour_of_rest() -> None:
    one = session()
    assert one.alive(NOW + IDLE_LIFE - timedelta(seconds=1))
    assert not one.alive(NOW + IDLE_LIFE)
    assert timedelta(minutes=30) == IDLE_LIFE


def test_a_session_ends_after_its_time_however_busy() -> None:
    last = NOW + timedelta(hours=12)
    busy = replace(session(), used_at=last - timedelta(seconds=1))
    assert busy.alive(last - timedelta(seconds=1))
    assert not busy.alive(last)


@dataclass(frozen=True)
class Shelf:
    """A store with the database that it belongs to."""

    store: SessionStore
    database: Database

    def put(self, one: StoredSession) -> StoredSession:
        with self.database.transaction() as db:
            self.store.put(db, one)
        return one

    def get(self, one: StoredSession) -> StoredSession | None:
        with self.database.snapshot() as db:
            return self.store.get(db, one.lookup)

    def touch(self, one: StoredSession, now: datetime) -> None:
        self.store.touch(self.database, one, now)

    def drop(self, *, session_id: UUID | None = None, member_id: UUID | None = None) -> None:
        with self.database.transaction() as db:
            self.store.drop(db, session_id=session_id, member_id=member_id)


@pytest.fixture(params=[("sqlite_url", MemorySessions), ("postgresql_url", TableSessions)])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shelf]:
    url, store = request.param
    database = open_keyed_database(request.getfixturevalue(url), tmp_path / "keys")
    yield Shelf(store(), database)
    database.close()


def test_a_session_is_found_by_its_token_and_by_its_member(shelf: Shelf) -> None:
    one, other = shelf.put(session()), shelf.put(session(PLOVER))
    assert (shelf.get(one), shelf.get(other)) == (one, other)
    assert shelf.get(session()) is None
    with shelf.database.snapshot() as db:
        assert shelf.store.of_member(db, HERON) == [one]


def test_its_last_use_is_written_down(shelf: Shelf) -> None:
    one, later = shelf.put(session()), NOW + timedelta(minutes=5)
    shelf.store.touch(shelf.database, one, later)
    assert shelf.get(one) == replace(one, used_at=later)


def test_one_is_dropped_or_those_of_one_member_or_all(shelf: Shelf) -> None:
    one, two, other, others = [shelf.put(session(who)) for who in (HERON, HERON, PLOVER, PLOVER)]
    shelf.drop(session_id=one.id)
    assert [shelf.get(s) is None for s in (one, two, other)] == [True, False, False]
    shelf.drop(member_id=HERON)
    assert [shelf.get(s) is None for s in (two, other, others)] == [True, False, False]
    shelf.drop()
    assert shelf.get(other) is None


def test_dead_sessions_are_swept_and_living_ones_stay(shelf: Shelf) -> None:
    later = NOW + timedelta(hours=2)
    over = shelf.put(replace(session(hours=2), used_at=later - timedelta(minutes=1)))
    idle = shelf.put(replace(session(), used_at=later - IDLE_LIFE))
    alive = shelf.put(replace(session(), used_at=later - timedelta(minutes=29)))
    shelf.store.sweep(shelf.database, later)
    assert [shelf.get(one) is None for one in (over, idle, alive)] == [True, True, False]


@pytest.mark.parametrize("shelf", [("postgresql_url", TableSessions)], indirect=True)
def test_whoever_writes_to_the_database_prolongs_no_session(shelf: Shelf) -> None:
    for column in ("created_at", "used_at", "expires_at", "member_id"):
        one = shelf.put(session())
        later = PLOVER if column == "member_id" else NOW + timedelta(days=1)
        where = update(SessionRow).where(SessionRow.lookup == one.lookup)
        with shelf.database.engine.begin() as connection:
            connection.execute(where.values({column: later}))
        with pytest.raises(RowDamaged):
            shelf.get(one)
        shelf.touch(one, NOW + timedelta(minutes=1))
        with pytest.raises(RowDamaged):
            shelf.get(one)
