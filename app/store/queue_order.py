"""Order without time: what a plain column may know of when things happened.

A position is the number of the five-minute slot, shifted, plus a counter with random steps: it
sorts, but tells neither the minute nor how many there were.
"""

from __future__ import annotations

import secrets
import threading
from datetime import datetime

_SLOT_S = 300
_SHIFT = 20
# Added to the queue position of a case in which no caller waits: it comes after all others.
NOT_WAITING = 1 << 61


def _slot(now: datetime) -> int:
    return (int(now.timestamp()) // _SLOT_S) << _SHIFT


def position_after(last: int, now: datetime) -> int:
    """Return a position after ``last`` in the same row's sequence."""
    return max(last, _slot(now)) + 1 + secrets.randbelow(16)


class QueueOrder:
    """Positions for the queue of this process; ``last`` continues an earlier process's."""

    def __init__(self, last: int = 0) -> None:
        self._last = last
        self._lock = threading.Lock()

    def next(self, now: datetime) -> int:
        """Return a position after all earlier ones of this process."""
        with self._lock:
            self._last = position_after(self._last, now)
            return self._last
