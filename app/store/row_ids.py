"""Ids of rows: random, with the five-minute window in front where a row tells that in plain.

Rows of one window lie side by side in every index that begins with their id, so that a text writes
half as many pages. The front is a keyed hash of the window: without the integrity key it tells
that two rows are of the same five minutes, as their plain times do, and no order of windows.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from uuid import UUID

from app.crypto import keyed_hash
from app.models import ROUNDING, AnyRow
from app.store.db import Db

_FRONT, _LENGTH = 4, 16


def make_row_id(db: Db, model: type[AnyRow], at: datetime) -> UUID:
    """Return an id for a new row whose column ``model.id_window`` tells ``at`` to five minutes.

    ValueError for a model that names no such column: ids of its rows are ``uuid4``.
    """
    if not model.id_window:
        raise ValueError(f"the rows of {model.__tablename__} tell no time: their ids are random")
    # Without keys the schema is being made, or rows are only copied: nothing to agree on.
    front = find_window_front(db, at) if hasattr(db, "keys") else secrets.token_bytes(_FRONT)
    return UUID(bytes=front + secrets.token_bytes(_LENGTH - _FRONT), version=4)


def find_window_front(db: Db, at: datetime) -> bytes:
    """Return how ids of these five minutes begin; made once a transaction."""
    window = int(at.timestamp() // ROUNDING.total_seconds())
    fronts: dict[int, bytes] = db.info.setdefault("window_fronts", {})
    if window not in fronts:
        made = keyed_hash(db.keys.integrity, "window", window.to_bytes(8, "big"))
        fronts[window] = made[:_FRONT]
    return fronts[window]
