"""The throttle of the sign-in: it slows guessing down and keeps no member out.

After wrong tries a name has to wait; it is never locked. A device that signed in before carries a
cookie for this one name. It has a queue and a count of its own, so that an attacker who guesses at
a name, or fills the queue, does not stand in the owner's way.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.crypto import is_same, keyed_hash, new_token
from app.errors import Throttled
from app.keyring import Keyring

_FREE_TRIES = 5
_LONGEST_PAUSE = 60
_FORGIVEN_AFTER = timedelta(minutes=15)


@dataclass(frozen=True)
class SignInVisitor:
    """The name that a visitor gives, and the known device of that name, if it is one."""

    name: str
    device: str | None = None


def identify_visitor(keys: Keyring, handle: str, cookie: str | None = None) -> SignInVisitor:
    """Return the visitor; a cookie that was made for another name does not count."""
    name = handle.strip().casefold()
    device, _, mac = (cookie or "").partition(".")
    known = bool(device) and is_same(_mac(keys, name, device).encode(), mac.encode())
    return SignInVisitor(name, device if known else None)


def make_device_cookie(keys: Keyring, handle: str) -> str:
    """Return the cookie that a device keeps after a sign-in. It opens nothing."""
    device = new_token()
    return f"{device}.{_mac(keys, handle.strip().casefold(), device)}"


def _mac(keys: Keyring, name: str, device: str) -> str:
    said = name.encode("utf-8", "surrogatepass") + b"\0" + device.encode("utf-8", "surrogatepass")
    return keyed_hash(keys.integrity, "device", said).hex()


class _Lane:
    """Places for working on a passphrase, each 64 MiB and a third of a second of a core."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self._working = threading.Semaphore(at_once)
        self._queue = threading.Semaphore(at_once + waiting)

    @contextmanager
    def place(self) -> Iterator[None]:
        if not self._queue.acquire(blocking=False):
            raise Throttled(5, busy=True)
        try:
            with self._working:
                yield
        finally:
            self._queue.release()


class SignInThrottle:
    """The queue for passphrases, and the visitors who wait after wrong tries."""

    def __init__(self) -> None:
        self._strangers, self._known = _Lane(2, 8), _Lane(1, 8)
        self._failures: dict[SignInVisitor, tuple[int, datetime]] = {}
        self._lock = threading.Lock()

    @contextmanager
    def place(self, *, known: bool = False) -> Iterator[None]:
        """Hold one of the places for computing a key; Throttled when the queue is full."""
        with (self._known if known else self._strangers).place():
            yield

    def check(self, who: SignInVisitor, now: datetime) -> None:
        """Raise Throttled while the visitor has to wait after wrong tries."""
        tries, last = self._failures.get(who, (0, now))
        if tries < _FREE_TRIES or now - last > _FORGIVEN_AFTER:
            return
        pause = min(2 ** (tries - _FREE_TRIES), _LONGEST_PAUSE)
        left = (last + timedelta(seconds=pause) - now).total_seconds()
        if left > 0:
            raise Throttled(int(left) + 1)

    def failed(self, who: SignInVisitor, now: datetime) -> None:
        """Count a wrong try."""
        with self._lock:
            tries, last = self._failures.get(who, (0, now))
            fresh = now - last > _FORGIVEN_AFTER
            if len(self._failures) > 10_000:  # invented names must not fill the memory
                self._failures.clear()
            self._failures[who] = (1 if fresh else tries + 1, now)

    def succeeded(self, who: SignInVisitor) -> None:
        """Forget a visitor's wrong tries."""
        self._failures.pop(who, None)
