"""The forms of the carrier's webhooks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from app.simulator.resources.calls import SimulatedCall
from app.simulator.resources.formats import VERSION, Fields, rfc2822
from app.simulator.resources.messages import Media, SimulatedMessage
from app.simulator.resources.recordings import SimulatedRecording
from app.simulator.values.addresses import guess_town, split_channel

# What the network shows for callers who withhold their number, spelled or as a number.
WITHHELD = frozenset(
    {"anonymous", "restricted", "unavailable", "unknown", "+266696687"}
    | {"+7378742833", "+2562533", "+8656696", "+86282452253"}
)


def inbound_text_fields(
    message: SimulatedMessage, media: Iterable[Media], opt_out: str | None, api_base: str
) -> Fields:
    """The form of an inbound text; a town that the carrier does not know is blank, not absent."""
    fields = [
        ("MessageSid", message.sid),
        ("SmsSid", message.sid),
        ("SmsMessageSid", message.sid),
        ("AccountSid", message.account_sid),
        ("From", message.from_),
        ("To", message.to),
        ("Body", message.body),
        ("NumMedia", str(message.num_media)),
        ("NumSegments", str(message.num_segments)),
        ("SmsStatus", message.status),
        ("ApiVersion", VERSION),
        *guess_town("From", message.from_),
        *guess_town("To", message.to),
    ]
    if message.messaging_service_sid:
        fields.append(("MessagingServiceSid", message.messaging_service_sid))
    if opt_out:
        fields.append(("OptOutType", opt_out))
    channel, number = split_channel(message.from_)
    if channel == "whatsapp:":
        fields += [("ProfileName", "Somebody"), ("WaId", number.lstrip("+"))]
    for index, item in enumerate(media):
        fields.append((f"MediaUrl{index}", api_base + item.path))
        fields.append((f"MediaContentType{index}", item.content_type))
    return fields


def text_status_fields(message: SimulatedMessage, at: datetime) -> Fields:
    """The form of a text's status callback."""
    fields = [
        ("MessageSid", message.sid),
        ("SmsSid", message.sid),
        ("MessageStatus", message.status),
        ("SmsStatus", message.status),
        ("AccountSid", message.account_sid),
        ("From", message.from_),
        ("To", message.to),
        ("ApiVersion", VERSION),
    ]
    if message.messaging_service_sid:
        fields.append(("MessagingServiceSid", message.messaging_service_sid))
    if message.error_code:
        fields.append(("ErrorCode", str(message.error_code)))
    if message.status == "delivered":
        # One of the parameters that the carrier added without notice.
        fields.append(("RawDlrDoneDate", f"{at:%y%m%d%H%M}"))
    return fields


def call_fields(call: SimulatedCall, status: str = "") -> Fields:
    """The form of every request about a call."""
    fields = [
        ("CallSid", call.sid),
        ("AccountSid", call.account_sid),
        ("From", call.from_),
        ("To", call.to),
        ("Caller", call.from_),
        ("Called", call.to),
        ("CallStatus", status or call.status),
        ("ApiVersion", VERSION),
        ("Direction", call.direction),
        *guess_town("From", call.from_),
        *guess_town("Caller", call.from_),
        *guess_town("To", call.to),
        *guess_town("Called", call.to),
    ]
    optional = {
        "ParentCallSid": call.parent_sid,
        "ForwardedFrom": call.forwarded_from,
        "AnsweredBy": call.answered_by,
    }
    fields += [(name, value) for name, value in optional.items() if value]
    if call.inbound and call.from_ not in WITHHELD:
        fields.append(("StirVerstat", "TN-Validation-Passed-A"))
    return fields


def call_status_fields(call: SimulatedCall, status: str) -> Fields:
    """The form of a call's status callback, without its sequence number and time."""
    fields = [*call_fields(call, status), ("CallbackSource", "call-progress-events")]
    if call.final and status == call.status:
        seconds = call.seconds or 0
        fields += [("CallDuration", str(seconds)), ("Duration", str(-(-seconds // 60)))]
    return fields


def recording_fields(recording: SimulatedRecording, api_base: str) -> Fields:
    """The fields about a recording in a request about its call."""
    fields = [
        ("RecordingSid", recording.sid),
        ("RecordingUrl", api_base + recording.path),
        ("RecordingDuration", str(recording.seconds)),
    ]
    if recording.final and recording.sealed:
        fields.append(("EncryptionDetails", recording.sealed.for_webhook()))
    return fields


def recording_status_fields(recording: SimulatedRecording, api_base: str) -> Fields:
    """The form of a recording's status callback."""
    return [
        ("AccountSid", recording.account_sid),
        ("CallSid", recording.call_sid),
        *recording_fields(recording, api_base),
        ("RecordingStatus", recording.status),
        ("RecordingChannels", "1"),
        ("RecordingSource", recording.source),
        ("RecordingStartTime", rfc2822(recording.created) or ""),
        ("ErrorCode", str(recording.error_code or 0)),
    ]
