"""No trace at the carrier: what it holds of us, deleted as soon as it lets us, and verified.

Every SID the service learns is noted in the transaction that stores its text. A recurring job
deletes pictures, then message, and asks for the message again: only the carrier's *not found*
ends it. Then the SID itself is dropped, too. Its keyed hash stays for ``MEMORY``, so that neither
the carrier's list nor a webhook sent again (a signature has no date) brings an erased text back.

A message with pictures is left at the carrier for ``PICTURES_KEPT``, since this release does not
fetch pictures and deleting them would lose them unseen; erasing its case ends that at once.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import delete, func, select, update

from app.keyring import Keyring
from app.models import (
    ROUNDING,
    CallCopy,
    CarrierTrace,
    CarrierTraceValues,
    Outgoing,
    OutgoingState,
    rounded,
    table,
)
from app.store import Database, Db, insert_new_rows
from app.telephony import Carrier, CarrierUnreachable, NotFinal, Refused

log = structlog.get_logger()

# How long the carrier's "not final yet" is taken for an answer, before the operator is told.
COPY_PATIENCE = timedelta(days=14)
PICTURES_KEPT = timedelta(days=7)
COPY_MEMORY = timedelta(days=400)
# What the carrier's list still has to tell about a text of ours is read before it is deleted: the
# receipt of the handset seldom comes later than this, and after a day nobody waits for more.
_RECEIPT = timedelta(hours=1)
_SILENCE = timedelta(days=1)
_PAUSE_AT_MOST = timedelta(hours=6)
_PAUSE_WHEN_STUCK = timedelta(days=1)
_BATCH = 50
# One run of the job, which holds its lease for longer than this.
_RUN_S = 20.0
_TRACES = table(CarrierTrace)
_NO_VALUES: Mapping[str, Any] = {"op_key": None, "op_values": None, "shred_day": None}


# -- noting


def note_copies(
    db: Db, sids: Iterable[str], now: datetime, *, pictures: Collection[str] = ()
) -> set[str]:
    """Note messages that the carrier holds, in one statement; return the SIDs that are new.

    ``pictures`` are the SIDs of messages with pictures.
    """
    by_id = {make_trace_id(db.keys, sid): sid for sid in sids}
    rows = []
    for trace in sorted(by_id):
        values = CarrierTraceValues(sid=by_id[trace], pictures=by_id[trace] in pictures)
        wait = PICTURES_KEPT if values.pictures else timedelta(0)
        rows.append(_new_trace(db, trace, values, now, wait))
    return {by_id[trace] for trace in insert_new_rows(db, _TRACES, rows, _TRACES.c.id)}


def note_call_copy(db: Db, sid: str | None, call: CallCopy, call_id: UUID, now: datetime) -> None:
    """Note a call that is over, in one trace: its parts have to go in their order.

    ``sid`` may be missing; then ``call_id`` names the trace.
    """
    trace = make_trace_id(db.keys, sid) if sid else call_id
    row = _new_trace(db, trace, CarrierTraceValues(sid=sid or "", call=call), now)
    if not insert_new_rows(db, _TRACES, [row], _TRACES.c.id):
        known = ("id", "seen_at", "case_id")
        changed = {name: value for name, value in row.items() if name not in known}
        db.execute(update(CarrierTrace).where(CarrierTrace.id == trace).values(**changed))


def note_running_call(db: Db, sid: str, now: datetime) -> bool:
    """Note a call that has begun; return whether it is new. Its end makes its copy due.

    If we never hear of its end, the carrier is asked a day later to delete what it has.
    """
    values = CarrierTraceValues(sid=sid, call=CallCopy(recordings=()))
    row = _new_trace(db, make_trace_id(db.keys, sid), values, now, _SILENCE)
    return bool(insert_new_rows(db, _TRACES, [row], _TRACES.c.id))


def _new_trace(
    db: Db, trace: UUID, values: CarrierTraceValues, now: datetime, wait: timedelta = timedelta(0)
) -> dict[str, Any]:
    """Return the row of a copy that is due after ``wait``."""
    due = rounded(now + wait)
    return {
        "id": trace,
        "state": "pictures" if values.pictures else "held",
        "seen_at": rounded(now),
        "since": due,
        "next_try_at": due,
        "case_id": None,
        **db.keys.new_values(CarrierTrace, trace, values, now),
    }


def make_trace_id(keys: Keyring, sid: str) -> UUID:
    """Return what is known of a SID for good: half of its keyed hash."""
    return UUID(bytes=keys.sid_lookup(sid)[:16])


def find_known_sids(db: Db, sids: Collection[str]) -> set[str]:
    """Return those of the SIDs that were noted before."""
    by_id = {make_trace_id(db.keys, sid): sid for sid in sids}
    found = db.scalars(select(CarrierTrace.id).where(CarrierTrace.id.in_(by_id)))
    return {by_id[trace] for trace in found}


# -- pictures, which wait


def keep_pictures(db: Db, case_id: UUID, sids: Iterable[str]) -> None:
    """Say for which case pictures are kept, so that they go with it."""
    traces = [make_trace_id(db.keys, sid) for sid in sids]
    db.execute(update(CarrierTrace).where(CarrierTrace.id.in_(traces)).values(case_id=case_id))


def release_pictures(db: Db, case_id: UUID, now: datetime) -> None:
    """Let the pictures of a case be deleted now."""
    db.execute(
        update(CarrierTrace)
        .where(CarrierTrace.case_id == case_id)
        .values(state="held", since=rounded(now), next_try_at=rounded(now), case_id=None)
    )


# -- deleting


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
        found = {row.id: db.keys.read_values(row) for row in rows}
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
        if copy.values.pictures:
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
            .values(state="gone", next_try_at=None, case_id=None, **_NO_VALUES)
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
        if row.state != "stuck":
            log.error("carrier_copy.stuck", days=tried_for.days)
        row.state = "stuck"
    row.next_try_at = rounded(now + pause)


# -- telling, and forgetting


def count_copies(db: Db) -> dict[str, int]:
    """Return how many messages lie at the carrier: ``held``, ``pictures`` (kept), ``stuck``."""
    query = select(CarrierTrace.state, func.count()).where(CarrierTrace.next_try_at.is_not(None))
    counted = dict(db.execute(query.group_by(CarrierTrace.state)).all())
    return {state: counted.get(state, 0) for state in ("held", "pictures", "stuck")}


def forget_old_copies(db: Db, now: datetime) -> None:
    """Drop the hashes of messages that have been gone for long."""
    old = (CarrierTrace.next_try_at.is_(None), CarrierTrace.seen_at < now - COPY_MEMORY)
    db.execute(delete(CarrierTrace).where(*old))
