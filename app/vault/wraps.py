"""Keys in the database: each sealed to its recipient, under the forgetting layer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.crypto import Context, KeyPair, Purpose, Secret, day_number, open_sealed, seal_to
from app.store import Db

_COLUMN = "wrap"


@dataclass(frozen=True)
class KeyWrap:
    """A table whose rows each hold one key in their column ``wrap``."""

    table: str
    purpose: Purpose


TEAM_WRAP = KeyWrap("team_wraps", Purpose.TEAM_WRAP)
CASE_GRANT = KeyWrap("case_grants", Purpose.GRANT)
OPERATIONAL_GRANT = KeyWrap("operational_grants", Purpose.OPERATIONAL_SEED)
HANDOVER_KEY = KeyWrap("handover_notes", Purpose.GRANT)
SIGHTING_KEY = KeyWrap("raid_reports", Purpose.GRANT)


@dataclass(frozen=True)
class Recipient:
    """A public key to seal to, and the epoch that it is of."""

    public: bytes
    epoch: int


def wrap_key(
    db: Db,
    kind: KeyWrap,
    row_id: UUID,
    key: Secret,
    recipient: Recipient,
    now: datetime,
    *,
    case: UUID | None = None,
    epoch: int | None = None,
) -> dict[str, Any]:
    """Return the columns ``id wrap shred_day`` of the row that holds a key for its recipient.

    ``epoch`` is the epoch of the key that is wrapped; without it that of the recipient.
    """
    context = _context(db, kind, row_id, case, recipient.epoch if epoch is None else epoch)
    inner = seal_to(recipient.public, kind.purpose, recipient.epoch, context, key)
    wrap = db.keys.forget(kind.table, _COLUMN, row_id, inner, now)
    return {"id": row_id, _COLUMN: wrap, "shred_day": day_number(now)}


def unwrap_key(
    db: Db,
    kind: KeyWrap,
    row: Any,
    pair: KeyPair,
    recipient_epoch: int,
    *,
    case: UUID | None = None,
    epoch: int | None = None,
) -> Secret:
    """Return the key that a row holds. SealBroken; Sealed where its forgetting key is gone."""
    inner = db.keys.remember(kind.table, _COLUMN, row.id, row.wrap)
    context = _context(db, kind, row.id, case, recipient_epoch if epoch is None else epoch)
    return open_sealed(pair, kind.purpose, recipient_epoch, context, inner)


def _context(db: Db, kind: KeyWrap, row_id: UUID, case: UUID | None, epoch: int) -> Context:
    return db.keys.context(kind.table, _COLUMN, row_id, case=case, epoch=epoch)
