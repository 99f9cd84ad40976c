"""What the carrier holds of us, noted so that nothing of it stays there.

Every SID that the service learns is noted in the transaction that stores its text or call. Once
the carrier no longer finds it, the SID is dropped, too. Its keyed hash stays for ``COPY_MEMORY``:
neither the carrier's list nor a webhook sent again (a signature has no date) brings an erased text
back.

A message with pictures stays at the carrier until they are fetched, at most for ``PICTURES_KEPT``.
They go at once when the text belongs to no case, or when its case is erased.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select, update

from app.keyring import Keyring
from app.models import (
    CallCopy,
    CarrierTrace,
    CarrierTraceValues,
    TraceState,
    rounded,
    table,
)
from app.store import Db, add_jobs, insert_new_rows, new_job

# Fetches what came with a text; its reference is the message's trace.
MEDIA_JOB = "media"
PICTURES_KEPT = timedelta(days=7)
COPY_MEMORY = timedelta(days=400)
# If we never hear of a call's end, the carrier is asked after this long to delete what it has.
_LONGEST_CALL = timedelta(days=1)
_TRACES = table(CarrierTrace)
_NO_MEDIA: Mapping[str, int] = MappingProxyType({})


# -- noting


def note_copies(
    db: Db, sids: Iterable[str], now: datetime, *, media: Mapping[str, int] = _NO_MEDIA
) -> set[str]:
    """Note messages that the carrier holds, in one statement; return the SIDs that are new.

    ``media``: how many pictures, documents and sounds a message has.
    """
    by_id = {make_trace_id(db.keys, sid): sid for sid in sids}
    rows = []
    for trace in sorted(by_id):
        values = CarrierTraceValues(sid=by_id[trace], media=media.get(by_id[trace], 0))
        wait = PICTURES_KEPT if values.media else timedelta(0)
        rows.append(_new_trace(db, trace, values, now, wait))
    return {by_id[trace] for trace in insert_new_rows(db, _TRACES, rows, _TRACES.c.id)}


def note_call_copy(db: Db, sid: str | None, call: CallCopy, call_id: UUID, now: datetime) -> None:
    """Note a call that is over, in one trace: its parts have to go in their order.

    ``sid`` may be missing; then ``call_id`` names the trace.
    """
    trace = make_trace_id(db.keys, sid) if sid else call_id
    row = _new_trace(db, trace, CarrierTraceValues(sid=sid or "", call=call), now)
    if not insert_new_rows(db, _TRACES, [row], _TRACES.c.id):
        known = ("id", "seen_at", "case_id", "message_id")
        changed = {name: value for name, value in row.items() if name not in known}
        db.execute(update(CarrierTrace).where(CarrierTrace.id == trace).values(**changed))


def note_running_call(db: Db, sid: str, now: datetime) -> bool:
    """Note a call that has begun; return whether it is new. Its end makes its copy due."""
    values = CarrierTraceValues(sid=sid, call=CallCopy(recordings=()))
    row = _new_trace(db, make_trace_id(db.keys, sid), values, now, _LONGEST_CALL)
    return bool(insert_new_rows(db, _TRACES, [row], _TRACES.c.id))


def _new_trace(
    db: Db, trace: UUID, values: CarrierTraceValues, now: datetime, wait: timedelta = timedelta(0)
) -> dict[str, Any]:
    """Return the row of a copy that is due after ``wait``."""
    due = rounded(now + wait)
    return {
        "id": trace,
        "state": TraceState.PICTURES if values.media else TraceState.HELD,
        "seen_at": rounded(now),
        "since": due,
        "next_try_at": due,
        "case_id": None,
        "message_id": None,
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


def keep_pictures(
    db: Db, sids: Iterable[str], texts: Mapping[str, tuple[UUID, UUID]], now: datetime
) -> None:
    """Have the pictures of messages fetched, each for its case and text in ``texts``.

    Those of a message that belongs to no case are let go.
    """
    traces = {sid: make_trace_id(db.keys, sid) for sid in sids}
    for sid, (case_id, message_id) in texts.items():
        known = update(CarrierTrace).where(CarrierTrace.id == traces[sid])
        db.execute(known.values(case_id=case_id, message_id=message_id))
    add_jobs(db, [new_job(MEDIA_JOB, traces[sid], now, priority=3) for sid in texts])
    for sid in traces.keys() - texts.keys():
        _let_go(db, CarrierTrace.id == traces[sid], now)


def release_pictures(db: Db, case_id: UUID, now: datetime) -> None:
    """Let the pictures of a case be deleted now."""
    _let_go(db, CarrierTrace.case_id == case_id, now)


def release_message(db: Db, trace: UUID, now: datetime) -> None:
    """Let a message be deleted now whose pictures were fetched."""
    _let_go(db, CarrierTrace.id == trace, now)


def _let_go(db: Db, which: ColumnElement[bool], now: datetime) -> None:
    db.execute(
        update(CarrierTrace)
        .where(which, CarrierTrace.state == TraceState.PICTURES)
        .values(
            state=TraceState.HELD,
            since=rounded(now),
            next_try_at=rounded(now),
            case_id=None,
            message_id=None,
        )
    )


# -- telling, and forgetting


def count_copies(db: Db) -> dict[str, int]:
    """Return how many messages lie at the carrier: ``held``, ``pictures`` (kept), ``stuck``."""
    query = select(CarrierTrace.state, func.count()).where(CarrierTrace.next_try_at.is_not(None))
    counted = dict(db.execute(query.group_by(CarrierTrace.state)).all())
    there = (TraceState.HELD, TraceState.PICTURES, TraceState.STUCK)
    return {state.value: counted.get(state, 0) for state in there}


def forget_old_copies(db: Db, now: datetime) -> None:
    """Drop the hashes of messages that have been gone for long."""
    old = (CarrierTrace.next_try_at.is_(None), CarrierTrace.seen_at < now - COPY_MEMORY)
    db.execute(delete(CarrierTrace).where(*old))
