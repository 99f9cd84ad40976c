"""The writer: one thread that commits many webhooks at once."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Generic, TypeVar

import structlog
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from app.clock import Clock
from app.store.db import Database, Db

log = structlog.get_logger()
Item = TypeVar("Item")
Result = TypeVar("Result")
_Entry = tuple[Item, "asyncio.Future[Result]"]


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
            # A request that hung up before now is not written; hanging up later changes nothing.
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
            except Exception as error:  # noqa: BLE001  # the item's own request gets it
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
    """Give the results to the requests that wait, in one step for each of their event loops."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Any]]] = {}
    for future, result in news:
        by_loop.setdefault(future.get_loop(), []).append((future, result))
    for loop, those in by_loop.items():
        # In a loop that has ended no request waits.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_resolve, those)


def _resolve(news: Sequence[tuple[asyncio.Future[Any], Any]]) -> None:
    for future, result in news:
        if future.done():  # the request hung up
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
