"""Engines, transactions, and the writer that commits many webhooks at once.

SQLite has exactly one writer: every writing transaction of the process takes one lock before
``BEGIN IMMEDIATE``, since a second writing connection would stall for the whole busy time-out.
PostgreSQL needs no lock of ours.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import Session

from app.clock import Clock
from app.crypto import Secret
from app.keyring import Keyring, TransactionKeys
from app.store.ordering import QueueOrder

log = structlog.get_logger()
Item = TypeVar("Item")
Result = TypeVar("Result")
_Entry = tuple[Item, "asyncio.Future[Result]"]


class Db(Session):
    """One transaction: an SQLAlchemy session that also carries the server's keys.

    ``after_commit`` collects effects (waking the worker) that only a commit may cause.
    """

    keys: TransactionKeys
    # The organisation's time zone.
    zone: ZoneInfo
    # Gives cases their places in the queue.
    order: QueueOrder
    writing = False

    def on_commit(self, effect: Callable[[], None]) -> None:
        """Run ``effect`` once this transaction is durable."""
        self.info.setdefault("effects", []).append(effect)


class Database:
    """A database and its two ways in: ``transaction`` to write, ``snapshot`` to read."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.on_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _sqlite(url) if self.on_sqlite else _postgresql(url)
        self._reading = _sqlite(url, reading=True) if self.on_sqlite else self.engine
        self._one_writer: AbstractContextManager[Any] = (
            threading.Lock() if self.on_sqlite else nullcontext()
        )
        self.keys: Keyring | None = None
        self._read_index_key: Callable[[Db], Secret] | None = None
        self.zone = ZoneInfo("UTC")
        self._order = QueueOrder()
        # Called after a commit that left work behind; the worker of this process sets it.
        self.wake: Callable[[], None] = lambda: None
        # When many texts last came at once, by ``time.monotonic``.
        self.pressed_at = float("-inf")

    @contextmanager
    def transaction(self) -> Iterator[Db]:
        """Yield a writing transaction; commit at the end, roll back on any exception."""
        with self._one_writer, Db(self.engine, expire_on_commit=False, autoflush=False) as db:
            db.writing = True
            self._prepare(db)
            with db.begin():
                yield db
        for effect in db.info.get("effects", ()):
            effect()
        if db.info.get("work"):
            self.wake()

    @contextmanager
    def snapshot(self) -> Iterator[Db]:
        """Yield a transaction that only reads."""
        with Db(self._reading, expire_on_commit=False, autoflush=False) as db, db.begin():
            self._prepare(db)
            yield db

    def use_keys(self, keys: Keyring, read_index_key: Callable[[Db], Secret] | None = None) -> None:
        """Give these keys to all later transactions.

        ``read_index_key`` reads the index key that is current in a transaction.
        """
        self.keys, self._read_index_key = keys, read_index_key

    def _prepare(self, db: Db) -> None:
        db.zone, db.order = self.zone, self._order
        if self.keys is not None:  # else the schema is being made, or rows are only copied
            read = self._read_index_key
            db.keys = self.keys.within(partial(read, db) if read else None)

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()
        self._reading.dispose()


def _sqlite(url: str, *, reading: bool = False) -> Engine:
    path = make_url(url).database
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    # A request may be handed from one pool thread to another; SQLAlchemy keeps it to one at a time.
    engine = create_engine(url, connect_args={"check_same_thread": False, "timeout": 10})

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",  # a 200 to the carrier means the text is on the disk
            "secure_delete=ON",
            "foreign_keys=ON",
            "temp_store=MEMORY",
            # A busy minute's pages stay at hand and are copied into the file once, not ten times.
            "cache_size=-16000",
            "wal_autocheckpoint=4000",
            f"query_only={'ON' if reading else 'OFF'}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


def _postgresql(url: str) -> Engine:
    arguments = {"connect_timeout": 5, "options": "-c lock_timeout=10s -c timezone=UTC"}
    if "target_session_attrs" not in url:
        arguments["target_session_attrs"] = "read-write"
    return create_engine(
        url, pool_pre_ping=True, pool_size=10, max_overflow=20, connect_args=arguments
    )


