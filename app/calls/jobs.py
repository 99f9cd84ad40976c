"""What the machine decided about a call, carried out; and the call's one deadline.

Nothing that fails holds a call up: a caller whose phone cannot be moved asks for the next step
within seconds, and the deadline comes anyway.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

import structlog

from app.calls.call_jobs import CANCEL, DEADLINE, KEEP, LOOK, MOVE, RING
from app.calls.call_rows import advance_call
from app.calls.carrier_ids import read_leg_sid
from app.calls.crew import CallCrew
from app.calls.events import CallerLeft, CallEvent, DeadlinePassed
from app.calls.held_calls import HeldCall, has_heard, lock_call, lock_call_of_leg
from app.calls.leg_jobs import cancel_leg, ring_leg
from app.calls.looks import look_at_carrier
from app.calls.recordings import keep_recording
from app.store import ClaimedJob, Db, finish_job
from app.telephony import CarrierError, Refused

log = structlog.get_logger()

# A call that has to leave a conversation is moved until the carrier obeys, or the deadline comes.
_MOVES = 30
# The pause between two such moves grows no more after this many.
_LONGEST_PAUSE = 5


def carry_out_jobs(crew: CallCrew, claimed: Sequence[ClaimedJob]) -> None:
    """Do the jobs of calls, one by one."""
    for job in claimed:
        if job.ref is None:
            raise ValueError("a call's job names a call or a phone")
        _HANDLERS[job.kind](crew, job, job.ref)


def _move(crew: CallCrew, job: ClaimedJob, ref: UUID) -> None:
    """Have a caller's phone, or one that rang, ask at once what is next."""
    with crew.database.transaction() as db:
        held = lock_call(db, ref) or lock_call_of_leg(db, ref)
        target = _target(db, crew, held, ref) if held else None
    if held is None or target is None:
        crew.finish(job)
        return
    sid, url = target
    try:
        crew.phones.move(sid, url)
    except CarrierError as error:
        _not_moved(crew, job, held, error, sid)
    else:
        crew.finish(job)


def _target(db: Db, crew: CallCrew, held: HeldCall, ref: UUID) -> tuple[str, str] | None:
    """Return which phone goes on at which address; None where it has asked by itself."""
    place = held.place(crew.line.url)
    if ref in held.legs:
        sid = read_leg_sid(db, held.legs[ref])
        return (sid, place.leg(ref, "next")) if sid else None
    if held.course.ended or has_heard(held) or not held.sid:
        return None
    return held.sid, place.step("next")


def _not_moved(
    crew: CallCrew, job: ClaimedJob, held: HeldCall, error: CarrierError, sid: str
) -> None:
    log.warning("call.not_moved", error=type(error).__name__, code=error.code)
    if isinstance(error, Refused) and crew.is_over(sid):
        event: CallEvent | None = CallerLeft() if job.ref == held.row.id else None
        crew.tell_call(job, held.row.id, event)
    elif job.attempts < _MOVES:
        crew.try_later(job, longest=_LONGEST_PAUSE)
    else:
        crew.finish(job)


def _pass_deadline(crew: CallCrew, job: ClaimedJob, call_id: UUID) -> None:
    now = crew.clock()
    with crew.database.transaction() as db:
        held = lock_call(db, call_id)
        deadline = held.course.deadline if held else None
        if held is not None and deadline is not None and deadline <= now:
            advance_call(db, held, DeadlinePassed(), now)
        finish_job(db, job)


def _keep(crew: CallCrew, job: ClaimedJob, call_id: UUID) -> None:
    keep_recording(crew.database, crew.phones, crew.line, crew.clock, call_id)
    crew.finish(job)


_HANDLERS: Mapping[str, Callable[[CallCrew, ClaimedJob, UUID], None]] = {
    RING: ring_leg,
    CANCEL: cancel_leg,
    MOVE: _move,
    LOOK: look_at_carrier,
    KEEP: _keep,
    DEADLINE: _pass_deadline,
}
