"""Keys in the database: each sealed to its recipient, under the forgetting layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.crypto import Context, KeyPair, Purpose, Secret, day_number, open_sealed, seal_to
from app.models import Parent, list_parents, order_parents
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
    parents: Mapping[str, Parent],
) -> dict[str, Any]:
    """Return the columns ``id wrap shred_day`` and the parents of the row that holds a key.

    ``parents`` are those of the table, by name: see ``app.models.parents``.
    """
    place = _Place(row_id, parents.get("case_id"), order_parents(kind.table, parents))
    context = _context(db, kind, place, parents.get("epoch", recipient.epoch))
    inner = seal_to(recipient.public, kind.purpose, recipient.epoch, context, key)
    wrap = db.keys.forget(kind.table, _COLUMN, row_id, inner, now)
    return {**parents, "id": row_id, _COLUMN: wrap, "shred_day": day_number(now)}


def unwrap_key(db: Db, kind: KeyWrap, row: Any, pair: KeyPair, recipient_epoch: int) -> Secret:
    """Return the key that a row holds. SealBroken; Sealed where its forgetting key is gone."""
    inner = db.keys.remember(kind.table, _COLUMN, row.id, row.wrap)
    place = _Place(row.id, getattr(row, "case_id", None), list_parents(kind.table, row))
    context = _context(db, kind, place, getattr(row, "epoch", recipient_epoch))
    return open_sealed(pair, kind.purpose, recipient_epoch, context, inner)


@dataclass(frozen=True, slots=True)
class _Place:
    row: UUID
    case: Any
    parents: tuple[Parent, ...]


def _context(db: Db, kind: KeyWrap, place: _Place, epoch: Any) -> Context:
    """Return the context of a wrap. ``epoch`` is the epoch of the key that is wrapped."""
    return db.keys.context(
        kind.table, _COLUMN, place.row, case=place.case, epoch=epoch, parents=place.parents
    )
