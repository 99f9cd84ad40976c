"""The webhooks of calls, each brought on in the batch's transaction and answered with TwiML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from app import carrier_traces, tasks
from app.db import Db
from app.models import Case
from app.telephony import CALL_OVER, InboundCall, Recording
from app.voice import callers, calls, duty, following, twiml
from app.voice.calls import Held
from app.voice.line import Line
from app.voice.machine import begin
from app.voice.states import (
    CallerLeft,
    CallState,
    Digits,
    Event,
    LegDigits,
    LegDown,
    LegUp,
    NoRecording,
    Polled,
    Recorded,
    RoomLeft,
    Spoken,
)

# While sealed, nobody can be rung and nothing is looked up: a message is all there is.
_SEALED_LASTS = timedelta(minutes=5)


@dataclass(frozen=True)
class Step:
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


VoiceItem = InboundCall | Step | CallEnded | Recording


def take(db: Db, line: Line, items: Sequence[VoiceItem], now: datetime) -> list[str]:
    """Bring calls on; return the TwiML for each item."""
    return [_take(db, line, item, now) for item in items]


def _take(db: Db, line: Line, item: VoiceItem, now: datetime) -> str:
    match item:
        case InboundCall():
            return _incoming(db, line, item, now)
        case Step() if not db.keys.is_open:
            return _sealed_step(line, item)
        case Step():
            return _step(db, line, item, now)
        case CallEnded():
            return _told(db, calls.of_sid(db, item.sid), CallerLeft(), now)
        case Recording():
            return _recording(db, item, now)


# -- a call comes in


def _incoming(db: Db, line: Line, call: InboundCall, now: datetime) -> str:
    call_id = calls.of_sid(db, call.sid)
    if call_id is not None:
        held = calls.find(db, call_id) if db.keys.is_open else None
        return _answer(db, line, held, now) if held else twiml.message_only(line.url, line.spoken)
    if not carrier_traces.note_running(db, call.sid, now):
        return twiml.goodbye()  # sent again after its case was erased
    case = callers.case_of(db, call, now)
    if not db.keys.is_open:
        return _sealed(db, line, case, call, now)
    state = begin(
        uuid4(),
        now,
        challenged=callers.challenged(db),
        rings=callers.may_ring(db, case, call, now),
        known=not call.withheld,
    )
    state = replace(state, custody=callers.in_custody(db, case))
    held = calls.put(db, case, state, (), now, sid=call.sid)
    return _answer(db, line, held, now)


def _sealed(db: Db, line: Line, case: Case, call: InboundCall, now: datetime) -> str:
    """Let the caller leave a message; the carrier's list tells of it once the server is open."""
    state = CallState(uuid4(), "voicemail", now + _SEALED_LASTS, known=not call.withheld)
    calls.put(db, case, state, (), now, sid=call.sid)
    case.unread += 1
    if not case.waiting:
        case.waiting, case.queue_order = True, db.keys.order.next(now)
    if not call.withheld:
        tasks.put(db, case.id, following.CALL_BACK, state.id, now, now)
    return twiml.message_only(line.url, line.spoken)


def _sealed_step(line: Line, item: Step) -> str:
    """Let who was waiting when the server was sealed leave a message at least."""
    if item.leg is None and item.name in ("digits", "wait", "next"):
        return twiml.message_only(line.url, line.spoken)
    return twiml.goodbye()


# -- a call goes on


def _step(db: Db, line: Line, item: Step, now: datetime) -> str:
    held = calls.find(db, item.call)
    if held is None:
        return twiml.goodbye()
    if item.leg is not None:
        return _leg_step(db, line, held, item, now)
    event = _event(item)
    if event is not None:
        calls.bring_on(db, held, event, now)
    return _answer(db, line, held, now, again=item.name == "wait")


def _event(item: Step) -> Event | None:
    if item.status in CALL_OVER:
        return CallerLeft()
    match item.name:
        case "digits":
            return Digits(item.turn, item.digits)
        case "wait":
            return Polled()
        case "left":
            return RoomLeft()
        case "spoken":
            return Spoken()
        case _:
            return None


def _leg_step(db: Db, line: Line, held: Held, item: Step, now: datetime) -> str:
    leg_id = item.leg
    if leg_id is None or held.state.leg(leg_id) is None:
        return twiml.goodbye()
    event = _leg_event(item, leg_id)
    if event is not None:
        calls.bring_on(db, held, event, now)
    leg = held.state.leg(leg_id)
    if leg is None or item.name in ("status", "left"):
        return twiml.goodbye()
    place = held.place(line.url)
    return twiml.leg(held.state, leg, place, line.spoken, duty.language_of(db, leg.member))


def _leg_event(item: Step, leg: UUID) -> Event | None:
    if item.status in CALL_OVER or item.name == "left":
        return LegDown(leg)
    match item.name:
        case "answer":
            return LegUp(leg)
        case "digits":
            return LegDigits(leg, item.digits)
        case _:
            return None


def _answer(db: Db, line: Line, held: Held, now: datetime, *, again: bool = False) -> str:
    calls.heard(db, held)
    hours = duty.hours(db, now) if held.state.name == "voicemail" else None
    place = held.place(line.url)
    return twiml.caller(held.state, place, line.spoken, hours, now, again=again)


# -- what the carrier tells of it


def _told(db: Db, call_id: UUID | None, event: Event, now: datetime) -> str:
    """Bring a call on by what the carrier told; while sealed its own list has to tell it later."""
    held = calls.find(db, call_id) if call_id and db.keys.is_open else None
    if held is not None:
        calls.bring_on(db, held, event, now)
    return twiml.NOTHING


def _recording(db: Db, told: Recording, now: datetime) -> str:
    if not told.over:
        return twiml.NOTHING
    call_id = calls.of_sid(db, told.call_sid)
    event = Recorded(told.sid) if told.status == "completed" else NoRecording()
    return _told(db, call_id, event, now)


__all__ = ["CallEnded", "Step", "VoiceItem", "take"]
