"""Keyed hashes: finding a row by a value without storing the value."""

from __future__ import annotations

from cryptography.hazmat.primitives.constant_time import bytes_eq
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC


def keyed_hash(key: bytes, what: str, value: bytes) -> bytes:
    """Return HMAC-SHA256 of ``value`` under ``key``, separated by ``what`` it is for (32 bytes)."""
    name = what.encode()
    mac = HMAC(key, SHA256())
    mac.update(len(name).to_bytes(2, "big") + name + value)
    return mac.finalize()


def is_same(one: bytes, other: bytes) -> bool:
    """Return whether two hashes are equal, in constant time."""
    return bytes_eq(one, other)
