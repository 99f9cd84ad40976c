"""The blind index: keyed hashes by which numbers and code names are found."""

from __future__ import annotations

from app.crypto import keyed_hash
from app.telephony import identify_number


def hash_number(index_key: bytes, number: str) -> bytes:
    """Return the blind index of an E.164 number (or a short code), one for both of its forms."""
    return keyed_hash(index_key, "number", identify_number(number).encode())


def hash_reference(index_key: bytes, reference: str) -> bytes:
    """Return the blind index of a case's code name, however it was typed."""
    return keyed_hash(index_key, "reference", reference.casefold().encode())
