"""How fast texts may go out: what the number of the hotline may send."""

from __future__ import annotations

import threading
import time

# How far ahead a thread takes texts, and how many at most.
_AHEAD_S, _TOGETHER = 0.25, 4


class Pacer:
    """Spaces texts to what the sender's number may send, in segments per second."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._free_at = 0.0
        self._lock = threading.Lock()

    @property
    def together(self) -> int:
        """How many texts a thread may take at once, so that none waits long once taken."""
        return max(1, min(_TOGETHER, int(self._rate * _AHEAD_S)))

    def wait(self, segments: int) -> None:
        """Block until ``segments`` may go out."""
        with self._lock:
            now = time.monotonic()
            start = max(now, self._free_at)
            self._free_at = start + segments / self._rate
        if start > now:
            time.sleep(start - now)
