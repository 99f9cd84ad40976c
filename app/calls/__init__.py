"""Calls: a person on the line, or a sealed voicemail, never an endless ring.

``machine`` is pure: ``step_call`` takes a call and an event and returns the call after it, and what
is to be done. ``webhooks`` takes in what the carrier tells, ``jobs`` does what the machine decided,
``twiml`` says what a phone is to do.
"""

from app.calls.call_jobs import CALL_JOBS
from app.calls.call_rows import add_call
from app.calls.cleanup import forget_calls, forget_ended_calls
from app.calls.courses import CallCourse
from app.calls.crew import CallCrew
from app.calls.desk_calls import (
    ask_interpreter,
    hand_call_over,
    list_calls,
    mark_custody,
    start_call_back,
)
from app.calls.interpreter_calls import ring_interpreters
from app.calls.jobs import carry_out_jobs
from app.calls.line import CallSettings
from app.calls.lost_calls import take_in_lost_calls
from app.calls.recordings import keep_recording
from app.calls.twiml import write_goodbye, write_hold, write_message_only
from app.calls.verbs import NOTHING
from app.calls.webhooks import (
    CallEnded,
    CallStep,
    VoiceItem,
    take_call,
    take_call_end,
    take_call_step,
    take_recording_news,
)

__all__ = [
    "CALL_JOBS",
    "NOTHING",
    "CallCourse",
    "CallCrew",
    "CallEnded",
    "CallSettings",
    "CallStep",
    "VoiceItem",
    "add_call",
    "ask_interpreter",
    "carry_out_jobs",
    "forget_calls",
    "forget_ended_calls",
    "hand_call_over",
    "keep_recording",
    "list_calls",
    "mark_custody",
    "ring_interpreters",
    "start_call_back",
    "take_call",
    "take_call_end",
    "take_call_step",
    "take_in_lost_calls",
    "take_recording_news",
    "write_goodbye",
    "write_hold",
    "write_message_only",
]
