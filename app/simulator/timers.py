"""Background work and sleeping on the injected clock, so that a test never has to wait."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import itertools
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any, TypeVar

from app.clock import Clock

T = TypeVar("T")
_LONGEST_NAP_S = 3600.0


class Timers:
    """Tasks that sleep until the clock, real or advanced, says so. Belongs to one event loop."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._order = itertools.count()
        self._due: list[tuple[datetime, int, asyncio.Future[None], asyncio.Task[Any] | None]] = []
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
        if seconds <= 0:
            return
        self._loop = asyncio.get_running_loop()
        task, wake = asyncio.current_task(), self._loop.create_future()
        due = self._clock() + timedelta(seconds=seconds)
        heapq.heappush(self._due, (due, next(self._order), wake, task))
        if task in self._tasks:
            self._sleeping.add(task)
        self._set_alarm()
        self._tell_waiting()
        await wake

    def later(self, seconds: float, work: Callable[[], Coroutine[Any, Any, object]]) -> None:
        """Do ``work`` in the background, ``seconds`` on the clock from now."""

        async def wait_and_work() -> None:
            await self.sleep(seconds)
            await work()

        self.spawn(wait_and_work())

    async def settle(self) -> None:
        """Return when everything due is done and only sleepers, if any, are left."""
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
            _, _, wake, task = heapq.heappop(self._due)
            if not wake.done():
                if task:
                    self._sleeping.discard(task)  # at once, so that `settle` never misses it
                wake.set_result(None)
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
