"""Recording what somebody says after the tone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urljoin

from app.simulator.network.callbacks import call_fields
from app.simulator.network.lines import Line
from app.simulator.network.webhooks import Fields
from app.simulator.resources.messages import new_sid, rfc2822
from app.simulator.resources.recordings import SimulatedRecording
from app.simulator.twiml.calls import CallDocument, Verb
from app.simulator.values.events import CallOver, Diverted, Key, Speech

_ABSENT, _FAILED = 13617, 13618
_ANY_KEY = "1234567890*#"


@dataclass(frozen=True, slots=True)
class _Report:
    """Where news of a recording go."""

    url: str
    method: str
    events: frozenset[str]


async def record(line: Line, document: CallDocument, verb: Verb) -> Fields | None:
    """Record until silence, a key, the maximum or the end; None if nobody said anything.

    A call that ends here tells ``action`` so, as the carrier does, and does not heed the answer.
    """
    line.note("Record", attributes=dict(verb.attributes))
    recording = _begin(line)
    report = _report(document, verb)
    _tell(line, recording, report, "in-progress")
    try:
        pressed = await _listen(line, recording, verb)
    except (CallOver, Diverted) as interrupted:
        if _finish(line, recording, report) and isinstance(interrupted, CallOver):
            url = urljoin(document.url, verb.get("action") or document.url)
            fields = [*call_fields(line.call), *_fields(line, recording), ("Digits", "hangup")]
            line.post.send(url, fields, "action", method=verb.get("method") or "POST")
        raise
    if not _finish(line, recording, report):
        return None
    return [*_fields(line, recording), ("Digits", pressed)]


def _begin(line: Line) -> SimulatedRecording:
    carrier, now = line.carrier, line.carrier.clock()
    recording = SimulatedRecording(
        seq=carrier.next_seq(),
        sid=new_sid("RE"),
        account_sid=line.call.account_sid,
        call_sid=line.call.sid,
        created=now,
        updated=now,
        key=carrier.voice.recording_key,
    )
    carrier.voice.recordings[recording.sid] = line.recording = recording
    return recording


def _report(document: CallDocument, verb: Verb) -> _Report:
    url = verb.get("recordingStatusCallback")
    return _Report(
        urljoin(document.url, url) if url else "",
        verb.get("recordingStatusCallbackMethod") or "POST",
        frozenset((verb.get("recordingStatusCallbackEvent") or "completed").split()),
    )


async def _listen(line: Line, recording: SimulatedRecording, verb: Verb) -> str:
    """Take in what is said; returns the key that ended it, or nothing."""
    most, timeout = verb.number("maxLength", 3600), verb.number("timeout", 5) + line.reading_s
    keys = verb.attributes.get("finishOnKey", _ANY_KEY)
    until = line.carrier.clock() + timedelta(seconds=most)
    while recording.seconds < most:
        left = (until - line.carrier.clock()).total_seconds()
        event = await line.expect(Speech, Key, seconds=min(timeout or left, left), waiting="speech")
        if isinstance(event, Speech):
            recording.seconds = min(recording.seconds + event.seconds, most)
        elif not isinstance(event, Key):
            return ""
        elif event.digit in keys:
            return event.digit
    return ""


def _finish(line: Line, recording: SimulatedRecording, report: _Report) -> bool:
    """End the recording; whether there is one. Silence leaves nothing behind."""
    take, phone = line.carrier.faults.take, line.call.phone
    line.recording, recording.updated = None, line.carrier.clock()
    if take("recording-failed", phone):
        recording.status, recording.error_code = "failed", _FAILED
    elif take("recording-absent", phone) or not recording.seconds:
        recording.status, recording.error_code = "absent", _ABSENT
    else:
        recording.status = "completed"
    if not recording.seconds:
        line.carrier.voice.recordings.pop(recording.sid, None)
    event = "completed" if recording.status == "failed" else recording.status
    _tell(line, recording, report, event)
    return recording.seconds > 0


def _tell(line: Line, recording: SimulatedRecording, report: _Report, event: str) -> None:
    if report.url and event in report.events:
        fields: Fields = [
            ("AccountSid", recording.account_sid),
            ("CallSid", recording.call_sid),
            *_fields(line, recording),
            ("RecordingStatus", recording.status),
            ("RecordingChannels", "1"),
            ("RecordingSource", recording.source),
            ("RecordingStartTime", rfc2822(recording.created) or ""),
            ("ErrorCode", str(recording.error_code or 0)),
        ]
        line.post.send(report.url, fields, f"recording-{recording.status}", method=report.method)


def _fields(line: Line, recording: SimulatedRecording) -> Fields:
    fields = [
        ("RecordingSid", recording.sid),
        ("RecordingUrl", line.carrier.config.api_base + recording.path),
        ("RecordingDuration", str(recording.seconds)),
    ]
    if recording.final and recording.sealed:
        fields.append(("EncryptionDetails", recording.sealed.for_webhook()))
    return fields
