"""Callers who reach the hotline, and what their cases are found by."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.crypto import keyed_hash
from app.store import Db
from app.telephony import identify_number


@dataclass(frozen=True)
class NewCaller:
    """A caller without a live case: how they reach us, and their number unless it is withheld."""

    channel: str
    number: str | None = field(repr=False)


def make_caller_lookup(db: Db, number: str) -> bytes:
    """Return what the cases of one phone are found by, whichever way it reaches us.

    While the server is sealed that is a hash which only this process can make.
    """
    if db.keys.is_open:
        return db.keys.number_lookup(number)
    return keyed_hash(db.keys.provisional_key, "provisional", identify_number(number).encode())
