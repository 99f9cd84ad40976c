"""Phones rung for a call, and hung up again.

A phone that cannot be rung is like one that nobody answers.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import structlog

from app.calls.call_jobs import CANCEL
from app.calls.call_rows import advance_call
from app.calls.carrier_ids import forget_late_leg, note_leg_sid, read_leg_sid
from app.calls.crew import MOST_TRIES, CallCrew
from app.calls.events import LegDown
from app.calls.held_calls import HeldCall, lock_call_of_leg
from app.calls.staff import find_phone
from app.cases import read_case_values
from app.errors import Refusal
from app.models import CallLeg, LegState
from app.outbox import check_call
from app.store import ClaimedJob, Db, add_jobs, finish_job, new_job
from app.telephony import CarrierError, OutgoingCall, Refused

log = structlog.get_logger()


def ring_leg(crew: CallCrew, job: ClaimedJob, leg_id: UUID) -> None:
    """Ring a phone, if it still is to be rung."""
    with crew.database.transaction() as db:
        held = lock_call_of_leg(db, leg_id)
        call = _phone_to_ring(db, crew, held, leg_id, crew.clock()) if held else None
        if held is None or call is None:
            if held is not None:
                advance_call(db, held, LegDown(leg_id), crew.clock())
            finish_job(db, job)
            return
    try:
        sid = crew.phones.ring(call)
    except CarrierError as error:
        log.warning("call.not_rung", error=type(error).__name__, code=error.code)
        if job.attempts < MOST_TRIES and not isinstance(error, Refused):
            crew.try_later(job)
        else:
            crew.tell_call(job, held.row.id, LegDown(leg_id))
        return
    _note_rung(crew, job, leg_id, sid)


def _phone_to_ring(
    db: Db, crew: CallCrew, held: HeldCall, leg_id: UUID, now: datetime
) -> OutgoingCall | None:
    """Return the phone to ring, or None. This is the last gate before a caller's phone rings."""
    leg = held.course.leg(leg_id)
    if leg is None or leg.state != LegState.ASKED or read_leg_sid(db, held.legs[leg_id]):
        return None
    number = find_phone(db, leg.member) if leg.member else _number_of_caller(db, held, now)
    if number is None:
        return None
    place = held.place(crew.line.url)
    return OutgoingCall(number, place.leg(leg_id, "answer"), place.leg(leg_id, "status"))


def _number_of_caller(db: Db, held: HeldCall, now: datetime) -> str | None:
    values = read_case_values(db, held.case)
    try:
        check_call(db, held.case, values, now)
    except Refusal as refusal:
        log.info("call.refused", why=refusal.slug)
        return None
    return values.number


def _note_rung(crew: CallCrew, job: ClaimedJob, leg_id: UUID, sid: str) -> None:
    """Keep the carrier's name of a phone; hang it up if it is not wanted any more by now."""
    with crew.database.transaction() as db:
        held = lock_call_of_leg(db, leg_id)
        row = held.legs.get(leg_id) if held else None
        leg = held.course.leg(leg_id) if held else None
        if held is None or row is None:
            finish_job(db, job)
            return
        note_leg_sid(db, row, sid)
        if leg is None or not leg.running:
            add_jobs(db, [new_job(CANCEL, leg_id, crew.clock(), priority=1)])
        finish_job(db, job)
    if held.course.ended:
        with crew.database.transaction() as db:
            forget_late_leg(db, leg_id, sid, crew.clock())


def cancel_leg(crew: CallCrew, job: ClaimedJob, leg_id: UUID) -> None:
    """Hang a phone up, whether it rings or somebody is on it."""
    with crew.database.transaction() as db:
        row = db.get(CallLeg, leg_id)
        sid = read_leg_sid(db, row) if row else None
    try:
        if sid:
            crew.phones.hang_up(sid)
    except CarrierError as error:
        log.warning("call.not_cancelled", error=type(error).__name__, code=error.code)
        if job.attempts < MOST_TRIES:
            crew.try_later(job)
            return
    crew.finish(job)
