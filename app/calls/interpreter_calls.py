"""An interpreter who accepts what was asked for a running call is rung into it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from app.calls.call_rows import advance_call, lock_call
from app.calls.staff import find_busy_members
from app.calls.states import Summon
from app.store.db import Db


def ring_interpreter(db: Db, values: Mapping[str, Any], member_id: UUID, now: datetime) -> None:
    """Ring who accepted a request with these values, if it is for a call that still goes on."""
    if not values.get("call"):
        return
    held = lock_call(db, UUID(values["call"]))
    if held is not None and not find_busy_members(db, [member_id]):
        advance_call(db, held, Summon("interpreter", member_id), now)
