"""The one source of time: host clock plus an offset that only the demo may move."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class Clock:
    """A callable that gives the current instant, always aware and in UTC.

    ``offset`` is added to the host clock. In production it holds the measured distance to the
    database's clock, so that several hosts agree; in the demo the simulated network moves it.
    """

    def __init__(self, offset: timedelta = timedelta(0)) -> None:
        self._offset = offset
        self._lock = threading.Lock()
        self._listeners: list[Callable[[datetime], None]] = []

    def __call__(self) -> datetime:
        """Return the current instant."""
        return datetime.now(UTC) + self._offset

    @property
    def offset(self) -> timedelta:
        """The time that is added to the host clock."""
        return self._offset

    def advance(self, by: timedelta) -> datetime:
        """Step once by ``by`` (never backwards) and tell the listeners; return the new instant."""
        if by < timedelta(0):
            raise ValueError("a clock only goes forward")
        return self.set_offset(self._offset + by)

    def set_offset(self, offset: timedelta) -> datetime:
        """Adopt ``offset``, tell the listeners if it changed, and return the new instant."""
        with self._lock:
            changed, self._offset = offset != self._offset, offset
        now = self()
        if changed:
            for listener in list(self._listeners):
                listener(now)
        return now

    def on_advance(self, listener: Callable[[datetime], None]) -> None:
        """Call ``listener(now)`` after every step, from the thread that stepped."""
        self._listeners.append(listener)


class FixedClock(Clock):
    """A clock that stands still until it is advanced; for tests and reproducible simulations."""

    def __init__(self, start: datetime) -> None:
        super().__init__()
        self._start = start

    def __call__(self) -> datetime:
        """Return the instant the clock was last moved to."""
        return self._start + self._offset
