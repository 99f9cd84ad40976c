"""What the carrier is to do with a phone, as TwiML: pure, made of a call's course alone.

No function here takes a phone number, so none can come out. People in a conversation see the
hotline's number, and are joined through a conference with a random name.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from xml.etree import ElementTree as ET

from app.calls.addresses import CallPlace
from app.calls.courses import CallCourse, Leg
from app.calls.verbs import (
    Sayer,
    ask_digit,
    join_room,
    make_verb,
    record_message,
    redirect,
    write_document,
)
from app.models import CallState, LegState
from app.texts import Spoken

# How often a waiting phone asks what is next.
_HOLD_S = 8
# Said one after the other where the caller's language is not known.
_UNKNOWN = ("en", "fr")
# When a person answers again: weekday (Monday is 0) and the time as ``HH:MM``.
NextHours = tuple[int, str] | None


def write_caller_twiml(
    call: CallCourse,
    place: CallPlace,
    spoken: Spoken,
    hours: NextHours,
    now: datetime,
    *,
    again: bool = False,
) -> str:
    """Return what the caller's phone is to do in this state; ``again``: it was told before."""
    says = Sayer(place.url, spoken, _languages(call.language))
    match call.state:
        case CallState.CHALLENGE:
            return _question(place, call, says(("en", "fr", "es"), "challenge"))
        case CallState.MENU:
            return _question(place, call, _languages_menu(says, spoken))
        case CallState.SITUATION:
            return _question(place, call, says.each("situation"))
        case CallState.RINGING:
            return _waiting(call, place, says, now, again=again)
        case CallState.BRIDGED:
            return write_document([*says.each("joining"), *join_room(place)])
        case CallState.VOICEMAIL:
            return write_document(_message(call, place, says, hours))
        case _:
            return write_document([*says.each("thanks"), make_verb("Hangup")])


def write_leg_twiml(
    call: CallCourse, one: Leg, place: CallPlace, spoken: Spoken, language: str
) -> str:
    """Return what a phone that rang is to do: whisper, join the room, or say why not."""
    says = Sayer(place.url, spoken, (language if language in spoken.tongues else "en",))
    match one.state:
        case LegState.ANSWERED | LegState.ASKED if not call.ended and one.kind != "caller":
            return _whisper(call, one, place, says)
        case LegState.JOINED if call.state in (CallState.BRIDGED, CallState.DIALING):
            said = [] if one.kind == "caller" else says.each("connecting")
            return write_document([*said, *join_room(place, one.id)])
        case _:
            key = "no_answer" if call.disposition == "no_answer" else "taken"
            said = [] if one.kind == "caller" else says.each(key)
            return write_document([*said, make_verb("Hangup")])


def write_hold(address: str, spoken: Spoken) -> str:
    """Return what a waiting phone is to do while nothing can be looked up: ask again soon."""
    says = Sayer("", spoken, _UNKNOWN)
    again = redirect(address)
    return write_document([*says.each("hold"), make_verb("Pause", length="5"), again])


def write_message_only(url: str, spoken: Spoken) -> str:
    """Return a voicemail that needs no call of ours: what is said lies at the carrier for now."""
    says = Sayer(url, spoken, ("en", "fr", "es"))
    said = [*says.each("nobody"), *says.each("message")]
    record = record_message(f"{url}/twilio/fallback/voice/thanks", url)
    return write_document([*said, record, make_verb("Hangup")])


def write_member_question(url: str, spoken: Spoken, language: str) -> str:
    """Return what a member who calls is asked: whether they need help themselves."""
    says = Sayer(url, spoken, (language if language in spoken.tongues else "en",))
    return ask_digit(f"{url}/twilio/voice/member", says.each("volunteer"))


def write_goodbye() -> str:
    """Return the end of a call."""
    return write_document([make_verb("Hangup")])


# -- parts


def _languages(language: str | None) -> tuple[str, ...]:
    return (language,) if language else _UNKNOWN


def _languages_menu(says: Sayer, spoken: Spoken) -> list[ET.Element]:
    choose = [verb for code in spoken.tongues for verb in says((code,), "choose")]
    return [*choose, *says(_UNKNOWN, "other")]


def _question(place: CallPlace, call: CallCourse, said: Iterable[ET.Element]) -> str:
    return ask_digit(place.step("digits", turn=call.turn), said)


def _waiting(call: CallCourse, place: CallPlace, says: Sayer, now: datetime, *, again: bool) -> str:
    left = max(1, int((call.deadline - now).total_seconds())) if call.deadline else _HOLD_S
    until = int(call.deadline.timestamp()) if call.deadline else 0
    said = says.each("hold" if again else "wait")
    pause = make_verb("Pause", length=str(min(_HOLD_S, left)))
    ask = redirect(place.step("wait", until=until))
    return write_document([*said, pause, ask])


def _message(
    call: CallCourse, place: CallPlace, says: Sayer, hours: NextHours
) -> Iterable[ET.Element]:
    if call.winner is not None:
        said = says.each("cut_off")
    else:
        said = says.each("nobody")
        said += says.back(*hours) if hours is not None else []
        said += says.each("message")
    record = record_message(place.step("spoken"), place.url)
    return [*said, record, redirect(place.step("spoken"))]


def _whisper(call: CallCourse, one: Leg, place: CallPlace, says: Sayer) -> str:
    key = {
        "colleague": "whisper_colleague",
        "interpreter": "whisper_interpreter",
    }.get(one.kind, "whisper_outgoing" if call.outgoing else "whisper")
    return ask_digit(place.leg(one.id, "digits"), says.each(key))
