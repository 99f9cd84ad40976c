"""Keyed hashes: finding a row by a value without storing the value."""

from __future__ import annotations

import hmac
from hashlib import sha256


def keyed_hash(key: bytes, what: str, value: bytes) -> bytes:
    """Return HMAC-SHA256 of ``value`` under ``key``, separated by ``what`` it is for (32 bytes)."""
    name = what.encode()
    return hmac.digest(key, len(name).to_bytes(2, "big") + name + value, sha256)


def same(one: bytes, other: bytes) -> bool:
    """Return whether two hashes are equal, in constant time."""
    return hmac.compare_digest(one, other)
