"""Engines and transactions.

SQLite has exactly one writer: every writing transaction of the process takes one lock before
``BEGIN IMMEDIATE``, since a second writing connection would stall for the whole busy time-out.
PostgreSQL needs no lock of ours.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, Select, create_engine, event, make_url
from sqlalchemy.orm import Session

from app.crypto import SealBroken, Secret
from app.keyring import Keyring, TransactionKeys
from app.store.queue_order import QueueOrder
from app.store.row_guard import install_row_guard
from app.store.row_macs import RowDamaged

Row = TypeVar("Row")
# What is told of where a row verifies and a sealed value in it does not open.
SEALED_VALUES = "sealed_values"


class Db(Session):
    """One transaction: an SQLAlchemy session that also carries the server's keys.

    ``on_commit`` collects effects (waking the worker) that only a commit may cause.
    """

    keys: TransactionKeys
    # The organisation's time zone.
    zone: ZoneInfo
    # Gives cases their places in the queue.
    order: QueueOrder
    writing = False
    # The table of the row that last failed to verify.
    last_damage = ""

    def note_damage(self, table: str, row: tuple[Any, ...]) -> None:
        """Note a row that does not verify; coordinators are told once the transaction is over."""
        self.damaged.add((table, row))
        self.last_damage = table

    def list_whole(self, query: Select[Row]) -> Sequence[Row]:
        """Return the rows of a query that verify; none where all of them are damaged."""
        try:
            return self.scalars(query).all()
        except RowDamaged:
            return ()

    def require_whole(self, table: str) -> None:
        """Raise RowDamaged where a row of this table did not verify in this transaction.

        For rows that only count together: to leave one out would change what the others say.
        """
        if any(name == table for name, _ in self.damaged):
            raise RowDamaged(table)

    @property
    def damaged(self) -> set[tuple[str, tuple[Any, ...]]]:
        """The tables and primary keys of rows that did not verify in this transaction."""
        found: set[tuple[str, tuple[Any, ...]]] = self.info.setdefault("damaged", set())
        return found

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Undo all that was done inside where it fails, and forget the effects it asked for.

        Lists in ``info`` hold what waits for the commit: they are as before.
        """
        lists = {name: list(kept) for name, kept in self.info.items() if isinstance(kept, list)}
        try:
            with self.begin_nested():
                yield
        except BaseException:
            for name, kept in self.info.items():
                if isinstance(kept, list):
                    kept[:] = lists.get(name, ())
            raise

    def on_commit(self, effect: Callable[[], None]) -> None:
        """Run ``effect`` once this transaction is durable."""
        self.info.setdefault("effects", []).append(effect)


install_row_guard(Db)


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
        # Told which rows did not verify, after the transaction that met them.
        self.on_damage: Callable[[set[tuple[str, tuple[Any, ...]]]], None] = lambda _: None
        self._depth = threading.local()
        # Called after a commit that left work behind; the worker of this process sets it.
        self.wake: Callable[[], None] = lambda: None
        # When many texts last came at once, by ``time.monotonic``.
        self.pressed_at = float("-inf")

    @contextmanager
    def transaction(self) -> Iterator[Db]:
        """Yield a writing transaction; commit at the end, roll back on any exception."""
        with (
            self._noticing(),
            self._one_writer,
            Db(self.engine, expire_on_commit=False, autoflush=False) as db,
        ):
            db.writing = True
            self._prepare(db)
            with self._collecting(db), db.begin():
                yield db
        for effect in db.info.get("effects", ()):
            effect()
        if db.info.get("work"):
            self.wake()

    @contextmanager
    def snapshot(self) -> Iterator[Db]:
        """Yield a transaction that only reads."""
        with self._noticing(), Db(self._reading, expire_on_commit=False, autoflush=False) as db:
            self._prepare(db)
            with self._collecting(db), db.begin():
                yield db

    @contextmanager
    def _collecting(self, db: Db) -> Iterator[None]:
        try:
            yield
        except RowDamaged:
            raise  # noted by whoever looked
        except SealBroken:
            db.note_damage(SEALED_VALUES, ())
            raise
        finally:
            self._depth.damaged |= db.damaged

    @contextmanager
    def _noticing(self) -> Iterator[None]:
        """Tell of damage once no transaction of this thread is open, whatever became of it."""
        if getattr(self._depth, "open", 0):
            yield
            return
        self._depth.open, self._depth.damaged = 1, set()
        try:
            yield
        finally:
            self._depth.open, found = 0, self._depth.damaged
            self._depth.damaged = set()
            if found:
                self.on_damage(found)

    def use_keys(self, keys: Keyring, read_index_key: Callable[[Db], Secret] | None = None) -> None:
        """Give these keys to all later transactions.

        ``read_index_key`` reads the index key that is current in a transaction.
        """
        self.keys, self._read_index_key = keys, read_index_key

    def _prepare(self, db: Db) -> None:
        db.zone, db.order = self.zone, self._order
        if self.keys is not None:  # else the schema is being made, or rows are only copied
            read = self._read_index_key
            db.keys = TransactionKeys(self.keys, partial(read, db) if read else None)

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()
        self._reading.dispose()


def _sqlite(url: str, *, reading: bool = False) -> Engine:
    path = make_url(url).database
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    # A request may be handed from one pool thread to another; SQLAlchemy keeps it to one at a time.
    # Who came back last goes out first: few connections fill their caches.
    engine = create_engine(
        url, pool_use_lifo=True, connect_args={"check_same_thread": False, "timeout": 10}
    )

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
            f"cache_size={-2000 if reading else -6000}",
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
