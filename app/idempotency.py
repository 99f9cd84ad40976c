"""Doing a request once, however often it arrives."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from app.access import Principal
from app.crypto import keyed_hash, same
from app.db import Db
from app.errors import IdempotencyMismatch
from app.models import Idempotency, rounded


def once(
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
    known = db.get(Idempotency, key_hash)
    if known is not None:
        if not same(known.request_mac, request_mac):
            raise IdempotencyMismatch
        return known.resource_id
    resource_id = do()
    db.add(
        Idempotency(
            key_hash=key_hash,
            request_mac=request_mac,
            resource_id=resource_id,
            created_at=rounded(now),
        )
    )
    return resource_id
