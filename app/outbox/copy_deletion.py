"""No trace at the carrier: what it holds of us is deleted as soon as it lets us, and looked for.

A recurring job deletes pictures, then message, and asks for the message again: only the carrier's
*not found* ends it.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select, update

from app.models import (
    ROUNDING,
    CallCopy,
    CarrierTrace,
    CarrierTraceValues,
    Outgoing,
    OutgoingState,
    TraceState,
    rounded,
)
from app.store import Database, Db, show_each
from app.telephony import Carrier, CarrierUnreachable, NotFinal, Refused

log = structlog.get_logger()

# For so long the carrier may answer "not final yet" before the operator is told.
COPY_PATIENCE = timedelta(days=14)
# What the carrier's list still has to tell about a text of ours is read before it is deleted. The
# receipt of the handset seldom comes later than this; after a day no news is expected any more.
_RECEIPT = timedelta(hours=1)
_SILENCE = timedelta(days=1)
_PAUSE_AT_MOST = timedelta(hours=6)
_PAUSE_WHEN_STUCK = timedelta(days=1)
_BATCH = 50
# One run of the job, which holds its lease for longer than this.
_RUN_S = 20.0
_NO_VALUES: Mapping[str, Any] = {"op_key": None, "op_values": None, "shred_day": None}


@dataclass(frozen=True)
class _Copy:
    id: UUID
    values: CarrierTraceValues
    ready: bool


def delete_copies(database: Database, carrier: Carrier, now: datetime) -> None:
    """Delete at the carrier what is due. Nothing while sealed. CarrierError where it cannot go on.

    A copy that made the carrier fail is tried again later, behind all others.
    """
    started = time.monotonic()
    while time.monotonic() - started < _RUN_S and (copies := _due(database, now)):
        gone: dict[UUID, bool] = {}
        try:
            for copy in copies:
                if time.monotonic() - started >= _RUN_S:
                    break  # a call may take many requests: what is left is due in the next run
                gone[copy.id] = copy.ready and _delete(carrier, copy)
        except CarrierUnreachable:
            gone[copy.id] = False
            raise
        finally:
            _write_down(database, gone, now)


def _due(database: Database, now: datetime) -> list[_Copy]:
    with database.snapshot() as db:
        if not db.keys.is_open:
            return []
        rows = db.scalars(
            select(CarrierTrace)
            .where(CarrierTrace.next_try_at <= now)
            .order_by(CarrierTrace.next_try_at)
            .limit(_BATCH)
        ).all()
        # One that somebody changed holds up no other.
        found = dict(
            show_each(db, [(row,) for row in rows], lambda row: (row.id, db.keys.read_values(row)))
        )
        waiting = _still_waited_for(db, {values.sid for values in found.values()}, now)
        return [_Copy(trace, values, values.sid not in waiting) for trace, values in found.items()]


def _still_waited_for(db: Db, sids: Collection[str], now: datetime) -> set[str]:
    """Return the SIDs of texts of ours whose fate the carrier may still have to tell."""
    by_lookup = {db.keys.sid_lookup(sid): sid for sid in sids}
    rows = db.execute(
        select(Outgoing.sid_lookup, Outgoing.state, Outgoing.queued_at).where(
            Outgoing.sid_lookup.in_(by_lookup),
            Outgoing.state.in_((OutgoingState.SENDING, OutgoingState.SENT)),
        )
    )
    return {
        by_lookup[lookup]
        for lookup, state, queued_at in rows
        if lookup and now - queued_at < (_RECEIPT if state == OutgoingState.SENT else _SILENCE)
    }


def _delete(carrier: Carrier, copy: _Copy) -> bool:
    """Delete one copy; return whether the carrier has it no longer."""
    sid = copy.values.sid
    try:
        if copy.values.call is not None:
            return _delete_call(carrier, sid, copy.values.call)
        if copy.values.media:
            carrier.delete_media(sid)
        carrier.delete_message(sid)
        return not carrier.exists(sid)
    except (NotFinal, Refused) as error:
        log.info("carrier_copy.kept", error=type(error).__name__, code=error.code)
        return False


def _delete_call(carrier: Carrier, sid: str, call: CallCopy) -> bool:
    """Delete recordings, then the phones that rang, then the call itself."""
    calls = (*call.legs, sid) if sid else call.legs
    for one in calls if call.running else ():
        carrier.hang_up(one)
    recordings = call.recordings
    if recordings is None:
        recordings = tuple(found.sid for found in carrier.recordings(sid)) if sid else ()
    for recording in recordings:
        carrier.delete_recording(recording)
    for one in calls:
        carrier.delete_call(one)
    left = any(carrier.recording_exists(recording) for recording in recordings)
    return not left and not any(carrier.call_exists(one) for one in calls)


def _write_down(database: Database, gone: Mapping[UUID, bool], now: datetime) -> None:
    with database.transaction() as db:
        db.execute(
            update(CarrierTrace)
            .where(CarrierTrace.id.in_([trace for trace, is_gone in gone.items() if is_gone]))
            .values(
                state=TraceState.GONE, next_try_at=None, case_id=None, message_id=None, **_NO_VALUES
            )
        )
        left = [trace for trace, is_gone in gone.items() if not is_gone]
        query = select(CarrierTrace).where(CarrierTrace.id.in_(left)).order_by(CarrierTrace.id)
        for row in db.scalars(query.with_for_update()):
            _put_off(row, now)


def _put_off(row: CarrierTrace, now: datetime) -> None:
    """Plan the next try: each pause as long as all before it, six hours at most."""
    tried_for = now - row.since
    pause = min(max(tried_for, ROUNDING), _PAUSE_AT_MOST)
    if tried_for >= COPY_PATIENCE:
        pause = _PAUSE_WHEN_STUCK
        if row.state != TraceState.STUCK:
            log.error("carrier_copy.stuck", days=tried_for.days)
        row.state = TraceState.STUCK
    row.next_try_at = rounded(now + pause)
