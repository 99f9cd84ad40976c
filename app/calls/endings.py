"""How calls go on to a message and to their end, pure: deadlines, voicemails, hanging up."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from app.calls.actions import CallAction, Cancel, Check, Keep, Listen, Move
from app.calls.courses import LASTS, CallCourse
from app.calls.events import (
    CallerLeft,
    CallEvent,
    DeadlinePassed,
    Kept,
    MessageSpoken,
    NoRecording,
    Recorded,
    RoomLeft,
    StillOn,
)
from app.models import CallState, LegState

# So often we look for a recording that the carrier tells of nowhere.
_LOOKS = 60
# No pause between two looks is longer than this.
_LONGEST_PAUSE = timedelta(minutes=50)

StepResult = tuple[CallCourse, list[CallAction]]


def take_ending(call: CallCourse, event: CallEvent, now: datetime) -> StepResult:
    """Take what may end a call, or shows that it goes on."""
    match event:
        case CallerLeft():
            return _caller_left(call, now)
        case DeadlinePassed():
            return _deadline(call, now)
        case StillOn() if call.state == CallState.BRIDGED:
            return call.entering(CallState.BRIDGED, now), []
        case RoomLeft() if call.state == CallState.BRIDGED and not call.outgoing:
            return go_to_voicemail(call, now)
        case _:
            return call, []


def go_to_voicemail(call: CallCourse, now: datetime, *, move: bool = True) -> StepResult:
    """Let the caller leave a message; no phone rings any more."""
    if call.outgoing:
        return end_call(call, "unanswered", now)
    call, actions = silence_legs(call)
    call = replace(call.entering(CallState.VOICEMAIL, now), tries=0)
    return call, [*actions, Move()] if move else actions


def take_recording(
    call: CallCourse, event: MessageSpoken | Recorded | NoRecording | Kept, now: datetime
) -> StepResult:
    """Take what the carrier, or we, know of a message."""
    match event:
        case Kept() if call.recording is not None:
            return end_call(call, "answered" if call.winner else "voicemail", now)
        case NoRecording() if call.state == CallState.KEEPING and call.recording is None:
            return end_call(call, "answered" if call.winner else "missed", now)
        case Recorded(sid=sid) if not call.outgoing and call.recording in (None, sid):
            known, (call, actions) = call.recording, silence_legs(call)
            call = replace(call.entering(CallState.KEEPING, now), recording=sid)
            return call, actions if known else [*actions, Keep(sid)]
        case MessageSpoken() if call.state == CallState.VOICEMAIL:
            return _keep_message(call, now), []
        case _:
            return call, []


def _keep_message(call: CallCourse, now: datetime) -> CallCourse:
    """Wait for the recording of what was said so far."""
    return replace(call.entering(CallState.KEEPING, now), tries=0)


def _caller_left(call: CallCourse, now: datetime) -> StepResult:
    match call.state:
        case CallState.KEEPING | CallState.CALLING | CallState.DIALING:
            return call, []
        case CallState.VOICEMAIL:
            return _keep_message(call, now), []
        case CallState.BRIDGED:
            return end_call(call, "answered", now)
        case _:
            return end_call(call, "missed", now)


def _deadline(call: CallCourse, now: datetime) -> StepResult:
    match call.state:
        case CallState.CALLING:
            return end_call(call, "unanswered", now)
        case CallState.DIALING:
            return end_call(call, "no_answer", now)
        case CallState.BRIDGED:
            return call.entering(CallState.BRIDGED, now), [Check()]
        case CallState.VOICEMAIL:
            return _keep_message(call, now), [Listen()]
        case CallState.KEEPING if call.tries < _LOOKS:
            return _look_again(call, now)
        case CallState.KEEPING:
            return end_call(call, "lost", now)
        case _:
            return go_to_voicemail(call, now)


def _look_again(call: CallCourse, now: datetime) -> StepResult:
    """Look for the recording once more, or fetch it again, and then after a longer pause."""
    tries = call.tries + 1
    pause = min(LASTS[CallState.KEEPING] * 2 ** min(tries, 6), _LONGEST_PAUSE)
    look: CallAction = Keep(call.recording) if call.recording else Listen()
    return replace(call, tries=tries, deadline=now + pause), [look]


def end_call(call: CallCourse, disposition: str, now: datetime) -> StepResult:
    """End a call, and with it every phone that rings or is on the line."""
    call, actions = silence_legs(call)
    return replace(call.entering(CallState.ENDED, now), disposition=disposition), actions


def silence_legs(call: CallCourse) -> StepResult:
    """End every phone that rings or is on the line, but for the caller's own."""
    actions: list[CallAction] = []
    for leg in call.running():
        actions.append(Cancel(leg.id))
        call = call.with_leg(leg, LegState.OVER)
    return call, actions
