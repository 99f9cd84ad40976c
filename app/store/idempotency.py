"""Doing a request once, however often it arrives."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy import update

from app.access import Principal
from app.crypto import is_same, keyed_hash
from app.errors import IdempotencyMismatch
from app.models import Idempotency, rounded, table
from app.store.db import Db
from app.store.statements import insert_new_rows

_NOT_YET = UUID(int=0)


def do_once(
    db: Db,
    principal: Principal,
    key: str | None,
    request: bytes,
    now: datetime,
    do: Callable[[], UUID],
) -> UUID:
    """Return the id of what ``do`` makes, or made when this key was first used.

    Only keyed hashes are kept, never an answer. IdempotencyMismatch for another request.
    """
    if key is None:
        return do()
    integrity = db.keys.integrity
    key_hash = keyed_hash(integrity, "idempotency-key", principal.member_id.bytes + key.encode())
    request_mac = keyed_hash(integrity, "idempotent-request", request)
    if not _is_first(db, key_hash, request_mac, now):
        known = db.get_one(Idempotency, key_hash)
        if not is_same(known.request_mac, request_mac):
            raise IdempotencyMismatch
        return known.resource_id
    resource_id = do()
    named = update(Idempotency).where(Idempotency.key_hash == key_hash)
    db.execute(named.values(resource_id=resource_id))
    return resource_id


def _is_first(db: Db, key_hash: bytes, request_mac: bytes, now: datetime) -> bool:
    """Note the key before anything is done: who comes at the same moment waits for the first."""
    row = {
        "key_hash": key_hash,
        "request_mac": request_mac,
        "resource_id": _NOT_YET,
        "created_at": rounded(now),
    }
    return bool(insert_new_rows(db, table(Idempotency), [row], table(Idempotency).c.key_hash))
