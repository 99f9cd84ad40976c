"""The webhooks of calls, each brought on in the batch's transaction and answered with TwiML."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from app.calls.call_rows import add_call, advance_call
from app.calls.caller_case import find_caller_case, is_challenged, is_custody_line, may_ring_phones
from app.calls.case_effects import CALL_BACK_TASK
from app.calls.courses import CallCourse
from app.calls.events import (
    CallerDigits,
    CallerLeft,
    CallEvent,
    LegDigits,
    LegDown,
    LegUp,
    MessageSpoken,
    NoRecording,
    Polled,
    Recorded,
    RoomLeft,
)
from app.calls.held_calls import HeldCall, find_call_by_sid, lock_call, note_heard
from app.calls.line import CallSettings
from app.calls.machine import begin_call
from app.calls.member_calls import answer_member_call, find_calling_members
from app.calls.staff import find_call_language, find_next_hours
from app.calls.twiml import (
    write_caller_twiml,
    write_goodbye,
    write_leg_twiml,
    write_message_only,
)
from app.calls.verbs import NOTHING
from app.cases import add_task, join_queue
from app.models import CallState, Case
from app.outbox import note_running_call
from app.store import Db
from app.telephony import CALL_OVER, InboundCall, Recording

# While sealed, nobody can be rung and nothing is looked up: a message is all there is.
_SEALED_LASTS = timedelta(minutes=5)


@dataclass(frozen=True)
class CallStep:
    """A phone of a call asks what is next, or tells what happened. ``leg``: not the caller's."""

    call: UUID
    name: str
    leg: UUID | None = None
    digits: str = field(default="", repr=False)
    turn: int = -1
    status: str = ""


@dataclass(frozen=True)
class CallEnded:
    """The carrier says that a call is over, by its own identifier."""

    sid: str


VoiceItem = InboundCall | CallStep | CallEnded | Recording


# -- a call comes in


def take_call(db: Db, line: CallSettings, call: InboundCall, now: datetime) -> str:
    """Take a call in; return the TwiML for the caller's phone."""
    call_id = find_call_by_sid(db, call.sid)
    if call_id is not None:
        held = lock_call(db, call_id) if db.keys.is_open else None
        return _answer(db, line, held, now) if held else write_message_only(line.url, line.spoken)
    members = find_calling_members(db, call)
    if members:
        said = answer_member_call(db, line, call, members, now)
        if said is not None:
            return said
    elif not note_running_call(db, call.sid, now):
        return write_goodbye()  # sent again after its case was erased
    case = find_caller_case(db, call.number, now)
    if not db.keys.is_open:
        return _sealed(db, line, case, call, now)
    begun = begin_call(
        uuid4(),
        now,
        challenged=is_challenged(db),
        rings=may_ring_phones(db, case, call, now),
        known=not call.withheld,
    )
    begun = replace(begun, custody=is_custody_line(db, case))
    held = add_call(db, case, begun, (), now, sid=call.sid, number=call.number)
    return _answer(db, line, held, now)


def _sealed(db: Db, line: CallSettings, case: Case, call: InboundCall, now: datetime) -> str:
    """Let the caller leave a message; the carrier's list tells of it once the server is open."""
    until = now + _SEALED_LASTS
    begun = CallCourse(uuid4(), CallState.VOICEMAIL, until, known=not call.withheld)
    add_call(db, case, begun, (), now, sid=call.sid, number=call.number)
    case.unread += 1
    join_queue(db, case, now)
    if not call.withheld:
        add_task(db, case.id, CALL_BACK_TASK, begun.id, now, now)
    return write_message_only(line.url, line.spoken)


def _sealed_step(line: CallSettings, item: CallStep) -> str:
    """Let who was waiting when the server was sealed leave a message at least."""
    if item.leg is None and item.name in ("digits", "wait", "next"):
        return write_message_only(line.url, line.spoken)
    return write_goodbye()


# -- a call goes on


def take_call_step(db: Db, line: CallSettings, item: CallStep, now: datetime) -> str:
    """Bring a call one step on; return the TwiML for the phone that asked."""
    if not db.keys.is_open:
        return _sealed_step(line, item)
    held = lock_call(db, item.call)
    if held is None:
        return write_goodbye()
    if item.leg is not None:
        return _leg_step(db, line, held, item, now)
    event = _event(item)
    if event is not None:
        advance_call(db, held, event, now)
    return _answer(db, line, held, now, again=item.name == "wait")


def _event(item: CallStep) -> CallEvent | None:
    if item.status in CALL_OVER:
        return CallerLeft()
    match item.name:
        case "digits":
            return CallerDigits(item.turn, item.digits)
        case "wait":
            return Polled()
        case "left":
            return RoomLeft()
        case "spoken":
            return MessageSpoken()
        case _:
            return None


def _leg_step(db: Db, line: CallSettings, held: HeldCall, item: CallStep, now: datetime) -> str:
    leg_id = item.leg
    if leg_id is None or held.course.leg(leg_id) is None:
        return write_goodbye()
    event = _leg_event(item, leg_id)
    if event is not None:
        advance_call(db, held, event, now)
    leg = held.course.leg(leg_id)
    if leg is None or item.name in ("status", "left"):
        return write_goodbye()
    place = held.place(line.url)
    return write_leg_twiml(held.course, leg, place, line.spoken, find_call_language(db, leg.member))


def _leg_event(item: CallStep, leg: UUID) -> CallEvent | None:
    if item.status in CALL_OVER or item.name == "left":
        return LegDown(leg)
    match item.name:
        case "answer":
            return LegUp(leg)
        case "digits":
            return LegDigits(leg, item.digits)
        case _:
            return None


def _answer(
    db: Db, line: CallSettings, held: HeldCall, now: datetime, *, again: bool = False
) -> str:
    note_heard(db, held)
    hours = find_next_hours(db, now) if held.course.state == CallState.VOICEMAIL else None
    place = held.place(line.url)
    return write_caller_twiml(held.course, place, line.spoken, hours, now, again=again)


# -- what the carrier tells of it


def _told(db: Db, call_id: UUID | None, event: CallEvent, now: datetime) -> str:
    """Bring a call on by what the carrier told; while sealed its own list has to tell it later."""
    held = lock_call(db, call_id) if call_id and db.keys.is_open else None
    if held is not None:
        advance_call(db, held, event, now)
    return NOTHING


def take_call_end(db: Db, ended: CallEnded, now: datetime) -> str:
    """Take in that a caller's call is over."""
    return _told(db, find_call_by_sid(db, ended.sid), CallerLeft(), now)


def take_recording_news(db: Db, told: Recording, now: datetime) -> str:
    """Take in what became of a recording."""
    if not told.over:
        return NOTHING
    call_id = find_call_by_sid(db, told.call_sid)
    event = Recorded(told.sid) if told.status == "completed" else NoRecording()
    return _told(db, call_id, event, now)
