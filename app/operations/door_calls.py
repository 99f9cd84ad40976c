"""Calls at the doors of the running processes: here is the key, or the alarm."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.crypto import Secret
from app.operations.alarm_mark import renew_alarm_mark

# A call is one of these letters; after an ``OPEN`` come the mark of the last alarm that the caller
# knew when they began, and the seed. The answer is a letter, too.
OPEN, PANIC = b"O", b"P"
DONE, REFUSED = b"+", b"-"


@dataclass(frozen=True)
class ReachedProcesses:
    """How many running processes heard a call, and how many of them obeyed."""

    told: int
    did: int


def send_seed(
    folder: Path, seed: Secret, mark: bytes, but: Path | None = None, patience_s: float = 10
) -> ReachedProcesses:
    """Open every running process of this data directory, except the one whose door is ``but``.

    ``mark`` is that of the last alarm when the sign-in began; after another one they stay sealed.
    """
    return _call_doors(folder, OPEN + mark + seed, but, patience_s)


def raise_alarm(folder: Path) -> ReachedProcesses:
    """Seal every running process of this data directory and end all sessions.

    The new mark comes first, so that no process that has not heard yet opens one that has.
    """
    renew_alarm_mark(folder)
    return _call_doors(folder, PANIC, None, 10)


def _call_doors(folder: Path, call: bytes, but: Path | None, patience_s: float) -> ReachedProcesses:
    told = did = 0
    for path in sorted(folder.glob("*.sock")):
        if path == but:
            continue
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(patience_s)
            try:
                with make_short_address(path) as address:
                    connection.connect(address)
                told += 1
                if is_same_user(connection):
                    connection.sendall(call)
                    did += connection.recv(1) == DONE
            except (ConnectionRefusedError, FileNotFoundError):
                path.unlink(missing_ok=True)  # left by a process that was killed
            except (TimeoutError, ConnectionResetError, BrokenPipeError):
                continue  # it heard the call, and did not answer
    return ReachedProcesses(told, did)


@contextmanager
def make_short_address(path: Path) -> Iterator[str]:
    """Yield an address of a socket: paths of over a hundred characters are too long for one."""
    if not Path("/proc/self/fd").exists():
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def is_same_user(connection: socket.socket) -> bool:
    """Return whether the kernel says that the peer runs under our user (or as root)."""
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:  # elsewhere the folder's and the socket's modes have to do
        return True
    raw = connection.getsockopt(socket.SOL_SOCKET, option, struct.calcsize("3i"))
    _, uid, _ = struct.unpack("3i", raw)
    return uid in (os.getuid(), 0)
