"""A call's life, pure: ``step(state, event, rota, now)`` gives the next state and what to do.

Whatever comes, in whichever order and however often: a call that has not ended has an owner and a
deadline, and what its deadline leads to needs nobody's help. Waiting callers ask for themselves
every few seconds what is next (``Polled``), so that neither a dead worker nor a carrier that
refuses a request keeps anybody waiting past the deadline.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from app.calls.endings import StepResult, go_to_voicemail, move_to, take_ending, take_recording
from app.calls.rings import connect_caller, summon_person, take_leg_event, take_poll
from app.calls.states import (
    LASTS,
    CallEvent,
    CallState,
    CallStateName,
    Digits,
    Kept,
    LegDigits,
    LegDown,
    LegUp,
    NoRecording,
    PhonesOnDuty,
    Polled,
    Recorded,
    Ring,
    Spoken,
    Summon,
)

CALL_LANGUAGES = {"1": "en", "2": "fr", "3": "es", "4": "ht", "5": None}
CALL_SITUATIONS = {
    "1": "happening_now",
    "2": "detained",
    "3": "date_or_letter",
    "4": "witnessed",
    "5": "service_denied",
    "6": "other",
}
# The tier that follows from the situation alone; who says nothing may be unable to.
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
) -> CallState:
    """Return the first state of a call that comes in."""
    first: CallStateName = "challenge" if challenged and rings else "menu"
    return CallState(call_id, first, now + LASTS[first], rings=rings, known=known)


def begin_outgoing_call(call_id: UUID, member: UUID, now: datetime) -> StepResult:
    """Return the first state of a call that a member of the desk makes: their own phone rings."""
    until = now + LASTS["calling"]
    state = CallState(call_id, "calling", until, outgoing=True, winner=member)
    state, leg = state.adding("desk", member)
    return state, [Ring(leg.id)]


def step_call(state: CallState, event: CallEvent, rota: PhonesOnDuty, now: datetime) -> StepResult:
    """Return the state after an event, and what is to be done."""
    if state.ended:
        return state, []
    match event:
        case Digits():
            return _digits(state, event, rota, now)
        case LegUp() | LegDigits() | LegDown():
            leg = state.leg(event.leg)
            return (state, []) if leg is None else take_leg_event(state, leg, event, rota, now)
        case Spoken() | Recorded() | NoRecording() | Kept():
            return take_recording(state, event, now)
        case Summon():
            return summon_person(state, event)
        case Polled() if state.name == "ringing":
            return take_poll(state, rota, now)
        case _:
            return take_ending(state, event, now)


def _digits(state: CallState, event: Digits, rota: PhonesOnDuty, now: datetime) -> StepResult:
    if event.turn != state.turn:  # a repeated or late webhook: the question stands as it is
        return state, []
    match state.name:
        case "challenge" if event.digits == CHALLENGE:
            return _ask(state, "menu", now), []
        case "menu" if event.digits in CALL_LANGUAGES:
            return _ask(replace(state, language=CALL_LANGUAGES[event.digits]), "situation", now), []
        case "situation" if event.digits in CALL_SITUATIONS:
            return connect_caller(
                replace(state, situation=CALL_SITUATIONS[event.digits]), rota, now
            )
        case "challenge" | "menu" | "situation":
            return _again(state, rota, now)
        case _:
            return state, []


def _ask(state: CallState, name: CallStateName, now: datetime) -> CallState:
    return replace(move_to(state, name, now), turn=state.turn + 1, tries=0)


def _again(state: CallState, rota: PhonesOnDuty, now: datetime) -> StepResult:
    """Ask once more; who presses nothing twice goes on without an answer."""
    if state.tries + 1 < _TRIES:
        return replace(state, turn=state.turn + 1, tries=state.tries + 1), []
    match state.name:
        case "menu":
            return _ask(state, "situation", now), []
        case "situation":
            return connect_caller(state, rota, now)
        case _:  # a machine, probably; a person can still leave a message
            return go_to_voicemail(replace(state, rings=False), now, move=False)
