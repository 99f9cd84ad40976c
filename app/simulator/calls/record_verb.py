"""Recording what a caller says after the tone."""

from __future__ import annotations

from datetime import timedelta

from app.simulator.calls.instructions import Instruction
from app.simulator.resources.formats import Fields, new_sid
from app.simulator.resources.forms import call_fields, recording_fields, recording_status_fields
from app.simulator.resources.recordings import SimulatedRecording
from app.simulator.values.events import CallOver, Diverted, Key, Speech

_ABSENT, _FAILED = 13617, 13618
_ANY_KEY = "1234567890*#"


async def record(instruction: Instruction) -> Fields | None:
    """Record until silence, a key, the maximum or the end; None if the caller said nothing.

    When the call ends meanwhile, the carrier tells ``action`` so and ignores the answer.
    """
    line, api_base = instruction.line, instruction.carrier.config.api_base
    instruction.note()
    recording = _begin_recording(instruction)
    _report(instruction, recording, "in-progress")
    try:
        pressed = await _listen(instruction, recording)
    except (CallOver, Diverted) as interrupted:
        if _end_recording(instruction, recording) and isinstance(interrupted, CallOver):
            fields = [*call_fields(line.call), *recording_fields(recording, api_base)]
            action = instruction.action([*fields, ("Digits", "hangup")])
            line.callbacks.send(action.url, list(action.fields), "action", method=action.method)
        raise
    if not _end_recording(instruction, recording):
        return None
    return [*recording_fields(recording, api_base), ("Digits", pressed)]


def _begin_recording(instruction: Instruction) -> SimulatedRecording:
    carrier, line = instruction.carrier, instruction.line
    now = carrier.clock()
    recording = SimulatedRecording(
        seq=carrier.next_seq(),
        sid=new_sid("RE"),
        account_sid=line.call.account_sid,
        call_sid=line.call.sid,
        created=now,
        updated=now,
        key=carrier.recording_key,
    )
    carrier.recordings[recording.sid] = line.recording = recording
    return recording


async def _listen(instruction: Instruction, recording: SimulatedRecording) -> str:
    """Take in what the caller says; returns the key that ended it, or nothing."""
    line, verb, clock = instruction.line, instruction.verb, instruction.carrier.clock
    most, timeout = verb.number("maxLength", 3600), verb.number("timeout", 5) + line.reading_s
    keys = verb.attributes.get("finishOnKey", _ANY_KEY)
    until = clock() + timedelta(seconds=most)
    while recording.seconds < most:
        left = (until - clock()).total_seconds()
        event = await line.expect(Speech, Key, seconds=min(timeout or left, left), waiting="speech")
        if isinstance(event, Speech):
            recording.seconds = min(recording.seconds + event.seconds, most)
        elif not isinstance(event, Key):
            return ""
        elif event.digit in keys:
            return event.digit
    return ""


def _end_recording(instruction: Instruction, recording: SimulatedRecording) -> bool:
    """End the recording; whether there is one. Silence leaves nothing behind."""
    carrier, line = instruction.carrier, instruction.line
    take, phone = carrier.faults.take, line.call.phone
    line.recording, recording.updated = None, carrier.clock()
    if take("recording-failed", phone):
        recording.status, recording.error_code = "failed", _FAILED
    elif take("recording-absent", phone) or not recording.seconds:
        recording.status, recording.error_code = "absent", _ABSENT
    else:
        recording.status = "completed"
    if not recording.seconds:
        carrier.recordings.pop(recording.sid, None)
    event = "completed" if recording.status == "failed" else recording.status
    _report(instruction, recording, event)
    return recording.seconds > 0


def _report(instruction: Instruction, recording: SimulatedRecording, event: str) -> None:
    target = instruction.callback("recordingStatusCallback", "completed")
    if target.wants(event):
        fields = recording_status_fields(recording, instruction.carrier.config.api_base)
        label = f"recording-{recording.status}"
        instruction.line.callbacks.send(target.url, fields, label, method=target.method)
