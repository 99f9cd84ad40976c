"""The service's answer to a call, read more strictly than the carrier does.

The carrier warns (12200) of a verb or attribute that it does not know, and goes on without it. Here
it is an error, so that a test sees it. Source of verbs and attributes:
https://www.twilio.com/docs/voice/twiml.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from app.simulator.twiml.answers import BadTwiml, parse_verbs, read_kind

_INVALID = 12200
_LONGEST_SPEECH = 4096
_RECORDING = (
    "recordingStatusCallback recordingStatusCallbackMethod recordingStatusCallbackEvent trim "
    "recordingConfigurationId"
)
_STATUS = "statusCallback statusCallbackEvent statusCallbackMethod"
_DETECTION = (
    "machineDetection machineDetectionTimeout machineDetectionSpeechThreshold "
    "machineDetectionSpeechEndThreshold machineDetectionSilenceTimeout "
    "amdStatusCallback amdStatusCallbackMethod"
)
_ATTRIBUTES = {
    "Say": "voice language loop",
    "Play": "loop digits",
    "Pause": "length",
    "Gather": "action actionOnEmptyResult bargeIn debug dtmfDetected enhanced finishOnKey hints "
    "input language maxSpeechTime method numDigits partialResultCallback "
    "partialResultCallbackMethod profanityFilter speechModel speechTimeout timeout",
    "Record": "action finishOnKey maxLength method playBeep recordingTrack timeout transcribe "
    f"transcribeCallback {_RECORDING}",
    "Dial": "action answerOnBridge callReason callerId events hangupOnStar method passports record "
    f"recordingTrack referMethod referUrl ringTone sequential timeLimit timeout {_RECORDING}",
    "Number": f"byoc method phoneNumberSid sendDigits url {_STATUS} {_DETECTION}",
    "Conference": "beep coach endConferenceOnExit eventCallbackUrl jitterBufferSize "
    "maxParticipants muted participantLabel record region startConferenceOnEnter waitMethod "
    f"waitUrl {_STATUS} {_RECORDING}",
    "Redirect": "method",
    "Hangup": "",
    "Reject": "reason",
}
_INSIDE = {
    "Gather": {"Say", "Play", "Pause"},
    "Dial": {"Number", "Conference"},
}
_ONLY_INSIDE = {"Number", "Conference"}
_NUMBERS = {"length", "loop", "maxLength", "maxParticipants", "numDigits", "timeLimit", "timeout"}
_YES_OR_NO = {
    "actionOnEmptyResult",
    "answerOnBridge",
    "endConferenceOnExit",
    "hangupOnStar",
    "playBeep",
    "startConferenceOnEnter",
}


@dataclass(frozen=True, slots=True)
class Verb:
    """One thing to do, or a noun inside one."""

    name: str
    attributes: Mapping[str, str]
    text: str
    inside: tuple[Verb, ...] = ()

    def get(self, name: str) -> str:
        """An attribute, empty where the verb does not have it."""
        return self.attributes.get(name, "")

    def number(self, name: str, default: int) -> int:
        """An attribute in digits."""
        return int(self.attributes.get(name, default))

    def flag(self, name: str, *, default: bool) -> bool:
        """An attribute that is ``true`` or ``false``."""
        return self.attributes[name] == "true" if name in self.attributes else default


@dataclass(frozen=True, slots=True)
class CallDocument:
    """The verbs of an answer, and the address from which relative addresses start."""

    url: str
    verbs: tuple[Verb, ...]


def read_call_document(content_type: str, body: bytes, url: str) -> CallDocument:
    """Parse an answer; an empty answer is fine, and ends the call. Raises ``BadTwiml``."""
    kind = read_kind(content_type)
    if kind.startswith("audio/"):
        return CallDocument(url, (Verb("Play", {}, url),))
    if kind == "text/plain":
        return CallDocument(url, (Verb("Say", {}, body.decode("utf-8", "replace")),))
    verbs = parse_verbs(content_type, body)
    return CallDocument(url, tuple(_read_verb(verb, _OUTSIDE) for verb in verbs))


_OUTSIDE = _ATTRIBUTES.keys() - _ONLY_INSIDE


def _read_verb(element: ET.Element, allowed: set[str]) -> Verb:
    name = element.tag
    if name not in allowed:
        raise BadTwiml(_INVALID, f"the answer has the unknown verb <{name}>")
    for attribute, value in element.attrib.items():
        _check_attribute(name, attribute, value)
    if name == "Say":
        return _read_speech(element)
    inside = tuple(_read_verb(item, _INSIDE.get(name, set())) for item in element)
    return Verb(name, dict(element.attrib), (element.text or "").strip(), inside)


def _read_speech(element: ET.Element) -> Verb:
    """``Say`` may hold marks for the voice; a phone does not hear them."""
    text = " ".join("".join(element.itertext()).split())
    if not 0 < len(text) <= _LONGEST_SPEECH:
        raise BadTwiml(13520, "<Say> holds no text, or more than 4096 characters")
    return Verb("Say", dict(element.attrib), text)


def _check_attribute(name: str, attribute: str, value: str) -> None:
    """Raise ``BadTwiml`` for an attribute that the carrier would not understand."""
    if attribute not in _ATTRIBUTES[name].split():
        raise BadTwiml(_INVALID, f"<{name}> has the unknown attribute {attribute}")
    if attribute in _NUMBERS and not value.isdecimal():
        raise BadTwiml(_INVALID, f"<{name} {attribute}> is not a number")
    if attribute in _YES_OR_NO and value not in {"true", "false"}:
        raise BadTwiml(_INVALID, f"<{name} {attribute}> is neither true nor false")
    if attribute == "record" and value not in {"false", "do-not-record"}:
        raise BadTwiml(_INVALID, "the simulated network does not record conversations")
    if attribute == "transcribe" and value != "false":
        raise BadTwiml(_INVALID, "the simulated network does not transcribe")
    if attribute == "muted" and value != "false":
        raise BadTwiml(_INVALID, "the simulated network does not mute")
    if attribute.lower().endswith("method") and value not in {"GET", "POST"}:
        raise BadTwiml(_INVALID, f"<{name} {attribute}> is neither GET nor POST")
