"""How calls go on to a message and to their end, pure: deadlines, voicemails, who hangs up."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from app.voice.states import (
    LASTS,
    Action,
    CallerLeft,
    CallState,
    Cancel,
    Check,
    DeadlinePassed,
    Event,
    Keep,
    Kept,
    Listen,
    Move,
    Name,
    NoRecording,
    Recorded,
    RoomLeft,
    Spoken,
    StillOn,
)

# A recording that the carrier told of nowhere is looked for this often.
_LOOKS = 60

Result = tuple[CallState, list[Action]]


def ending(state: CallState, event: Event, now: datetime) -> Result:
    """Take what may end a call, or shows that it goes on."""
    match event:
        case CallerLeft():
            return _caller_left(state, now)
        case DeadlinePassed():
            return _deadline(state, now)
        case StillOn() if state.name == "bridged":
            return to(state, "bridged", now), []
        case RoomLeft() if state.name == "bridged" and not state.outgoing:
            return voicemail(state, now)
        case _:
            return state, []


def voicemail(state: CallState, now: datetime, *, move: bool = True) -> Result:
    """Let the caller leave a message; no phone rings any more."""
    if state.outgoing:
        return end(state, "unanswered")
    state, actions = silence(state)
    state = replace(to(state, "voicemail", now), tries=0)
    return state, [*actions, Move()] if move else actions


def recording(
    state: CallState, event: Spoken | Recorded | NoRecording | Kept, now: datetime
) -> Result:
    """Take what the carrier, or we, know of a message."""
    match event:
        case Kept() if state.recording is not None:
            return end(state, "answered" if state.winner else "voicemail")
        case NoRecording() if state.name == "keeping" and state.recording is None:
            return end(state, _without_message(state))
        case Recorded(sid=sid) if not state.outgoing and state.recording in (None, sid):
            known, (state, actions) = state.recording, silence(state)
            state = replace(to(state, "keeping", now), recording=sid)
            return state, actions if known else [*actions, Keep(sid)]
        case Spoken() if state.name == "voicemail":
            return replace(to(state, "keeping", now), tries=0), []
        case _:
            return state, []


def _without_message(state: CallState) -> str:
    return "answered" if state.winner else "missed"


def _caller_left(state: CallState, now: datetime) -> Result:
    match state.name:
        case "keeping" | "calling" | "dialing":
            return state, []
        case "voicemail":  # what was said so far is a message, too
            return replace(to(state, "keeping", now), tries=0), []
        case "bridged":
            return end(state, "answered")
        case _:
            return end(state, "missed")


def _deadline(state: CallState, now: datetime) -> Result:
    match state.name:
        case "calling" | "dialing":
            return end(state, "no_answer" if state.name == "dialing" else "unanswered")
        case "bridged":
            return to(state, "bridged", now), [Check()]
        case "voicemail":
            return replace(to(state, "keeping", now), tries=0), [Listen()]
        case "keeping" if state.tries < _LOOKS:
            tries = state.tries + 1
            again = now + min(LASTS["keeping"] * 2 ** min(tries, 6), timedelta(minutes=50))
            look: Action = Keep(state.recording) if state.recording else Listen()
            return replace(state, tries=tries, deadline=again), [look]
        case "keeping":
            return end(state, "lost")
        case _:
            return voicemail(state, now)


def end(state: CallState, disposition: str) -> Result:
    """End a call, and with it every phone that rings or is on the line."""
    state, actions = silence(state)
    return replace(state, name="ended", deadline=None, disposition=disposition), actions


def silence(state: CallState) -> tuple[CallState, list[Action]]:
    """End every phone that rings or is on the line, but for the caller's own."""
    actions: list[Action] = [Cancel(leg.id) for leg in state.running()]
    for leg in state.running():
        state = state.with_leg(leg, "over")
    return state, actions


def to(state: CallState, name: Name, now: datetime) -> CallState:
    """Return the call in another state, with that state's deadline."""
    return replace(state, name=name, deadline=now + LASTS[name])
