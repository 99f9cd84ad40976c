"""What the carrier calls the phones of a call by, and having it forget them all."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from app.models import Call, CallCopy, CallLeg, CallLegValues, CallState, CallValues
from app.outbox import note_call_copy
from app.store import Db


def note_leg_sid(db: Db, row: CallLeg, sid: str) -> None:
    """Keep the carrier's identifier of a phone that rings."""
    db.keys.write_values(row, CallLegValues(sid=sid))


def read_leg_sid(db: Db, row: CallLeg) -> str | None:
    """Return the carrier's identifier of a leg; None before it is known, or after the end."""
    values = db.keys.find_values(row)
    return values.sid if values else None


def forget_at_carrier(
    db: Db, row: Call, legs: Iterable[CallLeg], values: CallValues, now: datetime
) -> None:
    """Have the carrier forget a call that is over.

    A recording that we could not fetch stays there.
    """
    kept = values.recording if row.disposition != "lost" else None
    copy = CallCopy(legs=_leg_sids(db, legs), recordings=(kept,) if kept else ())
    note_call_copy(db, values.sid, copy, row.id, now)


def forget_erased_call(db: Db, row: Call, legs: Iterable[CallLeg], now: datetime) -> None:
    """Have the carrier forget a call of a case that is erased, with whatever was recorded in it.

    One that goes on is ended first.
    """
    values = db.keys.find_values(row)
    copy = CallCopy(legs=_leg_sids(db, legs), running=row.state != CallState.ENDED)
    note_call_copy(db, values.sid if values else None, copy, row.id, now)


def forget_late_leg(db: Db, leg_id: UUID, sid: str, now: datetime) -> None:
    """Have the carrier forget a phone too that was rung while its call was ending."""
    note_call_copy(db, sid, CallCopy(recordings=()), leg_id, now)


def _leg_sids(db: Db, legs: Iterable[CallLeg]) -> tuple[str, ...]:
    return tuple(sid for leg in legs if (sid := read_leg_sid(db, leg)))
