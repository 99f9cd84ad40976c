"""What the carrier is to do with a phone, as TwiML: pure, made of a call's state and nothing else.

No function here takes a phone number, so none can come out: who is in a conversation sees the
hotline's number and is joined through a conference with a random name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from xml.etree import ElementTree as ET

from app.calls.states import CallState, Leg
from app.texts import Sentence, Spoken

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
NOTHING = DECLARATION + "<Response/>"
LONGEST_MESSAGE_S = 180
# How often a waiting phone asks what is next.
_HOLD_S = 8
_QUESTION_S = 8
_WHISPER_S = 8
# Said one after the other where the caller's language is not known.
_UNKNOWN = ("en", "fr")


@dataclass(frozen=True)
class CallPlace:
    """Where the webhooks are, by their absolute address, and the room of this call."""

    url: str
    call: UUID
    room: str

    def step(self, name: str, **query: str | int) -> str:
        """Return the address of one step of this call."""
        return f"{self.url}/twilio/voice/{self.call}/{name}{_query(query)}"

    def leg(self, leg: UUID, name: str) -> str:
        """Return the address of one step of a phone that rings for this call."""
        return f"{self.url}/twilio/voice/{self.call}/legs/{leg}/{name}"


# When a person answers again: weekday (Monday is 0) and the time as ``HH:MM``.
NextHours = tuple[int, str] | None


def write_caller_twiml(
    state: CallState,
    place: CallPlace,
    spoken: Spoken,
    hours: NextHours,
    now: datetime,
    *,
    again: bool = False,
) -> str:
    """Return what the caller's phone is to do in this state; ``again``: it was told before."""
    says = _Sayer(place, spoken, _languages(state.language))
    match state.name:
        case "challenge":
            return _question(place, state, says(("en", "fr", "es"), "challenge"))
        case "menu":
            return _question(place, state, _languages_menu(says, spoken))
        case "situation":
            return _question(place, state, says.each("situation"))
        case "ringing":
            return _waiting(state, place, says, now, again=again)
        case "bridged":
            return _document([*says.each("joining"), *_room(place)])
        case "voicemail":
            return _document(_message(state, place, says, hours))
        case _:
            return _document([*says.each("thanks"), _verb("Hangup")])


def write_leg_twiml(
    state: CallState, one: Leg, place: CallPlace, spoken: Spoken, language: str
) -> str:
    """Return what a phone that rang is to do: whisper, join the room, or say why not."""
    says = _Sayer(place, spoken, (language if language in spoken.tongues else "en",))
    match one.state:
        case "answered" | "asked" if not state.ended and one.kind != "caller":
            return _whisper(state, one, place, says)
        case "joined" if state.name in ("bridged", "dialing"):
            said = [] if one.kind == "caller" else says.each("connecting")
            return _document([*said, *_room(place, one.id)])
        case _:
            key = "no_answer" if state.disposition == "no_answer" else "taken"
            said = [] if one.kind == "caller" else says.each(key)
            return _document([*said, _verb("Hangup")])


def write_hold(address: str, spoken: Spoken) -> str:
    """Return what a waiting phone is to do while nothing can be looked up: ask again soon."""
    says = _Sayer(CallPlace("", UUID(int=0), ""), spoken, _UNKNOWN)
    again = _verb("Redirect", address, method="POST")
    return _document([*says.each("hold"), _verb("Pause", length="5"), again])


def write_message_only(url: str, spoken: Spoken) -> str:
    """Return a voicemail that needs no call of ours: what is said lies at the carrier for now."""
    says = _Sayer(CallPlace(url, UUID(int=0), ""), spoken, ("en", "fr", "es"))
    said = [*says.each("nobody"), *says.each("message")]
    record = _record(f"{url}/twilio/fallback/voice/thanks", url)
    return _document([*said, record, _verb("Hangup")])


def write_goodbye() -> str:
    """Return the end of a call."""
    return _document([_verb("Hangup")])


# -- parts


