"""The blind index: keyed hashes by which numbers and code names are found."""

from __future__ import annotations

from app.crypto import keyed_hash


def hash_number(index_key: bytes, number: str) -> bytes:
    """Return the blind index of an E.164 number (or a short code)."""
    return keyed_hash(index_key, "number", number.encode())


def hash_reference(index_key: bytes, reference: str) -> bytes:
    """Return the blind index of a case's code name, however it was typed."""
    return keyed_hash(index_key, "reference", reference.casefold().encode())
