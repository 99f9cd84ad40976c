"""The operational seed that the children of one service share, in the kernel's memory."""

from __future__ import annotations

import socket
from contextlib import suppress

from app.crypto import Secret
from app.operations.alarm_mark import MARK_BYTES

SEED_BYTES = 32


class SharedSeed:
    """A pair of sockets that the children of one service inherit, and no other process has.

    A child looks at the seed and never takes it out: so every child finds it, also one that died
    and was started again, until the alarm empties it. Beside it lies the mark of the last alarm
    that was known when it was kept: after a later one it opens nothing.
    """

    def __init__(self) -> None:
        self._into, self._out_of = socket.socketpair()

    def keep(self, seed: Secret, mark: bytes) -> None:
        """Let later children have the seed."""
        self.clear()
        self._into.sendall(mark + seed)

    def look(self, mark: bytes) -> Secret | None:
        """Return the seed, if one was kept since the alarm of this mark."""
        whole = MARK_BYTES + SEED_BYTES
        with suppress(BlockingIOError):
            kept = self._out_of.recv(whole, socket.MSG_PEEK | socket.MSG_DONTWAIT)
            fresh = len(kept) == whole and kept[:MARK_BYTES] == mark
            return Secret(kept[MARK_BYTES:]) if fresh else None
        return None

    def clear(self) -> None:
        """Forget the seed."""
        with suppress(BlockingIOError):
            while self._out_of.recv(1024, socket.MSG_DONTWAIT):
                pass

    def close(self) -> None:
        """Give the sockets back; what is kept stays while another process holds them."""
        self._into.close()
        self._out_of.close()
