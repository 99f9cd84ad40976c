"""Looks at the carrier for what it told us of nowhere: whether a call goes on, its recordings."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import structlog

from app.calls.carrier_ids import read_leg_sid
from app.calls.courses import CallCourse
from app.calls.crew import CallCrew
from app.calls.events import CallerLeft, CallEvent, LegDown, NoRecording, Recorded, StillOn
from app.calls.held_calls import HeldCall, lock_call
from app.models import CallState, LegState
from app.store import ClaimedJob, Db
from app.telephony import CarrierError

log = structlog.get_logger()


def look_at_carrier(crew: CallCrew, job: ClaimedJob, call_id: UUID) -> None:
    """Ask the carrier about a call, and bring the call on by the answer."""
    with crew.database.transaction() as db:
        held = lock_call(db, call_id)
        sid = _sid_of_caller(db, held) if held else None
        helpers = _helpers(db, held) if held else {}
    if held is None or held.course.ended or sid is None:
        crew.finish(job)
        return
    try:
        event = _find_event(crew, held.course, sid, helpers)
    except CarrierError as error:
        log.warning("call.not_looked_up", error=type(error).__name__, code=error.code)
        crew.finish(job)  # the deadline brings it up again
        return
    crew.tell_call(job, call_id, event)


def _sid_of_caller(db: Db, held: HeldCall) -> str | None:
    """Return the carrier's name for the caller's phone, whoever called whom."""
    if not held.course.outgoing:
        return held.sid
    callers = (row for row in held.legs.values() if row.kind == "caller")
    return next((sid for row in callers if (sid := read_leg_sid(db, row))), None)


def _helpers(db: Db, held: HeldCall) -> dict[UUID, str]:
    """Return the carrier's names for our phones that are in the conversation, by leg."""
    joined = (
        held.legs[leg.id]
        for leg in held.course.legs
        if leg.state == LegState.JOINED and leg.kind != "caller"
    )
    return {row.id: sid for row in joined if (sid := read_leg_sid(db, row))}


def _find_event(
    crew: CallCrew, call: CallCourse, sid: str, helpers: Mapping[UUID, str]
) -> CallEvent | None:
    if call.state == CallState.BRIDGED:
        if crew.is_over(sid):
            return CallerLeft()
        # We may not have heard that a colleague hung up: the caller must not listen to silence.
        gone = (leg for leg, helper in helpers.items() if crew.is_over(helper))
        leg = next(gone, None)
        return StillOn() if leg is None else LegDown(leg)
    found = crew.phones.recordings(sid)
    whole = next((one for one in found if one.status == "completed"), None)
    if whole is not None:
        return Recorded(whole.sid)
    waiting = any(not one.over for one in found) or not call.tries
    return None if waiting else NoRecording()
