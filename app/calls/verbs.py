"""The parts of a TwiML document: verbs, and sentences said in the languages of a phone."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID
from xml.etree import ElementTree as ET

from app.calls.addresses import CallPlace
from app.texts import Sentence, Spoken

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
NOTHING = DECLARATION + "<Response/>"
LONGEST_MESSAGE_S = 180
# So long a phone waits for a digit.
_QUESTION_S = 8


class Sayer:
    """Makes sentences into verbs, in the languages of one phone."""

    def __init__(self, url: str, spoken: Spoken, languages: Iterable[str]) -> None:
        self._url, self._spoken = url, spoken
        self._languages = tuple(languages)

    def __call__(self, languages: Iterable[str], key: str) -> list[ET.Element]:
        """Return one sentence in each of these languages, but the same words only once."""
        said = dict.fromkeys(self._spoken.say(one, key) for one in languages)
        return [self._verb(sentence) for sentence in said]

    def each(self, key: str) -> list[ET.Element]:
        """Return one sentence in each language of the phone."""
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
            return make_verb("Play", f"{self._url}/twilio/prompts/{sentence.clip}")
        return make_verb("Say", sentence.words, voice=sentence.voice, language=sentence.locale)


def record_message(action: str, url: str) -> ET.Element:
    """Return the verb that records. Its action is always set: without, it is the current URL."""
    return make_verb(
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


def join_room(place: CallPlace, leg_id: UUID | None = None) -> list[ET.Element]:
    """Return the verb that joins the conference; it goes on when one of its phones leaves."""
    action = place.leg(leg_id, "left") if leg_id else place.step("left")
    dial = make_verb("Dial", action=action, method="POST")
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


def ask_digit(address: str, said: Iterable[ET.Element]) -> str:
    """Return the document that asks for one digit; without any, the same address is asked."""
    gather = make_verb(
        "Gather",
        input="dtmf",
        numDigits="1",
        timeout=str(_QUESTION_S),
        action=address,
        method="POST",
    )
    gather.extend(said)
    return write_document([gather, redirect(address)])


def redirect(address: str) -> ET.Element:
    """Return the verb that goes on at an address."""
    return make_verb("Redirect", address, method="POST")


def make_verb(name: str, text: str | None = None, **attributes: str) -> ET.Element:
    """Return one verb."""
    element = ET.Element(name, attributes)
    element.text = text
    return element


def write_document(verbs: Iterable[ET.Element]) -> str:
    """Return verbs as a whole document."""
    root = ET.Element("Response")
    root.extend(verbs)
    return DECLARATION + ET.tostring(root, encoding="unicode")
