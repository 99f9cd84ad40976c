"""A call's life, pure: ``step_call`` takes one event and returns the call and what is to be done.

Events may come in any order and any number of times: a call that has not ended has an owner and a
deadline, and its deadline brings it on without help. The phone of a waiting caller asks every few
seconds what is next (``Polled``). So neither a dead worker nor a carrier that refuses a request
keeps a caller waiting past the deadline.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from app.calls.actions import Ring
from app.calls.courses import LASTS, CallCourse, PhonesOnDuty
from app.calls.endings import StepResult, go_to_voicemail, take_ending, take_recording
from app.calls.events import (
    CallerDigits,
    CallEvent,
    Kept,
    LegDigits,
    LegDown,
    LegUp,
    MessageSpoken,
    NoRecording,
    Polled,
    Recorded,
    Summon,
)
from app.calls.rings import connect_caller, summon_person, take_leg_event, take_poll
from app.models import CallState

CALL_LANGUAGES = {"1": "en", "2": "fr", "3": "es", "4": "ht", "5": None}
CALL_SITUATIONS = {
    "1": "happening_now",
    "2": "detained",
    "3": "date_or_letter",
    "4": "witnessed",
    "5": "service_denied",
    "6": "other",
}
# The tier that follows from the situation alone. A caller who says nothing may be unable to.
CALL_TIERS = {
    "happening_now": 0,
    "detained": 0,
    "date_or_letter": 1,
    "witnessed": 1,
    "service_denied": 2,
    "other": 2,
}
UNKNOWN_TIER = 1
CHALLENGE = "4"
_TRIES = 2


def find_tier(situation: str | None) -> int:
    """Return how urgent a call about this is."""
    return CALL_TIERS.get(situation or "", UNKNOWN_TIER)


def begin_call(
    call_id: UUID, now: datetime, *, challenged: bool, rings: bool, known: bool
) -> CallCourse:
    """Return a call that comes in."""
    first = CallState.CHALLENGE if challenged and rings else CallState.MENU
    return CallCourse(call_id, first, now + LASTS[first], rings=rings, known=known)


def begin_outgoing_call(call_id: UUID, member: UUID, now: datetime) -> StepResult:
    """Return a call that a member of the desk makes: their own phone rings first."""
    first = CallState.CALLING
    call = CallCourse(call_id, first, now + LASTS[first], outgoing=True, winner=member)
    call, leg = call.adding("desk", member)
    return call, [Ring(leg.id)]


def step_call(call: CallCourse, event: CallEvent, rota: PhonesOnDuty, now: datetime) -> StepResult:
    """Return the call after an event, and what is to be done."""
    if call.ended:
        return call, []
    match event:
        case CallerDigits():
            return _digits(call, event, rota, now)
        case LegUp() | LegDigits() | LegDown():
            leg = call.leg(event.leg)
            return (call, []) if leg is None else take_leg_event(call, leg, event, rota, now)
        case MessageSpoken() | Recorded() | NoRecording() | Kept():
            return take_recording(call, event, now)
        case Summon():
            return summon_person(call, event)
        case Polled() if call.state == CallState.RINGING:
            return take_poll(call, rota, now)
        case _:
            return take_ending(call, event, now)


def _digits(call: CallCourse, event: CallerDigits, rota: PhonesOnDuty, now: datetime) -> StepResult:
    if event.turn != call.turn:  # a repeated or late webhook: the question stands as it is
        return call, []
    match call.state:
        case CallState.CHALLENGE if event.digits == CHALLENGE:
            return _ask(call, CallState.MENU, now), []
        case CallState.MENU if event.digits in CALL_LANGUAGES:
            chosen = replace(call, language=CALL_LANGUAGES[event.digits])
            return _ask(chosen, CallState.SITUATION, now), []
        case CallState.SITUATION if event.digits in CALL_SITUATIONS:
            chosen = replace(call, situation=CALL_SITUATIONS[event.digits])
            return connect_caller(chosen, rota, now)
        case CallState.CHALLENGE | CallState.MENU | CallState.SITUATION:
            return _again(call, rota, now)
        case _:
            return call, []


def _ask(call: CallCourse, state: CallState, now: datetime) -> CallCourse:
    return replace(call.entering(state, now), turn=call.turn + 1, tries=0)


def _again(call: CallCourse, rota: PhonesOnDuty, now: datetime) -> StepResult:
    """Ask once more; a caller who presses nothing twice goes on without an answer."""
    if call.tries + 1 < _TRIES:
        return replace(call, turn=call.turn + 1, tries=call.tries + 1), []
    match call.state:
        case CallState.MENU:
            return _ask(call, CallState.SITUATION, now), []
        case CallState.SITUATION:
            return connect_caller(call, rota, now)
        case _:  # a machine, probably; a person can still leave a message
            return go_to_voicemail(replace(call, rings=False), now, move=False)
