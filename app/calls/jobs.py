"""Carrying out what a call's machine decided: rings, ends, moves, looks; and its one deadline.

Every request to the carrier is made outside a transaction, and each answer is an event again. What
fails is not insisted on: a phone that cannot be rung is a phone nobody answers, and a caller who
cannot be moved asks for the next step by themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from app.calls.call_rows import (
    CANCEL,
    DEADLINE,
    KEEP,
    LOOK,
    MOVE,
    RING,
    HeldCall,
    advance_call,
    has_heard,
    lock_call,
    lock_call_of_leg,
)
from app.calls.carrier_ids import forget_late_leg, note_leg_sid, read_leg_sid
from app.calls.line import CallSettings
from app.calls.recordings import keep_recording
from app.calls.staff import find_phone
from app.calls.states import (
    CallerLeft,
    CallEvent,
    DeadlinePassed,
    LegDown,
    NoRecording,
    Recorded,
    StillOn,
)
from app.cases import read_case_values
from app.clock import Clock
from app.errors import Refusal
from app.models import CallLeg
from app.outbox import check_call
from app.store import ClaimedJob, Database, Db, add_jobs, finish_job, new_job, postpone_job
from app.telephony import CALL_OVER, CarrierError, OutgoingCall, Phones, Refused

log = structlog.get_logger()

_AGAIN = timedelta(seconds=2)
# So often is a request made that the carrier was too busy for, or did not answer.
_TRIES = 3
# A call that has to leave a conversation is moved until the carrier obeys, or the deadline comes.
_MOVES = 30


@dataclass(frozen=True)
class CallCrew:
    """What carrying out needs."""

    database: Database
    phones: Phones
    clock: Clock
    line: CallSettings


def carry_out_jobs(crew: CallCrew, claimed: Sequence[ClaimedJob]) -> None:
    """Do the jobs of calls, one by one."""
    for job in claimed:
        if job.ref is None:
            raise ValueError("a call's job names a call or a phone")
        _HANDLERS[job.kind](crew, job, job.ref)


def _done(crew: CallCrew, job: ClaimedJob) -> None:
    with crew.database.transaction() as db:
        finish_job(db, job)


def _later(crew: CallCrew, job: ClaimedJob) -> None:
    with crew.database.transaction() as db:
        postpone_job(db, job, crew.clock() + _AGAIN * job.attempts)


def _tell(crew: CallCrew, job: ClaimedJob, call_id: UUID, event: CallEvent | None) -> None:
    """Bring the call on by what the carrier answered; the job is done."""
    with crew.database.transaction() as db:
        held = lock_call(db, call_id) if event else None
        if held is not None and event is not None:
            advance_call(db, held, event, crew.clock())
        finish_job(db, job)


# -- phones


def _ring(crew: CallCrew, job: ClaimedJob, leg_id: UUID) -> None:
    with crew.database.transaction() as db:
        held = lock_call_of_leg(db, leg_id)
        call = _wanted(db, crew, held, leg_id, crew.clock()) if held else None
        if held is None or call is None:
            if held is not None:
                advance_call(db, held, LegDown(leg_id), crew.clock())
            finish_job(db, job)
            return
    try:
        sid = crew.phones.ring(call)
    except CarrierError as error:
        log.warning("call.not_rung", error=type(error).__name__, code=error.code)
        if job.attempts < _TRIES and not isinstance(error, Refused):
            _later(crew, job)
        else:
            _tell(crew, job, held.row.id, LegDown(leg_id))
        return
    _rung(crew, job, leg_id, sid)


def _wanted(
    db: Db, crew: CallCrew, held: HeldCall, leg_id: UUID, now: datetime
) -> OutgoingCall | None:
    """Return the phone to ring, if it still is to be rung; the last gate for a caller's."""
    leg = held.state.leg(leg_id)
    if leg is None or leg.state != "asked" or read_leg_sid(db, held.legs[leg_id]):
        return None
    number = find_phone(db, leg.member) if leg.member else _callers(db, held, now)
    if number is None:
        return None
    place = held.place(crew.line.url)
    return OutgoingCall(number, place.leg(leg_id, "answer"), place.leg(leg_id, "status"))


def _callers(db: Db, held: HeldCall, now: datetime) -> str | None:
    values = read_case_values(db, held.case)
    try:
        check_call(db, held.case, values, now)
    except Refusal as refusal:
        log.info("call.refused", why=refusal.slug)
        return None
    return str(values["number"])


def _rung(crew: CallCrew, job: ClaimedJob, leg_id: UUID, sid: str) -> None:
    """Keep the call's identifier; end it again where somebody else was faster meanwhile."""
    with crew.database.transaction() as db:
        held = lock_call_of_leg(db, leg_id)
        row = held.legs.get(leg_id) if held else None
        leg = held.state.leg(leg_id) if held else None
        if held is None or row is None:
            finish_job(db, job)
            return
        note_leg_sid(db, row, sid)
        if leg is None or not leg.running:
            add_jobs(db, [new_job(CANCEL, leg_id, crew.clock(), priority=1)])
        finish_job(db, job)
    if held.state.ended:
        with crew.database.transaction() as db:
            forget_late_leg(db, leg_id, sid, crew.clock())


