"""Texts that a phone sends again and again: each is kept, the first alone counts as unread."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b

_AGAIN_WITHIN = timedelta(minutes=1)
_MOST_KEPT = 4096


@dataclass(eq=False)
class RepeatedTexts:
    """What phones said within the last minute, as far as this process heard it.

    Only hashes under a key that is never written down: nothing of a caller's words stays.
    """

    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    _heard: OrderedDict[bytes, datetime] = field(default_factory=OrderedDict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def hash_text(self, sender: str, body: str) -> bytes:
        """Return what stands for these words from this phone."""
        return blake2b(f"{sender}\0{body.strip()}".encode(), key=self._key, digest_size=16).digest()

    def heard(self, text: bytes, at: datetime) -> bool:
        """Whether the phone sent the same within the minute before ``at``."""
        with self._lock:
            before = self._heard.get(text)
        return before is not None and abs(at - before) < _AGAIN_WITHIN

    def note(self, text: bytes, at: datetime) -> None:
        """Keep that the phone sent this; only once it is stored."""
        with self._lock:
            self._heard[text] = at
            self._heard.move_to_end(text)
            while len(self._heard) > _MOST_KEPT:
                self._heard.popitem(last=False)