class GroupWriter(Generic[Item, Result]):
    """A thread that writes what many requests hand in, in one transaction per batch.

    ``handle(db, items, now)`` returns one result per item. If a batch fails it is rolled back and
    each item is written alone, so that one bad item fails only itself; alone it is tried again
    where only another process was faster. An item's future resolves after its own commit, never
    before.
    """

    _TRIES = 3
    _MANY = 4

    def __init__(
        self,
        database: Database,
        handle: Callable[[Db, Sequence[Item], datetime], list[Result]],
        clock: Clock,
        *,
        largest: int = 64,
    ) -> None:
        self._database, self._handle, self._clock = database, handle, clock
        self._largest = largest
        self._queue: queue.SimpleQueue[_Entry[Item, Result] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Write what was handed in, then end."""
        self._queue.put(None)
        self._thread.join()

    async def submit(self, item: Item) -> Result:
        """Return the item's result once it is committed; raise what writing it alone raised."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._queue.put((item, future))
        return await future

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            batch, last = [first], False
            while len(batch) < self._largest and not last:
                try:
                    entry = self._queue.get_nowait()
                except queue.Empty:
                    break
                if entry is None:
                    last = True
                else:
                    batch.append(entry)
            # Whoever hung up by now is not written; whoever hangs up later changes nothing.
            self._write([entry for entry in batch if not entry[1].cancelled()])
            if last:
                return

    def _write(self, batch: list[_Entry[Item, Result]]) -> None:
        if not batch:
            return
        try:
            results = self._commit([item for item, _ in batch])
        except Exception as error:  # noqa: BLE001  # whatever it was, the others must not suffer
            log.warning("batch.replayed", size=len(batch), error=type(error).__name__)
            self._write_alone(batch)
            return
        _tell([(future, result) for (_, future), result in zip(batch, results, strict=True)])

    def _write_alone(self, batch: list[_Entry[Item, Result]]) -> None:
        for at, (item, future) in enumerate(batch):
            try:
                result = self._commit_alone(item)
            except Exception as error:  # noqa: BLE001  # it goes to whoever handed the item in
                _tell([(future, error)])
                if is_database_away(
                    error
                ):  # waiting for the database once an item would take minutes
                    _tell([(other, error) for _, other in batch[at + 1 :]])
                    return
            else:
                _tell([(future, result)])

    def _commit_alone(self, item: Item) -> Result:
        for _ in range(self._TRIES - 1):
            try:
                return self._commit([item])[0]
            except DBAPIError as error:
                if not was_overtaken(error):
                    raise
        return self._commit([item])[0]

    def _commit(self, items: list[Item]) -> list[Result]:
        if len(items) >= self._MANY:
            self._database.pressed_at = time.monotonic()
        with self._database.transaction() as db:
            return self._handle(db, items, self._clock())


def _tell(news: Sequence[tuple[asyncio.Future[Any], Any]]) -> None:
    """Let those who wait know, in one step for each of their event loops."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Any]]] = {}
    for future, result in news:
        by_loop.setdefault(future.get_loop(), []).append((future, result))
    for loop, those in by_loop.items():
        # A loop that is over has nobody left who waits.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_resolve, those)


def _resolve(news: Sequence[tuple[asyncio.Future[Any], Any]]) -> None:
    for future, result in news:
        if future.done():  # whoever waited hung up
            continue
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)


def is_database_away(error: Exception) -> bool:
    """Return whether there was no connection to begin with: nothing was asked of the database."""
    return isinstance(error, OperationalError) and error.statement is None


def was_overtaken(error: DBAPIError) -> bool:
    """Return whether another transaction was in the way, so that a second look may succeed.

    Two processes that open a case for the same new number: one finds the other's at its next try.
    """
    code = getattr(error.orig, "sqlstate", None)
    return isinstance(error, IntegrityError) or code in ("40001", "40P01")
