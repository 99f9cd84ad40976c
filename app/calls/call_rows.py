"""Calls added to their case, brought on by one event, and written; what follows is queued."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from sqlalchemy import update

from app.calls.actions import CallAction
from app.calls.call_jobs import queue_actions, replace_deadline
from app.calls.carrier_ids import forget_at_carrier
from app.calls.case_effects import follow_call
from app.calls.courses import CallCourse, PhonesOnDuty
from app.calls.events import CallerDigits, CallEvent, LegDigits, LegDown, Polled
from app.calls.held_calls import HeldCall
from app.calls.machine import step_call
from app.calls.staff import find_phones_on_duty
from app.models import (
    Call,
    CallLeg,
    CallLegValues,
    CallState,
    CallValues,
    Case,
    rounded,
)
from app.store import Db, position_after

_NOBODY = PhonesOnDuty()


def add_call(
    db: Db,
    case: Case,
    call: CallCourse,
    actions: Iterable[CallAction],
    now: datetime,
    *,
    sid: str | None = None,
    number: str | None = None,
) -> HeldCall:
    """Add a call to a case, and queue what is to be done about it; ``number`` is a caller's."""
    case.last_position = position_after(case.last_position, now)
    values = _values(call, CallValues(sid=sid, room=uuid4().hex, number=number))
    row = Call(
        id=call.id,
        direction="outbound" if call.outgoing else "inbound",
        state=call.state,
        at=rounded(now),
        position=case.last_position,
        sid_lookup=db.keys.sid_lookup(sid) if sid else None,
        winner=call.winner,
        custody=call.custody,
        **db.keys.new_values(Call, call.id, values, now, case_id=case.id),
    )
    db.add(row)
    db.flush()
    held = HeldCall(case, row, {}, values, call)
    _write_legs(db, held, now)
    queue_actions(db, call.id, actions, now)
    replace_deadline(db, call.id, call.deadline, now)
    return held


def advance_call(db: Db, held: HeldCall, event: CallEvent, now: datetime) -> None:
    """Let something happen to a call; write what it became, and queue what is to be done."""
    before = held.course
    who = find_phones_on_duty(db, now) if _asks_for_people(before, event) else _NOBODY
    after, actions = step_call(before, event, who, now)
    if after == before and not actions:
        return
    if _newly_won(before, after) and not _claim(db, held, after):
        return
    held.course = after
    held.row.state, held.row.disposition = after.state, after.disposition
    if before.outgoing or before.winner is not None:
        held.row.winner = after.winner
    _write_legs(db, held, now)
    follow_call(db, held.case, held.row, before, after, now)
    if held.values is not None:
        _write_values(db, held, held.values, now)
    queue_actions(db, after.id, actions, now)
    if after.deadline != before.deadline:
        replace_deadline(db, after.id, after.deadline, now)
    db.flush()


def _write_values(db: Db, held: HeldCall, values: CallValues, now: datetime) -> None:
    held.values = _values(held.course, values)
    if held.course.ended:
        forget_at_carrier(db, held.row, held.legs.values(), held.values, now)
        held.row.op_key = held.row.op_values = held.row.shred_day = None
    else:
        db.keys.write_values(held.row, held.values)


def _asks_for_people(call: CallCourse, event: CallEvent) -> bool:
    """Whether the rota may decide: it is not looked up for a phone that merely waits."""
    match event:
        case Polled():
            return call.state == CallState.RINGING and not call.running()
        case CallerDigits():
            return call.state == CallState.SITUATION
        case LegDown() | LegDigits():
            return call.state == CallState.RINGING
        case _:
            return False


def _newly_won(before: CallCourse, after: CallCourse) -> bool:
    return not before.outgoing and before.winner is None and after.winner is not None


def _claim(db: Db, held: HeldCall, after: CallCourse) -> bool:
    """Write who has the call, if nobody has it yet; return whether it worked.

    The row decides, and no other process can be of another opinion.
    """
    free = (Call.id == held.row.id, Call.winner.is_(None))
    won = db.execute(update(Call).where(*free).values(winner=after.winner).returning(Call.id)).all()
    if won:
        db.refresh(held.row, ["winner"])
    return bool(won)


def _values(call: CallCourse, values: CallValues) -> CallValues:
    """Return a call's values brought up to date with its course."""
    return replace(
        values,
        deadline=call.deadline,
        language=call.language,
        situation=call.situation,
        rings=call.rings,
        known=call.known,
        turn=call.turn,
        tries=call.tries,
        recording=call.recording,
    )


def _write_legs(db: Db, held: HeldCall, now: datetime) -> None:
    for number, leg in enumerate(held.course.legs):
        row = held.legs.get(leg.id)
        if row is None:
            parents = {"call_id": held.course.id, "member_id": leg.member}
            row = CallLeg(
                id=leg.id,
                number=number,
                kind=leg.kind,
                state=leg.state,
                **db.keys.new_values(CallLeg, leg.id, CallLegValues(), now, **parents),
            )
            db.add(row)
            held.legs[leg.id] = row
        row.state = leg.state
    db.flush()
