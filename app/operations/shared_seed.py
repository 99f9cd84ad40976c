"""The operational seed that the children of one service share, in the kernel's memory."""

from __future__ import annotations

import socket
from contextlib import suppress

from app.crypto import Secret

SEED_BYTES = 32


class SharedSeed:
    """A pair of sockets that the children of one service inherit, and no other process has.

    A child looks at the seed and never takes it out: so every child finds it, also one that died
    and was started again, until the alarm empties it.
    """

    def __init__(self) -> None:
        self._into, self._out_of = socket.socketpair()

    def keep(self, seed: Secret) -> None:
        """Let later children have the seed."""
        self.clear()
        self._into.sendall(seed)

    def look(self) -> Secret | None:
        """Return the seed, if one is kept."""
        with suppress(BlockingIOError):
            seed = self._out_of.recv(SEED_BYTES, socket.MSG_PEEK | socket.MSG_DONTWAIT)
            return Secret(seed) if len(seed) == SEED_BYTES else None
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
