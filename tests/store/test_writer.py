"""Many texts share a commit, and none suffers for another, be it bad, lost or too late."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import pytest
from sqlalchemy import Column, LargeBinary, MetaData, Table, insert, select
from sqlalchemy.exc import IntegrityError, OperationalError

from app.clock import FixedClock
from app.store.db import Database, Db
from app.store.writer import GroupWriter

OPENER = b"opener"
WRITTEN = Table("written", MetaData(), Column("item", LargeBinary, primary_key=True))
Write = Callable[[Db, Sequence[bytes], datetime], list[int]]


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    WRITTEN.create(database.engine)
    yield database
    database.close()


def insert_all(db: Db, items: Sequence[bytes], now: datetime) -> list[int]:
    """Insert one row an item, all in one statement; each result is how many were written with."""
    db.execute(insert(WRITTEN), [{"item": item} for item in items])
    return [len(items)] * len(items)


class Writer:
    """A writer that is busy with one item until all others wait, so that they share a batch."""

    def __init__(self, database: Database, clock: FixedClock, handle: Write) -> None:
        self._handle = handle
        self._busy, self._free = threading.Event(), threading.Event()
        self._writer: GroupWriter[bytes, int] = GroupWriter(database, self._write, clock)

    def write(self, *items: bytes, hang_up: bytes = b"") -> list[int | BaseException]:
        """Hand the items in and return what came of each; whoever hands in ``hang_up`` goes."""
        self._writer.start()
        try:
            return asyncio.run(self._hand_in(items, hang_up))
        finally:
            self._free.set()
            self._writer.stop()

    async def _hand_in(self, items: Sequence[bytes], hang_up: bytes) -> list[int | BaseException]:
        opener = asyncio.create_task(self._writer.submit(OPENER))
        await asyncio.to_thread(self._busy.wait)
        waiting = {item: asyncio.create_task(self._writer.submit(item)) for item in items}
        await asyncio.sleep(0)
        if hang_up:
            waiting[hang_up].cancel()
            await asyncio.sleep(0)
        self._free.set()
        await opener
        return await asyncio.wait_for(asyncio.gather(*waiting.values(), return_exceptions=True), 10)

    def _write(self, db: Db, items: Sequence[bytes], now: datetime) -> list[int]:
        if OPENER in items and not self._busy.is_set():
            self._busy.set()
            self._free.wait()
            return insert_all(db, items, now)
        return self._handle(db, items, now)


def stored(database: Database) -> set[bytes]:
    with database.snapshot() as db:
        return set(db.scalars(select(WRITTEN.c.item))) - {OPENER}


def test_a_batch_is_one_commit(database: Database, clock: FixedClock) -> None:
    assert Writer(database, clock, insert_all).write(b"a", b"b", b"c") == [3, 3, 3]
    assert stored(database) == {b"a", b"b", b"c"}


def test_one_bad_item_fails_alone(database: Database, clock: FixedClock) -> None:
    def refuse_b(db: Db, items: Sequence[bytes], now: datetime) -> list[int]:
        written = insert_all(db, items, now)
        if b"b" in items:
            raise ValueError("not this one")
        return written

    a, b, c = Writer(database, clock, refuse_b).write(b"a", b"b", b"c")
    assert (a, c) == (1, 1)
    assert isinstance(b, ValueError)
    assert stored(database) == {b"a", b"c"}


def test_one_item_that_the_database_refuses_fails_alone(
    database: Database, clock: FixedClock
) -> None:
    a, again, c = Writer(database, clock, insert_all).write(b"a", OPENER, b"c")
    assert (a, c) == (1, 1)
    assert isinstance(again, IntegrityError)
    assert stored(database) == {b"a", b"c"}


def test_an_item_that_lost_a_race_is_written_at_the_second_look(
    database: Database, clock: FixedClock
) -> None:
    seen: list[bytes] = []

    def lose_once(db: Db, items: Sequence[bytes], now: datetime) -> list[int]:
        if items == [b"a"] and b"a" not in seen:
            seen.append(b"a")
            raise IntegrityError("INSERT", {}, Exception("somebody was faster"))
        return insert_all(db, items, now)

    assert Writer(database, clock, lose_once).write(b"a") == [1]
    assert stored(database) == {b"a"}


def test_a_database_that_is_away_is_asked_twice_a_batch_not_once_an_item(
    database: Database, clock: FixedClock
) -> None:
    asked = 0

    def away(_db: Db, items: Sequence[bytes], _now: datetime) -> list[int]:
        nonlocal asked
        asked += 1
        raise OperationalError(None, None, Exception("connection refused"))

    failed = Writer(database, clock, away).write(*(bytes([n]) for n in range(60)))
    assert all(isinstance(error, OperationalError) for error in failed)
    assert asked == 2


def test_somebody_who_hung_up_takes_nobody_along(database: Database, clock: FixedClock) -> None:
    left, stayed = Writer(database, clock, insert_all).write(b"left", b"stayed", hang_up=b"left")
    assert isinstance(left, asyncio.CancelledError)
    assert stayed == 1
    assert stored(database) == {b"stayed"}


def test_stopping_writes_what_was_handed_in(database: Database, clock: FixedClock) -> None:
    writer: GroupWriter[bytes, int] = GroupWriter(database, insert_all, clock)

    async def hand_in() -> list[int]:
        tasks = [asyncio.create_task(writer.submit(bytes([n]))) for n in range(100)]
        await asyncio.sleep(0)
        writer.start()
        await asyncio.to_thread(writer.stop)
        return await asyncio.gather(*tasks)

    assert len(asyncio.run(hand_in())) == 100
    assert len(stored(database)) == 100
