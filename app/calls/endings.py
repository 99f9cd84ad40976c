"""How calls go on to a message and to their end, pure: deadlines, voicemails, who hangs up."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from app.calls.states import (
    LASTS,
    CallAction,
    CallerLeft,
    CallEvent,
    CallState,
    CallStateName,
    Cancel,
    Check,
    DeadlinePassed,
    Keep,
    Kept,
    Listen,
    Move,
    NoRecording,
    Recorded,
    RoomLeft,
    Spoken,
    StillOn,
)

# A recording that the carrier told of nowhere is looked for this often.
_LOOKS = 60

StepResult = tuple[CallState, list[CallAction]]


def take_ending(state: CallState, event: CallEvent, now: datetime) -> StepResult:
    """Take what may end a call, or shows that it goes on."""
    match event:
        case CallerLeft():
            return _caller_left(state, now)
        case DeadlinePassed():
            return _deadline(state, now)
        case StillOn() if state.name == "bridged":
            return move_to(state, "bridged", now), []
        case RoomLeft() if state.name == "bridged" and not state.outgoing:
            return go_to_voicemail(state, now)
        case _:
            return state, []


def go_to_voicemail(state: CallState, now: datetime, *, move: bool = True) -> StepResult:
    """Let the caller leave a message; no phone rings any more."""
    if state.outgoing:
        return end_call(state, "unanswered")
    state, actions = silence_legs(state)
    state = replace(move_to(state, "voicemail", now), tries=0)
    return state, [*actions, Move()] if move else actions


def take_recording(
    state: CallState, event: Spoken | Recorded | NoRecording | Kept, now: datetime
) -> StepResult:
    """Take what the carrier, or we, know of a message."""
    match event:
        case Kept() if state.recording is not None:
            return end_call(state, "answered" if state.winner else "voicemail")
        case NoRecording() if state.name == "keeping" and state.recording is None:
            return end_call(state, _without_message(state))
        case Recorded(sid=sid) if not state.outgoing and state.recording in (None, sid):
            known, (state, actions) = state.recording, silence_legs(state)
            state = replace(move_to(state, "keeping", now), recording=sid)
            return state, actions if known else [*actions, Keep(sid)]
        case Spoken() if state.name == "voicemail":
            return replace(move_to(state, "keeping", now), tries=0), []
        case _:
            return state, []


def _without_message(state: CallState) -> str:
    return "answered" if state.winner else "missed"


def _caller_left(state: CallState, now: datetime) -> StepResult:
    match state.name:
        case "keeping" | "calling" | "dialing":
            return state, []
        case "voicemail":  # what was said so far is a message, too
            return replace(move_to(state, "keeping", now), tries=0), []
        case "bridged":
            return end_call(state, "answered")
        case _:
            return end_call(state, "missed")


def _deadline(state: CallState, now: datetime) -> StepResult:
    match state.name:
        case "calling" | "dialing":
            return end_call(state, "no_answer" if state.name == "dialing" else "unanswered")
        case "bridged":
            return move_to(state, "bridged", now), [Check()]
        case "voicemail":
            return replace(move_to(state, "keeping", now), tries=0), [Listen()]
        case "keeping" if state.tries < _LOOKS:
            tries = state.tries + 1
            again = now + min(LASTS["keeping"] * 2 ** min(tries, 6), timedelta(minutes=50))
            look: CallAction = Keep(state.recording) if state.recording else Listen()
            return replace(state, tries=tries, deadline=again), [look]
        case "keeping":
            return end_call(state, "lost")
        case _:
            return go_to_voicemail(state, now)


def end_call(state: CallState, disposition: str) -> StepResult:
    """End a call, and with it every phone that rings or is on the line."""
    state, actions = silence_legs(state)
    return replace(state, name="ended", deadline=None, disposition=disposition), actions


def silence_legs(state: CallState) -> tuple[CallState, list[CallAction]]:
    """End every phone that rings or is on the line, but for the caller's own."""
    actions: list[CallAction] = [Cancel(leg.id) for leg in state.running()]
    for leg in state.running():
        state = state.with_leg(leg, "over")
    return state, actions


def move_to(state: CallState, name: CallStateName, now: datetime) -> CallState:
    """Return the call in another state, with that state's deadline."""
    return replace(state, name=name, deadline=now + LASTS[name])