class _Sayer:
    """Makes sentences into verbs, in the languages that this phone is spoken to in."""

    def __init__(self, place: CallPlace, spoken: Spoken, languages: Iterable[str]) -> None:
        self._place, self._spoken = place, spoken
        self._languages = tuple(languages)

    def __call__(self, languages: Iterable[str], key: str, **values: str) -> list[ET.Element]:
        said = dict.fromkeys(self._spoken.say(one, key, **values) for one in languages)
        return [self._verb(sentence) for sentence in said]

    def each(self, key: str) -> list[ET.Element]:
        """Return one sentence in each of the languages."""
        return self(self._languages, key)

    def back(self, weekday: int, time: str) -> list[ET.Element]:
        """Return when a person answers again."""
        spoken = self._spoken
        return [
            self._verb(spoken.say(one, "back", day=spoken.day(one, weekday), time=time))
            for one in self._languages
        ]

    def _verb(self, sentence: Sentence) -> ET.Element:
        if sentence.clip is not None:
            return _verb("Play", f"{self._place.url}/twilio/prompts/{sentence.clip}")
        return _verb("Say", sentence.words, voice=sentence.voice, language=sentence.locale)


def _languages(language: str | None) -> tuple[str, ...]:
    return (language,) if language else _UNKNOWN


def _languages_menu(says: _Sayer, spoken: Spoken) -> list[ET.Element]:
    choose = [verb for code in spoken.tongues for verb in says((code,), "choose")]
    return [*choose, *says(_UNKNOWN, "other")]


def _question(place: CallPlace, state: CallState, said: Iterable[ET.Element]) -> str:
    address = place.step("digits", turn=state.turn)
    gather = _verb(
        "Gather",
        input="dtmf",
        numDigits="1",
        timeout=str(_QUESTION_S),
        action=address,
        method="POST",
    )
    gather.extend(said)
    # No input falls through: the same address, without digits.
    return _document([gather, _verb("Redirect", address, method="POST")])


def _waiting(
    state: CallState, place: CallPlace, says: _Sayer, now: datetime, *, again: bool
) -> str:
    left = max(1, int((state.deadline - now).total_seconds())) if state.deadline else _HOLD_S
    until = int(state.deadline.timestamp()) if state.deadline else 0
    said = says.each("hold" if again else "wait")
    pause = _verb("Pause", length=str(min(_HOLD_S, left)))
    ask = _verb("Redirect", place.step("wait", until=until), method="POST")
    return _document([*said, pause, ask])


def _message(
    state: CallState, place: CallPlace, says: _Sayer, hours: NextHours
) -> Iterable[ET.Element]:
    if state.winner is not None:
        said = says.each("cut_off")
    else:
        said = says.each("nobody")
        said += says.back(*hours) if hours is not None else []
        said += says.each("message")
    record = _record(place.step("spoken"), place.url)
    return [*said, record, _verb("Redirect", place.step("spoken"), method="POST")]


def _record(action: str, url: str) -> ET.Element:
    """Return the verb that records; its action is always set, or it would be the current URL."""
    return _verb(
        "Record",
        action=action,
        method="POST",
        maxLength=str(LONGEST_MESSAGE_S),
        timeout="10",
        playBeep="true",
        trim="do-not-trim",
        recordingStatusCallback=f"{url}/twilio/recordings",
        recordingStatusCallbackMethod="POST",
        recordingStatusCallbackEvent="completed absent",
    )


def _room(place: CallPlace, leg_id: UUID | None = None) -> list[ET.Element]:
    """Return the verb that joins the room, which nobody's leaving ends for the others."""
    action = place.leg(leg_id, "left") if leg_id else place.step("left")
    dial = _verb("Dial", action=action, method="POST")
    ET.SubElement(
        dial,
        "Conference",
        {
            "beep": "false",
            "startConferenceOnEnter": "true",
            "endConferenceOnExit": "false",
            "waitUrl": "",
        },
    ).text = place.room
    return [dial]


def _whisper(state: CallState, one: Leg, place: CallPlace, says: _Sayer) -> str:
    key = {
        "colleague": "whisper_colleague",
        "interpreter": "whisper_interpreter",
    }.get(one.kind, "whisper_outgoing" if state.outgoing else "whisper")
    address = place.leg(one.id, "digits")
    gather = _verb(
        "Gather",
        input="dtmf",
        numDigits="1",
        timeout=str(_WHISPER_S),
        action=address,
        method="POST",
    )
    gather.extend(says.each(key))
    return _document([gather, _verb("Redirect", address, method="POST")])


def _verb(name: str, text: str | None = None, **attributes: str) -> ET.Element:
    element = ET.Element(name, attributes)
    element.text = text
    return element


def _document(verbs: Iterable[ET.Element]) -> str:
    root = ET.Element("Response")
    root.extend(verbs)
    return DECLARATION + ET.tostring(root, encoding="unicode")


def _query(values: Mapping[str, str | int]) -> str:
    return "?" + "&".join(f"{name}={value}" for name, value in values.items()) if values else ""