def _cancel(crew: CallCrew, job: ClaimedJob, leg_id: UUID) -> None:
    with crew.database.transaction() as db:
        row = db.get(CallLeg, leg_id)
        sid = read_leg_sid(db, row) if row else None
    try:
        if sid:
            crew.phones.hang_up(sid)
    except CarrierError as error:
        log.warning("call.not_cancelled", error=type(error).__name__, code=error.code)
        if job.attempts < _TRIES:
            _later(crew, job)
            return
    _done(crew, job)


# -- the caller


def _move(crew: CallCrew, job: ClaimedJob, ref: UUID) -> None:
    with crew.database.transaction() as db:
        held = lock_call(db, ref) or lock_call_of_leg(db, ref)
        target = _target(db, crew, held, ref) if held else None
    if held is None or target is None:
        _done(crew, job)
        return
    sid, url = target
    try:
        crew.phones.move(sid, url)
    except CarrierError as error:
        _not_moved(crew, job, held, error, sid)
    else:
        _done(crew, job)


def _target(db: Db, crew: CallCrew, held: HeldCall, ref: UUID) -> tuple[str, str] | None:
    """Return which call goes on where; None where its phone has found out by itself."""
    place = held.place(crew.line.url)
    if ref in held.legs:
        sid = read_leg_sid(db, held.legs[ref])
        return (sid, place.leg(ref, "next")) if sid else None
    if held.state.ended or has_heard(held) or not held.sid:
        return None
    return held.sid, place.step("next")


def _not_moved(
    crew: CallCrew, job: ClaimedJob, held: HeldCall, error: CarrierError, sid: str
) -> None:
    log.warning("call.not_moved", error=type(error).__name__, code=error.code)
    over = isinstance(error, Refused) and _is_over(crew, sid)
    if over:
        event: CallEvent | None = CallerLeft() if job.ref == held.row.id else None
        _tell(crew, job, held.row.id, event)
    elif job.attempts < _MOVES:
        _later(crew, replace(job, attempts=min(job.attempts, 5)))
    else:
        _done(crew, job)


def _is_over(crew: CallCrew, sid: str) -> bool:
    try:
        status = crew.phones.call_status(sid)
    except CarrierError:
        return False
    return status is None or status in CALL_OVER


# -- deadlines, and what the carrier knows


def _deadline(crew: CallCrew, job: ClaimedJob, call_id: UUID) -> None:
    now = crew.clock()
    with crew.database.transaction() as db:
        held = lock_call(db, call_id)
        due = held is not None and held.state.deadline is not None
        if held is not None and due and held.state.deadline and held.state.deadline <= now:
            advance_call(db, held, DeadlinePassed(), now)
        finish_job(db, job)


def _look(crew: CallCrew, job: ClaimedJob, call_id: UUID) -> None:
    """Ask the carrier what nobody told us: whether a call goes on, whether it has a recording."""
    with crew.database.transaction() as db:
        held = lock_call(db, call_id)
        sid = _on_the_line(db, held) if held else None
        helpers = _helpers(db, held) if held else {}
    if held is None or held.state.ended or sid is None:
        _done(crew, job)
        return
    try:
        event = _seen(crew, held, sid, helpers)
    except CarrierError as error:
        log.warning("call.not_looked_up", error=type(error).__name__, code=error.code)
        _done(crew, job)  # the deadline brings it up again
        return
    _tell(crew, job, call_id, event)


def _on_the_line(db: Db, held: HeldCall) -> str | None:
    """Return the identifier of the caller's own call, whoever called whom."""
    if not held.state.outgoing:
        return held.sid
    callers = (row for row in held.legs.values() if row.kind == "caller")
    return next((sid for row in callers if (sid := read_leg_sid(db, row))), None)


def _helpers(db: Db, held: HeldCall) -> dict[UUID, str]:
    """Return the phones of ours that are on the line with the caller, by leg."""
    joined = (
        held.legs[leg.id]
        for leg in held.state.legs
        if leg.state == "joined" and leg.kind != "caller"
    )
    return {row.id: sid for row in joined if (sid := read_leg_sid(db, row))}


def _seen(
    crew: CallCrew, held: HeldCall, sid: str, helpers: Mapping[UUID, str]
) -> CallEvent | None:
    if held.state.name == "bridged":
        if _is_over(crew, sid):
            return CallerLeft()
        # Nobody told us that a colleague hung up: the caller must not listen to silence.
        gone = (leg for leg, helper in helpers.items() if _is_over(crew, helper))
        leg = next(gone, None)
        return StillOn() if leg is None else LegDown(leg)
    found = crew.phones.recordings(sid)
    whole = next((one for one in found if one.status == "completed"), None)
    if whole is not None:
        return Recorded(whole.sid)
    waiting = any(not one.over for one in found) or not held.state.tries
    return None if waiting else NoRecording()


def _keep(crew: CallCrew, job: ClaimedJob, call_id: UUID) -> None:
    keep_recording(crew.database, crew.phones, crew.line, crew.clock, call_id)
    _done(crew, job)


_HANDLERS: dict[str, Callable[[CallCrew, ClaimedJob, UUID], None]] = {
    RING: _ring,
    CANCEL: _cancel,
    MOVE: _move,
    LOOK: _look,
    KEEP: _keep,
    DEADLINE: _deadline,
}
