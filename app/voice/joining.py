"""An interpreter who accepts what was asked for a running call is rung into it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from app.db import Db
from app.voice import calls, duty
from app.voice.states import Summon


def accepted(db: Db, values: Mapping[str, Any], member_id: UUID, now: datetime) -> None:
    """Ring who accepted a request with these values, if it is for a call that still goes on."""
    if not values.get("call"):
        return
    held = calls.find(db, UUID(values["call"]))
    if held is not None and not duty.on_calls(db, [member_id]):
        calls.bring_on(db, held, Summon("interpreter", member_id), now)
