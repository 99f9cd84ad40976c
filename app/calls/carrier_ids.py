"""What the carrier calls the phones of a call by, and having it forget them all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from app.models import Call, CallLeg
from app.outbox import note_call_copy
from app.store import Db


def note_leg_sid(db: Db, row: CallLeg, sid: str) -> None:
    """Keep the carrier's identifier of a phone that rings."""
    db.keys.replace_values("call_legs", row, {"sid": sid})


def read_leg_sid(db: Db, row: CallLeg) -> str | None:
    """Return the carrier's identifier of a leg; None before it is known, or after the end."""
    sid: str | None = db.keys.open_row("call_legs", row).get("sid")
    return sid


def forget_at_carrier(
    db: Db, row: Call, legs: Iterable[CallLeg], values: Mapping[str, Any], now: datetime
) -> None:
    """Have the carrier forget it all: recordings, then the phones that rang, then the call."""
    known = [sid for leg in legs if (sid := read_leg_sid(db, leg))]
    recording = values.get("recording") if row.disposition != "lost" else None
    note_call_copy(db, values.get("sid"), known, [recording] if recording else [], row.id, now)


def forget_late_leg(db: Db, leg_id: UUID, sid: str, now: datetime) -> None:
    """Have a phone's call forgotten too that was rung while its call was ending."""
    note_call_copy(db, sid, [], [], leg_id, now)
