from __future__ import annotations

import asyncio
import threading
from datetime import timedelta

import pytest

from app.clock import Clock, FixedClock
from app.simulator.network.timers import Timers

pytestmark = pytest.mark.anyio


async def nap(timers: Timers, seconds: float, log: list[float]) -> None:
    await timers.sleep(seconds)
    log.append(seconds)


async def test_sleepers_wake_in_the_order_they_are_due(clock: FixedClock) -> None:
    timers, log = Timers(clock), list[float]()
    for seconds in (30, 10, 20):
        timers.spawn(nap(timers, seconds, log))
    await timers.settle()
    clock.advance(timedelta(seconds=25))
    await timers.settle()
    assert log == [10, 20]
    await timers.close()


async def test_a_clock_moved_by_another_thread_wakes_too(clock: FixedClock) -> None:
    timers, log = Timers(clock), list[float]()
    sleeper = timers.spawn(nap(timers, 60, log))
    await timers.settle()
    thread = threading.Thread(target=clock.advance, args=(timedelta(seconds=60),))
    thread.start()
    await sleeper
    thread.join()
    assert log == [60]


async def test_real_time_wakes_too() -> None:
    timers, log = Timers(Clock()), list[float]()
    await timers.spawn(nap(timers, 0.001, log))
    assert log == [0.001]


async def test_work_that_wakes_others_is_waited_for(clock: FixedClock) -> None:
    timers, log = Timers(clock), list[float]()

    async def chain() -> None:
        await nap(timers, 1, log)
        timers.spawn(nap(timers, 0, log))

    timers.spawn(chain())
    clock.advance(timedelta(seconds=1))
    await timers.settle()
    clock.advance(timedelta(seconds=1))
    await timers.settle()
    assert log == [1, 0]


async def test_closing_ends_the_sleepers(clock: FixedClock) -> None:
    timers = Timers(clock)
    sleeper = timers.spawn(nap(timers, 60, []))
    await timers.settle()
    await timers.close()
    assert sleeper.cancelled()
    clock.advance(timedelta(seconds=60))
    await asyncio.sleep(0)


async def test_a_clock_may_move_after_the_loop_has_ended(clock: FixedClock) -> None:
    def another_loop() -> None:
        timers = Timers(clock)

        async def work() -> None:
            timers.spawn(nap(timers, 60, []))
            await timers.settle()
            await timers.close()

        asyncio.run(work())

    await asyncio.to_thread(another_loop)
    clock.advance(timedelta(seconds=60))
