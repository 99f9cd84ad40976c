"""Statements made once write and read what SQLAlchemy's own would, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.models import Job, ReplyCount, table
from app.store.db import Database, Db
from app.store.statements import (
    Lookup,
    Query,
    insert_new_rows,
    insert_rows,
    update_rows,
    write_together,
)

JOBS, COUNTS = table(Job), table(ReplyCount)
NOW = datetime(2026, 1, 15, 12, 0, 0, 250, tzinfo=UTC)
BY_LANE = Lookup(lambda wanted: select(JOBS).where(JOBS.c.lane.in_(wanted)).order_by(JOBS.c.id))


@pytest.fixture
def db(database_url: str) -> Iterator[Db]:
    database = Database(database_url)
    with database.transaction() as db:
        yield db
    database.close()


def job(**values: Any) -> dict[str, Any]:
    common = {"id": uuid4(), "kind": "send", "ref": None, "state": "queued", "priority": 2}
    return {
        **common,
        "run_at": NOW,
        "attempts": 0,
        "lane": b"\x00\xff",
        "position": 1 << 61,
    } | values


def test_rows_come_back_as_the_models_read_them(db: Db) -> None:
    row = job(ref=uuid4())
    insert_rows(db, JOBS, [row])
    [found] = db.scalars(select(Job)).all()
    assert {name: getattr(found, name) for name in row} == row


def test_rows_come_back_as_the_models_wrote_them(db: Db) -> None:
    row = job(ref=uuid4(), lease_until=NOW)
    db.add(Job(**row))
    db.flush()
    [found] = BY_LANE.rows(db, [row["lane"]])
    assert {name: getattr(found, name) for name in row} == row


def test_an_instant_of_another_zone_is_kept_in_utc(db: Db) -> None:
    there = NOW.astimezone(timezone(timedelta(hours=-5)))
    insert_rows(db, JOBS, [job(run_at=there)])
    due = Query(select(JOBS.c.id).where(JOBS.c.run_at == NOW))
    assert len(due.rows(db)) == 1


def test_only_rows_that_are_new_are_inserted(db: Db) -> None:
    known, fresh = job(), job()
    assert insert_new_rows(db, JOBS, [known], JOBS.c.id) == {known["id"]}
    assert insert_new_rows(db, JOBS, [known, fresh], JOBS.c.id) == {fresh["id"]}
    assert insert_new_rows(db, JOBS, [], JOBS.c.id) == set()


def test_many_rows_and_many_values_go_in_several_goes(db: Db) -> None:
    rows = [job(lane=bytes([number])) for number in range(150)]
    assert len(insert_new_rows(db, JOBS, rows, JOBS.c.id)) == 150
    found = BY_LANE.rows(db, [row["lane"] for row in rows])
    assert {record.id for record in found} == {row["id"] for row in rows}
    assert BY_LANE.rows(db, []) == []


def test_rows_are_updated_by_their_id(db: Db) -> None:
    one, other = job(), job()
    insert_rows(db, JOBS, [one, other])
    update_rows(db, JOBS, [{"state": "running", "lease_until": NOW, "id": one["id"]}])
    assert dict(db.execute(select(Job.id, Job.state)).all()) == {
        one["id"]: "running",
        other["id"]: "queued",
    }


def test_what_goes_together_fails_as_each_would(database_url: str) -> None:
    database = Database(database_url)
    row = {"number_lookup": b"a", "since": NOW, "count": 1}

    def write_twice() -> None:
        with database.transaction() as db, write_together(db):
            insert_rows(db, COUNTS, [row])
            insert_rows(db, COUNTS, [row])

    with pytest.raises(IntegrityError):
        write_twice()
    with database.snapshot() as db:
        assert db.scalars(select(ReplyCount)).all() == []
    database.close()
