"""What the carrier calls the phones of a call by, and having it forget them all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from app import carrier_traces
from app.db import Db
from app.models import Call, CallLeg


def note_leg(db: Db, row: CallLeg, sid: str) -> None:
    """Keep the carrier's identifier of a phone that rings."""
    db.keys.replace_values("call_legs", row, {"sid": sid})


def leg_sid(db: Db, row: CallLeg) -> str | None:
    """Return the carrier's identifier of a leg; None before it is known, or after the end."""
    sid: str | None = db.keys.open_row("call_legs", row).get("sid")
    return sid


def note_call(
    db: Db, row: Call, legs: Iterable[CallLeg], values: Mapping[str, Any], now: datetime
) -> None:
    """Have the carrier forget it all: recordings, then the phones that rang, then the call."""
    known = [sid for leg in legs if (sid := leg_sid(db, leg))]
    recording = values.get("recording") if row.disposition != "lost" else None
    carrier_traces.note_call(
        db, values.get("sid"), known, [recording] if recording else [], row.id, now
    )


def note_late(db: Db, leg_id: UUID, sid: str, now: datetime) -> None:
    """Have a phone's call forgotten too that was rung while its call was ending."""
    carrier_traces.note_call(db, sid, [], [], leg_id, now)
