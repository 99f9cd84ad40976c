"""Background work that sleeps on the injected clock, so that a test never has to wait."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import itertools
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from app.clock import Clock

T = TypeVar("T")
_LONGEST_NAP_S = 3600.0


@dataclass(eq=False, slots=True)
class _Sleeper:
    """A task that rests until its future is done."""

    wake: asyncio.Future[None]
    task: asyncio.Task[Any] | None


class Timers:
    """Tasks that sleep until an instant of the clock. Belongs to one event loop."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._order = itertools.count()
        self._due: list[tuple[datetime, int, _Sleeper]] = []
        self._tasks: set[asyncio.Task[Any]] = set()
        self._sleeping: set[asyncio.Task[Any]] = set()
        self._waiting: list[asyncio.Future[None]] = []
        self._alarm: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        clock.on_advance(self._advanced)

    def spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run ``work`` in the background; ``settle`` waits for it unless it sleeps."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    async def sleep(self, seconds: float) -> None:
        """Sleep ``seconds`` on the clock."""
        if seconds > 0:
            await self.rest(self.sleeper(), seconds)

    def sleeper(self) -> _Sleeper:
        """The current task, about to ``rest``."""
        self._loop = asyncio.get_running_loop()
        return _Sleeper(self._loop.create_future(), asyncio.current_task())

    async def rest(self, sleeper: _Sleeper, seconds: float | None = None) -> None:
        """Rest until ``rouse``, or for ``seconds`` on the clock."""
        if seconds is not None:
            due = self._clock() + timedelta(seconds=seconds)
            heapq.heappush(self._due, (due, next(self._order), sleeper))
        if sleeper.task in self._tasks:
            self._sleeping.add(sleeper.task)
        self._set_alarm()
        self._tell_waiting()
        await sleeper.wake

    def rouse(self, sleeper: _Sleeper) -> None:
        """Wake a task that rests."""
        if not sleeper.wake.done():
            if sleeper.task:
                self._sleeping.discard(sleeper.task)  # at once, so that `settle` never misses it
            sleeper.wake.set_result(None)

    def later(self, seconds: float, work: Callable[[], Coroutine[Any, Any, object]]) -> None:
        """Do ``work`` in the background, ``seconds`` on the clock from now."""

        async def wait_and_work() -> None:
            await self.sleep(seconds)
            await work()

        self.spawn(wait_and_work())

    async def settle(self) -> None:
        """Return when all that is due is done, and only sleepers are left, if any."""
        self._wake()
        while not self._quiet:
            waiting = asyncio.get_running_loop().create_future()
            self._waiting.append(waiting)
            await waiting

    async def close(self) -> None:
        """End all background work."""
        if self._alarm:
            self._alarm.cancel()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._due.clear()

    @property
    def _quiet(self) -> bool:
        return len(self._tasks) == len(self._sleeping)

    def _advanced(self, _now: datetime) -> None:
        # The clock may be moved from any thread, also after our loop has ended.
        if self._loop:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        now = self._clock()
        while self._due and self._due[0][0] <= now:
            self.rouse(heapq.heappop(self._due)[2])
        self._set_alarm()

    def _set_alarm(self) -> None:
        if self._alarm:
            self._alarm.cancel()
            self._alarm = None
        if self._due and self._loop:
            seconds = (self._due[0][0] - self._clock()).total_seconds()
            nap = min(max(seconds, 0.001), _LONGEST_NAP_S)
            self._alarm = self._loop.call_later(nap, self._wake)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        self._sleeping.discard(task)
        self._tell_waiting()

    def _tell_waiting(self) -> None:
        if self._quiet:
            for waiting in self._waiting:
                if not waiting.done():
                    waiting.set_result(None)
            self._waiting.clear()


class Mailbox(Generic[T]):
    """Items for one task, which may rest until there is one."""

    def __init__(self, timers: Timers) -> None:
        self._timers = timers
        self._items: deque[T] = deque()
        self._sleeper: _Sleeper | None = None

    def put(self, item: T) -> None:
        """Add ``item``, and wake the task if it rests."""
        self._items.append(item)
        if self._sleeper:
            self._timers.rouse(self._sleeper)
            self._sleeper = None

    async def get(self, seconds: float | None = None) -> T | None:
        """The oldest item, waiting for it ``seconds`` on the clock, or for ever."""
        if not self._items and (seconds is None or seconds > 0):
            self._sleeper = self._timers.sleeper()
            try:
                await self._timers.rest(self._sleeper, seconds)
            finally:
                self._sleeper = None
        return self._items.popleft() if self._items else None

    @property
    def empty(self) -> bool:
        """Whether no item waits."""
        return not self._items
